/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of numbers as lists of inclusive ranges: addresses, device indices, services. What a
 * compiled rule matches in one dimension is such a set.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule.h"

/* Wide enough for an IPv6 address in host order. */
typedef unsigned __int128 ig_number;

struct ig_span {
	ig_number first;
	ig_number last;
};

struct ig_ranges {
	struct ig_span *items;
	size_t count;
	size_t capacity;
};

int ig_ranges_add(struct ig_ranges *set, ig_number first, ig_number last); /* 0, -ENOMEM */
int ig_ranges_add_all(struct ig_ranges *set, const struct ig_ranges *other);
/* Sorts, and joins what overlaps or touches. */
void ig_ranges_normalise(struct ig_ranges *set);
/* Takes @other (normalised) out of @set (normalised). */
int ig_ranges_subtract(struct ig_ranges *set, const struct ig_ranges *other);
/* Of normalised ones: is @n in it, are all of @some in it, have they a number in common? */
bool ig_ranges_contain(const struct ig_ranges *set, ig_number n);
bool ig_ranges_cover(const struct ig_ranges *all, const struct ig_ranges *some);
bool ig_ranges_overlap(const struct ig_ranges *a, const struct ig_ranges *b);
void ig_ranges_clear(struct ig_ranges *set);

/* Addresses as numbers: IPv4 in 32 bits, IPv6 in 128. */
ig_number ig_number_of_addr(const uint8_t addr[16]); /* of a v4-mapped one: the IPv4 address */
struct ig_span ig_span_of_prefix(const struct ig_prefix *prefix);
