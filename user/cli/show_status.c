/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "show.h"
#include "util.h"
#include "words.h"

#define SHA_SHORT   12
#define TOP_REASONS 5

struct picture {
	struct iotguard_status status;
	struct iotguard_interface_info *interfaces;
	size_t n_interfaces;
	struct iotguard_reason_info *reasons; /* drops first */
	size_t n_drops;
	struct iotguard_change *changes;
	size_t n_changes;
};

#define _picture_ _cleanup_(picture_clear)

static void picture_clear(struct picture *picture)
{
	iotguard_free(picture->interfaces);
	iotguard_free(picture->reasons);
	iotguard_free(picture->changes);
}

static int picture_take(struct cli *cli, struct picture *picture)
{
	size_t n_reasons = 0;
	int err = iotguard_status(cli->ig, &picture->status);

	if (!err)
		err = iotguard_interfaces(cli->ig, &picture->interfaces, &picture->n_interfaces);
	if (!err)
		err = iotguard_reasons(cli->ig, &picture->reasons, &n_reasons);
	if (!err)
		err = iotguard_changes(cli->ig, &picture->changes, &picture->n_changes);
	if (!err)
		picture->n_drops = show_sort_drops(picture->reasons, n_reasons);
	return err;
}

/* ----------------------------------------------------------------------------------------- text */

static void print_label(const struct cli *cli, const char *label)
{
	printf("%s%-11s%s ", style_on(cli, STYLE_BOLD), label, style_off(cli, STYLE_BOLD));
}

static void print_applied(uint64_t applied_at)
{
	time_t when = (time_t)applied_at;
	time_t now = time(NULL);
	char text[64], age[NUMBER_TEXT];
	struct tm tm;

	if (!applied_at || !localtime_r(&when, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf(", applied %s", text);
	if (now >= when)
		printf(" (%s ago)", duration_text((uint64_t)(now - when), age));
}

static void print_policy(const struct cli *cli, const struct iotguard_status *status)
{
	char path[TEXT_USUAL], left[NUMBER_TEXT];

	print_label(cli, "enforcing");
	printf("generation %llu", (unsigned long long)status->generation);
	print_applied(status->applied_at);
	putchar('\n');
	print_label(cli, "inventory");
	printf("%s (sha256 %.*s)\n", safe_text(status->inventory, path), SHA_SHORT, status->sha256);
	print_label(cli, "devices");
	printf("%u %s, %u %s, %u %s with %u %s\n", status->devices,
	       plural(status->devices, "device", "devices"), status->hosts,
	       plural(status->hosts, "host", "hosts"), status->policies,
	       plural(status->policies, "policy", "policies"), status->rules,
	       plural(status->rules, "rule", "rules"));
	if (status->monitoring) {
		print_label(cli, "");
		printf("%s%u in monitor or learn mode: reported, not dropped%s\n",
		       style_on(cli, STYLE_WARN), status->monitoring, style_off(cli, STYLE_WARN));
	}
	if (status->trial_seconds) {
		print_label(cli, "trial");
		printf("%sby user %u: it goes by itself in %s, unless it is confirmed%s\n",
		       style_on(cli, STYLE_WARN), status->trial_uid,
		       duration_text(status->trial_seconds, left), style_off(cli, STYLE_WARN));
	}
	if (status->quarantined) {
		print_label(cli, "quarantine");
		printf("%s%u %s: 'show devices' names them%s\n", style_on(cli, STYLE_WARN),
		       status->quarantined, plural(status->quarantined, "machine", "machines"),
		       style_off(cli, STYLE_WARN));
	}
	if (status->safety_dropped) {
		char number[NUMBER_TEXT];

		print_label(cli, "");
		printf("%s%s packets of critical rules were refused by an automatic response: a mistake "
		       "of iotguard's, please report it%s\n",
		       style_on(cli, STYLE_BAD), number_text(status->safety_dropped, number),
		       style_off(cli, STYLE_BAD));
	}
	if (status->ending && !status->clock_right) {
		print_label(cli, "clock");
		printf("%snot known to be right: %u %s with 'until' match nothing; apply again when it "
		       "is%s\n",
		       style_on(cli, STYLE_WARN), status->ending,
		       plural(status->ending, "rule", "rules"), style_off(cli, STYLE_WARN));
	}
}

/* The last one. */
static void print_change(const struct cli *cli, const struct picture *picture)
{
	if (!picture->n_changes)
		return;
	print_label(cli, "changed");
	show_change_line(&picture->changes[picture->n_changes - 1]);
}

static void print_interface(const struct cli *cli, const struct iotguard_interface_info *interface)
{
	const char *trouble = show_interface_trouble(interface);
	enum style style = *trouble ? STYLE_BAD : STYLE_PLAIN;
	char name[TEXT_USUAL];

	printf("%s%s", style_on(cli, style), safe_text(interface->name, name));
	if (interface->exists && interface->ifindex)
		printf(" %s", interface->xdp);
	printf("%s%s", trouble, style_off(cli, style));
}

static void print_interfaces(const struct cli *cli, const struct picture *picture)
{
	print_label(cli, "interfaces");
	for (size_t i = 0; i < picture->n_interfaces; i++) {
		printf("%s", i ? ", " : "");
		print_interface(cli, &picture->interfaces[i]);
	}
	printf("%s\n", picture->n_interfaces ? "" : "none");
}

static void print_packets(const struct cli *cli, const struct picture *picture)
{
	char number[NUMBER_TEXT];

	print_label(cli, "passed");
	printf("%s packets\n", number_text(picture->status.passed, number));
	print_label(cli, "dropped");
	printf("%s packets\n", number_text(picture->status.dropped, number));
	for (size_t i = 0; i < picture->n_drops && i < TOP_REASONS; i++) {
		const struct iotguard_reason_info *reason = &picture->reasons[i];

		print_label(cli, "");
		printf("%12s  %-15s  %s\n",
		       number_text(reason->from.packets + reason->to.packets, number),
		       show_reason_token(reason->reason), show_reason_sentence(reason->reason));
	}
}

static void print_events(const struct cli *cli, const struct iotguard_status *status)
{
	enum style style = status->events_lost ? STYLE_WARN : STYLE_PLAIN;
	char sent[NUMBER_TEXT], suppressed[NUMBER_TEXT], lost[NUMBER_TEXT];

	print_label(cli, "events");
	printf("%s sent, %s repeats suppressed, %s%s lost%s\n",
	       number_text(status->events_sent, sent),
	       number_text(status->events_suppressed, suppressed), style_on(cli, style),
	       number_text(status->events_lost, lost), style_off(cli, style));
}

/* ----------------------------------------------------------------------------------------- JSON */

static json_t *interfaces_json(const struct picture *picture)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < picture->n_interfaces; i++) {
		const struct iotguard_interface_info *it = &picture->interfaces[i];
		json_t *item = json_pack("{s:o, s:i, s:s, s:s}", "name", json_text(it->name),
					 "ifindex", (int)it->ifindex, "xdp", it->xdp, "tc", it->tc);

		if (json_array_append_new(list, item))
			return NULL;
	}
	return json_incref(list);
}

static json_t *drops_json(const struct picture *picture)
{
	_json_ json_t *drops = json_object();

	for (size_t i = 0; drops && i < picture->n_drops; i++) {
		const struct iotguard_reason_info *reason = &picture->reasons[i];

		if (json_object_set_new(drops, show_reason_token(reason->reason),
					json_count(reason->from.packets + reason->to.packets)))
			return NULL;
	}
	return json_incref(drops);
}

static json_t *change_json(const struct picture *picture)
{
	return picture->n_changes ? show_change_json(&picture->changes[picture->n_changes - 1])
				  : json_null();
}

static json_t *status_json(const struct picture *picture)
{
	const struct iotguard_status *s = &picture->status;

	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:i,"
			 " s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b,"
			 " s:o, s:i, s:o, s:o,"
			 " s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o}}",
			 "enforced", 1, "generation", json_count(s->generation), "applied_at",
			 json_time(s->applied_at), "inventory", json_text(s->inventory), "sha256",
			 json_text(s->sha256), "abi", (int)s->abi,
			 /* counts */
			 "devices", (int)s->devices, "hosts", (int)s->hosts, "segments",
			 (int)s->segments, "policies", (int)s->policies, "rules", (int)s->rules,
			 "monitoring", (int)s->monitoring, "ending", (int)s->ending, "clock_right",
			 (int)s->clock_right, "trial_seconds",
			 s->trial_seconds ? json_count(s->trial_seconds) : json_null(),
			 "quarantined", (int)s->quarantined, "safety_dropped",
			 json_count(s->safety_dropped), "changed", change_json(picture),
			 /* what happened */
			 "interfaces", interfaces_json(picture), "passed", json_count(s->passed),
			 "dropped", json_count(s->dropped), "drops", drops_json(picture), "events",
			 "sent", json_count(s->events_sent), "suppressed",
			 json_count(s->events_suppressed), "lost", json_count(s->events_lost));
}

/* The programs are there, and let all pass. */
static int show_open(struct cli *cli)
{
	if (cli->globals.json)
		return output_json(json_pack("{s:b}", "enforced", 0));
	printf("nothing is enforced here: traffic passes unfiltered\n"
	       "    the first policy was on trial, and was rolled back: 'show changes' tells by whom\n");
	return CLI_OK;
}

int show_status(struct cli *cli)
{
	_picture_ struct picture picture = {0};
	int err = picture_take(cli, &picture);

	if (err)
		return show_fail(cli, err);
	if (picture.status.open)
		return show_open(cli);
	if (cli->globals.json)
		return output_json(status_json(&picture));
	print_policy(cli, &picture.status);
	print_change(cli, &picture);
	print_interfaces(cli, &picture);
	print_packets(cli, &picture);
	print_events(cli, &picture.status);
	return CLI_OK;
}
