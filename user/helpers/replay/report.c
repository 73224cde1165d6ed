/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a replay prints. Lines of packets are written by hand: there may be millions.
 */
#include <string.h>

#include "replay.h"

#define US_PER_SECOND 1000000ull

#define BOLD	      "\033[1m"
#define RED	      "\033[31m"
#define YELLOW	      "\033[33m"
#define PLAIN	      "\033[0m"

/* Rules have a length limit of their own; what is longer is cut. */
#define TEXT_MAX 4096

const char *const event_types[EVENT_TYPES] = {"drop", "would-drop", "new-flow", "loss"};

static const char *direction_name(enum iotguard_side side)
{
	switch (side) {
	case IOTGUARD_FROM_DEVICE:
		return "from-device";
	case IOTGUARD_TO_DEVICE:
		return "to-device";
	case IOTGUARD_BOTH:
		return "both";
	case IOTGUARD_IGNORED:
		break;
	}
	return "ignored";
}

static bool would_drop(const struct outcome *outcome)
{
	return outcome->side != IOTGUARD_IGNORED && outcome->verdict.passed &&
	       !iotguard_reason_passes(outcome->verdict.reason);
}

static const char *token(unsigned int reason)
{
	const char *known = iotguard_reason_token(reason);

	return known ? known : "unknown";
}

/* ----------------------------------------------------------------------------------------- JSON */

static void put_string(FILE *out, const char *key, const char *text)
{
	char escaped[TEXT_MAX];

	fputs(key, out);
	if (!text) {
		fputs("null", out);
		return;
	}
	if (iotguard_escape_json(text, escaped, sizeof(escaped)) >= sizeof(escaped))
		strcpy(escaped, "(too long)"); /* half an escape would be no JSON */
	fputc('"', out);
	fputs(escaped, out);
	fputc('"', out);
}

static void json_packet(const struct report *report, const struct packet *packet,
			const struct outcome *outcome)
{
	const struct iotguard_verdict *verdict = &outcome->verdict;
	uint64_t us = packet->time_ns / 1000;
	bool ignored = outcome->side == IOTGUARD_IGNORED;

	fprintf(report->out, "{\"packet\":%llu,\"time\":%llu.%06llu,\"direction\":\"%s\"",
		(unsigned long long)outcome->number, (unsigned long long)(us / US_PER_SECOND),
		(unsigned long long)(us % US_PER_SECOND), direction_name(outcome->side));
	put_string(report->out, ",\"device\":", ignored ? NULL : verdict->device);
	put_string(report->out, ",\"verdict\":",
		   ignored	     ? "ignored"
		   : verdict->passed ? "pass"
				     : "drop");
	put_string(report->out, ",\"reason\":", ignored ? NULL : token(verdict->reason));
	put_string(report->out, ",\"rule\":", ignored ? NULL : verdict->rule);
	fputs("}\n", report->out);
}

static void json_counts(FILE *out, const char *const *names, const uint64_t *counts, size_t n)
{
	const char *comma = "";

	for (size_t i = 0; i < n; i++) {
		if (!names[i])
			continue;
		fprintf(out, "%s\"%s\":%llu", comma, names[i], (unsigned long long)counts[i]);
		comma = ",";
	}
}

static void json_summary(const struct report *report)
{
	const char *names[REASONS] = {NULL};

	for (unsigned int i = 0; i < REASONS; i++)
		names[i] = report->reasons[i] ? token(i) : NULL;
	fprintf(report->out,
		"{\"summary\":{\"packets\":%llu,\"passed\":%llu,\"dropped\":%llu,\"ignored\":%llu,"
		"\"would_drop\":%llu,\"reasons\":{",
		(unsigned long long)report->packets, (unsigned long long)report->passed,
		(unsigned long long)report->dropped, (unsigned long long)report->ignored,
		(unsigned long long)report->would_drop);
	json_counts(report->out, names, report->reasons, REASONS);
	fputs("},\"events\":{", report->out);
	json_counts(report->out, event_types, report->events, EVENT_TYPES);
	fprintf(report->out, "}%s}}\n", report->truncated ? ",\"truncated\":true" : "");
}

/* ----------------------------------------------------------------------------------------- text */

static void put_escaped(FILE *out, const char *text)
{
	char escaped[TEXT_MAX];

	iotguard_escape_text(text, escaped, sizeof(escaped));
	fputs(escaped, out);
}

static const char *verdict_word(const struct outcome *outcome)
{
	if (outcome->side == IOTGUARD_IGNORED)
		return "ignored";
	if (would_drop(outcome))
		return "would-drop";
	return outcome->verdict.passed ? "pass" : "drop";
}

static void put_verdict(const struct report *report, const struct outcome *outcome)
{
	const char *word = verdict_word(outcome);
	const char *colour = !strcmp(word, "drop")	   ? RED
			     : !strcmp(word, "would-drop") ? YELLOW
							   : "";
	bool coloured = report->colour && *colour;

	fprintf(report->out, "  %s%-10s%s", coloured ? colour : "", word, coloured ? PLAIN : "");
}

/* Seconds since the first packet: a capture's date says little. */
static void put_time(const struct report *report, uint64_t time_ns)
{
	uint64_t us = time_ns > report->first_ns ? (time_ns - report->first_ns) / 1000 : 0;

	fprintf(report->out, "  %6llu.%06llu", (unsigned long long)(us / US_PER_SECOND),
		(unsigned long long)(us % US_PER_SECOND));
}

static void put_rule(FILE *out, const struct iotguard_verdict *verdict)
{
	if (!verdict->rule)
		return;
	fputs("  # ", out);
	if (verdict->rule_file) {
		put_escaped(out, verdict->rule_file);
		fprintf(out, ":%u: ", verdict->rule_line);
	}
	put_escaped(out, verdict->rule);
}

static void text_packet(const struct report *report, const struct packet *packet,
			const struct outcome *outcome)
{
	const struct iotguard_verdict *verdict = &outcome->verdict;
	bool ignored = outcome->side == IOTGUARD_IGNORED;
	char words[DESCRIBE_TEXT];

	describe(packet, words);
	fprintf(report->out, "%8llu", (unsigned long long)outcome->number);
	put_time(report, packet->time_ns);
	fprintf(report->out, "  %-11s", direction_name(outcome->side));
	put_verdict(report, outcome);
	fprintf(report->out, "  %-15s  ", ignored ? "-" : token(verdict->reason));
	put_escaped(report->out, !ignored && verdict->device ? verdict->device : "-");
	fprintf(report->out, "  %s", words);
	if (!ignored)
		put_rule(report->out, verdict);
	fputc('\n', report->out);
}

static void text_reasons(const struct report *report)
{
	for (unsigned int i = 0; i < REASONS; i++) {
		if (!report->reasons[i])
			continue;
		fprintf(report->out, "%10llu  %s  %-15s  %s\n",
			(unsigned long long)report->reasons[i],
			iotguard_reason_passes(i) ? "pass" : "drop", token(i),
			iotguard_reason_sentence(i) ? iotguard_reason_sentence(i) : "");
	}
}

static void text_summary(const struct report *report)
{
	fprintf(report->out,
		"%s%llu %s: %llu passed, %llu dropped, %llu ignored (neither end in the "
		"inventory)%s\n",
		report->colour ? BOLD : "", (unsigned long long)report->packets,
		report->packets == 1 ? "packet" : "packets", (unsigned long long)report->passed,
		(unsigned long long)report->dropped, (unsigned long long)report->ignored,
		report->colour ? PLAIN : "");
	if (report->would_drop)
		fprintf(report->out, "%llu of those that passed are dropped outside monitor mode\n",
			(unsigned long long)report->would_drop);
	text_reasons(report);
	if (report->truncated)
		fputs("the capture could not be read to its end\n", report->out);
}

/* ----------------------------------------------------------------------------------- the report */

static void count(struct report *report, const struct outcome *outcome)
{
	report->packets++;
	if (outcome->side == IOTGUARD_IGNORED) {
		report->ignored++;
		return;
	}
	report->passed += outcome->verdict.passed;
	report->dropped += !outcome->verdict.passed;
	report->would_drop += would_drop(outcome);
	report->reasons[outcome->verdict.reason % REASONS]++;
}

static bool is_shown(const struct report *report, const struct outcome *outcome)
{
	if (report->detail == DETAIL_DROPS && !report->json)
		return outcome->side != IOTGUARD_IGNORED &&
		       !iotguard_reason_passes(outcome->verdict.reason);
	return report->detail != DETAIL_NONE;
}

void report_packet(struct report *report, const struct packet *packet,
		   const struct outcome *outcome)
{
	if (!report->packets)
		report->first_ns = packet->time_ns;
	count(report, outcome);
	if (!is_shown(report, outcome))
		return;
	if (report->json)
		json_packet(report, packet, outcome);
	else
		text_packet(report, packet, outcome);
}

void report_event(struct report *report, const struct iotguard_event *event)
{
	for (size_t i = 0; i < EVENT_TYPES; i++) {
		if (!strcmp(event_types[i], event->type))
			report->events[i] += event->lost ? event->lost : 1;
	}
}

void report_summary(const struct report *report)
{
	if (report->json)
		json_summary(report);
	else
		text_summary(report);
}
