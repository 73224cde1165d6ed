/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "object.h"
#include "util.h"

#include "iotguard.skel.h"

const char *const ig_map_names[IG_MAP_MAX] = {
#define X(name) [IG_MAP_##name] = "ig_" #name,
	IG_MAPS(X)
#undef X
};

#define PROG_FROM_DEVICE "ig_from_device"
#define PROG_TO_DEVICE	 "ig_to_device"
#define PROG_OPERATE	 "ig_operate"
#define PROG_RESOLVE	 "ig_resolve"

/* --- what is missing --- */

static const struct {
	int number;
	const char *name;
} needed[] = {
	{12, "CAP_NET_ADMIN"},
	{38, "CAP_PERFMON"},
	{39, "CAP_BPF"},
};

static uint64_t effective_capabilities(void)
{
	unsigned long long caps = 0;
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return ~0ull;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	}
	fclose(f);
	return caps;
}

size_t ig_capabilities_names(char *names, size_t size)
{
	uint64_t caps = effective_capabilities();
	size_t missing = 0;

	*names = '\0';
	if (caps & (1ull << 21)) /* CAP_SYS_ADMIN stands for the two newer ones */
		caps |= 1ull << 38 | 1ull << 39;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		size_t n = strlen(names);

		if (!(caps & (1ull << needed[i].number)))
			snprintf(names + n, size - n, "%s%s", missing++ ? ", " : "",
				 needed[i].name);
	}
	return missing;
}

bool ig_capabilities_missing(struct ig_diags *diags)
{
	char names[128];

	if (!ig_capabilities_names(names, sizeof(names)))
		return false;
	ig_error(diags, NULL, "run it as root, or give the service these capabilities",
		 "missing: %s", names);
	return true;
}

static void say_why(struct ig_diags *diags, int err)
{
	if ((err == -EPERM || err == -EACCES) && ig_capabilities_missing(diags))
		return;
	if (err == -EPERM)
		ig_error(
			diags, NULL,
			"look at kernel.unprivileged_bpf_disabled, lockdown (dmesg) and the container's "
			"seccomp profile",
			"the kernel refuses bpf() although the capabilities are there");
	else if (err == -ENOMEM)
		ig_error(diags, NULL, "lower 'flows', or give the machine more memory",
			 "no memory for the kernel's maps");
	else
		ig_error(
			diags, NULL,
			"iotguard needs Linux 6.1 or newer with CONFIG_BPF_SYSCALL, CONFIG_BPF_JIT and "
			"CONFIG_NET_CLS_BPF",
			"the kernel does not accept the programs: %s", strerror(-err));
}

/* --- loading --- */

static void size_map(struct bpf_map *map, uint32_t entries)
{
	bpf_map__set_max_entries(map, entries ? entries : 1);
}

/* A binding is entered before the one whose place it takes is deleted. */
#define BINDINGS_IN_BETWEEN 1024

/* A flow is entered before the one whose slot it takes is deleted: room for as many CPUs as may do
 * that at once. */
#define FLOWS_IN_BETWEEN 1024

/* Indices are below their number, or share a ring. */
static uint32_t datagram_rings(const struct ig_sizes *sizes)
{
	return sizes->device_slots < IG_DATAGRAM_RINGS ? sizes->device_slots : IG_DATAGRAM_RINGS;
}

static uint32_t pin_places(const struct ig_sizes *sizes)
{
	if (sizes->pin_places)
		return sizes->pin_places;
	return sizes->device_slots > IG_PIN_DEVICES ? IG_PIN_PLACES_FEW : IG_PIN_PLACES;
}

static void size_maps(struct iotguard_bpf *skel, const struct ig_sizes *sizes)
{
	size_map(skel->maps.ig_state, sizes->device_slots);
	size_map(skel->maps.ig_device_stats, sizes->device_slots);
	size_map(skel->maps.ig_held, sizes->device_slots * IG_BINDING_PLACES);
	size_map(skel->maps.ig_bindings,
		 sizes->device_slots * IG_BINDING_PLACES + BINDINGS_IN_BETWEEN);
	size_map(skel->maps.ig_flows4, sizes->flow_slots + FLOWS_IN_BETWEEN);
	size_map(skel->maps.ig_flows6, sizes->flow_slots + FLOWS_IN_BETWEEN);
	size_map(skel->maps.ig_ring4, sizes->flow_slots);
	size_map(skel->maps.ig_ring6, sizes->flow_slots);
	size_map(skel->maps.ig_flow_counts, IG_FLOW_COUNT_PLACES(sizes->flow_slots));
	size_map(skel->maps.ig_fragments, datagram_rings(sizes) * IG_DATAGRAM_PLACES);
	size_map(skel->maps.ig_awaited, sizes->device_slots * IG_AWAITED_PLACES);
	size_map(skel->maps.ig_pins, sizes->device_slots * pin_places(sizes));
	size_map(skel->maps.ig_names, sizes->device_slots * pin_places(sizes) / 2);
}

static int duplicate(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? -errno : copy;
}

/* The skeleton goes; its descriptors stay, as copies. */
static int take_fds(struct bpf_object *bpf, struct ig_object *out)
{
	for (int i = 0; i < IG_MAP_MAX; i++) {
		out->maps[i] = duplicate(bpf_object__find_map_fd_by_name(bpf, ig_map_names[i]));
		if (out->maps[i] < 0)
			return out->maps[i];
	}
	out->from_device =
		duplicate(bpf_program__fd(bpf_object__find_program_by_name(bpf, PROG_FROM_DEVICE)));
	out->to_device =
		duplicate(bpf_program__fd(bpf_object__find_program_by_name(bpf, PROG_TO_DEVICE)));
	out->operate =
		duplicate(bpf_program__fd(bpf_object__find_program_by_name(bpf, PROG_OPERATE)));
	out->resolve =
		duplicate(bpf_program__fd(bpf_object__find_program_by_name(bpf, PROG_RESOLVE)));
	return out->from_device < 0 || out->to_device < 0 || out->operate < 0 || out->resolve < 0
		       ? -EMFILE
		       : 0;
}

static void *map_page(int fd, size_t size)
{
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return page == MAP_FAILED ? NULL : page;
}

static int map_pages(struct ig_object *object, bool replaying)
{
	object->control = map_page(object->maps[IG_MAP_control], sizeof(*object->control));
	if (!object->control)
		return -errno;
	if (!replaying)
		return 0;
	object->replay = map_page(object->maps[IG_MAP_replay], sizeof(*object->replay));
	return object->replay ? 0 : -errno;
}

static void introduce(struct ig_object *object, const struct ig_sizes *sizes)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		seed = (uint32_t)(uintptr_t)object; /* before the pool is ready: better than none */
	object->control->abi = IG_ABI;
	object->control->seed = seed;
	object->control->flow_slots = sizes->flow_slots;
	object->control->device_slots = sizes->device_slots;
	object->control->pin_places = pin_places(sizes);
	object->control->programs = ig_object_hash();
}

static int load(struct iotguard_bpf *skel, const struct ig_sizes *sizes, bool replaying,
		struct ig_object *out)
{
	int err;

	skel->rodata->ig_replaying = replaying;
	size_maps(skel, sizes);
	err = iotguard_bpf__load(skel);
	err = err ?: take_fds(skel->obj, out);
	err = err ?: map_pages(out, replaying);
	if (!err)
		introduce(out, sizes);
	return err;
}

static int load_onto(struct iotguard_bpf *skel, const struct ig_object *old, struct ig_object *out)
{
	int err = 0;

	for (int i = 0; i < IG_MAP_MAX && !err; i++)
		err = bpf_map__reuse_fd(bpf_object__find_map_by_name(skel->obj, ig_map_names[i]),
					old->maps[i]);
	err = err ?: iotguard_bpf__load(skel);
	err = err ?: take_fds(skel->obj, out);
	return err ?: map_pages(out, false);
}

/* @old: whose maps are taken; NULL: new ones of @sizes are made. */
static int load_anyhow(struct ig_diags *diags, const struct ig_object *old,
		       const struct ig_sizes *sizes, bool replaying, struct ig_object *out)
{
	libbpf_print_fn_t printer = libbpf_set_print(NULL);
	struct iotguard_bpf *skel = iotguard_bpf__open();
	int err = skel ? 0 : -errno;

	*out = IG_OBJECT_NONE;
	if (skel)
		err = old ? load_onto(skel, old, out) : load(skel, sizes, replaying, out);
	iotguard_bpf__destroy(skel);
	libbpf_set_print(printer);
	if (err) {
		ig_object_close(out);
		say_why(diags, err);
	}
	return err;
}

int ig_object_load(struct ig_diags *diags, const struct ig_sizes *sizes, bool replaying,
		   struct ig_object *out)
{
	return load_anyhow(diags, NULL, sizes, replaying, out);
}

int ig_object_load_onto(struct ig_diags *diags, const struct ig_object *old, struct ig_object *out)
{
	return load_anyhow(diags, old, NULL, false, out);
}

int ig_object_hand_on(const struct ig_object *object, const struct ig_object *old)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(object->maps[IG_MAP_before_xdp], &zero, &old->from_device,
				BPF_ANY) ||
	    bpf_map_update_elem(object->maps[IG_MAP_before_tc], &zero, &old->to_device, BPF_ANY))
		return -errno;
	__atomic_store_n(&object->control->handing_on, 1, __ATOMIC_RELEASE);
	return 0;
}

/* Where there is nothing to hand on to, a program judges for itself. */
void ig_object_take_over(const struct ig_object *object)
{
	uint32_t zero = 0;

	__atomic_store_n(&object->control->handing_on, 0, __ATOMIC_RELEASE);
	bpf_map_delete_elem(object->maps[IG_MAP_before_xdp], &zero);
	bpf_map_delete_elem(object->maps[IG_MAP_before_tc], &zero);
}

void ig_object_close(struct ig_object *object)
{
	if (object->control)
		munmap(object->control, sizeof(*object->control));
	if (object->replay)
		munmap(object->replay, sizeof(*object->replay));
	for (int i = 0; i < IG_MAP_MAX; i++)
		ig_close_fd(&object->maps[i]);
	for (int slot = 0; slot < (int)IG_SLOTS; slot++) {
		for (int i = 0; i < IG_MAP_SLOTTED; i++)
			ig_close_fd(&object->slots[slot][i]);
	}
	ig_close_fd(&object->from_device);
	ig_close_fd(&object->to_device);
	ig_close_fd(&object->operate);
	ig_close_fd(&object->resolve);
	free(object->dir);
	*object = IG_OBJECT_NONE;
}

/* --- pins --- */

void ig_pin_share(const char *path, const char *dir, unsigned int mode)
{
	struct stat st;

	if (stat(dir, &st) || chown(path, (uid_t)-1, st.st_gid) || chmod(path, mode))
		return;
}

/* Consuming a ring means writing to it, and a program is run by whoever may write to its pin. */
static bool is_for_members(const char *name)
{
	return !strcmp(name, ig_map_names[IG_MAP_events]) ||
	       !strcmp(name, ig_map_names[IG_MAP_unread]) || !strcmp(name, PROG_RESOLVE);
}

static int pin(int fd, const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (bpf_obj_pin(fd, path))
		return -errno;
	ig_pin_share(path, dir, is_for_members(name) ? 0660 : 0640);
	return 0;
}

static int slot_dir(char *path, size_t size, const char *dir, uint32_t slot)
{
	return snprintf(path, size, "%s/slot%u", dir, slot) < (int)size ? 0 : -ENAMETOOLONG;
}

static int make_dir(const char *parent, const char *path)
{
	if (mkdir(path, 0750) && errno != EEXIST)
		return -errno;
	ig_pin_share(path, parent, 0750);
	return 0;
}

static int make_slot_dirs(const char *dir)
{
	char path[PATH_MAX];
	int err = 0;

	for (uint32_t slot = 0; slot < IG_SLOTS && !err; slot++) {
		err = slot_dir(path, sizeof(path), dir, slot);
		err = err ?: make_dir(dir, path);
	}
	return err;
}

int ig_object_pin(struct ig_object *object, const char *dir)
{
	_free_ char *copy = strdup(dir);
	int err = copy ? make_dir(dirname(copy), dir) : -ENOMEM;

	err = err ?: make_slot_dirs(dir);
	for (int i = 0; i < IG_MAP_MAX && !err; i++)
		err = pin(object->maps[i], dir, ig_map_names[i]);
	err = err ?: pin(object->from_device, dir, PROG_FROM_DEVICE);
	err = err ?: pin(object->to_device, dir, PROG_TO_DEVICE);
	err = err ?: pin(object->operate, dir, PROG_OPERATE);
	err = err ?: pin(object->resolve, dir, PROG_RESOLVE);
	if (err)
		return err;
	object->dir = strdup(dir);
	return object->dir ? 0 : -ENOMEM;
}

/* The new pin replaces the old one in one step, so that a reader finds one or the other. */
static int replace_pin(int fd, const char *dir, const char *name)
{
	char path[PATH_MAX], next[PATH_MAX];
	int err;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path) ||
	    snprintf(next, sizeof(next), "%s/%s-next", dir, name) >= (int)sizeof(next))
		return -ENAMETOOLONG;
	unlink(next); /* of a loader that was killed here */
	err = bpf_obj_pin(fd, next) ? -errno : 0;
	if (!err)
		ig_pin_share(next, dir, is_for_members(name) ? 0660 : 0640);
	if (!err && rename(next, path))
		err = -errno;
	return err;
}

int ig_object_pin_programs(const struct ig_object *object)
{
	int err = replace_pin(object->from_device, object->dir, PROG_FROM_DEVICE);

	err = err ?: replace_pin(object->to_device, object->dir, PROG_TO_DEVICE);
	err = err ?: replace_pin(object->resolve, object->dir, PROG_RESOLVE);
	return err ?: replace_pin(object->operate, object->dir, PROG_OPERATE);
}

int ig_object_set_slot(struct ig_object *object, uint32_t slot, enum ig_map map, int fd)
{
	char dir[PATH_MAX];
	int err;

	ig_close_fd(&object->slots[slot][map]);
	object->slots[slot][map] = fd;
	if (!object->dir)
		return 0;
	err = slot_dir(dir, sizeof(dir), object->dir, slot);
	return err ?: replace_pin(fd, dir, ig_map_names[map]);
}

static int open_pin(const char *dir, const char *name, bool writable)
{
	DECLARE_LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = writable ? 0 : BPF_F_RDONLY);
	char path[PATH_MAX];
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = bpf_obj_get_opts(path, &opts);
	return fd < 0 ? -errno : fd;
}

/* A slot that was never filled has no pins. */
static int open_slots(const char *dir, bool writable, struct ig_object *out)
{
	char path[PATH_MAX];

	for (uint32_t slot = 0; slot < IG_SLOTS; slot++) {
		int err = slot_dir(path, sizeof(path), dir, slot);

		for (int i = 0; i < IG_MAP_SLOTTED && !err; i++) {
			int fd = open_pin(path, ig_map_names[i], writable);

			if (fd < 0 && fd != -ENOENT)
				return fd;
			out->slots[slot][i] = fd < 0 ? -1 : fd;
		}
		if (err)
			return err;
	}
	return 0;
}

int ig_object_open(const char *dir, bool writable, struct ig_object *out)
{
	int err = 0;

	*out = IG_OBJECT_NONE;
	for (int i = 0; i < IG_MAP_MAX && !err; i++) {
		out->maps[i] =
			open_pin(dir, ig_map_names[i], writable || is_for_members(ig_map_names[i]));
		err = out->maps[i] < 0 ? out->maps[i] : 0;
	}
	if (!err) { /* a reader may not be allowed to, and needs them for nothing but their numbers
		     */
		out->from_device = open_pin(dir, PROG_FROM_DEVICE, true);
		out->to_device = open_pin(dir, PROG_TO_DEVICE, true);
		out->operate = open_pin(dir, PROG_OPERATE, true);
		out->resolve = open_pin(dir, PROG_RESOLVE, true);
	}
	if (!err && writable) {
		err = out->from_device < 0 ? out->from_device
		      : out->to_device < 0 ? out->to_device
		      : out->operate < 0   ? out->operate
		      : out->resolve < 0   ? out->resolve
					   : 0;
	}
	err = err ?: open_slots(dir, writable, out);
	if (!err && writable)
		err = map_pages(out, false);
	if (!err) {
		out->dir = strdup(dir);
		err = out->dir ? 0 : -ENOMEM;
	}
	if (err)
		ig_object_close(out);
	return err;
}

void ig_object_renew_resolve(struct ig_object *object)
{
	int fd = open_pin(object->dir, PROG_RESOLVE, true);

	if (fd < 0)
		return;
	ig_close_fd(&object->resolve);
	object->resolve = fd;
}

void ig_object_forget_refusals(const struct ig_object *object)
{
	if (object->control)
		__atomic_fetch_add(&object->control->bound, 1, __ATOMIC_RELEASE);
}

int ig_object_control(const struct ig_object *object, struct ig_control *out)
{
	uint32_t zero = 0;

	return bpf_map_lookup_elem(object->maps[IG_MAP_control], &zero, out) ? -errno : 0;
}

uint64_t ig_object_hash(void)
{
	uint64_t hash = 0xcbf29ce484222325u;
	const uint8_t *bytes;
	size_t size;

	bytes = iotguard_bpf__elf_bytes(&size);
	for (size_t i = 0; i < size; i += sizeof(hash)) {
		uint64_t word = 0;

		memcpy(&word, bytes + i, size - i < sizeof(word) ? size - i : sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	return hash;
}
