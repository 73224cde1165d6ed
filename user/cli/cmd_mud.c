/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `mud`: a command of several words, each a row of the table below. What speaks to strangers is a helper.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "helper.h"
#include "mud.h"
#include "options.h"
#include "util.h"

static const char *const refuse_or_allow[] = {"refuse", "allow", NULL};

static const struct option_spec options[] = {
	OPTION_TEXT("cache", struct mud_options, cache, "DIR",
		    "where MUD files are kept (mud in the save-dir)"),
	OPTION_FLAG("refresh", 0, struct mud_options, refresh,
		    "fetch: ask for what is in the cache and may have changed"),
	OPTION_FLAG("adopted", 0, struct mud_options, adopted,
		    "fetch: ask for the files that devices told of and may adopt"),
	OPTION_TEXT("ca", struct mud_options, ca, "FILE",
		    "fetch: trust servers by these certificates, instead of the system's"),
	OPTION_TEXT("signer-ca", struct mud_options, signer_ca, "FILE",
		    "trust signers by these certificates, instead of /etc/iotguard/mud-ca.d"),
	OPTION_SPAN("timeout", struct mud_options, timeout, "SPAN",
		    "fetch: how long one file may take (60s)"),
	OPTION_FLAG("accept-unsigned", 0, struct mud_options, accept_unsigned,
		    "fetch: take a file into use that is not signed, and its successors"),
	OPTION_FLAG("accept-new-signer", 0, struct mud_options, accept_new_signer,
		    "fetch: take a file into use that another one signed than before"),
	OPTION_TEXT("accept-expired-until", struct mud_options, accept_expired_until, "DATE",
		    "fetch: take an expired certificate of this signer for good until then"),
	OPTION_TEXT("why", struct mud_options, why, "TEXT",
		    "fetch: the reason for what is accepted, which is kept"),
	OPTION_TEXT("signature", struct mud_options, signature, "FILE",
		    "verify: the signature (default: beside the file, .p7s instead of .json)"),
	OPTION_TEXT("at", struct mud_options, at, "TIME",
		    "verify: as of then, a day (YYYY-MM-DD) or seconds since 1970"),
	OPTION_CHOICE("private-addresses", struct mud_options, private_addresses, refuse_or_allow,
		      "refuse|allow",
		      "check, show, diff: what becomes of those that are written into a file"),
	OPTION_TEXT("mud-url", struct mud_options, mud_url, "URL",
		    "export: where the file will be (that of the device's own MUD file)"),
	OPTION_TEXT("output", struct mud_options, output, "FILE",
		    "export: write the MUD file there instead of to standard output"),
	{0},
};

#define FETCH_LONGEST 3600 /* seconds */
#define ARGUMENTS_MAX (2 * ARRAY_SIZE(options) + 8)

/* --- the helper --- */

static bool is_set(const struct option_spec *spec, const void *field)
{
	switch (spec->type) {
	case OPTION_TYPE_FLAG:
		return *(const bool *)field;
	case OPTION_TYPE_TEXT:
		return *(const char *const *)field;
	case OPTION_TYPE_CHOICE:
		return *(const int *)field;
	default:
		return *(const uint64_t *)field;
	}
}

/* What was parsed here is handed on in one spelling. @texts: room for one that is made. The caller frees the list. */
static const char **build(const struct cli *cli, const char *path, char text[32])
{
	const char **arguments = calloc(ARGUMENTS_MAX + cli->n_operands, sizeof(*arguments));
	static char names[ARRAY_SIZE(options)][48];
	size_t n = 0;

	if (!arguments)
		return NULL;
	arguments[n++] = path;
	arguments[n++] = cli->operands[0];
	arguments[n++] = cli->colour_errors ? "--color=always" : "--color=never";
	if (cli->globals.json)
		arguments[n++] = "--json";
	for (size_t i = 0; options[i].name; i++) {
		const void *field = (const char *)cli->options + options[i].offset;

		if (!is_set(&options[i], field))
			continue;
		snprintf(names[i], sizeof(names[i]), "--%s", options[i].name);
		arguments[n++] = names[i];
		if (options[i].type == OPTION_TYPE_TEXT)
			arguments[n++] = *(const char *const *)field;
		if (options[i].type == OPTION_TYPE_SPAN) {
			snprintf(text, 32, "%" PRIu64, *(const uint64_t *)field);
			arguments[n++] = text;
		}
	}
	arguments[n++] = "--";
	for (size_t i = 1; i < cli->n_operands; i++)
		arguments[n++] = cli->operands[i];
	return arguments;
}

/* What is fetched goes where apply looks for it. */
static void choose_cache(const struct cli *cli, char dir[PATH_MAX])
{
	struct mud_options *chosen = cli->options;
	const char *save_dir = iotguard_save_dir(cli->ig);

	if (chosen->cache || !save_dir)
		return;
	snprintf(dir, PATH_MAX, "%s/mud", save_dir);
	chosen->cache = dir;
}

static int run_helper(struct cli *cli)
{
	_free_ const char **arguments = NULL;
	char path[PATH_MAX], cache[PATH_MAX], text[32];

	choose_cache(cli, cache);
	if (helper_find("mud", path)) {
		cli_error(cli,
			  "install libcurl and OpenSSL and build again, or the package that has "
			  "iotguard-mud",
			  "the helper iotguard-mud is missing");
		return CLI_FAILED;
	}
	arguments = build(cli, path, text);
	if (!arguments)
		return cli_fail(cli, -ENOMEM);
	fflush(stdout);
	execv(path, (char *const *)arguments);
	cli_error(cli, NULL, "%s: %s", path, strerror(errno));
	return CLI_FAILED;
}

/* --- fetch and verify --- */

static bool is_among(const char *const *urls, size_t n, const char *url)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(urls[i], url))
			return true;
	}
	return false;
}

/* What devices may adopt takes the place of operands. */
static int run_adopted(struct cli *cli)
{
	struct mud_options *chosen = cli->options;
	struct iotguard_mud_url_info *urls = NULL;
	_free_ const char **operands = NULL;
	size_t n, count = 0;
	int err = iotguard_mud_urls(cli->ig, &urls, &count);

	if (err)
		return cli_fail(cli, err);
	operands = calloc(count + 1, sizeof(*operands));
	if (!operands)
		return cli_fail(cli, -ENOMEM);
	operands[0] = cli->operands[0];
	n = 1;
	for (size_t i = 0; i < count; i++) {
		if (urls[i].adopted && !is_among(operands + 1, n - 1, urls[i].adopted))
			operands[n++] = urls[i].adopted;
	}
	if (n == 1 && !chosen->refresh)
		return CLI_OK;	 /* nobody adopted anything */
	chosen->adopted = false; /* said by the operands */
	cli->operands = operands;
	cli->n_operands = n;
	return run_helper(cli);
}

static int run_fetch(struct cli *cli)
{
	const struct mud_options *chosen = cli->options;
	bool accepts = chosen->accept_unsigned || chosen->accept_new_signer ||
		       chosen->accept_expired_until;

	if ((chosen->refresh || chosen->adopted) && cli->n_operands > 1)
		return cli_usage_error(cli, NULL, "'mud fetch --%s' has no use for '%s'",
				       chosen->refresh ? "refresh" : "adopted", cli->operands[1]);
	if (!chosen->refresh && !chosen->adopted && cli->n_operands < 2)
		return cli_usage_error(cli, "--refresh asks for all that is in the cache",
				       "'mud fetch' wants URL");
	if (chosen->timeout > FETCH_LONGEST)
		return cli_usage_error(cli, NULL, "--timeout: one file may take an hour at most");
	if (accepts && cli->n_operands != 2)
		return cli_usage_error(cli, NULL, "what is accepted is accepted of one URL");
	if (accepts && !chosen->why)
		return cli_usage_error(cli,
				       "it is kept with the file, for whoever reads that later",
				       "what is accepted wants a reason: --why TEXT");
	if (chosen->why && !accepts)
		return cli_usage_error(cli, NULL, "--why is for what is accepted");
	return chosen->adopted ? run_adopted(cli) : run_helper(cli);
}

static int run_verify(struct cli *cli)
{
	if (cli->n_operands != 2)
		return cli_usage_error(cli, NULL, "'mud verify' wants one FILE or URL");
	return run_helper(cli);
}

/* --- all of them --- */

static const struct subject {
	const char *name;
	const char
		*options; /* those of the table above that it takes, with a space on both sides */
	int (*run)(struct cli *cli); /* its name is the first operand */
} subjects[] = {
	{"fetch",
	 " cache refresh adopted ca signer-ca timeout accept-unsigned accept-new-signer "
	 "accept-expired-until why ",
	 run_fetch},
	{"verify", " cache signer-ca signature at ", run_verify},
	{"check", " cache private-addresses ", mud_check},
	{"show", " cache private-addresses ", mud_show},
	{"diff", " cache private-addresses ", mud_diff},
	{"export", " mud-url output ", mud_export},
};

static int check_options(struct cli *cli, const struct subject *subject)
{
	for (const struct option_spec *spec = options; spec->name; spec++) {
		char word[48];

		snprintf(word, sizeof(word), " %s ", spec->name);
		if (is_set(spec, (const char *)cli->options + spec->offset) &&
		    !strstr(subject->options, word))
			return cli_usage_error(cli, NULL, "'mud %s' has no use for --%s",
					       subject->name, spec->name);
	}
	return 0;
}

static int run(struct cli *cli)
{
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		int status;

		if (strcmp(subjects[i].name, cli->operands[0]) != 0)
			continue;
		status = check_options(cli, &subjects[i]);
		return status ? status : subjects[i].run(cli);
	}
	return cli_usage_error(cli,
			       "fetch URL ..., verify FILE|URL, check FILE|URL ..., show FILE|URL, "
			       "diff OLD NEW, export INVENTORY DEVICE",
			       "'mud' knows no '%s'", cli->operands[0]);
}

const struct command cmd_mud = {
	.name = "mud",
	.operands =
		"(fetch [URL ...]|verify [FILE|URL]|check [FILE|URL ...]|show [FILE|URL]|diff [OLD NEW]|"
		"export [INVENTORY NAME])",
	.summary = "The MUD files that manufacturers publish (RFC 8520): fetch, judge, export",
	.description =
		"fetch URL ...    ask the servers, verify what comes, and keep it for the next apply\n"
		"fetch --refresh  the same for all that is in the cache and may have changed\n"
		"fetch --adopted  the same for what devices told of that may adopt it\n"
		"verify FILE|URL  is a file, or what is in the cache, as its signer wrote it?\n"
		"check FILE|URL ...  every mistake, and what its entries become\n"
		"show FILE|URL    what the device may do by it, for a person to judge\n"
		"diff OLD NEW     what an update gains and loses; of a URL alone: the file before\n"
		"                 in the cache, and the one in use. Exit 6 if anything differs\n"
		"export INVENTORY DEVICE  the policy of a device as a MUD file\n"
		"\n"
		"What is not in order is refused, and the file before stays in use. Called by root,\n"
		"it is the user iotguard who speaks to servers and reads what they send.",
	.options = options,
	.options_size = sizeof(struct mud_options),
	.min_operands = 1,
	.max_operands = SIZE_MAX,
	.run = run,
};
