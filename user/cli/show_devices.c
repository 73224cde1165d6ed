/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"
#include "words.h"

static json_t *addresses_json(const struct iotguard_device_info *device)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < device->n_addresses; i++) {
		if (json_array_append_new(list, json_text(device->addresses[i])))
			return NULL;
	}
	return json_incref(list);
}

static json_t *counters_json(const struct iotguard_device_info *device)
{
	return json_pack("{s:{s:{s:o, s:o}, s:{s:o, s:o}}, s:{s:{s:o, s:o}, s:{s:o, s:o}}}",
			 "from_device",
			 /* passed, dropped */
			 "passed", "packets", json_count(device->from_passed.packets), "bytes",
			 json_count(device->from_passed.bytes), "dropped", "packets",
			 json_count(device->from_dropped.packets), "bytes",
			 json_count(device->from_dropped.bytes), "to_device",
			 /* passed, dropped */
			 "passed", "packets", json_count(device->to_passed.packets), "bytes",
			 json_count(device->to_passed.bytes), "dropped", "packets",
			 json_count(device->to_dropped.packets), "bytes",
			 json_count(device->to_dropped.bytes));
}

/* null: in none; {"until": null}: until it is released. */
static json_t *quarantine_json(const struct iotguard_device_info *device)
{
	if (!device->quarantine_until)
		return json_null();
	return json_pack("{s:o}", "until",
			 device->quarantine_until == UINT64_MAX
				 ? json_null()
				 : json_count(device->quarantine_until));
}

static json_t *device_json(const struct iotguard_device_info *device)
{
	char mac[ADDRESS_TEXT];

	return json_pack(
		"{s:o, s:s, s:b, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}",
		"name", json_text(device->name), "kind", device->host ? "host" : "device",
		"trusted", device->trusted, "mac",
		device->router ? NULL : mac_text(device->mac, mac), "router",
		json_text(device->router), "segment", json_text(device->segment), "profile",
		json_text(device->profile), "environment",
		json_text(iotguard_environment_name(device->environment)), "criticality",
		json_text(iotguard_criticality_name(device->criticality)), "mode",
		json_text(iotguard_mode_name(device->mode)), "interface",
		device->interface[0] ? json_text(device->interface) : json_null(), "addresses",
		addresses_json(device), "rules", (int)device->rules, "packets",
		counters_json(device), "quarantine", quarantine_json(device));
}

static json_t *devices_json(const struct iotguard_device_info *devices, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, device_json(&devices[i])))
			return NULL;
	}
	return json_pack("{s:b, s:O}", "enforced", 1, "devices", list);
}

/* What is special about a device, for the eye: the rest is in the JSON. */
static void add_class(struct table *table, const struct iotguard_device_info *device)
{
	const char *criticality = iotguard_criticality_name(device->criticality);
	const char *mode = iotguard_mode_name(device->mode);

	if (device->host)
		table_add(table, STYLE_PLAIN, device->trusted ? "trusted host" : "host");
	else
		table_add(table, STYLE_PLAIN, "%s", criticality ? criticality : "-");
	if (device->quarantine_until)
		table_add(table, STYLE_BAD, "quarantine");
	else
		table_add(table, device->mode == IOTGUARD_MODE_ENFORCE ? STYLE_PLAIN : STYLE_WARN,
			  "%s", mode ? mode : "-");
}

static void add_counts(struct table *table, uint64_t passed, uint64_t dropped)
{
	char number[NUMBER_TEXT];

	table_add(table, STYLE_PLAIN, "%s", number_text(passed, number));
	table_add(table, dropped ? STYLE_WARN : STYLE_PLAIN, "%s", number_text(dropped, number));
}

static void add_device(struct table *table, const struct iotguard_device_info *device)
{
	char mac[ADDRESS_TEXT];

	table_add(table, STYLE_BOLD, "%s", device->name);
	if (device->router)
		table_add(table, STYLE_PLAIN, "behind %s", device->router);
	else
		table_add(table, STYLE_PLAIN, "%s", mac_text(device->mac, mac));
	if (device->n_addresses > 1)
		table_add(table, STYLE_PLAIN, "%s +%zu", device->addresses[0],
			  device->n_addresses - 1);
	else
		table_add(table, STYLE_PLAIN, "%s",
			  device->n_addresses ? device->addresses[0] : "-");
	table_add(table, STYLE_PLAIN, "%s", device->segment ? device->segment : "-");
	table_add(table, STYLE_PLAIN, "%s", device->interface[0] ? device->interface : "-");
	add_class(table, device);
	add_counts(table, device->from_passed.packets, device->from_dropped.packets);
	add_counts(table, device->to_passed.packets, device->to_dropped.packets);
}

int show_devices(struct cli *cli)
{
	static const struct column columns[] = {
		{"name", false},      {"mac", false},	      {"address", false},
		{"segment", false},   {"heard on", false},    {"class", false},
		{"mode", false},      {"from: passed", true}, {"dropped", true},
		{"to: passed", true}, {"dropped", true},      {0},
	};
	_array_ struct iotguard_device_info *devices = NULL;
	_table_ struct table table = {0};
	size_t count = 0;
	int err = iotguard_devices(cli->ig, &devices, &count);

	if (err)
		return show_fail(cli, err);
	if (cli->globals.json)
		return output_json(devices_json(devices, count));
	table_init(&table, columns);
	for (size_t i = 0; i < count; i++)
		add_device(&table, &devices[i]);
	return table_print(&table, cli);
}
