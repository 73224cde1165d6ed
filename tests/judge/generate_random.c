/* SPDX-License-Identifier: BSD-2-Clause */
/* Randomness: xoshiro256**, seeded by splitmix64, the same everywhere and for ever. */
#include "generate.h"

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void random_seed(struct random *random, uint64_t seed)
{
	for (size_t i = 0; i < ARRAY_SIZE(random->state); i++)
		random->state[i] = splitmix(&seed);
}

static uint64_t rotate(uint64_t value, int by)
{
	return value << by | value >> (64 - by);
}

uint64_t random_next(struct random *random)
{
	uint64_t *s = random->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

uint32_t below(struct world *w, uint32_t n)
{
	return (uint32_t)((random_next(&w->random) >> 32) * n >> 32);
}

uint32_t between(struct world *w, uint32_t first, uint32_t last)
{
	return first + below(w, last - first + 1);
}

bool percent(struct world *w, uint32_t n)
{
	return below(w, 100) < n;
}

bool permille(struct world *w, uint32_t n)
{
	return below(w, 1000) < n;
}

void fill(struct world *w, void *to, size_t size)
{
	uint8_t *at = to;

	while (size) {
		uint64_t word = random_next(&w->random);
		size_t part = size < sizeof(word) ? size : sizeof(word);

		for (size_t i = 0; i < part; i++)
			at[i] = (uint8_t)(word >> 8 * i);
		at += part;
		size -= part;
	}
}
