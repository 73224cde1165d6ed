/* SPDX-License-Identifier: BSD-2-Clause */
/* Causes that are no matter of rules, in words that say what to do. */

#include <bpf/bpf.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "clock.h"
#include "explain.h"
#include "snapshot.h"
#include "util.h"

static const char *kind(const struct ig_house_machine *m)
{
	return m->entry->host ? "hosts" : "devices";
}

static const char *segment_name(const struct ig_house *house, const struct ig_house_machine *m)
{
	return ig_dict_segment_name(&house->asker->dict, m->entry->segment) ?: "";
}

/* The address is not the machine's: it has none, or it is somebody else's, or nobody's. */
static void say_address(const struct ig_house *house, const struct ig_talk *talk,
			const struct ig_talk_end *end, void *array,
			struct iotguard_explain_end *out)
{
	const struct ig_house_machine *m = end->machine;
	bool own = m == &talk->machine;
	const uint8_t *addr = own ? talk->local : talk->there;
	struct ig_house_machine holder;
	char text[INET6_ADDRSTRLEN];
	uint32_t index;

	out->advice = ig_result_format(
		array, "list its address in %s.%s.addresses, or ask again when it has got one",
		kind(m), m->name);
	if (own && !talk->has_local) {
		out->cause = ig_result_format(
			array,
			"%s has no IPv4 address that the inventory lists or that it was seen to get",
			m->name);
		return;
	}
	ig_addr_print(addr, text);
	index = ig_house_holder(house, addr, m->device.segment);
	if (index == IG_ENTITY_GATEWAY || index == IG_ENTITY_GATEWAY_LIVE)
		out->cause = ig_result_format(array, "%s is the gateway's address", text);
	else if (index != m->device.index && index != IG_ENTITY_NONE &&
		 !ig_house_machine_of_index(house, index, &holder))
		out->cause = ig_result_format(array, "%s is the address of %s", text, holder.name);
	else
		out->cause = ig_result_format(
			array,
			"%s is no address of %s, be it listed or one that it was seen to get", text,
			m->name);
}

static void say_place(const struct ig_house *house, const struct ig_house_machine *m, void *array,
		      struct iotguard_explain_end *out)
{
	const struct ig_house_place *place = &m->place;
	char tags[32] = "without a tag";

	if (place->vlan[1])
		snprintf(tags, sizeof(tags), "with tags %u and %u", place->vlan[0], place->vlan[1]);
	else if (place->vlan[0])
		snprintf(tags, sizeof(tags), "with tag %u", place->vlan[0]);
	out->cause = ig_result_format(
		array, "%s was heard last at %s %s, which is no port of its segment '%s'", m->name,
		place->interface, tags, segment_name(house, m));
	out->advice = ig_result_format(
		array, "put it into the segment of that port, or name the port in '%s'",
		segment_name(house, m));
}

#define END_TEXT 40

/* "until it is released", "until 2026-11-22 10:31:05", local time. False: it is in no quarantine. */
static bool quarantine_end(const struct ig_house *house, const struct ig_house_machine *m,
			   char text[END_TEXT])
{
	struct ig_state state;
	time_t end;
	struct tm tm;

	if (bpf_map_lookup_elem(house->asker->object->maps[IG_MAP_state], &m->device.index,
				&state) ||
	    state.quarantine_until_ns <= ig_clock_now())
		return false;
	end = (time_t)ig_clock_epoch(state.quarantine_until_ns);
	if (state.quarantine_until_ns == UINT64_MAX || !localtime_r(&end, &tm) ||
	    !strftime(text, END_TEXT, "until %Y-%m-%d %H:%M:%S", &tm))
		snprintf(text, END_TEXT, "until it is released");
	return true;
}

void ig_explain_words(const struct ig_house *house, const struct ig_talk *talk,
		      const struct ig_talk_end *end, void *array, struct iotguard_explain_end *out)
{
	const struct ig_house_machine *m = end->machine;
	char until[END_TEXT] = "";

	switch (out->reason) {
	case IG_REASON_SOURCE_SPOOF:
	case IG_REASON_NOT_ITS_ADDRESS:
		say_address(house, talk, end, array, out);
		break;
	case IG_REASON_WRONG_PORT:
	case IG_REASON_NO_SEGMENT:
		say_place(house, m, array, out);
		break;
	case IG_REASON_LAYER_MISMATCH:
		out->cause = ig_result_format(
			array, "an address of the conversation is not where segment '%s' has it",
			segment_name(house, m));
		out->advice = "look at `networks` of its segment and at `addresses` of both sides";
		break;
	case IG_REASON_DHCP_SPOOF:
		out->advice = "a DHCP server is listed in gateway.dhcp-servers";
		break;
	case IG_REASON_MALFORMED:
	case IG_REASON_TRUNCATED:
	case IG_REASON_EXTENSION_CHAIN:
		out->cause = "what such a packet would have to look like is not known here";
		out->advice = "'iotguard-load replay' judges real ones";
		break;
	case IG_REASON_QUARANTINE:
		quarantine_end(house, m, until);
		out->cause = ig_result_format(
			array,
			"%s is in quarantine %s: what is not infrastructure, critical or the gateway's management waits",
			m->name, until);
		out->advice =
			ig_result_format(array, "'iotguard-load release %s' ends it", m->name);
		break;
	case IG_REASON_NOT_ENFORCED:
		out->cause =
			ig_result_format(array, "the policy does not guard %s", m->place.interface);
		out->advice = "name it in a segment";
		break;
	default:
		break;
	}
}

/* --- notes --- */

static void note_stranger(const struct ig_house *house, struct ig_talk *talk)
{
	if (talk->kind == IG_TALK_ADDRESS && !talk->plan.ethertype &&
	    !ig_house_is_group(talk->there) &&
	    ig_house_link(house, &talk->machine.device, talk->there) == IG_HOUSE_ON)
		ig_talk_note(
			talk,
			"nobody of the inventory is known to have that address, and a machine that is "
			"not in it may do nothing at a guarded port");
}

static void note_port(struct ig_talk *talk)
{
	const struct ig_house_place *a = &talk->machine.place, *b = &talk->other.place;

	if (talk->kind == IG_TALK_MACHINE && a->heard && b->heard && a->ifindex == b->ifindex)
		ig_talk_note(
			talk,
			"both are behind %s: what they say to each other may never come by here",
			a->interface);
}

static void note_clock(const struct ig_asker *asker, struct ig_talk *talk)
{
	if (asker->dict.header.n_ending && !asker->clock_right)
		ig_talk_note(talk, "the clock is not known to be right, so rules with `until` "
				   "match nothing: apply again once it is");
}

static void note_absent(const struct ig_house *house, struct ig_talk *talk)
{
	const struct ig_house_machine *m = &talk->machine;

	if (m->place.ifindex && talk->kind == IG_TALK_MACHINE)
		m = &talk->other;
	if (!m->place.ifindex)
		ig_talk_note(
			talk,
			"no interface of segment '%s' is there: ports are not looked at for %s",
			segment_name(house, m), m->name);
}

/* Of what has another reason: a rule alone would not do. Where it is the reason, its end has said so. */
static void note_quarantine(const struct ig_house *house, const struct ig_house_machine *m,
			    struct ig_talk *talk, const struct iotguard_explanation *out)
{
	char until[END_TEXT];

	for (size_t i = 0; i < out->n_ends; i++)
		if (out->ends[i].reason == IG_REASON_QUARANTINE && out->ends[i].device &&
		    !strcmp(out->ends[i].device, m->name))
			return;
	if (quarantine_end(house, m, until))
		ig_talk_note(
			talk,
			"%s is in quarantine %s: what a rule that is not critical allows waits",
			m->name, until);
}

/* An `allow` by name may have been passed over for that. */
static void note_local(const struct ig_house *house, struct ig_talk *talk,
		       const struct iotguard_explanation *out)
{
	char text[INET6_ADDRSTRLEN];

	if (talk->remote.kind != IG_REMOTE_NAME || talk->made_up ||
	    iotguard_reason_passes(out->ends[0].reason) || !ig_house_is_local(house, talk->there))
		return;
	ig_addr_print(talk->there, text);
	ig_talk_note(talk,
		     "%s is a local address: an `allow` by name is about such only with `local`",
		     text);
}

void ig_explain_notes(struct ig_explain *explain, struct ig_talk *talk,
		      const struct iotguard_explanation *out)
{
	ig_explain_strict(&explain->house, talk);
	note_local(&explain->house, talk, out);
	note_quarantine(&explain->house, &talk->machine, talk, out);
	if (talk->kind == IG_TALK_MACHINE)
		note_quarantine(&explain->house, &talk->other, talk, out);
	note_stranger(&explain->house, talk);
	note_port(talk);
	note_clock(&explain->asker, talk);
	note_absent(&explain->house, talk);
}
