/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the control plane costs: `check` and `apply` of inventories of many sizes, as processes, each from its first
 * instruction to its last; a change of one device behind the reading of files, as calls of the library; what is in
 * the kernel for each device; and how long the exchange of two policies takes.
 *
 * Everything happens in network and mount namespaces of its own, with a /run of its own and one veth as the guarded
 * port. Nothing else attaches there and no packet flows.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "generation.h"
#include "handle.h"
#include "iotguard/iotguard.h"
#include "policy.h"
#include "util.h"

#define ROUNDS_MAX 31
#define RULES_MAX  50
#define TARGET_MS  1000
#define TARGET_ONE 20
#define FIRSTS	   3	      /* rounds that begin without programs */
#define ALL	   UINT32_MAX /* a version in which the rules of every device are others */
#define STATE	   "/run/iotguard/bpf"

struct size {
	unsigned int devices, rules;
	bool shared; /* the rules are a profile's */
};

static unsigned int rounds = 7;
static char loader[4096];

/* --- inventories --- */

static void write_rules(FILE *f, const struct size *size, unsigned int device, unsigned int version)
{
	for (unsigned int k = 0; k < size->rules; k++)
		fprintf(f, "      - allow to 192.%u.%u.%u tcp/%u\n", device >> 8 & 255,
			device & 255, k,
			1000 + k +
				(version == ALL ? 100
				 : k		? 0
						: version));
}

/* @version: of the rules of the device in the middle, or ALL. @more: devices beside those of @size. */
static void write_inventory(const char *path, const struct size *size, unsigned int version,
			    unsigned int more)
{
	FILE *f = fopen(path, "we");

	if (!f)
		bench_die(path, errno);
	fprintf(f,
		"version: 1\nsegments:\n  lan: {interfaces: [lan1], networks: [10.0.0.0/8]}\nprofiles:\n  p:\n    rules:\n");
	write_rules(f, size, 0, version == ALL ? ALL : 0);
	fprintf(f, "devices:\n");
	for (unsigned int i = 0; i < size->devices + more; i++) {
		bool middle = i == size->devices / 2,
		     own = !size->shared || (version && version != ALL && middle);

		fprintf(f, "  dev-%u:\n    mac: \"02:00:5e:%02x:%02x:%02x\"\n    segment: lan\n", i,
			i >> 16, i >> 8 & 255, i & 255);
		fprintf(f, own ? "    rules:\n" : "    profile: p\n");
		if (own)
			write_rules(f, size, i, middle || version == ALL ? version : 0);
	}
	if (fclose(f))
		bench_die(path, errno);
}

/* --- what a command costs --- */

enum { TOTAL, KERNEL, WALL, FIGURES };

struct figures {
	double ms[FIGURES][ROUNDS_MAX];
	unsigned int n;
};

static double ms_of(const struct timeval *tv)
{
	return (double)tv->tv_sec * 1e3 + (double)tv->tv_usec / 1e3;
}

static void exec_loader(const char *command, const char *argument)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	if (argument)
		execl(loader, loader, "--state-dir", STATE, "--save-dir", "/run/saved", command,
		      argument, NULL);
	else
		execl(loader, loader, "--state-dir", STATE, "--save-dir", "/run/saved", command,
		      "--all", NULL);
	_exit(127);
}

/* @figures: NULL where it is only done. */
static void run(const char *command, const char *argument, struct figures *figures)
{
	uint64_t start = bench_now_ns();
	struct rusage usage;
	pid_t child = fork();
	int status;

	if (child < 0)
		bench_die("fork", errno);
	if (!child)
		exec_loader(command, argument);
	if (wait4(child, &status, 0, &usage) < 0)
		bench_die("wait4", errno);
	if (status)
		bench_die(command, EINVAL);
	if (!figures)
		return;
	figures->ms[KERNEL][figures->n] = ms_of(&usage.ru_stime);
	figures->ms[TOTAL][figures->n] = ms_of(&usage.ru_utime) + ms_of(&usage.ru_stime);
	figures->ms[WALL][figures->n++] = (double)(bench_now_ns() - start) / 1e6;
}

static const char *parameters_of(const struct size *size, char *buf, size_t room)
{
	snprintf(buf, room, "\"devices\":%u,\"rules\":%u,\"policies\":\"%s\"", size->devices,
		 size->rules, size->shared ? "one shared" : "one each");
	return buf;
}

static void say(const struct size *size, const char *name, struct figures *figures, double at_most)
{
	static const char *const of[FIGURES] = {"", ", in the kernel", ", wall clock"};

	for (int i = 0; i < FIGURES; i++) {
		char text[96], parameters[96];
		struct bench_row row = {
			.group = "control",
			.name = text,
			.unit = "ms",
			.parameters = parameters_of(size, parameters, sizeof(parameters)),
			.at_most = i == TOTAL ? at_most : 0,
		};

		snprintf(text, sizeof(text), "%s%s", name, of[i]);
		bench_summarize(&row, figures->ms[i], figures->n);
		bench_say(&row);
	}
}

/* As many as there have to be, that the slot to be written never has the one to be written already. */
#define VERSIONS 3

static const char *const paths[VERSIONS] = {"/run/0.yaml", "/run/1.yaml", "/run/2.yaml"};

static void write_versions(const struct size *size)
{
	for (unsigned int i = 0; i < VERSIONS; i++)
		write_inventory(paths[i], size, i, 0);
	write_inventory("/run/added.yaml", size, 0, 1);
	write_inventory("/run/other.yaml", size, ALL, 0);
}

static void measure_commands(const struct size *size, unsigned int n)
{
	static struct figures check, first, again, changed, added, all;
	bool largest = size->devices == 10000 && size->rules == RULES_MAX;
	unsigned int at = 0;

	check = first = again = changed = added = all = (struct figures){};
	for (unsigned int i = 0; i < n; i++) {
		run("check", paths[0], &check);
		if (i < FIRSTS) {
			if (i)
				run("detach", NULL, NULL);
			run("apply", paths[0], &first);
			run("apply", paths[1], NULL); /* both slots are filled from here on */
			at = 1;
		}
		run("apply", paths[at], &again);
		run("apply", "/run/added.yaml", &added);
		run("apply", paths[(at + 1) % VERSIONS], NULL);
		at = (at + 2) % VERSIONS;
		run("apply", paths[at], &changed);
		run("apply", "/run/other.yaml", &all);
		run("apply", paths[at], NULL);
	}
	run("detach", NULL, NULL);
	say(size, "check", &check, 0);
	say(size, "apply, the first: programs and flow tables, too", &first, 0);
	say(size, "apply, nothing changed", &again, 0);
	say(size, "apply, rules of every device changed", &all, largest ? TARGET_MS : 0);
	say(size, "apply, rules of one device changed", &changed, largest ? TARGET_ONE : 0);
	say(size, "apply, one device added", &added, 0);
}

/* --- the same behind the reading of files --- */

struct version {
	struct iotguard_inventory *inventory;
	struct iotguard_policy *policy;
};

static void die_saying(struct iotguard *ig, const char *what, int err)
{
	bench_die(iotguard_diag_count(ig) ? iotguard_diag_get(ig, 0)->message : what, err);
}

static void load(struct iotguard *ig, const char *path, struct version *version)
{
	int err = iotguard_inventory_load(ig, path, &version->inventory);

	if (err)
		die_saying(ig, path, err);
}

static void compile(struct iotguard *ig, struct version *version)
{
	int err;

	iotguard_policy_free(version->policy);
	err = iotguard_policy_compile(ig, version->inventory, &version->policy);
	if (err)
		die_saying(ig, "compile", err);
}

static void apply(struct iotguard *ig, const struct version *version)
{
	struct iotguard_apply_opts opts =
		IOTGUARD_OPTS(iotguard_apply_opts, .lock_timeout_ms = 1000);
	struct iotguard_apply_result result;
	int err = iotguard_apply(ig, version->policy, &opts, &result);

	if (err || !result.changed)
		die_saying(ig, "apply", err);
}

/* Thread CPU time of a call, in all and in the kernel. */
#define TIMED(figures, call)                                                                  \
	do {                                                                                  \
		struct rusage before_, after_;                                                \
		uint64_t cpu_ = bench_cpu_ns(), now_ = bench_now_ns();                        \
                                                                                              \
		getrusage(RUSAGE_THREAD, &before_);                                           \
		call;                                                                         \
		getrusage(RUSAGE_THREAD, &after_);                                            \
		(figures)->ms[WALL][(figures)->n] = (double)(bench_now_ns() - now_) / 1e6;    \
		(figures)->ms[KERNEL][(figures)->n] =                                         \
			ms_of(&after_.ru_stime) - ms_of(&before_.ru_stime);                   \
		(figures)->ms[TOTAL][(figures)->n++] = (double)(bench_cpu_ns() - cpu_) / 1e6; \
	} while (0)

/* Of what is in force: everything but flows, for each device. */
static void say_memory(struct iotguard *ig, const struct size *size)
{
	char parameters[96];
	struct iotguard_status status;
	struct bench_row row = {
		.group = "control",
		.name = "kernel memory a device beside flows, names that are resolved and spare room included",
		.unit = "bytes",
		.parameters = parameters_of(size, parameters, sizeof(parameters)),
	};

	if (iotguard_status(ig, &status))
		die_saying(ig, "status", EIO);
	row.value = (double)(status.map_bytes - status.flow_bytes) / size->devices;
	row.min = row.max = row.value;
	bench_say(&row);
}

static void measure_library(const struct size *size, unsigned int n)
{
	static struct figures compiled, applied;
	bool largest = size->devices == 10000 && size->rules == RULES_MAX;
	struct version versions[VERSIONS] = {};
	struct iotguard *ig;
	struct iotguard_open_opts opts =
		IOTGUARD_OPTS(iotguard_open_opts, .state_dir = STATE, .save_dir = "/run/saved");

	compiled = applied = (struct figures){};
	if (iotguard_open(&ig, &opts))
		bench_die("open", ENOMEM);
	for (unsigned int i = 0; i < VERSIONS; i++) {
		load(ig, paths[i], &versions[i]);
		compile(ig, &versions[i]);
		apply(ig, &versions[i]);
	}
	say_memory(ig, size);
	for (unsigned int i = 0; i < n; i++) {
		struct version *version = &versions[i % VERSIONS];

		TIMED(&compiled, compile(ig, version));
		TIMED(&applied, apply(ig, version));
	}
	say(size, "library: an inventory compiled", &compiled, 0);
	say(size, "library: rules of one device changed, applied", &applied,
	    largest ? TARGET_ONE : 0);
	for (int i = 0; i < VERSIONS; i++) {
		iotguard_policy_free(versions[i].policy);
		iotguard_inventory_free(versions[i].inventory);
	}
	iotguard_close(ig);
	run("detach", NULL, NULL);
}

/* --- the exchange --- */

static unsigned int loopback(const char *name, void *context)
{
	(void)name;
	(void)context;
	return 1;
}

static void say_us(const struct size *size, const char *name, double *values, unsigned int n)
{
	char parameters[96];
	struct bench_row row = {
		.group = "control",
		.name = name,
		.unit = "us",
		.parameters = parameters_of(size, parameters, sizeof(parameters)),
	};

	bench_summarize(&row, values, n);
	bench_say(&row);
}

static void measure_swap(const struct size *size, unsigned int n)
{
	double written[ROUNDS_MAX], flipped[ROUNDS_MAX];
	struct ig_object object = IG_OBJECT_NONE;
	struct version versions[VERSIONS] = {};
	struct ig_sizes sizes;
	struct iotguard *ig;
	int err;

	if (iotguard_open(&ig, NULL))
		bench_die("open", ENOMEM);
	for (int i = 0; i < VERSIONS; i++) {
		load(ig, paths[i], &versions[i]);
		compile(ig, &versions[i]);
	}
	ig_policy_sizes(versions[0].policy, &sizes);
	err = ig_object_load(&ig->diags, &sizes, false, &object);
	for (unsigned int i = 0; i < n + 2 && !err; i++) {
		uint64_t generation = ig_generation_now(&object) + 1, start = bench_now_ns(),
			 middle;

		err = ig_generation_write(&object, &versions[i % VERSIONS].policy->image,
					  generation, loopback, NULL);
		middle = bench_now_ns();
		ig_generation_flip(&object);
		if (i < 2) /* slots that were empty */
			continue;
		flipped[i - 2] = (double)(bench_now_ns() - middle) / 1e3;
		written[i - 2] = (double)(middle - start) / 1e3;
	}
	if (err)
		die_saying(ig, "generation", err);
	say_us(size, "swap: the store that puts a policy in force, wall clock", flipped, n);
	say_us(size, "swap: writing what differs, one device changed, wall clock", written, n);
	ig_object_close(&object);
	for (int i = 0; i < VERSIONS; i++) {
		iotguard_policy_free(versions[i].policy);
		iotguard_inventory_free(versions[i].inventory);
	}
	iotguard_close(ig);
}

/* --- where it happens --- */

static void leave_out(const char *why)
{
	fprintf(stderr, "bench_control: %s\n", why);
	exit(77);
}

static void set_up(void)
{
	const char *build = getenv("BUILD");

	if (!realpath(build ? build : "build", loader) || strlen(loader) > sizeof(loader) - 32)
		leave_out("there is no build here");
	strcat(loader, "/iotguard-load");
	if (geteuid())
		leave_out("needs root");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bench", "/run", "tmpfs", 0, "mode=0755"))
		leave_out("cannot make namespaces here");
	if (system("ip link set lo up && ip link add lan1 type veth peer name lan1-thing && ip link set lan1 up && "
		   "ip link set lan1-thing up && ip address add 10.255.255.1/8 dev lan1"))
		leave_out("cannot make a veth here");
}

/* `bench_control DEVICES RULES shared|own`: only that. */
static bool is_wanted(const struct size *size, int argc, char **argv)
{
	return argc < 4 || (strtoul(argv[1], NULL, 10) == size->devices &&
			    strtoul(argv[2], NULL, 10) == size->rules &&
			    size->shared == !strcmp(argv[3], "shared"));
}

int main(int argc, char **argv)
{
	static const unsigned int devices[] = {10, 1000, 10000}, rules[] = {1, RULES_MAX};
	const char *wanted = getenv("BENCH_ROUNDS");

	if (wanted)
		rounds = (unsigned int)strtoul(wanted, NULL, 10);
	rounds = rounds < 1 ? 1 : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
	set_up();
	for (size_t d = 0; d < ARRAY_SIZE(devices); d++) {
		for (size_t k = 0; k < 2 * ARRAY_SIZE(rules); k++) {
			struct size size = {devices[d], rules[k / 2], k % 2 == 0};
			/* these take seconds a round */
			unsigned int n = devices[d] == 10000 && rounds > 3 ? 3 : rounds;

			if (!is_wanted(&size, argc, argv))
				continue;
			write_versions(&size);
			measure_commands(&size, n);
			measure_library(&size, n);
			if (devices[d] == 10000)
				measure_swap(&size, rounds);
		}
	}
	return 0;
}
