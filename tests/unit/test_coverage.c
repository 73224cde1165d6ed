/* SPDX-License-Identifier: BSD-2-Clause */
/* Who can talk unseen behind a port, and what the kernel's answers over netlink say. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "coverage.h"
#include "flowtable.h"
#include "netlink.h"

/* --- coverage --- */

static const struct ig_behind alone = {.interface = "lan1", .exists = true, .heard = 1};

static struct ig_coverage judge(struct ig_behind behind)
{
	struct ig_coverage out;

	ig_coverage_judge(&behind, &out);
	return out;
}

static void is_said(struct ig_behind behind, const char *word, const char *reason,
		    const char *advice)
{
	struct ig_coverage out = judge(behind);

	assert_string_equal(out.word, word);
	assert_non_null(strstr(out.reason, reason));
	assert_non_null(strstr(out.advice, advice));
	if (!*advice)
		assert_string_equal(out.advice, "");
}

static void test_one_machine_that_is_alone_is_isolated(void **state)
{
	(void)state;
	is_said(alone, "isolated", "one machine", "");
}

static void test_two_on_one_port_are_shared(void **state)
{
	struct ig_behind behind = alone;

	(void)state;
	behind.heard = 2;
	behind.pair[0] = "cam";
	behind.pair[1] = "plug";
	is_said(behind, "shared", "cam and plug", "ap_isolate=1");
}

static void test_a_switch_chip_makes_it_shared(void **state)
{
	struct ig_behind behind = alone;

	(void)state;
	behind.switched = "lan2";
	is_said(behind, "shared", "lan2",
		"bridge link set dev lan1 isolated on; bridge link set dev lan2 isolated on");
}

static void test_what_is_known_to_be_bad_wins(void **state)
{
	struct ig_behind behind = alone;

	(void)state;
	behind.wireless = 1;
	behind.unheard = "lamp";
	behind.switched = "lan2";
	is_said(behind, "shared", "lan2", "isolated on");
}

static void test_what_cannot_be_known_is_unknown(void **state)
{
	struct ig_behind absent = {.interface = "lan1"}, radio = alone, hidden = alone,
			 silent = alone, tagged = alone, missing = alone;

	(void)state;
	radio.wireless = 1;
	hidden.wireless = -1;
	silent.heard = 0;
	tagged.heard = 2;
	tagged.tags_differ = true;
	missing.unheard = "lamp";
	is_said(absent, "unknown", "no such interface", "ip link show");
	is_said(radio, "unknown", "wireless", "ap_isolate=1");
	is_said(hidden, "unknown", "another network namespace", "iw dev lan1 info");
	is_said(silent, "unknown", "no machine was heard", "show devices");
	is_said(tagged, "unknown", "different VLAN tags", "show devices");
	is_said(missing, "unknown", "lamp was not heard", "show devices");
}

static void test_long_names_are_cut_and_not_overrun(void **state)
{
	char name[1000];
	struct ig_behind behind = alone;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	behind.pair[0] = behind.pair[1] = name;
	assert_int_equal(strlen(judge(behind).reason), IG_COVERAGE_TEXT - 1);
}

/* --- netlink --- */

struct message {
	struct nlmsghdr header;
	struct nfgenmsg family;
	char data[512];
};

/* Room for an attribute's head, which is filled in when what it holds is known. */
static size_t begin(struct message *m)
{
	size_t at = m->header.nlmsg_len;

	m->header.nlmsg_len += NLA_HDRLEN;
	return at;
}

static void end(struct message *m, size_t at, uint16_t type)
{
	struct nlattr *a = (void *)((char *)m + at);

	a->nla_type = type;
	a->nla_len = m->header.nlmsg_len - at;
	m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len);
}

static void put(struct message *m, uint16_t type, const void *data, size_t size)
{
	size_t at = begin(m);

	memcpy((char *)m + at + NLA_HDRLEN, data, size);
	m->header.nlmsg_len += size;
	end(m, at, type);
}

/* As nf_tables answers: flags may stand before or behind the devices. */
static void flowtable(struct message *m, bool flags_first, uint32_t flags)
{
	uint32_t network = htonl(flags);
	size_t hook, devices;

	*m = (struct message){
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(m->family)),
			.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWFLOWTABLE,
		}};
	if (flags_first)
		put(m, NFTA_FLOWTABLE_FLAGS, &network, sizeof(network));
	hook = begin(m);
	devices = begin(m);
	put(m, NFTA_DEVICE_NAME, "lan1", 5);
	put(m, NFTA_DEVICE_NAME, "lan2", 5);
	end(m, devices, NFTA_FLOWTABLE_HOOK_DEVS | NLA_F_NESTED);
	end(m, hook, NFTA_FLOWTABLE_HOOK | NLA_F_NESTED);
	if (!flags_first)
		put(m, NFTA_FLOWTABLE_FLAGS, &network, sizeof(network));
}

static void test_flow_tables_in_hardware_are_told_from_those_in_software(void **state)
{
	struct ig_flowtable_ports list = {0};
	struct message m;

	(void)state;
	flowtable(&m, false, NFT_FLOWTABLE_HW_OFFLOAD);
	assert_int_equal(ig_flowtables_read(&m.header, &list), 0);
	flowtable(&m, true, 0);
	assert_int_equal(ig_flowtables_read(&m.header, &list), 0);
	assert_int_equal(list.count, 4);
	assert_string_equal(list.items[0].interface, "lan1");
	assert_string_equal(list.items[1].interface, "lan2");
	assert_true(list.items[0].hardware && list.items[1].hardware);
	assert_false(list.items[2].hardware || list.items[3].hardware);
	ig_flowtables_clear(&list);
}

static void test_messages_that_are_cut_off_end(void **state)
{
	struct message m;

	(void)state;
	flowtable(&m, true, NFT_FLOWTABLE_HW_OFFLOAD);
	for (uint32_t length = m.header.nlmsg_len; length > 0; length--) {
		struct ig_flowtable_ports list = {0};

		m.header.nlmsg_len = length;
		assert_int_equal(ig_flowtables_read(&m.header, &list), 0);
		assert_true(list.count <= 2);
		ig_flowtables_clear(&list);
	}
}

static void count(const struct nlattr *attribute, void *context)
{
	(void)attribute;
	++*(int *)context;
}

static void test_attributes_that_lie_about_their_length_end(void **state)
{
	struct nlattr attributes[3] = {{4, 1}, {3, 2}, {4, 3}};
	int seen = 0;

	(void)state;
	ig_netlink_attributes(attributes, sizeof(attributes), count, &seen);
	assert_int_equal(seen, 1);
	attributes[1].nla_len = 9;
	ig_netlink_attributes(attributes, sizeof(attributes), count, &seen);
	assert_int_equal(seen, 2);
	ig_netlink_attributes(attributes, 3, count, &seen);
	assert_int_equal(seen, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_machine_that_is_alone_is_isolated),
		cmocka_unit_test(test_two_on_one_port_are_shared),
		cmocka_unit_test(test_a_switch_chip_makes_it_shared),
		cmocka_unit_test(test_what_is_known_to_be_bad_wins),
		cmocka_unit_test(test_what_cannot_be_known_is_unknown),
		cmocka_unit_test(test_long_names_are_cut_and_not_overrun),
		cmocka_unit_test(test_flow_tables_in_hardware_are_told_from_those_in_software),
		cmocka_unit_test(test_messages_that_are_cut_off_end),
		cmocka_unit_test(test_attributes_that_lie_about_their_length_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
