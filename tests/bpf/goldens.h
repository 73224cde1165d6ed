/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames, and what has to become of them. */
#pragma once

#include <stddef.h>

#include "world.h"

extern const char goldens_inventory[];

struct golden {
	const char *name;
	/*
	 * "from FRAME; to FRAME; wait SECONDS; quarantine MACHINE [SECONDS]; release MACHINE", or
	 * NULL. What is in front of it passes, unless the step begins with `drop`.
	 */
	const char *before;
	enum iotguard_side side;
	const char *frame;
	bool passes;
	const char *reason;
	const char *rule;   /* NULL: none */
	const char *device; /* NULL: none */
};

struct goldens {
	const struct golden *items;
	size_t count;
};

extern const struct goldens goldens;	       /* one frame, one flow */
extern const struct goldens goldens_fragments; /* datagrams in pieces */
extern const struct goldens goldens_errors;    /* ICMP errors, and ways that a sender wants taken */
extern const struct goldens goldens_layers;    /* which MAC address goes with which IP address */
extern const struct goldens goldens_from; /* conditions, group frames, machines behind a router */
extern const struct goldens goldens_identity;	/* leases, claims, DHCP */
extern const struct goldens goldens_quarantine; /* who is in quarantine */
extern const struct goldens goldens_names;	/* what resolvers say, and rules by name */
extern const struct goldens goldens_found;	/* what the judge and reviews found */

/* what most goldens begin with */
#define CAM	 "cam>gw ip4 10.0.0.10>"
#define CAM6	 "cam>gw ip6 fd00::10>"
#define INTO_CAM ">10.0.0.10 "
#define LL	 "fe80::ff:fe00:10" /* cam's link-local address */

/* conversations that goldens go on with */
#define CAM_OPENS      "from " CAM "203.0.113.5 tcp 40000>443 S"
#define SERVER_ANSWERS "to gw>cam ip4 203.0.113.5" INTO_CAM "tcp 443>40000 SA"
#define CAM_ASKS       "from " CAM "203.0.113.5 udp 40000>5000 data 4"
#define CAM_ASKS6      "from " CAM6 "2001:db8::5 udp 40000>5000 data 4"
#define LAPTOP_OPENS   "to laptop>cam ip4 10.0.0.20" INTO_CAM "tcp 41000>22 S"
#define CAM_ACCEPTS    "from cam>laptop ip4 10.0.0.10>10.0.0.20 tcp 22>41000 SA"
#define NVR_PINGS      "from nvr>gw ip4 10.0.0.11>10.0.0.1 icmp 8.0 77"
#define NVR_PINGS6     "from nvr>gw ip6 fd00::11>fd00::1 icmp6 128.0 77"

#define TCP_RULE       "allow to 203.0.113.0/24 tcp/443,8000-8010"
#define UDP_RULE       "allow to 203.0.113.5 udp/5000"
#define INTERNET_RULE  "allow to internet tcp/20-30"

#define PASS	       true
#define DROP	       false
