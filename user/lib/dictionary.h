/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names behind the numbers of a compiled policy: devices, segments, rules as sentences with
 * their places. It lies in the kernel beside the policy, in the same slot, so that what `show` and
 * events say is always about the policy in force, and no file can be missing or stale.
 *
 * Beside the names it has the facts that a policy was compiled from, as far as they decide what
 * anybody may do: who has which addresses and rules, what groups and segments are. `plan` makes a
 * model of them again (ig_dictionary_inventory()), and holds a new inventory against that.
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

#define IG_DICT_MAGIC 0x69676434u /* "igd4" */

struct ig_dict_span {
	uint32_t at;
	uint32_t count; /* of entries; bytes for strings */
};

/* Entries of another section: the position of the first one, and how many. */
struct ig_dict_run {
	uint32_t first;
	uint32_t count;
};

struct ig_dict_header { /* 320 bytes */
	uint32_t magic;
	uint32_t abi;
	uint64_t generation;   /* that this is the dictionary of */
	uint64_t applied_at;   /* seconds since the epoch */
	uint8_t inventory[32]; /* SHA-256 of the inventory's files */
	uint8_t image[32];     /* SHA-256 of what was compiled: ig_image_digest */
	uint32_t path;	       /* string */
	uint32_t n_policies;
	uint32_t n_rules; /* entries of all tables */
	uint32_t gateway; /* string: name of the gateway, 0 if it has none */
	struct ig_dict_span devices, lists, parts, rules, segments, interfaces, strings;
	struct ig_dict_span profiles, groups, members, addresses, networks, macs;
	/* of the gateway: addresses, MAC addresses, servers, and rules of `management` */
	struct ig_dict_run gateway_addresses, gateway_macs, resolvers, time_servers, dhcp_servers,
		management;
	uint32_t n_ending; /* of the rules, those with `until` */
	uint8_t mode;	   /* enum ig_mode: on ports and tags of no segment */
	uint8_t unknown;   /* enum ig_unknown: likewise */
	uint8_t dns;	   /* enum ig_dns_setting: the default */
	uint8_t discovery; /* enum ig_discovery_setting: likewise */
	uint32_t n_sets;   /* of the groups, the last ones: see sets.h */
	uint8_t pad[52];
};

struct ig_dict_device { /* sorted by index */
	uint32_t index;
	uint32_t name;		/* string */
	uint32_t profile;	/* string, 0: none */
	uint32_t profile_at;	/* position + 1, 0: none */
	uint32_t segment;	/* position */
	uint32_t list;		/* position: its rules */
	uint32_t router;	/* string: whose MAC address its frames carry; 0: its own */
	uint32_t router_index;	/* its index, where there is one */
	struct ig_dict_run own; /* rules: its own ones */
	struct ig_dict_run addresses;
	uint8_t mac[6]; /* zero where there is a router */
	uint8_t host;
	uint8_t trusted;
	uint8_t environment, criticality, mode, dns;
	uint16_t flows;	   /* ordinary ones */
	uint8_t discovery; /* enum ig_discovery_setting */
	uint8_t pad;
	uint32_t mud;		     /* string: the URL of the MUD file that is listed, 0: none */
	uint32_t mud_at;	     /* of profiles: its MUD file, position + 1, 0: none */
	uint32_t controllers, maker; /* of sets, likewise: whom its rules mean by themselves */
};

/* The rules of a machine, in the order of judgement: runs of rules, one behind the other. */
struct ig_dict_list {
	uint32_t first;	  /* part */
	uint32_t n_parts; /* at most IG_DICT_PARTS_MAX */
	uint32_t count;	  /* rules in all */
};

#define IG_DICT_PARTS_MAX \
	2048 /* each `to` rule of management, the machine's own, 17 profiles, a MUD file */

struct ig_dict_rule {  /* each rule of the inventory once: management, profiles, machines */
	uint32_t text; /* string: the sentence */
	uint32_t file; /* string */
	uint32_t line;
	uint32_t column;
	uint32_t from; /* 1: it is asked with the `from` rules */
};

struct ig_dict_segment {
	uint32_t name;	  /* string */
	uint32_t unknown; /* enum ig_unknown */
	uint32_t infrastructure;
	uint16_t vlan[2];
	uint32_t mode;
	uint32_t dns;	    /* enum ig_dns_setting */
	uint32_t discovery; /* enum ig_discovery_setting */
	struct ig_dict_run networks;
};

struct ig_dict_interface {
	uint32_t name;	  /* string */
	uint32_t segment; /* position */
};

struct ig_dict_profile {
	uint32_t name;	  /* string */
	uint32_t extends; /* position + 1, 0: none */
	struct ig_dict_run rules;
	uint32_t mud_url, mud_authority; /* strings, 0: it is one that somebody wrote */
};

struct ig_dict_group {
	uint32_t name; /* string */
	struct ig_dict_run members;
};

struct ig_dict_network { /* 20 bytes; also where a group has one */
	uint8_t addr[16];
	uint8_t length;
	uint8_t pad[3];
};

struct ig_dict_member {
	uint32_t machine; /* index; IG_ENTITY_GATEWAY; IG_ENTITY_NONE: it is the network */
	struct ig_dict_network network;
};

struct ig_dict_address {
	uint8_t addr[16];
};

struct ig_dict_mac {
	uint8_t addr[6];
	uint8_t pad[2];
};

/* Writes the dictionary of a policy into @pool (empty). @indices: of each machine. 0, -ENOMEM,
 * -E2BIG. */
int ig_dictionary_build(struct ig_pool *pool, const struct iotguard_inventory *inv,
			const struct ig_resolved *resolved, const uint32_t *indices,
			uint32_t n_policies, uint32_t n_rules);

/* The same names for machines (@n, in the inventory's order) that have the indices @to, where those in @from are of
 * machines with the indices @before. @from outlives @pool, which may borrow from it. 0, -ENOMEM. */
int ig_dictionary_move(struct ig_pool *pool, const struct ig_pool *from, const uint32_t *before,
		       const uint32_t *to, size_t n);

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
const struct ig_dict_device *ig_dict_device_named(const struct ig_dictionary *dict,
						  const char *name); /* or host; NULL: none */
const char *ig_dict_segment_name(const struct ig_dictionary *dict, uint32_t position);
/* The rule numbered @id (struct ig_rule_entry) in the policy of a device; NULL: none. */
const struct ig_dict_rule *ig_dict_rule_of(const struct ig_dictionary *dict,
					   const struct ig_dict_device *device, uint32_t id);
uint32_t ig_dict_rule_count(const struct ig_dictionary *dict, const struct ig_dict_device *device);
const struct ig_dict_interface *ig_dict_interface_at(const struct ig_dictionary *dict,
						     uint32_t position);
/* Entry @i of a section of the header whose entries have @size bytes; NULL: it has none such. */
const void *ig_dict_entry(const struct ig_dictionary *dict, const struct ig_dict_span *span,
			  uint32_t i, size_t size);

/*
 * The inventory that it is the dictionary of, as far as that decides what anybody may do: settings
 * are what they came to, and what is only for people is missing. 0; -EPROTO: the facts contradict
 * each other; -ENOMEM. The caller frees it.
 */
int ig_dictionary_inventory(const struct ig_dictionary *dict, struct iotguard_inventory **out);
