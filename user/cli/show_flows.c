/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"
#include "words.h"

static const char *proto_text(uint8_t proto, char *buf)
{
	static const char *const names[256] = {
		[IPPROTO_TCP] = "tcp",
		[IPPROTO_UDP] = "udp",
		[IPPROTO_ICMP] = "icmp",
		[IPPROTO_ICMPV6] = "icmpv6",
	};

	if (names[proto])
		return names[proto];
	snprintf(buf, NUMBER_TEXT, "ip/%u", proto);
	return buf;
}

static json_t *flow_json(const struct iotguard_flow_info *flow)
{
	char local[ADDRESS_TEXT], remote[ADDRESS_TEXT], proto[NUMBER_TEXT];

	return json_pack(
		"{s:o, s:s, s:s, s:i, s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:b, s:b, s:o, s:o, s:o}",
		"device", json_text(flow->device), "protocol", proto_text(flow->proto, proto),
		"local", address_text(flow->local, flow->ip_version, local), "local_port",
		(int)flow->local_port, "remote",
		address_text(flow->remote, flow->ip_version, remote), "remote_port",
		(int)flow->remote_port, "state", flow->state, "initiator", flow->initiator,
		"reason", flow->reason, "rule", json_text(flow->rule), "name",
		json_text(flow->name), "critical", flow->critical, "current", flow->current,
		"packets", json_count(flow->packets), "bytes", json_count(flow->bytes), "idle_ms",
		json_count(flow->idle_ms));
}

static json_t *flows_json(const struct iotguard_flow_info *flows, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, flow_json(&flows[i])))
			return NULL;
	}
	return json_pack("{s:b, s:O}", "enforced", 1, "flows", list);
}

/* ICMP queries are told apart by an identifier; the type of the request stands where a port would. */
static bool is_icmp(const struct iotguard_flow_info *flow)
{
	return flow->proto == IPPROTO_ICMP || flow->proto == IPPROTO_ICMPV6;
}

static void add_protocol(struct table *table, const struct iotguard_flow_info *flow)
{
	char text[NUMBER_TEXT];

	if (is_icmp(flow))
		table_add(table, STYLE_PLAIN, "%s/%u id %u", proto_text(flow->proto, text),
			  flow->remote_port, flow->local_port);
	else
		table_add(table, STYLE_PLAIN, "%s", proto_text(flow->proto, text));
}

static void add_end(struct table *table, const uint8_t addr[16], uint8_t version, uint16_t port)
{
	char text[ADDRESS_TEXT];

	address_text(addr, version, text);
	if (!port)
		table_add(table, STYLE_PLAIN, "%s", text);
	else
		table_add(table, STYLE_PLAIN, version == 4 ? "%s:%u" : "[%s]:%u", text, port);
}

static void add_flow(struct table *table, const struct iotguard_flow_info *flow)
{
	char text[NUMBER_TEXT];

	table_add(table, STYLE_BOLD, "%s", flow->device ? flow->device : "-");
	add_protocol(table, flow);
	add_end(table, flow->local, flow->ip_version, is_icmp(flow) ? 0 : flow->local_port);
	table_add(table, STYLE_PLAIN, strcmp(flow->initiator, "remote") ? "->" : "<-");
	add_end(table, flow->remote, flow->ip_version, is_icmp(flow) ? 0 : flow->remote_port);
	table_add(table, STYLE_PLAIN, "%s%s", flow->state, flow->critical ? ", critical" : "");
	table_add(table, STYLE_PLAIN, "%s", number_text(flow->packets, text));
	table_add(table, STYLE_PLAIN, "%s", size_text(flow->bytes, text));
	table_add(table, STYLE_PLAIN, "%s", duration_text(flow->idle_ms / 1000, text));
	table_add(table, STYLE_PLAIN, flow->name ? "%s (as %s)" : "%s",
		  flow->rule ? flow->rule : flow->reason, flow->name);
}

int show_flows(struct cli *cli)
{
	static const struct column columns[] = {
		{"device", false},
		{"protocol", false},
		{"local", false},
		{"", false},
		{"remote", false},
		{"state", false},
		{"packets", true},
		{"bytes", true},
		{"idle", true},
		{"admitted by", false},
		{0},
	};
	_array_ struct iotguard_flow_info *flows = NULL;
	_table_ struct table table = {0};
	size_t count = 0;
	int err = iotguard_flows(cli->ig, &flows, &count);

	if (err)
		return show_fail(cli, err);
	if (cli->globals.json)
		return output_json(flows_json(flows, count));
	table_init(&table, columns);
	for (size_t i = 0; i < count; i++)
		add_flow(&table, &flows[i]);
	return table_print(&table, cli);
}
