/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

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

static struct ig_written *written(const struct ig_object *object, uint64_t generation)
{
	return &object->control->written[generation % IG_SLOTS];
}

int ig_generation_before(const struct ig_object *object, uint64_t now, bool *open)
{
	const struct ig_written *mark = written(object, now + 1);

	*open = mark->open;
	/* what a killed loader wrote to its end, and never put in force, is no policy before */
	return mark->generation && (mark->open || mark->generation <= now) ? 0 : -ENOENT;
}

bool ig_generation_is_open(const struct ig_object *object)
{
	struct ig_control control;

	return ig_object_control(object, &control) || !control.generation ||
	       control.written[control.generation % IG_SLOTS].open;
}

/* Storing into an outer map waits for a grace period, whatever is stored: here what is there
 * already. */
void ig_generation_settle(const struct ig_object *object)
{
	uint64_t now = ig_generation_now(object);
	uint32_t slot = now % IG_SLOTS;
	int fd = object->slots[slot][IG_MAP_dictionary];

	if (object->control->settled == now)
		return;
	if (fd >= 0)
		bpf_map_update_elem(object->maps[IG_MAP_dictionary], &slot, &fd, BPF_ANY);
	object->control->settled = now;
}

/* --- writing --- */

int ig_generation_write(struct ig_object *object, const struct ig_image *image, uint64_t generation,
			ig_ifindex_fn ifindex, void *context)
{
	struct ig_written *mark = written(object, generation);
	const struct ig_dict_header *header;
	int err;

	ig_generation_settle(object);
	/* from here on to the end nobody goes back to this slot */
	__atomic_store_n(&mark->generation, 0, __ATOMIC_SEQ_CST);
	err = ig_slot_fill(object, image, generation, ifindex, context);
	if (err)
		return err;
	header = (const struct ig_dict_header *)image->dictionary.blocks;
	memcpy(mark->inventory, header->inventory, sizeof(mark->inventory));
	mark->open = 0;
	__atomic_store_n(&mark->generation, generation, __ATOMIC_SEQ_CST);
	return 0;
}

int ig_generation_write_open(struct ig_object *object, uint64_t generation)
{
	_cleanup_(ig_image_clear) struct ig_image image = {};
	char path[] = "";
	const struct iotguard_inventory nothing = {.path = path};
	const struct ig_site nowhere = {};
	struct ig_diags unheard = {};
	int err = ig_compile(&unheard, &nothing, &nowhere, &image);

	err = err ?: ig_generation_write(object, &image, generation, NULL, NULL);
	if (!err)
		written(object, generation)->open = 1;
	return err;
}

int ig_generation_adopt(struct ig_object *now, const struct ig_object *old)
{
	uint64_t generation = ig_generation_now(old);
	uint32_t slot = generation % IG_SLOTS;

	for (int map = 0; map < IG_MAP_SLOTTED && generation; map++) {
		int fd = fcntl(old->slots[slot][map], F_DUPFD_CLOEXEC, 3);
		int err = fd < 0 ? -errno : ig_slot_store(now, map, slot, fd);

		if (err)
			return err;
	}
	if (generation)
		*written(now, generation) = *written(old, generation);
	now->control->clock_right = old->control->clock_right;
	now->control->settling_until_ns = old->control->settling_until_ns;
	__atomic_store_n(&now->control->generation, generation, __ATOMIC_RELEASE);
	return 0;
}

/* --- reading --- */

int ig_generation_map(const struct ig_object *object, enum ig_map map)
{
	return object->slots[ig_generation_now(object) % IG_SLOTS][map];
}

/* Of a read-only descriptor, too, which cannot be mapped. */
static int read_blocks(int fd, uint32_t first, struct ig_block *blocks, uint32_t n)
{
	_free_ uint32_t *keys = calloc(n, sizeof(*keys));
	uint32_t before = first - 1, next, count = n;

	if (!keys)
		return -ENOMEM;
	/* -ENOENT only says that these were the last */
	if (bpf_map_lookup_batch(fd, first ? &before : NULL, &next, keys, blocks, &count, NULL) &&
	    errno != ENOENT)
		return -errno;
	return count == n ? 0 : -EPROTO;
}

static int count_blocks(int fd, uint32_t *out)
{
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*out = info.max_entries;
	return info.value_size == sizeof(struct ig_block) ? 0 : -EPROTO;
}

static int copy_blocks(int fd, void **bytes, size_t *size)
{
	_free_ void *blocks = NULL;
	uint32_t count;
	int err = count_blocks(fd, &count);

	if (err)
		return err;
	*size = (size_t)count * sizeof(struct ig_block);
	blocks = malloc(*size);
	if (!blocks)
		return -ENOMEM;
	err = read_blocks(fd, 0, blocks, count);
	if (!err)
		*bytes = take_ptr(blocks);
	return err;
}

/* Still the one of @generation? Of those of its slot, one that was written for it or before: nothing
 * was since, and it may have come back after a rollback. */
static bool is_dictionary_of(const void *bytes, size_t size, uint64_t generation)
{
	struct ig_dict_header header;

	if (size < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	return header.generation && header.generation <= generation;
}

/* Nobody wrote while it was copied, if its header is the same afterwards. */
static bool is_unchanged(int fd, const void *bytes)
{
	struct ig_block first;
	uint32_t zero = 0;

	return !bpf_map_lookup_elem(fd, &zero, &first) && !memcmp(&first, bytes, sizeof(first));
}

int ig_generation_dictionary(const struct ig_object *object, uint64_t generation, void **bytes,
			     size_t *size)
{
	int fd = object->slots[generation % IG_SLOTS][IG_MAP_dictionary];
	int err;

	if (fd < 0)
		return -ENOENT;
	err = copy_blocks(fd, bytes, size);
	if (err)
		return err;
	if (is_dictionary_of(*bytes, *size, generation) && is_unchanged(fd, *bytes))
		return 0;
	free(*bytes);
	*bytes = NULL;
	return -ENOENT;
}

int ig_generation_header(const struct ig_object *object, uint64_t generation,
			 struct ig_dict_header *out)
{
	struct ig_block blocks[sizeof(*out) / sizeof(struct ig_block)];
	int fd = object->slots[generation % IG_SLOTS][IG_MAP_dictionary], err;

	if (fd < 0)
		return -ENOENT;
	err = read_blocks(fd, 0, blocks, ARRAY_SIZE(blocks));
	if (err)
		return err;
	memcpy(out, blocks, sizeof(*out));
	return is_dictionary_of(blocks, sizeof(blocks), generation) && is_unchanged(fd, blocks)
		       ? 0
		       : -ENOENT;
}

bool ig_generation_has(const struct ig_object *object, enum ig_map map, uint32_t first,
		       const struct ig_block *blocks, uint32_t n)
{
	static const uint32_t piece = 4096;
	_free_ struct ig_block *there = malloc(piece * sizeof(*there));
	int fd = ig_generation_map(object, map);
	uint32_t count;

	if (!there || fd < 0 || count_blocks(fd, &count) || first > count || n > count - first)
		return false;
	for (uint32_t at = 0; at < n; at += piece) {
		uint32_t now = n - at < piece ? n - at : piece;

		if (read_blocks(fd, first + at, there, now) ||
		    memcmp(there, blocks + at, now * sizeof(*there)) != 0)
			return false;
	}
	return true;
}
