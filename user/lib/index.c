/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "index.h"
#include "util.h"

struct slot {
	const void *key; /* NULL: free */
	uint32_t size;
	uint32_t space;
	uint64_t hash;
	size_t position;
};

/* Open addressing with linear probing, at most two thirds full. */
struct ig_index {
	struct slot *slots;
	size_t capacity; /* a power of two */
	size_t count;
	uint64_t seed;
};

#define FIRST_CAPACITY 64

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply and fold, eight bytes at a time; the seed enters every step. */
static uint64_t hash_of(const struct ig_index *index, unsigned int space, const void *key,
			size_t size)
{
	const unsigned char *bytes = key;
	uint64_t hash = mix(index->seed ^ space, 0x9e3779b97f4a7c15ull ^ size);

	while (size) {
		size_t part = size < 8 ? size : 8;
		uint64_t word = 0;

		memcpy(&word, bytes, part);
		hash = mix(hash ^ word ^ 0xa0761d6478bd642full, index->seed | 1);
		bytes += part;
		size -= part;
	}
	return mix(hash, 0xe7037ed1a0b428dbull);
}

static struct slot *probe(const struct ig_index *index, uint64_t hash, unsigned int space,
			  const void *key, size_t size)
{
	for (size_t at = hash & (index->capacity - 1);; at = (at + 1) & (index->capacity - 1)) {
		struct slot *slot = &index->slots[at];

		if (!slot->key)
			return slot;
		if (slot->hash == hash && slot->space == space && slot->size == size &&
		    !memcmp(slot->key, key, size))
			return slot;
	}
}

static int enlarge(struct ig_index *index)
{
	struct ig_index larger = {.capacity = index->capacity * 2, .seed = index->seed};

	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < index->capacity; i++) {
		const struct slot *slot = &index->slots[i];

		if (slot->key)
			*probe(&larger, slot->hash, slot->space, slot->key, slot->size) = *slot;
	}
	free(index->slots);
	index->slots = larger.slots;
	index->capacity = larger.capacity;
	return 0;
}

struct ig_index *ig_index_new(void)
{
	_free_ struct ig_index *index = calloc(1, sizeof(*index));

	if (!index)
		return NULL;
	index->capacity = FIRST_CAPACITY;
	index->slots = calloc(index->capacity, sizeof(*index->slots));
	if (!index->slots)
		return NULL;
	/* Early in boot there may be no randomness yet; an address is better than waiting. */
	if (getrandom(&index->seed, sizeof(index->seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(index->seed))
		index->seed = (uintptr_t)index->slots;
	return take_ptr(index);
}

void ig_index_free(struct ig_index *index)
{
	if (!index)
		return;
	free(index->slots);
	free(index);
}

int ig_index_add(struct ig_index *index, unsigned int space, const void *key, size_t size,
		 size_t position, size_t *existing)
{
	uint64_t hash = hash_of(index, space, key, size);
	struct slot *slot;

	if (index->count >= index->capacity / 3 * 2 && enlarge(index))
		return -ENOMEM;
	slot = probe(index, hash, space, key, size);
	if (slot->key) {
		if (existing)
			*existing = slot->position;
		return -EEXIST;
	}
	*slot = (struct slot){key, (uint32_t)size, space, hash, position};
	index->count++;
	return 0;
}

size_t ig_index_find(const struct ig_index *index, unsigned int space, const void *key, size_t size)
{
	const struct slot *slot = probe(index, hash_of(index, space, key, size), space, key, size);

	return slot->key ? slot->position : IG_INDEX_NONE;
}
