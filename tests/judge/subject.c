/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a case stream (README.md) through the real programs, in maps of their own.
 *
 * The programs are loaded once. A new world empties the maps, and an inventory fills the idle slot and
 * flips, as an apply does.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iotguard/iotguard.h"
#include "dictionary.h"
#include "event_decode.h"
#include "generation.h"
#include "handle.h"
#include "operate.h"
#include "policy.h"
#include "stats.h"
#include "util.h"

#define FRAME_MAX    4096
#define DEVICES_MAX  64
#define FLOWS_MAX    16384
#define TC_FRAME_MAX 2048 /* what test_run takes there; every header is in these */
#define SHORTEST     64	  /* shorter frames are padded, and end where they did */
#define INTERFACES   8	  /* lan0 ... */

struct subject {
	struct iotguard *ig;
	struct ig_object object;
	struct iotguard_inventory *inventory;
	struct iotguard_policy *policy;
	struct ig_names names;
	bool ports;
	unsigned int ifindex[INTERFACES];
};

/* Where the inventory is written, and the MUD files that it names. */
static char files[] = "/tmp/iotguard-subject-XXXXXX";

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("subject: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* --- the laboratory --- */

/* Interfaces that the kernel knows, in a namespace of its own; lan0 is the first one. */
static void make_interfaces(struct subject *s)
{
	if (unshare(CLONE_NEWNET))
		die("no network namespace: %s", strerror(errno));
	for (int i = 0; i < INTERFACES; i++) {
		char command[64], name[IF_NAMESIZE];

		snprintf(name, sizeof(name), "lan%d", i);
		snprintf(command, sizeof(command), "ip link add %s type veth", name);
		if (system(command))
			die("%s failed", command);
		s->ifindex[i] = if_nametoindex(name);
	}
}

static unsigned int ifindex_of(const char *name, void *context)
{
	const struct subject *s = context;
	int i = atoi(name + 3);

	return strncmp(name, "lan", 3) || i < 0 || i >= INTERFACES ? 0 : s->ifindex[i];
}

static void fail_with_diagnostics(struct subject *s, const char *what)
{
	char text[2048];

	for (size_t i = 0; i < iotguard_diag_count(s->ig) && i < 5; i++) {
		iotguard_diag_text(iotguard_diag_get(s->ig, i), "subject", false, text,
				   sizeof(text));
		fprintf(stderr, "%s\n", text);
	}
	die("%s", what);
}

static void subject_open(struct subject *s)
{
	struct ig_sizes sizes = {.device_slots = DEVICES_MAX, .flow_slots = FLOWS_MAX};

	*s = (struct subject){};
	make_interfaces(s);
	if (iotguard_open(&s->ig, NULL))
		die("no memory");
	if (ig_object_load(&s->ig->diags, &sizes, true, &s->object))
		fail_with_diagnostics(s, "the programs do not load");
	s->object.control->seed = 1;
	s->names.object = &s->object;
}

/* --- files --- */

static void empty_files(void)
{
	DIR *dir = opendir(files);
	struct dirent *entry;
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", files, entry->d_name);
		unlink(path); /* but for . and .. */
	}
	if (dir)
		closedir(dir);
}

static void remove_files(void)
{
	empty_files();
	rmdir(files);
}

static void make_files(void)
{
	if (!mkdtemp(files))
		die("%s: %s", files, strerror(errno));
	atexit(remove_files);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) == EOF || fclose(file))
		die("%s: %s", path, strerror(errno));
}

/* mud NAME JSON */
static void keep_mud(const char *words)
{
	const char *text = strchr(words, ' ');
	char path[PATH_MAX];

	if (!text || *words == '.' || memchr(words, '/', (size_t)(text - words)))
		die("no MUD file: %.60s", words);
	snprintf(path, sizeof(path), "%s/%.*s", files, (int)(text - words), words);
	write_file(path, text + 1);
}

/* --- worlds --- */

static void forget_policy(struct subject *s)
{
	iotguard_policy_free(s->policy);
	iotguard_inventory_free(s->inventory);
	s->policy = NULL;
	s->inventory = NULL;
}

static void empty_hash(int fd)
{
	uint8_t key[64];

	while (!bpf_map_get_next_key(fd, NULL, key))
		bpf_map_delete_elem(fd, key);
}

/* @count rows of zero; no value of the arrays here is longer. */
static void empty_array(int fd, uint32_t count)
{
	uint8_t zero[256] = {};

	for (uint32_t i = 0; i < count; i++)
		bpf_map_update_elem(fd, &i, zero, BPF_ANY);
}

/* All of an array, whatever its rows are. */
static void empty_rows(int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	uint8_t *zero;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		die("a map says nothing of itself: %s", strerror(errno));
	zero = calloc(1, info.value_size);
	if (!zero)
		die("no memory");
	for (uint32_t i = 0; i < info.max_entries; i++)
		if (bpf_map_update_elem(fd, &i, zero, BPF_ANY))
			die("a row is not emptied: %s", strerror(errno));
	free(zero);
}

static void set_quarantine(const struct subject *s, size_t machine, uint64_t until)
{
	int err = ig_quarantine_set(&s->object, (uint32_t)machine, until);

	if (err)
		die("machine %zu is not put into quarantine: %s", machine, strerror(-err));
}

static void release_all(const struct subject *s)
{
	for (size_t i = 0; s->inventory && i < s->inventory->n_machines; i++)
		set_quarantine(s, i, 0);
}

/* Slots that a world used begin at 0. */
static uint32_t slots_used(const struct subject *s)
{
	struct ig_sizes sizes = {};

	if (s->policy)
		ig_policy_sizes(s->policy, &sizes);
	return sizes.flow_slots;
}

static void new_world(struct subject *s, const char *words)
{
	uint32_t slots = slots_used(s);

	release_all(s);
	empty_hash(s->object.maps[IG_MAP_flows4]);
	empty_hash(s->object.maps[IG_MAP_flows6]);
	empty_hash(s->object.maps[IG_MAP_bindings]);
	empty_hash(s->object.maps[IG_MAP_names]);
	empty_array(s->object.maps[IG_MAP_ring4], slots);
	empty_array(s->object.maps[IG_MAP_ring6], slots);
	empty_array(s->object.maps[IG_MAP_flow_counts], IG_FLOW_COUNT_PLACES(slots));
	empty_array(s->object.maps[IG_MAP_state], DEVICES_MAX);
	empty_array(s->object.maps[IG_MAP_held], DEVICES_MAX * IG_BINDING_PLACES);
	empty_array(s->object.maps[IG_MAP_fragments], DEVICES_MAX * IG_DATAGRAM_PLACES);
	empty_rows(s->object.maps[IG_MAP_awaited]);
	empty_rows(s->object.maps[IG_MAP_pins]);
	forget_policy(s);
	empty_files();
	s->ports = strstr(words, "ports");
	s->object.replay->ports = s->ports;
	s->object.replay->learn_bindings = !!strstr(words, "learn");
}

/* As iotguard_policy_compile(), but for an inventory by chance, whose rules may well contradict each
 * other; and with ports or without. */
static int compile(struct subject *s, const struct iotguard_inventory *inventory,
		   struct iotguard_policy *policy)
{
	uint32_t indices[DEVICES_MAX], rings[DEVICES_MAX];
	struct ig_site site = {.indices = indices, .rings = rings, .portless = !s->ports};

	if (inventory->n_machines > DEVICES_MAX)
		die("the world is too large: %zu machines", inventory->n_machines);
	policy->inv = inventory;
	if (ig_policy_place(inventory, indices, rings) > FLOWS_MAX)
		die("the world is too large: more than %d flows", FLOWS_MAX);
	return ig_compile_check(&s->ig->diags, inventory)
		       ?: ig_compile(&s->ig->diags, inventory, &site, &policy->image);
}

static void new_inventory(struct subject *s, const char *json)
{
	struct iotguard_policy *policy = calloc(1, sizeof(*policy));
	char path[PATH_MAX];
	struct iotguard_inventory *inventory;
	int err;

	snprintf(path, sizeof(path), "%s/inventory", files);
	write_file(path, json);
	iotguard_diag_clear(s->ig);
	err = policy ? iotguard_inventory_load(s->ig, path, &inventory) : -ENOMEM;
	err = err ?: compile(s, inventory, policy);
	if (err)
		fail_with_diagnostics(s, json);
	err = ig_generation_write(&s->object, &policy->image, ig_generation_now(&s->object) + 1,
				  ifindex_of, s);
	if (err)
		die("the idle slot is not written: %s", strerror(-err));
	ig_generation_flip(&s->object);
	forget_policy(s);
	s->inventory = inventory;
	s->policy = policy;
}

/* quarantine MACHINE TIME|never. Indices are positions, see ig_policy_place(). */
static void quarantine(const struct subject *s, const char *words)
{
	const char *when = strchr(words, ' ');
	uint64_t until = 0;

	if (!when || !s->inventory)
		die("no quarantine: %.60s", words);
	until = strcmp(when + 1, "never") ? strtoull(when + 1, NULL, 10) : UINT64_MAX;
	for (size_t i = 0; i < s->inventory->n_machines; i++) {
		const char *name = s->inventory->machines[i].name;

		if (strlen(name) == (size_t)(when - words) && !strncmp(name, words, strlen(name))) {
			set_quarantine(s, i, until);
			return;
		}
	}
	die("no machine: %.60s", words);
}

/* --- frames --- */

static int digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

static size_t read_hex(const char *text, uint8_t *bytes)
{
	size_t n = 0;

	for (; text[0] > ' ' && text[1] > ' '; text += 2) {
		if (n == FRAME_MAX)
			die("a frame of more than %d bytes", FRAME_MAX);
		bytes[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
	}
	return n;
}

/* The frame as test_run takes it, see user/lib/instance.c. */
static size_t fit(struct subject *s, bool from, uint8_t *bytes, size_t captured, size_t length)
{
	size_t least = from ? 14 : 54;

	s->object.replay->wire_length = (uint32_t)length;
	if (captured < least) {
		s->object.replay->wire_length = (uint32_t)captured;
		memset(bytes + captured, 0, SHORTEST - captured);
		return least;
	}
	return !from && captured > TC_FRAME_MAX ? TC_FRAME_MAX : captured;
}

static void run_from(struct subject *s, uint8_t *bytes, size_t size, unsigned int ifindex)
{
	struct xdp_md ctx = {.data_end = (uint32_t)size, .ingress_ifindex = ifindex};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes,
			    .data_size_in = (uint32_t)size, .repeat = 1);

	if (ifindex) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	if (bpf_prog_test_run_opts(s->object.from_device, &opts))
		die("%zu bytes are not judged from-device: %s", size, strerror(errno));
}

static void run_to(struct subject *s, uint8_t *bytes, size_t size, unsigned int ifindex)
{
	struct __sk_buff ctx = {.ifindex = ifindex};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = bytes,
			    .data_size_in = (uint32_t)size, .repeat = 1);

	if (ifindex) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
	}
	if (bpf_prog_test_run_opts(s->object.to_device, &opts))
		die("%zu bytes are not judged to-device: %s", size, strerror(errno));
}

static const struct ig_dictionary *dictionary(struct subject *s)
{
	const struct ig_dictionary *dict = ig_names_of(&s->names, ig_generation_now(&s->object));

	if (!dict)
		die("no dictionary");
	return dict;
}

static void say_verdict(struct subject *s)
{
	const struct ig_replay *out = s->object.replay;
	const struct ig_dictionary *dict = dictionary(s);
	const struct ig_dict_device *device = ig_dict_device_find(dict, out->device);
	const struct ig_dict_rule *rule = device ? ig_dict_rule_of(dict, device, out->rule) : NULL;

	printf("%s %s %s %s\n", out->action == IG_PASS ? "pass" : "drop",
	       iotguard_reason_token(out->reason) ?: "?",
	       device ? ig_dict_string(dict, device->name) : "-",
	       rule ? ig_dict_string(dict, rule->text) : "-");
}

/* frame from|to TIME INTERFACE LENGTH HEX */
static void judge_frame(struct subject *s, const char *line)
{
	static uint8_t bytes[FRAME_MAX + SHORTEST];
	char side[8], interface[IF_NAMESIZE];
	unsigned long long time;
	unsigned int ifindex = 0;
	size_t length, captured, size;
	int at;
	bool from;

	if (sscanf(line, "%7s %llu %15s %zu %n", side, &time, interface, &length, &at) != 4)
		die("no frame: %.60s", line);
	from = !strcmp(side, "from");
	captured = read_hex(line + at, bytes);
	if (s->ports) {
		ifindex = ifindex_of(interface, s);
		if (!ifindex)
			die("no interface: %s", interface);
	}
	size = fit(s, from, bytes, captured, length);
	s->object.replay->now_ns = time;
	s->object.replay->valid = 0;
	if (from)
		run_from(s, bytes, size, ifindex);
	else
		run_to(s, bytes, size, ifindex);
	if (!__atomic_load_n(&s->object.replay->valid, __ATOMIC_ACQUIRE))
		die("no verdict: %.60s", line);
	say_verdict(s);
}

/* --- flows --- */

struct flow_lines {
	char **items;
	size_t count, capacity;
};

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void hex(char *to, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sprintf(to + 2 * i, "%02x", ((const uint8_t *)bytes)[i]);
}

/* A key of either table. */
struct any_key {
	uint8_t proto;
	char local[33], remote[33];
	uint16_t local_port, remote_port;
};

/* Of both directions together. */
static struct ig_flow_count counted(const struct subject *s, uint32_t count)
{
	struct ig_flow_count sum = {};

	for (uint32_t direction = 0; direction < 2; direction++) {
		uint32_t at = count + (direction ? IG_FLOW_COUNT_TO_DEVICE : 0);
		struct ig_flow_count one;

		if (bpf_map_lookup_elem(s->object.maps[IG_MAP_flow_counts], &at, &one))
			die("flow counts: %s", strerror(errno));
		sum.packets += one.packets;
		sum.bytes += one.bytes;
		sum.last_ns = one.last_ns > sum.last_ns ? one.last_ns : sum.last_ns;
	}
	return sum;
}

static void add_flow(struct subject *s, struct flow_lines *lines, const struct any_key *key,
		     const struct ig_flow *flow)
{
	struct ig_flow_count count = counted(s, flow->count);
	static const char *const states[] = {"opening", "established", "closing", "datagram"};
	const struct ig_dictionary *dict = dictionary(s);
	const struct ig_dict_device *device = ig_dict_device_find(dict, flow->device);
	bool current = flow->generation == (uint32_t)ig_generation_now(&s->object);
	/* a flow of before a change of policy has its rule's number of that time */
	const struct ig_dict_rule *rule =
		device && current ? ig_dict_rule_of(dict, device, flow->rule) : NULL;

	if (!ig_grow(&lines->items, lines->count, &lines->capacity, sizeof(*lines->items)) ||
	    asprintf(&lines->items[lines->count++],
		     "flow %s %u %s %u %s %u %s %s %s %s %llu %llu %llu %s",
		     device ? ig_dict_string(dict, device->name) : "-", key->proto, key->local,
		     key->local_port, key->remote, key->remote_port, states[flow->state & 3],
		     flow->initiator == IG_FROM_DEVICE ? "device" : "remote",
		     iotguard_reason_token(flow->reason) ?: "?",
		     flow->flags & IG_FLOW_CRITICAL ? "critical" : "ordinary",
		     (unsigned long long)count.packets, (unsigned long long)count.bytes,
		     (unsigned long long)count.last_ns,
		     rule ? ig_dict_string(dict, rule->text) : "-") < 0)
		die("no memory");
}

static void flows4(struct subject *s, struct flow_lines *lines)
{
	struct ig_flow4_key at, *previous = NULL;
	struct ig_flow flow;

	for (; !bpf_map_get_next_key(s->object.maps[IG_MAP_flows4], previous, &at);
	     previous = &at) {
		struct any_key key = {at.proto, "", "", ntohs(at.local_port_be),
				      ntohs(at.remote_port_be)};

		hex(key.local, &at.local_be, 4);
		hex(key.remote, &at.remote_be, 4);
		if (!bpf_map_lookup_elem(s->object.maps[IG_MAP_flows4], &at, &flow))
			add_flow(s, lines, &key, &flow);
	}
}

static void flows6(struct subject *s, struct flow_lines *lines)
{
	struct ig_flow6_key at, *previous = NULL;
	struct ig_flow flow;

	for (; !bpf_map_get_next_key(s->object.maps[IG_MAP_flows6], previous, &at);
	     previous = &at) {
		struct any_key key = {at.proto, "", "", ntohs(at.local_port_be),
				      ntohs(at.remote_port_be)};

		hex(key.local, at.local, 16);
		hex(key.remote, at.remote, 16);
		if (!bpf_map_lookup_elem(s->object.maps[IG_MAP_flows6], &at, &flow))
			add_flow(s, lines, &key, &flow);
	}
}

static void say_state(struct subject *s)
{
	struct flow_lines lines = {};

	flows4(s, &lines);
	flows6(s, &lines);
	qsort(lines.items, lines.count, sizeof(*lines.items), compare_lines);
	for (size_t i = 0; i < lines.count; i++) {
		puts(lines.items[i]);
		free(lines.items[i]);
	}
	free(lines.items);
	puts("end");
}

/* docs/policy.md, *Quarantine*: a mistake of the programs, whatever they were asked. */
static void check_spared(const struct subject *s)
{
	struct ig_event_counter counter;

	if (ig_stats_events(&s->object, &counter))
		die("what was refused is not counted");
	if (counter.safety_dropped)
		die("a quarantine refused what it spares");
}

/* --- the stream --- */

static void run_line(struct subject *s, const char *line)
{
	if (!strncmp(line, "frame ", 6))
		judge_frame(s, line + 6);
	else if (!strcmp(line, "state"))
		say_state(s);
	else if (!strncmp(line, "mud ", 4))
		keep_mud(line + 4);
	else if (!strncmp(line, "inventory ", 10))
		new_inventory(s, line + 10);
	else if (!strncmp(line, "quarantine ", 11))
		quarantine(s, line + 11);
	else if (!strncmp(line, "world", 5))
		new_world(s, line + 5);
	else
		die("no line of a case stream: %.60s", line);
}

int main(void)
{
	static char out[1 << 16];
	struct subject s;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	setvbuf(stdout, out, _IOFBF, sizeof(out));
	make_files();
	subject_open(&s);
	while ((n = getline(&line, &size, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		run_line(&s, line);
	}
	free(line);
	check_spared(&s);
	forget_policy(&s);
	ig_names_clear(&s.names);
	ig_object_close(&s.object);
	iotguard_close(s.ig);
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
