/* SPDX-License-Identifier: BSD-2-Clause */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "generation.h"
#include "instance.h"
#include "handle.h"
#include "operate.h"
#include "policy.h"
#include "sha256.h"
#include "util.h"
#include "world.h"

bool reasons_seen[IG_REASON_MAX];

/* --- loading --- */

static void fail_with_diagnostics(struct iotguard *ig, const char *what, int err)
{
	char text[1024];

	for (size_t i = 0; i < iotguard_diag_count(ig) && i < 10; i++) {
		iotguard_diag_text(iotguard_diag_get(ig, i), "test", false, text, sizeof(text));
		print_message("%s\n", text);
	}
	fail_msg("%s: %s", what, strerror(-err));
}

static int read_inventory(struct iotguard *ig, const char *text, struct iotguard_inventory **inv)
{
	char path[] = "/tmp/iotguard-test-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	for (size_t done = 0, size = strlen(text); done < size;) {
		ssize_t n = write(fd, text + done, size - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	close(fd);
	err = iotguard_inventory_load(ig, path, inv);
	unlink(path);
	return err;
}

void world_load(struct iotguard *ig, const char *text, struct iotguard_inventory **inv,
		struct iotguard_policy **policy)
{
	int err = read_inventory(ig, text, inv);

	if (err)
		fail_with_diagnostics(ig, "the inventory does not load", err);
	err = iotguard_policy_compile(ig, *inv, policy);
	if (err)
		fail_with_diagnostics(ig, "the inventory does not compile", err);
}

void world_check(struct iotguard *ig, const char *inventory)
{
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy = NULL;
	int err = read_inventory(ig, inventory, &inv);

	if (err)
		fail_with_diagnostics(ig, "the inventory does not load", err);
	iotguard_policy_compile(ig, inv, &policy);
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
}

size_t world_try(struct iotguard *ig, const char *inventory)
{
	struct iotguard_inventory *inv = NULL;
	struct iotguard_policy *policy = NULL;

	if (!read_inventory(ig, inventory, &inv))
		iotguard_policy_compile(ig, inv, &policy);
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
	return iotguard_diag_errors(ig);
}

/* --- worlds --- */

void world_open(struct world *w, const char *inventory)
{
	int err;

	*w = (struct world){.now_ns = 1600000000 * SECOND};
	assert_int_equal(iotguard_open(&w->ig, NULL), 0);
	world_load(w->ig, inventory, &w->inventory, &w->policy);
	err = iotguard_instance_open(w->ig, w->policy, NULL, &w->instance);
	if (err)
		fail_with_diagnostics(w->ig, "no instance", err);
}

void world_close(struct world *w)
{
	iotguard_instance_close(w->instance);
	iotguard_policy_free(w->policy);
	iotguard_inventory_free(w->inventory);
	iotguard_close(w->ig);
	*w = (struct world){};
}

static void empty(int map)
{
	uint8_t key[sizeof(struct ig_flow6_key)];

	while (!bpf_map_get_next_key(map, NULL, key))
		assert_int_equal(bpf_map_delete_elem(map, key), 0);
}

void world_begin(struct world *w)
{
	const struct ig_object *object = ig_instance_object(w->instance);

	empty(object->maps[IG_MAP_flows4]);
	empty(object->maps[IG_MAP_flows6]);
	empty(object->maps[IG_MAP_bindings]);
	empty(object->maps[IG_MAP_names]); /* with a name its pins go */
	for (uint32_t i = 0; w->quarantines && i < w->inventory->n_machines; i++)
		assert_int_equal(ig_quarantine_set(object, i, 0), 0);
	w->quarantines = false;
	ig_object_forget_refusals(object);
	world_wait(w, IG_DATAGRAM_NS / SECOND + 1);
}

/* Indices are positions, see ig_policy_place(). */
void world_quarantine(struct world *w, const char *machine, uint64_t until_ns)
{
	const struct ig_object *object = ig_instance_object(w->instance);
	uint32_t i = 0;

	while (i < w->inventory->n_machines && strcmp(w->inventory->machines[i].name, machine))
		i++;
	if (i == w->inventory->n_machines)
		fail_msg("'%s' is not in the inventory", machine);
	assert_int_equal(ig_quarantine_set(object, i, until_ns), 0);
	w->quarantines = true;
}

void world_wait(struct world *w, unsigned int seconds)
{
	w->now_ns += seconds * SECOND;
}

void world_judge_part(struct world *w, enum iotguard_side side, const void *frame, size_t captured,
		      size_t length, struct iotguard_verdict *verdict)
{
	int err = iotguard_instance_judge(w->instance, side, frame, captured, length, w->now_ns,
					  verdict);

	if (err)
		fail_msg("%zu of %zu bytes are not judged: %s", captured, length, strerror(-err));
	assert_true(verdict->reason < IG_REASON_MAX);
	if (!iotguard_reason_token(verdict->reason))
		fail_msg("reason %u is none of reason.def", verdict->reason);
	reasons_seen[verdict->reason] = true;
}

void world_judge(struct world *w, enum iotguard_side side, const char *sentence,
		 struct iotguard_verdict *verdict)
{
	struct frame frame;

	frame_make(&frame, "%s", sentence);
	world_judge_part(w, side, frame.bytes, frame.size, frame.size, verdict);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

void expect(struct world *w, enum iotguard_side side, const char *sentence, bool passes,
	    const char *reason, const char *rule)
{
	struct iotguard_verdict v;

	world_judge(w, side, sentence, &v);
	if (v.passed != passes || !same(iotguard_reason_token(v.reason), reason) ||
	    !same(v.rule, rule))
		fail_msg("%s: %s %s (%s), not %s %s (%s)", sentence, v.passed ? "passes" : "drops",
			 iotguard_reason_token(v.reason), v.rule ? v.rule : "no rule",
			 passes ? "passes" : "drops", reason, rule ? rule : "no rule");
}

/* --- labs --- */

void lab_open_empty(struct lab *lab, uint32_t devices, uint32_t flow_slots, bool replaying)
{
	struct ig_sizes sizes = {.device_slots = devices, .flow_slots = flow_slots};
	int err;

	*lab = (struct lab){.now_ns = 1600000000 * SECOND};
	assert_int_equal(iotguard_open(&lab->ig, NULL), 0);
	err = ig_object_load(&lab->ig->diags, &sizes, replaying, &lab->object);
	if (err)
		fail_with_diagnostics(lab->ig, "the programs do not load", err);
	lab->object.control->seed =
		1; /* what shares a place in hashed tables is no matter of luck */
}

static unsigned int ifindex_of(const char *name, void *context)
{
	(void)context;
	return strncmp(name, "lan", 3) ? 0 : (unsigned int)atoi(name + 3) + 1;
}

void lab_open(struct lab *lab, const char *inventory, bool replaying)
{
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy;
	struct ig_sizes sizes;
	struct iotguard *ig;

	assert_int_equal(iotguard_open(&ig, NULL), 0);
	world_load(ig, inventory, &inv, &policy);
	ig_policy_sizes(policy, &sizes);
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
	iotguard_close(ig);
	lab_open_empty(lab, sizes.device_slots, sizes.flow_slots, replaying);
	lab_write(lab, inventory);
	lab_flip(lab);
}

void lab_close(struct lab *lab)
{
	ig_object_close(&lab->object);
	iotguard_close(lab->ig);
}

/* --- what is told --- */

struct wanted {
	unsigned int type, count;
	void *last;
	size_t size;
};

static int on_record(void *context, void *data, size_t size)
{
	const struct ig_event *event = data;
	struct wanted *wanted = context;

	if (event->type != wanted->type)
		return 0;
	assert_int_equal(size, wanted->size);
	memcpy(wanted->last, data, size);
	wanted->count++;
	return 0;
}

unsigned int lab_records(struct lab *lab, unsigned int type, void *last, size_t size)
{
	struct wanted wanted = {.type = type, .last = last, .size = size};
	struct ring_buffer *ring =
		ring_buffer__new(lab->object.maps[IG_MAP_events], on_record, &wanted, NULL);

	assert_non_null(ring);
	assert_true(ring_buffer__consume(ring) >= 0);
	ring_buffer__free(ring);
	return wanted.count;
}

void lab_write(struct lab *lab, const char *inventory)
{
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy;
	int err;

	world_load(lab->ig, inventory, &inv, &policy);
	err = ig_generation_write(&lab->object, &policy->image, ig_generation_now(&lab->object) + 1,
				  ifindex_of, NULL);
	if (err)
		fail_with_diagnostics(lab->ig, "the idle slot is not written", err);
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
}

void lab_open_timed(struct lab *lab, const char *inventory)
{
	lab_open(lab, inventory, true);
	lab->object.replay->ports = 1;
	lab->now_ns = 1000000 * SECOND;
}

void lab_flip(struct lab *lab)
{
	ig_generation_flip(&lab->object);
}

struct ig_mac lab_key_by_mac(const char *machine)
{
	struct ig_mac mac = {};

	frame_mac(machine, mac.addr);
	return mac;
}

struct ig_mac lab_key_by_name(const char *machine)
{
	struct ig_mac key = {.pad = {IG_MAC_IS_NAME}};
	uint8_t digest[IG_SHA256_SIZE];
	struct ig_sha256 sha;

	ig_sha256_init(&sha);
	ig_sha256_update(&sha, machine, strlen(machine));
	ig_sha256_final(&sha, digest);
	memcpy(key.addr, digest, sizeof(key.addr));
	return key;
}

uint32_t lab_slot_in_force(const struct lab *lab)
{
	return ig_generation_now(&lab->object) % IG_SLOTS;
}

uint32_t lab_index(const struct lab *lab, const char *machine)
{
	struct ig_device device;
	struct ig_mac mac = {};

	frame_mac(machine, mac.addr);
	if (bpf_map_lookup_elem(ig_generation_map(&lab->object, IG_MAP_devices), &mac, &device))
		fail_msg("'%s' is not in the policy", machine);
	return device.index;
}

static uint64_t packets_of(const struct lab *lab, uint32_t at)
{
	int cpus = libbpf_num_possible_cpus();
	_free_ struct ig_counter *counters = calloc((size_t)cpus, sizeof(*counters));
	uint64_t packets = 0;

	assert_non_null(counters);
	assert_int_equal(bpf_map_lookup_elem(lab->object.maps[IG_MAP_reason_stats], &at, counters),
			 0);
	for (int i = 0; i < cpus; i++)
		packets += counters[i].packets;
	return packets;
}

static void test_run(const struct lab *lab, enum iotguard_side side, const struct frame *frame,
		     struct lab_verdict *verdict)
{
	bool from = side == FROM;
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame->bytes,
			    .data_size_in = frame->size, .repeat = 1);

	if (bpf_prog_test_run_opts(from ? lab->object.from_device : lab->object.to_device, &opts))
		fail_msg("%zu bytes are not judged: %s", frame->size, strerror(errno));
	if (from)
		assert_in_range(opts.retval, 1, 2); /* XDP_DROP, XDP_PASS */
	else
		assert_true(opts.retval == 2 || opts.retval == UINT32_MAX); /* TC_ACT_SHOT, next */
	verdict->passed = from ? opts.retval == 2 : opts.retval != 2;
}

/* The programs as they run on an interface say why only in the counters. */
static void run_live(struct lab *lab, enum iotguard_side side, const struct frame *frame,
		     struct lab_verdict *verdict)
{
	uint32_t direction = side == FROM ? IG_FROM_DEVICE : IG_TO_DEVICE;
	uint64_t before[IG_REASON_MAX], let_pass[IG_REASON_MAX];

	for (uint32_t reason = 0; reason < IG_REASON_MAX; reason++) {
		before[reason] = packets_of(lab, IG_REASON_COUNT(reason, direction));
		let_pass[reason] = packets_of(lab, IG_REASON_LET_PASS(reason, direction));
	}
	test_run(lab, side, frame, verdict);
	for (uint32_t reason = 0; reason < IG_REASON_MAX; reason++) {
		uint64_t counted =
			packets_of(lab, IG_REASON_COUNT(reason, direction)) - before[reason];
		uint64_t passed =
			packets_of(lab, IG_REASON_LET_PASS(reason, direction)) - let_pass[reason];

		if (!counted && !passed)
			continue;
		assert_int_equal(counted + passed, 1); /* one packet, one reason */
		assert_int_equal(verdict->reason, 0);
		assert_true(passed == (verdict->passed && reason >= IG_REASON_FIRST_DROP));
		verdict->reason = reason;
	}
	verdict->rule = IG_NO_RULE;
}

void lab_run(struct lab *lab, enum iotguard_side side, const struct frame *frame,
	     struct lab_verdict *verdict)
{
	struct ig_replay *replay = lab->object.replay;

	*verdict = (struct lab_verdict){};
	if (!replay) {
		run_live(lab, side, frame, verdict);
	} else {
		replay->now_ns = lab->now_ns;
		replay->wire_length = (uint32_t)frame->size;
		replay->valid = 0;
		test_run(lab, side, frame, verdict);
		assert_true(__atomic_load_n(&replay->valid, __ATOMIC_ACQUIRE));
		verdict->reason = replay->reason;
		verdict->rule = replay->rule;
	}
	assert_non_null(iotguard_reason_token(verdict->reason));
	reasons_seen[verdict->reason] = true;
}

void lab_expect(struct lab *lab, enum iotguard_side side, bool passes, const char *reason,
		const char *format, ...)
{
	struct lab_verdict v;
	struct frame frame;
	char text[SENTENCE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	frame_make(&frame, "%s", text);
	lab_run(lab, side, &frame, &v);
	if (v.passed != passes || strcmp(iotguard_reason_token(v.reason), reason))
		fail_msg("%s: %s %s, not %s %s", text, v.passed ? "passes" : "drops",
			 iotguard_reason_token(v.reason), passes ? "passes" : "drops", reason);
}

unsigned int test_scale(unsigned int rounds)
{
	const char *percent = getenv("IOTGUARD_TEST_SCALE");
	unsigned int scale = percent			? (unsigned int)atoi(percent)
			     : getenv("IOTGUARD_GUEST") ? 5
							: 100;
	unsigned int scaled = rounds * scale / 100;

	return scaled ? scaled : 1;
}
