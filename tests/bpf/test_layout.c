/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel's compiler made of abi.h, against what ours made of it: sizes and members. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "abi.h"
#include "util.h"

#include "iotguard.skel.h"

#define MEMBERS_MAX 40

struct member {
	const char *name; /* NULL: no more of them */
	size_t offset, size;
};

struct layout {
	const char *name;
	size_t size;
	struct member members[MEMBERS_MAX]; /* all of them; none: only the size is compared */
};

/* every struct of abi.h; S is the one whose members are listed */
#define M(member)                                                      \
	{                                                              \
#member, offsetof(S, member), sizeof(((S *)0)->member) \
	}

static const struct layout layouts[] = {
#define S struct ig_mac
	{"ig_mac", sizeof(S), {M(addr), M(pad)}},
#undef S
#define S struct ig_device
	{"ig_device",
	 sizeof(S),
	 {M(index), M(policy), M(ring), M(flows), M(critical_flows), M(segment), M(router),
	  M(infrastructure), M(kind), M(mode), M(trusted), M(environment), M(criticality), M(flags),
	  M(vlan)}},
#undef S
#define S struct ig_addr
	{"ig_addr", sizeof(S), {M(addr)}},
#undef S
#define S struct ig_network_key
	{"ig_network_key", sizeof(S), {M(prefixlen), M(segment), M(addr)}},
#undef S
#define S struct ig_network
	{"ig_network", sizeof(S), {M(length), M(pad)}},
#undef S
#define S struct ig_port_key
	{"ig_port_key", sizeof(S), {M(ifindex), M(vlan)}},
#undef S
#define S struct ig_port
	{"ig_port",
	 sizeof(S),
	 {M(segment), M(unknown), M(mode), M(infrastructure), M(groups), M(n_groups)}},
#undef S
#define S struct ig_service_key
	{"ig_service_key", sizeof(S), {M(addr), M(kind)}},
#undef S
#define S struct ig_block
	{"ig_block", sizeof(S), {}}, /* one unnamed union */
#undef S
#define S struct ig_intervals
	{"ig_intervals", sizeof(S), {M(keys), M(classes), M(n)}},
#undef S
#define S struct ig_table
	{"ig_table",
	 sizeof(S),
	 {M(dim), M(vectors), M(rules), M(n_rules), M(words), M(conditions), M(any_class)}},
#undef S
#define S struct ig_conditions
	{"ig_conditions",
	 sizeof(S),
	 {M(dim), M(internet_class), M(spared_class), M(named_class), M(local_class), M(pad)}},
#undef S
#define S struct ig_rule_entry
	{"ig_rule_entry", sizeof(S), {M(id), M(flags), M(until), M(holder), M(order), M(pad)}},
#undef S
#define S struct ig_control
	{"ig_control",
	 sizeof(S),
	 {M(generation), M(abi), M(seed), M(flow_slots), M(device_slots), M(programs),
	  M(handing_on), M(clock_right), M(settling_until_ns), M(settled), M(changes), M(written),
	  M(pin_places), M(bound), M(pad)}},
#undef S
#define S struct ig_written
	{"ig_written", sizeof(S), {M(generation), M(open), M(pad), M(inventory)}},
#undef S
#define S struct ig_trial
	{"ig_trial", sizeof(S), {M(timer), M(generation), M(until_ns), M(uid), M(pad)}},
#undef S
#define S struct ig_change
	{"ig_change",
	 sizeof(S),
	 {M(number), M(time_ns), M(generation), M(before), M(until_ns), M(uid), M(device), M(kind),
	  M(flags), M(pad), M(inventory), M(interface), M(pad2)}},
#undef S
#define S struct ig_command
	{"ig_command", sizeof(S), {M(kind), M(silent), M(change)}},
#undef S
#define S struct ig_flow4_key
	{"ig_flow4_key",
	 sizeof(S),
	 {M(mac), M(proto), M(pad), M(local_be), M(remote_be), M(local_port_be),
	  M(remote_port_be)}},
#undef S
#define S struct ig_flow6_key
	{"ig_flow6_key",
	 sizeof(S),
	 {M(mac), M(proto), M(pad), M(local), M(remote), M(local_port_be), M(remote_port_be)}},
#undef S
#define S struct ig_slot4
	{"ig_slot4", sizeof(S), {M(lock), M(key)}},
#undef S
#define S struct ig_slot6
	{"ig_slot6", sizeof(S), {M(lock), M(key)}},
#undef S
#define S struct ig_flow
	{"ig_flow",
	 sizeof(S),
	 {M(generation), M(epoch), M(ifindex), M(vlan), M(device), M(slot), M(count), M(rule),
	  M(state), M(initiator), M(flags), M(reason), M(until_s), M(dscp), M(icmp_code),
	  M(peer_mac), M(mark)}},
#undef S
#define S struct ig_flow_count
	{"ig_flow_count", sizeof(S), {M(last_ns), M(packets), M(bytes)}},
#undef S
#define S struct ig_datagram_key
	{"ig_datagram_key",
	 sizeof(S),
	 {M(src), M(dst), M(id), M(device), M(generation), M(proto), M(ip_version), M(direction),
	  M(pad)}},
#undef S
#define S struct ig_run
	{"ig_run", sizeof(S), {M(first), M(end)}},
#undef S
#define S struct ig_datagram
	{"ig_datagram",
	 sizeof(S),
	 {M(lock), M(rule), M(since_ns), M(key), M(runs), M(end), M(dead), M(spared), M(pad)}},
#undef S
#define S struct ig_state
	{"ig_state",
	 sizeof(S),
	 {M(epoch), M(ifindex), M(vlan), M(head4), M(head6), M(critical_head4), M(critical_head6),
	  M(dhcp_xid), M(dhcp_since_ns), M(dhcp_asked_be), M(entered), M(quarantine_until_ns),
	  M(names), M(pinned)}},
#undef S
#define S struct ig_binding
	{"ig_binding", sizeof(S), {M(expires_ns), M(device), M(source), M(place), M(pad)}},
#undef S
#define S struct ig_binding_key
	{"ig_binding_key", sizeof(S), {M(addr), M(scope)}},
#undef S
#define S struct ig_holding
	{"ig_holding", sizeof(S), {M(lock), M(key)}},
#undef S
#define S struct ig_stranger_event
	{"ig_stranger_event", sizeof(S), {M(event), M(length), M(pad), M(options)}},
#undef S
#define S struct ig_mud_event
	{"ig_mud_event", sizeof(S), {M(event), M(length), M(source), M(pad), M(url)}},
#undef S
#define S struct ig_policy_event
	{"ig_policy_event", sizeof(S), {M(event), M(change)}},
#undef S
#define S struct ig_counter
	{"ig_counter", sizeof(S), {M(packets), M(bytes)}},
#undef S
#define S struct ig_device_counter
	{"ig_device_counter", sizeof(S), {M(count)}},
#undef S
#define S struct ig_event_counter
	{"ig_event_counter", sizeof(S), {M(sent), M(suppressed), M(lost), M(safety_dropped)}},
#undef S
#define S struct ig_event
	{"ig_event",
	 sizeof(S),
	 {M(size),	  M(abi),	 M(type),	M(reason),  M(action),	M(direction),
	  M(mode),	  M(time_ns),	 M(generation), M(ifindex), M(device),	M(rule),
	  M(repeats),	  M(suppressed), M(length),	M(src_mac), M(dst_mac), M(ethertype_be),
	  M(vlan),	  M(ip_version), M(proto),	M(src),	    M(dst),	M(src_port_be),
	  M(dst_port_be), M(icmp),	 M(tcp_flags),	M(ttl),	    M(pad)}},
#undef S
#define S struct ig_repeat
	{"ig_repeat", sizeof(S), {M(key), M(last_ns), M(repeats), M(suppressed)}},
#undef S
#define S struct ig_refusal
	{"ig_refusal",
	 sizeof(S),
	 {M(key), M(generation), M(until_ns), M(repeat), M(epoch), M(pinned), M(bound), M(device),
	  M(rule), M(ifindex), M(vlan), M(peer_mac), M(ip_version), M(direction), M(tcp_flags),
	  M(dscp), M(reason), M(pad), M(flowless)}},
#undef S
#define S struct ig_name_key
	{"ig_name_key", sizeof(S), {M(prefixlen), M(text)}},
#undef S
#define S struct ig_awaited
	{"ig_awaited", sizeof(S), {M(token), M(since_ns)}},
#undef S
#define S struct ig_name_place
	{"ig_name_place", sizeof(S), {M(device), M(place)}},
#undef S
#define S struct ig_name
	{"ig_name",
	 sizeof(S),
	 {M(hash), M(number), M(read_ns), M(ref), M(resolved_s), M(used_s), M(length), M(pad),
	  M(text)}},
#undef S
#define S struct ig_pin
	{"ig_pin", sizeof(S), {M(lock), M(name), M(expires_s), M(flags), M(addr)}},
#undef S
#define S struct ig_answer
	{"ig_answer",
	 sizeof(S),
	 {M(mac), M(proto), M(ip_version), M(local), M(remote), M(local_port_be), M(id_be), M(ttl),
	  M(read_to), M(length), M(n_addresses), M(device), M(flags), M(name), M(addresses),
	  M(pad)}},
#undef S
#define S struct ig_name_event
	{"ig_name_event", sizeof(S), {M(event), M(length), M(type), M(pad), M(name)}},
#undef S
#define S struct ig_unread
	{"ig_unread",
	 sizeof(S),
	 {M(size), M(abi), M(proto), M(mac), M(ip_version), M(last), M(local), M(remote),
	  M(local_port_be), M(length), M(sequence), M(at), M(device), M(bytes)}},
#undef S
#define S struct ig_replay
	{"ig_replay",
	 sizeof(S),
	 {M(now_ns), M(wire_length), M(learn_bindings), M(ports), M(machine), M(wall_s), M(device),
	  M(rule), M(action), M(reason), M(mode), M(valid)}},
#undef S
};

static struct bpf_object *object;
static const struct btf *btf;

static int open_object(void **state)
{
	size_t size;
	const void *bytes = iotguard_bpf__elf_bytes(&size);

	(void)state;
	object = bpf_object__open_mem(bytes, size, NULL);
	btf = object ? bpf_object__btf(object) : NULL;
	return btf ? 0 : -1;
}

static int close_object(void **state)
{
	(void)state;
	bpf_object__close(object);
	return 0;
}

static void compare_members(const struct layout *layout, const struct btf_type *type)
{
	size_t n = 0;

	while (n < MEMBERS_MAX && layout->members[n].name)
		n++;
	if (!n)
		return;
	for (size_t i = 0; i < n && i < btf_vlen(type); i++) {
		const struct member *ours = &layout->members[i];
		const struct btf_member *theirs = &btf_members(type)[i];
		const char *name = btf__name_by_offset(btf, theirs->name_off);
		long long size = btf__resolve_size(btf, theirs->type);

		if (strcmp(name, ours->name) ||
		    btf_member_bit_offset(type, i) != ours->offset * 8 ||
		    size != (long long)ours->size)
			fail_msg("%s: %s has %lld bytes at %u there, %s has %zu at %zu here",
				 layout->name, name, size, btf_member_bit_offset(type, i) / 8,
				 ours->name, ours->size, ours->offset);
	}
	if (btf_vlen(type) != n)
		fail_msg("%s has %u members there, %zu here", layout->name, btf_vlen(type), n);
}

static void test_struct(void **state)
{
	const struct layout *layout = *state;
	int id = btf__find_by_name_kind(btf, layout->name, BTF_KIND_STRUCT);
	const struct btf_type *type;

	if (id < 0)
		fail_msg("the object's BTF has no struct %s", layout->name);
	type = btf__type_by_id(btf, (uint32_t)id);
	if (type->size != layout->size)
		fail_msg("%s has %u bytes there, %zu here", layout->name, type->size, layout->size);
	compare_members(layout, type);
}

static bool is_listed(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		if (!strcmp(layouts[i].name, name))
			return true;
	}
	return false;
}

static void test_none_is_left_out(void **state)
{
	FILE *file = fopen("include/iotguard/abi.h", "r");
	char line[256], name[64];
	size_t found = 0;

	(void)state;
	if (!file)
		skip();
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "struct %63[a-z0-9_] {", name) != 1 || !strchr(line, '{'))
			continue;
		found++;
		if (!is_listed(name))
			fail_msg("struct %s is not compared", name);
	}
	fclose(file);
	assert_int_equal(found, ARRAY_SIZE(layouts));
}

/* No two flows, and no two ways of one, are counted in one place; what CPUs count at once lies on different lines. */
static void test_count_places(void **state)
{
	enum { SLOTS = 100, LINE = 64 };
	static uint8_t taken[IG_FLOW_COUNT_PLACES(SLOTS)];

	(void)state;
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		for (uint32_t way = 0; way < 4; way++) {
			uint32_t version = way < 2 ? 4 : 6,
				 to = way & 1 ? IG_FLOW_COUNT_TO_DEVICE : 0;
			uint32_t at = IG_FLOW_COUNT_FROM(slot, version) + to;

			assert_true(at < IG_FLOW_COUNT_PLACES(SLOTS));
			assert_int_equal(taken[at]++, 0);
		}
	}
	for (uint32_t slot = 0; slot + 1 < SLOTS; slot++) {
		size_t size = sizeof(struct ig_flow_count);
		size_t from = IG_FLOW_COUNT_FROM(slot, 4) * size;
		size_t to = (IG_FLOW_COUNT_FROM(slot, 4) + IG_FLOW_COUNT_TO_DEVICE) * size;
		size_t next = IG_FLOW_COUNT_FROM(slot + 1, 4) * size;

		assert_true((from + size - 1) / LINE < to / LINE);
		assert_true((from + size - 1) / LINE < next / LINE ||
			    (next + size - 1) / LINE < from / LINE);
	}
}

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(layouts) + 2] = {};

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		tests[i] = (struct CMUnitTest){.name = layouts[i].name,
					       .test_func = test_struct,
					       .initial_state = (void *)&layouts[i]};
	tests[ARRAY_SIZE(layouts)] = (struct CMUnitTest)cmocka_unit_test(test_none_is_left_out);
	tests[ARRAY_SIZE(layouts) + 1] = (struct CMUnitTest)cmocka_unit_test(test_count_places);
	return cmocka_run_group_tests(tests, open_object, close_object);
}
