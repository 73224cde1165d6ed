/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is the gateway, by the routing table: in a network namespace of this process, where the
 * address that frames come from is on `lo` (a test run's interface), and the internet behind `wan`.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "generation.h"
#include "util.h"
#include "world.h"

/* 198.51.100.88 is to be taken from the machine */
static const char inventory[] =
	"version: 1\n"
	"gateway: {macs: ['02:00:00:00:00:01'],\n"
	"          addresses: [10.0.0.1, 198.51.100.1, 198.51.100.88, 'fd00::1']}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"
	"devices:\n"
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10, 'fd00::10'], segment: lan,\n"
	"        rules: [allow to gateway tcp/8883, allow to internet tcp/443, allow to any tcp/9,\n"
	"                allow from gateway tcp/22, allow from internet tcp/23]}\n"
	"  nvr: {mac: '02:00:00:00:00:11', addresses: [10.0.0.11], segment: lan,\n"
	"        rules: [allow to 198.51.100.0/24 tcp/443]}\n";

/* --- a network of our own --- */

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void forward(bool on)
{
	write_to("/proc/sys/net/ipv4/ip_forward", on ? "1" : "0");
	write_to("/proc/sys/net/ipv6/conf/all/forwarding", on ? "1" : "0");
}

static void run(const char *command)
{
	int status = system(command);

	if (status)
		fail_msg("%s: status %d", command, status);
}

static bool has_network;

/* busybox's `ip` has to understand it as well. */
static void make_network(void)
{
	static const char *const commands[] = {
		"ip link set lo up",
		"ip link add wan type veth", /* with a veth0 */
		"echo 0 >/proc/sys/net/ipv6/conf/wan/accept_dad",
		"ip link set veth0 up",
		"ip link set wan up",
		"ip address add 198.51.100.1/24 dev wan",
		"ip route add default via 198.51.100.254",
		"ip -6 address add 2001:db8:1::1/64 dev wan",
		"ip -6 route add default via 2001:db8:1::fe dev wan",
	};

	has_network = !system("ip link >/dev/null 2>&1") && !unshare(CLONE_NEWNET);
	for (size_t i = 0; has_network && i < ARRAY_SIZE(commands); i++)
		run(commands[i]);
	if (has_network)
		forward(true);
}

static int needs_network(void **state)
{
	(void)state;
	if (has_network)
		return 0;
	print_message("no `ip`, or no namespaces here\n");
	skip();
	return -1;
}

/* --- asking --- */

static struct lab lab;
static unsigned int port = 1000;

struct family {
	const char *name, *ip, *cam, *other, *add, *remove;
};

static const struct family families[] = {
	{"IPv4", "ip4", "10.0.0.10", "198.51.100.77", "ip address add 198.51.100.77/32 dev wan",
	 "ip address del 198.51.100.77/32 dev wan"},
	{"IPv6", "ip6", "fd00::10", "2001:db8:77::77",
	 "ip -6 address add 2001:db8:77::77/128 dev wan",
	 "ip -6 address del 2001:db8:77::77/128 dev wan"},
};

/* A new conversation of cam with @remote. */
static void opens(const char *ip, const char *cam, const char *remote, unsigned int service,
		  bool passes, const char *reason)
{
	lab_expect(&lab, FROM, passes, reason, "cam>gw %s %s>%s tcp %u>%u S", ip, cam, remote,
		   ++port, service);
}

static void goes_on(const struct family *f, unsigned int service, bool passes, const char *reason)
{
	lab_expect(&lab, FROM, passes, reason, "cam>gw %s %s>%s tcp %u>%u A", f->ip, f->cam,
		   f->other, port, service);
}

static void is_answered(const struct family *f, unsigned int service, bool passes,
			const char *reason)
{
	lab_expect(&lab, TO, passes, reason, "gw>cam %s %s>%s tcp %u>%u SA", f->ip, f->other,
		   f->cam, service, port);
}

static void is_internet(const char *ip, const char *cam, const char *remote)
{
	opens(ip, cam, remote, 8883, false, "no-rule");
	opens(ip, cam, remote, 443, true, "rule");
	opens(ip, cam, remote, 9, true, "rule");
}

static void is_gateway(const char *ip, const char *cam, const char *remote)
{
	opens(ip, cam, remote, 443, false, "no-rule");
	opens(ip, cam, remote, 9, true, "rule");
	opens(ip, cam, remote, 8883, true, "rule");
}

/* The kernel makes the route of an IPv6 address some time after the address: when it has looked for
 * another machine that has it. */
static void gets_address(const struct family *f)
{
	char command[256];

	run(f->add);
	snprintf(command, sizeof(command),
		 "n=0; until ip %s route get %s | grep -q ^local || [ $n = 100 ]; "
		 "do n=$((n + 1)); sleep 0.1; done",
		 !strcmp(f->ip, "ip6") ? "-6" : "-4", f->other);
	run(command);
}

/* An address that came after the policy was written. */
static void comes_and_goes(const struct family *f)
{
	is_internet(f->ip, f->cam, f->other);
	gets_address(f);
	is_gateway(f->ip, f->cam, f->other);
	/* what rests on routing is looked up at each packet of the device */
	is_answered(f, 8883, true, "flow");
	goes_on(f, 8883, true, "rule");
	goes_on(f, 8883, true, "rule");
	is_answered(f, 8883, true, "flow");
	run(f->remove);
	goes_on(f, 8883, false, "no-rule");
	is_answered(f, 8883, false, "no-rule");
	is_internet(f->ip, f->cam, f->other);
}

static void test_an_address_comes_and_goes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		comes_and_goes(&families[i]);
}

/* The other way about: what was the internet's is the gateway's now. A flow that was made before is
 * not looked up. */
static void test_a_flow_to_what_was_the_internet(void **state)
{
	const struct family *f = &families[0];

	(void)state;
	opens(f->ip, f->cam, f->other, 443, true, "rule");
	gets_address(f);
	goes_on(f, 443, true, "flow");
	opens(f->ip, f->cam, f->other, 443, false, "no-rule");
	run(f->remove);
}

static void test_what_the_inventory_says_holds(void **state)
{
	const char *ip = families[0].ip, *cam = families[0].cam;

	(void)state;
	/* listed, and on no interface */
	is_gateway(ip, cam, "10.0.0.1");
	is_gateway(ip, cam, "198.51.100.1");
	is_gateway("ip6", "fd00::10", "fd00::1");
	is_internet(ip, cam, "8.8.8.8");
	is_internet("ip6", "fd00::10", "2001:db8:9::9");
}

static void set_holder(const char *text, uint32_t holder)
{
	struct ig_addr addr = {.addr = {[10] = 0xff, [11] = 0xff}};

	assert_int_equal(inet_pton(AF_INET, text, addr.addr + 12), 1);
	assert_int_equal(bpf_map_update_elem(ig_generation_map(&lab.object, IG_MAP_addresses),
					     &addr, &holder, BPF_EXIST),
			 0);
}

/* An address that apply found, and that is somebody else's since. */
static void test_an_address_that_apply_found(void **state)
{
	const char *ip = families[0].ip, *cam = families[0].cam;

	(void)state;
	set_holder("198.51.100.88", IG_ENTITY_GATEWAY_LIVE);
	opens(ip, cam, "198.51.100.88", 8883, false, "no-rule");
	opens(ip, cam, "198.51.100.88", 9, true, "rule");
	run("ip address add 198.51.100.88/32 dev wan");
	is_gateway(ip, cam, "198.51.100.88");
	run("ip address del 198.51.100.88/32 dev wan");
	opens(ip, cam, "198.51.100.88", 8883, false, "no-rule");
	/* routing is not asked about what comes to the device */
	lab_expect(&lab, TO, true, "rule", "gw>cam ip4 198.51.100.88>10.0.0.10 tcp 1>22 S");
	set_holder("198.51.100.88", IG_ENTITY_GATEWAY);
	is_gateway(ip, cam, "198.51.100.88");
}

static void test_where_nothing_is_forwarded(void **state)
{
	const struct family *f = &families[0];

	(void)state;
	forward(false);
	run(f->add);
	is_internet(f->ip, f->cam, f->other);
	set_holder("198.51.100.88", IG_ENTITY_GATEWAY_LIVE);
	is_gateway(f->ip, f->cam, "198.51.100.88");
	set_holder("198.51.100.88", IG_ENTITY_GATEWAY);
	run(f->remove);
	forward(true);
}

/* A device none of whose rules could tell the difference. */
static void test_who_does_not_ask(void **state)
{
	const struct family *f = &families[0];

	(void)state;
	run(f->add);
	lab_expect(&lab, FROM, true, "rule", "nvr>gw ip4 10.0.0.11>%s tcp 1>443 S", f->other);
	lab_expect(&lab, FROM, true, "flow", "nvr>gw ip4 10.0.0.11>%s tcp 1>443 A", f->other);
	run(f->remove);
}

static int open_lab(void **state)
{
	(void)state;
	make_network();
	lab_open(&lab, inventory, false);
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_close(&lab);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_what_the_inventory_says_holds, needs_network),
		cmocka_unit_test_setup(test_an_address_comes_and_goes, needs_network),
		cmocka_unit_test_setup(test_a_flow_to_what_was_the_internet, needs_network),
		cmocka_unit_test_setup(test_an_address_that_apply_found, needs_network),
		cmocka_unit_test_setup(test_where_nothing_is_forwarded, needs_network),
		cmocka_unit_test_setup(test_who_does_not_ask, needs_network),
	};

	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
