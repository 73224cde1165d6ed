/* SPDX-License-Identifier: BSD-2-Clause */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "event_decode.h"

static void decode_who(const struct ig_event *record, const struct ig_dictionary *dict,
		       struct iotguard_event *out)
{
	const struct ig_dict_device *device = dict ? ig_dict_device_find(dict, record->device)
						   : NULL;
	const struct ig_dict_rule *rule;

	out->environment = IOTGUARD_ENV_UNKNOWN;
	out->criticality = IOTGUARD_CRIT_UNKNOWN;
	if (!device)
		return;
	out->device = ig_dict_string(dict, device->name);
	out->environment = device->environment;
	out->criticality = device->criticality;
	rule = record->rule == IG_NO_RULE ? NULL : ig_dict_rule_of(dict, device, record->rule);
	if (!rule)
		return;
	out->rule = ig_dict_string(dict, rule->text);
	out->rule_file = ig_dict_string(dict, rule->file);
	out->rule_line = rule->line;
}

static void decode_packet(const struct ig_event *record, struct iotguard_event *out)
{
	memcpy(out->src_mac, record->src_mac, 6);
	memcpy(out->dst_mac, record->dst_mac, 6);
	out->ethertype = ntohs(record->ethertype_be);
	out->vlan[0] = record->vlan[0];
	out->vlan[1] = record->vlan[1];
	out->ip_version = record->ip_version;
	out->proto = record->proto;
	memcpy(out->src, record->src, 16);
	memcpy(out->dst, record->dst, 16);
	out->src_port = ntohs(record->src_port_be);
	out->dst_port = ntohs(record->dst_port_be);
	out->icmp_type = record->icmp >> 8;
	out->icmp_code = record->icmp & 0xff;
	out->tcp_flags = record->tcp_flags;
	out->ttl = record->ttl;
	out->length = record->length;
}

/* NULL: of a newer version. */
static const char *type_word(const struct ig_event *record)
{
	switch (record->type) {
	case IG_EVENT_VERDICT:
		return record->action == IG_DROP ? "drop" : "would-drop";
	case IG_EVENT_FLOW:
		return "new-flow";
	}
	return NULL;
}

int ig_event_decode(const void *data, size_t size, struct ig_names *names, int64_t clock_us,
		    struct iotguard_event *out)
{
	struct ig_event record;

	if (size < sizeof(record))
		return -EPROTO;
	memcpy(&record, data, sizeof(record));
	if (record.abi != IG_ABI || !type_word(&record) || !iotguard_reason_token(record.reason))
		return -EPROTO;
	*out = (struct iotguard_event){
		.time_us = record.time_ns / 1000 + clock_us,
		.type = type_word(&record),
		.mode = record.mode,
		.reason = iotguard_reason_token(record.reason),
		.sentence = iotguard_reason_sentence(record.reason),
		.from_device = record.direction == IG_FROM_DEVICE,
		.generation = record.generation,
		.repeats = record.repeats,
		.suppressed = record.suppressed,
	};
	if (!if_indextoname(record.ifindex, out->interface))
		snprintf(out->interface, sizeof(out->interface), "if%u", record.ifindex);
	decode_who(&record, ig_names_of(names, record.generation), out);
	decode_packet(&record, out);
	return 0;
}
