/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names behind the numbers of a compiled policy: devices, segments, rules as sentences with
 * their places. It lies in the kernel beside the policy, in the same slot, so that what `show` and
 * events say is always about the policy in force, and no file can be missing or stale.
 *
 * A dictionary is one run of bytes, stored as blocks. Offsets are bytes from its start; integers in
 * host order. Readers check every offset: the map could have been written by anybody with the
 * capability to.
 */
#pragma once

#include <stdint.h>

#include "abi.h"
#include "model.h"
#include "resolve.h"
#include "table.h"

#define IG_DICT_MAGIC 0x69676431u /* "igd1" */

struct ig_dict_span {
	uint32_t at;
	uint32_t count; /* of entries; bytes for strings */
};

struct ig_dict_header { /* 192 bytes */
	uint32_t magic;
	uint32_t abi;
	uint64_t generation;   /* that this is the dictionary of */
	uint64_t applied_at;   /* seconds since the epoch */
	uint8_t inventory[32]; /* SHA-256 of the inventory's files */
	uint8_t image[32];     /* SHA-256 of what was compiled: equal images are equal policies */
	uint32_t path;	       /* string */
	uint32_t n_policies;
	uint32_t n_rules; /* entries of all tables */
	uint32_t gateway; /* string: name of the gateway, 0 if it has none */
	struct ig_dict_span devices, lists, rules, segments, interfaces, strings;
	uint32_t n_ending; /* of the rules, those with `until` */
	uint8_t pad[36];
};

struct ig_dict_device { /* sorted by index */
	uint32_t index;
	uint32_t name;	  /* string */
	uint32_t profile; /* string, 0: none */
	uint32_t segment; /* position */
	uint32_t list;	  /* position: its rules */
	uint32_t router;  /* string: whose MAC address its frames carry; 0: its own */
	uint8_t mac[6];	  /* zero where there is a router */
	uint8_t host;
	uint8_t trusted;
	uint8_t environment, criticality, mode, pad;
};

struct ig_dict_list {
	uint32_t first; /* position of its first rule */
	uint32_t count;
};

struct ig_dict_rule {
	uint32_t text; /* string: the sentence */
	uint32_t file; /* string */
	uint32_t line;
	uint32_t column;
	uint32_t from; /* 1: it is asked with the `from` rules */
};

struct ig_dict_segment {
	uint32_t name;	  /* string */
	uint32_t unknown; /* enum ig_unknown */
};

struct ig_dict_interface {
	uint32_t name;	  /* string */
	uint32_t segment; /* position */
};

/* Writes the dictionary of a policy into @pool (empty). @indices: of each machine. 0, -ENOMEM,
 * -E2BIG. */
int ig_dictionary_build(struct ig_pool *pool, const struct iotguard_inventory *inv,
			const struct ig_resolved *resolved, const uint32_t *indices,
			uint32_t n_policies, uint32_t n_rules);

/* Reading. @bytes stay the caller's. */
struct ig_dictionary {
	const uint8_t *bytes;
	size_t size;
	struct ig_dict_header header;
};

int ig_dictionary_open(struct ig_dictionary *dict, const void *bytes, size_t size); /* 0, -EPROTO */
const char *ig_dict_string(const struct ig_dictionary *dict, uint32_t at);	    /* never NULL */
const struct ig_dict_device *ig_dict_device_at(const struct ig_dictionary *dict, uint32_t position);
const struct ig_dict_device *ig_dict_device_find(const struct ig_dictionary *dict,
						 uint32_t index); /* NULL: none */
const char *ig_dict_segment_name(const struct ig_dictionary *dict, uint32_t position);
/* The rule numbered @id (struct ig_rule_entry) in the policy of a device; NULL: none. */
const struct ig_dict_rule *ig_dict_rule_of(const struct ig_dictionary *dict,
					   const struct ig_dict_device *device, uint32_t id);
uint32_t ig_dict_rule_count(const struct ig_dictionary *dict, const struct ig_dict_device *device);
const struct ig_dict_interface *ig_dict_interface_at(const struct ig_dictionary *dict,
						     uint32_t position);
