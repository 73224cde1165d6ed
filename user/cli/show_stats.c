/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"
#include "words.h"

static json_t *reasons_json(const struct iotguard_reason_info *reasons, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		const struct iotguard_reason_info *it = &reasons[i];
		json_t *item = json_pack(
			"{s:o, s:s, s:{s:o, s:o}, s:{s:o, s:o}, s:{s:o, s:o}, s:{s:o, s:o}}",
			"reason", json_text(show_reason_token(it->reason)), "verdict",
			iotguard_reason_passes(it->reason) ? "pass" : "drop", "from_device",
			"packets", json_count(it->from.packets), "bytes",
			json_count(it->from.bytes), "to_device", "packets",
			json_count(it->to.packets), "bytes", json_count(it->to.bytes),
			"from_device_let_pass", "packets", json_count(it->from_let_pass.packets),
			"bytes", json_count(it->from_let_pass.bytes), "to_device_let_pass",
			"packets", json_count(it->to_let_pass.packets), "bytes",
			json_count(it->to_let_pass.bytes));

		if (json_array_append_new(list, item))
			return NULL;
	}
	return json_incref(list);
}

static json_t *names_json(const struct iotguard_status *s)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:o}", "names", (int)s->names, "name_places",
			 (int)s->name_places, "pins", (int)s->pins, "pin_places",
			 (int)s->pin_places, "map_bytes", json_count(s->name_bytes));
}

static json_t *stats_json(const struct iotguard_status *s,
			  const struct iotguard_reason_info *reasons, size_t count)
{
	return json_pack(
		"{s:b, s:o, s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:o, s:i, s:i, s:o, s:o}", "enforced",
		1, "passed", json_count(s->passed), "dropped", json_count(s->dropped), "events",
		"sent", json_count(s->events_sent), "suppressed", json_count(s->events_suppressed),
		"lost", json_count(s->events_lost), "safety_dropped", json_count(s->safety_dropped),
		"map_bytes", json_count(s->map_bytes), "flow_map_bytes", json_count(s->flow_bytes),
		"device_slots", (int)s->device_slots, "flow_slots", (int)s->flow_slots, "names",
		names_json(s), "reasons", reasons_json(reasons, count));
}

/* @let_pass: what monitor mode did with a reason to drop is a line of its own. */
static void add_reason(struct table *table, const struct iotguard_reason_info *reason,
		       bool let_pass)
{
	bool passes = iotguard_reason_passes(reason->reason);
	char number[NUMBER_TEXT];

	table_add(table, STYLE_BOLD, "%s", show_reason_token(reason->reason));
	if (let_pass)
		table_add(table, STYLE_WARN, "let pass");
	else
		table_add(table, passes ? STYLE_GOOD : STYLE_BAD, passes ? "pass" : "drop");
	table_add(table, STYLE_PLAIN, "%s", number_text(reason->from.packets, number));
	table_add(table, STYLE_PLAIN, "%s", size_text(reason->from.bytes, number));
	table_add(table, STYLE_PLAIN, "%s", number_text(reason->to.packets, number));
	table_add(table, STYLE_PLAIN, "%s", size_text(reason->to.bytes, number));
	table_add(table, STYLE_PLAIN, "%s", show_reason_sentence(reason->reason));
}

static int print_reasons(const struct cli *cli, const struct iotguard_reason_info *reasons,
			 size_t count)
{
	static const struct column columns[] = {
		{"reason", false},    {"verdict", false}, {"from devices", true}, {"bytes", true},
		{"to devices", true}, {"bytes", true},	  {"meaning", false},	  {0},
	};
	_table_ struct table table = {0};

	table_init(&table, columns);
	for (size_t i = 0; i < count; i++) {
		struct iotguard_reason_info monitored = reasons[i];

		if (reasons[i].from.packets || reasons[i].to.packets)
			add_reason(&table, &reasons[i], false);
		monitored.from.packets = reasons[i].from_let_pass.packets;
		monitored.from.bytes = reasons[i].from_let_pass.bytes;
		monitored.to.packets = reasons[i].to_let_pass.packets;
		monitored.to.bytes = reasons[i].to_let_pass.bytes;
		if (monitored.from.packets || monitored.to.packets)
			add_reason(&table, &monitored, true);
	}
	return table_print(&table, cli);
}

static void print_totals(const struct iotguard_status *status)
{
	char sent[NUMBER_TEXT], suppressed[NUMBER_TEXT], lost[NUMBER_TEXT], memory[NUMBER_TEXT],
		places[NUMBER_TEXT];

	printf("\nevents: %s sent, %s repeats suppressed, %s lost\n",
	       number_text(status->events_sent, sent),
	       number_text(status->events_suppressed, suppressed),
	       number_text(status->events_lost, lost));
	if (status->safety_dropped)
		printf("safety: %s packets of critical rules were refused by an automatic response\n",
		       number_text(status->safety_dropped, sent));
	printf("names: %s that devices resolved, in %s places; %s addresses of these, in %s places; %s\n",
	       number_text(status->names, sent), number_text(status->name_places, suppressed),
	       number_text(status->pins, lost), number_text(status->pin_places, places),
	       size_text(status->name_bytes, memory));
	printf("memory: %s of kernel maps, %s of it for flows; with room for %u devices and hosts and %u flows\n",
	       size_text(status->map_bytes, memory), size_text(status->flow_bytes, sent),
	       status->device_slots, status->flow_slots);
}

int show_stats(struct cli *cli)
{
	_array_ struct iotguard_reason_info *reasons = NULL;
	struct iotguard_status status;
	size_t count = 0;
	int err = iotguard_status(cli->ig, &status);

	if (!err)
		err = iotguard_reasons(cli->ig, &reasons, &count);
	if (err)
		return show_fail(cli, err);
	show_sort_drops(reasons, count);
	if (cli->globals.json)
		return output_json(stats_json(&status, reasons, count));
	err = print_reasons(cli, reasons, count);
	print_totals(&status);
	return err;
}
