/* SPDX-License-Identifier: BSD-2-Clause */
#include <bpf/libbpf.h>
#include <stdio.h>

#include "cli.h"
#include "helper.h"
#include "output.h"
#include "util.h"

static const struct {
	const char *name;
} helpers[] = {
	{"replay"},
	{"mud"},
};

static json_t *helpers_json(void)
{
	_json_ json_t *object = json_object();
	char path[PATH_MAX];

	for (size_t i = 0; object && i < ARRAY_SIZE(helpers); i++) {
		json_t *value = helper_find(helpers[i].name, path) ? json_null() : json_text(path);

		if (json_object_set_new(object, helpers[i].name, value))
			return NULL;
	}
	return json_incref(object);
}

static int run(struct cli *cli)
{
	char path[PATH_MAX];

	if (cli->globals.json)
		return output_json(json_pack("{s:s, s:i, s:s, s:s, s:o}", "version",
					     iotguard_version(), "abi", (int)iotguard_abi(),
					     "libbpf", libbpf_version_string(), "jansson",
					     jansson_version_str(), "helpers", helpers_json()));
	printf(PROGRAM " %s\nabi      %u\nlibbpf   %s\njansson  %s\n", iotguard_version(),
	       iotguard_abi(), libbpf_version_string(), jansson_version_str());
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		printf("%-7s  %s\n", helpers[i].name,
		       helper_find(helpers[i].name, path) ? "missing" : path);
	return CLI_OK;
}

const struct command cmd_version = {
	.name = "version",
	.operands = "",
	.summary = "Which version this is, and what is in it",
	.run = run,
};
