/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What outlives a reboot, as a file: addresses that machines got, who is in quarantine, and which addresses machines were
 * told for which names. Its first line says how long
 * the rest is and what its SHA-256 is, so that half a file is not taken for a whole one:
 *
 *	{"iotguard":2,"length":291,"sha256":"..."}
 *	{"saved_at":1795343465,"clock_right":true,"bindings":[{"mac":"02:00:5e:10:00:11","address":"10.30.0.11",
 *	 "source":"lease","expires_at":1795347065}],"quarantined":[{"mac":"02:00:5e:10:00:12","ends_at":1795350665},
 *	 {"name_digest":"5b:8f:02:77:c1:40","ends_at":0}],"names":[{"mac":"02:00:5e:10:00:11","name":"www.vendor.example",
 *	 "address":"203.0.113.20","expires_at":1795347065}]}
 *
 * Where nobody is in quarantine it is of version 1: versions that know no quarantine read it, and call any other one
 * newer than they are. Names are left out where there are none, and passed over by versions that know none.
 *
 * Who may write to the directory is trusted with these addresses, quarantines and names, and with nothing else.
 */
#pragma once

#include "clock.h"
#include "diag.h"
#include "known.h"
#include "quarantined.h"
#include "replace.h"
#include "told.h"

#define IG_SAVED_NAME	 "state.json"
#define IG_SAVED_VERSION 2
#define IG_SAVED_MAX	 (64u << 20) /* bytes of a file that is read */
#define IG_SAVED_ASIDE	 3 /* files that could not be read, and are kept for a person to look at */

struct ig_saved {
	struct ig_known addresses;
	struct ig_quarantined_list quarantined;
	struct ig_told_list told; /* sorted */
	struct ig_time at;	  /* when it was so */
};

void ig_saved_clear(struct ig_saved *saved);

/*
 * The directory, made if it is not there, for the user iotguard where there is one. Until the descriptor is closed, nobody
 * else saves: what is in force is to be read behind this, so that the last file has what was read last. -errno with a
 * diagnostic, and never -ENOENT.
 */
int ig_saved_lock(struct ig_diags *diags, const char *dir);

/*
 * The file is replaced in one step and is on the disk when this returns; what goes wrong leaves the one before. It is the
 * directory's owner's, whoever writes. 0; -errno with a diagnostic.
 */
int ig_saved_write(struct ig_diags *diags, const char *dir, const struct ig_saved *saved);

/*
 * What was saved, with ends by the clock that says @now, and when. An address, and one of a name, ends with what it had left
 * when it was saved, or sooner; a quarantine, unless both clocks were right, not sooner than that. No file is no error. One that cannot be
 * used is set aside, with a warning. 0, -ENOMEM. @saved is to be cleared.
 */
int ig_saved_read(struct ig_diags *diags, const char *dir, struct ig_time now,
		  struct ig_saved *saved);

/* Is it worth writing? Without @exact a claim that lasts longer by less than an hour is not, and what a quarantine has left
 * is noted once an hour; an address of a name that ends an hour later or sooner is not, nor is one that went, and a new one
 * is ten minutes after something was saved. */
bool ig_saved_differs(const struct ig_saved *before, const struct ig_saved *after, bool exact);

/* All zero: there is none. */
struct ig_file_mark ig_saved_look(const char *dir);

/* The text of a file. The caller frees it; NULL without memory. */
char *ig_saved_print(const struct ig_saved *saved, size_t *size);
/* 0; -EINVAL: none that this version can use, and @why says why not; -ENOMEM. @saved is empty but for a whole one. */
int ig_saved_parse(const char *text, size_t size, struct ig_time now, struct ig_saved *saved,
		   const char **why);
