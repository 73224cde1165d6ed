/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the pins live: a bpffs of iotguard's own, and the lock that lets one loader at a time
 *change it.
 *
 *	STATE/current -> instance-N       programs, maps, slot0/ and slot1/ (see object.h)
 *	STATE/links/xdp/IF, links/tc/IF   what attaches the programs to each interface
 *	STATE.lock                        beside it: who changes it now
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "handle.h"
#include "object.h"

/* Makes the directory and mounts a bpffs there if there is none. 0, -errno with a diagnostic. */
int ig_state_dir_prepare(struct iotguard *ig);

/* Waits for the lock at most @timeout_ms. A descriptor that holds it until it is closed; -EBUSY
 * with a diagnostic that names the holder; -errno with a diagnostic. */
int ig_state_lock(struct iotguard *ig, int timeout_ms);

/* The same for the one reader of events, without waiting. */
int ig_state_lock_reader(struct iotguard *ig);

/* And for the one who reads DNS answers that the programs cannot. */
int ig_state_lock_answers(struct iotguard *ig);

/* Does somebody read events now? */
bool ig_state_is_read(const struct iotguard *ig);

/* What one reader leaves to the next, in the lock's file. */
struct ig_reader_note {
	uint64_t told;	 /* how many lost records readers were told of */
	uint64_t queued; /* records that it took and that had not left its memory yet */
};

struct ig_reader_note ig_state_reader_note(int reader_lock);
void ig_state_note_reader(int reader_lock, const struct ig_reader_note *note);

/* Path of a file there, in @path of PATH_MAX bytes. -ENAMETOOLONG. */
int ig_state_path(const struct iotguard *ig, char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Was anything ever applied there? */
bool ig_state_exists(const struct iotguard *ig);
/* Is something in force now? */
bool ig_state_has_current(const struct iotguard *ig);

/* Opens what is in force. -ENOENT: nothing. -EPROTO with a diagnostic: made by a version that this
 * one does not know. */
int ig_state_open(struct iotguard *ig, bool writable, struct ig_object *out);

/* Name of the current instance, in @name of NAME_MAX + 1 bytes. -ENOENT. */
int ig_state_instance(const struct iotguard *ig, char *name);

/* Inode of its directory: names are used again after a detach. -ENOENT. */
int ig_state_instance_inode(const struct iotguard *ig, ino_t *inode);

/* A name for a new instance that no other has, in @path of PATH_MAX bytes. */
int ig_state_new_instance(const struct iotguard *ig, char *path);
/* Makes an instance the current one, in one step. */
int ig_state_set_current(const struct iotguard *ig, const char *instance);
/* Removes every instance but the current one, and what killed loaders left; with @current that one,
 * too. */
void ig_state_sweep(const struct iotguard *ig, bool current);
