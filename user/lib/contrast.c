/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "contrast_internal.h"
#include "index.h"
#include "util.h"

#define NO_BIT SIZE_MAX

/* --- asking both --- */

struct answer {
	size_t first; /* rule of the stance; NO_BIT: none */
	bool admits;
	bool in_quarantine;
	bool critical;
};

static bool bit_of(const uint64_t *set, size_t bit)
{
	return set[bit / 64] >> (bit % 64) & 1;
}

/* The lowest bit of a stance's part of @set, and of @mask if that is not NULL. */
static size_t first_match(const struct ig_grid *grid, int stance, const uint64_t *set,
			  const uint64_t *mask)
{
	size_t w = grid->first_bit[stance] / 64;
	size_t end = stance ? grid->width : grid->first_bit[1] / 64;

	for (; w < end; w++) {
		uint64_t bits = set[w] & (mask ? mask[w] : ~0ull);

		if (bits)
			return w * 64 + (size_t)__builtin_ctzll(bits);
	}
	return NO_BIT;
}

static void ask(const struct ig_grid *grid, int stance, const uint64_t *set, struct answer *out)
{
	size_t first = first_match(grid, stance, set, NULL), kept = first;

	*out = (struct answer){.first = NO_BIT};
	if (first == NO_BIT)
		return;
	out->first = first - grid->first_bit[stance];
	out->admits = bit_of(grid->allow, first);
	if (!out->admits)
		return;
	out->critical = bit_of(grid->critical, first);
	if (!bit_of(grid->kept, first))
		kept = first_match(grid, stance, set, grid->kept);
	out->in_quarantine = kept != NO_BIT && bit_of(grid->allow, kept);
}

static bool differ(const struct answer *before, const struct answer *after, enum ig_effect *effect)
{
	if (before->admits != after->admits)
		*effect = after->admits ? IG_EFFECT_GAIN : IG_EFFECT_LOSS;
	else if (before->in_quarantine != after->in_quarantine)
		*effect = after->in_quarantine ? IG_EFFECT_SPARED : IG_EFFECT_NOT_SPARED;
	else if (before->critical != after->critical)
		*effect = after->critical ? IG_EFFECT_CRITICAL : IG_EFFECT_NOT_CRITICAL;
	else
		return false;
	return true;
}

/* --- what was found: pairs of rules, each with its cells --- */

struct pair_key {
	size_t effect, before, after;
};

struct pair {
	struct pair_key key;
	struct ig_cells cells;
};

struct walker {
	const struct ig_grid *grid;
	struct pair **pairs;
	size_t n_pairs, capacity;
	struct ig_index *index; /* of them */
	size_t n_cells, work;
	struct ig_cells *all; /* by bit: those that a rule decides about which something differs */
	uint64_t *wanted;     /* these rules */
	bool too_many;
};

static void walker_clear(struct walker *w)
{
	for (size_t i = 0; i < w->n_pairs; i++) {
		free(w->pairs[i]->cells.items);
		free(w->pairs[i]);
	}
	for (size_t i = 0; w->all && i < w->grid->width * 64; i++)
		free(w->all[i].items);
	free(w->pairs);
	free(w->all);
	free(w->wanted);
	ig_index_free(w->index);
}

static int add_cell(struct walker *w, struct ig_cells *cells, const struct ig_cell *cell)
{
	if (w->n_cells == IG_GRID_CELLS) {
		w->too_many = true;
		return 0;
	}
	if (!ig_grow(&cells->items, cells->count, &cells->capacity, sizeof(*cells->items)))
		return -ENOMEM;
	cells->items[cells->count++] = *cell;
	w->n_cells++;
	return 0;
}

static struct pair *find_pair(struct walker *w, const struct pair_key *key)
{
	size_t at = ig_index_find(w->index, 0, key, sizeof(*key));
	struct pair *pair;

	if (at != IG_INDEX_NONE)
		return w->pairs[at];
	if (!ig_grow(&w->pairs, w->n_pairs, &w->capacity, sizeof(struct pair *)))
		return NULL;
	pair = calloc(1, sizeof(*pair));
	if (!pair)
		return NULL;
	pair->key = *key;
	w->pairs[w->n_pairs] = pair;
	if (ig_index_add(w->index, 0, &pair->key, sizeof(pair->key), w->n_pairs, NULL)) {
		free(pair);
		return NULL;
	}
	w->n_pairs++;
	return pair;
}

static int note_difference(struct walker *w, const struct ig_cell *cell,
			   const struct answer answers[2])
{
	struct pair_key key = {.before = answers[0].first, .after = answers[1].first};
	enum ig_effect effect;
	struct pair *pair;

	if (!differ(&answers[0], &answers[1], &effect))
		return 0;
	key.effect = effect;
	pair = find_pair(w, &key);
	return pair ? add_cell(w, &pair->cells, cell) : -ENOMEM;
}

/* On the second walk: all that the rules decide about which something differs. */
static int note_decided(struct walker *w, const struct ig_cell *cell,
			const struct answer answers[2])
{
	int err = 0;

	for (int s = 0; s < 2 && !err; s++) {
		size_t bit = w->grid->first_bit[s] + answers[s].first;

		if (answers[s].first != NO_BIT && bit_of(w->wanted, bit))
			err = add_cell(w, &w->all[bit], cell);
	}
	return err;
}

typedef int (*note_fn)(struct walker *w, const struct ig_cell *cell,
		       const struct answer answers[2]);

/* What both have in common with @of: false if that is nothing. */
static bool intersect(struct walker *w, const uint64_t *a, const uint64_t *b, const uint64_t *of,
		      uint64_t *out)
{
	uint64_t any = 0;

	w->work += w->grid->width;
	for (size_t i = 0; i < w->grid->width; i++) {
		out[i] = a[i] & b[i];
		any |= out[i] & of[i];
	}
	return any;
}

/* @of: cells that none of these rules matches are left out. */
static int walk_services(struct walker *w, int family, struct ig_cell *cell, const uint64_t *base,
			 const uint64_t *of, uint64_t *set, note_fn note)
{
	const struct ig_grid *grid = w->grid;
	const struct ig_classes *services = &grid->dims[IG_DIM_SERVICE].sets;
	struct answer answers[2];
	int err = 0;

	for (uint32_t v = 0; v < services->count && !err && !w->too_many; v++) {
		if (!grid->service_of[family][v] ||
		    !intersect(w, base, ig_class_words(services, v), of, set))
			continue;
		ask(grid, 0, set, &answers[0]);
		ask(grid, 1, set, &answers[1]);
		cell->service = v;
		err = note(w, cell, answers);
	}
	w->too_many = w->too_many || w->work > IG_GRID_MOST;
	return err;
}

static int walk(struct walker *w, const uint64_t *of, note_fn note)
{
	const struct ig_grid *grid = w->grid;
	_free_ uint64_t *base = calloc(grid->width, sizeof(*base));
	_free_ uint64_t *set = calloc(grid->width, sizeof(*set));
	struct ig_cell cell;
	int err = base && set ? 0 : -ENOMEM;

	w->work = 0;
	for (int family = 0; family < IG_FAMILIES; family++) {
		const struct ig_classes *remotes = &grid->remotes[family].sets;

		for (uint32_t r = 0; r < remotes->count && !w->too_many; r++) {
			for (uint32_t k = 0; k < grid->conds.count && !err; k++) {
				cell = (struct ig_cell){.remote = IG_FAMILIES * r + family,
							.cond = k};
				if (intersect(w, ig_class_words(remotes, r),
					      ig_class_words(&grid->conds, k), of, base))
					err = walk_services(w, family, &cell, base, of, set, note);
			}
		}
	}
	return err;
}

/* --- from pairs to differences --- */

static int stance_of(const struct pair *pair)
{
	return ig_effect_is_of_before(pair->key.effect) ? 0 : 1;
}

static size_t rule_of(const struct pair *pair)
{
	return stance_of(pair) ? pair->key.after : pair->key.before;
}

static size_t bit_of_rule(const struct walker *w, const struct pair *pair)
{
	return w->grid->first_bit[stance_of(pair)] + rule_of(pair);
}

static int take_difference(struct walker *w, const struct pair *pair, struct ig_difference *out)
{
	const struct ig_cells *all = &w->all[bit_of_rule(w, pair)];

	*out = (struct ig_difference){
		.effect = pair->key.effect,
		.before = pair->key.before,
		.after = pair->key.after,
	};
	if (all->count == pair->cells.count)
		return 0; /* all that it decides */
	return ig_pieces_make(w->grid, &pair->cells, all, out);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = *(struct pair *const *)a, *y = *(struct pair *const *)b;
	size_t first = rule_of(x), second = rule_of(y);

	if (x->key.effect != y->key.effect)
		return x->key.effect < y->key.effect ? -1 : 1;
	if (first != second)
		return first < second ? -1 : 1;
	first = stance_of(x) ? x->key.before : x->key.after;
	second = stance_of(y) ? y->key.before : y->key.after;
	return first < second ? -1 : first > second;
}

static int find_all(struct walker *w)
{
	for (size_t i = 0; i < w->n_pairs; i++) {
		size_t bit = bit_of_rule(w, w->pairs[i]);

		w->wanted[bit / 64] |= 1ull << (bit % 64);
	}
	return walk(w, w->wanted, note_decided);
}

static int take_differences(struct walker *w, struct ig_contrast *out)
{
	int err;

	/* the index is of no use any more once they are in another order */
	if (w->n_pairs)
		qsort(w->pairs, w->n_pairs, sizeof(struct pair *), compare_pairs);
	out->items = calloc(w->n_pairs + 1, sizeof(*out->items));
	err = out->items ? find_all(w) : -ENOMEM;
	for (size_t i = 0; i < w->n_pairs && !err && !w->too_many; i++)
		err = take_difference(w, w->pairs[i], &out->items[out->count++]);
	return err;
}

/* --- what has several names --- */

static bool differs(struct walker *w, const uint64_t *one, const uint64_t *other,
		    const struct ig_cell *cell, uint64_t *set, enum ig_effect *effect)
{
	const uint64_t *services =
		ig_class_words(&w->grid->dims[IG_DIM_SERVICE].sets, cell->service);
	const uint64_t *conds = ig_class_words(&w->grid->conds, cell->cond);
	struct answer answers[2];

	w->work += w->grid->width;
	for (size_t i = 0; i < w->grid->width; i++)
		set[i] = (one[i] | other[i]) & services[i] & conds[i];
	ask(w->grid, 0, set, &answers[0]);
	ask(w->grid, 1, set, &answers[1]);
	return differ(&answers[0], &answers[1], effect);
}

/* Something that has both names is decided otherwise now, and not so what has one of them. */
static bool pair_differs(struct walker *w, int family, const uint64_t *a, const uint64_t *b,
			 uint64_t *set)
{
	const struct ig_grid *grid = w->grid;
	enum ig_effect both, one;
	struct ig_cell cell;

	for (cell.cond = 0; cell.cond < grid->conds.count; cell.cond++) {
		for (cell.service = 0; cell.service < grid->dims[IG_DIM_SERVICE].sets.count;
		     cell.service++) {
			if (!grid->service_of[family][cell.service] ||
			    !differs(w, a, b, &cell, set, &both) ||
			    (differs(w, a, a, &cell, set, &one) && one == both) ||
			    (differs(w, b, b, &cell, set, &one) && one == both))
				continue;
			return true;
		}
	}
	return false;
}

/* Two names are enough: of several, one has the rule that decides before, and one the rule that decides now. */
static int look_together(struct walker *w, int family, struct ig_index *known, uint64_t *set,
			 bool *found)
{
	const struct ig_grid_remotes *all = &w->grid->remotes[family];
	int err = 0;

	for (size_t i = 0; i < all->n_points && !*found; i++) {
		/* the other names of the same address and holder come next */
		for (size_t k = i + 1;
		     k < all->n_points && !*found && all->points[i].name != IG_GRID_UNNAMED &&
		     all->points[k].name != IG_GRID_UNNAMED;
		     k++) {
			uint32_t key[2] = {all->points[i].class, all->points[k].class};

			err = ig_index_add(known, family, key, sizeof(key), 0, NULL);
			if (err == -EEXIST)
				continue;
			if (err)
				return err;
			*found = pair_differs(w, family, ig_class_words(&all->sets, key[0]),
					      ig_class_words(&all->sets, key[1]), set) ||
				 w->work > IG_GRID_MOST;
		}
	}
	return 0;
}

static int find_together(struct walker *w, struct ig_contrast *out)
{
	_cleanup_(ig_index_freep) struct ig_index *known = ig_index_new();
	_free_ uint64_t *set = calloc(w->grid->width, sizeof(*set));
	bool found = false;
	int err = known && set ? 0 : -ENOMEM;

	w->work = 0;
	for (int family = IG_FAMILY_V4; family <= IG_FAMILY_V6 && !err && !found; family++)
		err = look_together(w, family, known, set, &found);
	if (!err && found) /* there is room for one more than there were pairs */
		out->items[out->count++] = (struct ig_difference){
			IG_EFFECT_TOGETHER, IG_NO_STANCE, IG_NO_STANCE, NULL, 0, false};
	return err;
}

static int ask_all(const struct ig_grid *grid, struct ig_contrast *out, bool *too_many)
{
	_cleanup_(walker_clear) struct walker w = {
		.grid = grid,
		.index = ig_index_new(),
		.all = calloc(grid->width * 64, sizeof(*w.all)),
		.wanted = calloc(grid->width, sizeof(*w.wanted)),
	};
	int err;

	if (!w.index || !w.all || !w.wanted)
		return -ENOMEM;
	err = walk(&w, grid->others, note_difference);
	if (!err && !w.too_many)
		err = take_differences(&w, out);
	if (!err && !w.too_many)
		err = find_together(&w, out);
	*too_many = w.too_many;
	return err;
}

/* --- rule by rule --- */

static int add_coarse(struct ig_contrast *out, enum ig_effect effect, size_t before, size_t after)
{
	out->items[out->count++] =
		(struct ig_difference){.effect = effect, .before = before, .after = after};
	return 0;
}

/* Each rule of one that the other one has as well is taken off against it. */
static int compare_rules(const struct ig_stance *before, const struct ig_stance *after, bool apart,
			 struct ig_contrast *out)
{
	_free_ bool *used = calloc(before->count + 1, sizeof(*used));

	out->coarse = true;
	out->items = calloc(before->count + after->count + 1, sizeof(*out->items));
	if (!used || !out->items)
		return -ENOMEM;
	for (size_t i = 0; i < after->count; i++) {
		const struct ig_stance_rule *rule = &after->rules[i];
		size_t k = 0;

		while (k < before->count &&
		       (used[k] || !ig_rules_are_equal(&before->rules[k], rule, apart)))
			k++;
		used[k] = true;
		if (k == before->count)
			add_coarse(out, rule->allows ? IG_EFFECT_GAIN : IG_EFFECT_LOSS,
				   IG_NO_STANCE, i);
	}
	for (size_t k = 0; k < before->count; k++) {
		if (!used[k])
			add_coarse(out, before->rules[k].allows ? IG_EFFECT_LOSS : IG_EFFECT_GAIN,
				   k, IG_NO_STANCE);
	}
	if (!out->count) /* they are not equal one by one */
		add_coarse(out, IG_EFFECT_ORDER, IG_NO_STANCE, IG_NO_STANCE);
	return 0;
}

static bool are_equal(const struct ig_stance *before, const struct ig_stance *after, bool apart)
{
	if (before->count != after->count)
		return false;
	for (size_t i = 0; i < before->count; i++) {
		if (!ig_rules_are_equal(&before->rules[i], &after->rules[i], apart))
			return false;
	}
	return true;
}

int ig_contrast_make(const struct ig_stance *before, const struct ig_stance *after,
		     const struct ig_contrast_opts *opts, struct ig_contrast *out)
{
	_cleanup_(ig_grid_clear) struct ig_grid grid = {};
	bool too_many, apart;
	int err;

	*out = (struct ig_contrast){};
	err = ig_names_apart(before, after, opts, &apart);
	if (err)
		return err;
	/* of one machine's rules and another's, equal ones are no answer to each other */
	if (!opts->same_remote && are_equal(before, after, apart))
		return 0;
	err = ig_grid_make(&grid, before, after, opts, apart);
	too_many = !err && grid.too_large;
	if (!err && !too_many)
		err = ask_all(&grid, out, &too_many);
	if (!err && too_many) {
		ig_contrast_clear(out);
		err = compare_rules(before, after, apart, out);
	}
	if (err)
		ig_contrast_clear(out);
	return err;
}

static void piece_clear(struct ig_piece *piece)
{
	for (int family = 0; family < 2; family++) {
		ig_ranges_clear(&piece->addr[family]);
		ig_ranges_clear(&piece->where[family]);
		ig_ranges_clear(&piece->named[family]);
	}
	ig_ranges_clear(&piece->holders);
	for (int where = 0; where < IG_PIECE_NAMES_MAX; where++)
		ig_ranges_clear(&piece->names[where]);
	ig_ranges_clear(&piece->ether_holders);
	ig_ranges_clear(&piece->services);
	ig_ranges_clear(&piece->source_ports);
	ig_ranges_clear(&piece->dscps);
	ig_ranges_clear(&piece->times);
}

void ig_contrast_clear(struct ig_contrast *contrast)
{
	for (size_t i = 0; i < contrast->count; i++) {
		for (size_t k = 0; k < contrast->items[i].n_pieces; k++)
			piece_clear(&contrast->items[i].pieces[k]);
		free(contrast->items[i].pieces);
	}
	free(contrast->items);
	*contrast = (struct ig_contrast){};
}
