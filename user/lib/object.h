/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel side as this process holds it: file descriptors of the programs and of every map,
 * freshly loaded or opened from pins.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "abi.h"
#include "diag.h"

/* Every map of maps/, by its name there. The first N_SLOTTED are the policy maps, of two slots. */
#define IG_MAPS(X)      \
	X(devices)      \
	X(addresses)    \
	X(ports)        \
	X(networks)     \
	X(services)     \
	X(patterns)     \
	X(policy)       \
	X(dictionary)   \
	X(control)      \
	X(before_xdp)   \
	X(before_tc)    \
	X(trial)        \
	X(changes)      \
	X(replay)       \
	X(state)        \
	X(device_stats) \
	X(bindings)     \
	X(held)         \
	X(flows4)       \
	X(flows6)       \
	X(ring4)        \
	X(ring6)        \
	X(flow_counts)  \
	X(fragments)    \
	X(refusals)     \
	X(awaited)      \
	X(names)        \
	X(pins)         \
	X(unread)       \
	X(events)       \
	X(suppress)     \
	X(event_stats)  \
	X(reason_stats)

enum ig_map {
#define X(name) IG_MAP_##name,
	IG_MAPS(X)
#undef X
		IG_MAP_MAX,
};

#define IG_MAP_SLOTTED (IG_MAP_dictionary + 1)

extern const char *const ig_map_names[IG_MAP_MAX];

/* What the per-device and per-flow maps are made for. */
struct ig_sizes {
	uint32_t device_slots;
	uint32_t flow_slots;
	uint32_t pin_places; /* of each device; 0: as many as so many devices have */
};

struct ig_object {
	int maps[IG_MAP_MAX];
	int slots[IG_SLOTS][IG_MAP_SLOTTED]; /* inner maps: -1 while a slot was never filled */
	int from_device;		     /* program fds */
	int to_device;
	int operate; /* -1 for a reader that may not */
	int resolve; /* likewise; members of the group may */
	char *dir;   /* where all of it is pinned; NULL: nowhere */
	struct ig_control
		*control; /* mapped; NULL for a reader, whose descriptors the kernel does not map */
	struct ig_replay *replay; /* mapped in a replaying instance, NULL otherwise */
};

#define IG_OBJECT_NONE                                                               \
	((struct ig_object){                                                         \
		.maps = {[0 ... IG_MAP_MAX - 1] = -1},                               \
		.slots = {[0 ... IG_SLOTS - 1] = {[0 ... IG_MAP_SLOTTED - 1] = -1}}, \
		.from_device = -1,                                                   \
		.to_device = -1,                                                     \
		.operate = -1,                                                       \
		.resolve = -1,                                                       \
	})

/* Loads programs and makes maps. 0, or -errno with a diagnostic that says what is missing. */
int ig_object_load(struct ig_diags *diags, const struct ig_sizes *sizes, bool replaying,
		   struct ig_object *out);
/* Loads programs onto the maps of @old, as they are. 0, or -errno with a diagnostic. */
int ig_object_load_onto(struct ig_diags *diags, const struct ig_object *old, struct ig_object *out);
/* The programs of @object hand on to those of @old, until ig_object_take_over(). 0, -errno. */
int ig_object_hand_on(const struct ig_object *object, const struct ig_object *old);
void ig_object_take_over(const struct ig_object *object);
void ig_object_close(struct ig_object *object); /* safe on IG_OBJECT_NONE, and twice */

/* Pins programs and maps in @dir, which it makes; inner maps in @dir/slot0 and @dir/slot1, so that
 * a reader needs no right to open maps by their number. */
int ig_object_pin(struct ig_object *object, const char *dir);
/* Its programs take the place of those that are pinned there, one by one. */
int ig_object_pin_programs(const struct ig_object *object);
/* An inner map takes its place in a slot: object and, if there are pins, file system. The object
 * owns @fd, even when that fails. */
int ig_object_set_slot(struct ig_object *object, uint32_t slot, enum ig_map map, int fd);
/* Opens what was pinned there. @writable: false for readers, who need no capability. 0, -ENOENT,
 * -errno. */
int ig_object_open(const char *dir, bool writable, struct ig_object *out);

/* What is pinned as ig_resolve by now, after an upgrade of the programs. The one before stays where that fails. */
void ig_object_renew_resolve(struct ig_object *object);

/* Lets the group that @dir belongs to read a pin. Who cannot be let in reads as root. */
void ig_pin_share(const char *path, const char *dir, unsigned int mode);

/* What the programs remember to have refused is judged anew. */
void ig_object_forget_refusals(const struct ig_object *object);

/* What the control map says now. */
int ig_object_control(const struct ig_object *object, struct ig_control *out);

/* Tells builds of the programs apart. */
uint64_t ig_object_hash(void);

/* Writes the names of capabilities that the loader needs and this process lacks, "CAP_A, CAP_B". How many. */
size_t ig_capabilities_names(char *names, size_t size);

/* Adds a diagnostic that names the capabilities this process lacks; false if it has all that the
 * loader needs. */
bool ig_capabilities_missing(struct ig_diags *diags);
