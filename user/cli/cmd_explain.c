/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "inventory.h"
#include "options.h"
#include "output.h"
#include "util.h"
#include "words.h"

struct explain_options {
	const char *inventory;
	const char *address;
	uint64_t source_port;
	uint64_t dscp;
};

static const struct option_spec options[] = {
	OPTION_TEXT("inventory", struct explain_options, inventory, "INVENTORY",
		    "ask this one, and not the policy in force"),
	OPTION_TEXT("address", struct explain_options, address, "ADDRESS",
		    "of the device: another one than it has"),
	OPTION_NUMBER("source-port", struct explain_options, source_port, "PORT",
		      "that the conversation is opened from"),
	OPTION_NUMBER("dscp", struct explain_options, dscp, "N", "of the packet that opens it"),
	{0},
};

/* ----------------------------------------------------------------------------------------- text */

static void print_safe(const char *text)
{
	_free_ char *copy = safe_copy(text);

	fputs(copy ? copy : "(out of memory)", stdout);
}

static void print_place(const char *file, unsigned int line)
{
	print_safe(file);
	if (line)
		printf(":%u", line);
}

/* As it would stand in a list of rules: some of them have to be in quotes there. */
static void print_rule(const char *rule)
{
	_free_ char *copy = safe_copy(rule);

	if (!copy || (!strstr(copy, ": ") && !strstr(copy, " #"))) {
		printf("- %s", copy ? copy : "(out of memory)");
		return;
	}
	fputs("- '", stdout);
	for (const char *c = copy; *c; c++)
		printf(*c == '\'' ? "''" : "%c", *c);
	putchar('\'');
}

static void print_remedy(const struct iotguard_explain_end *end)
{
	printf("      allowed by: ");
	print_rule(end->remedy);
	printf("\n      to stand in %s", end->remedy_where);
	if (end->remedy_file && !strcmp(end->remedy_how, "in")) {
		printf(" (");
		print_place(end->remedy_file, end->remedy_line);
		putchar(')');
	} else if (end->remedy_file) {
		printf(", %s ", end->remedy_how);
		print_place(end->remedy_file, end->remedy_line);
	}
	printf("%s\n",
	       end->remedy_tried ? "" : " (not tried: the inventory in force is not at hand)");
}

static const char *verdict_word(const struct iotguard_explain_end *end)
{
	if (!end->passed)
		return "drop";
	return iotguard_reason_passes(end->reason) ? "pass" : "would-drop";
}

static enum style verdict_style(const struct iotguard_explain_end *end)
{
	if (!end->passed)
		return STYLE_BAD;
	return iotguard_reason_passes(end->reason) ? STYLE_GOOD : STYLE_WARN;
}

static void print_end(const struct cli *cli, const struct iotguard_explain_end *end)
{
	enum style style = verdict_style(end);
	char text[TEXT_USUAL];

	printf("  %s, %s: %s%s%s %s: %s", safe_text(end->device, text), end->from ? "from" : "to",
	       style_on(cli, style), verdict_word(end), style_off(cli, style), end->token,
	       end->sentence);
	if (end->interface)
		printf(" (%s)", safe_text(end->interface, text));
	if (end->passed && !iotguard_reason_passes(end->reason))
		printf(", and its mode is %s", iotguard_mode_name(end->mode));
	putchar('\n');
	if (end->rule) {
		/* what a quarantine has to wait is an `allow`: "drop, by: allow" would be a riddle */
		printf("      %s: ", strcmp(end->token, "quarantine") ? "by" : "else by");
		print_rule(end->rule);
		printf("  # ");
		print_place(end->rule_file, end->rule_line);
		putchar('\n');
	}
	if (end->cause) {
		printf("      ");
		print_safe(end->cause);
		putchar('\n');
	}
	if (end->advice) {
		printf("      -> ");
		print_safe(end->advice);
		putchar('\n');
	}
	if (end->remedy)
		print_remedy(end);
}

/* "10.30.0.11 port 50000" */
static void print_side(const uint8_t addr[16], uint8_t version, unsigned int port)
{
	char text[ADDRESS_TEXT];

	printf("%s", address_text(addr, version, text));
	if (port)
		printf(" port %u", port);
}

static void print_explanation(const struct cli *cli, const struct iotguard_explanation *e)
{
	char device[TEXT_USUAL], remote[TEXT_USUAL];

	printf("%s%s %s %s %s: %s%s", style_on(cli, STYLE_BOLD), safe_text(e->device, device),
	       e->from ? "from" : "to", safe_text(e->remote, remote), e->service,
	       e->passed ? "allowed" : "refused", style_off(cli, STYLE_BOLD));
	if (e->ip_version) {
		printf(" (");
		print_side(e->source, e->ip_version, e->source_port);
		printf(" > ");
		print_side(e->destination, e->ip_version, e->destination_port);
		putchar(')');
	}
	putchar('\n');
	for (size_t i = 0; i < e->n_ends; i++)
		print_end(cli, &e->ends[i]);
	for (size_t i = 0; i < ARRAY_SIZE(e->notes) && e->notes[i]; i++) {
		printf("  note: ");
		print_safe(e->notes[i]);
		putchar('\n');
	}
}

/* ----------------------------------------------------------------------------------------- JSON */

static json_t *explanation_json(const struct iotguard_explanation *e)
{
	size_t n = iotguard_explanation_json(e, NULL, 0);
	_free_ char *text = malloc(n + 1);

	if (!text)
		return NULL;
	iotguard_explanation_json(e, text, n + 1);
	return json_loads(text, 0, NULL);
}

static json_t *explanations_json(const struct iotguard_explanation *e, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, explanation_json(&e[i])))
			return NULL;
	}
	return json_pack("{s:O}", "explanations", list);
}

/* -------------------------------------------------------------------------------------- command */

static int fail(struct cli *cli, int err)
{
	int status;

	if (err == -ENOENT) {
		cli_error(cli, "ask an inventory with --inventory FILE",
			  "nothing is enforced here: everything passes");
		return CLI_FAILED;
	}
	status = cli_fail(cli, err);
	return err == -EINVAL ? CLI_USAGE : status;
}

static int explain(struct cli *cli, const struct iotguard_question *question,
		   const struct iotguard_explain_opts *opts)
{
	_array_ struct iotguard_explanation *explanations = NULL;
	size_t count;
	int err = iotguard_explain(cli->ig, question, opts, &explanations, &count);

	if (err)
		return fail(cli, err);
	cli_print_diags(cli);
	if (cli->globals.json)
		return output_json(explanations_json(explanations, count));
	for (size_t i = 0; i < count; i++)
		print_explanation(cli, &explanations[i]);
	return CLI_OK;
}

static int check_options(const struct cli *cli, const struct explain_options *chosen)
{
	if (chosen->source_port > UINT16_MAX)
		return cli_usage_error(cli, NULL,
				       "--source-port: a port is a number from 1 to 65535");
	if (chosen->dscp > 63)
		return cli_usage_error(cli, NULL, "--dscp: it is a number from 0 to 63");
	return CLI_OK;
}

static int run(struct cli *cli)
{
	const struct explain_options *chosen = cli->options;
	const char *side = cli->operands[1];
	struct iotguard_question question = {
		.device = cli->operands[0],
		.from = !strcmp(side, "from"),
		.remote = cli->operands[2],
		.service = cli->operands[3],
	};
	const char *const ends[] = {question.device, question.remote};
	_inventory_ struct iotguard_inventory *inventory = NULL;
	_policy_ struct iotguard_policy *policy = NULL;
	struct iotguard_explain_opts opts = IOTGUARD_OPTS(
		iotguard_explain_opts, .address = chosen->address,
		.source_port = (uint16_t)chosen->source_port, .dscp = (uint8_t)chosen->dscp);
	int status = check_options(cli, chosen);

	if (!status && !question.from && strcmp(side, "to") != 0)
		status = cli_usage_error(
			cli, "`to`: the device opens the conversation; `from`: the other side does",
			"'%s' stands where `to` or `from` has to", side);
	if (!status && chosen->inventory)
		status = inventory_compile(cli, chosen->inventory, ends, ARRAY_SIZE(ends),
					   &inventory, &policy);
	if (status)
		return status;
	opts.inventory = inventory;
	return explain(cli, &question, &opts);
}

const struct command cmd_explain = {
	.name = "explain",
	.operands = "DEVICE to|from REMOTE SERVICE",
	.summary = "Why a conversation may be opened or not, and what would allow it",
	.description =
		"Asks the programs themselves, as a rule would say it: `explain cam to 192.0.2.7\n"
		"tcp/443`, `explain pump from host:station tcp/5000`. The policy in force is asked,\n"
		"or that of --inventory, with the addresses that machines have now and where they\n"
		"are; nothing changes. Of a conversation between two machines both ends are shown.\n"
		"What is refused has the rule that would allow it, and where to write it.",
	.options = options,
	.options_size = sizeof(struct explain_options),
	.min_operands = 4,
	.max_operands = 4,
	.run = run,
};
