/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "dictionary.h"
#include "index.h"
#include "util.h"

_Static_assert(sizeof(struct ig_dict_header) == 192, "a dictionary's header has 192 bytes");

/* --- writing --- */

struct builder {
	uint8_t *bytes;
	size_t size;
	size_t capacity;
	struct ig_index *index; /* strings that are in already */
	char **texts;		/* the index's keys */
	size_t n_texts, texts_capacity;
	uint32_t strings; /* where they begin */
	int err;
};

static void builder_free(struct builder *b)
{
	for (size_t i = 0; i < b->n_texts; i++)
		free(b->texts[i]);
	free(b->texts);
	free(b->bytes);
	ig_index_free(b->index);
}

/* Room for @size bytes, zeroed; offset of it. On failure b->err is set and 0 returned. */
static uint32_t reserve(struct builder *b, size_t size)
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
		memset(bytes + b->capacity, 0, capacity - b->capacity);
		b->bytes = bytes;
		b->capacity = capacity;
	}
	b->size = wanted;
	return at;
}

static uint32_t new_string(struct builder *b, const char *text, size_t length)
{
	uint32_t at = reserve(b, length + 1);
	char *copy;

	if (b->err)
		return 0;
	memcpy(b->bytes + at, text, length + 1);
	copy = strdup(text);
	if (!copy || !ig_grow(&b->texts, b->n_texts, &b->texts_capacity, sizeof(*b->texts))) {
		free(copy);
		b->err = -ENOMEM;
		return 0;
	}
	b->texts[b->n_texts++] = copy;
	if (ig_index_add(b->index, 0, copy, length, at, NULL))
		b->err = -ENOMEM;
	return at;
}

/* Strings are put behind everything else as they are needed; each once. */
static uint32_t string(struct builder *b, const char *text)
{
	size_t length, at;

	if (!text || b->err)
		return 0;
	length = strlen(text);
	at = ig_index_find(b->index, 0, text, length);
	return at != IG_INDEX_NONE ? at : new_string(b, text, length);
}

static size_t total_rules(const struct ig_resolved *resolved)
{
	size_t n = 0;

	for (size_t i = 0; i < resolved->n_lists; i++)
		n += resolved->lists[i].count;
	return n;
}

static void put(struct builder *b, const struct ig_dict_span *span, size_t i, const void *entry,
		size_t size)
{
	if (!b->err)
		memcpy(b->bytes + span->at + i * size, entry, size);
}

/* A rule has the place and the words that people know it by, and the side that it is asked on. */
static void put_rules(struct builder *b, const struct ig_dict_header *header,
		      const struct iotguard_inventory *inv, const struct ig_resolved *resolved)
{
	_free_ char *text = malloc(8192);
	uint32_t at = 0;

	if (!text) {
		b->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < resolved->n_lists; i++) {
		const struct ig_rule_list *list = &resolved->lists[i];
		struct ig_dict_list entry = {.first = at, .count = list->count};

		put(b, &header->lists, i, &entry, sizeof(entry));
		for (size_t k = 0; k < list->count; k++, at++) {
			const struct ig_rule *rule =
				ig_management_written(&resolved->management, inv, list->rules[k]);
			struct ig_dict_rule r = {
				.line = rule->loc.line,
				.column = rule->loc.column,
				.from = list->rules[k]->side == IG_RULE_FROM,
			};

			ig_rule_print(rule, text, 8192);
			r.text = string(b, text);
			r.file = string(b, rule->loc.file);
			put(b, &header->rules, at, &r, sizeof(r));
		}
	}
}

static int compare_devices(const void *a, const void *b)
{
	const struct ig_dict_device *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

static void put_devices(struct builder *b, const struct ig_dict_header *header,
			const struct iotguard_inventory *inv, const struct ig_resolved *resolved,
			const uint32_t *indices)
{
	for (size_t i = 0; i < inv->n_machines; i++) {
		const struct ig_machine *m = &inv->machines[i];
		struct ig_dict_device entry = {
			.index = indices[i],
			.name = string(b, m->name),
			.profile = m->profile ? string(b, m->profile->name) : 0,
			.segment = m->segment - inv->segments,
			.list = resolved->list_of[i],
			.router = m->router ? string(b, m->router->name) : 0,
			.host = m->host,
			.trusted = m->trusted,
			.environment = ig_machine_environment(m),
			.criticality = ig_machine_criticality(m),
			.mode = ig_machine_mode(inv, m),
		};

		memcpy(entry.mac, m->mac, 6);
		put(b, &header->devices, i, &entry, sizeof(entry));
	}
	if (!b->err)
		qsort(b->bytes + header->devices.at, inv->n_machines, sizeof(struct ig_dict_device),
		      compare_devices);
}

static void put_segments(struct builder *b, const struct ig_dict_header *header,
			 const struct iotguard_inventory *inv)
{
	size_t at = 0;

	for (size_t i = 0; i < inv->n_segments; i++) {
		const struct ig_segment *segment = &inv->segments[i];
		struct ig_dict_segment entry = {
			.name = string(b, segment->name),
			.unknown = segment->unknown_devices,
		};

		put(b, &header->segments, i, &entry, sizeof(entry));
		for (size_t k = 0; k < segment->n_interfaces; k++, at++) {
			struct ig_dict_interface interface = {
				.name = string(b, segment->interfaces[k]),
				.segment = i,
			};

			put(b, &header->interfaces, at, &interface, sizeof(interface));
		}
	}
}

static uint32_t count_ending(const struct iotguard_inventory *inv)
{
	uint32_t n = ig_rules_ending(&inv->gateway.management, NULL);

	for (size_t i = 0; i < inv->n_machines; i++)
		n += ig_rules_ending(&inv->machines[i].rules, NULL);
	for (size_t i = 0; i < inv->n_profiles; i++)
		n += ig_rules_ending(&inv->profiles[i].rules, NULL);
	return n;
}

static struct ig_dict_span section(struct builder *b, size_t count, size_t size)
{
	return (struct ig_dict_span){.at = reserve(b, count * size), .count = count};
}

static size_t total_interfaces(const struct iotguard_inventory *inv)
{
	size_t n = 0;

	for (size_t i = 0; i < inv->n_segments; i++)
		n += inv->segments[i].n_interfaces;
	return n;
}

static int store(struct ig_pool *pool, const struct builder *b)
{
	uint32_t at;

	ig_pool_clear(pool);
	at = ig_pool_take(pool, b->size / sizeof(struct ig_block) + 1);
	if (at == UINT32_MAX)
		return -ENOMEM;
	/* a dictionary begins at block 0, which pools otherwise leave alone */
	memcpy(pool->blocks, b->bytes, b->size);
	return 0;
}

int ig_dictionary_build(struct ig_pool *pool, const struct iotguard_inventory *inv,
			const struct ig_resolved *resolved, const uint32_t *indices,
			uint32_t n_policies, uint32_t n_rules)
{
	_cleanup_(builder_free) struct builder b = {.index = ig_index_new()};
	struct ig_dict_header header = {
		.magic = IG_DICT_MAGIC,
		.abi = IG_ABI,
		.n_policies = n_policies,
		.n_rules = n_rules,
		.n_ending = count_ending(inv),
	};

	if (!b.index)
		return -ENOMEM;
	reserve(&b, sizeof(header));
	header.devices = section(&b, inv->n_machines, sizeof(struct ig_dict_device));
	header.lists = section(&b, resolved->n_lists, sizeof(struct ig_dict_list));
	header.rules = section(&b, total_rules(resolved), sizeof(struct ig_dict_rule));
	header.segments = section(&b, inv->n_segments, sizeof(struct ig_dict_segment));
	header.interfaces = section(&b, total_interfaces(inv), sizeof(struct ig_dict_interface));
	header.strings.at = b.size;
	memcpy(header.inventory, inv->sha256, sizeof(header.inventory));
	header.path = string(&b, inv->path);
	header.gateway = string(&b, inv->gateway.name);
	put_devices(&b, &header, inv, resolved, indices);
	put_rules(&b, &header, inv, resolved);
	put_segments(&b, &header, inv);
	if (b.err)
		return b.err;
	header.strings.count = b.size - header.strings.at;
	memcpy(b.bytes, &header, sizeof(header));
	return store(pool, &b);
}

/* --- reading --- */

static bool span_fits(const struct ig_dictionary *dict, const struct ig_dict_span *span,
		      size_t size)
{
	return span->at <= dict->size && span->count <= (dict->size - span->at) / size &&
	       span->at % 4 == 0;
}

int ig_dictionary_open(struct ig_dictionary *dict, const void *bytes, size_t size)
{
	const struct ig_dict_header *header = &dict->header;

	*dict = (struct ig_dictionary){.bytes = bytes, .size = size};
	if (size < sizeof(dict->header))
		return -EPROTO;
	memcpy(&dict->header, bytes, sizeof(dict->header));
	if (header->magic != IG_DICT_MAGIC || header->abi != IG_ABI ||
	    !span_fits(dict, &header->devices, sizeof(struct ig_dict_device)) ||
	    !span_fits(dict, &header->lists, sizeof(struct ig_dict_list)) ||
	    !span_fits(dict, &header->rules, sizeof(struct ig_dict_rule)) ||
	    !span_fits(dict, &header->segments, sizeof(struct ig_dict_segment)) ||
	    !span_fits(dict, &header->interfaces, sizeof(struct ig_dict_interface)))
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

static const void *entry_at(const struct ig_dictionary *dict, const struct ig_dict_span *span,
			    uint32_t i, size_t size)
{
	return i < span->count ? dict->bytes + span->at + i * size : NULL;
}

const struct ig_dict_device *ig_dict_device_at(const struct ig_dictionary *dict, uint32_t position)
{
	return entry_at(dict, &dict->header.devices, position, sizeof(struct ig_dict_device));
}

const struct ig_dict_interface *ig_dict_interface_at(const struct ig_dictionary *dict,
						     uint32_t position)
{
	return entry_at(dict, &dict->header.interfaces, position, sizeof(struct ig_dict_interface));
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
	const struct ig_dict_segment *segment =
		entry_at(dict, &dict->header.segments, position, sizeof(struct ig_dict_segment));

	return segment ? ig_dict_string(dict, segment->name) : NULL;
}

const struct ig_dict_rule *ig_dict_rule_of(const struct ig_dictionary *dict,
					   const struct ig_dict_device *device, uint32_t id)
{
	const struct ig_dict_list *list;

	list = entry_at(dict, &dict->header.lists, device->list, sizeof(*list));
	if (!list || id >= list->count)
		return NULL;
	return entry_at(dict, &dict->header.rules, list->first + id, sizeof(struct ig_dict_rule));
}

uint32_t ig_dict_rule_count(const struct ig_dictionary *dict, const struct ig_dict_device *device)
{
	const struct ig_dict_list *list =
		entry_at(dict, &dict->header.lists, device->list, sizeof(*list));

	/* a list that lies cannot make a reader count more than there are */
	return list && list->count <= dict->header.rules.count ? list->count : 0;
}
