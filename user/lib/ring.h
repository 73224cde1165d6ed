/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring buffer of the kernel, read in two steps: what was looked at stays in the ring until it is
 * settled, so that the next reader gets it again if this one is killed in between.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ig_ring {
	uint64_t *consumer;	  /* what the kernel may overwrite ends there */
	const uint64_t *producer; /* what was written ends there */
	const uint8_t *data;
	size_t size;	/* of the data, a power of two */
	uint64_t at;	/* how far this reader has looked */
	uint64_t end;	/* where what was written ended when this reader last asked */
	uint64_t round; /* how often it did: only when it had looked at everything up to there */
};

#define IG_RING_NONE ((struct ig_ring){})

/* @fd: of the map, which the caller keeps. 0, -errno. */
int ig_ring_open(struct ig_ring *ring, int fd);
void ig_ring_close(struct ig_ring *ring); /* safe on IG_RING_NONE, and twice */

/* The next record, which stays where it is until ig_ring_settle(); NULL: no finished one. */
const void *ig_ring_next(struct ig_ring *ring, size_t *size);
/* Gives everything that was looked at back to the kernel. */
void ig_ring_settle(struct ig_ring *ring);
bool ig_ring_is_settled(const struct ig_ring *ring);
