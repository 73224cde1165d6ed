/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A MUD file (RFC 8520, with the access lists of RFC 8519 and the names of ietf-acldns) as its author wrote it: nothing is
 * translated here, and nothing is left out. What a match says that this structure has no member for is in
 * `unread`, so that whoever enforces it can let the entry fail closed instead of matching more than it says.
 *
 * Read are both names of the second root (`acls`, and `access-lists` from before the RFC), and the older spellings of
 * names, types and ports (drafts up to 15). The file is hostile: see the limits.
 */
#pragma once

#include "diag.h"
#include "rule.h"

#define IG_MUD_BYTES_MAX (1u << 20)
#define IG_MUD_DEPTH_MAX 16   /* objects and arrays in each other */
#define IG_MUD_ACES_MAX	 1024 /* in all of a file */
#define IG_MUD_TEXT_MAX	 1024 /* bytes of any string that is kept */
#define IG_MUD_LINKS_MAX 64

enum ig_mud_side { IG_MUD_FROM_DEVICE, IG_MUD_TO_DEVICE, IG_MUD_NO_SIDE };
enum ig_mud_forwarding { IG_MUD_ACCEPT, IG_MUD_DROP, IG_MUD_REJECT };
enum ig_mud_network { IG_MUD_ANY_NETWORK, IG_MUD_IPV4, IG_MUD_IPV6, IG_MUD_ETHERNET };
enum ig_mud_transport { IG_MUD_ANY_TRANSPORT, IG_MUD_TCP, IG_MUD_UDP, IG_MUD_ICMP };

/* Numbers that match: `neq` leaves two ranges. */
struct ig_mud_ports {
	unsigned int n; /* 0: not given, any */
	struct ig_range ranges[2];
};

/* A number that may be given or not: -1 is not. */
struct ig_mud_match {
	enum ig_mud_network network;
	enum ig_mud_transport transport;
	int protocol, dscp, ttl, length; /* of IPv4 or IPv6 */
	int icmp_type, icmp_code;
	int ethertype;
	int tcp_flags;			      /* as in the header, all of them as given; -1: any */
	struct ig_prefix source, destination; /* of IPv4 or IPv6 */
	bool has_source, has_destination;
	char *source_name,
		*destination_name; /* ietf-acldns, in lower case, without the dot at the end */
	struct ig_mud_ports source_port, destination_port;
	enum ig_mud_side initiated; /* ietf-mud:direction-initiated */
	/* the abstractions of RFC 8520, section 8; all that are given have to match */
	bool local_networks, same_manufacturer, my_controller;
	bool broadcast_mac; /* destination-mac-address is ff:ff:ff:ff:ff:ff */
	char *manufacturer, *model, *controller;
	char *unread; /* the first thing that it says and that is not above; NULL: none */
};

struct ig_mud_ace {
	char *name;
	struct ig_mud_match match;
	enum ig_mud_forwarding forwarding;
	unsigned int line; /* of the file, where it begins; 0: not known */
};

struct ig_mud_acl {
	char *name;
	enum ig_mud_network type; /* IG_MUD_ANY_NETWORK: not given, or mixed */
	struct ig_mud_ace *aces;
	size_t n_aces;
	bool used[2]; /* by the policy of each side (enum ig_mud_side) */
};

/* Where the maker says more of the device (RFC 9472, ietf-mud-transparency). Nothing is fetched. */
enum ig_mud_link_kind {
	IG_MUD_SBOM,	     /* of what software it is made, for one version */
	IG_MUD_SBOM_LOCAL,   /* asked of the device itself: @uri is the scheme, "https" */
	IG_MUD_SBOM_CONTACT, /* asked of somebody */
	IG_MUD_SBOM_ARCHIVE, /* of all versions */
	IG_MUD_VULN,	     /* what is known of its weaknesses */
	IG_MUD_VULN_CONTACT,
};

struct ig_mud_link {
	enum ig_mud_link_kind kind;
	char *uri;     /* of printable ASCII */
	char *version; /* of the software, as written; NULL: not said */
};

struct ig_mud {
	unsigned int version;
	char *url;	 /* https */
	char *authority; /* of the URL, in lower case; a port that is not 443 is of it */
	char *last_update;
	char *signature;	  /* as written, maybe relative to the URL; NULL: none */
	unsigned int cache_hours; /* 1 to 168; 48 where none is given */
	bool supported;
	char *systeminfo, *manufacturer, *model, *firmware, *software,
		*documentation; /* NULL: not given */
	char **extensions;
	size_t n_extensions;
	struct ig_mud_link *links;
	size_t n_links;
	struct ig_mud_acl *acls; /* in the file's order */
	size_t n_acls;
	size_t *policy[2]; /* of each side: indices into acls, in the policy's order */
	size_t n_policy[2];
};

/*
 * Reads @size bytes at @bytes. Errors and warnings go into @diags, at @file; strings in them are escaped. 0; -EINVAL with
 * an error said, and @mud empty; -ENOMEM.
 */
int ig_mud_read(struct ig_diags *diags, const char *file, const char *bytes, size_t size,
		struct ig_mud *mud);
void ig_mud_clear(struct ig_mud *mud);
