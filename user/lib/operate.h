/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loader has done by a program of its own (bpf/operate.h): trials, rollbacks, quarantines, and the records
 * of all that was done.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "object.h"

/* Runs a command. 0; -ESRCH, as said at enum ig_command_kind; -errno. */
int ig_operate(const struct ig_object *object, const struct ig_command *command);

/* A change by whoever runs this process, under the generation in force now, by what is in force then. */
struct ig_change ig_change_make(const struct ig_object *object, enum ig_change_kind kind);
/* Remembers it, and tells readers of events. That it could not be told undoes nothing. */
void ig_change_tell(const struct ig_object *object, const struct ig_change *change);

/*
 * Puts the machine of an index into quarantine until @until_ns, on the clock of ig_now() (a replay's is the
 * capture's); 0 releases it, UINT64_MAX is without an end. Nothing is told. 0, -errno.
 */
int ig_quarantine_set(const struct ig_object *object, uint32_t index, uint64_t until_ns);
