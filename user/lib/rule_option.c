/* SPDX-License-Identifier: BSD-2-Clause */
/* OPTION: in any order, each once. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule_internal.h"
#include "util.h"

const char *const ig_option_words[] = {"critical", "local", "source-port", "dscp",    "ipv4",
				       "ipv6",	   "rate",  "until",	   "because", NULL};

/* The word behind an option. */
static int next_value(struct ig_rule_parser *p, const char *option, const char *hint)
{
	int r = ig_rule_next(p);

	if (!r && !p->word.size)
		return ig_rule_refuse(p, 0, hint,
				      "the rule ends where the value of `%s` has to stand", option);
	return r;
}

static int read_critical(struct ig_rule_parser *p)
{
	p->critical_at = p->word.offset;
	p->rule->critical = true;
	return 0;
}

static int read_local(struct ig_rule_parser *p)
{
	p->local_at = p->word.offset;
	p->rule->local = true;
	return 0;
}

static int read_source_port(struct ig_rule_parser *p)
{
	int r;

	p->source_port_at = p->word.offset;
	p->rule->has_source_port = true;
	r = next_value(p, "source-port", "source-port 123, or source-port 1024-65535");
	return r ? r
		 : ig_rule_read_port_range(p, p->word.text, p->word.size, &p->rule->source_port);
}

static int read_dscp(struct ig_rule_parser *p)
{
	const char *hint = "dscp is a number from 0 to 63";
	uint64_t number;
	int r;

	p->dscp_at = p->word.offset;
	r = next_value(p, "dscp", hint);
	if (r)
		return r;
	if (!ig_rule_number(p->word.text, p->word.size, 63, &number))
		return ig_rule_refuse(p, 0, hint, "`%.*s` is no dscp", (int)p->word.size,
				      p->word.text);
	p->rule->dscp = (int)number;
	return 0;
}

static int read_version(struct ig_rule_parser *p)
{
	if (p->version_at)
		return ig_rule_refuse(p, 0, "leave both out",
				      "a packet of both versions of IP is none");
	p->version_at = p->word.offset;
	p->rule->version = (uint8_t)(p->word.text[3] - '0');
	return 0;
}

static const struct {
	const char *word;
	enum ig_rate_unit unit;
	uint64_t factor;
} rate_units[] = {
	{"packets/s", IG_RATE_PACKETS, 1},    {"B/s", IG_RATE_BYTES, 1},
	{"kB/s", IG_RATE_BYTES, 1000},	      {"KiB/s", IG_RATE_BYTES, 1024},
	{"MB/s", IG_RATE_BYTES, 1000 * 1000}, {"MiB/s", IG_RATE_BYTES, 1024 * 1024},
};

static int read_rate_unit(struct ig_rule_parser *p, uint64_t number, const char *hint)
{
	int r = next_value(p, "rate", hint);

	if (r)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(rate_units); i++) {
		if (strlen(rate_units[i].word) != p->word.size ||
		    memcmp(rate_units[i].word, p->word.text, p->word.size))
			continue;
		if (__builtin_mul_overflow(number, rate_units[i].factor, &p->rule->rate))
			return ig_rule_refuse(p, 0, NULL, "this rate is too large");
		p->rule->rate_unit = rate_units[i].unit;
		return 0;
	}
	return ig_rule_refuse(p, 0, hint, "`%.*s` is no unit of a rate", (int)p->word.size,
			      p->word.text);
}

static int read_rate(struct ig_rule_parser *p)
{
	const char *hint =
		"a rate is: rate 20 packets/s, or a number and B/s, kB/s, KiB/s, MB/s or MiB/s";
	uint64_t number;
	int r;

	p->rate_at = p->word.offset;
	r = next_value(p, "rate", hint);
	if (r)
		return r;
	if (!ig_rule_number(p->word.text, p->word.size, UINT64_MAX, &number))
		return ig_rule_refuse(p, 0, hint, "`%.*s` is no whole number", (int)p->word.size,
				      p->word.text);
	if (!number)
		return ig_rule_refuse(p, 0, "write a deny instead", "a rate of 0 allows nothing");
	return read_rate_unit(p, number, hint);
}

static unsigned int days_of(unsigned int year, unsigned int month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool ig_date_parse(const char *text, size_t size, uint16_t *year, uint8_t *month, uint8_t *day)
{
	unsigned int part[3] = {0};
	size_t field = 0;

	if (size != 10)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (i == 4 || i == 7) {
			if (text[i] != '-')
				return false;
			field++;
		} else if (!isdigit((unsigned char)text[i])) {
			return false;
		} else {
			part[field] = part[field] * 10 + (unsigned int)(text[i] - '0');
		}
	}
	if (part[0] < 1970 || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
	    part[2] > days_of(part[0], part[1]))
		return false;
	*year = (uint16_t)part[0];
	*month = (uint8_t)part[1];
	*day = (uint8_t)part[2];
	return true;
}

static int read_until(struct ig_rule_parser *p)
{
	const char *hint = "a date is YYYY-MM-DD: until 2027-03-31";
	struct ig_rule *rule = p->rule;
	int r = next_value(p, "until", hint);

	if (r)
		return r;
	if (!ig_date_parse(p->word.text, p->word.size, &rule->until_year, &rule->until_month,
			   &rule->until_day))
		return ig_rule_refuse(p, 0, hint, "`%.*s` is no date", (int)p->word.size,
				      p->word.text);
	rule->has_until = true;
	return 0;
}

static int read_because(struct ig_rule_parser *p)
{
	const char *hint = "because \"the reason, in quotes\"";
	int r = next_value(p, "because", hint);

	if (r)
		return r;
	if (p->word.text[0] != '"')
		return ig_rule_refuse(p, 0, hint, "the reason behind `because` stands in quotes");
	return ig_rule_string(p, 0, IG_BECAUSE_MAX, &p->rule->because);
}

/* In the order of ig_option_words. */
static int (*const readers[])(struct ig_rule_parser *p) = {
	read_critical, read_local, read_source_port, read_dscp,	   read_version,
	read_version,  read_rate,  read_until,	     read_because,
};
_Static_assert(ARRAY_SIZE(ig_option_words) == ARRAY_SIZE(readers) + 1, "a reader an option");

static int refuse_word(struct ig_rule_parser *p, bool first)
{
	const char *words[ARRAY_SIZE(ig_option_words) + 8] = {NULL};
	char piece[IG_WORD_MAX + 1], mean[IG_HINT_MAX];
	size_t used = 0;

	for (size_t i = 0; ig_option_words[i]; i++)
		words[used++] = ig_option_words[i];
	for (size_t i = 0; first && ig_service_words[i]; i++)
		words[used++] = ig_service_words[i];
	ig_rule_piece(piece, p->word.text, strcspn(p->word.text, "/ \t\n\""));
	if (strlen(piece) > p->word.size)
		piece[p->word.size] = '\0';
	return ig_rule_refuse(
		p, 0,
		ig_rule_mean(
			mean, piece, words,
			"behind the remote come a service (tcp/443, udp, icmp/echo-request, ip/47) and"
			" options (critical, local, rate, until, because, source-port, dscp, ipv4, ipv6)"),
		first ? "`%s` is neither a service nor an option" : "`%s` is no option", piece);
}

int ig_rule_read_options(struct ig_rule_parser *p)
{
	bool first = p->rule->service.family == IG_SERVICE_ANY;
	unsigned int seen = 0;

	while (p->word.size) {
		size_t i = 0;
		int r;

		while (ig_option_words[i] &&
		       (strlen(ig_option_words[i]) != p->word.size ||
			memcmp(ig_option_words[i], p->word.text, p->word.size)))
			i++;
		if (!ig_option_words[i])
			return refuse_word(p, first);
		if (seen & 1u << i)
			return ig_rule_refuse(p, 0, "leave one of them out", "`%s` is there twice",
					      ig_option_words[i]);
		seen |= 1u << i;
		first = false;
		r = readers[i](p);
		if (!r)
			r = ig_rule_next(p);
		if (r)
			return r;
	}
	return 0;
}
