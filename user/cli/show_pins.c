/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <time.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"
#include "words.h"

static json_t *pin_json(const struct iotguard_pin_info *pin)
{
	char address[ADDRESS_TEXT];

	return json_pack("{s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "device", json_text(pin->device),
			 "kind", pin->host ? "host" : "device", "name", json_text(pin->name),
			 "address", address_text(pin->address, pin->ip_version, address), "rule",
			 json_text(pin->rule), "expires_at", json_count(pin->expires_at),
			 "resolved_at", json_count(pin->resolved_at));
}

static json_t *pins_json(const struct iotguard_pin_info *pins, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, pin_json(&pins[i])))
			return NULL;
	}
	return json_pack("{s:b, s:O}", "enforced", 1, "pins", list);
}

static void add_pin(struct table *table, const struct iotguard_pin_info *pin, uint64_t now)
{
	uint64_t ago = now > pin->resolved_at ? now - pin->resolved_at : 0;
	char text[ADDRESS_TEXT];

	table_add(table, STYLE_BOLD, "%s", pin->device);
	table_add(table, STYLE_PLAIN, "%s", pin->name);
	table_add(table, STYLE_PLAIN, "%s", address_text(pin->address, pin->ip_version, text));
	table_add(table, STYLE_PLAIN, "%s", end_text(pin->expires_at, now, text));
	table_add(table, STYLE_PLAIN, "%s ago", duration_text(ago, text));
	table_add(table, pin->rule ? STYLE_PLAIN : STYLE_WARN, "%s", pin->rule ?: "no rule");
}

int show_pins(struct cli *cli, const char *device)
{
	static const struct column columns[] = {
		{"device", false},
		{"name", false},
		{"address", false},
		{"ends", false},
		{"resolved", false},
		{"why", false},
		{0},
	};
	_array_ struct iotguard_pin_info *pins = NULL;
	_table_ struct table table = {0};
	uint64_t now = (uint64_t)time(NULL);
	size_t count = 0;
	int err = iotguard_pins(cli->ig, device, &pins, &count);

	if (err)
		return show_fail(cli, err);
	if (cli->globals.json)
		return output_json(pins_json(pins, count));
	table_init(&table, columns);
	for (size_t i = 0; i < count; i++)
		add_pin(&table, &pins[i], now);
	return table_print(&table, cli);
}
