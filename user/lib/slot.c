/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "index.h"
#include "map_rows.h"
#include "slot.h"
#include "util.h"

int ig_slot_store(struct ig_object *object, enum ig_map map, uint32_t slot, int inner)
{
	int err;

	if (inner < 0)
		return inner;
	err = ig_object_set_slot(object, slot, map, inner);
	if (!err && bpf_map_update_elem(object->maps[map], &slot, &inner, BPF_ANY))
		err = -errno;
	return err;
}

/* --- how large --- */

/* Room for the next changes, which then need no new map and no grace period. */
static uint32_t with_room(size_t needed)
{
	return needed + needed / 8 + 8;
}

/* Of the map that is there. 0: there is none that could be changed in place. */
static uint32_t room_in(int fd, size_t needed)
{
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) || info.max_entries < needed)
		return 0;
	return info.max_entries / 4 > with_room(needed) ? 0 : info.max_entries;
}

/* --- rows of a hash or trie --- */

struct rows {
	enum bpf_map_type type;
	const char *name;
	uint8_t *keys;
	uint8_t *values;
	size_t count;
	size_t key_size;
	size_t value_size;
	struct ig_index *index; /* of the keys; the last row of a key counts */
};

static void rows_free(struct rows *rows)
{
	free(rows->keys);
	free(rows->values);
	ig_index_free(rows->index);
}

static int rows_make(struct rows *rows, const char *name, size_t max, size_t key_size,
		     size_t value_size)
{
	*rows = (struct rows){
		.type = BPF_MAP_TYPE_HASH,
		.name = name,
		.keys = calloc(max ? max : 1, key_size),
		.values = calloc(max ? max : 1, value_size),
		.key_size = key_size,
		.value_size = value_size,
		.index = ig_index_new(),
	};
	return rows->keys && rows->values && rows->index ? 0 : -ENOMEM;
}

static const void *row_key(const struct rows *rows, size_t i)
{
	return rows->keys + i * rows->key_size;
}

static void *row_value(const struct rows *rows, size_t i)
{
	return rows->values + i * rows->value_size;
}

static int rows_add(struct rows *rows, const void *key, const void *value)
{
	size_t at = rows->count;
	int err;

	memcpy(rows->keys + at * rows->key_size, key, rows->key_size);
	err = ig_index_add(rows->index, 0, row_key(rows, at), rows->key_size, at, &at);
	if (err && err != -EEXIST)
		return err;
	memcpy(row_value(rows, at), value, rows->value_size);
	rows->count += !err;
	return 0;
}

static int make_map(const struct rows *rows)
{
	DECLARE_LIBBPF_OPTS(bpf_map_create_opts, opts);
	uint32_t count = rows->count;
	_close_ int fd = -1;

	if (rows->type == BPF_MAP_TYPE_LPM_TRIE)
		opts.map_flags = BPF_F_NO_PREALLOC;
	fd = bpf_map_create(rows->type, rows->name, rows->key_size, rows->value_size,
			    with_room(count), &opts);
	if (fd < 0)
		return -errno;
	if (count && bpf_map_update_batch(fd, rows->keys, rows->values, &count, NULL))
		return -errno;
	return take_fd(fd);
}

/* Deletes rows that are in @there and not wanted any more, and notes those that are right already. */
static int delete_others(int fd, const struct rows *rows, const struct ig_map_rows *there,
			 bool *right)
{
	for (size_t i = 0; i < there->count; i++) {
		const void *key = ig_map_rows_key(there, i);
		size_t at = ig_index_find(rows->index, 0, key, rows->key_size);

		if (at == IG_INDEX_NONE) {
			if (bpf_map_delete_elem(fd, key))
				return -errno;
			continue;
		}
		right[at] =
			!memcmp(ig_map_rows_value(there, i), row_value(rows, at), rows->value_size);
	}
	return 0;
}

/* All of them with one system call: a rule more moves the tables of every policy behind it. */
static int update_others(int fd, struct rows *rows, const bool *right)
{
	uint32_t n = 0;

	for (size_t i = 0; i < rows->count; i++) {
		if (right[i])
			continue;
		memmove(rows->keys + n * rows->key_size, row_key(rows, i), rows->key_size);
		memmove(row_value(rows, n++), row_value(rows, i), rows->value_size);
	}
	return n && bpf_map_update_batch(fd, rows->keys, rows->values, &n, NULL) ? -errno : 0;
}

/* @rows are spent afterwards. */
static int change_map(int fd, struct rows *rows)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows there = {};
	_free_ bool *right = calloc(rows->count ? rows->count : 1, sizeof(*right));
	int err = right ? ig_map_rows_read(fd, 0, &there) : -ENOMEM;

	err = err ?: delete_others(fd, rows, &there, right);
	return err ?: update_others(fd, rows, right);
}

static int put_rows(struct ig_object *object, enum ig_map map, uint32_t slot, struct rows *rows)
{
	int fd = object->slots[slot][map];

	if (room_in(fd, rows->count))
		return change_map(fd, rows);
	return ig_slot_store(object, map, slot, make_map(rows));
}

static int fill_devices(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	_cleanup_(rows_free) struct rows rows;
	int err = rows_make(&rows, "ig_devices_slot", image->n_devices, sizeof(struct ig_mac),
			    sizeof(struct ig_device));

	for (size_t i = 0; i < image->n_devices && !err; i++)
		err = rows_add(&rows, &image->devices[i].mac, &image->devices[i].device);
	return err ?: put_rows(object, IG_MAP_devices, slot, &rows);
}

static int fill_addresses(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	_cleanup_(rows_free) struct rows rows;
	int err = rows_make(&rows, "ig_addrs_slot", image->n_addresses, sizeof(struct ig_addr),
			    sizeof(uint32_t));

	for (size_t i = 0; i < image->n_addresses && !err; i++)
		err = rows_add(&rows, &image->addresses[i].addr, &image->addresses[i].holder);
	return err ?: put_rows(object, IG_MAP_addresses, slot, &rows);
}

static int fill_networks(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	_cleanup_(rows_free) struct rows rows;
	int err = rows_make(&rows, "ig_nets_slot", image->n_networks, sizeof(struct ig_network_key),
			    sizeof(struct ig_network));

	rows.type = BPF_MAP_TYPE_LPM_TRIE;
	for (size_t i = 0; i < image->n_networks && !err; i++)
		err = rows_add(&rows, &image->networks[i].key, &image->networks[i].network);
	return err ?: put_rows(object, IG_MAP_networks, slot, &rows);
}

static int fill_services(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	_cleanup_(rows_free) struct rows rows;
	uint32_t one = 1;
	int err = rows_make(&rows, "ig_svcs_slot", image->n_services, sizeof(struct ig_service_key),
			    sizeof(one));

	for (size_t i = 0; i < image->n_services && !err; i++)
		err = rows_add(&rows, &image->services[i], &one);
	return err ?: put_rows(object, IG_MAP_services, slot, &rows);
}

static int fill_ports(struct ig_object *object, const struct ig_image *image, uint32_t slot,
		      ig_ifindex_fn ifindex, void *context)
{
	_cleanup_(rows_free) struct rows rows;
	int err = rows_make(&rows, "ig_ports_slot", image->n_ports, sizeof(struct ig_port_key),
			    sizeof(struct ig_port));

	for (size_t i = 0; i < image->n_ports && !err; i++) {
		const struct ig_image_port *port = &image->ports[i];
		struct ig_port_key key = {
			.ifindex = ifindex && port->interface ? ifindex(port->interface, context)
							      : 0,
			.vlan = {port->vlan[0], port->vlan[1]},
		};

		if (key.ifindex || !port->interface)
			err = rows_add(&rows, &key, &port->port);
	}
	return err ?: put_rows(object, IG_MAP_ports, slot, &rows);
}

static int fill_patterns(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	_cleanup_(rows_free) struct rows rows;
	int err = rows_make(&rows, "ig_pats_slot", image->n_patterns, sizeof(struct ig_name_key),
			    sizeof(uint32_t));

	rows.type = BPF_MAP_TYPE_LPM_TRIE;
	for (size_t i = 0; i < image->n_patterns && !err; i++) {
		uint32_t number = i + 1;

		err = rows_add(&rows, &image->patterns[i], &number);
	}
	return err ?: put_rows(object, IG_MAP_patterns, slot, &rows);
}

/* --- blocks --- */

static int make_blocks(size_t needed)
{
	DECLARE_LIBBPF_OPTS(bpf_map_create_opts, opts,
			    .map_flags = BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "ig_blocks_slot", sizeof(uint32_t),
				sizeof(struct ig_block), with_room(needed), &opts);

	return fd < 0 ? -errno : fd;
}

static struct ig_block *map_blocks(int fd, size_t n)
{
	void *blocks =
		mmap(NULL, n * sizeof(struct ig_block), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return blocks == MAP_FAILED ? NULL : blocks;
}

/* Only what differs is written: the rest stays in the caches of whoever read it. */
static void copy_blocks(struct ig_block *to, const struct ig_block *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (memcmp(&to[i], &from[i], sizeof(*to)))
			to[i] = from[i];
	}
}

/*
 * A reader of the dictionary copies it while it may be written here, and knows by the generation in its header,
 * before and after, that it was not: so that is the first to go and the last to come. @header: NULL for other maps.
 */
static int write_blocks(int fd, const struct ig_pool *pool, const struct ig_dict_header *header)
{
	size_t n = pool->count ? pool->count : 1;
	struct ig_block *blocks = map_blocks(fd, n);
	struct ig_dict_header *there = (struct ig_dict_header *)blocks;
	size_t at = header ? sizeof(*header) / sizeof(*blocks) : 0;

	if (!blocks)
		return -errno;
	if (header)
		__atomic_store_n(&there->generation, 0, __ATOMIC_SEQ_CST);
	if (pool->count)
		copy_blocks(blocks + at, pool->blocks + at, pool->count - at);
	if (header) {
		struct ig_dict_header unsaid = *header;

		unsaid.generation = 0;
		*there = unsaid;
		__atomic_store_n(&there->generation, header->generation, __ATOMIC_SEQ_CST);
	}
	munmap(blocks, n * sizeof(*blocks));
	return 0;
}

static int put_blocks(struct ig_object *object, enum ig_map map, uint32_t slot,
		      const struct ig_pool *pool, const struct ig_dict_header *header)
{
	_close_ int fresh = -1;
	int err;

	if (room_in(object->slots[slot][map], pool->count))
		return write_blocks(object->slots[slot][map], pool, header);
	fresh = make_blocks(pool->count);
	if (fresh < 0)
		return fresh;
	err = write_blocks(fresh, pool, header);
	return err ?: ig_slot_store(object, map, slot, take_fd(fresh));
}

static int fill_dictionary(struct ig_object *object, const struct ig_image *image,
			   uint64_t generation)
{
	struct ig_dict_header header;

	_Static_assert(sizeof(header) % sizeof(struct ig_block) == 0, "whole blocks");
	memcpy(&header, image->dictionary.blocks, sizeof(header));
	header.generation = generation;
	header.applied_at = time(NULL);
	ig_image_digest(image, header.image);
	return put_blocks(object, IG_MAP_dictionary, generation % IG_SLOTS, &image->dictionary,
			  &header);
}

int ig_slot_fill(struct ig_object *object, const struct ig_image *image, uint64_t generation,
		 ig_ifindex_fn ifindex, void *context)
{
	uint32_t slot = generation % IG_SLOTS;
	int err = fill_devices(object, image, slot);

	err = err ?: fill_addresses(object, image, slot);
	err = err ?: fill_networks(object, image, slot);
	err = err ?: fill_services(object, image, slot);
	err = err ?: fill_patterns(object, image, slot);
	err = err ?: fill_ports(object, image, slot, ifindex, context);
	err = err ?: put_blocks(object, IG_MAP_policy, slot, &image->policy, NULL);
	return err ?: fill_dictionary(object, image, generation);
}
