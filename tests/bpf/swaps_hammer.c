/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that sends the frames of test_swaps, on one CPU, through the programs as they are on the interfaces.
 *
 * Of each run it knows which generations were in force before and after it, and whether the frame passed. Why, the
 * programs say in counters alone; those of this CPU count nothing but this process's runs, so that what they should
 * say is known exactly. They are read where the generation changed during a run (and now and then): one reason more than
 * expected, and it has to be that of one of the policies that were in force meanwhile.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>

#include "iotguard/iotguard.h"
#include "swaps.h"
#include "util.h"

#define PROGRAMS	8      /* remembered */
#define FILTER_HANDLE	0x6967 /* as user/lib/attach.c has it */
#define FILTER_PRIORITY 1
#define LOOK_EVERY	32 /* runs: which programs are on the interfaces */
#define COUNT_EVERY	50000
#define CANDIDATES	8

/* A program that was found on an interface, and the maps that it works on. */
struct program {
	uint32_t id;
	int fd, stats;
	uint32_t control_id;
	struct ig_control *control;
};

struct hammer {
	struct swaps_shared *shared;
	const struct swaps_demanded *demanded;
	struct swaps_told *told;
	unsigned int cpu;
	char links[SWAPS_INTERFACES][2][128];
	int link[SWAPS_INTERFACES][2]; /* -1: there is none, but a filter */
	unsigned int ifindex[SWAPS_INTERFACES];
	struct program programs[PROGRAMS];
	unsigned int n_programs; /* ever */
	struct program *on[SWAPS_INTERFACES][2];
	uint64_t runs;
	uint32_t
		growing; /* as it was when the counters were begun with; other than what is shared: they do not count */
	uint64_t begun[IG_REASON_STATS], expected[IG_REASON_STATS];
	uint32_t *keys;
	struct ig_counter *counters;
	int cpus;
	struct swaps_frame frames[SWAPS_FRAMES_MAX];
	unsigned int n_frames;
	struct swaps_conversation conversations[SWAPS_CONVERSATIONS];
	unsigned int n_conversations;
};

/* One run of a program. */
struct seen {
	const struct swaps_frame *frame;
	uint64_t before, after; /* generations */
	bool passed;
	bool loose; /* counters say nothing of it */
};

static void __attribute__((noreturn, format(printf, 2, 3)))
fail(struct hammer *h, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(h->told->failure, sizeof(h->told->failure), format, args);
	va_end(args);
	_exit(1);
}

/* --- which programs are on an interface --- */

static uint32_t program_by_link(int link)
{
	struct bpf_link_info info = {};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(link, &info, &length) ? 0 : info.prog_id;
}

static uint32_t program_by_filter(unsigned int ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
			    .attach_point = BPF_TC_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
			    .priority = FILTER_PRIORITY);

	return bpf_tc_query(&hook, &opts) ? 0 : opts.prog_id;
}

static void forget_program(struct program *p)
{
	if (!p->id)
		return;
	munmap(p->control, sizeof(*p->control));
	close(p->fd);
	close(p->stats);
	*p = (struct program){};
}

static void take_map(struct hammer *h, struct program *p, uint32_t id)
{
	int fd = bpf_map_get_fd_by_id(id);
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info);
	void *page;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length))
		fail(h, "map %u: %s", id, strerror(errno));
	if (!strcmp(info.name, "ig_control")) {
		page = mmap(NULL, sizeof(*p->control), PROT_READ, MAP_SHARED, fd, 0);
		if (page == MAP_FAILED)
			fail(h, "ig_control: %s", strerror(errno));
		p->control = page;
		p->control_id = id;
	} else if (!strcmp(info.name, "ig_reason_stats")) {
		p->stats = fd;
		return;
	}
	close(fd);
}

static struct program *open_program(struct hammer *h, uint32_t id, int fd)
{
	struct program *p = &h->programs[h->n_programs++ % PROGRAMS];
	uint32_t maps[64], length = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.nr_map_ids = ARRAY_SIZE(maps), .map_ids = (uintptr_t)maps};

	forget_program(p);
	*p = (struct program){.id = id, .fd = fd, .stats = -1};
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		fail(h, "program %u: %s", id, strerror(errno));
	for (uint32_t i = 0; i < info.nr_map_ids && i < ARRAY_SIZE(maps); i++)
		take_map(h, p, maps[i]);
	if (!p->control || p->stats < 0)
		fail(h, "program %u is none of iotguard's", id);
	h->told->programs++;
	return p;
}

/* NULL: it has gone while we looked. */
static struct program *find_program(struct hammer *h, uint32_t id)
{
	int fd;

	for (int i = 0; i < PROGRAMS; i++) {
		if (id && h->programs[i].id == id)
			return &h->programs[i];
	}
	fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	return fd < 0 ? NULL : open_program(h, id, fd);
}

static void look_at(struct hammer *h, unsigned int interface, enum ig_direction direction)
{
	struct program *p = NULL;

	for (int i = 0; i < 100 && !p; i++) {
		int link = h->link[interface][direction];

		p = find_program(h, link < 0 ? program_by_filter(h->ifindex[interface])
					     : program_by_link(link));
	}
	if (!p)
		fail(h, "nothing is on lan%u any more", interface);
	h->on[interface][direction] = p;
}

static void look_at_all(struct hammer *h)
{
	for (unsigned int i = 0; i < SWAPS_INTERFACES; i++) {
		look_at(h, i, IG_FROM_DEVICE);
		look_at(h, i, IG_TO_DEVICE);
	}
}

/* --- running --- */

static uint64_t generation(const struct program *p)
{
	return __atomic_load_n(&p->control->generation, __ATOMIC_SEQ_CST);
}

static uint32_t test_run(struct hammer *h, const struct program *p, const struct swaps_frame *frame)
{
	const struct frame *f = &frame->frame;
	struct xdp_md xdp = {.data_end = (uint32_t)f->size,
			     .ingress_ifindex = h->ifindex[frame->interface]};
	struct __sk_buff skb = {.ifindex = h->ifindex[frame->interface]};
	bool from = frame->direction == IG_FROM_DEVICE;
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->bytes,
			    .data_size_in = (uint32_t)f->size, .repeat = 1);

	opts.ctx_in = from ? (void *)&xdp : (void *)&skb;
	opts.ctx_size_in = from ? sizeof(xdp) : sizeof(skb);
	while (bpf_prog_test_run_opts(p->fd, &opts)) {
		if (errno != EINTR && errno != EAGAIN)
			fail(h, "%s: not judged: %s", frame->sentence, strerror(errno));
	}
	return opts.retval;
}

static uint32_t growing_now(const struct hammer *h)
{
	return __atomic_load_n(&h->shared->growing, __ATOMIC_SEQ_CST);
}

static bool is_loose(const struct hammer *h)
{
	return growing_now(h) != h->growing || (h->growing & 1);
}

static void run(struct hammer *h, const struct swaps_frame *frame, struct seen *seen)
{
	bool from = frame->direction == IG_FROM_DEVICE;
	const struct program *p;
	uint32_t answer;

	*seen = (struct seen){.frame = frame, .loose = is_loose(h)};
	if (seen->loose)
		look_at(h, frame->interface, frame->direction);
	else if (h->runs % LOOK_EVERY == 0)
		look_at_all(h);
	h->runs++;
	p = h->on[frame->interface][frame->direction];
	seen->before = generation(p);
	answer = test_run(h, p, frame);
	seen->after = generation(p);
	seen->loose = seen->loose || is_loose(h);
	seen->passed = from ? answer == XDP_PASS : answer != 2;
	if (from ? answer != XDP_PASS && answer != XDP_DROP : answer != 2 && answer != UINT32_MAX)
		fail(h, "%s: the program returned %u", frame->sentence, answer);
	h->told->packets++;
	h->told->loose += seen->loose;
	h->told->windows += seen->before != seen->after;
}

/* --- counting --- */

static bool admits(unsigned int reason)
{
	return reason == IG_REASON_FLOW || reason == IG_REASON_RULE ||
	       reason == IG_REASON_TRUSTED || reason == IG_REASON_DNS || reason == IG_REASON_NTP;
}

/* Where it counts. That a conversation goes on, or is admitted anew, depends on what was before. */
static unsigned int place_of(const struct swaps_frame *frame, const struct swaps_verdict *v)
{
	unsigned int reason = admits(v->reason) ? IG_REASON_RULE : v->reason;

	return v->passes && reason >= IG_REASON_FIRST_DROP
		       ? IG_REASON_LET_PASS(reason, frame->direction)
		       : IG_REASON_COUNT(reason, frame->direction);
}

static void read_counters(struct hammer *h, uint64_t sums[IG_REASON_STATS])
{
	uint32_t count = IG_REASON_STATS, next;

	if (bpf_map_lookup_batch(h->on[0][0]->stats, NULL, &next, h->keys, h->counters, &count,
				 NULL) &&
	    errno != ENOENT)
		fail(h, "counters: %s", strerror(errno));
	memset(sums, 0, IG_REASON_STATS * sizeof(*sums));
	for (uint32_t i = 0; i < count; i++) {
		unsigned int reason = h->keys[i] / 2, direction = h->keys[i] & 1;
		uint32_t at = admits(reason) ? IG_REASON_COUNT(IG_REASON_RULE, direction)
					     : h->keys[i];

		sums[at] += h->counters[i * (unsigned int)h->cpus + h->cpu].packets;
	}
}

static void begin_counting(struct hammer *h)
{
	uint32_t growing = growing_now(h);

	if (growing & 1)
		return;
	look_at_all(h);
	read_counters(h, h->begun);
	memset(h->expected, 0, sizeof(h->expected));
	h->growing = growing;
}

static const char *word_of(unsigned int place)
{
	return iotguard_reason_token(place % (IG_REASON_MAX * 2) / 2) ?: "?";
}

/* The one place where more was counted than expected; IG_REASON_STATS: none. */
static unsigned int surplus(struct hammer *h, const char *why)
{
	unsigned int found = IG_REASON_STATS;
	uint64_t now[IG_REASON_STATS];

	read_counters(h, now);
	for (unsigned int i = 0; i < IG_REASON_STATS; i++) {
		int64_t more = (int64_t)(now[i] - h->begun[i] - h->expected[i]);

		if (!more)
			continue;
		if (more != 1 || found != IG_REASON_STATS)
			fail(h,
			     "%s: %s was counted %lld times more often than it should, direction %u",
			     why, word_of(i), (long long)more, i & 1);
		found = i;
	}
	return found;
}

static void count_now(struct hammer *h)
{
	unsigned int place;

	if (is_loose(h))
		return;
	place = surplus(h, "all frames until now");
	if (place != IG_REASON_STATS)
		fail(h, "%s was counted once more than it should, direction %u", word_of(place),
		     place & 1);
}

/* --- what may be --- */

struct candidates {
	const struct swaps_verdict *of[CANDIDATES];
	unsigned int n;
};

static void may_be(struct candidates *c, const struct swaps_verdict *v)
{
	for (unsigned int i = 0; i < c->n; i++) {
		if (c->of[i]->passes == v->passes && c->of[i]->reason == v->reason)
			return;
	}
	if (c->n < CANDIDATES)
		c->of[c->n++] = v;
}

static unsigned int policy_of(struct hammer *h, uint64_t g)
{
	if (g >= SWAPS_GENERATIONS || h->shared->policy_of[g] >= SWAPS_POLICIES)
		fail(h, "generation %llu is in force, which nobody was to put there",
		     (unsigned long long)g);
	return h->shared->policy_of[g];
}

static void say(const struct candidates *c, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i < c->n && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s %s", i ? " or " : "",
				      c->of[i]->passes ? "pass" : "drop",
				      iotguard_reason_token(c->of[i]->reason));
}

static void __attribute__((noreturn)) fail_verdict(struct hammer *h, const struct seen *seen,
						   const struct candidates *c, const char *reason)
{
	char text[160];

	say(c, text, sizeof(text));
	fail(h,
	     "%s: %s %s, between generations %llu (policy %u) and %llu (policy %u), which demand %s",
	     seen->frame->sentence, seen->passed ? "passed" : "dropped", reason,
	     (unsigned long long)seen->before, policy_of(h, seen->before),
	     (unsigned long long)seen->after, policy_of(h, seen->after), text);
}

/* Held against the verdicts, and where there are several, against what was counted. */
static void hold_against(struct hammer *h, const struct seen *seen, const struct candidates *c)
{
	const struct swaps_verdict *only = NULL;
	unsigned int fitting = 0, place;

	h->told->split += seen->before != seen->after && c->n > 1;
	for (unsigned int i = 0; i < c->n; i++) {
		if (c->of[i]->passes != seen->passed)
			continue;
		fitting++;
		only = c->of[i];
	}
	if (!only)
		fail_verdict(h, seen, c, "");
	if (seen->loose)
		return;
	if (fitting == 1 && seen->before == seen->after) {
		h->expected[place_of(seen->frame, only)]++;
		return;
	}
	place = surplus(h, seen->frame->sentence);
	for (unsigned int i = 0; i < c->n; i++) {
		if (c->of[i]->passes != seen->passed || place_of(seen->frame, c->of[i]) != place)
			continue;
		h->expected[place]++;
		return;
	}
	fail_verdict(h, seen, c, place == IG_REASON_STATS ? "nothing" : word_of(place));
}

/* --- frames and conversations --- */

static void send_frame(struct hammer *h, unsigned int i)
{
	struct candidates c = {};
	struct seen seen;

	run(h, &h->frames[i], &seen);
	for (uint64_t g = seen.before; g <= seen.after; g++)
		may_be(&c, &h->demanded->frames[policy_of(h, g)][i]);
	hold_against(h, &seen, &c);
}

/* With a flow or without, it is the same: these open anew, or go on as the one that opened did. */
static void send_there(struct hammer *h, unsigned int i, struct seen *seen)
{
	struct candidates c = {};

	run(h, &h->conversations[i].there, seen);
	for (uint64_t g = seen->before; g <= seen->after; g++)
		may_be(&c, &h->demanded->with[i][policy_of(h, g)][SWAPS_THERE]);
	hold_against(h, seen, &c);
}

/* Did the flow live from there to back, and does every policy meanwhile let it? */
static bool has_to_pass(struct hammer *h, unsigned int i, const struct seen *there,
			const struct seen *back)
{
	if (h->conversations[i].healthy)
		return true;
	if (!there->passed || there->loose || back->loose)
		return false;
	for (uint64_t g = there->before; g <= back->after; g++) {
		const struct swaps_verdict *with = h->demanded->with[i][policy_of(h, g)];

		if (!with[SWAPS_THERE].passes || !with[SWAPS_BACK].passes)
			return false;
	}
	return true;
}

static void send_back(struct hammer *h, unsigned int i, const struct seen *there)
{
	/* there was refused, and by that the flow ended */
	bool none = !there->passed && !there->loose && there->before == there->after;
	struct candidates c = {};
	struct seen seen;
	bool must;

	run(h, &h->conversations[i].back, &seen);
	must = has_to_pass(h, i, there, &seen);
	for (uint64_t g = seen.before; g <= seen.after; g++) {
		unsigned int k = policy_of(h, g);

		if (!none)
			may_be(&c, &h->demanded->with[i][k][SWAPS_BACK]);
		if (!must)
			may_be(&c, &h->demanded->without[i][k][SWAPS_BACK]);
	}
	hold_against(h, &seen, &c);
}

static void converse(struct hammer *h, unsigned int i)
{
	struct seen there;

	if (h->conversations[i].cpu != h->cpu && h->conversations[i].cpu != SWAPS_CPUS)
		return;
	send_there(h, i, &there);
	send_back(h, i, &there);
	h->told->conversing += 2;
}

static void open_all(struct hammer *h)
{
	static const struct swaps_verdict admitted = {.passes = true, .reason = IG_REASON_RULE};

	for (unsigned int i = 0; i < h->n_conversations; i++) {
		const struct swaps_conversation *c = &h->conversations[i];
		struct candidates any = {.of = {&admitted}, .n = 1};

		for (unsigned int n = 0;
		     n < c->n_open && (c->cpu == h->cpu || c->cpu == SWAPS_CPUS); n++) {
			struct seen seen;

			run(h, &c->open[n], &seen);
			hold_against(h, &seen, &any);
		}
	}
}

/* --- all of it --- */

static void prepare(struct hammer *h, const char *state_dir)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(h->cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail(h, "cpu %u: %s", h->cpu, strerror(errno));
	h->cpus = libbpf_num_possible_cpus();
	h->keys = calloc(IG_REASON_STATS, sizeof(*h->keys));
	h->counters = calloc((size_t)IG_REASON_STATS * (unsigned int)h->cpus, sizeof(*h->counters));
	if (!h->keys || !h->counters)
		fail(h, "no memory");
	h->n_frames = swaps_frames(h->frames);
	h->n_conversations = swaps_conversations(h->conversations);
	for (unsigned int i = 0; i < SWAPS_INTERFACES; i++) {
		char path[256], name[8];

		snprintf(name, sizeof(name), "lan%u", i);
		h->ifindex[i] = if_nametoindex(name);
		for (int direction = 0; direction < 2; direction++) {
			snprintf(path, sizeof(path), "%s/links/%s/%s", state_dir,
				 direction == IG_FROM_DEVICE ? "xdp" : "tc", name);
			h->link[i][direction] = bpf_obj_get(path);
		}
	}
	libbpf_set_print(NULL);
	if (getenv("IOTGUARD_GUEST") &&
	    nice(19) < 0) /* of what there is, others get what they need */
		fail(h, "nice: %s", strerror(errno));
	h->growing = 1; /* nothing was counted yet */
}

void swaps_hammer(struct swaps_shared *shared, const struct swaps_demanded *demanded,
		  const char *state_dir, unsigned int cpu)
{
	static struct hammer hammer;
	struct hammer *h = &hammer;

	*h = (struct hammer){
		.shared = shared, .demanded = demanded, .told = &shared->told[cpu], .cpu = cpu};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prepare(h, state_dir);
	begin_counting(h);
	open_all(h);
	__atomic_store_n(&h->told->ready, true, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST)) {
		for (unsigned int i = 0; i < h->n_frames; i++) {
			send_frame(h, i);
			converse(h, i % h->n_conversations);
			if (growing_now(h) != h->growing)
				begin_counting(h);
		}
		h->told->round++;
		if (h->told->round % (COUNT_EVERY / h->n_frames) == 0)
			count_now(h);
	}
	count_now(h);
	_exit(0);
}
