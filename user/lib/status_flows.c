/* SPDX-License-Identifier: BSD-2-Clause */
/* The live flows. */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "generation.h"
#include "snapshot.h"
#include "util.h"

struct flow_list {
	const struct ig_view *view;
	struct iotguard_flow_info *items;
	size_t count, capacity;
	uint64_t now_ns;
};

static const char *const flow_states[] = {
	[IG_FLOW_OPENING] = "opening",
	[IG_FLOW_ESTABLISHED] = "established",
	[IG_FLOW_CLOSING] = "closing",
	[IG_FLOW_DATAGRAM] = "datagram",
};

static int flow_add(struct flow_list *list, const struct ig_flow *flow,
		    const struct iotguard_flow_info *key)
{
	struct iotguard_flow_info *info;

	if (!ig_grow(&list->items, list->count, &list->capacity, sizeof(*list->items)))
		return -ENOMEM;
	info = &list->items[list->count++];
	*info = *key;
	info->state = flow->state < ARRAY_SIZE(flow_states) ? flow_states[flow->state] : "unknown";
	info->initiator = flow->initiator == IG_FROM_DEVICE ? "device" : "remote";
	info->reason = iotguard_reason_token(flow->reason);
	info->critical = flow->flags & IG_FLOW_CRITICAL;
	info->current = flow->generation == (uint32_t)ig_generation_now(&list->view->object);
	info->packets = flow->packets;
	info->bytes = flow->bytes;
	info->idle_ms = list->now_ns > flow->last_ns ? (list->now_ns - flow->last_ns) / 1000000 : 0;
	return 0;
}

/* Names are the result's own copies; equal pointers would do, but a flow is no place to save a
 * hundred bytes. */
static void flow_name(const struct ig_view *view, const struct ig_flow *flow, void *array,
		      struct iotguard_flow_info *info)
{
	const struct ig_dict_device *device = ig_dict_device_find(&view->dict, flow->device);
	const struct ig_dict_rule *rule;

	if (!device)
		return;
	info->device = ig_result_string(array, ig_dict_string(&view->dict, device->name));
	rule = info->current && flow->rule != IG_NO_RULE
		       ? ig_dict_rule_of(&view->dict, device, flow->rule)
		       : NULL;
	if (rule)
		info->rule = ig_result_string(array, ig_dict_string(&view->dict, rule->text));
}

static int read_flows4(struct flow_list *list, struct ig_flow **flows, size_t *capacity)
{
	int fd = list->view->object.maps[IG_MAP_flows4];
	struct ig_flow4_key key, *previous = NULL;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		struct iotguard_flow_info info = {.ip_version = 4, .proto = key.proto};
		struct ig_flow flow;

		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, &flow))
			continue;
		info.local[10] = info.local[11] = info.remote[10] = info.remote[11] = 0xff;
		memcpy(info.local + 12, &key.local_be, 4);
		memcpy(info.remote + 12, &key.remote_be, 4);
		info.local_port = ntohs(key.local_port_be);
		info.remote_port = ntohs(key.remote_port_be);
		if (!ig_grow(flows, list->count, capacity, sizeof(**flows)))
			return -ENOMEM;
		(*flows)[list->count] = flow;
		if (flow_add(list, &flow, &info))
			return -ENOMEM;
	}
	return 0;
}

static int read_flows6(struct flow_list *list, struct ig_flow **flows, size_t *capacity)
{
	int fd = list->view->object.maps[IG_MAP_flows6];
	struct ig_flow6_key key, *previous = NULL;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		struct iotguard_flow_info info = {.ip_version = 6, .proto = key.proto};
		struct ig_flow flow;

		previous = &key;
		if (bpf_map_lookup_elem(fd, &key, &flow))
			continue;
		memcpy(info.local, key.local, 16);
		memcpy(info.remote, key.remote, 16);
		info.local_port = ntohs(key.local_port_be);
		info.remote_port = ntohs(key.remote_port_be);
		if (!ig_grow(flows, list->count, capacity, sizeof(**flows)))
			return -ENOMEM;
		(*flows)[list->count] = flow;
		if (flow_add(list, &flow, &info))
			return -ENOMEM;
	}
	return 0;
}

int iotguard_flows(struct iotguard *ig, struct iotguard_flow_info **out, size_t *count)
{
	_cleanup_(ig_view_close) struct ig_view view;
	struct flow_list list = {.view = &view};
	_free_ struct ig_flow *flows = NULL;
	struct timespec now = {};
	size_t capacity = 0;
	int err = ig_view_open(ig, &view);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &now);
	list.now_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	err = read_flows4(&list, &flows, &capacity);
	err = err ?: read_flows6(&list, &flows, &capacity);
	if (!err) {
		*out = ig_result_new(list.count * sizeof(**out));
		err = *out ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < list.count && !err; i++) {
		(*out)[i] = list.items[i];
		flow_name(&view, &flows[i], *out, &(*out)[i]);
	}
	*count = err ? 0 : list.count;
	free(list.items);
	return err;
}
