/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the rule language share. Nobody else includes it. */
#pragma once

#include "rule.h"

#define IG_WORD_MAX    255 /* bytes of a name in a sentence */
#define IG_BECAUSE_MAX 1024

/* A piece of the sentence: no spaces outside of quotes. Offsets count from the start of the
 * sentence. */
struct ig_word {
	const char *text; /* in the sentence, not terminated */
	size_t size;	  /* 0: the sentence has ended */
	size_t offset;
};

struct ig_rule_parser {
	const char *text;
	size_t at;
	struct ig_word word; /* the one that is being read */
	struct ig_rule *rule;
	struct ig_rule_error *error;
	/* Where conditions stand that have to agree with others; 0: not given. */
	size_t remote_at, service_at, critical_at, local_at, rate_at, source_port_at, dscp_at,
		version_at;
};

/* Moves on to the next word. -EINVAL where a quote is not closed. */
int ig_rule_next(struct ig_rule_parser *p);

/* Fills the error for what begins @offset bytes into the current word. Always -EINVAL. @hint may be
 * NULL. */
int ig_rule_refuse(struct ig_rule_parser *p, size_t offset, const char *hint, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));
/* As above, anywhere in the sentence. */
int ig_rule_refuse_at(struct ig_rule_parser *p, size_t offset, const char *hint, const char *format,
		      ...) __attribute__((format(printf, 4, 5)));

/* "did you mean `X`?" in a static-sized buffer, or @otherwise. */
#define IG_HINT_MAX 192
const char *ig_rule_mean(char buf[IG_HINT_MAX], const char *word, const char *const *words,
			 const char *otherwise);

/* A terminated copy of a piece of the sentence, cut at the size of the buffer. Returns @buf. */
char *ig_rule_piece(char buf[IG_WORD_MAX + 1], const char *text, size_t size);

/* A decimal number without sign and superfluous zeros, at most @most. False: it is none. */
bool ig_rule_number(const char *text, size_t size, uint64_t most, uint64_t *number);

/* Reads a quoted or bare string of the current word, from @offset to its end. -EINVAL, -ENOMEM. */
int ig_rule_string(struct ig_rule_parser *p, size_t offset, size_t most, char **out);

/* Each reads the current word, fills its part of the rule and moves past it. */
int ig_rule_read_remote(struct ig_rule_parser *p);
int ig_rule_read_service(struct ig_rule_parser *p); /* does nothing where the word is no service */
int ig_rule_read_options(struct ig_rule_parser *p);
int ig_rule_read_port_range(struct ig_rule_parser *p, const char *text, size_t size,
			    struct ig_range *range);

/* Words of the grammar; NULL-terminated, each in the order of its enum. */
extern const char *const ig_remote_words[];  /* enum ig_remote_kind, up to my-controllers */
extern const char *const ig_service_words[]; /* enum ig_service_family, from tcp on */
extern const char *const ig_option_words[];

/* What stands before the colon; NULL: this kind of remote has no such thing. */
const char *ig_remote_prefix_word(enum ig_remote_kind kind);

/* Names of ICMP types. NULL: this type has none; -1: there is no such name. */
const char *ig_icmp_type_name(bool v6, unsigned int type);
int ig_icmp_type_number(bool v6, const char *name);
const char *const *ig_icmp_type_names(bool v6);
