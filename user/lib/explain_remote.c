/* SPDX-License-Identifier: BSD-2-Clause */
/* Who the remote of a question is, by which addresses the two speak, and what is asked about where it is several. */

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "explain_question.h"
#include "util.h"

#define MEMBERS_MAX 64	  /* of a group that is asked about */
#define SOURCE_PORT 50000 /* as good as any that a machine chooses by itself */
#define EXAMPLES    16	  /* addresses of a prefix that are looked at */

/* --- addresses of both sides --- */

bool ig_asked_wants(const struct ig_asked *r, bool v4)
{
	if (r->service.family == (v4 ? IG_SERVICE_ICMPV6 : IG_SERVICE_ICMP))
		return false;
	return !r->has_address || ig_addr_is_v4(r->address) == v4;
}

static bool address_there(const struct ig_asked *r, const struct ig_talk *talk, bool v4,
			  uint8_t addr[16])
{
	const struct ig_house *house = &r->explain->house;

	if (talk->kind == IG_TALK_GATEWAY)
		return ig_house_gateway_address(house, &r->machine, v4, addr);
	return ig_house_address(house, &talk->other, v4, addr);
}

/* Of a machine that is named: of the version that both have, of IPv4 if they have both. */
static bool choose_there(struct ig_asked *r, struct ig_talk *talk)
{
	bool found = false;
	uint8_t addr[16], own[16];

	for (int v4 = 1; v4 >= 0; v4--) {
		if (!ig_asked_wants(r, v4) || !address_there(r, talk, v4, addr))
			continue;
		if (found && !ig_house_address(&r->explain->house, &r->machine, v4, own))
			continue;
		memcpy(talk->there, addr, 16);
		if (r->has_address || ig_house_address(&r->explain->house, &r->machine, v4, own))
			return true;
		found = true;
	}
	return found;
}

static int find_there(struct ig_asked *r, struct ig_talk *talk)
{
	bool v6 = ig_asked_wants(r, false) && !ig_asked_wants(r, true);

	if (choose_there(r, talk))
		return 0;
	if (talk->kind == IG_TALK_MACHINE && v6 && talk->other.device.router == IG_ENTITY_NONE &&
	    talk->other.device.segment == r->machine.device.segment) {
		ig_house_own_link_local(&talk->other, talk->there);
		return 0;
	}
	ig_error(ig_asked_diags(r), NULL,
		 talk->kind == IG_TALK_MACHINE
			 ? "list one under its `addresses`, or ask about an address"
			 : "list one in `addresses` of the gateway, or ask about an address",
		 "no %saddress of %s is known, be it listed or one that it was seen to get",
		 ig_asked_wants(r, true) != ig_asked_wants(r, false) ? (v6 ? "IPv6 " : "IPv4 ")
								     : "",
		 talk->kind == IG_TALK_MACHINE ? talk->other.name : "the gateway");
	return -ENODATA;
}

/* One that it has; IPv6 link-local where it speaks to one of these, or has no other. */
static void find_local(const struct ig_asked *r, struct ig_talk *talk)
{
	bool v4 = ig_addr_is_v4(talk->there), link = !v4 && ig_house_is_link_local(talk->there);

	talk->chosen = r->has_address;
	talk->has_local = true;
	if (r->has_address) {
		memcpy(talk->local, r->address, 16);
		return;
	}
	if (!link && ig_house_address(&r->explain->house, &r->machine, v4, talk->local))
		return;
	talk->has_local = !v4 && r->machine.device.router == IG_ENTITY_NONE;
	if (talk->has_local)
		ig_house_own_link_local(&r->machine, talk->local);
	else if (v4)
		ig_addr_set_v4(talk->local, (uint8_t[4]){});
}

static int say_version(struct ig_asked *r, bool icmp)
{
	if (icmp)
		ig_error(ig_asked_diags(r), NULL, "icmp is of IPv4, icmpv6 of IPv6",
			 "`%s` does not go with that address", r->question->service);
	else
		ig_error(ig_asked_diags(r), NULL, "name one of the same version",
			 "the addresses of the two sides are not of one IP version");
	return -EINVAL;
}

/* --- conversations --- */

static uint8_t protocol(const struct ig_service *service)
{
	switch (service->family) {
	case IG_SERVICE_TCP:
		return IPPROTO_TCP;
	case IG_SERVICE_UDP:
		return IPPROTO_UDP;
	case IG_SERVICE_ICMP:
		return IPPROTO_ICMP;
	case IG_SERVICE_ICMPV6:
		return IPPROTO_ICMPV6;
	default:
		return service->number;
	}
}

static void plan(const struct ig_asked *r, struct ig_talk *talk)
{
	bool ports = r->service.family == IG_SERVICE_TCP || r->service.family == IG_SERVICE_UDP;
	struct ig_frame_plan *p = &talk->plan;

	*p = (struct ig_frame_plan){.dscp = r->dscp};
	if (r->service.family == IG_SERVICE_ETHER) {
		p->ethertype = r->service.number;
		return;
	}
	p->proto = protocol(&r->service);
	p->tcp_flags = IG_TCP_SYN;
	memcpy(p->src, talk->from ? talk->there : talk->local, 16);
	memcpy(p->dst, talk->from ? talk->local : talk->there, 16);
	if (ports) {
		p->src_port = r->source_port ? r->source_port : SOURCE_PORT;
		p->dst_port = r->service.ranges[0].first;
	} else {
		p->icmp = r->service.ranges[0].first;
	}
}

static int add(struct ig_asked *r, struct ig_talk *talk)
{
	struct ig_talks *out = r->out;

	if (!ig_grow(&out->items, out->count, &out->capacity, sizeof(*out->items)))
		return -ENOMEM;
	talk->machine = r->machine;
	talk->from = r->question->from;
	talk->remote = out->remote;
	talk->service = r->service;
	talk->has_source_port = r->source_port != 0;
	out->items[out->count++] = *talk;
	plan(r, &out->items[out->count - 1]);
	return 0;
}

static int complete(struct ig_asked *r, struct ig_talk *talk)
{
	bool v4 = ig_addr_is_v4(talk->there);

	if (r->service.family == (v4 ? IG_SERVICE_ICMPV6 : IG_SERVICE_ICMP))
		return say_version(r, true);
	if (r->has_address && ig_addr_is_v4(r->address) != v4)
		return say_version(r, false);
	find_local(r, talk);
	return add(r, talk);
}

int ig_asked_add_address(struct ig_asked *r, const uint8_t addr[16], const char *example_of)
{
	struct ig_talk talk = {.kind = IG_TALK_ADDRESS, .made_up = r->made_up};
	uint32_t holder = ig_house_holder(&r->explain->house, addr, r->machine.device.segment);
	char text[INET6_ADDRSTRLEN];
	int err;

	memcpy(talk.there, addr, 16);
	if (holder == IG_ENTITY_GATEWAY || holder == IG_ENTITY_GATEWAY_LIVE)
		talk.kind = IG_TALK_GATEWAY;
	else if (holder == r->machine.device.index)
		return ig_asked_several(r, "it is the device's own address");
	else if (holder != IG_ENTITY_NONE &&
		 !ig_house_machine_of_index(&r->explain->house, holder, &talk.other))
		talk.kind = IG_TALK_MACHINE;
	ig_addr_print(addr, text);
	if (example_of)
		ig_talk_note(&talk, "asked about %s, as an example of %s", text, example_of);
	if (talk.kind == IG_TALK_MACHINE)
		ig_talk_note(&talk, "%s is an address of %s", text, talk.other.name);
	else if (talk.kind == IG_TALK_GATEWAY)
		ig_talk_note(&talk, "%s is an address of the gateway", text);
	err = ig_asked_names_of(r, &talk);
	return err ?: complete(r, &talk);
}

static int add_machine(struct ig_asked *r, const struct ig_house_machine *machine)
{
	struct ig_talk talk = {.kind = IG_TALK_MACHINE, .other = *machine};
	int err;

	if (machine->device.index == r->machine.device.index)
		return ig_asked_several(r, "it is the device itself");
	if (r->service.family == IG_SERVICE_ETHER)
		return add(r, &talk);
	err = find_there(r, &talk);
	return err ?: complete(r, &talk);
}

static int add_gateway(struct ig_asked *r)
{
	struct ig_talk talk = {.kind = IG_TALK_GATEWAY};
	int err;

	if (r->service.family == IG_SERVICE_ETHER)
		return add(r, &talk);
	err = find_there(r, &talk);
	return err ?: complete(r, &talk);
}

/* --- what is several --- */

/* One that nobody has, if there is one among the first. */
static int add_prefix(struct ig_asked *r, const struct ig_prefix *prefix, const char *what)
{
	uint8_t addr[16];

	if (prefix->length == 128)
		return ig_asked_add_address(r, prefix->addr, what);
	memcpy(addr, prefix->addr, 16);
	for (int i = 0; i < EXAMPLES; i++) {
		addr[15] = prefix->addr[15] + 1 + i;
		if (ig_house_holder(&r->explain->house, addr, r->machine.device.segment) ==
		    IG_ENTITY_NONE)
			return ig_asked_add_address(r, addr, what);
		if (prefix->length > 128 - 5)
			break;
	}
	addr[15] = prefix->addr[15] + 1;
	return ig_asked_add_address(r, addr, what);
}

static int need_inventory(struct ig_asked *r, const char *hint)
{
	if (r->explain->asker.inv)
		return 0;
	ig_error(
		ig_asked_diags(r), NULL, hint,
		"who '%s' is stands in the inventory in force, and its file is not there or was changed",
		r->question->remote);
	return -EINVAL;
}

static int add_group(struct ig_asked *r)
{
	const struct ig_remote *remote = &r->out->remote;
	const struct ig_group *group;
	int err = need_inventory(r, "ask about one of its members");

	if (err)
		return err;
	group = ig_inventory_group(r->explain->asker.inv, remote->name);
	if (!group || !group->count || group->count > MEMBERS_MAX)
		return ig_asked_several(r, !group ? "the inventory has no such group"
					   : group->count
						   ? "it has many members: ask about one of them"
						   : "it has no members");
	for (size_t i = 0; i < group->count && !err; i++) {
		const struct ig_member *member = &group->members[i];
		struct ig_house_machine machine;

		if (!member->machine) {
			err = add_prefix(r, &member->prefix, r->question->remote);
			continue;
		}
		err = ig_house_machine(&r->explain->house, member->machine->name,
				       member->machine->host ? 'h' : 'd', &machine);
		if (!err && machine.device.index != r->machine.device.index)
			err = add_machine(r, &machine);
	}
	if (!err && !r->out->count)
		return ig_asked_several(r, "it has no other member than the device itself");
	return err;
}

static int add_segment(struct ig_asked *r)
{
	const struct ig_segment *segment;
	int err = need_inventory(r, "ask about an address of it");

	if (err)
		return err;
	segment = ig_inventory_segment(r->explain->asker.inv, r->out->remote.name);
	for (size_t i = 0; segment && i < segment->n_networks; i++) {
		if (ig_asked_wants(r, ig_prefix_is_v4(&segment->networks[i])))
			return add_prefix(r, &segment->networks[i], r->question->remote);
	}
	return ig_asked_several(r, segment ? "it lists no network with such addresses"
					   : "the inventory has no such segment");
}

bool ig_asked_is_elsewhere(const struct ig_house *house, const uint8_t addr[16])
{
	for (size_t i = 0; i < house->devices.count; i++) {
		struct ig_device device;

		memcpy(&device, ig_map_rows_value(&house->devices, i), sizeof(device));
		if (device.kind != IG_KIND_GATEWAY &&
		    ig_house_link(house, &device, addr) != IG_HOUSE_OFF)
			return false;
	}
	return ig_house_holder(house, addr, IG_NO_SEGMENT) == IG_ENTITY_NONE;
}

static int add_internet(struct ig_asked *r)
{
	static const char *const examples[] = {"203.0.113.1", "198.51.100.1",  "192.0.2.1",
					       "2001:db8::1", "2001:db8:1::1", "3fff::1"};
	const struct ig_house *house = &r->explain->house;
	uint8_t addr[16], own[16];

	for (int strict = 1; strict >= 0; strict--) {
		for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
			bool v4;

			if (!ig_addr_parse(examples[i], addr))
				continue;
			v4 = ig_addr_is_v4(addr);
			if (ig_asked_wants(r, v4) && ig_asked_is_elsewhere(house, addr) &&
			    (!strict || r->has_address ||
			     ig_house_address(house, &r->machine, v4, own)))
				return ig_asked_add_address(r, addr, "internet");
		}
	}
	return ig_asked_several(r, "ask about an address");
}

int ig_asked_remote(struct ig_asked *r)
{
	const struct ig_remote *remote = &r->out->remote;
	struct ig_house_machine machine;
	int err;

	switch (remote->kind) {
	case IG_REMOTE_PREFIX:
		return add_prefix(r, &remote->prefix,
				  remote->prefix.length < 128 ? r->question->remote : NULL);
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
		err = ig_house_machine(&r->explain->house, remote->name,
				       remote->kind == IG_REMOTE_HOST ? 'h' : 'd', &machine);
		return err ? ig_asked_machine(r, remote->name, err) : add_machine(r, &machine);
	case IG_REMOTE_GATEWAY:
		return add_gateway(r);
	case IG_REMOTE_GROUP:
		return add_group(r);
	case IG_REMOTE_SEGMENT:
		return add_segment(r);
	case IG_REMOTE_INTERNET:
		return add_internet(r);
	case IG_REMOTE_NAME:
		return ig_asked_name(r);
	default:
		return ig_asked_several(r,
					"ask about an address, device:NAME, host:NAME or gateway");
	}
}
