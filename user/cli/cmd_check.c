/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "cli.h"
#include "inventory.h"
#include "options.h"
#include "output.h"
#include "util.h"
#include "words.h"

struct check_options {
	bool strict;
};

static const struct option_spec options[] = {
	OPTION_FLAG("strict", 0, struct check_options, strict, "take warnings for errors"),
	{0},
};

/* With --strict there may be some although it compiles. */
static bool has_errors(const struct cli *cli)
{
	for (size_t i = 0; i < iotguard_diag_count(cli->ig); i++) {
		if (cli_severity(cli, iotguard_diag_get(cli->ig, i)) == IOTGUARD_ERROR)
			return true;
	}
	return false;
}

static void print_count(size_t number, const char *one, const char *many, const char *before)
{
	if (number)
		printf("%s%zu %s", before, number, plural(number, one, many));
}

static void print_summary(const char *path, const struct iotguard_inventory_info *info)
{
	char text[TEXT_USUAL];

	printf("%s: ok: %zu %s", safe_text(path, text), info->devices,
	       plural(info->devices, "device", "devices"));
	print_count(info->hosts, "host", "hosts", ", ");
	print_count(info->segments, "segment", "segments", ", ");
	print_count(info->groups, "group", "groups", ", ");
	print_count(info->profiles, "profile", "profiles", ", ");
	print_count(info->rules, "rule", "rules", ", ");
	putchar('\n');
}

static json_t *summary_json(const struct iotguard_inventory_info *info)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "devices",
			 json_count(info->devices), "hosts", json_count(info->hosts), "segments",
			 json_count(info->segments), "groups", json_count(info->groups), "profiles",
			 json_count(info->profiles), "rules", json_count(info->rules), "sha256",
			 info->sha256);
}

/* @info NULL: it could not be read. */
static int print_json(const struct cli *cli, bool ok, const struct iotguard_inventory_info *info)
{
	return output_json(json_pack("{s:o, s:b, s:o, s:o}", "inventory",
				     json_text(cli->operands[0]), "ok", ok, "summary",
				     info ? summary_json(info) : json_null(), "diagnostics",
				     json_diags(cli)));
}

static int run(struct cli *cli)
{
	const struct check_options *chosen = cli->options;
	_inventory_ struct iotguard_inventory *inventory = NULL;
	_policy_ struct iotguard_policy *policy = NULL;
	struct iotguard_inventory_info info = {0};
	int status;

	cli->strict = chosen->strict;
	status = inventory_compile(cli, cli->operands[0], NULL, 0, &inventory, &policy);
	if (!status && has_errors(cli))
		status = CLI_INVALID;
	if (inventory)
		iotguard_inventory_describe(inventory, &info);
	if (cli->globals.json) {
		int written = print_json(cli, !status, inventory ? &info : NULL);

		return status ? status : written;
	}
	if (!status)
		print_summary(cli->operands[0], &info);
	return status;
}

const struct command cmd_check = {
	.name = "check",
	.operands = "INVENTORY",
	.summary = "Find every mistake of an inventory",
	.description =
		"Reads INVENTORY and what it includes and compiles it, without touching the\n"
		"running policy. Needs no privilege. Mistakes are FILE:LINE:COLUMN: error:\n"
		"what; exit 3. Warnings are exit 0, unless --strict makes them errors.",
	.options = options,
	.options_size = sizeof(struct check_options),
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
