/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "show.h"
#include "util.h"
#include "words.h"

static json_t *rules_json(const struct iotguard_rule_info *rules, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		const struct iotguard_rule_info *rule = &rules[i];
		json_t *item = json_pack("{s:o, s:s, s:o, s:o, s:i, s:i}", "device",
					 json_text(rule->device), "direction",
					 rule->from ? "from" : "to", "rule", json_text(rule->text),
					 "file", json_text(rule->file), "line", (int)rule->line,
					 "column", (int)rule->column);

		if (json_array_append_new(list, item))
			return NULL;
	}
	return json_pack("{s:b, s:O}", "enforced", 1, "rules", list);
}

/* "device", where it begins. */
static void print_heading(const struct cli *cli, const struct iotguard_rule_info *rule)
{
	char name[TEXT_USUAL];

	printf("%s%s%s\n", style_on(cli, STYLE_BOLD), safe_text(rule->device, name),
	       style_off(cli, STYLE_BOLD));
}

/* Rules are printed as they would be written into an inventory. */
static int print_rule(const struct cli *cli, const struct iotguard_rule_info *rule)
{
	size_t n = iotguard_escape_text(rule->text, NULL, 0);
	_free_ char *text = malloc(n + 1);
	char file[TEXT_USUAL];

	if (!text) {
		cli_error(cli, NULL, "out of memory");
		return CLI_FAILED;
	}
	iotguard_escape_text(rule->text, text, n + 1);
	printf("  - %s", text);
	if (rule->file)
		printf("  # %s", safe_text(rule->file, file));
	if (rule->file && rule->line)
		printf(":%u", rule->line);
	putchar('\n');
	return CLI_OK;
}

static int print_rules(const struct cli *cli, const struct iotguard_rule_info *rules, size_t count)
{
	int status = CLI_OK;

	for (size_t i = 0; i < count && !status; i++) {
		if (!i || strcmp(rules[i].device, rules[i - 1].device) != 0)
			print_heading(cli, &rules[i]);
		status = print_rule(cli, &rules[i]);
	}
	return status;
}

int show_policy(struct cli *cli, const char *device)
{
	_array_ struct iotguard_rule_info *rules = NULL;
	size_t count = 0;
	int err = iotguard_rules(cli->ig, device, &rules, &count);

	if (err)
		return show_fail(cli, err);
	if (cli->globals.json)
		return output_json(rules_json(rules, count));
	if (!count) {
		printf("no rules: what is not infrastructure is dropped\n");
		return CLI_OK;
	}
	return print_rules(cli, rules, count);
}
