/* SPDX-License-Identifier: BSD-2-Clause */
/* REMOTE: who the other side of the conversation is. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule_internal.h"
#include "text.h"
#include "util.h"

const char *const ig_remote_words[] = {
	[IG_REMOTE_ANY] = "any",
	[IG_REMOTE_LOCAL] = "local",
	[IG_REMOTE_GATEWAY] = "gateway",
	[IG_REMOTE_INTERNET] = "internet",
	[IG_REMOTE_SAME_MANUFACTURER] = "same-manufacturer",
	[IG_REMOTE_MY_CONTROLLERS] = "my-controllers",
	NULL,
};

static const char *const kind_words[] = {"device",     "host",	       "group", "segment",
					 "controller", "manufacturer", "model", NULL};

#define REMOTE_HINT                                                                                          \
	"a remote is an address, a prefix, a domain name, device:NAME (or host, group, segment, controller," \
	" manufacturer, model), my-controllers, same-manufacturer, gateway, local, internet or any"

const char *ig_remote_prefix_word(enum ig_remote_kind kind)
{
	return kind >= IG_REMOTE_DEVICE && kind <= IG_REMOTE_MODEL
		       ? kind_words[kind - IG_REMOTE_DEVICE]
		       : NULL;
}

/* Could this have been meant as an address? Then its mistakes are told as those of an address. */
static bool like_address(const char *word)
{
	const char *last = strrchr(word, '.');
	size_t colons = 0;

	if (strchr(word, '/') ||
	    (last && last[1] && strspn(last + 1, "0123456789") == strlen(last + 1)))
		return true;
	for (const char *c = word; *c; c++) {
		colons += *c == ':';
		if (!isxdigit((unsigned char)*c) && *c != ':' && *c != '.')
			return false;
	}
	return colons >= 2;
}

static int read_prefix(struct ig_rule_parser *p, const char *word)
{
	char why[128];

	p->rule->remote.kind = IG_REMOTE_PREFIX;
	if (ig_prefix_parse(word, false, &p->rule->remote.prefix, why))
		return ig_rule_refuse(
			p, 0, "an address is 192.0.2.1 or 2001:db8::1, a prefix 192.0.2.0/24", "%s",
			why);
	return 0;
}

/* `group:nurses`, `model:"IP 200"`. 1: it is none of these. */
static int read_kind(struct ig_rule_parser *p, const char *colon)
{
	size_t size = (size_t)(colon - p->word.text);

	for (size_t i = 0; kind_words[i]; i++) {
		if (strlen(kind_words[i]) != size || memcmp(kind_words[i], p->word.text, size))
			continue;
		if (size + 1 == p->word.size)
			return ig_rule_refuse(p, size + 1, NULL, "a name is missing behind `%s:`",
					      kind_words[i]);
		p->rule->remote.kind = IG_REMOTE_DEVICE + i;
		return ig_rule_string(p, size + 1, IG_WORD_MAX, &p->rule->remote.name);
	}
	return 1;
}

static int refuse_kind(struct ig_rule_parser *p, const char *colon)
{
	char piece[IG_WORD_MAX + 1], mean[IG_HINT_MAX];

	ig_rule_piece(piece, p->word.text, (size_t)(colon - p->word.text));
	return ig_rule_refuse(p, 0, ig_rule_mean(mean, piece, kind_words, REMOTE_HINT),
			      "`%s:` is no kind of remote", piece);
}

/* Returns what is wrong with one label of a domain name, or NULL. */
static const char *label_wrong(const char *label, size_t size)
{
	if (!size)
		return "an empty label in a domain name";
	if (size > 63)
		return "a label of a domain name has at most 63 bytes";
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)label[i]) && label[i] != '-' && label[i] != '_')
			return "a character that domain names cannot have";
	if (label[0] == '-' || label[size - 1] == '-')
		return "a label of a domain name neither begins nor ends with a hyphen";
	return NULL;
}

static int check_labels(struct ig_rule_parser *p, const char *name, size_t skip)
{
	size_t at = skip;

	for (;;) {
		size_t size = strcspn(name + at, ".");
		const char *wrong = label_wrong(name + at, size);

		if (wrong)
			return ig_rule_refuse(p, at, NULL, "%s", wrong);
		at += size;
		if (!name[at])
			return 0;
		at++;
	}
}

static int read_name(struct ig_rule_parser *p, char *word)
{
	size_t size = strlen(word);
	char mean[IG_HINT_MAX];
	bool wildcard;
	int r;

	for (size_t i = 0; i < size; i++)
		if ((unsigned char)word[i] >= 0x80)
			return ig_rule_refuse(
				p, i, "write the name as DNS carries it, beginning with xn--",
				"a domain name has ASCII letters only");
	if (!strchr(word, '.'))
		return ig_rule_refuse(p, 0, ig_rule_mean(mean, word, ig_remote_words, REMOTE_HINT),
				      "`%s` is no remote", word);
	if (word[size - 1] == '.')
		word[--size] = '\0';
	if (like_address(word))
		return read_prefix(p, word);
	wildcard = !strncmp(word, "*.", 2);
	if (size > 253)
		return ig_rule_refuse(
			p, 0, NULL, "a domain name has at most 253 bytes, and this has %zu", size);
	r = check_labels(p, word, wildcard ? 2 : 0);
	if (r)
		return r;
	if (!wildcard && !strchr(word, '.'))
		return ig_rule_refuse(
			p, 0, "a name of one label is found nowhere but in the local network",
			"`%s` needs at least one dot in the middle", word);
	for (char *c = word; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	p->rule->remote.kind = IG_REMOTE_NAME;
	p->rule->remote.name = strdup(word);
	return p->rule->remote.name ? 0 : -ENOMEM;
}

static int read_remote(struct ig_rule_parser *p)
{
	char word[IG_WORD_MAX + 1];
	const char *colon = memchr(p->word.text, ':', p->word.size);

	if (!p->word.size)
		return ig_rule_refuse(p, 0, REMOTE_HINT,
				      "the rule ends where a remote has to stand");
	ig_rule_piece(word, p->word.text, p->word.size);
	for (int i = 0; ig_remote_words[i]; i++) {
		if (!strcmp(word, ig_remote_words[i])) {
			p->rule->remote.kind = (enum ig_remote_kind)i;
			return 0;
		}
	}
	if (colon) {
		int r = read_kind(p, colon);

		if (r <= 0)
			return r;
	}
	if (p->word.size > IG_WORD_MAX)
		return ig_rule_refuse(p, 0, NULL, "a remote has at most %d bytes, and this has %zu",
				      IG_WORD_MAX, p->word.size);
	if (like_address(word))
		return read_prefix(p, word);
	return colon ? refuse_kind(p, colon) : read_name(p, word);
}

int ig_rule_read_remote(struct ig_rule_parser *p)
{
	int r = read_remote(p);

	return r ? r : ig_rule_next(p);
}
