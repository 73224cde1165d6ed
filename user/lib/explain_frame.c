/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frame that opens a conversation, as it is at each end: from the sender straight to the receiver on one link, and
 * by way of the gateway otherwise.
 */

#include <netinet/in.h>
#include <string.h>

#include "address.h"
#include "explain.h"

static const struct ig_house_machine *opener(const struct ig_talk *talk)
{
	return !talk->from ? &talk->machine : talk->kind == IG_TALK_MACHINE ? &talk->other : NULL;
}

static const struct ig_house_machine *receiver(const struct ig_talk *talk)
{
	return talk->from ? &talk->machine : talk->kind == IG_TALK_MACHINE ? &talk->other : NULL;
}

/* Where nobody knows what is on the link, machines of one segment are. */
static bool is_straight(const struct ig_house *house, const struct ig_talk *talk)
{
	const struct ig_house_machine *from = opener(talk), *to = receiver(talk);

	if (talk->plan.ethertype)
		return true;
	return ig_house_link(house, &from->device, talk->plan.dst) == IG_HOUSE_ON ||
	       (from->device.segment == to->device.segment &&
		!ig_house_link_is_known(&from->device, ig_addr_is_v4(talk->plan.dst)));
}

static void gateway_mac(const struct ig_house *house, const struct ig_house_machine *at,
			uint8_t mac[6])
{
	if (!ig_house_gateway_mac(house, at->place.ifindex, mac))
		ig_house_strange_mac(house, mac);
}

static void group_mac(const uint8_t addr[16], uint8_t mac[6])
{
	if (!ig_addr_is_v4(addr))
		memcpy(mac, (uint8_t[]){0x33, 0x33, addr[12], addr[13], addr[14], addr[15]}, 6);
	else if ((addr[12] & 0xf0) == 224)
		memcpy(mac, (uint8_t[]){0x01, 0, 0x5e, addr[13] & 0x7f, addr[14], addr[15]}, 6);
	else
		memset(mac, 0xff, 6);
}

/* The MAC address of whoever is at the other end of the link of @at. */
static void far_mac(const struct ig_house *house, const struct ig_talk *talk,
		    const struct ig_house_machine *at, const struct ig_house_machine *other,
		    const uint8_t addr[16], uint8_t mac[6])
{
	if (other && is_straight(house, talk))
		memcpy(mac, other->mac, 6);
	else if (!other && talk->kind == IG_TALK_ADDRESS && !talk->plan.ethertype &&
		 ig_house_link(house, &at->device, addr) == IG_HOUSE_ON)
		ig_house_strange_mac(house, mac);
	else
		gateway_mac(house, at, mac);
}

static bool is_for_all(const struct ig_house *house, const struct ig_talk *talk)
{
	const struct ig_house_machine *from = opener(talk);

	if (talk->plan.ethertype)
		return false;
	return ig_house_is_group(talk->plan.dst) ||
	       (from && ig_house_link(house, &from->device, talk->plan.dst) == IG_HOUSE_BROADCAST);
}

static void make(const struct ig_house *house, const struct ig_talk *talk, bool entering,
		 struct ig_talk_end *end)
{
	const struct ig_house_machine *from = opener(talk), *to = receiver(talk);
	struct ig_frame_plan plan = talk->plan;

	memcpy(plan.vlan, end->machine->place.vlan, sizeof(plan.vlan));
	if (entering) {
		memcpy(plan.src_mac, from->mac, 6);
		far_mac(house, talk, from, to, plan.dst, plan.dst_mac);
	} else {
		far_mac(house, talk, to, from, plan.src, plan.src_mac);
		memcpy(plan.dst_mac, to->mac, 6);
	}
	if (is_for_all(house, talk))
		group_mac(plan.dst, plan.dst_mac);
	ig_frame_make(&end->frame, &plan);
}

/* What goes to a group is judged where it enters, and for its members by who they are. */
size_t ig_talk_ends(const struct ig_house *house, const struct ig_talk *talk,
		    struct ig_talk_end ends[2])
{
	ends[0] = (struct ig_talk_end){.talk = talk, .machine = &talk->machine, .from = talk->from};
	make(house, talk, !talk->from, &ends[0]);
	if (talk->kind != IG_TALK_MACHINE || is_for_all(house, talk))
		return 1;
	ends[1] = (struct ig_talk_end){.talk = talk, .machine = &talk->other, .from = !talk->from};
	make(house, talk, talk->from, &ends[1]);
	return 2;
}

/* Each knows what it was told, and the one that the question is about the name, too. */
int ig_talk_ask(struct ig_explain *explain, const struct ig_talk_end *end,
		struct iotguard_verdict *verdict)
{
	const struct ig_talk *talk = end->talk;
	uint8_t there[1][16];
	struct ig_telling told = {
		.device = end->machine->device.index,
		.name = talk->remote.name,
		.addresses = there,
		.n_addresses = 1,
	};
	bool also = talk->made_up && end->machine == &talk->machine;
	int err;

	memcpy(there[0], talk->there, 16);
	err = ig_asker_tell(&explain->asker, told.device, also ? &told : NULL);
	return err
		       ?: ig_asker_ask(&explain->asker,
				       end->from ? IOTGUARD_TO_DEVICE : IOTGUARD_FROM_DEVICE,
				       &end->frame, end->machine->place.ifindex, verdict);
}
