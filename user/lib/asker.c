/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "asker.h"
#include "clock.h"
#include "in_force.h"
#include "inventory.h"
#include "map_rows.h"
#include "state_dir.h"
#include "util.h"

/* --- what machines are in --- */

/* Which indices mean the same machine in what is asked as on the live gateway. All of them where the very policy in
 * force is asked: NULL then. */
struct kept {
	bool *indices;
	uint32_t count;
};

static void kept_free(struct kept *kept)
{
	free(kept->indices);
}

static int kept_make(const struct ig_asker *asker, struct kept *kept)
{
	const struct ig_placement *placement = &asker->placement;

	if (!asker->given)
		return 0;
	kept->count = placement->sizes.device_slots;
	kept->indices = calloc(kept->count + 1, sizeof(*kept->indices));
	if (!kept->indices)
		return -ENOMEM;
	for (size_t i = 0; i < asker->inv->n_machines; i++)
		kept->indices[placement->indices[i]] = true;
	for (size_t i = 0; i < placement->n_fresh; i++)
		kept->indices[placement->fresh[i]] = false;
	return 0;
}

static bool is_kept(const struct kept *kept, uint32_t index)
{
	return !kept->indices || (index < kept->count && kept->indices[index]);
}

static int put_rows(int fd, const struct ig_map_rows *rows)
{
	uint32_t count = rows->count;

	if (count && bpf_map_update_batch(fd, rows->keys, rows->values, &count, NULL))
		return -errno;
	return 0;
}

static int copy_states(struct ig_asker *asker, const struct kept *kept)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows rows = {};
	int err = ig_map_rows_read(asker->live.maps[IG_MAP_state], 0, &rows);

	for (size_t i = 0; i < rows.count; i++) {
		uint32_t index;

		memcpy(&index, ig_map_rows_key(&rows, i), sizeof(index));
		if (!is_kept(kept, index))
			memset(rows.values + i * rows.value_size, 0, rows.value_size);
	}
	return err ?: put_rows(asker->object->maps[IG_MAP_state], &rows);
}

static void empty(int map)
{
	uint8_t key[sizeof(struct ig_flow6_key)];

	while (!bpf_map_get_next_key(map, NULL, key)) {
		if (bpf_map_delete_elem(map, key))
			return;
	}
}

/* Which places the addresses have decides nothing here. */
static int copy_bindings(struct ig_asker *asker, const struct kept *kept)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows rows = {};
	int err = ig_map_rows_read(asker->live.maps[IG_MAP_bindings], 0, &rows);
	size_t n = 0;

	empty(asker->object->maps[IG_MAP_bindings]);
	for (size_t i = 0; i < rows.count; i++) {
		struct ig_binding binding;

		memcpy(&binding, ig_map_rows_value(&rows, i), sizeof(binding));
		if (!is_kept(kept, binding.device))
			continue;
		memmove(rows.keys + n * rows.key_size, ig_map_rows_key(&rows, i), rows.key_size);
		memmove(rows.values + n * rows.value_size, ig_map_rows_value(&rows, i),
			rows.value_size);
		n++;
	}
	rows.count = n;
	return err ?: put_rows(asker->object->maps[IG_MAP_bindings], &rows);
}

int ig_asker_refresh(struct ig_asker *asker)
{
	_cleanup_(kept_free) struct kept kept = {};
	int err;

	empty(asker->object->maps[IG_MAP_flows4]);
	empty(asker->object->maps[IG_MAP_flows6]);
	if (!asker->live.control) {
		empty(asker->object->maps[IG_MAP_bindings]);
		return 0;
	}
	err = kept_make(asker, &kept);
	err = err ?: copy_states(asker, &kept);
	return err ?: copy_bindings(asker, &kept);
}

/* --- asking --- */

static uint32_t wall_seconds(const struct ig_asker *asker)
{
	struct timespec now = {};

	clock_gettime(CLOCK_TAI, &now); /* the one of the programs */
	return asker->clock_right ? (uint32_t)now.tv_sec : IG_TIME_UNKNOWN;
}

int ig_asker_ask(struct ig_asker *asker, enum iotguard_side side, const struct ig_frame *frame,
		 unsigned int ifindex, struct iotguard_verdict *verdict)
{
	struct ig_instance_frame asked = {
		.side = side,
		.bytes = frame->bytes,
		.size = frame->size,
		.ifindex = ifindex,
		.now_ns = ig_clock_now(),
		.wall_s = wall_seconds(asker),
	};

	ig_object_forget_refusals(asker->object); /* what is in its maps may be another's since */
	return ig_instance_ask(asker->instance, &asked, verdict);
}

/* --- an inventory, as it would be applied here --- */

static unsigned int ifindex_of(const char *name, void *context)
{
	const struct ig_asker *asker = context;

	(void)asker;
	return if_nametoindex(name);
}

static bool is_this_machine(const struct iotguard_inventory *inv)
{
	for (size_t i = 0; i < inv->n_segments; i++) {
		for (size_t k = 0; k < inv->segments[i].n_interfaces; k++) {
			if (if_nametoindex(inv->segments[i].interfaces[k]))
				return true;
		}
	}
	return false;
}

/* Somewhere else the gateway has at least a MAC address: any one that nobody has. */
static int invent_mac(struct ig_asker *asker)
{
	if (asker->inv->gateway.macs.count)
		return 0;
	asker->site.macs = calloc(1, sizeof(*asker->site.macs));
	if (!asker->site.macs)
		return -ENOMEM;
	memcpy(asker->site.macs[0].addr, "\x02igexp", 6);
	asker->site.n_macs = 1;
	return 0;
}

/* What this machine has beside what the inventory lists, if it is the gateway. What keeps the inventory from being
 * applied here is no reason not to ask it. */
static int look_at_machine(struct ig_asker *asker, const struct iotguard_policy *policy)
{
	if (is_this_machine(asker->inv))
		return ig_machine_site_glance(&asker->quiet, policy, &asker->site);
	return invent_mac(asker);
}

/* Once: machines keep their indices, whatever is tried. */
static int place(struct ig_asker *asker, const struct iotguard_policy *policy)
{
	bool live = asker->live.control != NULL;
	int err;

	if (asker->placed)
		return 0;
	err = look_at_machine(asker, policy);
	err = err ?: ig_placement_make(&asker->placement, asker->inv, live ? &asker->live : NULL);
	asker->placed = !err;
	return err;
}

static int enforce(struct ig_asker *asker)
{
	struct ig_site site = {
		.indices = asker->placement.indices,
		.rings = asker->placement.rings,
		.addresses = asker->site.addresses,
		.n_addresses = asker->site.n_addresses,
		.macs = asker->site.macs,
		.n_macs = asker->site.n_macs,
	};
	struct ig_image image;
	int err = ig_compile(&asker->quiet.diags, asker->inv, &site, &image);

	err = err ?: ig_instance_enforce(asker->instance, &image, ifindex_of, asker);
	ig_image_clear(&image);
	return err;
}

int ig_asker_try(struct ig_asker *asker)
{
	struct iotguard_policy *policy = NULL;
	int err = iotguard_policy_compile(&asker->quiet, asker->inv, &policy);

	err = err ?: place(asker, policy);
	asker->tried = true;
	err = err ?: enforce(asker);
	err = err ?: ig_asker_refresh(asker);
	iotguard_policy_free(policy);
	ig_diags_clear(&asker->quiet.diags);
	return err;
}

int ig_asker_restore(struct ig_asker *asker)
{
	int err;

	if (!asker->tried)
		return 0;
	err = asker->given ? enforce(asker) : ig_instance_adopt(asker->instance, &asker->live);
	asker->tried = false;
	return err ?: ig_asker_refresh(asker);
}

/* --- opening --- */

static int read_dictionary(struct ig_asker *asker)
{
	size_t size;
	int err = ig_generation_dictionary(asker->object, ig_generation_now(asker->object),
					   &asker->bytes, &size);

	return err ?: ig_dictionary_open(&asker->dict, asker->bytes, size);
}

/* The inventory in force, if its file is where it was, and the same. */
static void find_inventory(struct ig_asker *asker)
{
	const char *path = ig_dict_string(&asker->dict, asker->dict.header.path);

	if (!*path || !strcmp(path, "-") ||
	    ig_inventory_load(&asker->quiet.diags, path, &asker->inv))
		asker->inv = NULL;
	if (asker->inv && !ig_inventory_in_force(&asker->live, asker->inv)) {
		iotguard_inventory_free(asker->inv);
		asker->inv = NULL;
	}
	asker->owned = asker->inv != NULL;
	ig_diags_clear(&asker->quiet.diags);
}

static void warn_build(struct ig_asker *asker)
{
	if (asker->live.control->programs != ig_object_hash())
		ig_warning(&asker->ig->diags, NULL, "apply the policy to put these in force",
			   "the programs in force are of another version: these are asked instead");
}

static int open_in_force(struct ig_asker *asker)
{
	int err = ig_instance_open_bare(asker->ig, asker->live.control->device_slots, &asker->live,
					&asker->instance);

	if (err)
		return err;
	warn_build(asker);
	asker->object = ig_instance_object(asker->instance);
	asker->generation = ig_generation_now(&asker->live);
	asker->clock_right = asker->live.control->clock_right;
	err = ig_instance_adopt(asker->instance, &asker->live);
	err = err ?: read_dictionary(asker);
	if (!err)
		find_inventory(asker);
	return err;
}

static int open_given(struct ig_asker *asker)
{
	struct iotguard_policy *policy = NULL;
	int err = iotguard_policy_compile(&asker->quiet, asker->inv, &policy);

	err = err ?: place(asker, policy);
	iotguard_policy_free(policy);
	err = err
		      ?: ig_instance_open_bare(asker->ig, asker->placement.sizes.device_slots,
					       asker->live.control ? &asker->live : NULL,
					       &asker->instance);
	if (err)
		return err;
	asker->object = ig_instance_object(asker->instance);
	asker->clock_right = ig_clock_is_right();
	if (asker->live.control) {
		asker->clock_right = asker->clock_right || asker->live.control->clock_right;
		asker->object->control->settling_until_ns = asker->live.control->settling_until_ns;
	}
	err = enforce(asker);
	return err ?: read_dictionary(asker);
}

/* Nothing in force is no error where an inventory is asked. Without a lock to take there is no loader, either. */
static int open_live(struct ig_asker *asker, int lock_timeout_ms)
{
	int err = 0;

	if (!ig_state_exists(asker->ig))
		return asker->given ? 0 : -ENOENT;
	asker->lock = ig_state_lock(asker->ig, lock_timeout_ms);
	if (asker->lock < 0)
		return asker->lock;
	err = ig_state_open(asker->ig, true, &asker->live);
	if (!err && ig_generation_is_open(&asker->live)) {
		ig_object_close(&asker->live);
		err = -ENOENT;
	}
	return err == -ENOENT && asker->given ? 0 : err;
}

int ig_asker_open(struct ig_asker *asker, struct iotguard *ig, struct iotguard_inventory *inv,
		  int lock_timeout_ms)
{
	int err;

	*asker = (struct ig_asker){
		.ig = ig,
		.quiet = {.state_dir = ig->state_dir},
		.lock = -1,
		.live = IG_OBJECT_NONE,
		.given = inv != NULL,
		.inv = inv,
	};
	if (ig_capabilities_missing(&ig->diags))
		return -EPERM;
	err = open_live(asker, lock_timeout_ms);
	err = err ?: asker->given ? open_given(asker) : open_in_force(asker);
	return err ?: ig_asker_refresh(asker);
}

void ig_asker_close(struct ig_asker *asker)
{
	iotguard_instance_close(asker->instance);
	ig_object_close(&asker->live);
	ig_placement_clear(&asker->placement);
	ig_machine_site_clear(&asker->site);
	if (asker->owned)
		iotguard_inventory_free(asker->inv);
	free(asker->bytes);
	ig_diags_clear(&asker->quiet.diags);
	ig_close_fd(&asker->lock);
	*asker = (struct ig_asker){.lock = -1, .live = IG_OBJECT_NONE};
}
