/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iotguard beside its peers, on live frames (BPF_F_TEST_XDP_LIVE_FRAMES): each frame is a buffer of the driver's kind,
 * goes through the XDP program and, where that passes it, into the network stack as one that the interface received.
 *
 * What drops is compared with what drops, and what passes with what passes; a frame that passes ends in the stack,
 * which drops it since it is for another machine's MAC address. The policy is 1,000 devices with 10 rules each
 * (nftables: a concatenated set of MAC address, source, destination and port; xdp-filter, which cannot combine: one
 * set of addresses and one of ports, in its deny mode). Thread CPU time, medians of interleaved rounds.
 *
 * All of it is in network and mount namespaces of its own.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "bench.h"
#include "driver.h"
#include "driver.skel.h"
#include "subject.h"

#define ROUNDS_MAX 101
#define FRAMES	   400000
#define BATCH	   64
#define DEVICES	   1000
#define RULES	   10
#define SKIPPED	   77

static struct driver_bpf *driver;
static struct bench_subject subject;
static size_t rounds = 7;
static unsigned int port;

/* --- the machine --- */

__attribute__((format(printf, 1, 2))) static int sh(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

static void must(const char *command)
{
	if (sh("%s", command)) {
		fprintf(stderr, "bench_live: failed: %s\n", command);
		exit(1);
	}
}

static void house(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		bench_die("namespaces", errno);
	must("ip link set lo up");
	must("ip link add lan0 type veth peer name out");
	must("ip link set lan0 up && ip link set out up");
	port = if_nametoindex("lan0");
}

/* --- the peers --- */

static int filter_program(void)
{
	struct bpf_xdp_query_opts query = {.sz = sizeof(query)};
	FILE *f;

	if (sh("xdp-filter load --mode native --policy deny lan0 >/dev/null 2>&1"))
		return -1;
	must("xdp-filter port 7 --mode dst --proto udp");
	f = popen("while read -r a; do xdp-filter ip \"$a\" --mode src || exit 1; done", "w");
	for (int i = 0; f && i < DEVICES; i++)
		fprintf(f, "10.0.%d.%d\n", (i + 3) >> 8, (i + 3) & 255);
	if (!f || pclose(f) || bpf_xdp_query((int)port, 0, &query))
		bench_die("xdp-filter", errno);
	/* it refuses what none of its sets has, and passes what one has */
	return bpf_prog_get_fd_by_id(query.prog_id);
}

static void nft_on(void)
{
	FILE *f = popen("nft -f -", "w");

	if (!f)
		bench_die("nft", errno);
	fprintf(f,
		"table netdev bench {\n set allowed { typeof ether saddr . ip saddr . ip daddr . udp dport; elements = {\n");
	for (int i = 0; i < DEVICES; i++)
		for (int k = 0; k < RULES; k++)
			fprintf(f, "02:00:5e:00:%02x:%02x . 10.0.%d.%d . 198.51.100.%d . 7,\n",
				i >> 8, i & 255, (i + 2) >> 8, (i + 2) & 255, k + 1);
	fprintf(f,
		"} }\n chain in { type filter hook ingress device \"lan0\" priority 0; policy drop;\n"
		"  ether saddr . ip saddr . ip daddr . udp dport @allowed accept\n }\n}\n");
	if (pclose(f)) {
		fprintf(stderr, "bench_live: nft cannot do what this compares with\n");
		exit(1);
	}
}

static void nft_off(void)
{
	must("nft delete table netdev bench");
}

static void tc_on(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port, .attach_point = BPF_TC_INGRESS);

	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 1, .priority = 1,
		    .prog_fd = bpf_program__fd(driver->progs.drop_tc));

	if (bpf_tc_hook_create(&hook) || bpf_tc_attach(&hook, &filter))
		bench_die("tc", errno);
}

static void tc_off(void)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)port,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	bpf_tc_hook_destroy(&hook);
}

/* --- measuring --- */

struct contender {
	const char *name;
	int program;
	const struct bench_frame *frame;
	void (*on)(void), (*off)(void); /* what else is in place for it */
	double values[ROUNDS_MAX];
	struct bench_row row;
};

static double live(int program, const struct bench_frame *frame)
{
	struct xdp_md context = {.data_end = frame->size, .ingress_ifindex = port};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes, .data_size_in = frame->size,
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = FRAMES,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	uint64_t start = bench_cpu_ns();

	if (bpf_prog_test_run_opts(program, &opts))
		bench_die("test_run of live frames", errno);
	return (double)(bench_cpu_ns() - start) / FRAMES;
}

static void measure(struct contender *all, size_t n)
{
	for (size_t i = 0; i < rounds; i++) {
		for (size_t k = 0; k < n; k++) {
			if (all[k].program < 0)
				continue;
			if (all[k].on)
				all[k].on();
			all[k].values[i] = live(all[k].program, all[k].frame);
			if (all[k].off)
				all[k].off();
		}
	}
	for (size_t k = 0; k < n; k++) {
		if (all[k].program < 0)
			continue;
		all[k].row = (struct bench_row){.group = "live",
						.name = all[k].name,
						.unit = "ns",
						.parameters = "\"devices\":1000,\"rules\":10"};
		bench_summarize(&all[k].row, all[k].values, rounds);
		bench_say(&all[k].row);
	}
}

/* By how much the peer is dearer. */
static void compare(const char *name, const struct contender *peer, const struct contender *own,
		    double at_least)
{
	struct bench_row row = {
		.group = "live", .name = name, .unit = "times", .at_least = at_least};

	if (peer->program < 0)
		return;
	row.value = peer->row.value / own->row.value;
	row.min = peer->row.min / own->row.min;
	row.max = peer->row.max / own->row.max;
	bench_say(&row);
}

enum {
	BARE_DROP,
	OWN_DROP,
	FILTER_DROP,
	TC_DROP,
	NFT_DROP,
	BARE_PASS,
	OWN_PASS,
	FILTER_PASS,
	NFT_PASS,
	CONTENDERS
};

int main(void)
{
	struct bench_frame allowed = bench_udp4(BENCH_REMOTE, 1000, 7),
			   refused = bench_udp4(BENCH_REMOTE, 1000, 9);
	int pass, filter;

	if (getenv("BENCH_ROUNDS"))
		rounds = (size_t)atoi(getenv("BENCH_ROUNDS"));
	if (rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	if (sh("command -v xdp-filter nft ip >/dev/null")) {
		fprintf(stderr, "bench_live: needs xdp-filter, nft and ip\n");
		return SKIPPED;
	}
	house();
	driver = driver_bpf__open_and_load();
	if (!driver)
		bench_die("driver", errno);
	bench_subject_load(&subject, DEVICES, RULES, 0, "lan0");
	filter = filter_program();
	if (filter < 0)
		fprintf(stderr, "bench_live: xdp-filter does not load here\n");
	pass = bpf_program__fd(driver->progs.nothing);

	struct contender all[CONTENDERS] = {
		[BARE_DROP] = {"a bare XDP_DROP", bpf_program__fd(driver->progs.drop), &refused},
		[OWN_DROP] = {"iotguard drops", subject.object.from_device, &refused},
		[FILTER_DROP] = {"xdp-filter (deny mode) drops", filter, &refused},
		[TC_DROP] = {"a bare drop in tc", pass, &refused, tc_on, tc_off},
		[NFT_DROP] = {"nftables (netdev ingress, concatenated set) drops", pass, &refused,
			      nft_on, nft_off},
		[BARE_PASS] = {"a bare XDP_PASS, dropped by the stack", pass, &allowed},
		[OWN_PASS] = {"iotguard passes, dropped by the stack", subject.object.from_device,
			      &allowed},
		[FILTER_PASS] = {"xdp-filter (deny mode) passes, dropped by the stack", filter,
				 &allowed},
		[NFT_PASS] =
			{"nftables (netdev ingress, concatenated set) passes, dropped by the stack",
			 pass, &allowed, nft_on, nft_off},
	};

	measure(all, CONTENDERS);
	compare("nftables drops, to iotguard", &all[NFT_DROP], &all[OWN_DROP], 4);
	compare("nftables passes, to iotguard", &all[NFT_PASS], &all[OWN_PASS], 0);
	compare("xdp-filter drops, to iotguard", &all[FILTER_DROP], &all[OWN_DROP], 1);
	compare("xdp-filter passes, to iotguard", &all[FILTER_PASS], &all[OWN_PASS], 1);
	sh("xdp-filter unload --all >/dev/null 2>&1");
	bench_subject_close(&subject);
	driver_bpf__destroy(driver);
	return 0;
}
