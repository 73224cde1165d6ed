/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules that both lists have, in the same order, answer alike what no other rule matches. So only
 * what the others match has to be asked. Which ones are others is found as by diff(1): what is
 * equal at the beginning and at the end, and between these the longest common subsequence.
 */

#include <errno.h>

#include "contrast_internal.h"
#include "util.h"

#define TABLE_MAX (1u << 20) /* entries */

struct alignment {
	const struct ig_stance *stances[2];
	size_t first, last[2]; /* what is left between: positions from first to before last */
	uint16_t *lengths;     /* of the longest common subsequence from there on */
	size_t width;
	bool apart;
};

static bool is_equal(const struct alignment *a, size_t i, size_t k)
{
	return ig_rules_are_equal(&a->stances[0]->rules[i], &a->stances[1]->rules[k], a->apart);
}

static void trim(struct alignment *a)
{
	a->last[0] = a->stances[0]->count;
	a->last[1] = a->stances[1]->count;
	while (a->first < a->last[0] && a->first < a->last[1] && is_equal(a, a->first, a->first))
		a->first++;
	while (a->last[0] > a->first && a->last[1] > a->first &&
	       is_equal(a, a->last[0] - 1, a->last[1] - 1)) {
		a->last[0]--;
		a->last[1]--;
	}
}

static uint16_t *length_at(struct alignment *a, size_t i, size_t k)
{
	return &a->lengths[(i - a->first) * a->width + (k - a->first)];
}

static void fill(struct alignment *a)
{
	for (size_t i = a->last[0]; i-- > a->first;) {
		for (size_t k = a->last[1]; k-- > a->first;) {
			uint16_t down = *length_at(a, i + 1, k), right = *length_at(a, i, k + 1);

			*length_at(a, i, k) = is_equal(a, i, k) ? *length_at(a, i + 1, k + 1) + 1
								: (down > right ? down : right);
		}
	}
}

static void set_bit(uint64_t *set, size_t bit)
{
	set[bit / 64] |= 1ull << (bit % 64);
}

static void mark(struct alignment *a, struct ig_grid *grid)
{
	size_t i = a->first, k = a->first;

	while (i < a->last[0] || k < a->last[1]) {
		bool both = i < a->last[0] && k < a->last[1] && a->lengths;

		if (both && is_equal(a, i, k)) {
			i++;
			k++;
		} else if (k == a->last[1] ||
			   (i < a->last[0] &&
			    (!both || *length_at(a, i + 1, k) >= *length_at(a, i, k + 1)))) {
			set_bit(grid->others, grid->first_bit[0] + i++);
		} else {
			set_bit(grid->others, grid->first_bit[1] + k++);
		}
	}
}

int ig_grid_align(struct ig_grid *grid, bool all, bool apart)
{
	struct alignment a = {.stances = {grid->stances[0], grid->stances[1]}, .apart = apart};
	_free_ uint16_t *lengths = NULL;
	size_t height;

	if (all) {
		a.last[0] = a.stances[0]->count;
		a.last[1] = a.stances[1]->count;
	} else {
		trim(&a);
	}
	a.width = a.last[1] - a.first + 1;
	height = a.last[0] - a.first + 1;
	if (!all && a.width * height <= TABLE_MAX) {
		lengths = calloc(a.width * height, sizeof(*lengths));
		if (!lengths)
			return -ENOMEM;
		a.lengths = lengths;
		fill(&a);
	}
	mark(&a, grid);
	return 0;
}
