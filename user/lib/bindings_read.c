/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has which addresses, and forgetting. */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "bindings.h"
#include "bindings_rules.h"
#include "clock.h"
#include "generation.h"
#include "map_rows.h"
#include "util.h"

#define FORGET_CHUNK 256u /* indices, each with all its places */

/* --- reading --- */

struct reader {
	const struct ig_object *object;
	uint64_t now_ns, now_s;
	uint8_t (*macs)[6]; /* by index; zero: no machine of the policy */
	struct ig_map_copy bindings;
	uint32_t devices;
	struct ig_bound_list *out;
};

static void reader_free(struct reader *r)
{
	free(r->macs);
	ig_map_copy_clear(&r->bindings);
}

static int read_macs(struct reader *r)
{
	struct ig_map_rows rows;
	int fd = ig_generation_map(r->object, IG_MAP_devices),
	    err = fd < 0 ? -ENOENT : ig_map_rows_read(fd, 0, &rows);

	if (err)
		return err;
	r->macs = calloc(r->devices + 1, sizeof(*r->macs));
	for (size_t i = 0; r->macs && i < rows.count; i++) {
		const struct ig_mac *key = ig_map_rows_key(&rows, i);
		struct ig_device device;

		memcpy(&device, ig_map_rows_value(&rows, i), sizeof(device));
		if (key->pad[0] == IG_MAC_IS_MAC && device.kind != IG_KIND_GATEWAY &&
		    device.index < r->devices)
			memcpy(r->macs[device.index], key->addr, sizeof(key->addr));
	}
	ig_map_rows_clear(&rows);
	return r->macs ? 0 : -ENOMEM;
}

static int add(struct reader *r, const struct ig_binding_key *key, const struct ig_binding *binding)
{
	struct ig_bound_address address = {
		.known = {.source = binding->source},
		.device = binding->device,
	};

	if (binding->expires_ns)
		address.known.expires_at =
			r->now_s +
			(binding->expires_ns - r->now_ns + IG_SECOND_NS / 2) / IG_SECOND_NS;
	memcpy(address.known.mac, r->macs[binding->device], sizeof(address.known.mac));
	memcpy(address.known.addr, key->addr, sizeof(address.known.addr));
	if (!ig_grow(&r->out->items, r->out->count, &r->out->capacity, sizeof(*r->out->items)))
		return -ENOMEM;
	r->out->items[r->out->count++] = address;
	return 0;
}

static int read_place(struct reader *r, uint32_t at, const struct ig_binding_key *key)
{
	static const struct ig_binding_key nobody;
	static const uint8_t none[6];
	struct ig_binding binding;
	const void *row;

	if (!memcmp(key, &nobody, sizeof(nobody)) ||
	    !memcmp(r->macs[at / IG_BINDING_PLACES], none, sizeof(none)))
		return 0;
	row = ig_map_copy_find(&r->bindings, key);
	if (!row)
		return 0; /* it went just now */
	memcpy(&binding, row, sizeof(binding));
	if (binding.device * IG_BINDING_PLACES + binding.place != at ||
	    (binding.expires_ns && binding.expires_ns <= r->now_ns))
		return 0;
	return add(r, key, &binding);
}

int ig_bindings_read(const struct ig_object *object, struct ig_bound_list *out)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows held = {};
	_cleanup_(reader_free) struct reader r = {
		.object = object,
		.now_ns = ig_clock_now(),
		.now_s = time(NULL),
		.out = out,
	};
	int err = ig_map_rows_read(object->maps[IG_MAP_held], BPF_F_LOCK, &held);

	*out = (struct ig_bound_list){};
	r.devices = held.count / IG_BINDING_PLACES;
	err = err ?: read_macs(&r);
	/* behind the places: what one names is entered before */
	err = err ?: ig_map_copy_read(object->maps[IG_MAP_bindings], 0, &r.bindings);
	for (uint32_t at = 0; at < r.devices * IG_BINDING_PLACES && !err; at++) {
		const struct ig_holding *holding = ig_map_rows_value(&held, at);

		err = read_place(&r, at, &holding->key);
	}
	if (err)
		ig_bound_list_clear(out);
	return err;
}

void ig_bound_list_clear(struct ig_bound_list *list)
{
	free(list->items);
	*list = (struct ig_bound_list){};
}

/* --- forgetting --- */

/* The whole table is looked through, so that nothing is left that no place names. */
static void forget_bindings(const struct ig_object *object, const bool *gone, uint32_t devices)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows rows = {};

	if (ig_map_rows_read(object->maps[IG_MAP_bindings], 0, &rows))
		return;
	for (size_t i = 0; i < rows.count; i++) {
		struct ig_binding binding;

		memcpy(&binding, ig_map_rows_value(&rows, i), sizeof(binding));
		if (binding.device < devices && gone[binding.device])
			bpf_map_delete_elem(object->maps[IG_MAP_bindings],
					    ig_map_rows_key(&rows, i));
	}
}

static void free_places(const struct ig_object *object, const uint32_t *devices, size_t n)
{
	DECLARE_LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = BPF_F_LOCK);
	_free_ uint32_t *numbers = calloc(FORGET_CHUNK * IG_BINDING_PLACES, sizeof(*numbers));
	_free_ struct ig_holding *none = calloc(FORGET_CHUNK * IG_BINDING_PLACES, sizeof(*none));

	for (size_t done = 0; numbers && none && done < n; done += FORGET_CHUNK) {
		uint32_t count = 0;

		for (size_t i = done; i < n && i < done + FORGET_CHUNK; i++) {
			for (uint32_t place = 0; place < IG_BINDING_PLACES; place++)
				numbers[count++] = devices[i] * IG_BINDING_PLACES + place;
		}
		bpf_map_update_batch(object->maps[IG_MAP_held], numbers, none, &count, &opts);
	}
}

void ig_bindings_forget(const struct ig_object *object, const uint32_t *devices, size_t n)
{
	_free_ bool *gone = NULL;
	uint32_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = devices[i] >= most ? devices[i] + 1 : most;
	gone = calloc(most + 1, sizeof(*gone));
	if (!gone || !n)
		return;
	for (size_t i = 0; i < n; i++)
		gone[devices[i]] = true;
	forget_bindings(object, gone, most);
	free_places(object, devices, n);
}
