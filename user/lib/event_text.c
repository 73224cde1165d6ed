/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An event as one line for a person:
 *
 *   12:31:05.123456 drop cam-porch -> 203.0.113.9 (tracker.example) tcp/6667 no-rule: no rule of the
 *   policy allows it (lan0), seen 10 times
 *   12:31:06.654321 new-flow cam-porch -> 203.0.113.9 tcp/443 rule: a rule of the policy allows
 *   it (lan0), rule ward.yaml:41: allow to internet tcp/443
 *   12:31:07.000001 new-device 02:00:5e:10:00:66 asks for an address, host name "lamp", vendor class
 *   "udhcp 1.36", options 1,3,6,15 unknown-device: the source MAC address is not in the inventory (lan0)
 *   12:31:07.500000 name cam-porch asks for tracker.example (A), which no rule of it allows (lan0)
 *   12:31:07.800000 mud-url cam-porch says by dhcp4 that its MUD file is https://vendor.example/cam (lan0)
 *   12:31:08.000002 policy apply: generation 8 by user 1000, inventory sha256 0123456789ab, on trial until
 *   12:32:08
 */
#include <linux/types.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "community_id.h"
#include "dns_types.h"
#include "escape.h"
#include "abi.h"
#include "iotguard/iotguard.h"
#include "mud_string.h"
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
#define SHA_SHORT     12

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

static struct tm local_time(uint64_t time_us)
{
	time_t seconds = (time_t)(time_us / 1000000);
	struct tm tm = {.tm_mday = 1};

	localtime_r(&seconds, &tm);
	return tm;
}

static void put_clock(struct line *line, const struct tm *tm)
{
	ig_put_padded(&line->w, (uint64_t)tm->tm_hour, 2);
	ig_put_char(&line->w, ':');
	ig_put_padded(&line->w, (uint64_t)tm->tm_min, 2);
	ig_put_char(&line->w, ':');
	ig_put_padded(&line->w, (uint64_t)tm->tm_sec, 2);
}

static void put_time(struct line *line, uint64_t time_us)
{
	struct tm tm = local_time(time_us);

	put_clock(line, &tm);
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

/* What the device calls the remote. */
static void put_names(struct line *line, const struct iotguard_event *event)
{
	for (size_t i = 0; i < event->n_names; i++) {
		ig_put(&line->w, i ? ", " : " (");
		ig_escape_text(&line->w, event->names[i], NAME_MAX_TEXT);
	}
	ig_put(&line->w, event->n_names ? ")" : "");
}

static void put_conversation(struct line *line, const struct iotguard_event *event)
{
	put_device(line, event);
	ig_put(&line->w, event->from_device ? " -> " : " <- ");
	put_address(line, event, !event->from_device);
	put_names(line, event);
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

/* ------------------------------------------------------------------------------------ names */

static void put_query(struct line *line, const struct iotguard_event *event)
{
	const char *type = ig_dns_type_name(event->asked_type);

	put_device(line, event);
	ig_put(&line->w, " asks for ");
	ig_escape_text(&line->w, event->asked, NAME_MAX_TEXT);
	ig_put(&line->w, " (");
	if (type) {
		ig_put(&line->w, type);
	} else {
		ig_put(&line->w, "type ");
		ig_put_u64(&line->w, event->asked_type);
	}
	ig_put_char(&line->w, ')');
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

/* A query that went out went by what admits all queries: that says nothing of this one. */
static void put_name(struct line *line, const struct iotguard_event *event)
{
	put_query(line, event);
	if (event->reason && iotguard_reason_passes(iotguard_reason_number(event->reason)))
		ig_put(&line->w, ", which no rule of it allows");
	else
		put_reason(line, event);
	put_port(line, event);
	put_repeats(line, event);
}

/* ----------------------------------------------------------------------------------- MUD URLs */

static void put_speaker(struct line *line, const struct iotguard_event *event)
{
	ig_put(&line->w, line->colour ? BOLD : "");
	if (event->device)
		ig_escape_text(&line->w, event->device, NAME_MAX_TEXT);
	else
		ig_put_mac(&line->w, event->src_mac);
	ig_put(&line->w, line->colour ? PLAIN : "");
}

static const char *fault_sentence(const char *word)
{
	for (int fault = 1; ig_mud_string_fault_word(fault); fault++) {
		if (!strcmp(ig_mud_string_fault_word(fault), word))
			return ig_mud_string_fault_sentence(fault);
	}
	return "is none";
}

/* What is no URL is in quotes, as everything that may be anything. */
static void put_mud(struct line *line, const struct iotguard_event *event)
{
	const char *quote = event->mud_fault ? "\"" : "";

	put_speaker(line, event);
	ig_put(&line->w, " says by ");
	ig_put(&line->w, event->mud_source ?: "a message");
	ig_put(&line->w, " that its MUD file is ");
	ig_put(&line->w, quote);
	ig_escape_text(&line->w, event->mud_url, NAME_MAX_TEXT);
	ig_put(&line->w, quote);
	if (event->mud_fault) {
		ig_put(&line->w, ", which ");
		ig_put(&line->w, fault_sentence(event->mud_fault));
	}
	if (event->reason && !iotguard_reason_passes(iotguard_reason_number(event->reason)))
		put_reason(line, event);
	put_port(line, event);
}

/* ------------------------------------------------------------------------- changes of the policy */

static bool is_action(const struct iotguard_change *change, const char *action)
{
	return !strcmp(change->action, action);
}

/* With its day, if that is another one. */
static void put_moment(struct line *line, uint64_t time_us, uint64_t now_us)
{
	struct tm tm = local_time(time_us), now = local_time(now_us);

	if (tm.tm_year != now.tm_year || tm.tm_yday != now.tm_yday) {
		ig_put_padded(&line->w, (uint64_t)(tm.tm_year + 1900ll), 4);
		ig_put_char(&line->w, '-');
		ig_put_padded(&line->w, (uint64_t)tm.tm_mon + 1, 2);
		ig_put_char(&line->w, '-');
		ig_put_padded(&line->w, (uint64_t)tm.tm_mday, 2);
		ig_put_char(&line->w, ' ');
	}
	put_clock(line, &tm);
}

static void put_generation(struct line *line, const struct iotguard_change *change)
{
	ig_put(&line->w, "generation ");
	ig_put_u64(&line->w, change->generation);
	if (!is_action(change, "rollback") && !is_action(change, "expired"))
		return;
	ig_put(&line->w, " after ");
	ig_put_u64(&line->w, change->before);
}

static bool is_about_device(const struct iotguard_change *change)
{
	return is_action(change, "quarantine") || is_action(change, "release");
}

/* What was changed. */
static void put_object(struct line *line, const struct iotguard_change *change)
{
	if (is_about_device(change))
		ig_escape_text(&line->w, change->device ?: "(a device without a name by now)",
			       NAME_MAX_TEXT);
	else if (is_action(change, "detach"))
		ig_escape_text(&line->w, change->interface[0] ? change->interface : "everything",
			       NAME_MAX_TEXT);
	else
		put_generation(line, change);
}

static void put_end(struct line *line, const struct iotguard_change *change)
{
	if (is_action(change, "quarantine") &&
	    (!change->until_us || change->until_us == UINT64_MAX)) {
		ig_put(&line->w, ", until it is released");
		return;
	}
	if (!change->until_us || change->until_us == UINT64_MAX)
		return;
	ig_put(&line->w, change->trial ? ", on trial until " : ", until ");
	put_moment(line, change->until_us, change->time_us);
}

static void put_remarks(struct line *line, const struct iotguard_change *change)
{
	if (change->forced)
		ig_put(&line->w, ", forced");
	if (change->generic)
		ig_put(&line->w, ", XDP in generic mode");
	if (change->monitors)
		ig_put(&line->w, ", with machines in monitor or learn mode");
	if (change->first)
		ig_put(&line->w, ", the first one");
	if (change->open)
		ig_put(&line->w, ", all traffic passes unfiltered");
	else if (is_action(change, "detach"))
		ig_put(&line->w, ", its traffic passes unfiltered");
}

static void put_policy(struct line *line, const struct iotguard_change *change)
{
	put_coloured(line, CYAN, "policy");
	ig_put_char(&line->w, ' ');
	put_coloured(line, BOLD, change->action);
	ig_put(&line->w, ": ");
	put_object(line, change);
	ig_put(&line->w, is_action(change, "expired")
				 ? ", since nobody confirmed the trial of user "
				 : " by user ");
	ig_put_u64(&line->w, change->uid);
	if (change->sha256[0] && !is_about_device(change)) {
		ig_put(&line->w, ", inventory sha256 ");
		ig_put_bytes(&line->w, change->sha256, SHA_SHORT);
	}
	put_end(line, change);
	put_remarks(line, change);
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
	if (!strcmp(event->type, "policy")) {
		put_policy(&line, event->change);
		return ig_writer_end(&line.w);
	}
	put_coloured(&line, colour_of(event->type), event->type);
	ig_put_char(&line.w, ' ');
	if (!strcmp(event->type, "name")) {
		put_name(&line, event);
		return ig_writer_end(&line.w);
	}
	if (!strcmp(event->type, "mud-url")) {
		put_mud(&line, event);
		return ig_writer_end(&line.w);
	}
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
