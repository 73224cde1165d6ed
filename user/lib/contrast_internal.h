/* SPDX-License-Identifier: BSD-2-Clause */
/* The grid that two lists of rules are asked on. Nobody but contrast*.c includes it. */
#pragma once

#include "classes.h"
#include "contrast.h"

#define IG_GRID_MOST	(1u << 27) /* words that one walk over the grid may look at */
#define IG_GRID_POINTS	(1u << 20) /* remotes */
#define IG_GRID_CELLS	(1u << 21) /* cells that are kept */
#define IG_PIECES_MAX	16	   /* of one difference */
#define IG_GRID_NOBODY	UINT32_MAX /* no holder */
#define IG_GRID_GATEWAY (UINT32_MAX - 1)
#define IG_GRID_UNNAMED UINT32_MAX
#define IG_GRID_NAMES	IG_DIM_MAX /* the dimension of names, by number */
#define IG_GRID_DIMS	(IG_DIM_MAX + 1)

enum ig_family { IG_FAMILY_V4, IG_FAMILY_V6, IG_FAMILY_ETHER, IG_FAMILIES };

/* What names may do at an address, by either of the inventories. */
enum ig_grid_mark {
	IG_GRID_LOCAL = 1 << 0,	   /* rules need the option `local`, or to deny */
	IG_GRID_NAMELESS = 1 << 1, /* nothing there has a name */
};
#define IG_GRID_MARK_BITS 2 /* of each of the two */

/* One dimension, cut where the set of rules that match changes. */
struct ig_cut_dim {
	struct ig_span *spans; /* all of the dimension, in order */
	uint32_t *classes;     /* of each span: number in @sets */
	size_t count;
	struct ig_classes sets;
};

/* A kind of remote: an address, who holds it, and what it is called. What has names follows what has the same address
 * and holder and none. */
struct ig_grid_point {
	uint32_t class;	 /* number in the family's remotes */
	uint32_t addr;	 /* class of the address; of no meaning without IP */
	uint32_t holder; /* class of the holder, or IG_GRID_NOBODY, IG_GRID_GATEWAY */
	uint32_t name;	 /* class of the name, or IG_GRID_UNNAMED */
	bool local;	 /* the address is no global one, by both inventories */
};

struct ig_grid_remotes {
	struct ig_classes sets;
	struct ig_grid_point *points;
	size_t n_points, capacity;
};

struct ig_grid_cond {
	uint32_t class; /* number in struct ig_grid.conds */
	uint32_t of[IG_DIM_MAX - IG_DIM_CONDITIONS];
};

struct ig_grid {
	const struct ig_stance *stances[2];
	size_t first_bit[2]; /* of each stance: it begins with a word */
	size_t width; /* words; in the last one, classes of addresses have enum ig_grid_mark */
	struct ig_cut_dim dims[IG_GRID_DIMS];
	struct ig_grid_remotes remotes[IG_FAMILIES];
	bool *service_of[IG_FAMILIES]; /* by class of service: there is such in the family */
	struct ig_classes conds;
	struct ig_grid_cond *cond_points;
	size_t n_cond_points, cond_capacity;
	uint64_t *others; /* rules that only one list has, or that have another place in it */
	uint64_t *allow, *critical,
		*kept; /* bits of rules: kept in quarantine are spared, denies */
	uint32_t now;
	bool too_large;
};

/* Where each of the two has names, and local ones, is not the same: then one rule by name is two. */
int ig_names_apart(const struct ig_stance *before, const struct ig_stance *after,
		   const struct ig_contrast_opts *opts, bool *apart); /* 0, -ENOMEM */

static inline bool ig_rules_are_equal(const struct ig_stance_rule *a,
				      const struct ig_stance_rule *b, bool apart)
{
	return ig_stance_rule_equal(a, b) && !(apart && a->sets->names.count);
}

int ig_grid_make(struct ig_grid *grid, const struct ig_stance *before,
		 const struct ig_stance *after, const struct ig_contrast_opts *opts, bool apart);
void ig_grid_clear(struct ig_grid *grid);

/* contrast_align.c: fills @others; @all: with all; @apart: as ig_rules_are_equal(). 0, -ENOMEM. */
int ig_grid_align(struct ig_grid *grid, bool all, bool apart);

/* What two rules decide of: numbers of classes. */
struct ig_cell {
	uint32_t remote; /* IG_FAMILIES * class + family */
	uint32_t service;
	uint32_t cond;
};

struct ig_cells {
	struct ig_cell *items;
	size_t count, capacity;
};

/* Some cells of a rule as pieces. @all: those that it decides. 0, -ENOMEM. */
int ig_pieces_make(const struct ig_grid *grid, const struct ig_cells *some,
		   const struct ig_cells *all, struct ig_difference *out);
