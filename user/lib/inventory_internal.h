/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the inventory's reader share. Nobody else includes it. */
#pragma once

#include "index.h"
#include "inventory.h"
#include "sha256.h"
#include "yaml.h"

#define IG_NAME_MAX	     63	 /* bytes of a name of a device, a segment, ... */
#define IG_TEXT_MAX	     255 /* bytes of other text */
#define IG_INCLUDE_DEPTH_MAX 16
#define IG_EXTENDS_MAX	     16

/* Namespaces of names; those with sections come first, in the order in which they are read. */
enum ig_space {
	IG_SPACE_SEGMENT,
	IG_SPACE_PROFILE,
	IG_SPACE_HOST,
	IG_SPACE_DEVICE,
	IG_SPACE_GROUP,
	IG_SPACE_CONTROLLER,
	IG_SECTIONS,
	IG_SPACE_GATEWAY = IG_SECTIONS, /* keys of `gateway:` over all files */
	IG_SPACE_DEFAULTS,
	IG_SPACE_MAC,
	IG_SPACE_ADDRESS,
	IG_SPACE_PORT,
	IG_SPACE_SET,
	IG_SPACE_MUD,
};

/* "segment", "profile", ... */
extern const char *const ig_space_names[IG_SECTIONS];

struct ig_entry {
	const struct ig_node *key;
	const struct ig_node *value;
};

struct ig_section {
	struct ig_entry *items;
	size_t count, capacity;
};

/* Who has something that nobody else may have. */
struct ig_claim {
	const char *kind;
	const char *name; /* NULL: the gateway */
	struct ig_loc loc;
};

struct ig_load {
	struct ig_diags *diags;
	struct ig_yaml_set set;
	struct iotguard_inventory *inv;
	struct ig_section sections[IG_SECTIONS];
	struct ig_section gateway, defaults; /* the maps; a file each */
	struct ig_index
		*seen; /* keys of the maps that are spread over files, MACs, addresses, ports */
	struct ig_claim *claims;
	size_t n_claims, c_claims;
	char **told; /* keys of @seen that belong to nobody else */
	size_t n_told, c_told;
	struct ig_file_id *ids; /* of inv->files */
	size_t c_ids, c_files, c_sets;
	struct ig_sha256 sha;	  /* of all files so far */
	bool *behind;		  /* by position of a machine: it is known by its addresses */
	size_t patience;	  /* names that may still be compared to guess what was meant */
	const char *save_dir;	  /* where MUD files are that were fetched, and what was adopted */
	bool incomplete;	  /* a file is missing, so names may be missing as well */
	const char *const *names; /* of the machines that are asked about; NULL: all are */
	size_t n_names;
	/* Where @names are: */
	bool *asked;  /* by position of a machine: it is asked about */
	bool *passed; /* by position of a level: it is a MUD file's, and of none of these */
};

void ig_profile_clear(struct ig_profile *profile);

/* inventory.c: an empty one; NULL without memory. */
struct iotguard_inventory *ig_inventory_new(const char *path);

/* inventory_files.c: reads the file and what it includes into l->set, and sorts what is in them
 * into sections. */
int ig_load_files(struct ig_load *l, const char *path);
/* Notes that the file belongs to the inventory. */
int ig_load_remember_file(struct ig_load *l, const char *name, const struct ig_file_id *id);
/* @path as seen from the file that names it, in memory of the caller's. NULL: no memory. */
char *ig_load_path(const char *from, const char *path);

/* Each reads sections into l->inv. They report mistakes, and return only -ENOMEM. */
int ig_load_defaults(struct ig_load *l);
int ig_load_gateway(struct ig_load *l);
int ig_load_segments(struct ig_load *l);
int ig_load_profiles(struct ig_load *l);
int ig_load_machines(struct ig_load *l);
int ig_load_groups(struct ig_load *l);
int ig_load_controllers(struct ig_load *l);
/* inventory_mud.c: what the MUD files of machines say, when these and groups have been read. */
int ig_load_mud(struct ig_load *l);
bool ig_load_is_asked(const struct ig_load *l, const struct ig_machine *m);
int ig_load_mud_source(struct ig_load *l, const struct ig_node *value,
		       struct ig_mud_setting *source);
/* When all rules are there: the sets that they name. */
int ig_load_sets(struct ig_load *l);
/* When sets are, too: says what the MUD files of machines take from them. */
int ig_load_mud_drops(struct ig_load *l);

/* inventory_value.c: values that several sections have. They have the type of ig_key.read where
 * they can. */
struct ig_key; /* yaml.h */
int ig_load_text(struct ig_load *l, const struct ig_node *value, const char *what, size_t most,
		 char **out);
int ig_load_dns(struct ig_load *l, const struct ig_node *value, int *dns);
int ig_load_discovery(struct ig_load *l, const struct ig_node *value, int *discovery);
int ig_load_mode(struct ig_load *l, const struct ig_node *value, int *mode);
int ig_load_unknown(struct ig_load *l, const struct ig_node *value, int *unknown);
int ig_load_environment(struct ig_load *l, const struct ig_node *value, int *environment);
int ig_load_criticality(struct ig_load *l, const struct ig_node *value, int *criticality);
int ig_load_flows(struct ig_load *l, const struct ig_node *value, int *flows);
int ig_load_addresses(struct ig_load *l, const struct ig_node *value, struct ig_addresses *out);
int ig_load_networks(struct ig_load *l, const struct ig_node *value, struct ig_prefix **out,
		     size_t *count);
bool ig_load_mac(struct ig_load *l, const struct ig_node *value, uint8_t mac[6]);
/* A list that may be left empty: its number of items, 0 also where it is none (said). */
size_t ig_load_list(struct ig_load *l, const struct ig_node *value, const char *what,
		    const char *example);

/* Terminated, in @buf. */
const char *ig_address_text(const struct ig_address *address, char buf[IG_PREFIX_TEXT]);
bool ig_address_link_local(const struct ig_address *address); /* IPv6 */

/* inventory_router.c: what a device is known by, as its entry says. */
enum ig_identity {
	IG_IDENTITY_MAC,
	IG_IDENTITY_ADDRESS,
	IG_IDENTITY_UNSAID, /* it has a router and no MAC address, and does not say why */
	IG_IDENTITY_WRONG,  /* a word that there is not */
};
enum ig_identity ig_load_identity(const struct ig_node *device);
int ig_load_identify(struct ig_load *l, const struct ig_node *value);
int ig_load_router(struct ig_load *l, const struct ig_node *value, struct ig_machine **router);
/* What a device that is known by its addresses has to have, and what it cannot have. */
void ig_load_check_behind(struct ig_load *l, const struct ig_machine *machine,
			  const struct ig_node *value);
/* The one thing that every other one cannot have. */
void ig_load_check_no_router(struct ig_load *l, const struct ig_machine *machine,
			     const struct ig_node *value);
/* When all machines have been read: the segments of those behind routers. */
void ig_load_routers(struct ig_load *l);

/* inventory_rules.c */
int ig_load_rules(struct ig_load *l, const struct ig_node *value, struct ig_rules *out);
void ig_rules_clear(struct ig_rules *rules);
/* The members of a group, or of a set, which may have the gateway. */
int ig_load_members(struct ig_load *l, const struct ig_node *value, struct ig_group *group,
		    bool is_set);

/* inventory_sets.c: `my-controllers` of a device or profile; its position + 1 into @out. */
int ig_load_my_controllers(struct ig_load *l, const struct ig_node *value, const char *kind,
			   const char *name, uint32_t *out);

/* inventory_names.c: one mistake for @key (of @size bytes, kept alive) that is claimed already. */
int ig_load_claim(struct ig_load *l, enum ig_space space, const void *key, size_t size,
		  const char *text, const struct ig_claim *claim);
/* Position of a name in its section's array, IG_INDEX_NONE with a mistake at @loc where there is no
 * such. */
size_t ig_load_find(struct ig_load *l, enum ig_space space, const char *name,
		    const struct ig_loc *loc);
/* The same for a name that stands as a value; @what it is, for a mistake: "the name of a segment". */
size_t ig_load_reference(struct ig_load *l, enum ig_space space, const struct ig_node *value,
			 const char *what);
/* Names of a section into the index of the inventory. */
int ig_load_name(struct ig_load *l, enum ig_space space, const struct ig_entry *entry,
		 size_t position, char **name, struct ig_loc *loc);
