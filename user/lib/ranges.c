/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "address.h"
#include "ranges.h"
#include "util.h"

int ig_ranges_add(struct ig_ranges *set, ig_number first, ig_number last)
{
	if (!ig_grow(&set->items, set->count, &set->capacity, sizeof(*set->items)))
		return -ENOMEM;
	set->items[set->count++] = (struct ig_span){first, last};
	return 0;
}

int ig_ranges_add_all(struct ig_ranges *set, const struct ig_ranges *other)
{
	for (size_t i = 0; i < other->count; i++) {
		if (ig_ranges_add(set, other->items[i].first, other->items[i].last))
			return -ENOMEM;
	}
	return 0;
}

static int compare_spans(const void *a, const void *b)
{
	const struct ig_span *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

void ig_ranges_normalise(struct ig_ranges *set)
{
	size_t kept = 0;

	if (set->count < 2)
		return;
	qsort(set->items, set->count, sizeof(*set->items), compare_spans);
	for (size_t i = 1; i < set->count; i++) {
		struct ig_span *last = &set->items[kept], *next = &set->items[i];

		/* the first comparison keeps last + 1 from wrapping */
		if (last->last >= next->first || last->last + 1 == next->first) {
			if (next->last > last->last)
				last->last = next->last;
		} else {
			set->items[++kept] = *next;
		}
	}
	set->count = kept + 1;
}

int ig_ranges_subtract(struct ig_ranges *set, const struct ig_ranges *other)
{
	struct ig_ranges result = {};
	int err = 0;

	for (size_t i = 0; i < set->count && !err; i++) {
		ig_number from = set->items[i].first, last = set->items[i].last;
		bool left = true;

		for (size_t k = 0; k < other->count && !err; k++) {
			const struct ig_span *hole = &other->items[k];

			if (hole->last < from)
				continue;
			if (hole->first > last)
				break;
			if (hole->first > from)
				err = ig_ranges_add(&result, from, hole->first - 1);
			if (hole->last >= last) {
				left = false;
				break;
			}
			from = hole->last + 1;
		}
		if (left && !err)
			err = ig_ranges_add(&result, from, last);
	}
	if (err) {
		ig_ranges_clear(&result);
		return err;
	}
	ig_ranges_clear(set);
	*set = result;
	return 0;
}

/* The first span that ends at @n or behind it, or the number of spans. */
static size_t find_span(const struct ig_ranges *set, ig_number n)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (set->items[middle].last < n)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool ig_ranges_contain(const struct ig_ranges *set, ig_number n)
{
	size_t at = find_span(set, n);

	return at < set->count && set->items[at].first <= n;
}

bool ig_ranges_cover(const struct ig_ranges *all, const struct ig_ranges *some)
{
	for (size_t i = 0; i < some->count; i++) {
		const struct ig_span *span = &some->items[i];
		size_t at = find_span(all, span->first);

		if (at == all->count || all->items[at].first > span->first ||
		    all->items[at].last < span->last)
			return false;
	}
	return true;
}

bool ig_ranges_overlap(const struct ig_ranges *a, const struct ig_ranges *b)
{
	const struct ig_ranges *few = a->count < b->count ? a : b, *many = few == a ? b : a;

	for (size_t i = 0; i < few->count; i++) {
		size_t at = find_span(many, few->items[i].first);

		if (at < many->count && many->items[at].first <= few->items[i].last)
			return true;
	}
	return false;
}

void ig_ranges_clear(struct ig_ranges *set)
{
	free(set->items);
	*set = (struct ig_ranges){};
}

ig_number ig_number_of_addr(const uint8_t addr[16])
{
	ig_number n = 0;

	for (int i = ig_addr_is_v4(addr) ? 12 : 0; i < 16; i++)
		n = n << 8 | addr[i];
	return n;
}

struct ig_span ig_span_of_prefix(const struct ig_prefix *prefix)
{
	ig_number first = ig_number_of_addr(prefix->addr);
	unsigned int free_bits = 128 - prefix->length;
	ig_number rest = free_bits == 128 ? ~(ig_number)0 : ((ig_number)1 << free_bits) - 1;

	return (struct ig_span){first, first | rest};
}
