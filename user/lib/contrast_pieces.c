/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cells put together again: as few products "these remotes, these services, under these conditions"
 * as it takes. For every service and condition the remotes are a set; what has the same set belongs
 * together.
 */

#include <errno.h>
#include <string.h>

#include "contrast_internal.h"
#include "index.h"
#include "util.h"

/* --- sorted lists of numbers --- */

struct numbers {
	uint32_t *items;
	size_t count;
};

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_unique(struct numbers *n)
{
	size_t kept = 0;

	if (n->count)
		qsort(n->items, n->count, sizeof(*n->items), compare_numbers);
	for (size_t i = 0; i < n->count; i++) {
		if (!kept || n->items[i] != n->items[kept - 1])
			n->items[kept++] = n->items[i];
	}
	n->count = kept;
}

static bool contains(const struct numbers *n, uint32_t number)
{
	return n->count &&
	       bsearch(&number, n->items, n->count, sizeof(number), compare_numbers) != NULL;
}

static int all_of(const struct ig_cells *cells, size_t offset, struct numbers *out)
{
	out->items = malloc((cells->count + 1) * sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	out->count = cells->count;
	for (size_t i = 0; i < cells->count; i++)
		memcpy(&out->items[i], (const char *)&cells->items[i] + offset, sizeof(uint32_t));
	sort_unique(out);
	return 0;
}

/* --- what has the same set of remotes --- */

static int compare_cells(const void *a, const void *b)
{
	const struct ig_cell *x = a, *y = b;

	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	if (x->cond != y->cond)
		return x->cond < y->cond ? -1 : 1;
	return x->remote < y->remote ? -1 : x->remote > y->remote;
}

/* Cells of one service and one condition; afterwards what has the same remotes is one list. */
struct row {
	const uint32_t *remotes; /* in struct pieces.remotes */
	size_t n_remotes;
	uint32_t service, cond;
	uint32_t group;
};

struct pieces {
	const struct ig_grid *grid;
	struct numbers remotes, services, conds; /* all that the rule decides */
	uint32_t *sorted;			 /* remotes of the rows */
	struct row *rows;
	size_t n_rows;
	struct ig_difference *out;
};

static void pieces_free(struct pieces *p)
{
	free(p->remotes.items);
	free(p->services.items);
	free(p->conds.items);
	free(p->sorted);
	free(p->rows);
}

static int make_rows(struct pieces *p, const struct ig_cells *some)
{
	_free_ struct ig_cell *cells = malloc((some->count + 1) * sizeof(*cells));

	p->sorted = malloc((some->count + 1) * sizeof(*p->sorted));
	p->rows = calloc(some->count + 1, sizeof(*p->rows));
	if (!cells || !p->sorted || !p->rows)
		return -ENOMEM;
	memcpy(cells, some->items, some->count * sizeof(*cells));
	qsort(cells, some->count, sizeof(*cells), compare_cells);
	for (size_t i = 0; i < some->count; i++) {
		struct row *row = p->n_rows ? &p->rows[p->n_rows - 1] : NULL;

		p->sorted[i] = cells[i].remote;
		if (!row || row->service != cells[i].service || row->cond != cells[i].cond) {
			row = &p->rows[p->n_rows++];
			*row = (struct row){.remotes = &p->sorted[i],
					    .service = cells[i].service,
					    .cond = cells[i].cond};
		}
		row->n_remotes++;
	}
	return 0;
}

static int group_rows(struct pieces *p)
{
	_cleanup_(ig_index_freep) struct ig_index *known = ig_index_new();
	uint32_t n = 0;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_rows; i++) {
		struct row *row = &p->rows[i];
		size_t twin;
		int err = ig_index_add(known, 0, row->remotes,
				       row->n_remotes * sizeof(*row->remotes), i, &twin);

		if (err && err != -EEXIST)
			return err;
		row->group = err ? p->rows[twin].group : n++;
	}
	return 0;
}

/* --- from classes back to numbers --- */

/* The spans of a dimension whose classes are among these. */
static int spans_of(const struct ig_cut_dim *dim, const struct numbers *classes,
		    struct ig_ranges *out)
{
	int err = 0;

	for (size_t i = 0; i < dim->count && !err; i++) {
		if (contains(classes, dim->classes[i]))
			err = ig_ranges_add(out, dim->spans[i].first, dim->spans[i].last);
	}
	ig_ranges_normalise(out);
	return err;
}

/* Those of one class. */
static int add_class(const struct ig_cut_dim *dim, uint32_t class, struct ig_ranges *out)
{
	struct numbers one = {&class, 1};

	return spans_of(dim, &one, out);
}

static int add_holder(const struct ig_grid *grid, uint32_t holder, struct ig_ranges *out)
{
	if (holder == IG_GRID_GATEWAY)
		return ig_ranges_add(out, IG_ENTITY_GATEWAY, IG_ENTITY_GATEWAY);
	return add_class(&grid->dims[IG_DIM_ENTITY], holder, out);
}

static bool has_point(const struct numbers *remotes, int family, const struct ig_grid_point *point)
{
	return contains(remotes, IG_FAMILIES * point->class + family);
}

/* Holders are numbered from 0, the gateway is the last one. */
static size_t holder_number(const struct ig_grid *grid, uint32_t holder)
{
	return holder == IG_GRID_GATEWAY ? grid->dims[IG_DIM_ENTITY].sets.count : holder;
}

static bool is_only_held(const struct ig_grid_point *point, const bool *anybody)
{
	return point->holder != IG_GRID_NOBODY && point->name == IG_GRID_UNNAMED &&
	       !anybody[point->addr];
}

static int add_holders(struct pieces *p, int family, const struct numbers *remotes,
		       const bool *anybody, struct ig_piece *piece)
{
	const struct ig_grid_remotes *all = &p->grid->remotes[family];
	const struct ig_cut_dim *dim = &p->grid->dims[ig_addr_dim(family)];
	_free_ bool *said = calloc(p->grid->dims[IG_DIM_ENTITY].sets.count + 1, sizeof(*said));
	int err = said ? 0 : -ENOMEM;

	for (size_t i = 0; i < all->n_points && !err; i++) {
		const struct ig_grid_point *point = &all->points[i];

		if (!is_only_held(point, anybody) || !has_point(remotes, family, point))
			continue;
		said[holder_number(p->grid, point->holder)] = true;
		err = add_holder(p->grid, point->holder, &piece->holders);
		err = err ?: add_class(dim, point->addr, &piece->where[family]);
	}
	for (size_t i = 0; i < all->n_points && !err; i++) {
		const struct ig_grid_point *point = &all->points[i];

		if (is_only_held(point, anybody) && said[holder_number(p->grid, point->holder)] &&
		    !has_point(remotes, family, point) && has_point(&p->remotes, family, point))
			piece->holders_everywhere = false;
	}
	return err;
}

/* Addresses of a family that nobody else has to hold, and then the machines that it is about
 * wherever they are: those at addresses where others are not meant. */
static int add_family(struct pieces *p, int family, const struct numbers *remotes,
		      struct ig_piece *piece)
{
	const struct ig_grid_remotes *all = &p->grid->remotes[family];
	const struct ig_cut_dim *dim = &p->grid->dims[ig_addr_dim(family)];
	_free_ bool *anybody = calloc(dim->sets.count + 1, sizeof(*anybody));
	int err = anybody ? 0 : -ENOMEM;

	for (size_t i = 0; i < all->n_points && !err; i++) {
		const struct ig_grid_point *point = &all->points[i];

		if (point->holder != IG_GRID_NOBODY || point->name != IG_GRID_UNNAMED ||
		    !has_point(remotes, family, point))
			continue;
		anybody[point->addr] = true;
		err = add_class(dim, point->addr, &piece->addr[family]);
	}
	err = err ?: add_holders(p, family, remotes, anybody, piece);
	ig_ranges_normalise(&piece->addr[family]);
	ig_ranges_normalise(&piece->where[family]);
	ig_ranges_normalise(&piece->holders);
	return err;
}

/* --- names --- */

/* What is meant of a class of names. */
struct naming {
	bool said;
	bool beyond_local;		/* at a global address, too */
	bool misses_some, misses_local; /* of what the rule decides about by that name */
};

struct namings {
	const struct numbers *remotes;
	struct naming *of; /* by class */
};

typedef int (*naming_fn)(struct pieces *p, int family, const struct ig_grid_point *point,
			 struct namings *namings, struct ig_piece *piece);

static enum ig_piece_names where_is(const struct naming *n)
{
	if (!n->misses_some)
		return IG_PIECE_NAMES_ALL;
	return n->misses_local || n->beyond_local ? IG_PIECE_NAMES_AT : IG_PIECE_NAMES_LOCAL;
}

static int note_named(struct pieces *p, int family, const struct ig_grid_point *point,
		      struct namings *namings, struct ig_piece *piece)
{
	struct naming *n = &namings->of[point->name];

	(void)piece;
	if (has_point(namings->remotes, family, point)) {
		n->said = true;
		n->beyond_local |= !point->local;
	} else if (has_point(&p->remotes, family, point)) {
		n->misses_some = true;
		n->misses_local |= point->local;
	}
	return 0;
}

static int add_addresses(struct pieces *p, int family, const struct ig_grid_point *point,
			 struct namings *namings, struct ig_piece *piece)
{
	if (where_is(&namings->of[point->name]) != IG_PIECE_NAMES_AT ||
	    !has_point(namings->remotes, family, point))
		return 0;
	return add_class(&p->grid->dims[ig_addr_dim(family)], point->addr, &piece->named[family]);
}

/* What is not meant without its name. */
static int each_named(struct pieces *p, naming_fn do_it, struct namings *namings,
		      struct ig_piece *piece)
{
	bool unnamed = false;
	int err = 0;

	for (int family = IG_FAMILY_V4; family <= IG_FAMILY_V6; family++) {
		const struct ig_grid_remotes *all = &p->grid->remotes[family];

		for (size_t i = 0; i < all->n_points && !err; i++) {
			const struct ig_grid_point *point = &all->points[i];

			if (point->name == IG_GRID_UNNAMED)
				unnamed = has_point(namings->remotes, family, point);
			else if (!unnamed)
				err = do_it(p, family, point, namings, piece);
		}
	}
	return err;
}

static int add_names(struct pieces *p, const struct numbers *remotes, struct ig_piece *piece)
{
	const struct ig_cut_dim *dim = &p->grid->dims[IG_GRID_NAMES];
	_free_ struct naming *of = calloc(dim->sets.count + 1, sizeof(*of));
	struct namings namings = {.remotes = remotes, .of = of};
	int err = of ? each_named(p, note_named, &namings, piece) : -ENOMEM;

	err = err ?: each_named(p, add_addresses, &namings, piece);
	for (uint32_t n = 0; n < dim->sets.count && !err; n++) {
		if (of[n].said)
			err = add_class(dim, n, &piece->names[where_is(&of[n])]);
	}
	for (int where = 0; where < IG_PIECE_NAMES_MAX; where++)
		ig_ranges_normalise(&piece->names[where]);
	ig_ranges_normalise(&piece->named[0]);
	ig_ranges_normalise(&piece->named[1]);
	return err;
}

static int add_ether(struct pieces *p, const struct numbers *remotes, struct ig_piece *piece)
{
	const struct ig_grid_remotes *all = &p->grid->remotes[IG_FAMILY_ETHER];
	int err = 0;

	for (size_t i = 0; i < all->n_points && !err; i++) {
		const struct ig_grid_point *point = &all->points[i];

		if (!has_point(remotes, IG_FAMILY_ETHER, point))
			continue;
		if (point->holder == IG_GRID_NOBODY)
			piece->ether_anybody = true;
		else
			err = add_holder(p->grid, point->holder, &piece->ether_holders);
	}
	ig_ranges_normalise(&piece->ether_holders);
	return err;
}

static int add_remotes(struct pieces *p, const struct numbers *remotes, struct ig_piece *piece)
{
	piece->all_remotes = remotes->count == p->remotes.count;
	piece->holders_everywhere = true;
	if (piece->all_remotes)
		return 0;
	return add_family(p, IG_FAMILY_V4, remotes, piece)
		       ?: add_family(p, IG_FAMILY_V6, remotes, piece)
		       ?: add_names(p, remotes, piece)
		       ?: add_ether(p, remotes, piece);
}

static int add_services(struct pieces *p, const struct numbers *services, struct ig_piece *piece)
{
	piece->all_services = services->count == p->services.count;
	return piece->all_services
		       ? 0
		       : spans_of(&p->grid->dims[IG_DIM_SERVICE], services, &piece->services);
}

/* Time is what is still to come. */
static bool covers_all(const struct ig_cut_dim *dim, const struct ig_ranges *set, uint32_t now)
{
	bool is_time = dim->spans[dim->count - 1].last == UINT32_MAX;
	struct ig_span all = {is_time ? now : 0, dim->spans[dim->count - 1].last};
	struct ig_ranges one = {.items = &all, .count = 1};

	return ig_ranges_cover(set, &one);
}

/* One condition: where it holds, in each dimension that says something. */
static int add_condition(struct pieces *p, const struct numbers *conds, struct ig_piece *piece)
{
	struct ig_ranges *const sets[] = {&piece->source_ports, &piece->dscps, &piece->times};
	const struct ig_grid *grid = p->grid;
	int err = 0;

	if (conds->count == p->conds.count)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		const struct ig_cut_dim *dim = &grid->dims[IG_DIM_CONDITIONS + i];

		for (size_t k = 0; k < grid->n_cond_points && dim->sets.count > 1 && !err; k++) {
			if (contains(conds, grid->cond_points[k].class))
				err = add_class(dim, grid->cond_points[k].of[i], sets[i]);
		}
		ig_ranges_normalise(sets[i]);
		if (sets[i]->count && covers_all(dim, sets[i], grid->now))
			ig_ranges_clear(sets[i]); /* it says nothing */
	}
	return err;
}

static int add_piece(struct pieces *p, const struct numbers *remotes,
		     const struct numbers *services, const struct numbers *conds)
{
	struct ig_piece *piece;

	if (p->out->n_pieces == IG_PIECES_MAX) {
		p->out->more = true;
		return 0;
	}
	piece = &p->out->pieces[p->out->n_pieces++];
	return add_remotes(p, remotes, piece)
		       ?: add_services(p, services, piece)
		       ?: add_condition(p, conds, piece);
}

/* --- groups of rows to pieces --- */

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->service != y->service)
		return x->service < y->service ? -1 : 1;
	return x->cond < y->cond ? -1 : x->cond > y->cond;
}

/* Services of @rows (of one group, sorted) that have the same conditions as the first one that is
 * left, whose rows are taken. */
static int take_piece(struct pieces *p, const struct row *rows, size_t n, bool *taken)
{
	struct numbers services = {calloc(n, sizeof(uint32_t)), 0};
	struct numbers conds = {calloc(n, sizeof(uint32_t)), 0};
	struct numbers remotes = {(uint32_t *)rows->remotes, rows->n_remotes};
	size_t first = 0;
	int err = services.items && conds.items ? 0 : -ENOMEM;

	while (taken[first])
		first++;
	for (size_t i = first; i < n && rows[i].service == rows[first].service && !err; i++)
		conds.items[conds.count++] = rows[i].cond;
	for (size_t i = first, end; i < n && !err; i = end) {
		bool same = !taken[i];

		for (end = i; end < n && rows[end].service == rows[i].service; end++)
			same = same && contains(&conds, rows[end].cond);
		if (!same || end - i != conds.count)
			continue;
		services.items[services.count++] = rows[i].service;
		memset(&taken[i], true, end - i);
	}
	err = err ?: add_piece(p, &remotes, &services, &conds);
	free(services.items);
	free(conds.items);
	return err;
}

static int take_group(struct pieces *p, const struct row *rows, size_t n)
{
	_free_ bool *taken = calloc(n, sizeof(*taken));
	int err = taken ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		if (!taken[i])
			err = take_piece(p, rows, n, taken);
	}
	return err;
}

static int take_groups(struct pieces *p)
{
	int err = 0;

	qsort(p->rows, p->n_rows, sizeof(*p->rows), compare_rows);
	for (size_t i = 0, end; i < p->n_rows && !err && !p->out->more; i = end) {
		for (end = i; end < p->n_rows && p->rows[end].group == p->rows[i].group;)
			end++;
		err = take_group(p, &p->rows[i], end - i);
	}
	return err;
}

int ig_pieces_make(const struct ig_grid *grid, const struct ig_cells *some,
		   const struct ig_cells *all, struct ig_difference *out)
{
	_cleanup_(pieces_free) struct pieces p = {.grid = grid, .out = out};
	int err;

	out->pieces = calloc(IG_PIECES_MAX, sizeof(*out->pieces));
	if (!out->pieces)
		return -ENOMEM;
	err = all_of(all, offsetof(struct ig_cell, remote), &p.remotes);
	err = err ?: all_of(all, offsetof(struct ig_cell, service), &p.services);
	err = err ?: all_of(all, offsetof(struct ig_cell, cond), &p.conds);
	err = err ?: make_rows(&p, some);
	err = err ?: group_rows(&p);
	return err ?: take_groups(&p);
}
