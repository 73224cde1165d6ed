/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MUD URLs that machines told (RFC 8520), and what became of them. Whoever is on the wire can tell one, under any MAC
 * address of its port. So what is adopted is held on to: an owner of the URL (its authority) other than that of the
 * one in force, and URLs of one device that contradict each other, wait for a person.
 *
 * As a file, DIR/mud/discovered.json; times are seconds since the epoch:
 *
 *	{"version": 1, "machines": [
 *	 {"device": "cam-1", "mac": "02:00:5e:10:00:11", "adopted": "https://vendor.example/cam", "adopted_at": 1795343465,
 *	  "told": [{"source": "dhcp4", "url": "https://vendor.example/cam", "fault": null, "state": "adopted",
 *	            "first_seen": 1795343465, "last_seen": 1795350665}]}]}
 *
 * A machine that no inventory knows has null for a device. "adopted" is there where the device has `mud-discovery:
 * adopt`, and nothing under `mud:` itself; the URL in it is a legal one of at most 255 bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "diag.h"
#include "model.h"
#include "mud_string.h"
#include "replace.h"

#define IG_DISCOVERED_DIR  "mud"
#define IG_DISCOVERED_NAME "discovered.json"
#define IG_DISCOVERED_MACHINES \
	4096 /* more are not kept; of strangers the one goes that was silent longest */
#define IG_DISCOVERED_MAX     (16u << 20) /* bytes of a file that is read */
#define IG_DISCOVERED_SOURCES (IG_MUD_LLDP + 1)

enum ig_discovered_state {
	IG_DISCOVERED_PROPOSED,
	IG_DISCOVERED_ADOPTED,
	IG_DISCOVERED_CONFLICT, /* with what is in force, or with what the machine told otherwise */
	IG_DISCOVERED_INVALID,	/* it is no MUD URL */
};

struct ig_discovered_url {
	char *url; /* NULL: nothing was told this way. With a fault: ASCII, a '?' for all else */
	int fault; /* enum ig_mud_string_fault */
	int state; /* enum ig_discovered_state */
	uint64_t first_s, last_s; /* it was told; seconds since the epoch */
};

struct ig_discovered_machine {
	char *device; /* NULL: no inventory knows it */
	uint8_t mac[6];
	char *adopted; /* NULL: none is */
	uint64_t adopted_s;
	struct ig_discovered_url
		told[IG_DISCOVERED_SOURCES]; /* by enum ig_mud_way; [0] is unused */
};

struct ig_discovered {
	struct ig_discovered_machine *machines;
	size_t count, capacity;
};

struct ig_mud_telling {
	const char *device; /* NULL: a stranger */
	uint8_t mac[6];
	int source; /* enum ig_mud_way */
	const char *url;
	int fault;	    /* enum ig_mud_string_fault */
	int discovery;	    /* enum ig_discovery_setting of the machine */
	const char *listed; /* what the inventory has under `mud:`; NULL: nothing */
	uint64_t at_s;
};

void ig_discovered_clear(struct ig_discovered *d);

/* Notes what was told. 1: something is other than it was; 0: only that it was told again; -ENOSPC: there is no room;
 * -ENOMEM; -EINVAL: no name, source or URL that can be kept. */
int ig_discovered_note(struct ig_discovered *d, const struct ig_mud_telling *telling);

const char *ig_discovered_state_word(int state); /* "proposed" ...; NULL: no such */

/* The text of a file. The caller frees it; NULL without memory. */
char *ig_discovered_print(const struct ig_discovered *d, size_t *size);
/* 0; -EINVAL: none that this version can use, and @why says why not; -ENOMEM. @d is empty but for a whole one. */
int ig_discovered_parse(const char *text, size_t size, struct ig_discovered *d, const char **why);

/* --- discovered_file.c --- */

/* What is in a save_dir; no file is no error, and one that cannot be used is set aside, with a warning. 0; -errno with a
 * diagnostic; -ENOMEM. @mark: which file it was. @d is to be cleared. */
int ig_discovered_read(struct ig_diags *diags, const char *dir, bool set_aside,
		       struct ig_discovered *d, struct ig_file_mark *mark);
struct ig_file_mark ig_discovered_look(const char *dir);
/* 0; -errno with a diagnostic. What goes wrong leaves the file before. */
int ig_discovered_write(struct ig_diags *diags, const char *dir, const struct ig_discovered *d);
