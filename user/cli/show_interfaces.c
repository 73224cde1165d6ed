/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"

static json_t *interfaces_json(const struct iotguard_interface_info *interfaces, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		const struct iotguard_interface_info *it = &interfaces[i];
		json_t *item = json_pack(
			"{s:o, s:i, s:b, s:b, s:o, s:s, s:s, s:i, s:i}", "name", json_text(it->name),
			"ifindex", (int)it->ifindex, "exists", it->exists, "current", it->current, "segment", json_text(it->segment), "xdp",
			it->xdp, "tc", it->tc, "xdp_id", (int)it->xdp_id, "tc_id", (int)it->tc_id);

		if (json_array_append_new(list, item))
			return NULL;
	}
	return json_pack("{s:b, s:O}", "enforced", 1, "interfaces", list);
}

static enum style attachment_style(const char *how)
{
	if (!strcmp(how, "none"))
		return STYLE_BAD;
	return strcmp(how, "generic") ? STYLE_PLAIN : STYLE_WARN;
}

static void add_program(struct table *table, const char *how, unsigned int id)
{
	if (id)
		table_add(table, attachment_style(how), "%s (program %u)", how, id);
	else
		table_add(table, attachment_style(how), "%s", how);
}

/* Links may outlive their interface, and a policy may name one that nobody guards. */
const char *show_interface_trouble(const struct iotguard_interface_info *it)
{
	if (!it->exists)
		return " is gone";
	if (!it->ifindex || !strcmp(it->xdp, "none") || !strcmp(it->tc, "none"))
		return " UNGUARDED";
	return it->current ? "" : " runs another generation: apply again";
}

int show_interfaces(struct cli *cli)
{
	static const struct column columns[] = {{"interface", false},
						{"segment", false},
						{"from devices", false},
						{"to devices", false},
						{0}};
	_array_ struct iotguard_interface_info *interfaces = NULL;
	_table_ struct table table = {0};
	size_t count = 0;
	int err = iotguard_interfaces(cli->ig, &interfaces, &count);

	if (err)
		return show_fail(cli, err);
	if (cli->globals.json)
		return output_json(interfaces_json(interfaces, count));
	table_init(&table, columns);
	for (size_t i = 0; i < count; i++) {
		const struct iotguard_interface_info *it = &interfaces[i];

		table_add(&table, it->ifindex && it->current ? STYLE_BOLD : STYLE_BAD, "%s%s",
			  it->name, show_interface_trouble(it));
		table_add(&table, STYLE_PLAIN, "%s", it->segment ? it->segment : "-");
		add_program(&table, it->xdp, it->xdp_id);
		add_program(&table, it->tc, it->tc_id);
	}
	return table_print(&table, cli);
}
