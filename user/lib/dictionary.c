/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "dictionary_builder.h"
#include "util.h"

_Static_assert(sizeof(struct ig_dict_header) == 320, "a dictionary's header has 320 bytes");

/* --- writing --- */

static void builder_free(struct ig_dict_builder *b)
{
	free(b->known);
	free(b->bytes);
	free(b->profile_rules);
	free(b->own_rules);
}

/* Room for @size bytes, zeroed; offset of it. On failure b->err is set and 0 returned. */
static uint32_t reserve(struct ig_dict_builder *b, size_t size)
{
	size_t at = b->size, wanted = at + size;

	if (b->err)
		return 0;
	if (wanted > UINT32_MAX / 2) {
		b->err = -E2BIG;
		return 0;
	}
	if (wanted > b->capacity) {
		size_t capacity = b->capacity ? b->capacity : 4096;
		uint8_t *bytes;

		while (capacity < wanted)
			capacity *= 2;
		bytes = realloc(b->bytes, capacity);
		if (!bytes) {
			b->err = -ENOMEM;
			return 0;
		}
		b->bytes = bytes;
		b->capacity = capacity;
	}
	memset(b->bytes + at, 0, size);
	b->size = wanted;
	return at;
}

static uint32_t hash_text(const char *text, size_t length)
{
	uint64_t hash = length;

	for (; length >= 8; text += 8, length -= 8) {
		uint64_t word;

		memcpy(&word, text, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
	}
	for (; length; text++, length--)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3ull;
	hash *= 0x9e3779b97f4a7c15ull;
	return (uint32_t)(hash >> 32);
}

static bool enlarge_known(struct ig_dict_builder *b)
{
	size_t capacity = b->c_known ? b->c_known * 2 : 1024;
	struct ig_dict_known *larger = calloc(capacity, sizeof(*larger));

	if (!larger)
		return false;
	for (size_t i = 0; i < b->c_known; i++) {
		size_t at = b->known[i].hash & (capacity - 1);

		if (!b->known[i].at)
			continue;
		while (larger[at].at)
			at = (at + 1) & (capacity - 1);
		larger[at] = b->known[i];
	}
	free(b->known);
	b->known = larger;
	b->c_known = capacity;
	return true;
}

/* Where a string is known, or would be. Who writes an inventory can make it slow for himself, and nobody else. */
static struct ig_dict_known *find_known(const struct ig_dict_builder *b, const char *text,
					size_t length, uint32_t hash)
{
	size_t at = hash & (b->c_known - 1);

	for (; b->known[at].at; at = (at + 1) & (b->c_known - 1)) {
		size_t there = b->known[at].at;

		if (b->known[at].hash == hash && there + length < b->size &&
		    !memcmp(b->bytes + there, text, length + 1))
			break;
	}
	return &b->known[at];
}

static uint32_t put_text(struct ig_dict_builder *b, const char *text, size_t length)
{
	uint32_t hash = hash_text(text, length), at;
	struct ig_dict_known *known;

	if (b->err)
		return 0;
	if (b->n_known >= b->c_known / 2 && !enlarge_known(b)) {
		b->err = -ENOMEM;
		return 0;
	}
	known = find_known(b, text, length, hash);
	if (known->at)
		return known->at;
	at = reserve(b, length + 1);
	if (b->err)
		return 0;
	memcpy(b->bytes + at, text, length + 1);
	*known = (struct ig_dict_known){at, hash};
	b->n_known++;
	return at;
}

uint32_t ig_dict_put_string(struct ig_dict_builder *b, const char *text)
{
	return text ? put_text(b, text, strlen(text)) : 0;
}

void ig_dict_put(struct ig_dict_builder *b, const struct ig_dict_span *span, size_t i,
		 const void *entry, size_t size)
{
	if (!b->err)
		memcpy(b->bytes + span->at + i * size, entry, size);
}

struct ig_dict_span ig_dict_section(struct ig_dict_builder *b, size_t count, size_t size)
{
	return (struct ig_dict_span){.at = reserve(b, count * size), .count = count};
}

/* --- rules --- */

/* Where each level begins: `gateway.management`, the profiles, the machines. How many rules there
 * are in all. */
static size_t place_rules(struct ig_dict_builder *b)
{
	const struct iotguard_inventory *inv = b->inv;
	size_t n = inv->gateway.management.count;

	b->profile_rules = calloc(inv->n_profiles + 1, sizeof(*b->profile_rules));
	b->own_rules = calloc(inv->n_machines + 1, sizeof(*b->own_rules));
	if (!b->profile_rules || !b->own_rules) {
		b->err = -ENOMEM;
		return 0;
	}
	for (size_t i = 0; i < inv->n_profiles; i++) {
		b->profile_rules[i] = n;
		n += inv->profiles[i].rules.count;
	}
	for (size_t i = 0; i < inv->n_machines; i++) {
		b->own_rules[i] = n;
		n += inv->machines[i].rules.count;
	}
	return n;
}

/* Rules of one file follow each other. */
static uint32_t put_file(struct ig_dict_builder *b, const char *file)
{
	if (!file || file != b->file)
		b->file_at = ig_dict_put_string(b, file);
	b->file = file;
	return b->file_at;
}

/* A rule has the place and the words that people know it by. */
static void put_level(struct ig_dict_builder *b, const struct ig_rules *rules, uint32_t at,
		      bool asks_from, char *text, size_t size)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct ig_rule *rule = &rules->items[i];
		struct ig_dict_rule entry = {
			.line = rule->loc.line,
			.column = rule->loc.column,
			.from = asks_from && rule->side == IG_RULE_FROM,
		};

		ig_rule_print(rule, text, size);
		entry.text = ig_dict_put_string(b, text);
		entry.file = put_file(b, rule->loc.file);
		ig_dict_put(b, &b->header.rules, at + i, &entry, sizeof(entry));
	}
}

static void put_rules(struct ig_dict_builder *b)
{
	const struct iotguard_inventory *inv = b->inv;
	const size_t size = 2 * IG_RULE_TEXT_MAX;
	_free_ char *text = malloc(size);

	if (!text) {
		b->err = -ENOMEM;
		return;
	}
	/* those of `management` are asked with the `to` rules */
	put_level(b, &inv->gateway.management, 0, false, text, size);
	for (size_t i = 0; i < inv->n_profiles; i++)
		put_level(b, &inv->profiles[i].rules, b->profile_rules[i], true, text, size);
	for (size_t i = 0; i < inv->n_machines; i++)
		put_level(b, &inv->machines[i].rules, b->own_rules[i], true, text, size);
}

/* The first of the machines that have each list: it says which levels it is made of. */
static uint32_t *holders_of_lists(struct ig_dict_builder *b)
{
	uint32_t *holders = calloc(b->resolved->n_lists + 1, sizeof(*holders));

	if (!holders) {
		b->err = -ENOMEM;
		return NULL;
	}
	for (size_t i = b->inv->n_machines; i-- > 0;)
		holders[b->resolved->list_of[i]] = i;
	return holders;
}

/* @parts NULL: only counts. */
static uint32_t list_parts(const struct ig_dict_builder *b, size_t list, uint32_t machine,
			   struct ig_dict_run *parts)
{
	const struct ig_management *management = &b->resolved->management;
	const struct ig_rule_list *rules = &b->resolved->lists[list];
	const struct ig_machine *m = &b->inv->machines[machine];
	uint32_t n = 0, previous = UINT32_MAX - 1;

	/* rules of `management` that follow each other are one run */
	for (size_t i = 0; i < rules->count && rules->rules[i] >= management->rules &&
			   rules->rules[i] < management->rules + management->count;
	     i++) {
		uint32_t at = rules->rules[i] - management->rules;

		if (at != previous + 1) {
			if (parts)
				parts[n] = (struct ig_dict_run){.first = at};
			n++;
		}
		if (parts)
			parts[n - 1].count++;
		previous = at;
	}
	if (m->rules.count) {
		if (parts)
			parts[n] = (struct ig_dict_run){b->own_rules[machine], m->rules.count};
		n++;
	}
	for (const struct ig_profile *p = NULL; (p = ig_next_profile(m, p));) {
		if (!p->rules.count)
			continue;
		if (parts)
			parts[n] = (struct ig_dict_run){b->profile_rules[p - b->inv->profiles],
							p->rules.count};
		n++;
	}
	return n;
}

static size_t count_parts(const struct ig_dict_builder *b, const uint32_t *holders)
{
	size_t n = 0;

	for (size_t i = 0; holders && i < b->resolved->n_lists; i++)
		n += list_parts(b, i, holders[i], NULL);
	return n;
}

static void put_lists(struct ig_dict_builder *b, const uint32_t *holders)
{
	struct ig_dict_run *parts;

	for (size_t i = 0; i < b->resolved->n_lists && !b->err; i++) {
		struct ig_dict_list entry = {
			.first = b->n_parts,
			.count = b->resolved->lists[i].count,
		};

		parts = (struct ig_dict_run *)(b->bytes + b->header.parts.at) + b->n_parts;
		entry.n_parts = list_parts(b, i, holders[i], parts);
		b->n_parts += entry.n_parts;
		ig_dict_put(b, &b->header.lists, i, &entry, sizeof(entry));
	}
}

/* --- machines and segments --- */

static int compare_devices(const void *a, const void *b)
{
	const struct ig_dict_device *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static void put_device(struct ig_dict_builder *b, size_t i)
{
	const struct iotguard_inventory *inv = b->inv;
	const struct ig_machine *m = &inv->machines[i];
	struct ig_dict_device entry = {
		.index = b->indices[i],
		.name = ig_dict_put_string(b, m->name),
		.profile = m->profile ? ig_dict_put_string(b, m->profile->name) : 0,
		.profile_at = m->profile ? 1 + (m->profile - inv->profiles) : 0,
		.mud_at = m->mud_rules ? 1 + (m->mud_rules - inv->profiles) : 0,
		.controllers = ig_machine_controllers(m),
		.maker = m->maker,
		.segment = m->segment - inv->segments,
		.list = b->resolved->list_of[i],
		.router = m->router ? ig_dict_put_string(b, m->router->name) : 0,
		.router_index = m->router ? b->indices[m->router - inv->machines] : IG_ENTITY_NONE,
		.own = {b->own_rules[i], m->rules.count},
		.addresses = ig_dict_put_addresses(b, &m->addresses),
		.host = m->host,
		.trusted = m->trusted,
		.environment = ig_machine_environment(m),
		.criticality = ig_machine_criticality(m),
		.mode = ig_machine_mode(inv, m),
		.dns = ig_machine_dns(inv, m),
		.flows = ig_machine_flows(inv, m),
		.discovery = ig_machine_discovery(inv, m),
	};

	/* What it adopted is not what somebody wrote: it may still change its mind, and contradict itself. */
	if (m->mud_rules && ig_machine_mud(m))
		entry.mud = ig_dict_put_string(b, m->mud_rules->mud_url);

	memcpy(entry.mac, m->mac, 6);
	ig_dict_put(b, &b->header.devices, i, &entry, sizeof(entry));
}

static void put_devices(struct ig_dict_builder *b)
{
	for (size_t i = 0; i < b->inv->n_machines; i++)
		put_device(b, i);
	if (!b->err)
		qsort(b->bytes + b->header.devices.at, b->inv->n_machines,
		      sizeof(struct ig_dict_device), compare_devices);
}

static void put_segments(struct ig_dict_builder *b)
{
	const struct iotguard_inventory *inv = b->inv;
	size_t at = 0;

	for (size_t i = 0; i < inv->n_segments; i++) {
		const struct ig_segment *segment = &inv->segments[i];
		struct ig_dict_segment entry = {
			.name = ig_dict_put_string(b, segment->name),
			.unknown = segment->unknown_devices,
			.infrastructure = segment->infrastructure,
			.vlan = {segment->vlan[0], segment->vlan[1]},
			.mode = segment->mode == IG_UNSET ? inv->default_mode : segment->mode,
			.dns = segment->dns == IG_UNSET ? inv->default_dns : segment->dns,
			.discovery = segment->discovery == IG_UNSET ? inv->default_discovery
								    : segment->discovery,
			.networks = ig_dict_put_networks(b, segment->networks, segment->n_networks),
		};

		ig_dict_put(b, &b->header.segments, i, &entry, sizeof(entry));
		for (size_t k = 0; k < segment->n_interfaces; k++, at++) {
			struct ig_dict_interface interface = {
				.name = ig_dict_put_string(b, segment->interfaces[k]),
				.segment = i,
			};

			ig_dict_put(b, &b->header.interfaces, at, &interface, sizeof(interface));
		}
	}
}

static size_t total_interfaces(const struct iotguard_inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->n_segments; i++)
		n += inv->segments[i].n_interfaces;
	return n;
}

/* The bytes become the pool's. A dictionary begins at block 0, which pools otherwise leave alone. */
static int store(struct ig_pool *pool, struct ig_dict_builder *b)
{
	reserve(b, sizeof(struct ig_block) - b->size % sizeof(struct ig_block));
	if (b->err)
		return b->err;
	ig_pool_clear(pool);
	*pool = (struct ig_pool){
		.blocks = (struct ig_block *)take_ptr(b->bytes),
		.count = b->size / sizeof(struct ig_block),
		.capacity = b->capacity / sizeof(struct ig_block),
	};
	return 0;
}

static void put_all(struct ig_dict_builder *b)
{
	const struct iotguard_inventory *inv = b->inv;
	struct ig_dict_header *header = &b->header;
	_free_ uint32_t *holders = holders_of_lists(b);
	size_t n_rules = place_rules(b);

	reserve(b, sizeof(*header));
	header->devices = ig_dict_section(b, inv->n_machines, sizeof(struct ig_dict_device));
	header->lists = ig_dict_section(b, b->resolved->n_lists, sizeof(struct ig_dict_list));
	header->parts = ig_dict_section(b, count_parts(b, holders), sizeof(struct ig_dict_run));
	header->rules = ig_dict_section(b, n_rules, sizeof(struct ig_dict_rule));
	header->segments = ig_dict_section(b, inv->n_segments, sizeof(struct ig_dict_segment));
	header->interfaces =
		ig_dict_section(b, total_interfaces(inv), sizeof(struct ig_dict_interface));
	ig_dict_facts_sections(b);
	header->strings.at = b->size;
	header->path = ig_dict_put_string(b, inv->path);
	header->gateway = ig_dict_put_string(b, inv->gateway.name);
	if (b->err)
		return;
	put_devices(b);
	put_rules(b);
	put_lists(b, holders);
	put_segments(b);
	ig_dict_facts_put(b);
	header->strings.count = b->size - header->strings.at;
}

int ig_dictionary_build(struct ig_pool *pool, const struct iotguard_inventory *inv,
			const struct ig_resolved *resolved, const uint32_t *indices,
			uint32_t n_policies, uint32_t n_rules)
{
	_cleanup_(builder_free) struct ig_dict_builder b = {
		.inv = inv,
		.resolved = resolved,
		.indices = indices,
		.header =
			{
				.magic = IG_DICT_MAGIC,
				.abi = IG_ABI,
				.n_policies = n_policies,
				.n_rules = n_rules,
				.n_ending = ig_rules_ending(inv, NULL),
			},
	};

	memcpy(b.header.inventory, inv->sha256, sizeof(b.header.inventory));
	put_all(&b);
	if (b.err)
		return b.err;
	memcpy(b.bytes, &b.header, sizeof(b.header));
	return store(pool, &b);
}

/* --- the same for machines in other places --- */

/* Moves entry @position, which is that of machine @i. */
static void move_device(struct ig_dict_device *devices, const struct ig_dictionary *from,
			size_t position, const uint32_t *moved)
{
	const struct ig_dict_device *router;

	devices[position].index = moved[position];
	router = ig_dict_device_find(from, devices[position].router_index);
	if (router)
		devices[position].router_index = moved[router - ig_dict_device_at(from, 0)];
}

static void move_member(struct ig_dict_member *member, const struct ig_dictionary *from,
			const uint32_t *moved)
{
	const struct ig_dict_device *device = ig_dict_device_find(from, member->machine);

	if (device)
		member->machine = moved[device - ig_dict_device_at(from, 0)];
}

/* @moved: the index that the device of each entry gets. */
static int move_all(uint8_t *bytes, const struct ig_dictionary *from, const uint32_t *before,
		    const uint32_t *to, size_t n)
{
	struct ig_dict_device *devices = (struct ig_dict_device *)(bytes + from->header.devices.at);
	struct ig_dict_member *members = (struct ig_dict_member *)(bytes + from->header.members.at);
	_free_ uint32_t *moved = calloc(n ? n : 1, sizeof(*moved));

	if (!moved)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct ig_dict_device *device = ig_dict_device_find(from, before[i]);

		if (!device)
			return -EPROTO;
		moved[device - ig_dict_device_at(from, 0)] = to[i];
	}
	for (size_t i = 0; i < n; i++)
		move_device(devices, from, i, moved);
	for (uint32_t i = 0; i < from->header.members.count; i++)
		move_member(&members[i], from, moved);
	qsort(devices, n, sizeof(*devices), compare_devices);
	return 0;
}

int ig_dictionary_move(struct ig_pool *pool, const struct ig_pool *from, const uint32_t *before,
		       const uint32_t *to, size_t n)
{
	struct ig_dictionary dict;
	int err = ig_dictionary_open(&dict, from->blocks, from->count * sizeof(struct ig_block));

	if (err)
		return err;
	ig_pool_clear(pool);
	if (!memcmp(before, to, n * sizeof(*before))) {
		*pool = *from;
		pool->borrowed = true;
		return 0;
	}
	if (ig_pool_take(pool, from->count - 1) == UINT32_MAX)
		return -ENOMEM;
	memcpy(pool->blocks, from->blocks, from->count * sizeof(struct ig_block));
	return move_all((uint8_t *)pool->blocks, &dict, before, to, n);
}

/* --- reading --- */

static bool span_fits(const struct ig_dictionary *dict, const struct ig_dict_span *span,
		      size_t size)
{
	return span->at <= dict->size && span->count <= (dict->size - span->at) / size &&
	       span->at % 4 == 0;
}

static bool sections_fit(const struct ig_dictionary *dict)
{
	const struct ig_dict_header *header = &dict->header;

	return span_fits(dict, &header->devices, sizeof(struct ig_dict_device)) &&
	       span_fits(dict, &header->lists, sizeof(struct ig_dict_list)) &&
	       span_fits(dict, &header->parts, sizeof(struct ig_dict_run)) &&
	       span_fits(dict, &header->rules, sizeof(struct ig_dict_rule)) &&
	       span_fits(dict, &header->segments, sizeof(struct ig_dict_segment)) &&
	       span_fits(dict, &header->interfaces, sizeof(struct ig_dict_interface)) &&
	       span_fits(dict, &header->profiles, sizeof(struct ig_dict_profile)) &&
	       span_fits(dict, &header->groups, sizeof(struct ig_dict_group)) &&
	       span_fits(dict, &header->members, sizeof(struct ig_dict_member)) &&
	       span_fits(dict, &header->addresses, sizeof(struct ig_dict_address)) &&
	       span_fits(dict, &header->networks, sizeof(struct ig_dict_network)) &&
	       span_fits(dict, &header->macs, sizeof(struct ig_dict_mac));
}

int ig_dictionary_open(struct ig_dictionary *dict, const void *bytes, size_t size)
{
	const struct ig_dict_header *header = &dict->header;

	*dict = (struct ig_dictionary){.bytes = bytes, .size = size};
	if (size < sizeof(dict->header))
		return -EPROTO;
	memcpy(&dict->header, bytes, sizeof(dict->header));
	if (header->magic != IG_DICT_MAGIC || header->abi != IG_ABI || !sections_fit(dict))
		return -EPROTO;
	/* every string ends inside */
	if (header->strings.at >= size || header->strings.count > size - header->strings.at ||
	    !header->strings.count || dict->bytes[header->strings.at + header->strings.count - 1])
		return -EPROTO;
	return 0;
}

const char *ig_dict_string(const struct ig_dictionary *dict, uint32_t at)
{
	const struct ig_dict_span *strings = &dict->header.strings;

	if (at < strings->at || at >= strings->at + strings->count)
		return "";
	return (const char *)dict->bytes + at;
}

const void *ig_dict_entry(const struct ig_dictionary *dict, const struct ig_dict_span *span,
			  uint32_t i, size_t size)
{
	return i < span->count ? dict->bytes + span->at + i * size : NULL;
}

const struct ig_dict_device *ig_dict_device_at(const struct ig_dictionary *dict, uint32_t position)
{
	return ig_dict_entry(dict, &dict->header.devices, position, sizeof(struct ig_dict_device));
}

const struct ig_dict_interface *ig_dict_interface_at(const struct ig_dictionary *dict,
						     uint32_t position)
{
	return ig_dict_entry(dict, &dict->header.interfaces, position,
			     sizeof(struct ig_dict_interface));
}

const struct ig_dict_device *ig_dict_device_named(const struct ig_dictionary *dict,
						  const char *name)
{
	const struct ig_dict_device *device;

	for (uint32_t i = 0; (device = ig_dict_device_at(dict, i)); i++) {
		if (!strcmp(ig_dict_string(dict, device->name), name))
			return device;
	}
	return NULL;
}

const struct ig_dict_device *ig_dict_device_find(const struct ig_dictionary *dict, uint32_t index)
{
	uint32_t low = 0, high = dict->header.devices.count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct ig_dict_device *device = ig_dict_device_at(dict, middle);

		if (device->index == index)
			return device;
		if (device->index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *ig_dict_segment_name(const struct ig_dictionary *dict, uint32_t position)
{
	const struct ig_dict_segment *segment = ig_dict_entry(
		dict, &dict->header.segments, position, sizeof(struct ig_dict_segment));

	return segment ? ig_dict_string(dict, segment->name) : NULL;
}

static const struct ig_dict_rule *rule_at(const struct ig_dictionary *dict,
					  const struct ig_dict_run *part, uint32_t id)
{
	uint32_t last;

	if (__builtin_add_overflow(part->first, id, &last))
		return NULL;
	return ig_dict_entry(dict, &dict->header.rules, last, sizeof(struct ig_dict_rule));
}

const struct ig_dict_rule *ig_dict_rule_of(const struct ig_dictionary *dict,
					   const struct ig_dict_device *device, uint32_t id)
{
	const struct ig_dict_list *list;
	const struct ig_dict_run *part;

	list = ig_dict_entry(dict, &dict->header.lists, device->list, sizeof(*list));
	if (!list || id >= list->count || list->n_parts > IG_DICT_PARTS_MAX)
		return NULL;
	for (uint32_t i = 0; i < list->n_parts; i++) {
		part = list->first > UINT32_MAX - i ? NULL
						    : ig_dict_entry(dict, &dict->header.parts,
								    list->first + i, sizeof(*part));
		if (!part)
			return NULL;
		if (id < part->count)
			return rule_at(dict, part, id);
		id -= part->count;
	}
	return NULL;
}

uint32_t ig_dict_rule_count(const struct ig_dictionary *dict, const struct ig_dict_device *device)
{
	const struct ig_dict_list *list =
		ig_dict_entry(dict, &dict->header.lists, device->list, sizeof(*list));

	/* a list that lies cannot make a reader count more than there are */
	return list && list->count <= dict->header.rules.count ? list->count : 0;
}
