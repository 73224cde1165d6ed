/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event as one line for a person:
 *
 *   12:31:05.123456 drop cam-porch -> 203.0.113.9 tcp/6667 no-rule: no rule of the policy
 *   allows it (lan0), seen 10 times
 *   12:31:06.654321 new-flow cam-porch -> 203.0.113.9 tcp/443 rule: a rule of the policy allows
 *   it (lan0), rule ward.yaml:41: allow to internet tcp/443
 *   12:31:07.000001 new-device 02:00:5e:10:00:66 asks for an address, host name "lamp", vendor class
 *   "udhcp 1.36", options 1,3,6,15 unknown-device: the source MAC address is not in the inventory (lan0)
 */
#include <linux/types.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "community_id.h"
#include "escape.h"
#include "abi.h"
#include "iotguard/iotguard.h"
#include "rule.h"

#define BOLD	"\033[1m"
#define RED	"\033[31m"
#define YELLOW	"\033[33m"
#define MAGENTA "\033[35m"
#define CYAN	"\033[36m"
#define PLAIN	"\033[0m"

/* Of names and sentences that strangers wrote; together well below IOTGUARD_EVENT_TEXT_MAX. */
#define NAME_MAX_TEXT 384
#define RULE_MAX_TEXT 1536

struct line {
	struct ig_writer w;
	bool colour;
};

static void put_coloured(struct line *line, const char *colour, const char *text)
{
	ig_put(&line->w, line->colour ? colour : "");
	ig_escape_text(&line->w, text, NAME_MAX_TEXT);
	ig_put(&line->w, line->colour ? PLAIN : "");
}

static void put_time(struct line *line, uint64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	ig_put_padded(&line->w, (uint64_t)tm.tm_hour, 2);
	ig_put_char(&line->w, ':');
	ig_put_padded(&line->w, (uint64_t)tm.tm_min, 2);
	ig_put_char(&line->w, ':');
	ig_put_padded(&line->w, (uint64_t)tm.tm_sec, 2);
	ig_put_char(&line->w, '.');
	ig_put_padded(&line->w, time_us % 1000000, 6);
	ig_put_char(&line->w, ' ');
}

/* --------------------------------------------------------------------------------- who and what */

static bool is_arp(const struct iotguard_event *event)
{
	return event->ethertype == ETHERTYPE_ARP;
}

static void put_address(struct line *line, const struct iotguard_event *event, bool source)
{
	if (event->ip_version || is_arp(event))
		ig_put_ip(&line->w, source ? event->src : event->dst,
			  is_arp(event) ? 4 : event->ip_version);
	else
		ig_put_mac(&line->w, source ? event->src_mac : event->dst_mac);
}

/* Reasons where the address which the frame gives for the device is the news. */
static bool is_about_address(const struct iotguard_event *event)
{
	unsigned int reason = iotguard_reason_number(event->reason);

	if (!event->ip_version && !is_arp(event))
		return false;
	return !event->device || reason == IG_REASON_SOURCE_SPOOF ||
	       reason == IG_REASON_ARP_SPOOF || reason == IG_REASON_NOT_ITS_ADDRESS;
}

static void put_device(struct line *line, const struct iotguard_event *event)
{
	ig_put(&line->w, line->colour ? BOLD : "");
	if (event->device)
		ig_escape_text(&line->w, event->device, NAME_MAX_TEXT);
	else
		ig_put_mac(&line->w, event->from_device ? event->src_mac : event->dst_mac);
	ig_put(&line->w, line->colour ? PLAIN : "");
	if (is_about_address(event)) {
		ig_put(&line->w, " as ");
		put_address(line, event, event->from_device);
	}
}

static struct ig_service icmp_service(const struct iotguard_event *event)
{
	uint16_t type = (uint16_t)(event->icmp_type << 8);
	struct ig_service service = {
		.family = event->proto == IPPROTO_ICMP ? IG_SERVICE_ICMP : IG_SERVICE_ICMPV6,
		.n_ranges = 1,
		.ranges = {{type, type | 0xff}}, /* the type by its name */
	};

	if (event->icmp_code)
		service.ranges[0].first = service.ranges[0].last = type | event->icmp_code;
	return service;
}

static struct ig_service service_of(const struct iotguard_event *event)
{
	struct ig_service service = {.family = IG_SERVICE_IP, .number = event->proto};

	if (!event->ip_version)
		return (struct ig_service){.family = IG_SERVICE_ETHER, .number = event->ethertype};
	if (event->proto == IPPROTO_ICMP || event->proto == IPPROTO_ICMPV6)
		return icmp_service(event);
	if (event->proto == IPPROTO_TCP || event->proto == IPPROTO_UDP) {
		service.family = event->proto == IPPROTO_TCP ? IG_SERVICE_TCP : IG_SERVICE_UDP;
		service.n_ranges = event->dst_port != 0;
		service.ranges[0] = (struct ig_range){event->dst_port, event->dst_port};
	}
	return service;
}

/* In the words of the rule language, so that it can be put into a rule. */
static void put_service(struct line *line, const struct iotguard_event *event)
{
	struct ig_service service = service_of(event);
	char text[64];

	if (is_arp(event)) { /* no rule can name it: it is judged by truth alone */
		ig_put(&line->w, "arp");
		return;
	}
	ig_service_print(&service, text, sizeof(text));
	ig_put(&line->w, text);
}

static void put_conversation(struct line *line, const struct iotguard_event *event)
{
	put_device(line, event);
	ig_put(&line->w, event->from_device ? " -> " : " <- ");
	put_address(line, event, !event->from_device);
	ig_put_char(&line->w, ' ');
	put_service(line, event);
}

/* A stranger's own words are in quotes: they may be anything. */
static void put_words(struct line *line, const char *what, const char *text)
{
	if (!*text)
		return;
	ig_put(&line->w, what);
	ig_put(&line->w, " \"");
	ig_escape_text(&line->w, text, NAME_MAX_TEXT);
	ig_put_char(&line->w, '"');
}

static void put_new_device(struct line *line, const struct iotguard_event *event)
{
	static const uint8_t none[4];
	uint8_t requested[16];

	ig_put(&line->w, line->colour ? BOLD : "");
	ig_put_mac(&line->w, event->src_mac);
	ig_put(&line->w, line->colour ? PLAIN : "");
	ig_put(&line->w, " asks for ");
	ig_addr_set_v4(requested, event->requested);
	if (memcmp(event->requested, none, sizeof(none)) != 0)
		ig_put_ip(&line->w, requested, 4);
	else
		ig_put(&line->w, "an address");
	put_words(line, ", host name", event->hostname);
	put_words(line, ", vendor class", event->vendor_class);
	for (size_t i = 0; i < event->n_params; i++) {
		ig_put(&line->w, i ? "," : ", options ");
		ig_put_u64(&line->w, event->params[i]);
	}
}

static const char *colour_of(const char *type)
{
	if (!strcmp(type, "drop"))
		return RED;
	return !strncmp(type, "new-", 4) ? CYAN : YELLOW;
}

/* ------------------------------------------------------------------------------------------ why */

static void put_reason(struct line *line, const struct iotguard_event *event)
{
	ig_put_char(&line->w, ' ');
	put_coloured(line, BOLD, event->reason);
	if (event->sentence) {
		ig_put(&line->w, ": ");
		ig_put(&line->w, event->sentence);
	}
}

static void put_port(struct line *line, const struct iotguard_event *event)
{
	bool tagged = event->vlan[0] || event->vlan[1];

	if (!event->interface[0] && !tagged)
		return;
	ig_put(&line->w, " (");
	ig_escape_text(&line->w, event->interface, NAME_MAX_TEXT);
	for (size_t i = 0; i < 2; i++) {
		if (event->vlan[i]) {
			ig_put(&line->w, " vlan ");
			ig_put_u64(&line->w, event->vlan[i]);
		}
	}
	ig_put_char(&line->w, ')');
}

static void put_rule(struct line *line, const struct iotguard_event *event)
{
	if (!event->rule)
		return;
	ig_put(&line->w, ", rule ");
	if (event->rule_file) {
		ig_escape_text(&line->w, event->rule_file, NAME_MAX_TEXT);
		ig_put_char(&line->w, ':');
		ig_put_u64(&line->w, event->rule_line);
		ig_put(&line->w, ": ");
	}
	ig_escape_text(&line->w, event->rule, RULE_MAX_TEXT);
}

static void put_repeats(struct line *line, const struct iotguard_event *event)
{
	if (event->repeats > 1) {
		ig_put(&line->w, ", seen ");
		ig_put_u64(&line->w, event->repeats);
		ig_put(&line->w, " times");
	}
}

static void put_loss(struct line *line, uint64_t lost)
{
	put_coloured(line, MAGENTA, "loss");
	ig_put_char(&line->w, ' ');
	ig_put_u64(&line->w, lost);
	ig_put(&line->w, lost == 1 ? " event was" : " events were");
	ig_put(&line->w, " lost: they came faster than they were read");
}

size_t iotguard_event_text(const struct iotguard_event *event, bool colour, char *buf, size_t size)
{
	struct line line = {.w = {.buf = buf, .size = size}, .colour = colour};

	put_time(&line, event->time_us);
	if (!strcmp(event->type, "loss")) {
		put_loss(&line, event->lost);
		return ig_writer_end(&line.w);
	}
	put_coloured(&line, colour_of(event->type), event->type);
	ig_put_char(&line.w, ' ');
	if (!strcmp(event->type, "new-device"))
		put_new_device(&line, event);
	else
		put_conversation(&line, event);
	put_reason(&line, event);
	put_port(&line, event);
	put_rule(&line, event);
	put_repeats(&line, event);
	return ig_writer_end(&line.w);
}
