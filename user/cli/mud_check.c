/* SPDX-License-Identifier: BSD-2-Clause */
/* `mud check`: what is wrong with MUD files, and what their entries become. */
#include "mud.h"
#include "output.h"

/* @mud NULL: it was refused. */
static json_t *file_json(const char *source, const struct iotguard_mud *mud)
{
	struct iotguard_mud_info info;

	if (!mud)
		return json_pack("{s:o, s:b, s:n}", "source", json_text(source), "ok", 0,
				 "summary");
	iotguard_mud_describe(mud, &info);
	return json_pack("{s:o, s:b, s:o}", "source", json_text(source), "ok", 1, "summary",
			 mud_counts_json(&info));
}

static void print_summary(const char *source, const struct iotguard_mud *mud)
{
	struct iotguard_mud_info info;

	iotguard_mud_describe(mud, &info);
	mud_put(source);
	fputs(": ok: ", stdout);
	mud_print_counts(&info);
	putchar('\n');
}

/* One file after the other, so that of many the mistakes of all are said. */
static int check(struct cli *cli, const char *source, json_t *files)
{
	_mud_ struct iotguard_mud *mud = NULL;
	int status = mud_load(cli, source, false, &mud);

	cli_print_diags(cli);
	if (files && json_array_append_new(files, file_json(source, mud)))
		return CLI_FAILED;
	if (!files && mud)
		print_summary(source, mud);
	return status;
}

int mud_check(struct cli *cli)
{
	_json_ json_t *files = cli->globals.json ? json_array() : NULL;
	int status = CLI_OK, written;

	if (cli->n_operands < 2)
		return cli_usage_error(cli, NULL, "'mud check' wants FILE or URL");
	for (size_t i = 1; i < cli->n_operands; i++) {
		int now = check(cli, cli->operands[i], files);

		status = status ? status : now;
	}
	if (!cli->globals.json)
		return status;
	written = output_json(json_pack("{s:b, s:O, s:o}", "ok", !status, "files", files,
					"diagnostics", json_diags(cli)));
	return status ? status : written;
}
