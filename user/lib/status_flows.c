/* SPDX-License-Identifier: BSD-2-Clause */
/* The live flows. */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "generation.h"
#include "names.h"
#include "pins.h"
#include "snapshot.h"
#include "util.h"

struct flow_list {
	const struct ig_view *view;
	struct iotguard_flow_info *items;
	struct ig_flow *flows; /* of each item */
	size_t count, capacity, flows_capacity;
	uint64_t now_ns;
};

static void flow_list_free(struct flow_list *list)
{
	free(list->items);
	free(list->flows);
}

static const char *const flow_states[] = {
	[IG_FLOW_OPENING] = "opening",
	[IG_FLOW_ESTABLISHED] = "established",
	[IG_FLOW_CLOSING] = "closing",
	[IG_FLOW_DATAGRAM] = "datagram",
};

/* One by one: what is opened to be read only cannot be mapped as shared, and reading all of them would take what most
 * of the places cost that nobody has. */
static void describe_counts(const struct flow_list *list, const struct ig_flow *flow,
			    struct iotguard_flow_info *info)
{
	const uint32_t places[] = {flow->count, flow->count + IG_FLOW_COUNT_TO_DEVICE};
	uint64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct ig_flow_count count;

		if (bpf_map_lookup_elem(list->view->object.maps[IG_MAP_flow_counts], &places[i],
					&count))
			continue;
		info->packets += count.packets;
		info->bytes += count.bytes;
		if (count.last_ns > last)
			last = count.last_ns;
	}
	info->idle_ms = list->now_ns > last ? (list->now_ns - last) / 1000000 : 0;
}

static void describe_flow(const struct flow_list *list, const struct ig_flow *flow,
			  struct iotguard_flow_info *info)
{
	info->state = flow->state < ARRAY_SIZE(flow_states) ? flow_states[flow->state] : "unknown";
	info->initiator = flow->initiator == IG_FROM_DEVICE ? "device" : "remote";
	info->reason = iotguard_reason_token(flow->reason);
	info->critical = flow->flags & IG_FLOW_CRITICAL;
	info->current = flow->generation == (uint32_t)ig_generation_now(&list->view->object);
	describe_counts(list, flow, info);
}

static void describe_key4(const void *from, struct iotguard_flow_info *info)
{
	const struct ig_flow4_key *key = from;

	info->ip_version = 4;
	info->proto = key->proto;
	info->local[10] = info->local[11] = info->remote[10] = info->remote[11] = 0xff;
	memcpy(info->local + 12, &key->local_be, 4);
	memcpy(info->remote + 12, &key->remote_be, 4);
	info->local_port = ntohs(key->local_port_be);
	info->remote_port = ntohs(key->remote_port_be);
}

static void describe_key6(const void *from, struct iotguard_flow_info *info)
{
	const struct ig_flow6_key *key = from;

	info->ip_version = 6;
	info->proto = key->proto;
	memcpy(info->local, key->local, 16);
	memcpy(info->remote, key->remote, 16);
	info->local_port = ntohs(key->local_port_be);
	info->remote_port = ntohs(key->remote_port_be);
}

static int add_flow(struct flow_list *list, const struct ig_flow *flow, const void *key,
		    void (*describe_key)(const void *key, struct iotguard_flow_info *info))
{
	struct iotguard_flow_info *info;

	if (!ig_grow(&list->items, list->count, &list->capacity, sizeof(*list->items)) ||
	    !ig_grow(&list->flows, list->count, &list->flows_capacity, sizeof(*list->flows)))
		return -ENOMEM;
	list->flows[list->count] = *flow;
	info = &list->items[list->count++];
	*info = (struct iotguard_flow_info){};
	describe_key(key, info);
	describe_flow(list, flow, info);
	return 0;
}

#define BATCH 4096

/* In batches of whole buckets: the walk ends however fast flows come and go, as one key by key may
 * not. */
static int read_flows(struct flow_list *list, enum ig_map map, size_t key_size,
		      void (*describe_key)(const void *key, struct iotguard_flow_info *info))
{
	int fd = list->view->object.maps[map], err = 0;
	_free_ uint8_t *keys = calloc(BATCH, key_size);
	_free_ struct ig_flow *flows = calloc(BATCH, sizeof(*flows));
	uint32_t at = 0, next = 0, count;
	bool first = true, last = false;

	if (!keys || !flows)
		return -ENOMEM;
	while (!last && !err) {
		count = BATCH;
		if (bpf_map_lookup_batch(fd, first ? NULL : &at, &next, keys, flows, &count,
					 NULL)) {
			if (errno != ENOENT)
				return -errno;
			last = true;
		}
		for (uint32_t i = 0; i < count && !err; i++)
			err = add_flow(list, &flows[i], keys + i * key_size, describe_key);
		at = next;
		first = false;
	}
	return err;
}

/* A flow that an older policy judged has its rule there, if its names are still to be had. */
static void name_flow(struct ig_names *names, const struct ig_flow *flow, uint64_t generation,
		      void *array, struct iotguard_flow_info *info)
{
	/* a flow has the low half of its generation: the one in force, or the one before */
	uint64_t judged = flow->generation == (uint32_t)generation ? generation : generation - 1;
	const struct ig_dictionary *dict = ig_names_of(names, judged);
	const struct ig_dict_device *device = dict ? ig_dict_device_find(dict, flow->device) : NULL;
	const struct ig_dict_rule *rule;

	if (!device)
		return;
	info->device = ig_result_string(array, ig_dict_string(dict, device->name));
	rule = flow->generation == (uint32_t)judged && flow->rule != IG_NO_RULE
		       ? ig_dict_rule_of(dict, device, flow->rule)
		       : NULL;
	if (rule)
		info->rule = ig_result_string(array, ig_dict_string(dict, rule->text));
}

/* The mark of one that resolves is another thing, see struct ig_flow. */
static void name_remote(const struct ig_object *object, const struct ig_flow *flow, void *array,
			struct iotguard_flow_info *info)
{
	char name[IG_NAME_TEXT];

	if (!(flow->flags & IG_FLOW_RESOLVES) &&
	    ig_pins_name(object, flow->device, flow->mark, name))
		info->name = ig_result_string(array, name);
}

static void name_flows(const struct flow_list *list, struct iotguard_flow_info *out)
{
	uint64_t generation = ig_generation_now(&list->view->object);
	_cleanup_(ig_names_clear) struct ig_names names = {.object = &list->view->object};

	for (size_t i = 0; i < list->count; i++) {
		name_flow(&names, &list->flows[i], generation, out, &out[i]);
		name_remote(&list->view->object, &list->flows[i], out, &out[i]);
	}
}

int iotguard_flows(struct iotguard *ig, struct iotguard_flow_info **out, size_t *count)
{
	_cleanup_(ig_view_close) struct ig_view view;
	_cleanup_(flow_list_free) struct flow_list list = {.view = &view};
	struct timespec now = {};
	int err = ig_view_open(ig, &view);

	*out = NULL;
	*count = 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	list.now_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	err = err ?: read_flows(&list, IG_MAP_flows4, sizeof(struct ig_flow4_key), describe_key4);
	err = err ?: read_flows(&list, IG_MAP_flows6, sizeof(struct ig_flow6_key), describe_key6);
	if (err)
		return err;
	*out = ig_result_new(list.count * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < list.count; i++)
		(*out)[i] = list.items[i];
	name_flows(&list, *out);
	*count = list.count;
	return 0;
}
