/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the two programs on an interface and takes them off: pinned links, so that they outlive
 * every process. */
#pragma once

#include <stdbool.h>

#include "handle.h"
#include "interfaces.h"
#include "object.h"

/* Which halves were not there before. */
struct ig_attached {
	bool xdp;
	bool tc;
};

/*
 * Makes sure that an interface runs the programs of @object, whatever it ran of ours before:
 * attaches, or exchanges the program in an existing link without a gap. *fresh tells what of ours
 * was not there. 0, or -errno with a diagnostic and the interface as it was.
 */
int ig_attach(struct iotguard *ig, const struct ig_object *object,
	      const struct ig_interface *interface, bool require_native, struct ig_attached *fresh);

/* Takes them off. 0; -ENOENT where there was nothing; -errno. */
int ig_detach(struct iotguard *ig, const char *interface);

/* Names of the interfaces that have links, as a NULL-terminated array of strings; free with
 * ig_attached_free(). */
int ig_attached_list(const struct iotguard *ig, char ***out);
void ig_attached_free(char **names);

struct ig_attachment {
	unsigned int ifindex; /* 0: the interface is gone */
	unsigned int xdp_id;  /* program ids, 0: none */
	unsigned int tc_id;
	bool tcx;
	bool unreadable; /* there are links, and this process may not look at them */
};

void ig_attachment_look(const struct iotguard *ig, const char *interface,
			struct ig_attachment *out);

/* Were our programs put on this interface when it had another name? Then its links are known by its new one. */
bool ig_attachment_rename(const struct iotguard *ig, const struct ig_interface *interface);

/* Is the XDP program with this id ours, on that interface? */
bool ig_attachment_is_ours(const struct iotguard *ig, const struct ig_interface *interface);
