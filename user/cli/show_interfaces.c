/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"

static json_t *offloads_json(const struct iotguard_interface_info *it)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "rxvlan", it->rxvlan, "lro", it->lro,
			 "gro_hw", it->gro_hw, "tc", it->tc_offload, "flows", it->flow_offload);
}

static json_t *coverage_json(const struct iotguard_interface_info *it)
{
	return json_pack("{s:s, s:o, s:o, s:i}", "state", it->coverage, "reason",
			 json_text(it->coverage_reason), "advice", json_text(it->coverage_advice),
			 "heard", (int)it->heard);
}

static json_t *interface_json(const struct iotguard_interface_info *it)
{
	return json_pack("{s:o, s:i, s:b, s:b, s:o, s:o, s:s, s:s, s:i, s:i,"
			 " s:o, s:o, s:b, s:b, s:o, s:o, s:o}",
			 "name", json_text(it->name), "ifindex", (int)it->ifindex, "exists",
			 it->exists, "current", it->current, "renamed", json_text(it->renamed),
			 "segment", json_text(it->segment), "xdp", it->xdp, "tc", it->tc, "xdp_id",
			 (int)it->xdp_id, "tc_id", (int)it->tc_id,
			 /* where it is, and who is behind it */
			 "bridge", json_text(it->bridge), "unguarded_beside", json_text(it->beside),
			 "port_isolated", it->port_isolated, "hairpin", it->hairpin, "switch",
			 json_text(it->switch_id), "offloads", offloads_json(it), "coverage",
			 coverage_json(it));
}

static json_t *interfaces_json(const struct iotguard_interface_info *interfaces, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, interface_json(&interfaces[i])))
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
		return " is absent";
	if (it->renamed && it->ifindex)
		return " has another name now";
	if (!it->ifindex || !strcmp(it->xdp, "none") || !strcmp(it->tc, "none"))
		return " UNGUARDED";
	return it->current ? "" : " runs another generation: apply again";
}

static void add_bridge(struct table *table, const struct iotguard_interface_info *it)
{
	if (it->beside)
		table_add(table, STYLE_BAD, "%s, with %s UNGUARDED", it->bridge ? it->bridge : "-",
			  it->beside);
	else
		table_add(table, STYLE_PLAIN, "%s", it->bridge ? it->bridge : "-");
}

/* What takes frames apart, together or past the programs; what is off needs no word. */
static void add_offloads(struct table *table, const struct iotguard_interface_info *it)
{
	const struct {
		const char *name, *state;
	} all[] = {{"rxvlan", it->rxvlan}, {"lro", it->lro}, {"gro-hw", it->gro_hw}};
	bool hardware = !strcmp(it->flow_offload, "hardware");
	char text[96] = "";

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		size_t n = strlen(text);

		if (strcmp(all[i].state, "off") != 0)
			snprintf(text + n, sizeof(text) - n, "%s%s %s", n ? ", " : "", all[i].name,
				 all[i].state);
	}
	if (strcmp(it->flow_offload, "none") != 0) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%sflows %s", n ? ", " : "", it->flow_offload);
	}
	table_add(table, hardware ? STYLE_BAD : STYLE_PLAIN, "%s", *text ? text : "-");
}

static void add_coverage(struct table *table, const struct iotguard_interface_info *it)
{
	bool isolated = !strcmp(it->coverage, "isolated");

	if (isolated)
		table_add(table, STYLE_GOOD, "%s", it->coverage);
	else
		table_add(table, STYLE_WARN, "%s: %s", it->coverage, it->coverage_reason);
}

static void add_interface(struct table *table, const struct iotguard_interface_info *it)
{
	table_add(table, it->ifindex && it->current ? STYLE_BOLD : STYLE_BAD, "%s%s", it->name,
		  show_interface_trouble(it));
	table_add(table, STYLE_PLAIN, "%s", it->segment ? it->segment : "-");
	add_program(table, it->xdp, it->xdp_id);
	add_program(table, it->tc, it->tc_id);
	add_bridge(table, it);
	add_offloads(table, it);
	add_coverage(table, it);
}

int show_interfaces(struct cli *cli)
{
	static const struct column columns[] = {{"interface", false},	 {"segment", false},
						{"from devices", false}, {"to devices", false},
						{"bridge", false},	 {"offloads", false},
						{"coverage", false},	 {0}};
	_array_ struct iotguard_interface_info *interfaces = NULL;
	_table_ struct table table = {0};
	size_t count = 0;
	int err = iotguard_interfaces(cli->ig, &interfaces, &count);

	if (err)
		return show_fail(cli, err);
	if (cli->globals.json)
		return output_json(interfaces_json(interfaces, count));
	table_init(&table, columns);
	for (size_t i = 0; i < count; i++)
		add_interface(&table, &interfaces[i]);
	return table_print(&table, cli);
}
