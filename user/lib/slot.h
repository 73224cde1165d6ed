/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An image into the maps of a slot that no program uses. A map that is there and has room is changed in place, row by
 * row and only where it differs: a change of one device costs little more than looking. Where there is none, or
 * it has become too small or far too large, a new one is stored.
 */
#pragma once

#include "compile.h"
#include "object.h"

/* Interfaces by name, for ports; @ifindex 0: there is none of that name. */
typedef unsigned int (*ig_ifindex_fn)(const char *name, void *context);

/* Takes an inner map (or the error that made none) into the slot: first its pin, then the outer map. 0, -errno. */
int ig_slot_store(struct ig_object *object, enum ig_map map, uint32_t slot, int inner);

/* Fills the slot of @generation. 0, -errno: the slot is of no use then. */
int ig_slot_fill(struct ig_object *object, const struct ig_image *image, uint64_t generation,
		 ig_ifindex_fn ifindex, void *context);
