/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two slots hold compiled policy; the generation says which is in force. A new policy is written
 * whole into the idle slot, then one store flips: every packet reads the generation once, so it
 * sees the old policy or the new one. A slot keeps what it was filled with until it is filled again, so
 * the policy before can come back: under a new number of the same parity.
 */
#pragma once

#include "compile.h"
#include "object.h"
#include "slot.h"

uint64_t ig_generation_now(const struct ig_object *object);

/*
 * Fills the slot of @generation, which is not the one in force, after the grace period that it may need first. Killed in
 * the middle, or failing, it leaves the policy in force untouched, and a slot that nobody may go back to. 0, -errno.
 */
int ig_generation_write(struct ig_object *object, const struct ig_image *image, uint64_t generation,
			ig_ifindex_fn ifindex, void *context);
/* The same with a policy that guards nothing: where it is in force, all passes. */
int ig_generation_write_open(struct ig_object *object, uint64_t generation);

/* Puts what was written in force. Returns the new generation. */
uint64_t ig_generation_flip(const struct ig_object *object);

/* Is there a policy before that of generation @now, which would be in force again as @now + 1? @open: it guards nothing.
 * -ENOENT: there is none, only half of one, or one that never was in force. */
int ig_generation_before(const struct ig_object *object, uint64_t now, bool *open);

/* Does the policy in force guard nothing at all? */
bool ig_generation_is_open(const struct ig_object *object);

/* Puts the policy that is in force in @old in force in @now, which is new: the inner maps are
 * shared. 0, -errno. */
int ig_generation_adopt(struct ig_object *now, const struct ig_object *old);

/* Waits until no program uses what was in force before the flip, so that its slot may be filled
 * again. Costs nothing where that was waited for before. */
void ig_generation_settle(const struct ig_object *object);

/* A copy of the dictionary of @generation, which the caller frees. -ENOENT: it is not there any
 * more, or not here: an object that was opened from pins knows the maps that there were
 * then. */
int ig_generation_dictionary(const struct ig_object *object, uint64_t generation, void **bytes,
			     size_t *size);

/* What that dictionary begins with: the same errors. */
int ig_generation_header(const struct ig_object *object, uint64_t generation,
			 struct ig_dict_header *out);

/* Are these @n blocks those from @first on, in @map of the slot in force? */
bool ig_generation_has(const struct ig_object *object, enum ig_map map, uint32_t first,
		       const struct ig_block *blocks, uint32_t n);

/* File descriptor of the inner map in force, the object's; -1: there is none. */
int ig_generation_map(const struct ig_object *object, enum ig_map map);
