/* SPDX-License-Identifier: BSD-2-Clause */
/* `mud diff`: what an update of a MUD file gains and loses, by what is allowed. */
#include <string.h>
#include <strings.h>

#include "mud.h"
#include "output.h"
#include "plan.h"
#include "words.h"

struct diff {
	struct cli *cli;
	const struct iotguard_mud *files[2];
	struct iotguard_mud_info infos[2];
	struct iotguard_plan_info plan;
	const struct iotguard_plan_change *changes;
	size_t n_changes;
	bool head; /* it says something else of itself, the day aside */
};

/* --- the head --- */

#define HEAD_FIELDS 10

struct field {
	const char *name, *before, *after;
};

/* What a person should know that has another value. */
static size_t compare_heads(const struct diff *d, struct field fields[HEAD_FIELDS])
{
	const struct iotguard_mud_info *a = &d->infos[0], *b = &d->infos[1];
	const struct field all[HEAD_FIELDS] = {
		{"url", a->url, b->url},
		{"last-update", a->last_update, b->last_update},
		{"systeminfo", a->systeminfo, b->systeminfo},
		{"manufacturer", a->manufacturer, b->manufacturer},
		{"model", a->model, b->model},
		{"firmware", a->firmware, b->firmware},
		{"software", a->software, b->software},
		{"documentation", a->documentation, b->documentation},
		{"signature", a->signature, b->signature},
		{"supported", a->supported ? "yes" : "no", b->supported ? "yes" : "no"},
	};
	size_t n = 0;

	for (size_t i = 0; i < HEAD_FIELDS; i++) {
		if (strcmp(all[i].before ? all[i].before : "", all[i].after ? all[i].after : "") !=
			    0 ||
		    !all[i].before != !all[i].after)
			fields[n++] = all[i];
	}
	return n;
}

static bool is_a_day(const struct field *field)
{
	return !strcmp(field->name, "last-update");
}

/* --- links --- */

static bool same_text(const char *a, const char *b)
{
	return !a == !b && (!a || !strcmp(a, b));
}

static bool has_link(const struct iotguard_mud *mud, const struct iotguard_mud_link *wanted)
{
	size_t n;
	const struct iotguard_mud_link *links = iotguard_mud_links(mud, &n);

	for (size_t i = 0; i < n; i++) {
		if (same_text(links[i].kind, wanted->kind) &&
		    same_text(links[i].uri, wanted->uri) &&
		    same_text(links[i].version, wanted->version))
			return true;
	}
	return false;
}

static bool all_links_in(const struct iotguard_mud *mud, const struct iotguard_mud *other)
{
	size_t n;
	const struct iotguard_mud_link *links = iotguard_mud_links(mud, &n);

	for (size_t i = 0; i < n; i++) {
		if (!has_link(other, &links[i]))
			return false;
	}
	return true;
}

static bool same_links(const struct diff *d)
{
	return all_links_in(d->files[0], d->files[1]) && all_links_in(d->files[1], d->files[0]);
}

/* --- text --- */

static void print_field(const struct field *field)
{
	printf("  %s: ", field->name);
	mud_put(field->after ? field->after : "not said");
	fputs(", was ", stdout);
	mud_put(field->before ? field->before : "not said");
	putchar('\n');
}

static int print_text(const struct diff *d)
{
	struct field fields[HEAD_FIELDS];
	size_t n = compare_heads(d, fields);

	for (size_t i = 0; i < n; i++)
		print_field(&fields[i]);
	if (!same_links(d))
		puts("  other links of its maker: `mud show` has them");
	if (plan_print_changes(d->cli, d->changes, d->n_changes))
		return CLI_FAILED;
	if (d->plan.gains + d->plan.losses + d->plan.changes)
		printf("%zu %s, %zu %s, %zu other %s\n", d->plan.gains,
		       plural(d->plan.gains, "gain", "gains"), d->plan.losses,
		       plural(d->plan.losses, "loss", "losses"), d->plan.changes,
		       plural(d->plan.changes, "change", "changes"));
	else
		puts(d->plan.rewritten ? "the same is allowed, in other words or another order"
				       : "the same is allowed");
	return CLI_OK;
}

/* --- JSON --- */

static json_t *heads_json(const struct diff *d)
{
	struct field fields[HEAD_FIELDS];
	size_t n = compare_heads(d, fields);
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++) {
		if (json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", fields[i].name,
							  "before", json_text(fields[i].before),
							  "after", json_text(fields[i].after))))
			return NULL;
	}
	return json_incref(list);
}

static int print_json(const struct diff *d, bool different)
{
	return output_json(json_pack(
		"{s:b, s:o, s:o, s:o, s:b, s:o, s:o, s:o}", "different", different, "old",
		mud_head_json(d->files[0]), "new", mud_head_json(d->files[1]), "head",
		heads_json(d), "links_differ", !same_links(d), "summary",
		json_pack("{s:o, s:o, s:o}", "gains", json_count(d->plan.gains), "losses",
			  json_count(d->plan.losses), "changes", json_count(d->plan.changes)),
		"changes", plan_changes_json(d->changes, d->n_changes), "diagnostics",
		json_diags(d->cli)));
}

/* --- both --- */

/* The device is the first machine of the plan. */
static void take_changes(struct diff *d, const struct iotguard_plan *plan)
{
	size_t n;
	const struct iotguard_plan_machine *machines = iotguard_plan_machines(plan, &n);

	iotguard_plan_describe(plan, &d->plan);
	d->changes = machines[0].changes;
	d->n_changes = machines[0].n_changes;
}

static int compare(struct diff *d)
{
	_plan_ struct iotguard_plan *plan = NULL;
	struct field fields[HEAD_FIELDS];
	bool different;
	size_t n;
	int err = iotguard_mud_compare(d->cli->ig, d->files[0], d->files[1], &plan), status;

	if (err)
		return cli_fail(d->cli, err);
	take_changes(d, plan);
	n = compare_heads(d, fields);
	for (size_t i = 0; i < n; i++)
		d->head = d->head || !is_a_day(&fields[i]);
	different = d->n_changes || d->head || !same_links(d);
	status = d->cli->globals.json ? print_json(d, different) : print_text(d);
	return !status && different ? CLI_DIFFERENT : status;
}

int mud_diff(struct cli *cli)
{
	_mud_ struct iotguard_mud *old = NULL, *now = NULL;
	bool cached = cli->n_operands == 2 && !strncasecmp(cli->operands[1], "https://", 8);
	struct diff d = {.cli = cli};
	int status;

	if (cli->n_operands != 3 && !cached)
		return cli_usage_error(
			cli, "a URL alone: the file before in the cache, and the one in use",
			"'mud diff' wants OLD and NEW, or one URL");
	status = mud_load(cli, cli->operands[1], cached, &old);
	status = status ? status : mud_load(cli, cli->operands[cached ? 1 : 2], false, &now);
	if (status)
		return status;
	cli->diags_printed = iotguard_diag_count(
		cli->ig); /* `mud check` says what is not about the difference */
	d.files[0] = old;
	d.files[1] = now;
	iotguard_mud_describe(old, &d.infos[0]);
	iotguard_mud_describe(now, &d.infos[1]);
	return compare(&d);
}
