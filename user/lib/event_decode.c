/* SPDX-License-Identifier: BSD-2-Clause */

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "address.h"
#include "changes.h"
#include "dhcp_options.h"
#include "discovery.h"
#include "event_decode.h"
#include "mud_string.h"
#include "patterns.h"

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

/* At this moment, which is a little later. */
static void decode_names(const struct ig_event *record, struct ig_names *names,
			 struct iotguard_event *out)
{
	uint8_t remote[16];

	_Static_assert(IG_PINS_NAMES == IOTGUARD_EVENT_NAMES, "as many as are told");
	if (!record->ip_version ||
	    (record->type != IG_EVENT_VERDICT && record->type != IG_EVENT_FLOW))
		return;
	memcpy(remote, out->from_device ? out->dst : out->src, sizeof(remote));
	if (record->ip_version == 4) /* programs make it a whole one only where they need that */
		ig_addr_set_v4(remote, remote + 12);
	names->pins.round = names->round;
	out->n_names =
		ig_pins_names(names->object, &names->pins, record->device, remote, names->remote);
	for (size_t i = 0; i < out->n_names; i++)
		out->names[i] = names->remote[i];
}

/* Of a record about a frame; NULL: of a newer version. */
static const char *type_word(const struct ig_event *record)
{
	switch (record->type) {
	case IG_EVENT_VERDICT:
		return record->action == IG_DROP ? "drop" : "would-drop";
	case IG_EVENT_FLOW:
		return "new-flow";
	case IG_EVENT_STRANGER:
		return "new-device";
	case IG_EVENT_NAME:
		return "name";
	case IG_EVENT_MUD:
		return "mud-url";
	}
	return NULL;
}

enum dhcp_option {
	OPTION_HOSTNAME = 12,
	OPTION_REQUESTED = 50,
	OPTION_PARAMS = 55,
	OPTION_VENDOR_CLASS = 60,
};

/* What a client says of itself. */
static void decode_options(const uint8_t *options, size_t size, struct iotguard_event *out)
{
	struct ig_dhcp_option option = ig_dhcp_option_find(options, size, OPTION_HOSTNAME);

	ig_dhcp_option_text(&option, out->hostname, sizeof(out->hostname));
	option = ig_dhcp_option_find(options, size, OPTION_VENDOR_CLASS);
	ig_dhcp_option_text(&option, out->vendor_class, sizeof(out->vendor_class));
	option = ig_dhcp_option_find(options, size, OPTION_PARAMS);
	if (option.length)
		memcpy(out->params, option.data, option.length);
	out->n_params = option.length;
	option = ig_dhcp_option_find(options, size, OPTION_REQUESTED);
	if (option.length == sizeof(out->requested))
		memcpy(out->requested, option.data, sizeof(out->requested));
}

static int decode_stranger(const void *data, size_t size, struct iotguard_event *out)
{
	struct ig_stranger_event record;

	if (size < sizeof(record))
		return -EPROTO;
	memcpy(&record, data, sizeof(record));
	if (record.length > sizeof(record.options))
		return -EPROTO;
	decode_options(record.options, record.length, out);
	return 0;
}

static int decode_name(const void *data, size_t size, struct iotguard_event *out)
{
	struct ig_name_event record;

	_Static_assert(sizeof(out->asked) >= IG_NAME_TEXT, "every name has room");
	if (size < sizeof(record))
		return -EPROTO;
	memcpy(&record, data, sizeof(record));
	if (!record.length || record.length > sizeof(record.name))
		return -EPROTO;
	ig_name_key_print(record.name, record.length, out->asked);
	out->asked_type = record.type;
	return 0;
}

/* What a port is of, by its name and tags. */
static const struct ig_dict_segment *segment_of(const struct ig_dictionary *dict,
						const struct iotguard_event *event)
{
	const struct ig_dict_interface *interface;

	for (uint32_t i = 0; (interface = ig_dict_interface_at(dict, i)); i++) {
		const struct ig_dict_segment *segment = ig_dict_entry(
			dict, &dict->header.segments, interface->segment, sizeof(*segment));

		if (segment && segment->vlan[0] == event->vlan[0] &&
		    segment->vlan[1] == event->vlan[1] &&
		    !strcmp(ig_dict_string(dict, interface->name), event->interface))
			return segment;
	}
	return NULL;
}

/* What is to become of the URL: of a machine that is gone from the dictionary nobody knows. */
static void decode_discovery(const struct ig_event *record, const struct ig_dictionary *dict,
			     struct iotguard_event *out)
{
	const struct ig_dict_device *device = dict ? ig_dict_device_find(dict, record->device)
						   : NULL;
	const struct ig_dict_segment *segment;

	if (!dict || (!device && record->device != IG_ENTITY_NONE))
		return;
	if (device) {
		out->mud_discovery = ig_discovery_word(device->discovery);
		out->mud_listed = device->mud ? ig_dict_string(dict, device->mud) : NULL;
		return;
	}
	segment = segment_of(dict, out);
	out->mud_discovery =
		ig_discovery_word(segment ? (int)segment->discovery : dict->header.discovery);
}

static int decode_mud(const void *data, size_t size, struct iotguard_event *out)
{
	enum ig_mud_string_fault fault;
	struct ig_mud_event record;

	_Static_assert(sizeof(out->mud_url) > 3 * IG_MUD_BYTES, "every string has room");
	_Static_assert(sizeof(out->mud_authority) > IG_MUD_STRING_MAX, "every authority has room");
	if (size < sizeof(record))
		return -EPROTO;
	memcpy(&record, data, sizeof(record));
	out->mud_source = ig_mud_way_word(record.source);
	if (!out->mud_source)
		return -EPROTO;
	fault = ig_mud_string_read(record.url, record.length, sizeof(record.url), out->mud_url,
				   sizeof(out->mud_url));
	out->mud_fault = ig_mud_string_fault_word((int)fault);
	return fault ? 0
		     : ig_mud_string_authority(out->mud_url, out->mud_authority,
					       sizeof(out->mud_authority));
}

static int decode_frame(const void *data, size_t size, struct ig_names *names, int64_t clock_us,
			struct iotguard_event *out)
{
	struct ig_event record;

	memcpy(&record, data, sizeof(record));
	if (!type_word(&record) || !iotguard_reason_token(record.reason))
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
		.passed = record.action == IG_PASS,
	};
	if (record.type == IG_EVENT_STRANGER && decode_stranger(data, size, out))
		return -EPROTO;
	if (record.type == IG_EVENT_NAME && decode_name(data, size, out))
		return -EPROTO;
	if (record.type == IG_EVENT_MUD && decode_mud(data, size, out))
		return -EPROTO;
	memcpy(out->interface, ig_names_port(names, record.ifindex), sizeof(out->interface));
	decode_who(&record, ig_names_of(names, record.generation), out);
	decode_packet(&record, out);
	decode_names(&record, names, out);
	if (record.type == IG_EVENT_MUD)
		decode_discovery(&record, ig_names_of(names, record.generation), out);
	return 0;
}

/* No frame is behind it. */
static int decode_policy(const void *data, size_t size, struct ig_names *names, int64_t clock_us,
			 struct iotguard_event *out, struct iotguard_change *change)
{
	struct ig_policy_event record;

	if (size < sizeof(record))
		return -EPROTO;
	memcpy(&record, data, sizeof(record));
	if (ig_change_describe(&record.change, ig_names_of(names, record.change.generation),
			       clock_us, change))
		return -EPROTO;
	*out = (struct iotguard_event){
		.time_us = change->time_us,
		.type = "policy",
		.environment = IOTGUARD_ENV_UNKNOWN,
		.criticality = IOTGUARD_CRIT_UNKNOWN,
		.change = change,
		.device = change->device,
		.generation = change->generation,
	};
	return 0;
}

int ig_event_decode(const void *data, size_t size, struct ig_names *names, int64_t clock_us,
		    struct iotguard_event *out, struct iotguard_change *change)
{
	struct ig_event record;

	if (size < sizeof(record))
		return -EPROTO;
	memcpy(&record, data, sizeof(record));
	if (record.abi != IG_ABI)
		return -EPROTO;
	if (record.type == IG_EVENT_POLICY)
		return decode_policy(data, size, names, clock_us, out, change);
	return decode_frame(data, size, names, clock_us, out);
}
