/* SPDX-License-Identifier: BSD-2-Clause */

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "changes.h"
#include "discovery.h"
#include "dns_types.h"
#include "event_parse.h"
#include "mud_string.h"
#include "util.h"

/*
 * A member may be missing, and then leaves the field as it is. One of another type, or beyond what
 * its field holds, makes the whole line no event.
 */
struct parser {
	bool wrong;
};

/* ------------------------------------------------------------------------------------- members */

static uint64_t number(struct parser *p, const json_t *object, const char *key, uint64_t limit)
{
	const json_t *value = json_object_get(object, key);
	json_int_t n = json_integer_value(value);

	if (!value)
		return 0;
	if (!json_is_integer(value) || n < 0 || (uint64_t)n > limit) {
		p->wrong = true;
		return 0;
	}
	return (uint64_t)n;
}

/* NULL: missing, or null. */
static const char *string(struct parser *p, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_string(value) && !json_is_null(value))
		p->wrong = true;
	return json_string_value(value);
}

static bool flag(struct parser *p, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_boolean(value))
		p->wrong = true;
	return json_is_true(value);
}

static const json_t *object_in(struct parser *p, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (value && !json_is_object(value))
		p->wrong = true;
	return value;
}

/* The number of a word that a function of the library has names for; @otherwise for null. */
static int word(struct parser *p, const json_t *object, const char *key,
		const char *(*name)(int number), int otherwise)
{
	const char *text = string(p, object, key);

	for (int i = 0; text && i <= UINT8_MAX; i++) {
		if (name(i) && !strcmp(name(i), text))
			return i;
	}
	if (text)
		p->wrong = true;
	return otherwise;
}

#define YEAR_10000 253402300800

/* 0: missing, or null. */
static uint64_t time_of(struct parser *p, const json_t *object, const char *key)
{
	const char *text = string(p, object, key);
	unsigned int us;
	struct tm tm = {};
	int end = 0;
	time_t seconds;

	if (!text)
		return 0;
	if (sscanf(text, "%d-%2d-%2dT%2d:%2d:%2d.%6u+0000%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &us, &end) != 7 ||
	    !end || text[end] || tm.tm_year < 1970 || tm.tm_year > 9999 || us > 999999) {
		p->wrong = true;
		return 0;
	}
	tm.tm_year -= 1900;
	tm.tm_mon--;
	seconds = timegm(&tm);
	if (seconds < 0 || seconds >= YEAR_10000) { /* of a month or day that there is not */
		p->wrong = true;
		return 0;
	}
	return (uint64_t)seconds * 1000000 + us;
}

static void mac(struct parser *p, const json_t *object, const char *key, uint8_t out[6])
{
	const char *text = string(p, object, key);
	int end = 0;

	if (!text)
		return;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &out[0], &out[1], &out[2],
		   &out[3], &out[4], &out[5], &end) != 6 ||
	    end != 17 || text[end])
		p->wrong = true;
}

static void address(struct parser *p, const json_t *object, const char *key, uint8_t out[16])
{
	const char *text = string(p, object, key);

	if (text && !ig_addr_parse(text, out))
		p->wrong = true;
}

/* --------------------------------------------------------------------------------- the EVE part */

static void tags(struct parser *p, const json_t *root, uint16_t vlan[2])
{
	const json_t *list = json_object_get(root, "vlan");

	if (list && (!json_is_array(list) || json_array_size(list) > 2))
		p->wrong = true;
	for (size_t i = 0; i < json_array_size(list) && i < 2; i++) {
		const json_t *tag = json_array_get(list, i);
		json_int_t n = json_integer_value(tag);

		if (!json_is_integer(tag) || n < 0 || n > UINT16_MAX)
			p->wrong = true;
		vlan[i] = (uint16_t)n;
	}
}

static void protocol(struct parser *p, const json_t *root, struct iotguard_event *out)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {
		{"ICMP", IPPROTO_ICMP},
		{"TCP", IPPROTO_TCP},
		{"UDP", IPPROTO_UDP},
		{"IPv6-ICMP", IPPROTO_ICMPV6},
	};
	const char *text = string(p, root, "proto");
	unsigned int n;
	int end = 0;

	if (!text || out->ethertype == ETHERTYPE_ARP)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i].name, text)) {
			out->proto = names[i].number;
			return;
		}
	}
	if (sscanf(text, "%3u%n", &n, &end) != 1 || text[end] || n > UINT8_MAX)
		p->wrong = true;
	else
		out->proto = (uint8_t)n;
}

static void frame(struct parser *p, const json_t *root, struct iotguard_event *out)
{
	static const char *const flags[] = {"fin", "syn", "rst", "psh", "ack", "urg"};
	const json_t *ether = object_in(p, root, "ether");
	const json_t *drop = object_in(p, root, "drop");

	out->ethertype = (uint16_t)number(p, ether, "ether_type", UINT16_MAX);
	mac(p, ether, "src_mac", out->src_mac);
	mac(p, ether, "dest_mac", out->dst_mac);
	out->length = (uint32_t)number(p, drop, "len", UINT32_MAX);
	out->ttl = (uint8_t)number(p, drop, "ttl", UINT8_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		out->tcp_flags |= (uint8_t)(flag(p, drop, flags[i]) << i);
}

static void packet(struct parser *p, const json_t *root, struct iotguard_event *out)
{
	const char *interface = string(p, root, "in_iface");
	const char *direction = string(p, root, "direction");

	snprintf(out->interface, sizeof(out->interface), "%s", interface ?: "");
	out->from_device = direction && !strcmp(direction, "from-device");
	frame(p, root, out);
	tags(p, root, out->vlan);
	address(p, root, "src_ip", out->src);
	address(p, root, "dest_ip", out->dst);
	out->ip_version = (uint8_t)number(p, root, "ip_v", 6);
	protocol(p, root, out);
	out->src_port = (uint16_t)number(p, root, "src_port", UINT16_MAX);
	out->dst_port = (uint16_t)number(p, root, "dest_port", UINT16_MAX);
	out->icmp_type = (uint8_t)number(p, root, "icmp_type", UINT8_MAX);
	out->icmp_code = (uint8_t)number(p, root, "icmp_code", UINT8_MAX);
}

/* What a new device said of itself. */
static void introduction(struct parser *p, const json_t *root, struct iotguard_event *out)
{
	const json_t *dhcp = object_in(p, root, "dhcp"), *list = json_object_get(dhcp, "params");
	const char *class = string(p, dhcp, "vendor_class_identifier"),
		   *name = string(p, dhcp, "hostname"),
		   *requested = string(p, dhcp, "requested_ip");

	snprintf(out->vendor_class, sizeof(out->vendor_class), "%s", class ?: "");
	snprintf(out->hostname, sizeof(out->hostname), "%s", name ?: "");
	if (requested && inet_pton(AF_INET, requested, out->requested) != 1)
		p->wrong = true;
	if (list && (!json_is_array(list) || json_array_size(list) > sizeof(out->params)))
		p->wrong = true;
	for (size_t i = 0; i < json_array_size(list) && i < sizeof(out->params); i++) {
		const json_t *param = json_array_get(list, i);
		json_int_t n = json_integer_value(param);

		if (!json_is_integer(param) || n < 0 || n > UINT8_MAX)
			p->wrong = true;
		out->params[out->n_params++] = (uint8_t)n;
	}
}

static uint16_t query_type(struct parser *p, const char *text)
{
	unsigned int n;
	int end = 0;

	for (unsigned int i = 0; i <= UINT8_MAX; i++) {
		const char *name = ig_dns_type_name((uint16_t)i);

		if (name && !strcmp(name, text))
			return (uint16_t)i;
	}
	if (sscanf(text, "%5u%n", &n, &end) != 1 || text[end] || n > UINT16_MAX) {
		p->wrong = true;
		return 0;
	}
	return (uint16_t)n;
}

/* What a device asks for. */
static void query(struct parser *p, const json_t *root, struct iotguard_event *out)
{
	const json_t *dns = object_in(p, root, "dns");
	const char *name = string(p, dns, "rrname"), *type = string(p, dns, "rrtype");

	snprintf(out->asked, sizeof(out->asked), "%s", name ?: "");
	if (type)
		out->asked_type = query_type(p, type);
}

/* The one of the words of @name from 1 on that is there; NULL: missing, or null. */
static const char *one_of(struct parser *p, const json_t *object, const char *key,
			  const char *(*name)(int number))
{
	const char *text = string(p, object, key);

	for (int i = 1; text && name(i); i++) {
		if (!strcmp(name(i), text))
			return name(i);
	}
	if (text)
		p->wrong = true;
	return NULL;
}

static const char *discovery_word(int number)
{
	return ig_discovery_word(number - 1);
}

/* Where a machine says that its description is. */
static void description(struct parser *p, const json_t *root, struct iotguard_event *out)
{
	const json_t *mud = object_in(p, root, "mud");
	const char *url = string(p, mud, "url"), *authority = string(p, mud, "authority");

	snprintf(out->mud_url, sizeof(out->mud_url), "%s", url ?: "");
	out->mud_source = one_of(p, mud, "source", ig_mud_way_word);
	out->mud_fault = one_of(p, mud, "fault", ig_mud_string_fault_word);
	out->mud_discovery = one_of(p, mud, "discovery", discovery_word);
	out->mud_listed = string(p, mud, "listed");
	if (!out->mud_source || !out->mud_fault != !!authority)
		p->wrong = true;
	snprintf(out->mud_authority, sizeof(out->mud_authority), "%s", authority ?: "");
}

/* --------------------------------------------------------------------------------- our own part */

static const char *known_type(const char *text)
{
	static const char *const types[] = {
		"drop", "would-drop", "new-flow", "new-device", "name", "mud-url", "policy", "loss",
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!strcmp(types[i], text))
			return types[i];
	}
	return NULL;
}

static void remote_names(struct parser *p, const json_t *iotguard, struct iotguard_event *out)
{
	const json_t *list = json_object_get(iotguard, "names");

	if (list && (!json_is_array(list) || json_array_size(list) > IOTGUARD_EVENT_NAMES))
		p->wrong = true;
	for (size_t i = 0; i < json_array_size(list) && !p->wrong; i++) {
		out->names[i] = json_string_value(json_array_get(list, i));
		p->wrong = !out->names[i];
		out->n_names += !p->wrong;
	}
}

static void ours(struct parser *p, const json_t *iotguard, struct iotguard_event *out)
{
	out->lost = number(p, iotguard, "lost", INT64_MAX);
	out->device = string(p, iotguard, "device");
	out->environment =
		word(p, iotguard, "environment", iotguard_environment_name, IOTGUARD_ENV_UNKNOWN);
	out->criticality =
		word(p, iotguard, "criticality", iotguard_criticality_name, IOTGUARD_CRIT_UNKNOWN);
	out->mode = word(p, iotguard, "mode", iotguard_mode_name, IOTGUARD_MODE_ENFORCE);
	out->reason = string(p, iotguard, "reason");
	if (out->reason)
		out->sentence = iotguard_reason_sentence(iotguard_reason_number(out->reason));
	remote_names(p, iotguard, out);
	out->rule = string(p, iotguard, "rule");
	out->rule_file = string(p, iotguard, "rule_file");
	out->rule_line = (unsigned int)number(p, iotguard, "rule_line", UINT32_MAX);
	out->generation = number(p, iotguard, "generation", INT64_MAX);
	out->repeats = (uint32_t)number(p, iotguard, "repeats", UINT32_MAX);
	out->suppressed = (uint32_t)number(p, iotguard, "suppressed", UINT32_MAX);
}

/* NULL: of a later version. */
static const char *known_action(const char *text)
{
	for (int i = 0; i <= UINT8_MAX; i++) {
		const char *action = ig_change_action(i);

		if (action && !strcmp(action, text))
			return action;
	}
	return NULL;
}

static void digest(struct parser *p, const json_t *object, const char *key, char out[65])
{
	const char *text = string(p, object, key);

	if (!text)
		return;
	if (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
		p->wrong = true;
	else
		memcpy(out, text, 65);
}

static int change(struct parser *p, const json_t *iotguard, uint64_t time_us,
		  struct iotguard_change *out)
{
	const json_t *policy = object_in(p, iotguard, "policy");
	const char *action = string(p, policy, "action"),
		   *interface = string(p, policy, "interface");

	if (p->wrong || !action)
		return -EPROTO;
	*out = (struct iotguard_change){
		.action = known_action(action),
		.time_us = time_us,
		.number = number(p, policy, "number", INT64_MAX),
		.generation = number(p, policy, "generation", INT64_MAX),
		.before = number(p, policy, "before", INT64_MAX),
		.until_us = time_of(p, policy, "until"),
		.uid = (uint32_t)number(p, policy, "uid", UINT32_MAX),
		.device = string(p, policy, "device"),
		.trial = flag(p, policy, "trial"),
		.forced = flag(p, policy, "forced"),
		.generic = flag(p, policy, "generic"),
		.first = flag(p, policy, "first"),
		.open = flag(p, policy, "open"),
		.monitors = flag(p, policy, "monitors"),
	};
	if (!out->action)
		return -EOPNOTSUPP;
	if (!out->until_us && !strcmp(out->action, "quarantine"))
		out->until_us = UINT64_MAX;
	snprintf(out->interface, sizeof(out->interface), "%s", interface ?: "");
	digest(p, policy, "sha256", out->sha256);
	return 0;
}

/* ------------------------------------------------------------------------------------ the line */

static bool passed(struct parser *p, const json_t *root)
{
	const char *action = string(p, object_in(p, root, "verdict"), "action");

	return action && !strcmp(action, "pass");
}

static int take_refusal(struct ig_parsed_event *out)
{
	const char *why = json_string_value(json_object_get(out->json, "error"));

	if (!why)
		return -EPROTO;
	snprintf(out->refusal, sizeof(out->refusal), "%s", why);
	return -EREMOTEIO;
}

int ig_event_parse(const char *line, size_t length, struct ig_parsed_event *out)
{
	const json_t *iotguard;
	struct parser p = {};
	const char *type;
	int err;

	*out = (struct ig_parsed_event){};
	if (length >= IOTGUARD_EVENT_TEXT_MAX)
		return -EPROTO;
	out->json = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(out->json))
		return -EPROTO;
	iotguard = object_in(&p, out->json, "iotguard");
	if (!iotguard)
		return take_refusal(out);
	type = string(&p, iotguard, "event");
	if (p.wrong || !type)
		return -EPROTO;
	out->event.type = known_type(type);
	if (!out->event.type)
		return -EOPNOTSUPP;
	if (!string(&p, out->json, "timestamp"))
		return -EPROTO;
	out->event.time_us = time_of(&p, out->json, "timestamp");
	ours(&p, iotguard, &out->event);
	if (!strcmp(out->event.type, "policy")) {
		out->event.change = &out->change;
		err = change(&p, iotguard, out->event.time_us, &out->change);
		return err ?: p.wrong ? -EPROTO : 0;
	}
	packet(&p, out->json, &out->event);
	if (!strcmp(out->event.type, "new-device"))
		introduction(&p, out->json, &out->event);
	if (!strcmp(out->event.type, "name"))
		query(&p, out->json, &out->event);
	if (!strcmp(out->event.type, "mud-url"))
		description(&p, out->json, &out->event);
	out->event.passed = passed(&p, out->json);
	return p.wrong ? -EPROTO : 0;
}

void ig_parsed_event_clear(struct ig_parsed_event *parsed)
{
	json_decref(parsed->json);
	*parsed = (struct ig_parsed_event){};
}
