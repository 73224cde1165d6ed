/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli.h"
#include "inventory.h"
#include "options.h"
#include "output.h"
#include "util.h"
#include "words.h"

#define TRIAL_LONGEST 86400

struct apply_options {
	bool require_native;
	bool force;
	bool again;
	uint64_t confirm; /* seconds */
};

static const struct option_spec options[] = {
	OPTION_FLAG("require-native", 0, struct apply_options, require_native,
		    "fail where a driver has only generic (slower) XDP"),
	OPTION_FLAG("force", 0, struct apply_options, force,
		    "even if it cuts the SSH connection that this runs in"),
	OPTION_FLAG("again", 0, struct apply_options, again,
		    "only cover interfaces that appeared, if this inventory is in force"),
	OPTION_SPAN("confirm", struct apply_options, confirm, "SPAN",
		    "it goes by itself after 60s, 5m, 1h, unless you `confirm` it"),
	{0},
};

/*
 * "lan0 native, lan1 generic". What cannot be told is left out: the policy is in force all the
 * same.
 */
static void print_interfaces(struct cli *cli)
{
	_array_ struct iotguard_interface_info *interfaces = NULL;
	size_t count = 0;
	char name[TEXT_USUAL];

	if (iotguard_interfaces(cli->ig, &interfaces, &count) || !count)
		return;
	printf(" (");
	for (size_t i = 0; i < count; i++)
		printf("%s%s %s", i ? ", " : "", safe_text(interfaces[i].name, name),
		       interfaces[i].exists ? interfaces[i].xdp : "absent");
	putchar(')');
}

static void print_restored(const struct iotguard_apply_result *result)
{
	if (result->restored)
		printf("%zu %s restored from before the reboot\n", result->restored,
		       plural(result->restored, "address was", "addresses were"));
}

/* "12 leases and 4 IPv6 neighbours were taken over". */
static void print_taken(const struct iotguard_apply_result *result)
{
	size_t leases = result->leases, neighbours = result->neighbours;

	if (!leases && !neighbours)
		return;
	if (leases)
		printf("%zu %s", leases, plural(leases, "lease", "leases"));
	if (leases && neighbours)
		printf(" and ");
	if (neighbours)
		printf("%zu IPv6 %s", neighbours, plural(neighbours, "neighbour", "neighbours"));
	printf(" %s taken over\n", leases + neighbours == 1 ? "was" : "were");
}

static void print_trial(const struct iotguard_apply_result *result)
{
	char text[NUMBER_TEXT];

	if (result->confirm_seconds)
		printf("it is on trial: in %s %s, unless you type: " PROGRAM " confirm\n",
		       duration_text(result->confirm_seconds, text),
		       result->first ? "traffic passes unfiltered again"
				     : "the policy before is in force again");
}

static void print_upgrade(const struct iotguard_apply_result *result)
{
	if (result->upgraded)
		printf("the programs were of another version, and are this one's now\n");
}

static int print_result(struct cli *cli, const struct iotguard_inventory_info *info,
			const struct iotguard_apply_result *result)
{
	if (!result->generation) {
		printf("nothing is enforced here, and so there is nothing to cover\n");
		return CLI_OK;
	}
	if (!result->changed && result->attached) {
		printf("this policy was in force already (generation %llu), now on %u %s",
		       (unsigned long long)result->generation, result->interfaces,
		       plural(result->interfaces, "interface", "interfaces"));
		print_interfaces(cli);
		putchar('\n');
		return CLI_OK;
	}
	if (!result->changed) {
		printf("nothing to do: this policy is in force already (generation %llu)\n",
		       (unsigned long long)result->generation);
		return CLI_OK;
	}
	printf("%s generation %llu: %zu %s and %zu %s on %u %s",
	       result->first ? "now enforcing, as" : "policy changed, now",
	       (unsigned long long)result->generation, info->devices,
	       plural(info->devices, "device", "devices"), info->hosts,
	       plural(info->hosts, "host", "hosts"), result->interfaces,
	       plural(result->interfaces, "interface", "interfaces"));
	print_interfaces(cli);
	putchar('\n');
	return CLI_OK;
}

static int print_json(struct cli *cli, int status, const struct iotguard_inventory_info *info,
		      const struct iotguard_apply_result *result)
{
	bool ok = status == CLI_OK;
	int written;

	written = output_json(json_pack(
		"{s:o, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"inventory", json_text(cli->operands[0]), "ok", ok, "changed", result->changed,
		"attached", result->attached, "first", result->first, "upgraded", result->upgraded,
		"confirm_seconds",
		result->confirm_seconds ? json_count(result->confirm_seconds) : json_null(),
		"generation", ok ? json_count(result->generation) : json_null(), "interfaces",
		ok ? json_count(result->interfaces) : json_null(), "absent",
		ok ? json_count(result->absent) : json_null(), "devices",
		ok ? json_count(info->devices) : json_null(), "hosts",
		ok ? json_count(info->hosts) : json_null(), "sha256",
		ok ? json_text(info->sha256) : json_null(), "leases",
		ok ? json_count(result->leases) : json_null(), "neighbours",
		ok ? json_count(result->neighbours) : json_null(), "restored",
		ok ? json_count(result->restored) : json_null(), "diagnostics", json_diags(cli)));
	return status ? status : written;
}

static int run(struct cli *cli)
{
	const struct apply_options *chosen = cli->options;
	struct iotguard_session session;
	struct iotguard_apply_opts opts =
		IOTGUARD_OPTS(iotguard_apply_opts, .require_native = chosen->require_native,
			      .force = chosen->force, .again = chosen->again);
	_inventory_ struct iotguard_inventory *inventory = NULL;
	_policy_ struct iotguard_policy *policy = NULL;
	struct iotguard_inventory_info info = {0};
	struct iotguard_apply_result result = {0};
	int status;

	if (chosen->confirm > TRIAL_LONGEST)
		return cli_usage_error(cli, NULL, "--confirm: a trial lasts a day at most");
	opts.confirm_seconds = (unsigned int)chosen->confirm;
	status = inventory_compile(cli, cli->operands[0], NULL, 0, &inventory, &policy);

	if (!iotguard_session_find(&session))
		opts.session = &session;
	if (!status) {
		int err = iotguard_apply(cli->ig, policy, &opts, &result);

		status = err < 0 ? cli_fail(cli, err) : CLI_OK;
	}
	cli_print_diags(cli);
	if (inventory)
		iotguard_inventory_describe(inventory, &info);
	if (cli->globals.json)
		return print_json(cli, status, &info, &result);
	if (status)
		return status;
	status = print_result(cli, &info, &result);
	print_upgrade(&result);
	print_trial(&result);
	print_restored(&result);
	print_taken(&result);
	return status;
}

const struct command cmd_apply = {
	.name = "apply",
	.operands = "INVENTORY",
	.summary = "Attach to the interfaces of an inventory and enforce it",
	.description =
		"Atomic: every packet is judged by the old policy or by the new one. Whatever\n"
		"fails, the old policy stands, whole. Applying what is in force already\n"
		"changes nothing. An interface that is named and absent is a warning, and\n"
		"guarded once it is there and this runs again, which --again is for. What would\n"
		"cut the SSH connection that it is run over is refused, unless --force is given.\n"
		"With --confirm the kernel itself puts the policy before in force again, unless\n"
		"you can still type `" PROGRAM " confirm` in time.",
	.options = options,
	.options_size = sizeof(struct apply_options),
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
