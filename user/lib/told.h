/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What machines were told of which name, apart from a run of the kernel: machines are told by what a policy recognises
 * those of another one by, and time is that of the world.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "abi.h"
#include "clock.h"

struct ig_object;

#define IG_TOLD_NAME \
	254 /* bytes of a domain name as text, its zero byte included (RFC 1035: 255 as it is sent) */
#define IG_TOLD_MAX (1u << 16) /* entries of a list that is saved */

struct ig_told {
	struct ig_mac machine;	 /* ig_machine_key() */
	char name[IG_TOLD_NAME]; /* as rules spell it; ig_told_is_name() */
	uint8_t addr[16];
	uint64_t expires_at; /* seconds since the epoch */
};

struct ig_told_list {
	struct ig_told *items; /* ig_told_sort() */
	size_t count, capacity;
};

/* A name that the programs pin addresses to: labels of 1 to 63 characters that are none of a space, a capital letter or
 * beyond ASCII, and dots between them. */
bool ig_told_is_name(const char *text);

int ig_told_add(struct ig_told_list *list, const struct ig_told *told); /* 0, -ENOMEM */
void ig_told_clear(struct ig_told_list *list);
/* By machine, name and address: as memcmp(). */
int ig_told_compare(const struct ig_told *a, const struct ig_told *b);
/* In this order; of those that are the same the one that ends last is left. */
void ig_told_sort(struct ig_told_list *list);

/*
 * Of machines of the policy in force, sorted. Where there are more than IG_TOLD_MAX, those that a rule spoke of when they
 * were pinned come first. Needs to read only. 0, -errno; @out is to be cleared either way.
 */
int ig_told_read(const struct ig_object *object, struct ig_time now, struct ig_told_list *out);

/*
 * Tells it the machines of the policy in @slot once more, by the programs' own rules, which give each address an hour
 * at least; only while nothing is in force. @list is sorted. What may not be pinned, and machines that are not known,
 * are passed over. @names: how many were restored. 0, -errno.
 */
int ig_told_put(const struct ig_object *object, uint32_t slot, const struct ig_told_list *list,
		struct ig_time now, size_t *names);
