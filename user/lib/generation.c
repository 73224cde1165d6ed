/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "generation.h"
#include "util.h"

uint64_t ig_generation_now(const struct ig_object *object)
{
	struct ig_control control;

	if (object->control)
		return __atomic_load_n(&object->control->generation, __ATOMIC_ACQUIRE);
	return ig_object_control(object, &control) ? 0 : control.generation;
}

uint64_t ig_generation_flip(const struct ig_object *object)
{
	uint64_t next = ig_generation_now(object) + 1;

	__atomic_store_n(&object->control->generation, next, __ATOMIC_RELEASE);
	return next;
}

/* Storing into an outer map waits for a grace period, whatever is stored: here what is there
 * already. */
void ig_generation_settle(const struct ig_object *object)
{
	uint32_t slot = ig_generation_now(object) % IG_SLOTS;
	int fd = object->slots[slot][IG_MAP_dictionary];

	if (fd >= 0)
		bpf_map_update_elem(object->maps[IG_MAP_dictionary], &slot, &fd, BPF_ANY);
}

/* --- inner maps --- */

struct rows { /* of a hash to be */
	uint8_t *keys;
	uint8_t *values;
	size_t count;
	size_t key_size;
	size_t value_size;
};

static void rows_free(struct rows *rows)
{
	free(rows->keys);
	free(rows->values);
}

static int rows_make(struct rows *rows, size_t max, size_t key_size, size_t value_size)
{
	*rows = (struct rows){
		.keys = calloc(max ? max : 1, key_size),
		.values = calloc(max ? max : 1, value_size),
		.key_size = key_size,
		.value_size = value_size,
	};
	return rows->keys && rows->values ? 0 : -ENOMEM;
}

static void rows_add(struct rows *rows, const void *key, const void *value)
{
	memcpy(rows->keys + rows->count * rows->key_size, key, rows->key_size);
	memcpy(rows->values + rows->count * rows->value_size, value, rows->value_size);
	rows->count++;
}

static int make_hash(const char *name, const struct rows *rows)
{
	uint32_t count = rows->count;
	_close_ int fd = bpf_map_create(BPF_MAP_TYPE_HASH, name, rows->key_size, rows->value_size,
					count ? count : 1, NULL);

	if (fd < 0)
		return -errno;
	if (count && bpf_map_update_batch(fd, rows->keys, rows->values, &count, NULL))
		return -errno;
	return take_fd(fd);
}

static int make_blocks(const char *name, const struct ig_pool *pool,
		       const struct ig_dict_header *header)
{
	DECLARE_LIBBPF_OPTS(bpf_map_create_opts, opts,
			    .map_flags = BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	size_t n = pool->count ? pool->count : 1, bytes = n * sizeof(struct ig_block);
	_close_ int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
					sizeof(struct ig_block), n, &opts);
	void *blocks;

	if (fd < 0)
		return -errno;
	blocks = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (blocks == MAP_FAILED)
		return -errno;
	if (pool->count)
		memcpy(blocks, pool->blocks, bytes);
	if (header)
		memcpy(blocks, header, sizeof(*header));
	munmap(blocks, bytes);
	return take_fd(fd);
}

/* Takes an inner map (or the error that made none) into the slot: first its pin, then the outer
 * map. */
static int store(struct ig_object *object, enum ig_map map, uint32_t slot, int inner)
{
	int err;

	if (inner < 0)
		return inner;
	err = ig_object_set_slot(object, slot, map, inner);
	if (!err && bpf_map_update_elem(object->maps[map], &slot, &inner, BPF_ANY))
		err = -errno;
	return err;
}

int ig_generation_adopt(struct ig_object *now, const struct ig_object *old)
{
	uint64_t generation = ig_generation_now(old);
	uint32_t slot = generation % IG_SLOTS;

	for (int map = 0; map < IG_MAP_SLOTTED && generation; map++) {
		int fd = fcntl(old->slots[slot][map], F_DUPFD_CLOEXEC, 3);
		int err = fd < 0 ? -errno : store(now, map, slot, fd);

		if (err)
			return err;
	}
	now->control->clock_right = old->control->clock_right;
	now->control->settling_until_ns = old->control->settling_until_ns;
	__atomic_store_n(&now->control->generation, generation, __ATOMIC_RELEASE);
	return 0;
}

/* --- from an image to rows --- */

static int write_devices(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	_cleanup_(rows_free) struct rows rows;

	if (rows_make(&rows, image->n_devices, sizeof(struct ig_mac), sizeof(struct ig_device)))
		return -ENOMEM;
	for (size_t i = 0; i < image->n_devices; i++)
		rows_add(&rows, &image->devices[i].mac, &image->devices[i].device);
	return store(object, IG_MAP_devices, slot, make_hash("ig_devices_slot", &rows));
}

static int write_addresses(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	_cleanup_(rows_free) struct rows rows;

	if (rows_make(&rows, image->n_addresses, sizeof(struct ig_addr), sizeof(uint32_t)))
		return -ENOMEM;
	for (size_t i = 0; i < image->n_addresses; i++)
		rows_add(&rows, &image->addresses[i].addr, &image->addresses[i].holder);
	return store(object, IG_MAP_addresses, slot, make_hash("ig_addrs_slot", &rows));
}

/* A network that is there twice is one. */
static int write_networks(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	DECLARE_LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	_close_ int fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "ig_nets_slot",
					sizeof(struct ig_network_key), sizeof(struct ig_network),
					image->n_networks ? image->n_networks : 1, &opts);

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < image->n_networks; i++) {
		if (bpf_map_update_elem(fd, &image->networks[i].key, &image->networks[i].network,
					BPF_ANY))
			return -errno;
	}
	return store(object, IG_MAP_networks, slot, take_fd(fd));
}

static int write_services(struct ig_object *object, const struct ig_image *image, uint32_t slot)
{
	_cleanup_(rows_free) struct rows rows;
	uint32_t one = 1;

	if (rows_make(&rows, image->n_services, sizeof(struct ig_service_key), sizeof(one)))
		return -ENOMEM;
	for (size_t i = 0; i < image->n_services; i++)
		rows_add(&rows, &image->services[i], &one);
	return store(object, IG_MAP_services, slot, make_hash("ig_svcs_slot", &rows));
}

static int write_ports(struct ig_object *object, const struct ig_image *image, uint32_t slot,
		       ig_ifindex_fn ifindex, void *context)
{
	_cleanup_(rows_free) struct rows rows;

	if (rows_make(&rows, image->n_ports, sizeof(struct ig_port_key), sizeof(struct ig_port)))
		return -ENOMEM;
	for (size_t i = 0; i < image->n_ports; i++) {
		const struct ig_image_port *port = &image->ports[i];
		struct ig_port_key key = {
			.ifindex = ifindex && port->interface ? ifindex(port->interface, context)
							      : 0,
			.vlan = {port->vlan[0], port->vlan[1]},
		};

		if (key.ifindex || !port->interface)
			rows_add(&rows, &key, &port->port);
	}
	return store(object, IG_MAP_ports, slot, make_hash("ig_ports_slot", &rows));
}

static int write_dictionary(struct ig_object *object, const struct ig_image *image,
			    uint64_t generation)
{
	struct ig_dict_header header;

	memcpy(&header, image->dictionary.blocks, sizeof(header));
	header.generation = generation;
	header.applied_at = time(NULL);
	ig_image_digest(image, header.image);
	return store(object, IG_MAP_dictionary, generation % IG_SLOTS,
		     make_blocks("ig_blocks_slot", &image->dictionary, &header));
}

int ig_generation_write(struct ig_object *object, const struct ig_image *image,
			ig_ifindex_fn ifindex, void *context)
{
	uint64_t next = ig_generation_now(object) + 1;
	uint32_t slot = next % IG_SLOTS;
	int err;

	err = write_devices(object, image, slot);
	err = err ?: write_addresses(object, image, slot);
	err = err ?: write_networks(object, image, slot);
	err = err ?: write_services(object, image, slot);
	err = err ?: write_ports(object, image, slot, ifindex, context);
	err = err
		      ?: store(object, IG_MAP_policy, slot,
			       make_blocks("ig_blocks_slot", &image->policy, NULL));
	return err ?: write_dictionary(object, image, next);
}

/* --- reading --- */

int ig_generation_map(const struct ig_object *object, enum ig_map map)
{
	return object->slots[ig_generation_now(object) % IG_SLOTS][map];
}

static int copy_blocks(int fd, void **bytes, size_t *size)
{
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info), next, count;
	_free_ uint32_t *keys = NULL;
	_free_ void *blocks = NULL;

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	count = info.max_entries;
	*size = (size_t)count * sizeof(struct ig_block);
	keys = calloc(count, sizeof(*keys));
	blocks = malloc(*size);
	if (!keys || !blocks)
		return -ENOMEM;
	if (info.value_size != sizeof(struct ig_block))
		return -EPROTO;
	/* a read-only descriptor cannot be mapped; -ENOENT only says that these were the last */
	if (bpf_map_lookup_batch(fd, NULL, &next, keys, blocks, &count, NULL) && errno != ENOENT)
		return -errno;
	*bytes = take_ptr(blocks);
	return count == info.max_entries ? 0 : -EPROTO;
}

int ig_generation_dictionary(const struct ig_object *object, uint64_t generation, void **bytes,
			     size_t *size)
{
	int fd = object->slots[generation % IG_SLOTS][IG_MAP_dictionary];
	struct ig_dict_header header;
	int err;

	if (fd < 0)
		return -ENOENT;
	err = copy_blocks(fd, bytes, size);
	if (err)
		return err;
	if (*size < sizeof(header))
		goto stale;
	memcpy(&header, *bytes, sizeof(header));
	if (header.generation == generation)
		return 0;
stale:
	free(*bytes);
	*bytes = NULL;
	return -ENOENT;
}
