/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two lists of rules, by what they come to: which conversations does the second one admit that the
 * first one does not, and the other way round? Every combination of remote, service and conditions
 * that the rules tell apart is asked of both, as the programs would be asked.
 */
#pragma once

#include "world.h"

#define IG_NO_STANCE SIZE_MAX

enum ig_effect {
	IG_EFFECT_GAIN,
	IG_EFFECT_LOSS,
	IG_EFFECT_SPARED,	/* admitted by both; now in quarantine as well */
	IG_EFFECT_NOT_SPARED,	/* no longer there */
	IG_EFFECT_CRITICAL,	/* admitted by both; now with the places of critical flows */
	IG_EFFECT_NOT_CRITICAL, /* no longer with these */
	IG_EFFECT_TOGETHER,	/* only of what has several names: which rules decide is not said */
	IG_EFFECT_ORDER,	/* of the same rules; where all could not be compared */
};

/* Of the addresses that names may have, those that a piece is about. */
enum ig_piece_names {
	IG_PIECE_NAMES_ALL,
	IG_PIECE_NAMES_LOCAL, /* all that are local */
	IG_PIECE_NAMES_AT,
	IG_PIECE_NAMES_MAX,
};

/* A part of what a rule decides. An empty set of a condition: all that the rule has. */
struct ig_piece {
	bool all_remotes;	  /* all that the rule decides about: its own words will do */
	bool all_services;	  /* likewise */
	struct ig_ranges addr[2]; /* IPv4, IPv6 */
	struct ig_ranges holders; /* machines and the gateway, at addresses that are not listed */
	bool holders_everywhere;  /* false: only where these are in @where */
	struct ig_ranges where[2];
	/* by number: what has such a name, and is not meant without it */
	struct ig_ranges names[IG_PIECE_NAMES_MAX];
	struct ig_ranges named[2];	/* IG_PIECE_NAMES_AT: at these addresses */
	struct ig_ranges ether_holders; /* by MAC address */
	bool ether_anybody;		/* and everybody else */
	struct ig_ranges services;
	struct ig_ranges source_ports, dscps, times;
};

struct ig_difference {
	enum ig_effect effect;
	size_t before, after;	 /* position in the stances; IG_NO_STANCE: no rule matched */
	struct ig_piece *pieces; /* none: all that the rule decides */
	size_t n_pieces;
	bool more; /* pieces, which are not listed */
};

struct ig_contrast {
	struct ig_difference *items;
	size_t count;
	bool coarse; /* too large to be asked: rules were compared with rules, by what each matches */
};

struct ig_contrast_opts {
	uint32_t now; /* seconds since the epoch: what comes before it is nobody's concern */
	const struct ig_world *worlds[2]; /* of both; with @same_remote of no meaning */
	/* 4, 6: the remote is one machine that all rules match, by an address of that version; 2: by
	 * its MAC address. 0: any remote */
	int same_remote;
};

/* 0, -ENOMEM. */
int ig_contrast_make(const struct ig_stance *before, const struct ig_stance *after,
		     const struct ig_contrast_opts *opts, struct ig_contrast *out);
void ig_contrast_clear(struct ig_contrast *contrast);

/* The rule that a difference is about: the one that admits. */
static inline bool ig_effect_is_of_before(enum ig_effect effect)
{
	return effect == IG_EFFECT_LOSS || effect == IG_EFFECT_NOT_SPARED ||
	       effect == IG_EFFECT_NOT_CRITICAL;
}
