/* SPDX-License-Identifier: BSD-2-Clause */
/* The sentence: words, action, side, options, and what has to agree. Remotes and services have
 * files of their own. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule_internal.h"
#include "text.h"
#include "util.h"

static void refuse_va(struct ig_rule_parser *p, size_t offset, const char *hint, const char *format,
		      va_list args) __attribute__((format(printf, 4, 0)));

static void refuse_va(struct ig_rule_parser *p, size_t offset, const char *hint, const char *format,
		      va_list args)
{
	p->error->offset = offset;
	vsnprintf(p->error->message, sizeof(p->error->message), format, args);
	snprintf(p->error->hint, sizeof(p->error->hint), "%s", hint ? hint : "");
}

int ig_rule_refuse(struct ig_rule_parser *p, size_t offset, const char *hint, const char *format,
		   ...)
{
	va_list args;

	va_start(args, format);
	refuse_va(p, p->word.offset + offset, hint, format, args);
	va_end(args);
	return -EINVAL;
}

int ig_rule_refuse_at(struct ig_rule_parser *p, size_t offset, const char *hint, const char *format,
		      ...)
{
	va_list args;

	va_start(args, format);
	refuse_va(p, offset, hint, format, args);
	va_end(args);
	return -EINVAL;
}

const char *ig_rule_mean(char buf[IG_HINT_MAX], const char *word, const char *const *words,
			 const char *otherwise)
{
	const char *meant = ig_text_suggest(word, words);

	if (!meant)
		return otherwise;
	snprintf(buf, IG_HINT_MAX, "did you mean `%s`?", meant);
	return buf;
}

char *ig_rule_piece(char buf[IG_WORD_MAX + 1], const char *text, size_t size)
{
	snprintf(buf, IG_WORD_MAX + 1, "%.*s", (int)(size < IG_WORD_MAX ? size : IG_WORD_MAX),
		 text);
	return buf;
}

bool ig_rule_number(const char *text, size_t size, uint64_t most, uint64_t *number)
{
	uint64_t n = 0;

	if (!size || (size > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!isdigit((unsigned char)text[i]) || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(text[i] - '0'), &n))
			return false;
	}
	*number = n;
	return n <= most;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Past the closing quote of the string that begins at @at, or 0. */
static size_t quote_end(const char *text, size_t at)
{
	for (at++; text[at] && text[at] != '"'; at++)
		if (text[at] == '\\' && text[at + 1])
			at++;
	return text[at] ? at + 1 : 0;
}

int ig_rule_next(struct ig_rule_parser *p)
{
	size_t at = p->at;

	while (blank(p->text[at]))
		at++;
	p->word = (struct ig_word){.text = p->text + at, .offset = at};
	while (p->text[at] && !blank(p->text[at])) {
		size_t quote = at;

		if (p->text[at] != '"') {
			at++;
			continue;
		}
		at = quote_end(p->text, quote);
		if (!at)
			return ig_rule_refuse_at(
				p, quote,
				"close it with \", and put the whole rule in single quotes if it has"
				" a `#` or `: ` in it, which mean something to YAML",
				"this quote is never closed");
	}
	p->at = at;
	p->word.size = at - p->word.offset;
	return 0;
}

/* One character of a string, @size bytes of it at @from. Returns how many were read, 0 where it may
 * not be. */
static size_t string_char(const char *from, size_t size, char *to, size_t *used)
{
	uint32_t c;
	size_t length = ig_utf8_decode(from, size, &c);

	if (!length || !ig_char_printable(c))
		return 0;
	memcpy(to + *used, from, length);
	*used += length;
	return length;
}

static int string_refuse(struct ig_rule_parser *p, size_t offset)
{
	return ig_rule_refuse(p, offset, "leave it out",
			      "a control or hidden character, or bytes that are not UTF-8");
}

static int read_bare(struct ig_rule_parser *p, size_t offset, char *out, size_t *used)
{
	for (size_t i = offset, step; i < p->word.size; i += step) {
		if (strchr("\"\\", p->word.text[i]))
			return ig_rule_refuse(p, i, "put all of it in quotes: \"...\"",
					      "a quote or backslash in the middle of a word");
		step = string_char(p->word.text + i, p->word.size - i, out, used);
		if (!step)
			return string_refuse(p, i);
	}
	return 0;
}

static int read_quoted(struct ig_rule_parser *p, size_t offset, char *out, size_t *used)
{
	size_t last = p->word.size - 1, i = offset + 1;

	while (i < p->word.size && p->word.text[i] != '"') {
		size_t step;

		if (p->word.text[i] == '\\' && !strchr("\"\\", p->word.text[++i]))
			return ig_rule_refuse(p, i - 1,
					      "write \\\" for a quote and \\\\ for a backslash",
					      "`\\%c` means nothing in a string", p->word.text[i]);
		step = string_char(p->word.text + i, p->word.size - i, out, used);
		if (!step)
			return string_refuse(p, i);
		i += step;
	}
	if (i != last)
		return ig_rule_refuse(p, i + 1, "put a space behind the closing quote",
				      "text behind a closing quote");
	return 0;
}

int ig_rule_string(struct ig_rule_parser *p, size_t offset, size_t most, char **out)
{
	_free_ char *string = malloc(p->word.size - offset + 1);
	bool quoted = offset < p->word.size && p->word.text[offset] == '"';
	size_t used = 0;
	int r;

	if (!string)
		return -ENOMEM;
	r = quoted ? read_quoted(p, offset, string, &used) : read_bare(p, offset, string, &used);
	if (r)
		return r;
	if (!used)
		return ig_rule_refuse(p, offset, NULL, "nothing stands here");
	if (used > most)
		return ig_rule_refuse(p, offset, NULL,
				      "%zu bytes are too long; at most %zu are allowed", used,
				      most);
	string[used] = '\0';
	*out = take_ptr(string);
	return 0;
}

static bool word_is(const struct ig_word *word, const char *text)
{
	return word->size == strlen(text) && !memcmp(word->text, text, word->size);
}

/* One of two words that a sentence cannot do without. */
static int read_choice(struct ig_rule_parser *p, const char *const words[3], const char *hint,
		       int *choice)
{
	char piece[IG_WORD_MAX + 1], mean[IG_HINT_MAX];

	for (int i = 0; i < 2; i++) {
		if (word_is(&p->word, words[i])) {
			*choice = i;
			return ig_rule_next(p);
		}
	}
	if (!p->word.size)
		return ig_rule_refuse(p, 0, hint, "the rule ends where `%s` or `%s` has to stand",
				      words[0], words[1]);
	ig_rule_piece(piece, p->word.text, p->word.size);
	return ig_rule_refuse(p, 0, ig_rule_mean(mean, piece, words, hint),
			      "`%s` stands where `%s` or `%s` has to", piece, words[0], words[1]);
}

static int read_action(struct ig_rule_parser *p)
{
	static const char *const words[] = {"allow", "deny", NULL};
	const char *hint = "a rule is: (allow|deny) (to|from) REMOTE [SERVICE] [OPTION ...]";
	int choice, r;

	if (isdigit((unsigned char)p->word.text[0]))
		hint = "inside [ ] a comma ends a rule: put rules with commas in quotes, or one a line";
	r = read_choice(p, words, hint, &choice);
	if (!r)
		p->rule->action = choice ? IG_RULE_DENIES : IG_RULE_ALLOWS;
	return r;
}

static int read_side(struct ig_rule_parser *p)
{
	static const char *const words[] = {"to", "from", NULL};
	const char *hint = "`to`: the device opens the conversation; `from`: the other side does";
	int choice, r = read_choice(p, words, hint, &choice);

	if (!r)
		p->rule->side = choice ? IG_RULE_FROM : IG_RULE_TO;
	return r;
}

/* The address family of the remote, where an address says it: 4, 6, or 0. */
static int remote_version(const struct ig_remote *remote)
{
	if (remote->kind != IG_REMOTE_PREFIX)
		return 0;
	return ig_prefix_is_v4(&remote->prefix) ? 4 : 6;
}

static bool remote_needs_ip(enum ig_remote_kind kind)
{
	return kind == IG_REMOTE_PREFIX || kind == IG_REMOTE_NAME || kind == IG_REMOTE_INTERNET ||
	       kind == IG_REMOTE_LOCAL;
}

/* @version: of the remote's address, 0 where it has none. */
static int check_version(struct ig_rule_parser *p, int version)
{
	enum ig_service_family family = p->rule->service.family;
	int only = family == IG_SERVICE_ICMP ? 4 : family == IG_SERVICE_ICMPV6 ? 6 : version;

	if (family == IG_SERVICE_ETHER)
		return ig_rule_refuse_at(p, p->version_at, "leave it out",
					 "frames of another ethertype are no IP");
	if (only && only != p->rule->version)
		return ig_rule_refuse_at(p, p->version_at, "leave it out",
					 "all that this rule is about is IPv%d", only);
	return 0;
}

/* A rule that no packet can match is a mistake, not a rule. */
static int check_service(struct ig_rule_parser *p)
{
	enum ig_service_family family = p->rule->service.family;
	int version = remote_version(&p->rule->remote);

	if (family == IG_SERVICE_ICMP && version == 6)
		return ig_rule_refuse_at(p, p->service_at, "did you mean `icmpv6`?",
					 "icmp has no IPv6 addresses");
	if (family == IG_SERVICE_ICMPV6 && version == 4)
		return ig_rule_refuse_at(p, p->service_at, "did you mean `icmp`?",
					 "icmpv6 has no IPv4 addresses");
	if (family == IG_SERVICE_ETHER && remote_needs_ip(p->rule->remote.kind))
		return ig_rule_refuse_at(p, p->remote_at,
					 "name a device, a host, a group, `gateway` or `any`",
					 "frames of another ethertype have no IP address to match");
	if (family == IG_SERVICE_ETHER && p->dscp_at)
		return ig_rule_refuse_at(p, p->dscp_at, NULL,
					 "frames of another ethertype have no dscp");
	if (p->version_at) {
		int r = check_version(p, version);

		if (r)
			return r;
	}
	if (p->source_port_at && family != IG_SERVICE_TCP && family != IG_SERVICE_UDP)
		return ig_rule_refuse_at(p, p->source_port_at, "name tcp or udp before it",
					 "only tcp and udp have a source port");
	return 0;
}

static int check(struct ig_rule_parser *p)
{
	if (p->critical_at && p->rule->action == IG_RULE_DENIES)
		return ig_rule_refuse_at(
			p, p->critical_at, "leave it out: a deny is never lifted by a response",
			"`critical` is for what must never be cut, and this rule cuts");
	if (p->critical_at && p->rule->remote.kind == IG_REMOTE_NAME)
		return ig_rule_refuse_at(
			p, p->remote_at, "use its address",
			"a critical rule may not depend on a name, which may fail to resolve");
	if (p->local_at &&
	    (p->rule->remote.kind != IG_REMOTE_NAME || p->rule->action == IG_RULE_DENIES))
		return ig_rule_refuse_at(
			p, p->local_at, "leave it out",
			"`local` lets a domain name have an address of the LAN: it stands in an allow "
			"whose remote is a name");
	if (p->rate_at && p->rule->action == IG_RULE_DENIES)
		return ig_rule_refuse_at(p, p->rate_at, "leave it out",
					 "a rate limits what is allowed");
	return check_service(p);
}

static int parse(struct ig_rule_parser *p)
{
	int r = ig_rule_next(p);

	if (!r && !p->word.size)
		return ig_rule_refuse(
			p, 0, "a rule is: (allow|deny) (to|from) REMOTE [SERVICE] [OPTION ...]",
			"an empty rule");
	if (!r)
		r = read_action(p);
	if (!r)
		r = read_side(p);
	p->remote_at = p->word.offset;
	if (!r)
		r = ig_rule_read_remote(p);
	p->service_at = p->word.offset;
	if (!r)
		r = ig_rule_read_service(p);
	if (!r)
		r = ig_rule_read_options(p);
	return r ? r : check(p);
}

int ig_rule_parse(const char *text, struct ig_rule *rule, struct ig_rule_error *error)
{
	struct ig_loc loc = rule->loc;
	struct ig_rule read = {.dscp = -1};
	struct ig_rule_parser p = {.text = text, .rule = &read, .error = error};
	int r;

	*error = (struct ig_rule_error){0};
	*rule = (struct ig_rule){.dscp = -1, .loc = loc};
	if (strlen(text) > IG_RULE_TEXT_MAX)
		return ig_rule_refuse_at(
			&p, 0, NULL, "a rule of %zu bytes: %zu more than the limit of %d",
			strlen(text), strlen(text) - IG_RULE_TEXT_MAX, IG_RULE_TEXT_MAX);
	r = parse(&p);
	if (r) {
		ig_rule_clear(&read);
		return r;
	}
	*rule = read;
	rule->loc = loc;
	return 0;
}

int ig_remote_parse(const char *text, struct ig_remote *remote, struct ig_rule_error *error)
{
	struct ig_rule read = {.dscp = -1};
	struct ig_rule_parser p = {.text = text, .rule = &read, .error = error};
	int r;

	*error = (struct ig_rule_error){0};
	*remote = (struct ig_remote){0};
	r = ig_rule_next(&p);
	if (!r)
		r = ig_rule_read_remote(&p);
	if (!r && p.word.size)
		r = ig_rule_refuse(&p, 0, NULL, "text behind the remote");
	if (r)
		ig_rule_clear(&read);
	else
		*remote = read.remote;
	return r;
}

int ig_service_parse(const char *text, struct ig_service *service, struct ig_rule_error *error)
{
	struct ig_rule read = {.dscp = -1};
	struct ig_rule_parser p = {.text = text, .rule = &read, .error = error};
	char piece[IG_WORD_MAX + 1], mean[IG_HINT_MAX];
	int r = ig_rule_next(&p);

	*error = (struct ig_rule_error){0};
	if (!r)
		r = ig_rule_read_service(&p);
	if (!r && read.service.family == IG_SERVICE_ANY) {
		ig_rule_piece(piece, p.word.text, strcspn(p.word.text, "/ \t\n\""));
		r = ig_rule_refuse(
			&p, 0,
			ig_rule_mean(mean, piece, ig_service_words,
				     "a service is tcp/443, udp/53, icmp/echo-request, ip/47, ..."),
			"`%s` is no service", piece);
	} else if (!r && p.word.size) {
		r = ig_rule_refuse(&p, 0, NULL, "text behind the service");
	}
	if (!r)
		*service = read.service;
	return r;
}

size_t ig_rule_remote_offset(const char *text)
{
	struct ig_rule_error error;
	struct ig_rule_parser p = {.text = text, .error = &error};

	for (int i = 0; i < 3; i++)
		if (ig_rule_next(&p))
			return 0;
	return p.word.offset;
}
