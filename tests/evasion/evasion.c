/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same hard packets through iotguard, xdp-filter and nftables, and what each makes of them.
 *
 * There are two policies: one refuses UDP to port 443 and lets all else pass, the other lets UDP to
 * port 443 pass and nothing else. Each row is a way to write a packet, tried with port 443 and with
 * port 444 under both policies. A row is right if all four verdicts are: by its port, where it has
 * one; what has none, or must not be judged by it, may not come in where only port 443 may, nor go
 * around the rule that refuses it.
 *
 * iotguard and xdp-filter are asked by BPF_PROG_TEST_RUN, which is what runs on an interface;
 * nftables gets real frames on a veth, and its counters are read. All of it in a network namespace
 * of its own. Prints the table in Markdown. Exit 1 where iotguard is not right.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "iotguard/iotguard.h"
#include "util.h"

#define PORT	   443 /* that the policies are about */
#define OTHER_PORT 444

enum policy { REFUSING, ALLOWING, POLICIES };

/* --- frames --- */

struct frame {
	uint8_t bytes[512];
	size_t size;
};

static void put(struct frame *f, const void *bytes, size_t n)
{
	memcpy(f->bytes + f->size, bytes, n);
	f->size += n;
}

static void put8(struct frame *f, unsigned int value)
{
	f->bytes[f->size++] = (uint8_t)value;
}

static void put16(struct frame *f, unsigned int value)
{
	put8(f, value >> 8);
	put8(f, value & 0xff);
}

static void set16(struct frame *f, size_t at, unsigned int value)
{
	f->bytes[at] = (uint8_t)(value >> 8);
	f->bytes[at + 1] = (uint8_t)value;
}

/* How a packet is written. */
struct shape {
	const char *name;
	int versions;	  /* 4, 6, or 0 for both */
	int tags;	  /* 0 to 3 */
	int options;	  /* IPv4: bytes of no-operation */
	int source_route; /* 1: IPv4 loose source route, IPv6 routing header 0 */
	int hop_by_hop;	  /* 1: IPv6 hop-by-hop options */
	int destination;  /* how many IPv6 destination options */
	enum { WHOLE, FIRST, ORPHAN, BOTH, TINY } fragments;
	bool legal; /* to be judged by its port */
};

static const struct shape shapes[] = {
	{.name = "plain", .legal = true},
	{.name = "options", .versions = 4, .options = 8, .legal = true},
	{.name = "hop-by-hop options", .versions = 6, .hop_by_hop = 1, .legal = true},
	{.name = "hop-by-hop and destination options",
	 .versions = 6,
	 .hop_by_hop = 1,
	 .destination = 1,
	 .legal = true},
	{.name = "8 destination options", .versions = 6, .destination = 8, .legal = true},
	{.name = "9 destination options", .versions = 6, .destination = 9},
	{.name = "source route", .source_route = 1},
	{.name = "one VLAN tag", .tags = 1, .legal = true},
	{.name = "two VLAN tags (QinQ)", .tags = 2, .legal = true},
	{.name = "three VLAN tags", .tags = 3},
	{.name = "first fragment", .fragments = FIRST, .legal = true},
	{.name = "first fragment without the UDP header",
	 .versions = 6,
	 .destination = 1,
	 .fragments = TINY},
	{.name = "later fragment, alone, that looks like the port", .fragments = ORPHAN},
	{.name = "datagram of two fragments, the later one looks like the other port",
	 .fragments = BOTH,
	 .legal = true},
};

static const uint8_t gateway_mac[6] = {0x02, 0, 0, 0, 0, 1};

static void put_ethernet(struct frame *f, const struct shape *s, int version)
{
	static const unsigned int ids[] = {100, 7, 9};
	uint8_t device[6] = {0x02, 0, 0, 0, 0, (uint8_t)(0x10 + s->tags)};

	put(f, gateway_mac, 6);
	put(f, device, 6);
	for (int i = 0; i < s->tags; i++) {
		put16(f, i + 1 < s->tags ? 0x88a8 : 0x8100);
		put16(f, ids[i]);
	}
	put16(f, version == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
}

/* 10.0.TAGS.10 and fd00::TAGS:10 are where the device is. */
static void put_address(struct frame *f, int version, int tags, bool remote)
{
	uint8_t bytes[16] = {};
	char text[64];

	if (version == 4)
		snprintf(text, sizeof(text), remote ? "203.0.113.5" : "10.0.%d.10", tags);
	else
		snprintf(text, sizeof(text), remote ? "2001:db8::5" : "fd00:%d::10", tags);
	inet_pton(version == 4 ? AF_INET : AF_INET6, text, bytes);
	put(f, bytes, version == 4 ? 4 : 16);
}

/* One fragment, or the whole: @offset in bytes, @more. */
struct part {
	unsigned int offset;
	bool more;
	const uint8_t *data;
	size_t size;
};

static void put_ipv4(struct frame *f, const struct shape *s, const struct part *part,
		     unsigned int id)
{
	size_t at = f->size, options = (size_t)s->options + (s->source_route ? 8 : 0);
	uint32_t sum = 0;

	put8(f, 0x40 | (20 + options) / 4);
	put8(f, 0);
	put16(f, (unsigned int)(20 + options + part->size));
	put16(f, id);
	put16(f, part->offset / 8 | (part->more ? 0x2000 : 0));
	put8(f, 64);
	put8(f, IPPROTO_UDP);
	put16(f, 0);
	put_address(f, 4, s->tags, false);
	put_address(f, 4, s->tags, true);
	for (int i = 0; i < s->options; i++)
		put8(f, 1);
	if (s->source_route) {
		static const uint8_t lsrr[8] = {131, 7, 4, 203, 0, 113, 9, 0};

		put(f, lsrr, 8);
	}
	for (size_t i = at; i < f->size; i += 2)
		sum += (uint32_t)(f->bytes[i] << 8 | f->bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	set16(f, at + 10, ~sum & 0xffff);
	put(f, part->data, part->size);
}

/* Sets the byte that says what comes next, and remembers where the next one is. */
static void next_header(struct frame *f, size_t *next, unsigned int proto)
{
	f->bytes[*next] = (uint8_t)proto;
	*next = f->size;
}

static void put_ipv6(struct frame *f, const struct shape *s, const struct part *part,
		     unsigned int id)
{
	static const uint8_t options[8] = {0, 0, 1, 4, 0, 0, 0, 0};
	size_t at = f->size, next = at + 6;

	put16(f, 0x6000);
	put16(f, 0);
	put16(f, 0);
	put8(f, 0);
	put8(f, 64);
	put_address(f, 6, s->tags, false);
	put_address(f, 6, s->tags, true);
	if (s->hop_by_hop) {
		next_header(f, &next, IPPROTO_HOPOPTS);
		put(f, options, 8);
	}
	if (s->source_route) {
		next_header(f, &next, IPPROTO_ROUTING);
		put(f, (uint8_t[8]){0, 2, 0, 1}, 8);
		put_address(f, 6, s->tags, true);
	}
	if (part->offset || part->more) {
		next_header(f, &next, IPPROTO_FRAGMENT);
		put16(f, 0);
		put16(f, part->offset | part->more);
		put16(f, 0);
		put16(f, id);
	}
	for (int i = 0; i < s->destination; i++) {
		next_header(f, &next, IPPROTO_DSTOPTS);
		put(f, options, 8);
	}
	next_header(f, &next, IPPROTO_UDP);
	put(f, part->data, part->size);
	set16(f, at + 4, (unsigned int)(f->size - at - 40));
}

/* A UDP datagram of 32 bytes to @port; what stands at the 16th would be a UDP header to @disguise. */
static void make_datagram(uint8_t bytes[32], unsigned int port, unsigned int disguise)
{
	struct frame f = {};

	put16(&f, 40000);
	put16(&f, port);
	put16(&f, 32);
	put16(&f, 0);
	put16(&f, 0);
	put16(&f, 0);
	put16(&f, 0);
	put16(&f, 0);
	put16(&f, 40000);
	put16(&f, disguise);
	put16(&f, 16);
	put16(&f, 0);
	f.size = 32;
	memcpy(bytes, f.bytes, 32);
}

/* The frames of a row; the verdict of the last one counts, but none before it may be refused. */
static int make_frames(const struct shape *s, int version, unsigned int port,
		       struct frame frames[2])
{
	static unsigned int id;
	uint8_t datagram[32];
	struct part parts[2];
	int n = 1;

	id++;
	make_datagram(datagram, port, s->fragments == BOTH ? PORT + OTHER_PORT - port : port);
	parts[0] = (struct part){0, false, datagram, 32};
	switch (s->fragments) {
	case WHOLE:
		break;
	case FIRST:
		parts[0] = (struct part){0, true, datagram, 16};
		break;
	case ORPHAN:
		parts[0] = (struct part){16, false, datagram + 16, 16};
		break;
	case BOTH:
		parts[0] = (struct part){0, true, datagram, 16};
		parts[1] = (struct part){16, false, datagram + 16, 16};
		n = 2;
		break;
	case TINY: /* in IPv4 eight bytes are the least, which hold UDP's header */
		parts[0] = (struct part){0, true, datagram, 0};
		break;
	}
	for (int i = 0; i < n; i++) {
		frames[i] = (struct frame){};
		put_ethernet(&frames[i], s, version);
		if (version == 4)
			put_ipv4(&frames[i], s, &parts[i], id);
		else
			put_ipv6(&frames[i], s, &parts[i], id);
		if (frames[i].size < 60)
			frames[i].size = 60;
	}
	return n;
}

/* --- what is asked --- */

enum answer { DROPS, PASSES, UNABLE };

struct subject {
	const char *name;
	/* Takes the policy; false: it cannot be had here. */
	bool (*begin)(enum policy policy);
	enum answer (*ask)(const struct shape *s, const struct frame *f);
	void (*end)(void);
};

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("evasion: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static bool __attribute__((format(printf, 1, 2))) run(const char *format, ...)
{
	char command[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(command, sizeof(command) - 20, format, args);
	va_end(args);
	snprintf(command + n, 20, " >/dev/null 2>&1");
	return system(command) == 0;
}

/* --- iotguard: a private instance --- */

static struct iotguard *ig;
static struct iotguard_inventory *inventory;
static struct iotguard_policy *compiled;
static struct iotguard_instance *instance;
static uint64_t now_ns = 1600000000ull * 1000000000ull;

static const char *const rules[POLICIES] = {
	[REFUSING] = "[deny to any udp/443, allow to any]",
	[ALLOWING] = "[allow to any udp/443]",
};

static void write_inventory(const char *path, enum policy policy)
{
	FILE *f = fopen(path, "w");

	if (!f)
		die("%s: %s", path, strerror(errno));
	fputs("version: 1\ngateway: {macs: ['02:00:00:00:00:01']}\nsegments:\n", f);
	for (int tags = 0; tags <= 2; tags++) /* three tags are nobody's */
		fprintf(f,
			"  s%d: {interfaces: [lan0]%s, networks: [10.0.%d.0/24, 'fd00:%d::/64']}\n",
			tags,
			tags == 0   ? ""
			: tags == 1 ? ", vlan: 100"
				    : ", vlan: [100, 7]",
			tags, tags);
	fputs("devices:\n", f);
	for (int tags = 0; tags <= 2; tags++)
		fprintf(f,
			"  d%d: {mac: '02:00:00:00:00:%02x', segment: s%d, rules: %s,\n"
			"       addresses: [10.0.%d.10, 'fd00:%d::10']}\n",
			tags, 0x10 + tags, tags, rules[policy], tags, tags);
	fclose(f);
}

static bool iotguard_begin(enum policy policy)
{
	char path[] = "/tmp/evasion-XXXXXX";
	int fd = mkstemp(path), err;

	if (fd < 0 || iotguard_open(&ig, NULL))
		die("no inventory: %s", strerror(errno));
	close(fd);
	write_inventory(path, policy);
	err = iotguard_inventory_load(ig, path, &inventory);
	err = err ?: iotguard_policy_compile(ig, inventory, &compiled);
	err = err ?: iotguard_instance_open(ig, compiled, NULL, &instance);
	unlink(path);
	if (err)
		die("iotguard does not load: %s", strerror(-err));
	return true;
}

static enum answer iotguard_ask(const struct shape *s, const struct frame *f)
{
	struct iotguard_verdict verdict;

	(void)s;
	now_ns += 1000000;
	if (iotguard_instance_judge(instance, IOTGUARD_FROM_DEVICE, f->bytes, f->size, f->size,
				    now_ns, &verdict))
		die("iotguard gives no verdict");
	return verdict.passed ? PASSES : DROPS;
}

static void iotguard_end(void)
{
	iotguard_instance_close(instance);
	iotguard_policy_free(compiled);
	iotguard_inventory_free(inventory);
	iotguard_close(ig);
}

/* --- xdp-filter: the program that it loads --- */

static int filter_fd = -1;

static bool filter_begin(enum policy policy)
{
	uint32_t id = 0;

	if (!run("xdp-filter load lan0 --mode skb --policy %s",
		 policy == REFUSING ? "allow" : "deny") ||
	    !run("xdp-filter port 443 --proto udp --mode dst"))
		return false;
	if (bpf_xdp_query_id((int)if_nametoindex("lan0"), 0, &id) || !id)
		return false;
	filter_fd = bpf_prog_get_fd_by_id(id);
	return filter_fd >= 0;
}

static enum answer filter_ask(const struct shape *s, const struct frame *f)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->bytes,
			    .data_size_in = (uint32_t)f->size, .repeat = 1);

	(void)s;
	if (bpf_prog_test_run_opts(filter_fd, &opts))
		return UNABLE;
	return opts.retval == 2 ? PASSES : DROPS; /* XDP_PASS; aborted is dropped, too */
}

static void filter_end(void)
{
	ig_close_fd(&filter_fd);
	filter_fd = -1;
	run("xdp-filter unload --all");
}

/* --- nftables: real frames, and its counters --- */

static int wire = -1;

static bool nft_begin(enum policy policy)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex("far0")};

	if (!run("nft 'add table netdev t ; add counter netdev t came ; add counter netdev t left ; "
		 "add chain netdev t c { type filter hook ingress device lan0 priority 0 ; } ; "
		 "add rule netdev t c counter name came ; add rule netdev t c udp dport 443 %s ; "
		 "add rule netdev t c counter name left %s'",
		 policy == REFUSING ? "drop" : "accept", policy == REFUSING ? "accept" : "drop"))
		return false;
	wire = socket(AF_PACKET, SOCK_RAW, 0);
	if (wire < 0 || bind(wire, (struct sockaddr *)&to, sizeof(to)))
		die("no packet socket: %s", strerror(errno));
	return true;
}

static unsigned long long nft_counter(const char *name)
{
	unsigned long long packets = 0;
	char command[96], line[256];
	FILE *f;

	snprintf(command, sizeof(command), "nft list counter netdev t %s", name);
	f = popen(command, "r");
	if (!f)
		die("nft: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " packets %llu", &packets) == 1)
			break;
	pclose(f);
	return packets;
}

static enum policy nft_policy;

/* "left" counts what the rule did not match. */
static enum answer nft_ask(const struct shape *s, const struct frame *f)
{
	unsigned long long all = nft_counter("came"), left = nft_counter("left");
	bool matched;

	(void)s;
	if (send(wire, f->bytes, f->size, 0) != (ssize_t)f->size)
		die("a frame cannot be sent: %s", strerror(errno));
	while (nft_counter("came") == all)
		;
	matched = nft_counter("left") == left;
	return matched == (nft_policy == ALLOWING) ? PASSES : DROPS;
}

static bool nft_begin_policy(enum policy policy)
{
	nft_policy = policy;
	return nft_begin(policy);
}

static void nft_end(void)
{
	ig_close_fd(&wire);
	wire = -1;
	run("nft delete table netdev t");
}

/* --- the table --- */

static const struct subject subjects[] = {
	{"iotguard", iotguard_begin, iotguard_ask, iotguard_end},
	{"xdp-filter", filter_begin, filter_ask, filter_end},
	{"nftables", nft_begin_policy, nft_ask, nft_end},
};

#define SUBJECTS ARRAY_SIZE(subjects)
#define VERSIONS 2

/* [whether it is the policy's port] */
struct cell {
	enum answer answers[POLICIES][2];
};

static struct cell cells[SUBJECTS][ARRAY_SIZE(shapes)][VERSIONS];
static bool there[SUBJECTS];

static enum answer ask(const struct subject *subject, const struct shape *s, int version,
		       unsigned int port)
{
	struct frame frames[2];
	int n = make_frames(s, version, port, frames);
	enum answer answer = PASSES;

	for (int i = 0; i < n && answer == PASSES; i++)
		answer = subject->ask(s, &frames[i]);
	return answer;
}

static void ask_all(size_t subject, enum policy policy)
{
	for (size_t row = 0; row < ARRAY_SIZE(shapes); row++) {
		for (int v = 0; v < VERSIONS; v++) {
			enum answer *answers = cells[subject][row][v].answers[policy];
			int version = v ? 6 : 4;

			if (shapes[row].versions && shapes[row].versions != version)
				continue;
			answers[0] = ask(&subjects[subject], &shapes[row], version, OTHER_PORT);
			answers[1] = ask(&subjects[subject], &shapes[row], version, PORT);
		}
	}
}

/* Is a verdict one that nobody can complain of? What cannot be judged by its port may be dropped, and
 * may pass where it is not what the policy is about. */
static bool right(const struct shape *s, enum policy policy, int is_port, enum answer answer)
{
	if (s->legal)
		return answer == ((policy == ALLOWING) == is_port ? PASSES : DROPS);
	if (answer == DROPS)
		return true;
	if (s->fragments == ORPHAN) /* it has no port, whatever it looks like */
		return policy == REFUSING;
	return (policy == ALLOWING) == is_port;
}

/* What is wrong with a row; NULL: nothing. */
static const char *wrong(const struct shape *s, const struct cell *cell)
{
	bool passes = false, drops = false;

	for (int policy = 0; policy < POLICIES; policy++) {
		for (int is_port = 0; is_port < 2; is_port++) {
			enum answer answer = cell->answers[policy][is_port];

			if (right(s, policy, is_port, answer))
				continue;
			passes |= answer == PASSES;
			drops |= answer == DROPS;
		}
	}
	return passes && drops ? "**passes** and drops wrongly"
	       : passes	       ? "**passes wrongly**"
	       : drops	       ? "drops wrongly"
			       : NULL;
}

static const char *cell_text(size_t subject, size_t row, int v)
{
	const struct shape *s = &shapes[row];

	if (s->versions && s->versions != (v ? 6 : 4))
		return "-";
	if (!there[subject])
		return "not here";
	return wrong(s, &cells[subject][row][v]) ?: "right";
}

static int print_table(void)
{
	int bad = 0;

	printf("| UDP as | ");
	for (size_t i = 0; i < SUBJECTS; i++)
		printf("%s IPv4 | IPv6 | ", subjects[i].name);
	printf("\n| --- |");
	for (size_t i = 0; i < SUBJECTS * VERSIONS; i++)
		printf(" --- |");
	printf("\n");
	for (size_t row = 0; row < ARRAY_SIZE(shapes); row++) {
		printf("| %s |", shapes[row].name);
		for (size_t i = 0; i < SUBJECTS; i++) {
			for (int v = 0; v < VERSIONS; v++) {
				const char *text = cell_text(i, row, v);

				printf(" %s |", text);
				bad += i == 0 && strcmp(text, "right") && strcmp(text, "-");
			}
		}
		printf("\n");
	}
	return bad;
}

int main(void)
{
	libbpf_set_print(NULL);
	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		die("needs root and network namespaces: %s", strerror(errno));
	/* xdp-filter pins in a file system of its own, gone with this process */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		die("no bpf file system: %s", strerror(errno));
	if (!run("ip link add lan0 type veth peer name far0") || !run("ip link set lan0 up") ||
	    !run("ip link set far0 up"))
		die("no veth");
	for (size_t i = 0; i < SUBJECTS; i++) {
		for (int policy = 0; policy < POLICIES; policy++) {
			there[i] = subjects[i].begin(policy);
			if (there[i])
				ask_all(i, policy);
			subjects[i].end();
		}
	}
	return print_table() ? 1 : 0;
}
