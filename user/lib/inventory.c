/* SPDX-License-Identifier: BSD-2-Clause */
/* From files to a model: the order of the steps, and the end of the model's life. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_internal.h"
#include "sha256.h"
#include "util.h"

#define PATIENCE (4u << 20) /* about a second of comparing names */

/* One item each entry of a section, with their names, so that whatever comes later can refer to
 * them. */
static int make_machines(struct ig_load *l)
{
	struct iotguard_inventory *inv = l->inv;

	inv->n_machines = l->sections[IG_SPACE_HOST].count + l->sections[IG_SPACE_DEVICE].count;
	inv->machines = calloc(inv->n_machines + 1, sizeof(*inv->machines));
	if (!inv->machines)
		return -ENOMEM;
	for (size_t i = 0; i < inv->n_machines; i++) {
		struct ig_machine *machine = &inv->machines[i];
		size_t hosts = l->sections[IG_SPACE_HOST].count;
		enum ig_space space = i < hosts ? IG_SPACE_HOST : IG_SPACE_DEVICE;
		const struct ig_entry *entry = &l->sections[space].items[i < hosts ? i : i - hosts];

		machine->host = i < hosts;
		machine->environment = machine->criticality = machine->mode = machine->dns =
			machine->discovery = machine->flows = IG_UNSET;
		if (ig_load_name(l, space, entry, i, &machine->name, &machine->loc))
			return -ENOMEM;
	}
	return 0;
}

#define MAKE(field, space)                                                                     \
	static int make_##field(struct ig_load *l)                                             \
	{                                                                                      \
		struct iotguard_inventory *inv = l->inv;                                       \
		const struct ig_section *section = &l->sections[space];                        \
                                                                                               \
		inv->field = calloc(section->count + 1, sizeof(*inv->field));                  \
		if (!inv->field)                                                               \
			return -ENOMEM;                                                        \
		inv->n_##field = section->count;                                               \
		for (size_t i = 0; i < section->count; i++)                                    \
			if (ig_load_name(l, space, &section->items[i], i, &inv->field[i].name, \
					 &inv->field[i].loc))                                  \
				return -ENOMEM;                                                \
		return 0;                                                                      \
	}

MAKE(segments, IG_SPACE_SEGMENT)
MAKE(profiles, IG_SPACE_PROFILE)
MAKE(groups, IG_SPACE_GROUP)

/* All names first, then what refers to them. */
static int load(struct ig_load *l, const char *path)
{
	static int (*const steps[])(struct ig_load * l) = {
		make_segments,	  make_profiles,     make_machines,	  make_groups,
		ig_load_defaults, ig_load_segments,  ig_load_gateway,	  ig_load_profiles,
		ig_load_machines, ig_load_groups,    ig_load_controllers, ig_load_mud,
		ig_load_sets,	  ig_load_mud_drops,
	};
	int r;

	ig_sha256_init(&l->sha);
	r = ig_load_files(l, path);
	for (size_t i = 0; !r && i < ARRAY_SIZE(steps); i++)
		r = steps[i](l);
	ig_sha256_final(&l->sha, l->inv->sha256);
	return r;
}

struct iotguard_inventory *ig_inventory_new(const char *path)
{
	struct iotguard_inventory *inv = calloc(1, sizeof(*inv));

	if (!inv)
		return NULL;
	inv->path = strdup(path);
	inv->index = ig_index_new();
	if (!inv->path || !inv->index) {
		iotguard_inventory_free(inv);
		return NULL;
	}
	return inv;
}

static void load_clear(struct ig_load *l)
{
	for (size_t i = 0; i < IG_SECTIONS; i++)
		free(l->sections[i].items);
	free(l->gateway.items);
	free(l->defaults.items);
	for (size_t i = 0; i < l->n_told; i++)
		free(l->told[i]);
	free(l->told);
	free(l->asked);
	free(l->passed);
	free(l->claims);
	free(l->behind);
	free(l->ids);
	ig_index_free(l->seen);
	ig_yaml_set_clear(&l->set);
}

int ig_inventory_load(struct ig_diags *diags, const char *path, struct iotguard_inventory **out)
{
	return ig_inventory_load_with(diags, path, IOTGUARD_SAVE_DIR, out);
}

int ig_inventory_load_with(struct ig_diags *diags, const char *path, const char *save_dir,
			   struct iotguard_inventory **out)
{
	return ig_inventory_load_about(diags, path, save_dir, NULL, 0, out);
}

int ig_inventory_load_about(struct ig_diags *diags, const char *path, const char *save_dir,
			    const char *const *names, size_t n_names,
			    struct iotguard_inventory **out)
{
	struct ig_load l = {.diags = diags,
			    .set = {.diags = diags},
			    .patience = PATIENCE,
			    .save_dir = save_dir,
			    .names = names,
			    .n_names = n_names};
	size_t first = diags->count, errors = diags->errors;
	int r = -ENOMEM;

	*out = NULL;
	l.inv = ig_inventory_new(path);
	l.seen = ig_index_new();
	if (l.inv && l.seen)
		r = load(&l, path);
	if (r == -ENOMEM)
		ig_error(diags, NULL, NULL, "out of memory");
	if (l.inv)
		ig_diags_sort(diags, first, l.inv->files, l.inv->n_files);
	if (!r && diags->errors != errors)
		r = -EINVAL;
	load_clear(&l);
	if (r)
		iotguard_inventory_free(l.inv);
	else
		*out = l.inv;
	return r;
}

static void machine_clear(struct ig_machine *machine)
{
	free(machine->name);
	free(machine->addresses.items);
	ig_rules_clear(&machine->rules);
	free(machine->manufacturer);
	free(machine->model);
	free(machine->firmware_version);
	free(machine->firmware_released);
	free(machine->firmware_updates);
	free(machine->authentication);
	free(machine->mud.path);
}

static void segment_clear(struct ig_segment *segment)
{
	free(segment->name);
	for (size_t i = 0; i < segment->n_interfaces; i++)
		free(segment->interfaces[i]);
	free(segment->interfaces);
	free(segment->networks);
}

static void gateway_clear(struct ig_gateway *gateway)
{
	free(gateway->name);
	free(gateway->addresses.items);
	free(gateway->macs.items);
	free(gateway->resolvers.items);
	free(gateway->time_servers.items);
	free(gateway->dhcp_servers.items);
	for (size_t i = 0; i < gateway->n_lease_files; i++)
		free(gateway->lease_files[i].path);
	free(gateway->lease_files);
	ig_rules_clear(&gateway->management);
}

static void groups_free(struct ig_group *groups, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(groups[i].name);
		free(groups[i].members);
	}
	free(groups);
}

void ig_profile_clear(struct ig_profile *profile)
{
	free(profile->name);
	free(profile->mud.path);
	free(profile->mud_url);
	free(profile->mud_authority);
	ig_rules_clear(&profile->rules);
}

void iotguard_inventory_free(struct iotguard_inventory *inv)
{
	if (!inv)
		return;
	for (size_t i = 0; i < inv->n_machines; i++)
		machine_clear(&inv->machines[i]);
	for (size_t i = 0; i < inv->n_segments; i++)
		segment_clear(&inv->segments[i]);
	groups_free(inv->groups, inv->n_groups);
	groups_free(inv->sets, inv->n_sets);
	for (size_t i = 0; i < inv->n_profiles; i++)
		ig_profile_clear(&inv->profiles[i]);
	for (size_t i = 0; i < inv->n_files; i++)
		free(inv->files[i]);
	gateway_clear(&inv->gateway);
	free(inv->machines);
	free(inv->segments);
	free(inv->profiles);
	free(inv->files);
	free(inv->path);
	ig_index_free(inv->index);
	free(inv);
}

void iotguard_inventory_describe(const struct iotguard_inventory *inv,
				 struct iotguard_inventory_info *info)
{
	*info = (struct iotguard_inventory_info){
		.segments = inv->n_segments,
		.groups = inv->n_groups,
		.profiles = inv->n_profiles,
		.rules = inv->gateway.management.count,
	};
	for (size_t i = 0; i < inv->n_machines; i++) {
		info->hosts += inv->machines[i].host;
		info->devices += !inv->machines[i].host;
		info->rules += inv->machines[i].rules.count;
	}
	for (size_t i = 0; i < inv->n_profiles; i++) {
		info->rules += inv->profiles[i].rules.count;
		info->profiles -= inv->profiles[i].mud_url != NULL;
	}
	ig_sha256_hex(inv->sha256, info->sha256);
}
