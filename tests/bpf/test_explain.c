/* SPDX-License-Identifier: BSD-2-Clause */
/* What `explain` says, for each kind of reason; that it changes nothing; and what it takes for no question. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "address.h"
#include "bindings.h"
#include "gateway.h"
#include "generation.h"
#include "map_rows.h"
#include "telling.h"
#include "util.h"

static const char inventory[] =
	"version: 1\n"
	"gateway:\n"
	"  macs: ['02:00:00:00:00:01']\n"
	"  addresses: [10.0.0.1, 'fd00::1']\n"
	"  resolvers: [10.0.0.1]\n"
	"  time-servers: [10.0.0.1]\n"
	"  management:\n"
	"    - deny from device:nvr tcp/22\n"
	"    - allow from any tcp/22\n"
	"segments:\n"
	"  here: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"
	"  there: {interfaces: [lan1], vlan: 5, networks: [10.5.0.0/24]}\n"
	"  gone: {interfaces: [lan9], networks: [10.9.0.0/24]}\n"
	"groups:\n"
	"  watched: [device:cam, 203.0.113.64/26]\n"
	"profiles:\n"
	"  dull:\n"
	"    rules:\n"
	"      - deny to internet tcp/23\n"
	"      - allow to any tcp/8883 critical source-port 1-1000\n"
	"hosts:\n"
	"  admin: {mac: '02:00:00:00:00:20', addresses: [10.0.0.20], segment: here, trust: true}\n"
	"  both: {mac: '02:00:00:00:00:21', addresses: [10.0.0.21], segment: here}\n"
	"devices:\n"
	"  cam:\n"
	"    mac: '02:00:00:00:00:10'\n"
	"    addresses: [10.0.0.10, 'fd00::10']\n"
	"    segment: here\n"
	"    profile: dull\n"
	"    rules:\n"
	"      - allow to 203.0.113.0/24 tcp/443\n"
	"      - deny to 198.51.100.7 tcp/80\n"
	"      - allow to internet udp/5000 source-port 100-200\n"
	"      - allow to device:plug udp/7\n"
	"      - allow to any tcp/9 until 2020-01-01\n"
	"      - allow to any tcp/10 until 2099-12-31\n"
	"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.11], segment: here, mode: monitor}\n"
	"  both: {mac: '02:00:00:00:00:12', addresses: [10.0.0.12], segment: here}\n"
	"  nobody: {mac: '02:00:00:00:00:13', segment: here}\n"
	"  plug:\n"
	"    mac: '02:00:00:00:00:30'\n"
	"    addresses: [10.5.0.30]\n"
	"    segment: there\n"
	"    rules:\n"
	"      - allow from device:cam udp\n"
	"      - allow to any tcp/443 critical source-port 1-1000\n"
	"  far: {mac: '02:00:00:00:00:40', addresses: [10.9.0.40], segment: gone}\n"
	"  told:\n"
	"    mac: '02:00:00:00:00:14'\n"
	"    addresses: [10.0.0.14, 'fd00::14']\n"
	"    segment: here\n"
	"    dns: strict\n"
	"    rules:\n"
	"      - deny to ads.vendor.example\n"
	"      - allow to *.vendor.example tcp/443\n"
	"      - allow to nas.vendor.example tcp/445\n"
	"      - allow to home.example tcp/445 local\n"
	"      - allow from support.example tcp/22\n"
	"      - allow to 192.0.2.7 tcp/443\n";

static struct gateway gateway;

/* --- asking --- */

static struct iotguard_explanation *explanations;
static size_t n_explanations;

static int ask_with(const struct iotguard_explain_opts *opts, const char *device, const char *side,
		    const char *remote, const char *service)
{
	struct iotguard_question question = {
		.device = device,
		.from = !strcmp(side, "from"),
		.remote = remote,
		.service = service,
	};

	iotguard_free(explanations);
	iotguard_diag_clear(gateway.ig);
	return iotguard_explain(gateway.ig, &question, opts, &explanations, &n_explanations);
}

static int ask(const char *device, const char *side, const char *remote, const char *service)
{
	return ask_with(NULL, device, side, remote, service);
}

static const struct iotguard_explain_end *first_end(void)
{
	return &explanations[0].ends[0];
}

static bool has(const char *text, const char *part)
{
	return part ? text && strstr(text, part) : !text;
}

static bool noted(const char *part)
{
	for (size_t i = 0; i < ARRAY_SIZE(explanations[0].notes); i++) {
		if (explanations[0].notes[i] && strstr(explanations[0].notes[i], part))
			return true;
	}
	return false;
}

/* One end, or the first one. @rule: of the one that decided, or of the one that would allow it. */
static void check_end(const struct iotguard_explain_end *end, const char *interface, bool passed,
		      const char *reason, const char *rule)
{
	const char *seen = iotguard_reason_passes(end->reason) || !end->remedy ? end->rule
									       : end->remedy;

	if (end->passed != passed || strcmp(end->token, reason) ||
	    !has(end->interface, interface) ||
	    (seen != rule && (!seen || !rule || strcmp(seen, rule))))
		fail_msg("%s: %s %s at %s, %s (%s)", end->device, end->passed ? "pass" : "drop",
			 end->token, end->interface, seen, end->cause);
	if (end->remedy)
		assert_true(end->remedy_tried);
}

static void says(const char *device, const char *side, const char *remote, const char *service,
		 const char *interface, bool passed, const char *reason, const char *rule)
{
	int err = ask(device, side, remote, service);

	if (err) {
		gateway_print_diags(gateway.ig);
		fail_msg("%s %s %s %s: %s", device, side, remote, service, strerror(-err));
	}
	check_end(first_end(), interface, passed, reason, rule);
}

static unsigned int line_of(const char *text)
{
	const char *at = strstr(inventory, text);
	unsigned int line = 1;

	assert_non_null(at);
	for (const char *c = inventory; c < at; c++)
		line += *c == '\n';
	return line;
}

static void place_is(const char *where, const char *how, const char *line)
{
	const struct iotguard_explain_end *end = first_end();

	assert_string_equal(end->remedy_where, where);
	assert_string_equal(end->remedy_how, how);
	assert_string_equal(end->remedy_file, gateway.shelter.inventory);
	assert_int_equal(end->remedy_line, line_of(line));
}

static void refuses(int expected, const char *words, const char *device, const char *side,
		    const char *remote, const char *service)
{
	int err = ask(device, side, remote, service);
	bool said = false;

	for (size_t i = 0; i < iotguard_diag_count(gateway.ig); i++) {
		const struct iotguard_diag *diag = iotguard_diag_get(gateway.ig, i);

		said = said || has(diag->message, words) || (diag->hint && has(diag->hint, words));
	}
	if (err != expected || !said) {
		gateway_print_diags(gateway.ig);
		fail_msg("%s %s %s %s: %s", device, side, remote, service, strerror(-err));
	}
	assert_null(explanations);
}

/* --- the cases --- */

static void test_rules(void **state)
{
	(void)state;
	says("cam", "to", "203.0.113.9", "tcp/443", "lan0", true, "rule",
	     "allow to 203.0.113.0/24 tcp/443");
	assert_int_equal(first_end()->rule_line, line_of("      - allow to 203.0.113.0/24"));
	says("cam", "to", "203.0.113.9", "tcp/444", "lan0", false, "no-rule",
	     "allow to 203.0.113.9 tcp/444");
	place_is("devices.cam.rules", "after", "      - allow to any tcp/10 until");
}

static void test_names(void **state)
{
	(void)state;
	says("device:both", "to", "203.0.113.9", "ip/47", "lan0", false, "no-rule",
	     "allow to 203.0.113.9 ip/47");
	place_is("devices.both.rules", "in", "  both: {mac: '02:00:00:00:00:12'");
	says("host:both", "to", "203.0.113.9", "icmp/echo-request", "lan0", false, "no-rule",
	     "allow to 203.0.113.9 icmp/echo-request");
	place_is("hosts.both.rules", "in", "  both: {mac: '02:00:00:00:00:21'");
}

static void test_denies(void **state)
{
	(void)state;
	says("cam", "to", "198.51.100.7", "tcp/80", "lan0", false, "rule-deny",
	     "allow to 198.51.100.7 tcp/80");
	place_is("devices.cam.rules", "in place of", "      - deny to 198.51.100.7 tcp/80");
	/* of the profile, which is asked behind its own */
	says("cam", "to", "198.51.100.7", "tcp/23", "lan0", false, "rule-deny",
	     "allow to 198.51.100.7 tcp/23");
	place_is("devices.cam.rules", "after", "      - allow to any tcp/10 until");
	says("nvr", "to", "gateway", "tcp/22", "lan0", true, "rule-deny",
	     "allow from device:nvr tcp/22");
	place_is("gateway.management", "in place of", "    - deny from device:nvr tcp/22");
}

static void test_conditions(void **state)
{
	struct iotguard_explain_opts opts =
		IOTGUARD_OPTS(iotguard_explain_opts, .source_port = 150, .dscp = 46);

	(void)state;
	says("cam", "to", "198.51.100.7", "udp/5000", "lan0", false, "no-rule",
	     "allow to 198.51.100.7 udp/5000");
	assert_int_equal(ask_with(&opts, "cam", "to", "198.51.100.7", "udp/5000"), 0);
	check_end(first_end(), "lan0", true, "rule",
		  "allow to internet udp/5000 source-port 100-200");
	assert_int_equal(ask_with(&opts, "cam", "to", "198.51.100.7", "udp/5001"), 0);
	check_end(first_end(), "lan0", false, "no-rule",
		  "allow to 198.51.100.7 udp/5001 source-port 150 dscp 46");
	says("plug", "to", "198.51.100.7", "tcp/443", "lan1", false, "no-rule",
	     "allow to 198.51.100.7 tcp/443");
	/* what comes before a critical rule and takes packets from it has to be critical, too */
	says("cam", "to", "198.51.100.7", "tcp/8883", "lan0", false, "no-rule",
	     "allow to 198.51.100.7 tcp/8883 critical");
}

static void test_ends(void **state)
{
	uint32_t right = gateway.live.control->clock_right;

	(void)state;
	gateway.live.control->clock_right = 1;
	says("cam", "to", "198.51.100.7", "tcp/10", "lan0", true, "rule",
	     "allow to any tcp/10 until 2099-12-31");
	says("cam", "to", "198.51.100.7", "tcp/9", "lan0", false, "no-rule",
	     "allow to 198.51.100.7 tcp/9");
	assert_false(noted("clock"));
	gateway.live.control->clock_right = 0;
	says("cam", "to", "198.51.100.7", "tcp/10", "lan0", false, "no-rule",
	     "allow to 198.51.100.7 tcp/10");
	assert_true(noted("the clock is not known to be right"));
	gateway.live.control->clock_right = right;
}

static void test_both_ends(void **state)
{
	(void)state;
	says("cam", "to", "plug", "udp/7", "lan0", true, "rule", "allow to device:plug udp/7");
	assert_true(explanations[0].passed);
	assert_int_equal(explanations[0].n_ends, 2);
	check_end(&explanations[0].ends[1], "lan1", true, "rule", "allow from device:cam udp");
	assert_true(explanations[0].ends[1].from);

	says("cam", "to", "10.5.0.30", "udp/8", "lan0", false, "no-rule",
	     "allow to 10.5.0.30 udp/8");
	assert_false(explanations[0].passed);
	check_end(&explanations[0].ends[1], "lan1", true, "rule", "allow from device:cam udp");

	says("plug", "from", "host:both", "udp/7", "lan1", false, "no-rule",
	     "allow from host:both udp/7");
	check_end(&explanations[0].ends[1], "lan0", false, "no-rule", "allow to device:plug udp/7");
	assert_false(explanations[0].ends[1].from);
	assert_string_equal(explanations[0].ends[1].remedy_where, "hosts.both.rules");

	says("plug", "to", "device:cam", "ethertype/0x88b5", "lan1", false, "ethertype",
	     "allow to device:cam ethertype/0x88b5");
	check_end(&explanations[0].ends[1], "lan0", false, "ethertype",
		  "allow from device:plug ethertype/0x88b5");
}

static void test_without_rules(void **state)
{
	(void)state;
	says("cam", "to", "gateway", "udp/53", "lan0", true, "dns", NULL);
	says("cam", "to", "10.0.0.1", "udp/123", "lan0", true, "ntp", NULL);
	says("admin", "to", "internet", "tcp/443", "lan0", true, "trusted", NULL);
	says("admin", "from", "internet", "tcp/443", "lan0", true, "trusted", NULL);
	says("cam", "to", "gateway", "ethertype/0x88cc", "lan0", true, "link-control", NULL);
	says("cam", "to", "gateway", "tcp/22", "lan0", true, "rule", "allow from any tcp/22");
	says("nvr", "to", "203.0.113.9", "tcp/80", "lan0", true, "no-rule",
	     "allow to 203.0.113.9 tcp/80");
	assert_int_equal(first_end()->mode, IOTGUARD_MODE_MONITOR);
	/* the gateway has it since, and no inventory lists it: the routing table says so */
	says("cam", "to", "198.51.100.88", "udp/5000", "lan0", false, "no-rule",
	     "allow to 198.51.100.88 udp/5000");
}

static void test_addresses(void **state)
{
	struct iotguard_explain_opts opts =
		IOTGUARD_OPTS(iotguard_explain_opts, .address = "10.0.0.11");

	(void)state;
	assert_int_equal(ask_with(&opts, "cam", "to", "203.0.113.9", "tcp/443"), 0);
	check_end(first_end(), "lan0", false, "source-spoof", NULL);
	assert_true(has(first_end()->cause, "10.0.0.11 is the address of nvr"));
	assert_true(has(first_end()->advice, "devices.cam.addresses"));
	assert_int_equal(ask_with(&opts, "cam", "from", "gateway", "tcp/443"), 0);
	check_end(first_end(), "lan0", false, "not-its-address", NULL);
	assert_true(has(first_end()->cause, "10.0.0.11 is the address of nvr"));
	opts.address = "10.0.0.1";
	assert_int_equal(ask_with(&opts, "cam", "to", "203.0.113.9", "tcp/443"), 0);
	assert_true(has(first_end()->cause, "the gateway's"));
	opts.address = "10.0.0.99";
	assert_int_equal(ask_with(&opts, "cam", "to", "203.0.113.9", "tcp/443"), 0);
	assert_true(has(first_end()->cause, "is no address of cam"));

	says("nobody", "to", "203.0.113.9", "tcp/443", "lan0", false, "source-spoof", NULL);
	assert_true(has(first_end()->cause, "nobody has no IPv4 address"));
	says("nobody", "from", "gateway", "tcp/443", "lan0", false, "not-its-address", NULL);
}

static void bind_address(const char *mac, const char *address)
{
	struct ig_known_address one = {.source = IG_BINDING_LEASE,
				       .expires_at = (uint64_t)time(NULL) + 3600};
	struct ig_known known = {.items = &one, .count = 1};
	struct ig_bound bound = {};

	frame_mac(mac, one.mac);
	assert_true(ig_addr_parse(address, one.addr));
	assert_int_equal(ig_bindings_put(&gateway.live,
					 (uint32_t)(ig_generation_now(&gateway.live) % IG_SLOTS),
					 &known, &bound),
			 0);
	assert_int_equal(bound.leases, 1);
}

static void hear_at(const char *mac, const char *interface, uint16_t vlan)
{
	struct ig_state state;
	struct ig_device device;
	struct ig_mac key = {};

	frame_mac(mac, key.addr);
	assert_int_equal(bpf_map_lookup_elem(ig_generation_map(&gateway.live, IG_MAP_devices), &key,
					     &device),
			 0);
	assert_int_equal(
		bpf_map_lookup_elem(gateway.live.maps[IG_MAP_state], &device.index, &state), 0);
	state.ifindex = interface ? if_nametoindex(interface) : 0;
	state.vlan[0] = vlan;
	assert_int_equal(bpf_map_update_elem(gateway.live.maps[IG_MAP_state], &device.index, &state,
					     BPF_ANY),
			 0);
}

/* What it got since counts, and so does where it was heard. */
static void test_what_machines_are_in(void **state)
{
	(void)state;
	bind_address("02:00:00:00:00:13", "10.0.0.77");
	says("nobody", "to", "203.0.113.9", "tcp/443", "lan0", false, "no-rule",
	     "allow to 203.0.113.9 tcp/443");
	says("cam", "to", "10.0.0.77", "tcp/1", "lan0", false, "no-rule",
	     "allow to 10.0.0.77 tcp/1");
	assert_int_equal(explanations[0].n_ends, 2);
	assert_true(noted("10.0.0.77 is an address of nobody"));

	hear_at("cam", "lan1", 5);
	says("cam", "to", "203.0.113.9", "tcp/443", "lan1", false, "wrong-port", NULL);
	assert_true(has(first_end()->cause, "heard last at lan1 with tag 5"));
	assert_true(has(first_end()->advice, "name the port in 'here'"));
	hear_at("cam", "lan0", 9);
	says("cam", "to", "203.0.113.9", "tcp/443", "lan0", false, "no-segment", NULL);
	assert_true(has(first_end()->cause, "with tag 9"));
	hear_at("cam", "lan0", 0);
	hear_at("nvr", "lan0", 0);
	says("nvr", "to", "cam", "tcp/443", "lan0", true, "no-rule", "allow to device:cam tcp/443");
	assert_true(noted("both are behind lan0"));
	hear_at("cam", NULL, 0);
	hear_at("nvr", NULL, 0);
}

static void test_quarantine(void **state)
{
	struct iotguard_quarantine_opts opts =
		IOTGUARD_OPTS(iotguard_quarantine_opts, .device = "cam");

	(void)state;
	opts.seconds = 3600;
	assert_int_equal(iotguard_quarantine(gateway.ig, &opts), 0);
	says("cam", "to", "203.0.113.9", "tcp/443", "lan0", false, "quarantine",
	     "allow to 203.0.113.0/24 tcp/443");
	assert_null(first_end()->remedy);
	assert_true(has(first_end()->cause, "cam is in quarantine until 2"));
	assert_true(has(first_end()->advice, "iotguard-load release cam"));
	assert_false(noted("cam is in quarantine")); /* said once */
	says("cam", "to", "gateway", "udp/53", "lan0", true, "dns", NULL);
	/* a rule is missing as well, and need not be a critical one */
	says("cam", "to", "203.0.113.9", "tcp/444", "lan0", false, "no-rule",
	     "allow to 203.0.113.9 tcp/444");
	assert_true(noted("cam is in quarantine until 2"));
	assert_int_equal(iotguard_release(gateway.ig, "cam"), 1);
	says("cam", "to", "203.0.113.9", "tcp/443", "lan0", true, "rule",
	     "allow to 203.0.113.0/24 tcp/443");
}

static void test_several(void **state)
{
	(void)state;
	says("cam", "to", "203.0.113.0/24", "tcp/80", "lan0", false, "no-rule",
	     "allow to 203.0.113.0/24 tcp/80");
	assert_true(noted("an example of 203.0.113.0/24"));
	says("cam", "to", "internet", "tcp/80", "lan0", false, "no-rule",
	     "allow to internet tcp/80");
	says("plug", "to", "segment:here", "tcp/80", "lan1", false, "no-rule",
	     "allow to segment:here tcp/80");
	says("plug", "from", "group:watched", "tcp/80", "lan1", false, "no-rule",
	     "allow from group:watched tcp/80");
	assert_int_equal(n_explanations, 2);
	assert_int_equal(explanations[0].n_ends, 2);
	assert_int_equal(explanations[1].n_ends, 1);
	says("cam", "to", "239.255.255.250", "udp/1900", "lan0", false, "no-rule",
	     "allow to 239.255.255.250 udp/1900");
	says("cam", "to", "10.0.0.255", "udp/1900", "lan0", false, "no-rule",
	     "allow to 10.0.0.255 udp/1900");
	says("cam", "to", "10.0.0.99", "udp/1900", "lan0", false, "no-rule",
	     "allow to 10.0.0.99 udp/1900");
	assert_true(noted("nobody of the inventory"));
	/* the interface of its segment is not there */
	says("far", "to", "203.0.113.9", "tcp/80", NULL, false, "no-rule",
	     "allow to 203.0.113.9 tcp/80");
	assert_true(noted("no interface of segment 'gone'"));
}

static void test_no_questions(void **state)
{
	struct iotguard_explain_opts opts = IOTGUARD_OPTS(iotguard_explain_opts, .address = "x");

	(void)state;
	refuses(-ENODEV, "no device or host 'cams'", "cams", "to", "gateway", "tcp/1");
	refuses(-ENODEV, "no device or host 'both2'", "cam", "to", "device:both2", "tcp/1");
	refuses(-EINVAL, "both a device and a host", "both", "to", "gateway", "tcp/1");
	refuses(-EINVAL, "both a device and a host", "cam", "to", "both", "tcp/1");
	refuses(-EINVAL, "name one port", "cam", "to", "gateway", "tcp/1-2");
	refuses(-EINVAL, "name one port", "cam", "to", "gateway", "tcp/1,3");
	refuses(-EINVAL, "name one port", "cam", "to", "gateway", "udp");
	refuses(-EINVAL, "name one type", "cam", "to", "gateway", "icmp");
	refuses(-EINVAL, "behind the service", "cam", "to", "gateway", "tcp/1 critical");
	refuses(-EINVAL, "is no service", "cam", "to", "gateway", "https");
	refuses(-EINVAL, "not one remote", "cam", "to", "any", "tcp/1");
	refuses(-EINVAL, "not one remote", "cam", "to", "local", "tcp/1");
	refuses(-EINVAL, "has no such group", "cam", "to", "group:none", "tcp/1");
	refuses(-EINVAL, "a name that fits it", "cam", "to", "*.portal.example", "tcp/1");
	refuses(-EINVAL, "is no remote", "cam", "to", "portal", "tcp/1");
	refuses(-EINVAL, "neither begins nor ends", "cam", "to", "-a.portal.example", "tcp/1");
	refuses(-EINVAL, "the device itself", "cam", "to", "cam", "tcp/1");
	refuses(-EINVAL, "the device's own", "cam", "to", "10.0.0.10", "tcp/1");
	refuses(-EINVAL, "icmp has no IPv6", "cam", "to", "2001:db8::5", "icmp/8");
	refuses(-EINVAL, "no IP address to match", "cam", "to", "203.0.113.9", "ethertype/0x88b5");
	refuses(-EINVAL, "tell the truth", "cam", "to", "fd00::1", "icmpv6/nd-neighbor-solicit");
	refuses(-ENODATA, "IPv6 address of plug", "cam", "to", "plug", "icmpv6/echo-request");
	assert_int_equal(ask_with(&opts, "cam", "to", "gateway", "tcp/1"), -EINVAL);
	opts.address = "fd00::10";
	assert_int_equal(ask_with(&opts, "cam", "to", "203.0.113.1", "tcp/1"), -EINVAL);
}

/* --- domain names --- */

static uint32_t index_of(const char *mac)
{
	struct ig_device device;
	struct ig_mac key = {};

	frame_mac(mac, key.addr);
	assert_int_equal(bpf_map_lookup_elem(ig_generation_map(&gateway.live, IG_MAP_devices), &key,
					     &device),
			 0);
	return device.index;
}

#define TOLD "02:00:00:00:00:14"

static void tell(const char *mac, const char *name, const char *address)
{
	uint8_t addr[1][16];
	struct ig_telling told = {
		.device = index_of(mac), .name = name, .addresses = addr, .n_addresses = 1};

	assert_true(ig_addr_parse(address, addr[0]));
	assert_int_equal(ig_telling_put(&gateway.live, &told), 0);
}

/* All that it was told has ended, or is forgotten. */
static void end_pins(const char *mac, bool forget)
{
	uint32_t index = index_of(mac), places = gateway.live.control->pin_places;

	for (uint32_t i = 0; i < places; i++) {
		uint32_t at = index * places + i;
		struct ig_name_place place = {index, i};
		struct ig_pin pin;

		assert_int_equal(bpf_map_lookup_elem_flags(gateway.live.maps[IG_MAP_pins], &at,
							   &pin, BPF_F_LOCK),
				 0);
		pin.expires_s = 0;
		pin.name = forget ? 0 : pin.name;
		assert_int_equal(
			bpf_map_update_elem(gateway.live.maps[IG_MAP_pins], &at, &pin, BPF_F_LOCK),
			0);
		if (forget)
			bpf_map_delete_elem(gateway.live.maps[IG_MAP_names], &place);
	}
}

/* --- it changes nothing --- */

static const enum ig_map watched[] = {IG_MAP_control,  IG_MAP_state,  IG_MAP_bindings,
				      IG_MAP_flows4,   IG_MAP_flows6, IG_MAP_ring4,
				      IG_MAP_suppress, IG_MAP_names,  IG_MAP_pins};

#define WATCHED (ARRAY_SIZE(watched) + IG_MAP_SLOTTED)

/* And the policy in force: the instance shares its maps. */
static void read_all(struct ig_map_rows rows[WATCHED])
{
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		assert_int_equal(
			ig_map_rows_read(gateway.live.maps[watched[i]],
					 watched[i] == IG_MAP_ring4 || watched[i] == IG_MAP_pins
						 ? BPF_F_LOCK
						 : 0,
					 &rows[i]),
			0);
	for (int map = 0; map < IG_MAP_SLOTTED; map++)
		assert_int_equal(ig_map_rows_read(ig_generation_map(&gateway.live, map), 0,
						  &rows[ARRAY_SIZE(watched) + map]),
				 0);
}

static uint64_t all_packets(void)
{
	struct iotguard_status status;

	assert_int_equal(iotguard_status(gateway.ig, &status), 0);
	return status.passed + status.dropped + status.events_sent + status.events_suppressed;
}

static void test_changes_nothing(void **state)
{
	struct ig_map_rows before[WATCHED], after[WATCHED];
	uint64_t packets = all_packets(), generation = ig_generation_now(&gateway.live);

	(void)state;
	tell(TOLD, "api.vendor.example", "203.0.113.9");
	read_all(before);
	says("cam", "to", "plug", "udp/7", "lan0", true, "rule", "allow to device:plug udp/7");
	says("cam", "to", "203.0.113.9", "tcp/1", "lan0", false, "no-rule",
	     "allow to 203.0.113.9 tcp/1");
	says("cam", "to", "2001:db8::9", "tcp/1", "lan0", false, "no-rule",
	     "allow to 2001:db8::9 tcp/1");
	/* of which several forms are tried */
	says("cam", "to", "198.51.100.7", "tcp/80", "lan0", false, "rule-deny",
	     "allow to 198.51.100.7 tcp/80");
	says("cam", "to", "198.51.100.7", "tcp/8883", "lan0", false, "no-rule",
	     "allow to 198.51.100.7 tcp/8883 critical");
	says("plug", "from", "host:both", "udp/7", "lan1", false, "no-rule",
	     "allow from host:both udp/7");
	says("told", "to", "api.vendor.example", "tcp/80", "lan0", false, "no-rule",
	     "allow to api.vendor.example tcp/80");
	says("told", "to", "ads.vendor.example", "tcp/80", "lan0", false, "rule-deny",
	     "allow to ads.vendor.example tcp/80");
	read_all(after);
	assert_int_equal(all_packets(), packets);
	assert_int_equal(ig_generation_now(&gateway.live), generation);
	for (size_t i = 0; i < WATCHED; i++) {
		size_t count = before[i].count;

		assert_int_equal(after[i].count, count);
		assert_memory_equal(after[i].keys, before[i].keys, count * before[i].key_size);
		assert_memory_equal(after[i].values, before[i].values,
				    count * before[i].value_size);
		ig_map_rows_clear(&before[i]);
		ig_map_rows_clear(&after[i]);
	}
	end_pins(TOLD, true);
}

/* --- inventories --- */

static void check_given(const char *text, bool passed, const char *reason, const char *rule)
{
	struct iotguard_explain_opts opts = IOTGUARD_OPTS(iotguard_explain_opts);
	struct iotguard_inventory *inv;
	char path[80];

	snprintf(path, sizeof(path), "%.60s/../other.yaml", gateway.shelter.state_dir);
	gateway_write(path, text);
	assert_int_equal(gateway_load(gateway.ig, path, &inv), 0);
	opts.inventory = inv;
	assert_int_equal(ask_with(&opts, "cam", "to", "203.0.113.9", "tcp/80"), 0);
	check_end(first_end(), "lan0", passed, reason, rule);
	assert_int_equal(explanations[0].generation, 0);
	iotguard_inventory_free(inv);
}

static void test_given(void **state)
{
	static const char allows[] =
		"version: 1\n"
		"gateway: {macs: ['02:00:00:00:00:01']}\n"
		"segments: {all: {interfaces: [lan0], networks: [10.0.0.0/24]}}\n"
		"devices:\n"
		"  x: {mac: '02:00:00:00:00:99', segment: all}\n"
		"  cam: {mac: '02:00:00:00:00:10', segment: all, rules: [%s]}\n";
	char text[512];

	(void)state;
	/* an address that it has on the live gateway is its own in another inventory, too */
	bind_address("02:00:00:00:00:21", "10.0.0.210");
	snprintf(text, sizeof(text), allows, "allow to any tcp/80");
	check_given(text, false, "source-spoof", NULL);
	bind_address("cam", "10.0.0.110");
	check_given(text, true, "rule", "allow to any tcp/80");
	snprintf(text, sizeof(text), allows, "allow to any tcp/81");
	check_given(text, false, "no-rule", "allow to 203.0.113.9 tcp/80");
}

/* --- names, asked --- */

/* Rules about a name are asked, whether anybody resolved it or not. */
static void test_unresolved(void **state)
{
	(void)state;
	says("told", "to", "api.vendor.example", "tcp/443", "lan0", true, "rule",
	     "allow to *.vendor.example tcp/443");
	assert_int_equal(first_end()->rule_line, line_of("      - allow to *.vendor.example"));
	assert_true(explanations[0].made_up);
	assert_int_equal(explanations[0].n_names, 0);
	assert_string_equal(explanations[0].remote, "api.vendor.example");
	assert_true(noted("told has not resolved api.vendor.example yet"));
	assert_false(noted("strict"));
	says("told", "to", "API.vendor.example.", "tcp/80", "lan0", false, "no-rule",
	     "allow to api.vendor.example tcp/80");
	place_is("devices.told.rules", "after", "      - allow to 192.0.2.7");
	says("told", "to", "ads.vendor.example", "tcp/443", "lan0", false, "rule-deny",
	     "allow to ads.vendor.example tcp/443");
	place_is("devices.told.rules", "before", "      - deny to ads.vendor.example");
	says("told", "to", "other.example", "tcp/443", "lan0", false, "no-rule",
	     "allow to other.example tcp/443");
	assert_true(noted("without a rule that allows other.example it may not even ask"));
	says("told", "from", "support.example", "tcp/22", "lan0", true, "rule",
	     "allow from support.example tcp/22");
	says("told", "from", "support.example", "tcp/23", "lan0", false, "no-rule",
	     "allow from support.example tcp/23");
	says("told", "to", "other.example", "icmpv6/echo-request", "lan0", false, "no-rule",
	     "allow to other.example icmpv6/echo-request");
	assert_int_equal(explanations[0].ip_version, 6);
	says("admin", "to", "other.example", "tcp/443", "lan0", true, "trusted", NULL);
	says("cam", "to", "portal.example", "udp/5001", "lan0", false, "no-rule",
	     "allow to portal.example udp/5001");
	/* no critical rule is by name, and no rule is by an address that was made up */
	says("cam", "to", "portal.example", "tcp/8883", "lan0", false, "no-rule", NULL);
}

static void test_resolved(void **state)
{
	(void)state;
	tell(TOLD, "api.vendor.example", "203.0.113.9");
	says("told", "to", "api.vendor.example", "tcp/443", "lan0", true, "rule",
	     "allow to *.vendor.example tcp/443");
	assert_false(explanations[0].made_up);
	assert_int_equal(explanations[0].destination[15], 9);
	assert_int_equal(explanations[0].n_names, 1);
	assert_string_equal(explanations[0].names[0].name, "api.vendor.example");
	assert_in_range(explanations[0].names[0].until, time(NULL) + 3000, time(NULL) + 90000);
	assert_true(noted("told was told that 203.0.113.9 is api.vendor.example (until 2"));
	says("told", "to", "203.0.113.9", "tcp/443", "lan0", true, "rule",
	     "allow to *.vendor.example tcp/443");
	assert_true(noted("told was told that 203.0.113.9 is api.vendor.example"));
	says("told", "to", "203.0.113.10", "tcp/443", "lan0", false, "no-rule",
	     "allow to 203.0.113.10 tcp/443");
	assert_int_equal(explanations[0].n_names, 0);
	/* what one was told, no other was */
	says("cam", "to", "api.vendor.example", "tcp/444", "lan0", false, "no-rule",
	     "allow to api.vendor.example tcp/444");
	assert_true(explanations[0].made_up);
	/* with another address, and another name */
	tell(TOLD, "api.vendor.example", "203.0.113.11");
	tell(TOLD, "ads.vendor.example", "203.0.113.9");
	assert_int_equal(ask("told", "to", "api.vendor.example", "tcp/443"), 0);
	assert_int_equal(n_explanations, 2);
	for (size_t i = 0; i < 2; i++) {
		bool shared = explanations[i].destination[15] == 9;

		check_end(&explanations[i].ends[0], "lan0", !shared, shared ? "rule-deny" : "rule",
			  shared ? explanations[i].ends[0].remedy
				 : "allow to *.vendor.example tcp/443");
		assert_int_equal(explanations[i].n_names, shared ? 2 : 1);
	}
	end_pins(TOLD, false);
	says("told", "to", "api.vendor.example", "tcp/443", "lan0", true, "rule",
	     "allow to *.vendor.example tcp/443");
	assert_true(explanations[0].made_up);
	assert_true(noted("told resolved api.vendor.example last at 2"));
	end_pins(TOLD, true);
}

/* A name that has an address of the house. */
static void test_local_names(void **state)
{
	(void)state;
	tell(TOLD, "nas.vendor.example", "10.0.0.11");
	says("told", "to", "nas.vendor.example", "tcp/445", "lan0", false, "no-rule",
	     "allow to nas.vendor.example tcp/445 local");
	assert_true(noted("10.0.0.11 is a local address"));
	assert_int_equal(explanations[0].n_ends, 2);
	assert_string_equal(explanations[0].ends[1].device, "nvr");
	tell(TOLD, "home.example", "10.0.0.99");
	says("told", "to", "home.example", "tcp/445", "lan0", true, "rule",
	     "allow to home.example tcp/445 local");
	/* the gateway has no name */
	tell(TOLD, "home.example", "198.51.100.88");
	end_pins(TOLD, true);
}

static void test_names_of_an_inventory(void **state)
{
	static const char text[] =
		"version: 1\n"
		"gateway: {macs: ['02:00:00:00:00:01'], resolvers: [10.0.0.1]}\n"
		"segments: {all: {interfaces: [lan0], networks: [10.0.0.0/24]}}\n"
		"devices:\n"
		"  x: {mac: '02:00:00:00:00:99', segment: all}\n"
		"  told: {mac: '02:00:00:00:00:14', addresses: [10.0.0.14], segment: all,\n"
		"         rules: ['allow to *.example tcp/80']}\n";
	struct iotguard_explain_opts opts = IOTGUARD_OPTS(iotguard_explain_opts);
	struct iotguard_inventory *inv;
	char path[80];

	(void)state;
	tell(TOLD, "api.vendor.example", "203.0.113.9");
	snprintf(path, sizeof(path), "%.60s/../other.yaml", gateway.shelter.state_dir);
	gateway_write(path, text);
	assert_int_equal(gateway_load(gateway.ig, path, &inv), 0);
	opts.inventory = inv;
	assert_int_equal(ask_with(&opts, "told", "to", "203.0.113.9", "tcp/80"), 0);
	check_end(first_end(), "lan0", true, "rule", "allow to *.example tcp/80");
	assert_int_equal(ask_with(&opts, "x", "to", "api.vendor.example", "tcp/80"), 0);
	assert_true(explanations[0].made_up);
	iotguard_inventory_free(inv);
	end_pins(TOLD, true);
}

/* Whose file was changed is not what is in force: then the rule is said untried. */
static void test_without_the_file(void **state)
{
	const struct iotguard_explain_end *end;

	(void)state;
	gateway_write(gateway.shelter.inventory, "version: 1\n");
	assert_int_equal(ask("cam", "to", "198.51.100.7", "tcp/80"), 0);
	end = first_end();
	assert_string_equal(end->token, "rule-deny");
	assert_string_equal(end->remedy, "allow to 198.51.100.7 tcp/80");
	assert_string_equal(end->remedy_how, "before");
	assert_false(end->remedy_tried);
	assert_int_equal(ask("nvr", "to", "gateway", "tcp/22"), 0);
	assert_string_equal(first_end()->remedy, "allow from device:nvr tcp/22");
	assert_string_equal(first_end()->remedy_where, "gateway.management");
	refuses(-EINVAL, "ask about one of its members", "cam", "to", "group:watched", "tcp/1");
	gateway_write(gateway.shelter.inventory, inventory);
}

static void test_nothing_enforced(void **state)
{
	(void)state;
	gateway_detach(&gateway);
	assert_int_equal(ask("cam", "to", "gateway", "tcp/1"), -ENOENT);
	assert_int_equal(iotguard_diag_count(gateway.ig), 0);
}

/* --- in front and behind --- */

static int set_up(void **state)
{
	(void)state;
	if (gateway_open(&gateway))
		gateway_apply(&gateway, inventory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	iotguard_free(explanations);
	gateway_close(&gateway);
	return 0;
}

static int needs_gateway(void **state)
{
	(void)state;
	return gateway_needed(&gateway);
}

#define TEST(name) cmocka_unit_test_setup(name, needs_gateway)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rules),
		TEST(test_names),
		TEST(test_denies),
		TEST(test_conditions),
		TEST(test_ends),
		TEST(test_both_ends),
		TEST(test_without_rules),
		TEST(test_addresses),
		TEST(test_what_machines_are_in),
		TEST(test_quarantine),
		TEST(test_several),
		TEST(test_no_questions),
		TEST(test_changes_nothing),
		TEST(test_given),
		TEST(test_unresolved),
		TEST(test_resolved),
		TEST(test_local_names),
		TEST(test_names_of_an_inventory),
		TEST(test_without_the_file),
		TEST(test_nothing_enforced),
	};
	/* each explanation loads programs of its own, which takes a slow guest long; what is said of a verdict is none of its kernel's */
	const struct CMUnitTest few[] = {TEST(test_rules), TEST(test_changes_nothing)};

	if (getenv("IOTGUARD_GUEST") && !getenv("IOTGUARD_LONG"))
		return cmocka_run_group_tests_name("explain", few, set_up, tear_down);
	return cmocka_run_group_tests_name("explain", tests, set_up, tear_down);
}
