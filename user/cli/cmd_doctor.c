/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "helper.h"
#include "output.h"
#include "util.h"
#include "words.h"

#define HEALTHS (IOTGUARD_HEALTH_ERROR + 1)

static const enum style styles[HEALTHS] = {
	[IOTGUARD_HEALTH_OK] = STYLE_GOOD,
	[IOTGUARD_HEALTH_NOTE] = STYLE_PLAIN,
	[IOTGUARD_HEALTH_WARNING] = STYLE_WARN,
	[IOTGUARD_HEALTH_ERROR] = STYLE_BAD,
};

/* The library knows nothing of helpers. @path: of PATH_MAX bytes. */
static struct iotguard_finding look_for_replay(char *path)
{
	if (helper_find("replay", path))
		return (struct iotguard_finding){
			.health = IOTGUARD_HEALTH_NOTE,
			.check = "helper",
			.about = "replay",
			.message = "the helper for 'replay' is not installed",
			.advice = "apt install libpcap-dev, then make install",
		};
	return (struct iotguard_finding){
		.check = "helper",
		.about = "replay",
		.message = "the helper for 'replay' is installed",
	};
}

static void print_finding(const struct cli *cli, const struct iotguard_finding *finding)
{
	char message[TEXT_USUAL], advice[TEXT_USUAL];

	printf("%s%-7s%s  %s: %s\n", style_on(cli, styles[finding->health]),
	       iotguard_health_name(finding->health), style_off(cli, styles[finding->health]),
	       finding->check, safe_text(finding->message, message));
	if (finding->advice)
		printf("         -> %s\n", safe_text(finding->advice, advice));
}

static void print_total(const size_t totals[HEALTHS])
{
	size_t errors = totals[IOTGUARD_HEALTH_ERROR], warnings = totals[IOTGUARD_HEALTH_WARNING],
	       notes = totals[IOTGUARD_HEALTH_NOTE];

	printf("%zu %s, %zu %s, %zu %s; %zu ok\n", errors, plural(errors, "error", "errors"),
	       warnings, plural(warnings, "warning", "warnings"), notes,
	       plural(notes, "note", "notes"), totals[IOTGUARD_HEALTH_OK]);
}

static json_t *finding_json(const struct iotguard_finding *finding)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "severity",
			 iotguard_health_name(finding->health), "check", finding->check, "about",
			 json_text(finding->about), "message", json_text(finding->message),
			 "advice", json_text(finding->advice));
}

static json_t *findings_json(const struct iotguard_finding *findings, size_t count,
			     const struct iotguard_finding *last, bool ok)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, finding_json(&findings[i])))
			return NULL;
	}
	if (!list || json_array_append_new(list, finding_json(last)))
		return NULL;
	return json_pack("{s:b, s:O}", "ok", ok, "findings", list);
}

static int run(struct cli *cli)
{
	_array_ struct iotguard_finding *findings = NULL;
	struct iotguard_finding helper;
	size_t count = 0, totals[HEALTHS] = {0};
	char path[PATH_MAX];
	int status, err = iotguard_doctor(cli->ig, &findings, &count);

	if (err)
		return cli_fail(cli, err);
	helper = look_for_replay(path);
	for (size_t i = 0; i < count; i++)
		totals[findings[i].health]++;
	totals[helper.health]++;
	status = totals[IOTGUARD_HEALTH_ERROR] ? CLI_FAILED : CLI_OK;
	if (cli->globals.json) {
		int written = output_json(findings_json(findings, count, &helper, !status));

		return status ? status : written;
	}
	for (size_t i = 0; i < count; i++)
		print_finding(cli, &findings[i]);
	print_finding(cli, &helper);
	print_total(totals);
	return status;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "Look for what is not covered, and say what to type",
	.description =
		"Looks at the kernel, this process's rights, the interfaces, the network and the\n"
		"policy in force, and changes nothing. What is not in order has a line with what\n"
		"to type. Works without root, which then sees less and says so. Exit 1 if there\n"
		"is an error.",
	.run = run,
};
