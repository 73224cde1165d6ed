/* SPDX-License-Identifier: BSD-2-Clause */
/* The one canonical spelling of a rule. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rule_internal.h"

/* Text that may not fit: it is counted, and cut. */
struct sink {
	char *buf;
	size_t size;
	size_t used;
};

static void __attribute__((format(printf, 2, 3))) put(struct sink *sink, const char *format, ...)
{
	size_t left = sink->used < sink->size ? sink->size - sink->used : 0;
	va_list args;
	int r;

	va_start(args, format);
	r = vsnprintf(left ? sink->buf + sink->used : NULL, left, format, args);
	va_end(args);
	if (r > 0)
		sink->used += (size_t)r;
}

static void put_quoted(struct sink *sink, const char *text)
{
	put(sink, "\"");
	for (; *text; text++)
		put(sink, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	put(sink, "\"");
}

static void put_remote(struct sink *sink, const struct ig_remote *remote)
{
	char prefix[IG_PREFIX_TEXT];

	switch (remote->kind) {
	case IG_REMOTE_ANY ... IG_REMOTE_MY_CONTROLLERS:
		put(sink, "%s", ig_remote_words[remote->kind]);
		break;
	case IG_REMOTE_PREFIX:
		ig_prefix_print(&remote->prefix, prefix);
		put(sink, "%s", prefix);
		break;
	case IG_REMOTE_NAME:
		put(sink, "%s", remote->name);
		break;
	default:
		put(sink, "%s:", ig_remote_prefix_word(remote->kind));
		if (strpbrk(remote->name, " \"\\"))
			put_quoted(sink, remote->name);
		else
			put(sink, "%s", remote->name);
	}
}

static void put_port_range(struct sink *sink, const struct ig_range *range)
{
	if (range->first == range->last)
		put(sink, "%u", range->first);
	else
		put(sink, "%u-%u", range->first, range->last);
}

static void put_icmp(struct sink *sink, bool v6, const struct ig_range *range)
{
	const char *name = ig_icmp_type_name(v6, range->first >> 8);

	if (name)
		put(sink, "%s", name);
	else
		put(sink, "%u", range->first >> 8);
	if (range->first == range->last)
		put(sink, ".%u", range->first & 255);
}

static void put_service(struct sink *sink, const struct ig_service *service)
{
	if (service->family == IG_SERVICE_ANY)
		return;
	put(sink, "%s", ig_service_words[service->family - IG_SERVICE_TCP]);
	if (service->family == IG_SERVICE_IP)
		put(sink, "/%u", service->number);
	else if (service->family == IG_SERVICE_ETHER)
		put(sink, "/0x%04x", service->number);
	for (size_t i = 0; i < service->n_ranges; i++) {
		put(sink, i ? "," : "/");
		if (service->family == IG_SERVICE_ICMP || service->family == IG_SERVICE_ICMPV6)
			put_icmp(sink, service->family == IG_SERVICE_ICMPV6, &service->ranges[i]);
		else
			put_port_range(sink, &service->ranges[i]);
	}
}

/* In the largest unit that leaves no remainder. */
static void put_rate(struct sink *sink, const struct ig_rule *rule)
{
	static const struct {
		uint64_t factor;
		const char *word;
	} units[] = {
		{1024 * 1024, "MiB/s"},
		{1000 * 1000, "MB/s"},
		{1024, "KiB/s"},
		{1000, "kB/s"},
		{1, "B/s"},
	};
	size_t i = 0;

	if (rule->rate_unit == IG_RATE_PACKETS) {
		put(sink, " rate %" PRIu64 " packets/s", rule->rate);
		return;
	}
	while (rule->rate % units[i].factor)
		i++;
	put(sink, " rate %" PRIu64 " %s", rule->rate / units[i].factor, units[i].word);
}

static void put_options(struct sink *sink, const struct ig_rule *rule)
{
	if (rule->critical)
		put(sink, " critical");
	if (rule->local)
		put(sink, " local");
	if (rule->has_source_port) {
		put(sink, " source-port ");
		put_port_range(sink, &rule->source_port);
	}
	if (rule->dscp >= 0)
		put(sink, " dscp %d", rule->dscp);
	if (rule->rate_unit != IG_RATE_NONE)
		put_rate(sink, rule);
	if (rule->has_until)
		put(sink, " until %04u-%02u-%02u", rule->until_year, rule->until_month,
		    rule->until_day);
	if (rule->because) {
		put(sink, " because ");
		put_quoted(sink, rule->because);
	}
}

size_t ig_rule_print(const struct ig_rule *rule, char *buf, size_t size)
{
	struct sink sink = {buf, size, 0};

	put(&sink, "%s %s ", rule->action == IG_RULE_ALLOWS ? "allow" : "deny",
	    rule->side == IG_RULE_TO ? "to" : "from");
	put_remote(&sink, &rule->remote);
	if (rule->service.family != IG_SERVICE_ANY)
		put(&sink, " ");
	put_service(&sink, &rule->service);
	put_options(&sink, rule);
	return sink.used;
}

size_t ig_remote_print(const struct ig_remote *remote, char *buf, size_t size)
{
	struct sink sink = {buf, size, 0};

	if (size)
		buf[0] = '\0';
	put_remote(&sink, remote);
	return sink.used;
}

size_t ig_service_print(const struct ig_service *service, char *buf, size_t size)
{
	struct sink sink = {buf, size, 0};

	if (size)
		buf[0] = '\0';
	put_service(&sink, service);
	return sink.used;
}
