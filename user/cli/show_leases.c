/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <time.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"
#include "words.h"

static json_t *lease_json(const struct iotguard_lease_info *lease)
{
	char address[ADDRESS_TEXT], mac[ADDRESS_TEXT];

	return json_pack("{s:o, s:s, s:s, s:o, s:s, s:s, s:o}", "device", json_text(lease->device),
			 "mac", mac_text(lease->mac, mac), "address",
			 address_text(lease->address, lease->ip_version, address), "segment",
			 json_text(lease->segment), "how", lease->how, "kind",
			 lease->host ? "host" : "device", "expires_at",
			 lease->expires_at ? json_count(lease->expires_at) : json_null());
}

static json_t *leases_json(const struct iotguard_lease_info *leases, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, lease_json(&leases[i])))
			return NULL;
	}
	return json_pack("{s:b, s:O}", "enforced", 1, "leases", list);
}

static void add_lease(struct table *table, const struct iotguard_lease_info *lease, uint64_t now)
{
	char address[ADDRESS_TEXT], end[NUMBER_TEXT];

	table_add(table, STYLE_BOLD, "%s", lease->device);
	table_add(table, STYLE_PLAIN, "%s",
		  address_text(lease->address, lease->ip_version, address));
	table_add(table, STYLE_PLAIN, "%s", lease->how);
	table_add(table, STYLE_PLAIN, "%s", lease->segment);
	table_add(table, STYLE_PLAIN, "%s",
		  lease->expires_at ? end_text(lease->expires_at, now, end) : "never");
}

int show_leases(struct cli *cli)
{
	static const struct column columns[] = {
		{"device", false},  {"address", false}, {"how", false},
		{"segment", false}, {"ends", false},	{0},
	};
	_array_ struct iotguard_lease_info *leases = NULL;
	_table_ struct table table = {0};
	uint64_t now = (uint64_t)time(NULL);
	size_t count = 0;
	int err = iotguard_leases(cli->ig, &leases, &count);

	if (err)
		return show_fail(cli, err);
	if (cli->globals.json)
		return output_json(leases_json(leases, count));
	table_init(&table, columns);
	for (size_t i = 0; i < count; i++)
		add_lease(&table, &leases[i], now);
	return table_print(&table, cli);
}
