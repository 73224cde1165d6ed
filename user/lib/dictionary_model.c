/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the facts of a dictionary back to a model. Whoever wrote the dictionary may have lied, so
 * every number is looked at, every sentence goes through the parser, and nothing is read twice:
 * what a small map can make this take of memory and time is bounded by its size.
 */

#include <errno.h>
#include <string.h>

#include "dictionary.h"
#include "inventory_internal.h"
#include "util.h"

#define FILES_MAX 1024 /* as many as an inventory has at most */

struct reader {
	const struct ig_dictionary *dict;
	struct iotguard_inventory *inv;
	uint32_t files[FILES_MAX]; /* string of each file */
	/* entries that were taken so far; a section has no entry for two */
	size_t rules, addresses, networks, members;
};

/* The entries of a run; NULL: it does not fit, or too many were asked for. Of an empty one anything
 * but NULL. */
static const void *take_run(struct reader *r, const struct ig_dict_span *section,
			    const struct ig_dict_run *run, size_t size, size_t *taken)
{
	if (run->first > section->count || run->count > section->count - run->first ||
	    run->count > section->count - *taken)
		return NULL;
	*taken += run->count;
	return r->dict->bytes + section->at + (size_t)run->first * size;
}

static char *copy_string(struct reader *r, uint32_t at)
{
	return strdup(ig_dict_string(r->dict, at));
}

static int add_name(struct reader *r, enum ig_space space, uint32_t at, size_t position,
		    char **name)
{
	int err;

	*name = copy_string(r, at);
	if (!*name)
		return -ENOMEM;
	err = ig_index_add(r->inv->index, space, *name, strlen(*name), position, NULL);
	return err == -EEXIST ? -EPROTO : err;
}

static int read_addresses(struct reader *r, const struct ig_dict_run *run, struct ig_addresses *out)
{
	const struct ig_dict_address *entries =
		take_run(r, &r->dict->header.addresses, run, sizeof(*entries), &r->addresses);

	if (!entries)
		return -EPROTO;
	out->items = calloc(run->count + 1, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	out->count = run->count;
	for (uint32_t i = 0; i < run->count; i++)
		memcpy(out->items[i].addr, entries[i].addr, sizeof(out->items[i].addr));
	return 0;
}

static bool read_network(const struct ig_dict_network *entry, struct ig_prefix *out)
{
	*out = (struct ig_prefix){.length = entry->length};
	memcpy(out->addr, entry->addr, sizeof(out->addr));
	for (unsigned int bit = entry->length; bit < 128; bit++) {
		if (entry->addr[bit / 8] & (0x80 >> bit % 8))
			return false;
	}
	return entry->length <= 128;
}

/* --- rules --- */

static const char *file_of(struct reader *r, uint32_t at)
{
	struct iotguard_inventory *inv = r->inv;
	size_t i = 0;

	while (i < inv->n_files && r->files[i] != at)
		i++;
	if (i < inv->n_files)
		return inv->files[i];
	if (i == FILES_MAX)
		return NULL;
	inv->files[i] = copy_string(r, at);
	if (!inv->files[i])
		return NULL;
	r->files[i] = at;
	inv->n_files++;
	return inv->files[i];
}

static int read_rule(struct reader *r, const struct ig_dict_rule *entry, struct ig_rule *rule)
{
	struct ig_rule_error error;
	int err = ig_rule_parse(ig_dict_string(r->dict, entry->text), rule, &error);

	if (err)
		return err == -EINVAL ? -EPROTO : err;
	rule->loc = (struct ig_loc){file_of(r, entry->file), entry->line, entry->column};
	return rule->loc.file ? 0 : -EPROTO;
}

static int read_rules(struct reader *r, const struct ig_dict_run *run, struct ig_rules *out)
{
	const struct ig_dict_rule *entries =
		take_run(r, &r->dict->header.rules, run, sizeof(*entries), &r->rules);
	int err = 0;

	if (!entries)
		return -EPROTO;
	out->items = calloc(run->count + 1, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < run->count && !err; i++) {
		err = read_rule(r, &entries[i], &out->items[i]);
		out->count++; /* a rule that was not read is empty, and safe to clear */
	}
	return err;
}

/* Whoever asks for what a rule names takes it for granted. */
static bool remote_is_there(const struct iotguard_inventory *inv, const struct ig_remote *remote)
{
	switch (remote->kind) {
	case IG_REMOTE_ANY:
	case IG_REMOTE_LOCAL:
	case IG_REMOTE_GATEWAY:
	case IG_REMOTE_INTERNET:
	case IG_REMOTE_PREFIX:
	case IG_REMOTE_NAME:
		return true;
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
		return ig_inventory_machine(inv, remote->kind == IG_REMOTE_HOST, remote->name);
	case IG_REMOTE_GROUP:
		return ig_inventory_group(inv, remote->name);
	case IG_REMOTE_SEGMENT:
		return ig_inventory_segment(inv, remote->name);
	default:
		return true; /* a set that is not there has no members */
	}
}

static bool remotes_are_there(const struct iotguard_inventory *inv, const struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (!remote_is_there(inv, &rules->items[i].remote))
			return false;
	}
	return true;
}

static int check_remotes(const struct iotguard_inventory *inv)
{
	bool there = remotes_are_there(inv, &inv->gateway.management);

	for (size_t i = 0; i < inv->n_profiles && there; i++)
		there = remotes_are_there(inv, &inv->profiles[i].rules);
	for (size_t i = 0; i < inv->n_machines && there; i++)
		there = remotes_are_there(inv, &inv->machines[i].rules);
	return there ? 0 : -EPROTO;
}

/* --- sections --- */

static int read_segment(struct reader *r, uint32_t i)
{
	const struct ig_dict_header *header = &r->dict->header;
	const struct ig_dict_segment *entry =
		ig_dict_entry(r->dict, &header->segments, i, sizeof(*entry));
	const struct ig_dict_network *networks =
		take_run(r, &header->networks, &entry->networks, sizeof(*networks), &r->networks);
	struct ig_segment *segment = &r->inv->segments[i];

	if (!networks)
		return -EPROTO;
	segment->infrastructure = entry->infrastructure;
	segment->unknown_devices = entry->unknown;
	segment->mode = entry->mode;
	segment->dns = entry->dns;
	segment->discovery = entry->discovery;
	segment->vlan[0] = entry->vlan[0];
	segment->vlan[1] = entry->vlan[1];
	segment->networks = calloc(entry->networks.count + 1, sizeof(*segment->networks));
	if (!segment->networks)
		return -ENOMEM;
	segment->n_networks = entry->networks.count;
	for (uint32_t k = 0; k < entry->networks.count; k++) {
		if (!read_network(&networks[k], &segment->networks[k]))
			return -EPROTO;
	}
	return add_name(r, IG_SPACE_SEGMENT, entry->name, i, &segment->name);
}

/* They are stored segment by segment. */
static int read_interfaces(struct reader *r)
{
	const struct ig_dict_header *header = &r->dict->header;
	uint32_t i = 0, n = header->interfaces.count;
	const struct ig_dict_interface *entries =
		(const void *)(r->dict->bytes + header->interfaces.at);

	while (i < n) {
		uint32_t at = entries[i].segment, last = i;
		struct ig_segment *segment;

		while (last < n && entries[last].segment == at)
			last++;
		if (at >= r->inv->n_segments || r->inv->segments[at].interfaces)
			return -EPROTO;
		segment = &r->inv->segments[at];
		segment->interfaces = calloc(last - i + 1, sizeof(*segment->interfaces));
		if (!segment->interfaces)
			return -ENOMEM;
		for (; i < last; i++) {
			char *name = copy_string(r, entries[i].name);

			if (!name)
				return -ENOMEM;
			segment->interfaces[segment->n_interfaces++] = name;
		}
	}
	return 0;
}

static int read_segments(struct reader *r)
{
	uint32_t n = r->dict->header.segments.count;
	int err = 0;

	r->inv->segments = calloc((size_t)n + 1, sizeof(*r->inv->segments));
	if (!r->inv->segments)
		return -ENOMEM;
	r->inv->n_segments = n;
	for (uint32_t i = 0; i < n && !err; i++)
		err = read_segment(r, i);
	return err ?: read_interfaces(r);
}

/* 0 is none. */
static int read_text(struct reader *r, uint32_t at, char **out)
{
	*out = at ? copy_string(r, at) : NULL;
	return at && !*out ? -ENOMEM : 0;
}

static int read_profile(struct reader *r, uint32_t i)
{
	const struct ig_dict_profile *entry =
		ig_dict_entry(r->dict, &r->dict->header.profiles, i, sizeof(*entry));
	struct ig_profile *profile = &r->inv->profiles[i];
	int err = 0;

	profile->environment = profile->criticality = profile->mode = profile->dns =
		profile->discovery = profile->flows = IG_UNSET;
	if (entry->extends > r->inv->n_profiles)
		return -EPROTO;
	if (entry->extends)
		profile->extends = &r->inv->profiles[entry->extends - 1];
	if (entry->mud_url) /* nobody asks for it by its name, and one file can be there on two terms */
		profile->name = copy_string(r, entry->name);
	else
		err = add_name(r, IG_SPACE_PROFILE, entry->name, i, &profile->name);
	if (!err && !profile->name)
		err = -ENOMEM;
	return err ?: read_text(r, entry->mud_url, &profile->mud_url)
		       ?: read_text(r, entry->mud_authority, &profile->mud_authority)
		       ?: read_rules(r, &entry->rules, &profile->rules);
}

static int check_extends(const struct iotguard_inventory *inv)
{
	for (size_t i = 0; i < inv->n_profiles; i++) {
		const struct ig_profile *p = &inv->profiles[i];

		for (int depth = 0; p; p = p->extends) {
			if (depth++ > IG_EXTENDS_MAX)
				return -EPROTO;
		}
	}
	return 0;
}

static int read_profiles(struct reader *r)
{
	uint32_t n = r->dict->header.profiles.count;
	int err = 0;

	r->inv->profiles = calloc((size_t)n + 1, sizeof(*r->inv->profiles));
	if (!r->inv->profiles)
		return -ENOMEM;
	r->inv->n_profiles = n;
	for (uint32_t i = 0; i < n && !err; i++)
		err = read_profile(r, i);
	return err ?: check_extends(r->inv);
}

/* Machines are stored by index. */
static struct ig_machine *machine_at(struct reader *r, uint32_t index)
{
	const struct ig_dict_device *entry = ig_dict_device_find(r->dict, index), *first;

	if (!entry)
		return NULL;
	first = ig_dict_device_at(r->dict, 0);
	return &r->inv->machines[entry - first];
}

static int read_machine(struct reader *r, uint32_t i)
{
	const struct ig_dict_device *entry = ig_dict_device_at(r->dict, i);
	struct iotguard_inventory *inv = r->inv;
	struct ig_machine *m = &inv->machines[i];

	m->host = entry->host;
	m->trusted = entry->trusted;
	m->environment = entry->environment;
	m->criticality = entry->criticality;
	m->mode = entry->mode;
	m->dns = entry->dns;
	m->discovery = entry->discovery;
	m->flows = entry->flows;
	memcpy(m->mac, entry->mac, sizeof(m->mac));
	if (entry->segment >= inv->n_segments || entry->profile_at > inv->n_profiles ||
	    entry->mud_at > inv->n_profiles || entry->controllers > r->dict->header.n_sets ||
	    entry->maker > r->dict->header.n_sets)
		return -EPROTO;
	m->controllers = entry->controllers;
	m->maker = entry->maker;
	m->mud_rules = entry->mud_at ? &inv->profiles[entry->mud_at - 1] : NULL;
	if (m->mud_rules && m->mud_rules->extends) /* it would be gone through for ever */
		return -EPROTO;
	m->segment = &inv->segments[entry->segment];
	m->profile = entry->profile_at ? &inv->profiles[entry->profile_at - 1] : NULL;
	if (entry->router_index != IG_ENTITY_NONE) {
		m->router = machine_at(r, entry->router_index);
		if (!m->router || m->router == m)
			return -EPROTO;
	}
	return add_name(r, m->host ? IG_SPACE_HOST : IG_SPACE_DEVICE, entry->name, i, &m->name)
		       ?: read_addresses(r, &entry->addresses, &m->addresses)
		       ?: read_rules(r, &entry->own, &m->rules);
}

static int read_machines(struct reader *r)
{
	uint32_t n = r->dict->header.devices.count;
	int err = 0;

	r->inv->machines = calloc((size_t)n + 1, sizeof(*r->inv->machines));
	if (!r->inv->machines)
		return -ENOMEM;
	r->inv->n_machines = n;
	for (uint32_t i = 0; i < n && !err; i++)
		err = read_machine(r, i);
	return err;
}

static int read_group(struct reader *r, uint32_t i)
{
	const struct ig_dict_header *header = &r->dict->header;
	const struct ig_dict_group *entry =
		ig_dict_entry(r->dict, &header->groups, i, sizeof(*entry));
	const struct ig_dict_member *members =
		take_run(r, &header->members, &entry->members, sizeof(*members), &r->members);
	uint32_t n_groups = r->inv->n_groups;
	bool is_set = i >= n_groups;
	struct ig_group *group = is_set ? &r->inv->sets[i - n_groups] : &r->inv->groups[i];

	if (!members)
		return -EPROTO;
	group->members = calloc(entry->members.count + 1, sizeof(*group->members));
	if (!group->members)
		return -ENOMEM;
	group->count = entry->members.count;
	for (uint32_t k = 0; k < entry->members.count; k++) {
		struct ig_member *member = &group->members[k];

		if (members[k].machine == IG_ENTITY_NONE) {
			if (!read_network(&members[k].network, &member->prefix))
				return -EPROTO;
			continue;
		}
		member->gateway = is_set && members[k].machine == IG_ENTITY_GATEWAY;
		if (member->gateway)
			continue;
		member->machine = machine_at(r, members[k].machine);
		if (!member->machine)
			return -EPROTO;
	}
	return add_name(r, is_set ? IG_SPACE_SET : IG_SPACE_GROUP, entry->name,
			is_set ? i - n_groups : i, &group->name);
}

static int read_groups(struct reader *r)
{
	uint32_t n = r->dict->header.groups.count, n_sets = r->dict->header.n_sets;
	int err = 0;

	if (n_sets > n)
		return -EPROTO;
	r->inv->groups = calloc((size_t)n - n_sets + 1, sizeof(*r->inv->groups));
	r->inv->sets = calloc((size_t)n_sets + 1, sizeof(*r->inv->sets));
	if (!r->inv->groups || !r->inv->sets)
		return -ENOMEM;
	r->inv->n_groups = n - n_sets;
	r->inv->n_sets = n_sets;
	for (uint32_t i = 0; i < n && !err; i++)
		err = read_group(r, i);
	return err;
}

static int read_gateway(struct reader *r)
{
	const struct ig_dict_header *header = &r->dict->header;
	struct ig_gateway *gateway = &r->inv->gateway;
	const struct ig_dict_mac *macs;
	size_t taken = 0;

	macs = take_run(r, &header->macs, &header->gateway_macs, sizeof(*macs), &taken);
	if (!macs)
		return -EPROTO;
	gateway->name = header->gateway ? copy_string(r, header->gateway) : NULL;
	gateway->macs.items = calloc(header->gateway_macs.count + 1, sizeof(*gateway->macs.items));
	if (!gateway->macs.items || (header->gateway && !gateway->name))
		return -ENOMEM;
	gateway->macs.count = header->gateway_macs.count;
	for (uint32_t i = 0; i < header->gateway_macs.count; i++)
		memcpy(gateway->macs.items[i], macs[i].addr, sizeof(macs[i].addr));
	r->inv->default_mode = header->mode;
	r->inv->default_unknown = header->unknown;
	r->inv->default_dns = header->dns;
	r->inv->default_discovery = header->discovery;
	return read_addresses(r, &header->gateway_addresses, &gateway->addresses)
		       ?: read_addresses(r, &header->resolvers, &gateway->resolvers)
		       ?: read_addresses(r, &header->time_servers, &gateway->time_servers)
		       ?: read_addresses(r, &header->dhcp_servers, &gateway->dhcp_servers)
		       ?: read_rules(r, &header->management, &gateway->management);
}

static int read_all(struct reader *r)
{
	int err;

	r->inv->files = calloc(FILES_MAX, sizeof(*r->inv->files));
	if (!r->inv->files)
		return -ENOMEM;
	memcpy(r->inv->sha256, r->dict->header.inventory, sizeof(r->inv->sha256));
	err = read_segments(r);
	err = err ?: read_profiles(r);
	err = err ?: read_machines(r);
	err = err ?: read_groups(r);
	err = err ?: read_gateway(r);
	return err ?: check_remotes(r->inv);
}

int ig_dictionary_inventory(const struct ig_dictionary *dict, struct iotguard_inventory **out)
{
	struct reader r = {
		.dict = dict,
		.inv = ig_inventory_new(ig_dict_string(dict, dict->header.path)),
	};
	int err;

	*out = NULL;
	if (!r.inv)
		return -ENOMEM;
	err = read_all(&r);
	if (err)
		iotguard_inventory_free(r.inv);
	else
		*out = r.inv;
	return err;
}
