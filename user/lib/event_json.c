/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event as one JSON object in the shape of Suricata's EVE, written by hand: a building library
 * costs more than the rest of the reader. docs/schema/event.schema.json says what is in it.
 */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "community_id.h"
#include "dns_types.h"
#include "escape.h"
#include "iotguard/iotguard.h"

#define SCHEMA "1"

/* Of names and sentences that strangers wrote; together well below IOTGUARD_EVENT_TEXT_MAX. */
#define NAME_MAX_JSON 384
#define RULE_MAX_JSON 1536

#define FIRST	      "\"" /* in front of a key: the first of its object, or a later one */
#define LATER	      ",\""
#define OBJECT	      "\":{\""

/* Keys are constants: inline, their lengths are, too, and they are copied as words. */
#define constant_key static inline __attribute__((always_inline))

/* --------------------------------------------------------------------------------------- fields */

constant_key void put_key(struct ig_writer *w, const char *key)
{
	ig_put(w, LATER);
	ig_put(w, key);
	ig_put(w, "\":");
}

/* @text is known to need no escape. */
constant_key void put_plain(struct ig_writer *w, const char *key, const char *text)
{
	put_key(w, key);
	ig_put_char(w, '"');
	ig_put(w, text);
	ig_put_char(w, '"');
}

constant_key void put_string(struct ig_writer *w, const char *key, const char *text, size_t limit)
{
	put_key(w, key);
	if (!text) {
		ig_put(w, "null");
		return;
	}
	ig_put_char(w, '"');
	ig_escape_json(w, text, limit);
	ig_put_char(w, '"');
}

constant_key void put_number(struct ig_writer *w, const char *key, uint64_t value)
{
	put_key(w, key);
	ig_put_u64(w, value);
}

constant_key void put_flag(struct ig_writer *w, const char *key, bool value)
{
	put_key(w, key);
	ig_put(w, value ? "true" : "false");
}

constant_key void put_mac(struct ig_writer *w, const char *key, const uint8_t mac[6])
{
	put_key(w, key);
	ig_put_char(w, '"');
	ig_put_mac(w, mac);
	ig_put_char(w, '"');
}

constant_key void put_ip(struct ig_writer *w, const char *key, const uint8_t addr[16],
			 uint8_t version)
{
	put_key(w, key);
	ig_put_char(w, '"');
	ig_put_ip(w, addr, version);
	ig_put_char(w, '"');
}

struct date {
	uint64_t year;
	unsigned int month, day; /* from 1 */
};

/*
 * gmtime_r() looks for time zones first. Years begin in March here, so that a leap day is the last of its year, and
 * months follow each other by 31, 30, 31, 30, 31 days: five have 153.
 */
static struct date date_of(uint64_t days)
{
	uint64_t since = days + 719468; /* since the first of March of year 0 */
	uint64_t era = since / 146097;	/* 400 years */
	unsigned int day = (unsigned int)(since % 146097);
	unsigned int year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	unsigned int of_year = day - (365 * year + year / 4 - year / 100);
	unsigned int month = (5 * of_year + 2) / 153; /* from March */

	return (struct date){
		.year = era * 400 + year + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = of_year - (153 * month + 2) / 5 + 1,
	};
}

static void put_two(char *at, unsigned int value)
{
	at[0] = (char)('0' + value / 10);
	at[1] = (char)('0' + value % 10);
}

static void put_time(struct ig_writer *w, uint64_t time_us)
{
	uint64_t seconds = time_us / 1000000;
	unsigned int second = (unsigned int)(seconds % 86400),
		     us = (unsigned int)(time_us % 1000000);
	struct date date = date_of(seconds / 86400);
	char text[] = "-mm-ddThh:mm:ss.uuuuuu+0000";

	put_two(text + 1, date.month);
	put_two(text + 4, date.day);
	put_two(text + 7, second / 3600);
	put_two(text + 10, second / 60 % 60);
	put_two(text + 13, second % 60);
	put_two(text + 16, us / 10000);
	put_two(text + 18, us / 100 % 100);
	put_two(text + 20, us % 100);
	ig_put_padded(w, date.year, 4);
	ig_put_bytes(w, text, sizeof(text) - 1);
}

static void put_timestamp(struct ig_writer *w, uint64_t time_us)
{
	ig_put(w, FIRST "timestamp\":\"");
	put_time(w, time_us);
	ig_put_char(w, '"');
}

/* --------------------------------------------------------------------------------- the EVE part */

static void put_vlan(struct ig_writer *w, const uint16_t vlan[2])
{
	if (!vlan[0] && !vlan[1])
		return;
	put_key(w, "vlan");
	ig_put_char(w, '[');
	if (vlan[0])
		ig_put_u64(w, vlan[0]);
	if (vlan[0] && vlan[1])
		ig_put_char(w, ',');
	if (vlan[1])
		ig_put_u64(w, vlan[1]);
	ig_put_char(w, ']');
}

/* The names that Suricata gives; a number for the others. */
static void put_proto(struct ig_writer *w, uint8_t proto)
{
	static const char *const names[256] = {
		[IPPROTO_ICMP] = "ICMP",
		[IPPROTO_TCP] = "TCP",
		[IPPROTO_UDP] = "UDP",
		[IPPROTO_ICMPV6] = "IPv6-ICMP",
	};

	put_key(w, "proto");
	ig_put_char(w, '"');
	if (names[proto])
		ig_put(w, names[proto]);
	else
		ig_put_u64(w, proto);
	ig_put_char(w, '"');
}

static bool is_icmp(const struct iotguard_event *event)
{
	return event->proto == IPPROTO_ICMP || event->proto == IPPROTO_ICMPV6;
}

/*
 * A fragment, or a frame that ends before its ports, has none: it belongs to no conversation that
 * can be named.
 */
static bool has_ports(const struct iotguard_event *event)
{
	return ig_has_ports(event->proto) && (event->src_port || event->dst_port);
}

static void put_community_id(struct ig_writer *w, const struct iotguard_event *event)
{
	struct ig_tuple tuple = {
		.ip_version = event->ip_version,
		.proto = event->proto,
		.src = event->src,
		.dst = event->dst,
		.src_port = is_icmp(event) ? event->icmp_type : event->src_port,
		.dst_port = is_icmp(event) ? event->icmp_code : event->dst_port,
	};
	char id[IG_COMMUNITY_ID_SIZE];

	if (ig_has_ports(event->proto) && !has_ports(event))
		return;
	ig_community_id(&tuple, id);
	put_plain(w, "community_id", id);
}

static void put_addresses(struct ig_writer *w, const struct iotguard_event *event)
{
	if (event->ethertype == ETHERTYPE_ARP) {
		put_ip(w, "src_ip", event->src, 4);
		put_ip(w, "dest_ip", event->dst, 4);
		put_plain(w, "proto", "ARP");
		return;
	}
	if (!event->ip_version)
		return;
	put_ip(w, "src_ip", event->src, event->ip_version);
	if (has_ports(event))
		put_number(w, "src_port", event->src_port);
	put_ip(w, "dest_ip", event->dst, event->ip_version);
	if (has_ports(event))
		put_number(w, "dest_port", event->dst_port);
	put_proto(w, event->proto);
	put_number(w, "ip_v", event->ip_version);
	if (is_icmp(event)) {
		put_number(w, "icmp_type", event->icmp_type);
		put_number(w, "icmp_code", event->icmp_code);
	}
	put_community_id(w, event);
}

static void put_ether(struct ig_writer *w, const struct iotguard_event *event)
{
	ig_put(w, LATER "ether" OBJECT "ether_type\":");
	ig_put_u64(w, event->ethertype);
	put_mac(w, "src_mac", event->src_mac);
	put_mac(w, "dest_mac", event->dst_mac);
	ig_put_char(w, '}');
}

static void put_tcp_flags(struct ig_writer *w, uint8_t flags)
{
	static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		put_flag(w, names[i], flags >> i & 1);
}

static void put_drop(struct ig_writer *w, const struct iotguard_event *event)
{
	ig_put(w, LATER "drop" OBJECT "len\":");
	ig_put_u64(w, event->length);
	if (event->ip_version)
		put_number(w, "ttl", event->ttl);
	if (event->ip_version && event->proto == IPPROTO_TCP)
		put_tcp_flags(w, event->tcp_flags);
	put_string(w, "reason", event->reason, NAME_MAX_JSON);
	ig_put_char(w, '}');
}

/* A flow of EVE is told when it ends; of this one only the beginning is known. */
static void put_flow(struct ig_writer *w, const struct iotguard_event *event)
{
	ig_put(w, LATER "flow" OBJECT "start\":\"");
	put_time(w, event->time_us);
	ig_put(w, "\"}");
}

/* What a new device says of itself, under the names that EVE has for it; the options that it would
 * like to have are numbers. */
static void put_dhcp(struct ig_writer *w, const struct iotguard_event *event)
{
	static const uint8_t none[4];
	uint8_t requested[16];

	ig_put(w, LATER "dhcp" OBJECT "type\":\"request\"");
	if (event->hostname[0])
		put_string(w, "hostname", event->hostname, NAME_MAX_JSON);
	if (event->vendor_class[0])
		put_string(w, "vendor_class_identifier", event->vendor_class, NAME_MAX_JSON);
	if (memcmp(event->requested, none, sizeof(none)) != 0) {
		ig_addr_set_v4(requested, event->requested);
		put_ip(w, "requested_ip", requested, 4);
	}
	put_key(w, "params");
	ig_put_char(w, '[');
	for (size_t i = 0; i < event->n_params; i++) {
		ig_put(w, i ? "," : "");
		ig_put_u64(w, event->params[i]);
	}
	ig_put(w, "]}");
}

/* Of a type that has no name here it is the number, as a string. */
static void put_dns(struct ig_writer *w, const struct iotguard_event *event)
{
	const char *type = ig_dns_type_name(event->asked_type);

	ig_put(w, LATER "dns" OBJECT "type\":\"query\"");
	put_string(w, "rrname", event->asked, NAME_MAX_JSON);
	put_key(w, "rrtype");
	ig_put_char(w, '"');
	if (type)
		ig_put(w, type);
	else
		ig_put_u64(w, event->asked_type);
	ig_put(w, "\"}");
}

static void put_mud(struct ig_writer *w, const struct iotguard_event *event)
{
	ig_put(w, LATER "mud" OBJECT "source\":\"");
	ig_put(w, event->mud_source ?: "");
	ig_put_char(w, '"');
	put_string(w, "url", event->mud_url, NAME_MAX_JSON);
	put_string(w, "authority", event->mud_fault ? NULL : event->mud_authority, NAME_MAX_JSON);
	put_string(w, "fault", event->mud_fault, NAME_MAX_JSON);
	put_string(w, "discovery", event->mud_discovery, NAME_MAX_JSON);
	put_string(w, "listed", event->mud_listed, NAME_MAX_JSON);
	ig_put_char(w, '}');
}

static bool is_type(const struct iotguard_event *event, const char *type)
{
	return !strcmp(event->type, type);
}

static void put_verdict(struct ig_writer *w, const struct iotguard_event *event)
{
	bool tells = is_type(event, "new-device") || is_type(event, "name") ||
		     is_type(event, "mud-url");
	bool dropped = tells ? !event->passed : is_type(event, "drop");

	ig_put(w, LATER "verdict" OBJECT "action\":\"");
	ig_put(w, dropped ? "drop\"}" : "pass\"}");
}

/* --------------------------------------------------------------------------------- our own part */

static void put_iotguard_start(struct ig_writer *w, const struct iotguard_event *event)
{
	ig_put(w, LATER "iotguard" OBJECT "schema\":" SCHEMA);
	put_string(w, "event", event->type, NAME_MAX_JSON);
}

/* What the device calls the remote. */
static void put_names(struct ig_writer *w, const struct iotguard_event *event)
{
	if (!event->n_names)
		return;
	put_key(w, "names");
	for (size_t i = 0; i < event->n_names; i++) {
		ig_put(w, i ? ",\"" : "[\"");
		ig_escape_json(w, event->names[i], NAME_MAX_JSON);
		ig_put_char(w, '"');
	}
	ig_put_char(w, ']');
}

static void put_iotguard(struct ig_writer *w, const struct iotguard_event *event)
{
	put_iotguard_start(w, event);
	put_string(w, "device", event->device, NAME_MAX_JSON);
	put_string(w, "environment", iotguard_environment_name(event->environment), NAME_MAX_JSON);
	put_string(w, "criticality", iotguard_criticality_name(event->criticality), NAME_MAX_JSON);
	put_string(w, "mode", iotguard_mode_name(event->mode), NAME_MAX_JSON);
	put_string(w, "reason", event->reason, NAME_MAX_JSON);
	put_names(w, event);
	put_string(w, "rule", event->rule, RULE_MAX_JSON);
	if (event->rule && event->rule_file) {
		put_string(w, "rule_file", event->rule_file, NAME_MAX_JSON);
		put_number(w, "rule_line", event->rule_line);
	}
	put_number(w, "generation", event->generation);
	put_number(w, "repeats", event->repeats);
	put_number(w, "suppressed", event->suppressed);
	ig_put_char(w, '}');
}

static void put_loss(struct ig_writer *w, const struct iotguard_event *event)
{
	put_iotguard_start(w, event);
	put_number(w, "lost", event->lost);
	ig_put_char(w, '}');
}

/* Without an end it is null, like none; of a quarantine it is always the former. */
static void put_until(struct ig_writer *w, uint64_t until_us)
{
	put_key(w, "until");
	if (!until_us || until_us == UINT64_MAX) {
		ig_put(w, "null");
		return;
	}
	ig_put_char(w, '"');
	put_time(w, until_us);
	ig_put_char(w, '"');
}

static void put_change(struct ig_writer *w, const struct iotguard_change *change)
{
	ig_put(w, LATER "policy" OBJECT "action\":\"");
	ig_put(w, change->action);
	ig_put_char(w, '"');
	put_number(w, "number", change->number);
	put_number(w, "generation", change->generation);
	put_number(w, "before", change->before);
	put_number(w, "uid", change->uid);
	put_string(w, "sha256", change->sha256[0] ? change->sha256 : NULL, NAME_MAX_JSON);
	put_until(w, change->until_us);
	put_string(w, "device", change->device, NAME_MAX_JSON);
	put_string(w, "interface", change->interface[0] ? change->interface : NULL, NAME_MAX_JSON);
	put_flag(w, "trial", change->trial);
	put_flag(w, "forced", change->forced);
	put_flag(w, "generic", change->generic);
	put_flag(w, "first", change->first);
	put_flag(w, "open", change->open);
	put_flag(w, "monitors", change->monitors);
	ig_put_char(w, '}');
}

static void put_policy(struct ig_writer *w, const struct iotguard_event *event)
{
	put_iotguard_start(w, event);
	put_string(w, "device", event->device, NAME_MAX_JSON);
	put_number(w, "generation", event->generation);
	put_change(w, event->change);
	ig_put_char(w, '}');
}

static void put_packet(struct ig_writer *w, const struct iotguard_event *event)
{
	if (event->interface[0])
		put_string(w, "in_iface", event->interface, NAME_MAX_JSON);
	put_vlan(w, event->vlan);
	put_addresses(w, event);
	put_ether(w, event);
	put_plain(w, "direction", event->from_device ? "from-device" : "to-device");
	if (is_type(event, "new-flow"))
		put_flow(w, event);
	else if (is_type(event, "new-device"))
		put_dhcp(w, event);
	else if (is_type(event, "name"))
		put_dns(w, event);
	else if (is_type(event, "mud-url"))
		put_mud(w, event);
	else
		put_drop(w, event);
	put_verdict(w, event);
	put_iotguard(w, event);
}

/* What is about no frame has the type of our own part: whoever reads EVE finds all of it there. */
static const char *eve_type(const struct iotguard_event *event)
{
	if (is_type(event, "loss") || is_type(event, "policy"))
		return "iotguard";
	if (is_type(event, "new-flow"))
		return "flow";
	if (is_type(event, "name"))
		return "dns";
	if (is_type(event, "new-device") || is_type(event, "mud-url"))
		return event->type;
	return "drop";
}

size_t iotguard_event_json(const struct iotguard_event *event, const char *host, char *buf,
			   size_t size)
{
	struct ig_writer w = {.buf = buf, .size = size};

	ig_put_char(&w, '{');
	put_timestamp(&w, event->time_us);
	put_plain(&w, "event_type", eve_type(event));
	if (host)
		put_string(&w, "host", host, NAME_MAX_JSON);
	if (is_type(event, "loss"))
		put_loss(&w, event);
	else if (is_type(event, "policy"))
		put_policy(&w, event);
	else
		put_packet(&w, event);
	ig_put_char(&w, '}');
	return ig_writer_end(&w);
}
