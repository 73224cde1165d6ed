/* SPDX-License-Identifier: BSD-2-Clause */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "gateway.h"
#include "state_dir.h"
#include "util.h"

/* --- a network of our own --- */

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* busybox's `ip` has to understand it as well. The guarded interfaces stay down, so that nobody sends anything but the
 * test. */
static void make_network(void)
{
	static const char *const commands[] = {
		"ip link set lo up",
		"ip link add lan0 type veth",
		"ip link add lan1 type veth",
		"ip link add lan2 type veth",
		"ip link add wan type veth",
		"ip link set wan up",
		"ip link set veth3 up",
		"ip address add 192.168.77.1/24 dev wan",
		"ip route add default via 192.168.77.254",
		"ip address add 198.51.100.88/32 dev wan",
		"ip -6 address add 2001:db8:77::1/64 dev wan",
		"ip -6 route add default via 2001:db8:77::fe dev wan",
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		shelter_run(commands[i]);
	write_to("/proc/sys/net/ipv4/ip_forward", "1");
	write_to("/proc/sys/net/ipv6/conf/all/forwarding", "1");
}

bool gateway_open(struct gateway *g)
{
	struct iotguard_open_opts opts;

	*g = (struct gateway){.live = IG_OBJECT_NONE};
	if (system("ip link >/dev/null 2>&1")) {
		print_message("no `ip` here\n");
		return false;
	}
	if (!shelter_make(&g->shelter))
		return false;
	make_network();
	opts = IOTGUARD_OPTS(iotguard_open_opts, .state_dir = g->shelter.state_dir);
	assert_int_equal(iotguard_open(&g->ig, &opts), 0);
	return true;
}

void gateway_close(struct gateway *g)
{
	if (!g->ig)
		return;
	iotguard_close(g->ig);
	shelter_remove(&g->shelter);
}

int gateway_needed(const struct gateway *g)
{
	if (g->ig)
		return 0;
	skip();
	return -1;
}

/* --- policies --- */

void gateway_print_diags(struct iotguard *ig)
{
	char text[1024];

	for (size_t i = 0; i < iotguard_diag_count(ig); i++) {
		iotguard_diag_text(iotguard_diag_get(ig, i), "test", false, text, sizeof(text));
		print_message("# %s\n", text);
	}
	iotguard_diag_clear(ig);
}

void gateway_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

int gateway_load(struct iotguard *ig, const char *path, struct iotguard_inventory **inv)
{
	struct iotguard_policy *policy;
	int err = iotguard_inventory_load(ig, path, inv);

	if (err)
		return err;
	err = iotguard_policy_compile(ig, *inv, &policy);
	if (err) {
		iotguard_inventory_free(*inv);
		*inv = NULL;
		return err;
	}
	iotguard_policy_free(policy);
	return 0;
}

void gateway_apply(struct gateway *g, const char *inventory)
{
	struct iotguard_apply_opts opts = IOTGUARD_OPTS(iotguard_apply_opts);
	struct iotguard_apply_result result;
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy;
	int err;

	ig_object_close(&g->live);
	gateway_write(g->shelter.inventory, inventory);
	err = iotguard_inventory_load(g->ig, g->shelter.inventory, &inv);
	err = err ?: iotguard_policy_compile(g->ig, inv, &policy);
	err = err ?: iotguard_apply(g->ig, policy, &opts, &result);
	if (err) {
		gateway_print_diags(g->ig);
		fail_msg("the inventory is not applied: %s", strerror(-err));
	}
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
	iotguard_diag_clear(g->ig);
	assert_int_equal(ig_state_open(g->ig, true, &g->live), 0);
}

void gateway_detach(struct gateway *g)
{
	ig_object_close(&g->live);
	assert_true(iotguard_detach(g->ig, NULL) > 0);
	iotguard_diag_clear(g->ig);
}

/* --- the live programs --- */

void gateway_forget_flows(const struct gateway *g)
{
	static const enum ig_map maps[] = {IG_MAP_flows4, IG_MAP_flows6};
	uint8_t key[sizeof(struct ig_flow6_key)];

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		while (!bpf_map_get_next_key(g->live.maps[maps[i]], NULL, key))
			assert_int_equal(bpf_map_delete_elem(g->live.maps[maps[i]], key), 0);
	}
}

static void read_counts(const struct gateway *g, uint64_t counts[IG_REASON_STATS])
{
	uint32_t keys[IG_REASON_STATS], count = IG_REASON_STATS, next;
	size_t cpus = (size_t)libbpf_num_possible_cpus();
	_free_ struct ig_counter *values = calloc(IG_REASON_STATS * cpus, sizeof(*values));

	assert_non_null(values);
	if (bpf_map_lookup_batch(g->live.maps[IG_MAP_reason_stats], NULL, &next, keys, values,
				 &count, NULL))
		assert_int_equal(errno, ENOENT); /* these were all */
	assert_int_equal(count, IG_REASON_STATS);
	for (uint32_t i = 0; i < count; i++) {
		counts[keys[i]] = 0;
		for (size_t cpu = 0; cpu < cpus; cpu++)
			counts[keys[i]] += values[i * cpus + cpu].packets;
	}
}

/* The programs as they run on an interface say why only in the counters. */
static unsigned int reason_of(const uint64_t before[IG_REASON_STATS],
			      const uint64_t after[IG_REASON_STATS], uint32_t direction)
{
	unsigned int found = 0, packets = 0;

	for (uint32_t reason = 0; reason < IG_REASON_MAX; reason++) {
		uint32_t counted = IG_REASON_COUNT(reason, direction);
		uint32_t let_pass = IG_REASON_LET_PASS(reason, direction);
		uint64_t more =
			after[counted] - before[counted] + after[let_pass] - before[let_pass];

		packets += (unsigned int)more;
		if (more)
			found = reason;
	}
	assert_int_equal(packets, 1); /* one packet, one reason */
	return found;
}

void gateway_judge(const struct gateway *g, enum iotguard_side side, unsigned int ifindex,
		   const struct frame *frame, struct gateway_verdict *verdict)
{
	bool from = side == IOTGUARD_FROM_DEVICE;
	struct xdp_md xdp = {.ingress_ifindex = ifindex, .data_end = (uint32_t)frame->size};
	struct __sk_buff skb = {.ifindex = ifindex};
	uint64_t before[IG_REASON_STATS], after[IG_REASON_STATS];
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes,
			    .data_size_in = (uint32_t)frame->size, .repeat = 1,
			    .ctx_in = from ? (void *)&xdp : (void *)&skb,
			    .ctx_size_in = from ? sizeof(xdp) : sizeof(skb));

	read_counts(g, before);
	if (bpf_prog_test_run_opts(from ? g->live.from_device : g->live.to_device, &opts))
		fail_msg("%zu bytes are not judged: %s", frame->size, strerror(errno));
	read_counts(g, after);
	verdict->reason = reason_of(before, after, from ? IG_FROM_DEVICE : IG_TO_DEVICE);
	verdict->passed = from ? opts.retval == 2 : opts.retval != 2; /* XDP_PASS; TC_ACT_SHOT */
}
