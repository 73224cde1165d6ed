/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attaching for real, in a network namespace of this process: on Linux 6.6 and newer by tcx, before that by clsact.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "iotguard/iotguard.h"
#include "shelter.h"
#include "util.h"

static struct shelter shelter;

/* --- a pair of interfaces --- */

static void add_attribute(struct nlmsghdr *message, unsigned short type, const void *data,
			  size_t size)
{
	struct rtattr *a = (struct rtattr *)((char *)message + NLMSG_ALIGN(message->nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static int talk(struct nlmsghdr *message)
{
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	char answer[4096];
	const struct nlmsghdr *reply = (const void *)answer;

	message->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (fd < 0 || send(fd, message, message->nlmsg_len, 0) < 0 ||
	    recv(fd, answer, sizeof(answer), 0) < (ssize_t)sizeof(*reply))
		return -errno;
	return reply->nlmsg_type == NLMSG_ERROR
		       ? ((const struct nlmsgerr *)NLMSG_DATA(reply))->error
		       : 0;
}

/* "lan0", with a peer that the kernel names. */
static int make_veth(void)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
		char attributes[256];
	} m = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(m.info)),
			   .nlmsg_type = RTM_NEWLINK,
			   .nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL},
		.info = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP},
	};
	struct rtattr *nest;

	add_attribute(&m.header, IFLA_IFNAME, "lan0", 5);
	nest = (struct rtattr *)((char *)&m + NLMSG_ALIGN(m.header.nlmsg_len));
	add_attribute(&m.header, IFLA_LINKINFO, NULL, 0);
	add_attribute(&m.header, IFLA_INFO_KIND, "veth", 5);
	nest->rta_len = (char *)&m + m.header.nlmsg_len - (char *)nest;
	return talk(&m.header);
}

/* --- the policy --- */

static void write_inventory(const char *rule)
{
	FILE *f = fopen(shelter.inventory, "we");

	assert_non_null(f);
	fprintf(f,
		"version: 1\n"
		"segments: {lan: {interfaces: [lan0], networks: [10.0.0.0/8]}}\n"
		"devices:\n"
		"  d: {mac: \"02:00:5e:00:00:01\", addresses: [10.0.0.2], segment: lan, rules: [%s]}\n",
		rule);
	fclose(f);
}

static int apply(struct iotguard *ig, struct iotguard_apply_result *result)
{
	struct iotguard_apply_opts opts =
		IOTGUARD_OPTS(iotguard_apply_opts, .require_native = true);
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy;
	int err = iotguard_inventory_load(ig, shelter.inventory, &inv);

	err = err ?: iotguard_policy_compile(ig, inv, &policy);
	if (!err) {
		err = iotguard_apply(ig, policy, &opts, result);
		iotguard_policy_free(policy);
		iotguard_inventory_free(inv);
	}
	for (size_t i = 0; i < iotguard_diag_count(ig); i++)
		print_message("# %s\n", iotguard_diag_get(ig, i)->message);
	iotguard_diag_clear(ig);
	return err;
}

static bool has_tcx(void)
{
	unsigned int major, minor;
	struct utsname name;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	return major > 6 || (major == 6 && minor >= 6);
}

static void expect_guarded(struct iotguard *ig, bool guarded)
{
	struct iotguard_interface_info *interfaces;
	size_t n;

	assert_int_equal(iotguard_interfaces(ig, &interfaces, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(interfaces[0].name, "lan0");
	assert_true(interfaces[0].exists);
	assert_true(!guarded || interfaces[0].current);
	assert_string_equal(interfaces[0].xdp, guarded ? "native" : "none");
	assert_string_equal(interfaces[0].tc, !guarded ? "none" : has_tcx() ? "tcx" : "clsact");
	iotguard_free(interfaces);
}

/* --- the cases --- */

static struct iotguard *open_handle(void)
{
	struct iotguard_open_opts opts =
		IOTGUARD_OPTS(iotguard_open_opts, .state_dir = shelter.state_dir);
	struct iotguard *ig;

	assert_int_equal(iotguard_open(&ig, &opts), 0);
	return ig;
}

static void test_apply_and_detach(void **state)
{
	struct iotguard *ig = open_handle();
	struct iotguard_apply_result result;

	(void)state;
	write_inventory("allow to 198.51.100.1 tcp/443");
	assert_int_equal(apply(ig, &result), 0);
	assert_true(result.first && result.changed);
	assert_int_equal(result.generation, 1);
	expect_guarded(ig, true);

	assert_int_equal(apply(ig, &result), 0);
	assert_false(result.changed || result.attached);
	assert_int_equal(result.generation, 1);

	write_inventory("allow to 198.51.100.1 tcp/444");
	assert_int_equal(apply(ig, &result), 0);
	assert_true(result.changed && !result.first);
	assert_int_equal(result.generation, 2);
	expect_guarded(ig, true);

	assert_int_equal(iotguard_detach(ig, "lan0"), 1);
	expect_guarded(ig, false);
	assert_int_equal(apply(ig, &result), 0);
	assert_true(result.attached && !result.changed);
	expect_guarded(ig, true);

	assert_int_equal(iotguard_detach(ig, NULL), 1);
	assert_int_equal(iotguard_detach(ig, NULL), -ENOENT);
	iotguard_close(ig);
}

/* More devices than there is room for: another instance takes the place of this one. */
static void test_replace(void **state)
{
	struct iotguard *ig = open_handle();
	struct iotguard_apply_result result;
	struct iotguard_status before, after;
	FILE *f;

	(void)state;
	write_inventory("allow to 198.51.100.1 tcp/443");
	assert_int_equal(apply(ig, &result), 0);
	assert_int_equal(iotguard_status(ig, &before), 0);
	f = fopen(shelter.inventory, "ae");
	assert_non_null(f);
	for (int i = 0; i < 200; i++)
		fprintf(f,
			"  x%d: {mac: \"02:00:5e:00:01:%02x\", addresses: [10.0.1.%d], segment: lan}\n",
			i, i, i + 1);
	fclose(f);
	assert_int_equal(apply(ig, &result), 0);
	assert_int_equal(result.generation, 2);
	assert_int_equal(iotguard_status(ig, &after), 0);
	assert_int_equal(after.devices, 201);
	assert_true(after.device_slots > before.device_slots);
	expect_guarded(ig, true);
	assert_int_equal(iotguard_detach(ig, NULL), 1);
	iotguard_close(ig);
}

static int set_up(void **state)
{
	(void)state;
	if (!shelter_make(&shelter))
		return -1;
	return make_veth();
}

static int tear_down(void **state)
{
	(void)state;
	shelter_remove(&shelter);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apply_and_detach),
		cmocka_unit_test(test_replace),
	};

	return cmocka_run_group_tests_name("attach", tests, set_up, tear_down);
}
