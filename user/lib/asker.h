/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A policy that can be asked questions: the one in force or that of an inventory, in a private instance, with what
 * machines are in now (which addresses they got, where they were heard). While it is open no loader changes what is in
 * force; what the questions do stays in the instance.
 */
#pragma once

#include "dictionary.h"
#include "frame.h"
#include "instance.h"
#include "placement.h"
#include "policy.h"
#include "site.h"

struct ig_asker {
	struct iotguard *ig;
	struct iotguard quiet; /* what goes wrong while something is tried is not said */
	int lock;
	struct ig_object live; /* what is in force; IG_OBJECT_NONE: nothing is */
	bool given;	       /* what is asked is an inventory, and not what is in force */
	struct iotguard_inventory
		*inv; /* that, or the one in force where its file is still the same; NULL: it is not
					   known */
	bool owned;   /* and it was read here */
	struct iotguard_instance *instance;
	const struct ig_object *object; /* its maps */
	void *bytes;			/* of the dictionary of what is asked */
	struct ig_dictionary dict;
	uint64_t generation; /* in force; 0: an inventory is asked */
	bool clock_right;
	/* how an inventory is put in force here */
	bool placed;
	struct ig_placement placement;
	struct ig_machine_site site;
	bool tried; /* something else is in force in the instance now */
};

/* @inv NULL: what is in force. 0; -ENOENT: nothing is; -errno with a diagnostic. Close it in any case. */
int ig_asker_open(struct ig_asker *asker, struct iotguard *ig, struct iotguard_inventory *inv,
		  int lock_timeout_ms);
void ig_asker_close(struct ig_asker *asker);

/* Machines are in again what they are in on the live gateway now, and what was asked is forgotten. 0, -errno. */
int ig_asker_refresh(struct ig_asker *asker);

/* Judges a frame at an interface; 0: ports are not checked. 0, -errno. */
int ig_asker_ask(struct ig_asker *asker, enum iotguard_side side, const struct ig_frame *frame,
		 unsigned int ifindex, struct iotguard_verdict *verdict);

/* Puts the inventory in force in the instance as it is now, which may have been changed. -EINVAL: it is none that could
 * be applied. */
int ig_asker_try(struct ig_asker *asker);
/* Puts back in force there what is asked. */
int ig_asker_restore(struct ig_asker *asker);
