/* SPDX-License-Identifier: BSD-2-Clause */
/* What network cards do to frames before a program sees them. */
#pragma once

/*
 * Tells an interface to leave VLAN tags in the frames that it receives: a card that takes them out
 * hides them from XDP, and a tagged frame would be judged as an untagged one. 1: it did and no
 * longer does; 0: it did not; -errno: it cannot be told.
 */
int ig_offload_keep_tags(const char *interface);
