/* SPDX-License-Identifier: BSD-2-Clause */
/* The subcommands of `mud`: each is a file of its own, and its name is the first operand. All return enum cli_exit. */
#pragma once

#include <stdio.h>

#include "cli.h"
#include "util.h"

struct mud_options {
	const char *cache;
	bool refresh;
	bool adopted;
	const char *ca;
	const char *signer_ca;
	uint64_t timeout;
	bool accept_unsigned;
	bool accept_new_signer;
	const char *accept_expired_until;
	const char *why;
	const char *signature;
	const char *at;
	int private_addresses; /* 1: allowed */
	const char *mud_url;
	const char *output;
};

int mud_check(struct cli *cli);
int mud_show(struct cli *cli);
int mud_diff(struct cli *cli);
int mud_export(struct cli *cli);

#define _mud_ _cleanup_(mud_freep)

static inline void mud_freep(struct iotguard_mud **mud)
{
	iotguard_mud_free(*mud);
}

/* Loads @source as the options say; says what is wrong. CLI_INVALID: it is refused. */
int mud_load(struct cli *cli, const char *source, bool previous, struct iotguard_mud **mud);

/* Text of the file, of any length, escaped. */
void mud_put(const char *text);
/* "42 entries: 35 become rules, 5 are answers", as far as there are any. */
void mud_print_counts(const struct iotguard_mud_info *info);
/* What it may open, or (@from) what may be opened to it, by whom it is about. False: nothing, and nothing is printed. */
bool mud_print_sentences(const struct cli *cli, const struct iotguard_mud *mud, bool from);

/* NULL without memory. */
json_t *mud_head_json(const struct iotguard_mud *mud);
json_t *mud_counts_json(const struct iotguard_mud_info *info);
json_t *mud_links_json(const struct iotguard_mud *mud);
json_t *mud_rulings_json(const struct iotguard_mud *mud);
