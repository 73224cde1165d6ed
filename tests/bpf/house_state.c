/* SPDX-License-Identifier: BSD-2-Clause */
/* What machines of the house are in, and packets from where they are. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "address.h"
#include "bindings.h"
#include "clock.h"
#include "generation.h"
#include "house.h"
#include "map_rows.h"
#include "rule.h"
#include "util.h"
#include "world.h"

/* --- what machines are in --- */

const char *const loose_addresses[5] = {"10.0.0.77", "10.0.0.78", "10.5.0.77", "10.9.0.77",
					"fd00::77"};

static uint32_t index_of(const struct gateway *gateway, const struct machine *m)
{
	struct ig_device device;
	struct ig_mac key = {};
	char mac[18];

	house_mac(m, mac);
	frame_mac(mac, key.addr);
	assert_int_equal(bpf_map_lookup_elem(ig_generation_map(&gateway->live, IG_MAP_devices),
					     &key, &device),
			 0);
	return device.index;
}

void house_bind(const struct gateway *gateway)
{
	struct ig_known_address one = {.source = chance(2) ? IG_BINDING_LEASE : IG_BINDING_CLAIM};
	struct ig_known known = {.items = &one, .count = 1};
	struct ig_bound bound = {};
	char mac[18];

	house_mac(&one_of(machines), mac);
	frame_mac(mac, one.mac);
	assert_true(ig_addr_parse(one_of(loose_addresses), one.addr));
	assert_int_equal(ig_bindings_put(&gateway->live,
					 (uint32_t)(ig_generation_now(&gateway->live) % IG_SLOTS),
					 &known, &bound),
			 0);
}

void house_hear(const struct gateway *gateway)
{
	static const char *const places[] = {"lan0", "lan0", "lan1", "lan2", "wan", NULL};
	static const uint16_t tags[] = {0, 0, 5, 5, 7};
	uint32_t index = index_of(gateway, &one_of(machines));
	const char *place = one_of(places);
	struct ig_state state;

	assert_int_equal(bpf_map_lookup_elem(gateway->live.maps[IG_MAP_state], &index, &state), 0);
	state.ifindex = place ? if_nametoindex(place) : 0;
	state.vlan[0] = one_of(tags);
	state.quarantine_until_ns = chance(8)	? 0
				    : chance(2) ? UINT64_MAX
						: ig_clock_now() + SECOND * 3600;
	assert_int_equal(
		bpf_map_update_elem(gateway->live.maps[IG_MAP_state], &index, &state, BPF_ANY), 0);
}

/* --- the packet, as this test would send it --- */

static bool in_prefix(const uint8_t addr[16], const char *text)
{
	struct ig_prefix prefix;
	char why[128];

	if (!text || ig_prefix_parse(text, false, &prefix, why))
		return false;
	for (unsigned int bit = 0; bit < prefix.length; bit++) {
		if ((addr[bit / 8] ^ prefix.addr[bit / 8]) & (0x80 >> bit % 8))
			return false;
	}
	return true;
}

bool house_is_group(const uint8_t addr[16])
{
	return in_prefix(addr, "224.0.0.0/4") || in_prefix(addr, "ff00::/8");
}

/* For all that the sender has on its link. */
static bool is_broadcast(const struct machine *from, const uint8_t addr[16])
{
	return from && ((from->segment == HERE && in_prefix(addr, "10.0.0.255/32")) ||
			(from->segment == TAGGED && in_prefix(addr, "10.5.0.255/32")));
}

static bool is_on_link(const struct machine *m, const uint8_t addr[16])
{
	return in_prefix(addr, "fe80::/10") || in_prefix(addr, "169.254.0.0/16") ||
	       in_prefix(addr, segments[m->segment].networks[0]) ||
	       in_prefix(addr, segments[m->segment].networks[1]);
}

static bool is_text(const uint8_t addr[16], const char *text)
{
	uint8_t other[16];

	return text && ig_addr_parse(text, other) && !memcmp(addr, other, 16);
}

static const struct machine *bound_to(const struct gateway *gateway, const uint8_t addr[16])
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows rows = {};

	assert_int_equal(ig_map_rows_read(gateway->live.maps[IG_MAP_bindings], 0, &rows), 0);
	for (size_t i = 0; i < rows.count; i++) {
		const struct ig_binding_key *key = ig_map_rows_key(&rows, i);
		struct ig_binding binding;

		memcpy(&binding, ig_map_rows_value(&rows, i), sizeof(binding));
		for (size_t k = 0; k < ARRAY_SIZE(machines); k++) {
			if (!memcmp(key->addr, addr, 16) && !machines[k].router &&
			    index_of(gateway, &machines[k]) == binding.device)
				return &machines[k];
		}
	}
	return NULL;
}

static bool is_own_link_local(const struct machine *m, const uint8_t addr[16])
{
	char mac[18], text[64];

	house_mac(m, mac);
	snprintf(text, sizeof(text), "fe80::ff:fe00:1%s", mac + 15);
	return !m->router && is_text(addr, text);
}

const struct machine *house_holder(const struct gateway *gateway, const uint8_t addr[16])
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (is_text(addr, machines[i].addresses[0]) ||
		    is_text(addr, machines[i].addresses[1]) ||
		    is_own_link_local(&machines[i], addr))
			return &machines[i];
	}
	return bound_to(gateway, addr);
}

static bool is_gateways(const uint8_t addr[16])
{
	return is_text(addr, "10.0.0.1") || is_text(addr, "10.5.0.1") || is_text(addr, "fd00::1") ||
	       is_text(addr, "fd00:0:0:5::1");
}

/* Whose MAC address @m would send it to, or see it come from. */
static void peer_mac(const struct machine *m, const struct machine *other, const uint8_t addr[16],
		     bool straight, char mac[18])
{
	if (other && straight)
		house_mac(other, mac);
	else if (!other && !is_gateways(addr) && is_on_link(m, addr))
		snprintf(mac, 18, "stranger");
	else
		snprintf(mac, 18, "gw");
}

struct place house_place(const struct gateway *gateway, const struct machine *m)
{
	uint32_t index = index_of(gateway, m);
	struct ig_state state;

	assert_int_equal(bpf_map_lookup_elem(gateway->live.maps[IG_MAP_state], &index, &state), 0);
	for (int i = 0; i < 3; i++) {
		char name[8];

		snprintf(name, sizeof(name), "lan%d", i);
		if (state.ifindex && state.ifindex == if_nametoindex(name))
			return (struct place){state.ifindex, state.vlan[0]};
	}
	return (struct place){if_nametoindex(segments[house_carrier(m)->segment].ports[0]),
			      segments[house_carrier(m)->segment].vlan};
}

static void put_transport(FILE *f, const struct packet *p)
{
	const struct iotguard_explanation *e = p->e;
	unsigned int number;

	if (!strncmp(e->service, "tcp/", 4))
		fprintf(f, " tcp %u>%u S", e->source_port, e->destination_port);
	else if (!strncmp(e->service, "udp/", 4))
		fprintf(f, " udp %u>%u", e->source_port, e->destination_port);
	else if (!strcmp(e->service, "icmp/echo-request"))
		fputs(" icmp 8.0 7", f);
	else if (!strcmp(e->service, "icmp/destination-unreachable.1"))
		fputs(" icmp 3.1 7", f);
	else if (!strcmp(e->service, "icmpv6/echo-request"))
		fputs(" icmp6 128.0 7", f);
	else if (sscanf(e->service, "ip/%u", &number) == 1)
		fprintf(f, " proto %u data 8", number);
	else
		fail_msg("a packet of %s", e->service);
}

/* @entering: at the sender's port; else at the receiver's. */
void house_packet(const struct packet *p, bool entering, const struct place *place,
		  struct frame *frame)
{
	const struct machine *at = entering ? p->from : p->to, *other = entering ? p->to : p->from;
	const struct iotguard_explanation *e = p->e;
	char own[18], peer[18], src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], *text = NULL;
	bool straight = p->from && p->to &&
			(!p->ip || is_on_link(p->from, e->destination) ||
			 (p->from->segment == BARE && p->to->segment == BARE));
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	house_mac(at, own);
	if (!p->ip && !other)
		snprintf(peer, sizeof(peer), "gw");
	else
		peer_mac(at, other, entering ? e->destination : e->source, straight, peer);
	if (p->ip && (house_is_group(e->destination) || is_broadcast(p->from, e->destination)))
		snprintf(peer, sizeof(peer), "all");
	fprintf(f, "%s>%s", entering ? own : peer, entering ? peer : own);
	if (place->vlan)
		fprintf(f, " tag %u", place->vlan);
	if (p->ip) {
		ig_addr_print(e->source, src);
		ig_addr_print(e->destination, dst);
		fprintf(f, " ip%u %s>%s tos %u", e->ip_version, src, dst, p->dscp << 2);
		put_transport(f, p);
	} else {
		fputs(" type 0x88b5 data 46", f);
	}
	fclose(f);
	frame_make(frame, "%s", text);
	free(text);
}
