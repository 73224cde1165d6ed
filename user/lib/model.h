/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inventory as a model: what the YAML says, checked and with every reference resolved to a
 * pointer or an index. It knows nothing of the kernel. Everything in it is owned by the inventory
 * and freed with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "iotguard/iotguard.h"
#include "rule.h"

struct ig_rules {
	struct ig_rule *items;
	size_t count;
};

struct ig_address {
	uint8_t addr[16]; /* network order, IPv4 v4-mapped */
	struct ig_loc loc;
};

struct ig_addresses {
	struct ig_address *items;
	size_t count;
};

static inline bool ig_addresses_have(const struct ig_addresses *addresses, const uint8_t addr[16])
{
	for (size_t i = 0; i < addresses->count; i++) {
		if (!memcmp(addresses->items[i].addr, addr, 16))
			return true;
	}
	return false;
}

struct ig_macs {
	uint8_t (*items)[6];
	size_t count;
};

struct ig_lease_path {
	char *path; /* as seen from the directory that iotguard runs in */
	struct ig_loc loc;
};

/* A setting that may be left to whoever is above. */
#define IG_UNSET (-1)

enum ig_dns_setting {
	IG_DNS_OPEN,   /* a device may ask its resolver for any name */
	IG_DNS_STRICT, /* only for those that its rules allow */
};

/* What becomes of the MUD URL that a device tells. */
enum ig_discovery_setting {
	IG_DISCOVERY_PROPOSE, /* it is noted, for a person to look at */
	IG_DISCOVERY_ADOPT,   /* it is taken, as RFC 8520 foresees */
	IG_DISCOVERY_OFF,     /* it is an event, and nothing else */
};

struct ig_gateway {
	char *name;
	struct ig_addresses addresses;
	struct ig_macs macs;
	struct ig_addresses resolvers;
	struct ig_addresses time_servers;
	struct ig_addresses dhcp_servers;
	struct ig_lease_path *lease_files; /* of the DHCP servers */
	size_t n_lease_files;
	bool lease_files_given;	    /* false: those in the usual places, as far as they exist */
	struct ig_rules management; /* `from` rules, as written: see management.h */
};

struct ig_segment {
	char *name;
	struct ig_loc loc;
	char **interfaces;
	size_t n_interfaces;
	uint16_t vlan[2]; /* outer, inner; 0: none */
	struct ig_prefix *networks;
	size_t n_networks;
	uint32_t infrastructure; /* enum ig_infrastructure of abi.h; all unless switched off */
	int unknown_devices;	 /* enum iotguard_unknown, resolved from defaults */
	int mode;		 /* enum iotguard_mode or IG_UNSET */
	int dns;		 /* enum ig_dns_setting or IG_UNSET */
	int discovery;		 /* enum ig_discovery_setting or IG_UNSET */
};

struct ig_mud_setting {
	char *path;		/* as seen from the directory that iotguard runs in; NULL: none */
	bool private_addresses; /* private addresses in it are allowed */
	const char *
		adopted; /* the machine that told it, and that nobody listed it for; NULL: it is listed */
	struct ig_loc loc;
};

struct ig_profile {
	char *name;
	struct ig_loc loc;
	struct ig_profile *extends; /* NULL: nothing; never a cycle */
	int environment;	    /* enum iotguard_environment or IG_UNSET */
	int criticality;	    /* enum iotguard_criticality or IG_UNSET */
	int mode;		    /* enum iotguard_mode or IG_UNSET */
	int dns;		    /* enum ig_dns_setting or IG_UNSET */
	int discovery;		    /* enum ig_discovery_setting or IG_UNSET */
	int flows;		    /* IG_UNSET: by the number of devices */
	struct ig_rules rules;
	uint32_t controllers; /* its `my-controllers`: position in `sets` + 1; 0: none */
	struct ig_mud_setting mud;
	/* It is what a MUD file says: its URL, as a model, and the authority of that, as a manufacturer. NULL: it is a
	 * profile that somebody wrote. */
	char *mud_url, *mud_authority;
};

/* A device or a host: they differ in little. */
struct ig_machine {
	char *name;
	struct ig_loc loc;
	bool host;
	bool trusted; /* hosts only */
	uint8_t mac[6];
	/* NULL: it has a MAC address of its own. Otherwise it is told by its addresses: @mac is
	 * zero, its frames carry the router's, and @segment is the router's. A router never has
	 * one itself. */
	struct ig_machine *router;
	struct ig_addresses addresses; /* static ones; none: to be learnt */
	struct ig_segment *segment;
	struct ig_profile *profile; /* NULL: none */
	int environment;	    /* as written here, or IG_UNSET */
	int criticality;
	int mode;
	int dns;
	int discovery;
	int flows;
	struct ig_rules rules; /* its own */
	char *manufacturer;    /* NULL: not said; so the next ones */
	char *model;
	char *firmware_version;
	char *firmware_released; /* YYYY-MM-DD */
	char *firmware_updates;
	char *authentication;
	struct ig_mud_setting mud;
	struct ig_profile *mud_rules; /* what its MUD file says, asked last; NULL: none */
	uint32_t controllers; /* its own `my-controllers`: position in `sets` + 1; 0: none */
	uint32_t maker; /* all of its manufacturer, likewise; 0 also where its rules do not ask */
};

struct ig_member {
	struct ig_machine *machine; /* NULL: prefix */
	struct ig_prefix prefix;
	bool gateway; /* only in `sets`: the gateway, and nothing of the above */
};

struct ig_group {
	char *name;
	struct ig_loc loc;
	struct ig_member *members;
	size_t count;
};

struct iotguard_inventory {
	char *path;   /* as given */
	char **files; /* every file read, the includes too; every ig_loc.file points here */
	size_t n_files;
	uint8_t sha256[32]; /* over the bytes of all files in the order read */
	struct ig_gateway gateway;
	int default_mode;      /* enum iotguard_mode */
	int default_dns;       /* enum ig_dns_setting */
	int default_discovery; /* enum ig_discovery_setting */
	int default_unknown;   /* enum iotguard_unknown */
	struct ig_segment *segments;
	size_t n_segments;
	struct ig_group *groups;
	size_t n_groups;
	struct ig_group *sets; /* see sets.h */
	size_t n_sets;
	struct ig_profile *profiles; /* behind those that somebody wrote, those of MUD files */
	size_t n_profiles;
	struct ig_machine *machines; /* in the order of the file */
	size_t n_machines;
	struct ig_index *index; /* names to positions; private to inventory.c */
};

/* The levels of a machine's rules behind its own, in the order of judgement: what comes after @profile, NULL at the
 * beginning and at the end. */
static inline const struct ig_profile *ig_next_profile(const struct ig_machine *m,
						       const struct ig_profile *profile)
{
	const struct ig_profile *next = profile ? profile->extends : m->profile;

	return next || profile == m->mud_rules ? next : m->mud_rules;
}

/* NULL where there is none of that name. Constant time. @host: hosts or devices have namespaces of
 * their own. */
struct ig_machine *ig_inventory_machine(const struct iotguard_inventory *inv, bool host,
					const char *name);
struct ig_group *ig_inventory_group(const struct iotguard_inventory *inv, const char *name);
struct ig_segment *ig_inventory_segment(const struct iotguard_inventory *inv, const char *name);
