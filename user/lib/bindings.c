/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "bindings.h"
#include "bindings_rules.h"
#include "clock.h"
#include "map_rows.h"
#include "util.h"

#define NEVER	  (1ull << 62)
#define LEASE	  (1ull << 63)
#define LONGEST_S (100ull * 365 * 24 * 3600) /* no end is further away, but for never */
#define TRIES	  3
#define SLACK_NS  (60 * IG_SECOND_NS) /* what ends no more than that later is not renewed for it */
/* Packets that raise an epoch while it is read and written here do so by one each: none of them
 * makes a flow that was judged meanwhile look right. */
#define EPOCH_STEP 0x10000u

/* A place of a machine as it was looked at. */
struct place {
	struct ig_binding_key key;
	uint64_t worth; /* who goes first where there is no room; 0: it is free */
};

struct binder {
	const struct ig_object *object;
	uint64_t now_ns, now_s;
	struct ig_binding_rules rules;
	struct ig_map_copy bindings; /* as they were at the beginning */
	struct place *places;	     /* IG_BINDING_PLACES for each index */
	bool *weighed;		     /* by index: the worth of its places is known */
	uint32_t devices;
};

struct grant {
	struct ig_binding_key key;
	struct ig_binding value;  /* but for its place */
	struct ig_binding before; /* of that key, if there was one */
	bool there;
};

static void binder_free(struct binder *b)
{
	ig_binding_rules_clear(&b->rules);
	ig_map_copy_clear(&b->bindings);
	free(b->places);
	free(b->weighed);
}

static int read_places(struct binder *b)
{
	struct ig_map_rows rows;
	int err = ig_map_rows_read(b->object->maps[IG_MAP_held], BPF_F_LOCK, &rows);

	if (err)
		return err;
	b->devices = rows.count / IG_BINDING_PLACES;
	b->places = calloc(rows.count ? rows.count : 1, sizeof(*b->places));
	b->weighed = calloc(b->devices + 1, sizeof(*b->weighed));
	for (size_t i = 0; b->places && i < rows.count; i++)
		b->places[i].key = ((const struct ig_holding *)ig_map_rows_value(&rows, i))->key;
	ig_map_rows_clear(&rows);
	return b->places && b->weighed ? 0 : -ENOMEM;
}

static int binder_make(struct binder *b, uint32_t slot)
{
	int err = ig_binding_rules_read(b->object, slot, &b->rules);

	err = err ?: ig_map_copy_read(b->object->maps[IG_MAP_bindings], 0, &b->bindings);
	return err ?: read_places(b);
}

static bool lives(const struct binder *b, const struct ig_binding *binding)
{
	return !binding->expires_ns || binding->expires_ns > b->now_ns;
}

static uint64_t worth_of(const struct ig_binding *binding)
{
	uint64_t ends = binding->expires_ns ? binding->expires_ns : NEVER;

	return binding->source == IG_BINDING_LEASE ? ends | LEASE : ends;
}

static bool is_nobodys(const struct ig_binding_key *key)
{
	static const struct ig_binding_key none;

	return !memcmp(key, &none, sizeof(none));
}

static void weigh(const struct binder *b, uint32_t at)
{
	struct place *place = &b->places[at];
	struct ig_binding binding;

	place->worth = 0;
	if (!is_nobodys(&place->key) &&
	    !bpf_map_lookup_elem(b->object->maps[IG_MAP_bindings], &place->key, &binding) &&
	    binding.device * IG_BINDING_PLACES + binding.place == at && lives(b, &binding))
		place->worth = worth_of(&binding);
}

static uint32_t place_for(const struct binder *b, uint32_t device)
{
	uint32_t first = device * IG_BINDING_PLACES, best = first;

	for (uint32_t at = first; at < first + IG_BINDING_PLACES; at++) {
		if (!b->weighed[device])
			weigh(b, at);
		if (b->places[at].worth < b->places[best].worth)
			best = at;
	}
	b->weighed[device] = true;
	return best;
}

/* The place that is to be taken, looked at under its lock: programs may have used it since. */
static int find_place(const struct binder *b, uint32_t device, uint32_t *at)
{
	for (int i = 0; i < TRIES; i++) {
		struct ig_holding holding;

		*at = place_for(b, device);
		if (bpf_map_lookup_elem_flags(b->object->maps[IG_MAP_held], at, &holding,
					      BPF_F_LOCK))
			return -errno;
		if (!memcmp(&holding.key, &b->places[*at].key, sizeof(holding.key)))
			return 0;
		b->places[*at].key = holding.key;
		b->weighed[device] = false;
	}
	return 0;
}

/* All flows of a machine have to be judged again. */
static void raise_epoch(const struct binder *b, uint32_t device)
{
	int fd = b->object->maps[IG_MAP_state];
	struct ig_state state;

	if (bpf_map_lookup_elem(fd, &device, &state))
		return;
	state.epoch += EPOCH_STEP;
	bpf_map_update_elem(fd, &device, &state, BPF_EXIST);
}

/* What was in a place before goes, as long as it was that place's. */
static void drop_before(const struct binder *b, const struct ig_binding_key *before, uint32_t at)
{
	int fd = b->object->maps[IG_MAP_bindings];
	struct ig_binding binding;

	if (is_nobodys(before) || bpf_map_lookup_elem(fd, before, &binding) ||
	    binding.device * IG_BINDING_PLACES + binding.place != at)
		return;
	if (lives(b, &binding))
		raise_epoch(b, binding.device);
	bpf_map_delete_elem(fd, before);
}

/* First entered, then its key takes the place: what is in the table is in a place. */
static int enter(const struct binder *b, struct grant *grant)
{
	struct ig_holding holding = {.key = grant->key};
	struct ig_binding_key before;
	uint32_t at;
	int err = find_place(b, grant->value.device, &at);

	if (err)
		return err;
	before = b->places[at].key;
	grant->value.place = at % IG_BINDING_PLACES;
	if (bpf_map_update_elem(b->object->maps[IG_MAP_bindings], &grant->key, &grant->value,
				BPF_ANY) ||
	    bpf_map_update_elem(b->object->maps[IG_MAP_held], &at, &holding, BPF_F_LOCK))
		return -errno;
	b->places[at] = (struct place){grant->key, worth_of(&grant->value)};
	if (memcmp(&before, &grant->key, sizeof(before)))
		drop_before(b, &before, at);
	ig_object_forget_refusals(b->object);
	return 0;
}

/* An address that the machine has, or had last: whatever ends it later counts. 1: it had ended. */
static int renew(const struct binder *b, struct grant *grant)
{
	uint32_t at = grant->before.device * IG_BINDING_PLACES + grant->before.place;
	bool alive = lives(b, &grant->before);

	if (alive && grant->before.source == IG_BINDING_LEASE &&
	    grant->value.source != IG_BINDING_LEASE)
		return 0;
	if (alive && worth_of(&grant->before) >= worth_of(&grant->value))
		return 0;
	grant->value.place = grant->before.place;
	if (bpf_map_update_elem(b->object->maps[IG_MAP_bindings], &grant->key, &grant->value,
				BPF_EXIST))
		return -errno;
	b->places[at].worth = worth_of(&grant->value);
	if (!alive)
		ig_object_forget_refusals(b->object);
	return !alive;
}

/* Somebody else loses it. */
static void displace(const struct binder *b, const struct ig_binding *binding)
{
	uint32_t at = binding->device * IG_BINDING_PLACES + binding->place;

	raise_epoch(b, binding->device);
	if (binding->device < b->devices && binding->place < IG_BINDING_PLACES)
		b->places[at].worth = 0;
}

/* 1: the machine has it now, and did not before; 0: nothing changed; -errno. */
static int give(const struct binder *b, struct grant *grant)
{
	int err;

	grant->there =
		!bpf_map_lookup_elem(b->object->maps[IG_MAP_bindings], &grant->key, &grant->before);
	if (grant->there && grant->before.device == grant->value.device)
		return renew(b, grant);
	if (grant->there && lives(b, &grant->before)) {
		if (grant->value.source != IG_BINDING_LEASE)
			return 0;
		displace(b, &grant->before);
	}
	err = enter(b, grant);
	return err ? err : 1;
}

/* On the clock of the programs; 0: never. */
static uint64_t end_of(const struct binder *b, const struct ig_known_address *known)
{
	uint64_t left = known->expires_at ? known->expires_at - b->now_s : 0;

	if (known->source == IG_BINDING_CLAIM && (!left || left > IG_CLAIM_NS / IG_SECOND_NS))
		left = IG_CLAIM_NS / IG_SECOND_NS;
	if (left > LONGEST_S)
		left = LONGEST_S;
	return left ? b->now_ns + left * IG_SECOND_NS : 0;
}

/* Nothing is to be changed, as is usual: what is known is in the maps already. Seconds since the
 * epoch are coarser than the clock of the maps. */
static bool is_settled(const struct binder *b, const struct grant *grant)
{
	const void *row = ig_map_copy_find(&b->bindings, &grant->key);
	struct ig_binding was;

	if (!row)
		return false;
	memcpy(&was, row, sizeof(was));
	return was.device == grant->value.device && lives(b, &was) &&
	       worth_of(&was) + SLACK_NS >= worth_of(&grant->value);
}

/* As give(). */
static int put(struct binder *b, const struct ig_known_address *known)
{
	const struct ig_device *device = ig_binding_device(&b->rules, known->mac);
	struct grant grant = {};
	int got;

	if (!device || device->index >= b->devices ||
	    (known->expires_at && known->expires_at <= b->now_s))
		return 0;
	ig_binding_key_of(&grant.key, known->addr, device->segment);
	grant.value = (struct ig_binding){
		.expires_ns = end_of(b, known),
		.device = device->index,
		.source = known->source,
	};
	if (is_settled(b, &grant) || !ig_binding_allowed(&b->rules, device, known))
		return 0;
	got = give(b, &grant);
	if (got > 0)
		ig_map_copy_set(&b->bindings, &grant.key, &grant.value);
	return got;
}

int ig_bindings_put(const struct ig_object *object, uint32_t slot, const struct ig_known *known,
		    struct ig_bound *bound)
{
	_cleanup_(binder_free) struct binder b = {
		.object = object,
		.now_ns = ig_clock_now(),
		.now_s = time(NULL),
	};
	int err = known->count ? binder_make(&b, slot) : 0;

	for (size_t i = 0; i < known->count && !err; i++) {
		int got = put(&b, &known->items[i]);

		if (got < 0)
			err = got;
		else if (known->items[i].source == IG_BINDING_LEASE)
			bound->leases += got;
		else
			bound->claims += got;
	}
	return err;
}
