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

static void put_bytes(struct sink *sink, const char *bytes, size_t n)
{
	size_t left = sink->used + 1 < sink->size ? sink->size - sink->used - 1 : 0;

	if (left)
		memcpy(sink->buf + sink->used, bytes, n < left ? n : left);
	sink->used += n;
}

static void put_text(struct sink *sink, const char *text)
{
	put_bytes(sink, text, strlen(text));
}

static void put_number(struct sink *sink, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	put_bytes(sink, digits + at, sizeof(digits) - at);
}

static void __attribute__((format(printf, 2, 3))) put(struct sink *sink, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_text(sink, text);
}

/* What did not fit is missing, and so is its end. */
static size_t finish(struct sink *sink)
{
	if (sink->size)
		sink->buf[sink->used < sink->size ? sink->used : sink->size - 1] = '\0';
	return sink->used;
}

static void put_quoted(struct sink *sink, const char *text)
{
	put_text(sink, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			put_text(sink, "\\");
		put_bytes(sink, text, 1);
	}
	put_text(sink, "\"");
}

static void put_remote(struct sink *sink, const struct ig_remote *remote)
{
	char prefix[IG_PREFIX_TEXT];

	switch (remote->kind) {
	case IG_REMOTE_ANY ... IG_REMOTE_MY_CONTROLLERS:
		put_text(sink, ig_remote_words[remote->kind]);
		break;
	case IG_REMOTE_PREFIX:
		ig_prefix_print(&remote->prefix, prefix);
		put_text(sink, prefix);
		break;
	case IG_REMOTE_NAME:
		put_text(sink, remote->name);
		break;
	default:
		put_text(sink, ig_remote_prefix_word(remote->kind));
		put_text(sink, ":");
		if (strpbrk(remote->name, " \"\\"))
			put_quoted(sink, remote->name);
		else
			put_text(sink, remote->name);
	}
}

static void put_port_range(struct sink *sink, const struct ig_range *range)
{
	put_number(sink, range->first);
	if (range->first == range->last)
		return;
	put_text(sink, "-");
	put_number(sink, range->last);
}

static void put_icmp(struct sink *sink, bool v6, const struct ig_range *range)
{
	const char *name = ig_icmp_type_name(v6, range->first >> 8);

	if (name)
		put_text(sink, name);
	else
		put(sink, "%u", range->first >> 8);
	if (range->first == range->last)
		put(sink, ".%u", range->first & 255);
}

static void put_service(struct sink *sink, const struct ig_service *service)
{
	if (service->family == IG_SERVICE_ANY)
		return;
	put_text(sink, ig_service_words[service->family - IG_SERVICE_TCP]);
	if (service->family == IG_SERVICE_IP)
		put(sink, "/%u", service->number);
	else if (service->family == IG_SERVICE_ETHER)
		put(sink, "/0x%04x", service->number);
	for (size_t i = 0; i < service->n_ranges; i++) {
		put_text(sink, i ? "," : "/");
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
		put_text(sink, " critical");
	if (rule->local)
		put_text(sink, " local");
	if (rule->has_source_port) {
		put_text(sink, " source-port ");
		put_port_range(sink, &rule->source_port);
	}
	if (rule->dscp >= 0)
		put(sink, " dscp %d", rule->dscp);
	if (rule->version)
		put(sink, " ipv%u", rule->version);
	if (rule->rate_unit != IG_RATE_NONE)
		put_rate(sink, rule);
	if (rule->has_until)
		put(sink, " until %04u-%02u-%02u", rule->until_year, rule->until_month,
		    rule->until_day);
	if (rule->because) {
		put_text(sink, " because ");
		put_quoted(sink, rule->because);
	}
}

size_t ig_rule_print(const struct ig_rule *rule, char *buf, size_t size)
{
	struct sink sink = {buf, size, 0};

	put_text(&sink, rule->action == IG_RULE_ALLOWS ? "allow " : "deny ");
	put_text(&sink, rule->side == IG_RULE_TO ? "to " : "from ");
	put_remote(&sink, &rule->remote);
	if (rule->service.family != IG_SERVICE_ANY)
		put_text(&sink, " ");
	put_service(&sink, &rule->service);
	put_options(&sink, rule);
	return finish(&sink);
}

size_t ig_remote_print(const struct ig_remote *remote, char *buf, size_t size)
{
	struct sink sink = {buf, size, 0};

	put_remote(&sink, remote);
	return finish(&sink);
}

size_t ig_service_print(const struct ig_service *service, char *buf, size_t size)
{
	struct sink sink = {buf, size, 0};

	put_service(&sink, service);
	return finish(&sink);
}
