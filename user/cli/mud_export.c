/* SPDX-License-Identifier: BSD-2-Clause */
/* `mud export`: the policy of a device as a MUD file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "inventory.h"
#include "mud.h"
#include "output.h"
#include "words.h"

static int fail_to_write(const struct cli *cli, const char *path)
{
	cli_error(cli, NULL, "cannot write %s: %s", path, strerror(errno));
	return CLI_FAILED;
}

static int write_file(const struct cli *cli, const char *path, const char *text)
{
	_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t left = strlen(text);

	if (fd < 0)
		return fail_to_write(cli, path);
	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR)
			return fail_to_write(cli, path);
		text += n > 0 ? n : 0;
		left -= n > 0 ? (size_t)n : 0;
	}
	if (close(take_fd(fd)))
		return fail_to_write(cli, path);
	return CLI_OK;
}

static void print_result(const char *path, const struct iotguard_mud_export_result *result)
{
	mud_put(path);
	printf(": %zu %s of %zu %s", result->entries, plural(result->entries, "entry", "entries"),
	       result->rules, plural(result->rules, "rule", "rules"));
	if (result->left_out)
		printf(", %zu left out", result->left_out);
	if (result->narrowed)
		printf(", %zu narrowed", result->narrowed);
	putchar('\n');
}

static int print_json(const struct cli *cli, const char *text,
		      const struct iotguard_mud_export_result *result)
{
	return output_json(json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "device", json_text(cli->operands[2]),
		"entries", json_count(result->entries), "rules", json_count(result->rules),
		"left_out", json_count(result->left_out), "narrowed", json_count(result->narrowed),
		"mud", json_loads(text, 0, NULL), "diagnostics", json_diags(cli)));
}

static int print(struct cli *cli, const char *text, const struct iotguard_mud_export_result *result)
{
	const struct mud_options *chosen = cli->options;
	int status = chosen->output ? write_file(cli, chosen->output, text) : CLI_OK;

	if (status)
		return status;
	if (cli->globals.json)
		return print_json(cli, text, result);
	if (chosen->output)
		print_result(chosen->output, result);
	else
		fputs(text, stdout);
	return CLI_OK;
}

int mud_export(struct cli *cli)
{
	const struct mud_options *chosen = cli->options;
	_inventory_ struct iotguard_inventory *inventory = NULL;
	struct iotguard_mud_export_result result = {0};
	_array_ char *text = NULL;
	struct iotguard_mud_export_opts opts;
	int err;

	if (cli->n_operands != 3)
		return cli_usage_error(cli, NULL, "'mud export' wants INVENTORY and DEVICE");
	err = inventory_load(cli, cli->operands[1], cli->operands + 2, 1, &inventory);
	if (err)
		return cli_fail_inventory(cli, err);
	opts = IOTGUARD_OPTS(iotguard_mud_export_opts, .device = cli->operands[2],
			     .url = chosen->mud_url);
	err = iotguard_mud_export(cli->ig, inventory, &opts, &text, &result);
	if (err == -ENODEV || err == -ENOMEM)
		return cli_fail(cli, err);
	if (err)
		return cli_fail_inventory(cli, err);
	cli_print_diags(cli);
	return print(cli, text, &result);
}
