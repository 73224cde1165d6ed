/* SPDX-License-Identifier: BSD-2-Clause */
/* What the writers of a dictionary share. Nobody else includes it. */
#pragma once

#include "dictionary.h"

struct ig_dict_known {
	uint32_t at; /* 0: free */
	uint32_t hash;
};

struct ig_dict_builder {
	const struct iotguard_inventory *inv;
	const struct ig_resolved *resolved;
	const uint32_t *indices;
	struct ig_dict_header header;
	uint8_t *bytes;
	size_t size;
	size_t capacity;
	struct ig_dict_known
		*known; /* strings that are in already: open addressing, at most half full */
	size_t n_known, c_known; /* c_known: a power of two */
	const char *file;	 /* of the rule before, and where it is */
	uint32_t file_at;
	/* where the rules of each level begin in their section */
	uint32_t *profile_rules, *own_rules;
	/* how far sections are filled whose entries come one by one */
	uint32_t n_parts, n_addresses, n_networks, n_macs, n_members;
	int err; /* the first one; whatever comes after it does nothing */
};

/* Strings are put behind everything else as they are needed; each once. 0 for NULL. */
uint32_t ig_dict_put_string(struct ig_dict_builder *b, const char *text);
/* Entry @i of a section. */
void ig_dict_put(struct ig_dict_builder *b, const struct ig_dict_span *span, size_t i,
		 const void *entry, size_t size);
/* Makes a section of @count entries. */
struct ig_dict_span ig_dict_section(struct ig_dict_builder *b, size_t count, size_t size);

/* dictionary_facts.c: sections of what only `plan` reads; their room, and what is in them. */
void ig_dict_facts_sections(struct ig_dict_builder *b);
void ig_dict_facts_put(struct ig_dict_builder *b);
struct ig_dict_run ig_dict_put_addresses(struct ig_dict_builder *b,
					 const struct ig_addresses *addresses);
struct ig_dict_run ig_dict_put_networks(struct ig_dict_builder *b, const struct ig_prefix *networks,
					size_t n);
