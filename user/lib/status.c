/* SPDX-License-Identifier: BSD-2-Clause */
/* What is enforced now, for people: snapshots of the pinned maps, with names from their dictionary. */

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "attach.h"
#include "generation.h"
#include "interfaces.h"
#include "names.h"
#include "sha256.h"
#include "state_dir.h"
#include "stats.h"
#include "util.h"

/* --- what results are made of: an array, and behind it whatever its strings need, in one list of blocks --- */

struct result {
	struct result *next; /* blocks that go with the first one */
	max_align_t data[];
};

static void *result_new(size_t size)
{
	struct result *r = calloc(1, sizeof(*r) + (size ? size : 1));

	return r ? r->data : NULL;
}

static struct result *result_of(void *array)
{
	return (struct result *)((char *)array - offsetof(struct result, data));
}

/* Memory that is freed with @array; NULL without memory. */
static void *result_add(void *array, size_t size)
{
	void *data = result_new(size);

	if (data) {
		result_of(data)->next = result_of(array)->next;
		result_of(array)->next = result_of(data);
	}
	return data;
}

static const char *result_string(void *array, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = result_add(array, size);

	return copy ? memcpy(copy, text, size) : "";
}

void iotguard_free(void *array)
{
	struct result *r = array ? result_of(array) : NULL;

	while (r) {
		struct result *next = r->next;

		free(r);
		r = next;
	}
}

/* --- the view: an object and the dictionary of what is in force --- */

struct view {
	struct ig_object object;
	void *bytes;
	struct ig_dictionary dict;
};

static void view_close(struct view *view)
{
	ig_object_close(&view->object);
	free(view->bytes);
}

static int view_open(struct iotguard *ig, struct view *view)
{
	size_t size;
	int err;

	*view = (struct view){ .object = IG_OBJECT_NONE };
	err = ig_state_open(ig, false, &view->object);
	if (!err)
		err = ig_generation_dictionary(&view->object, ig_generation_now(&view->object), &view->bytes, &size);
	err = err ?: ig_dictionary_open(&view->dict, view->bytes, size);
	if (err == -EPROTO)
		ig_error(&ig->diags, NULL, NULL, "the pins in %s are damaged", ig->state_dir);
	return err;
}

/* --- status --- */

static uint64_t memory_of(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	}
	fclose(f);
	return bytes;
}

static uint64_t all_memory(const struct ig_object *object)
{
	uint64_t bytes = 0;

	for (int i = 0; i < IG_MAP_MAX; i++)
		bytes += memory_of(object->maps[i]);
	for (unsigned int slot = 0; slot < IG_SLOTS; slot++) {
		for (int i = 0; i < IG_MAP_SLOTTED; i++) {
			if (object->slots[slot][i] >= 0)
				bytes += memory_of(object->slots[slot][i]);
		}
	}
	return bytes;
}

static void count_machines(const struct ig_dictionary *dict, struct iotguard_status *status)
{
	const struct ig_dict_device *device;

	for (uint32_t i = 0; (device = ig_dict_device_at(dict, i)); i++) {
		if (device->host)
			status->hosts++;
		else
			status->devices++;
		status->monitoring += device->mode == IOTGUARD_MODE_MONITOR;
	}
}

static int count_packets(const struct ig_object *object, struct iotguard_status *status)
{
	struct ig_counter counters[IG_REASON_STATS];
	struct ig_event_counter events;
	int err = ig_stats_reasons(object, counters);

	err = err ?: ig_stats_events(object, &events);
	if (err)
		return err;
	for (uint32_t i = 0; i < IG_REASON_STATS; i++) {
		if (iotguard_reason_passes(i / 2))
			status->passed += counters[i].packets;
		else
			status->dropped += counters[i].packets;
	}
	status->events_sent = events.sent;
	status->events_suppressed = events.suppressed;
	status->events_lost = events.lost;
	return 0;
}

static unsigned int count_interfaces(struct iotguard *ig)
{
	unsigned int n = 0;
	char **names;

	if (ig_attached_list(ig, &names) < 0)
		return 0;
	for (char **name = names; *name; name++) {
		struct ig_attachment found;

		ig_attachment_look(ig, *name, &found);
		n += found.ifindex != 0;
	}
	ig_attached_free(names);
	return n;
}

int iotguard_status(struct iotguard *ig, struct iotguard_status *status)
{
	_cleanup_(view_close) struct view view;
	const struct ig_dict_header *header = &view.dict.header;
	struct ig_control control;
	int err = view_open(ig, &view);

	err = err ?: ig_object_control(&view.object, &control);
	if (err)
		return err;
	*status = (struct iotguard_status){
		.generation = control.generation,
		.applied_at = header->applied_at,
		.abi = control.abi,
		.policies = header->n_policies,
		.rules = header->n_rules,
		.segments = header->segments.count,
		.interfaces = count_interfaces(ig),
		.device_slots = control.device_slots,
		.flow_slots = control.flow_slots,
		.map_bytes = all_memory(&view.object),
	};
	snprintf(status->inventory, sizeof(status->inventory), "%s", ig_dict_string(&view.dict, header->path));
	ig_sha256_hex(header->inventory, status->sha256);
	count_machines(&view.dict, status);
	return count_packets(&view.object, status);
}

/* --- interfaces --- */

static const char *xdp_mode(const struct ig_interface *interface)
{
	switch (interface ? interface->xdp_mode : XDP_ATTACHED_NONE) {
	case XDP_ATTACHED_DRV:
		return "native";
	case XDP_ATTACHED_SKB:
		return "generic";
	case XDP_ATTACHED_HW:
		return "offload";
	}
	return "none";
}

static void describe_interface(struct iotguard *ig, const struct view *view, const struct ig_interfaces *all,
			       const char *name, void *array, struct iotguard_interface_info *out)
{
	const struct ig_interface *interface = ig_interface_by_name(all, name);
	const struct ig_dict_interface *entry;
	struct ig_attachment found;

	ig_attachment_look(ig, name, &found);
	*out = (struct iotguard_interface_info){
		.ifindex = found.ifindex,
		.xdp = found.ifindex ? xdp_mode(interface) : "none",
		.tc = !found.tc_id ? "none" : found.tcx ? "tcx" : "clsact",
		.xdp_id = found.xdp_id,
		.tc_id = found.tc_id,
	};
	snprintf(out->name, sizeof(out->name), "%s", name);
	for (uint32_t i = 0; (entry = ig_dict_interface_at(&view->dict, i)); i++) {
		const char *segment = ig_dict_segment_name(&view->dict, entry->segment);

		if (!strcmp(ig_dict_string(&view->dict, entry->name), name) && segment && !out->segment)
			out->segment = result_string(array, segment);
	}
}

int iotguard_interfaces(struct iotguard *ig, struct iotguard_interface_info **out, size_t *count)
{
	_cleanup_(view_close) struct view view;
	_cleanup_(ig_interfaces_clear) struct ig_interfaces all = {};
	char **names;
	int n, err = view_open(ig, &view);

	*out = NULL;
	*count = 0;
	err = err ?: ig_interfaces_list(&all);
	if (err)
		return err;
	n = ig_attached_list(ig, &names);
	if (n < 0)
		return n;
	*out = result_new(n * sizeof(**out));
	for (int i = 0; i < n && *out; i++)
		describe_interface(ig, &view, &all, names[i], *out, &(*out)[i]);
	ig_attached_free(names);
	*count = *out ? n : 0;
	return *out ? 0 : -ENOMEM;
}

/* --- devices --- */

static const char *address_text(void *array, const uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN] = "";

	if (memcmp(addr, mapped, sizeof(mapped)))
		inet_ntop(AF_INET6, addr, text, sizeof(text));
	else
		inet_ntop(AF_INET, addr + 12, text, sizeof(text));
	return result_string(array, text);
}

/* Devices are sorted by index. NULL: none of them. */
static struct iotguard_device_info *device_with(struct iotguard_device_info *devices, size_t n, uint32_t index)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (devices[middle].index == index)
			return &devices[middle];
		if (devices[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int append_address(struct iotguard_device_info *devices, size_t n, uint32_t index, const struct ig_addr *addr)
{
	struct iotguard_device_info *d = device_with(devices, n, index);
	const char **longer;

	if (!d)
		return 0; /* the gateway's */
	longer = result_add(devices, (d->n_addresses + 1) * sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	if (d->n_addresses)
		memcpy(longer, d->addresses, d->n_addresses * sizeof(*longer));
	longer[d->n_addresses++] = address_text(devices, addr->addr);
	d->addresses = longer;
	return 0;
}

static int read_addresses(const struct view *view, struct iotguard_device_info *devices, size_t n)
{
	int fd = ig_generation_map(&view->object, IG_MAP_addresses);
	struct ig_addr key, *previous = NULL;

	while (fd >= 0 && !bpf_map_get_next_key(fd, previous, &key)) {
		uint32_t holder;

		previous = &key;
		if (!bpf_map_lookup_elem(fd, &key, &holder) && append_address(devices, n, holder, &key))
			return -ENOMEM;
	}
	return 0;
}

static void read_device(const struct view *view, const struct ig_dict_device *from, void *array,
			struct iotguard_device_info *out)
{
	const struct ig_dictionary *dict = &view->dict;
	const char *profile = ig_dict_string(dict, from->profile), *segment = ig_dict_segment_name(dict, from->segment);
	struct ig_device_counter counter = {};
	struct ig_state state = {};

	*out = (struct iotguard_device_info){
		.index = from->index,
		.name = result_string(array, ig_dict_string(dict, from->name)),
		.host = from->host,
		.trusted = from->trusted,
		.segment = result_string(array, segment ? segment : ""),
		.profile = *profile ? result_string(array, profile) : NULL,
		.environment = from->environment,
		.criticality = from->criticality,
		.mode = from->mode,
		.rules = ig_dict_rule_count(dict, from),
	};
	memcpy(out->mac, from->mac, sizeof(out->mac));
	if (!bpf_map_lookup_elem(view->object.maps[IG_MAP_state], &from->index, &state) && state.ifindex)
		if_indextoname(state.ifindex, out->interface);
	ig_stats_device(&view->object, from->index, &counter);
#define COUNT(member, direction, action)                                                                               \
	out->member.packets = counter.count[direction][action].packets;                                                \
	out->member.bytes = counter.count[direction][action].bytes
	COUNT(from_passed, IG_FROM_DEVICE, IG_PASS);
	COUNT(from_dropped, IG_FROM_DEVICE, IG_DROP);
	COUNT(to_passed, IG_TO_DEVICE, IG_PASS);
	COUNT(to_dropped, IG_TO_DEVICE, IG_DROP);
#undef COUNT
}

int iotguard_devices(struct iotguard *ig, struct iotguard_device_info **out, size_t *count)
{
	_cleanup_(view_close) struct view view;
	int err = view_open(ig, &view);
	size_t n;

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	n = view.dict.header.devices.count;
	*out = result_new(n * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		read_device(&view, ig_dict_device_at(&view.dict, i), *out, &(*out)[i]);
	err = read_addresses(&view, *out, n);
	if (err) {
		iotguard_free(*out);
		*out = NULL;
		return err;
	}
	*count = n;
	return 0;
}

/* --- flows --- */

struct flow_list {
	const struct view *view;
	struct ig_names names;
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

static int flow_add(struct flow_list *list, const struct ig_flow *flow, const struct iotguard_flow_info *key)
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

/* Names are the result's own copies; equal pointers would do, but a flow is no place to save a hundred bytes. */
static void flow_name(const struct view *view, const struct ig_flow *flow, void *array, struct iotguard_flow_info *info)
{
	const struct ig_dict_device *device = ig_dict_device_find(&view->dict, flow->device);
	const struct ig_dict_rule *rule;

	if (!device)
		return;
	info->device = result_string(array, ig_dict_string(&view->dict, device->name));
	rule = info->current && flow->rule != IG_NO_RULE ? ig_dict_rule_of(&view->dict, device, flow->rule) : NULL;
	if (rule)
		info->rule = result_string(array, ig_dict_string(&view->dict, rule->text));
}

static int read_flows4(struct flow_list *list, struct ig_flow **flows, size_t *capacity)
{
	int fd = list->view->object.maps[IG_MAP_flows4];
	struct ig_flow4_key key, *previous = NULL;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		struct iotguard_flow_info info = { .ip_version = 4, .proto = key.proto };
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
		struct iotguard_flow_info info = { .ip_version = 6, .proto = key.proto };
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
	_cleanup_(view_close) struct view view;
	struct flow_list list = { .view = &view };
	_free_ struct ig_flow *flows = NULL;
	struct timespec now = {};
	size_t capacity = 0;
	int err = view_open(ig, &view);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &now);
	list.now_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	err = read_flows4(&list, &flows, &capacity);
	err = err ?: read_flows6(&list, &flows, &capacity);
	if (!err) {
		*out = result_new(list.count * sizeof(**out));
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

/* --- rules --- */

static size_t copy_rules(const struct view *view, const struct ig_dict_device *device, void *array,
			 struct iotguard_rule_info *out)
{
	uint32_t n = ig_dict_rule_count(&view->dict, device);

	for (uint32_t i = 0; i < n; i++) {
		const struct ig_dict_rule *rule = ig_dict_rule_of(&view->dict, device, i);

		if (!rule)
			return i;
		out[i] = (struct iotguard_rule_info){
			.device = result_string(array, ig_dict_string(&view->dict, device->name)),
			.from = rule->from,
			.text = result_string(array, ig_dict_string(&view->dict, rule->text)),
			.file = result_string(array, ig_dict_string(&view->dict, rule->file)),
			.line = rule->line,
			.column = rule->column,
		};
	}
	return n;
}

int iotguard_rules(struct iotguard *ig, const char *device, struct iotguard_rule_info **out, size_t *count)
{
	_cleanup_(view_close) struct view view;
	const struct ig_dict_device *d;
	bool found = false;
	size_t total = 0;
	int err = view_open(ig, &view);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	for (uint32_t i = 0; (d = ig_dict_device_at(&view.dict, i)); i++)
		total += ig_dict_rule_count(&view.dict, d);
	*out = result_new(total * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (uint32_t i = 0; (d = ig_dict_device_at(&view.dict, i)); i++) {
		if (device && strcmp(ig_dict_string(&view.dict, d->name), device))
			continue;
		found = true;
		*count += copy_rules(&view, d, *out, *out + *count);
	}
	if (device && !found) {
		iotguard_free(*out);
		*out = NULL;
		return -ENODEV;
	}
	return 0;
}

/* --- reasons --- */

int iotguard_reasons(struct iotguard *ig, struct iotguard_reason_info **out, size_t *count)
{
	struct ig_counter counters[IG_REASON_STATS];
	_cleanup_(view_close) struct view view;
	int err = view_open(ig, &view);

	*out = NULL;
	*count = 0;
	err = err ?: ig_stats_reasons(&view.object, counters);
	if (err)
		return err;
	*out = result_new(IG_REASON_MAX * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (uint32_t reason = 0; reason < IG_REASON_MAX; reason++) {
		const struct ig_counter *from = &counters[reason * 2 + IG_FROM_DEVICE];
		const struct ig_counter *to = &counters[reason * 2 + IG_TO_DEVICE];

		if (!iotguard_reason_token(reason))
			continue;
		(*out)[(*count)++] = (struct iotguard_reason_info){
			.reason = reason,
			.from = { from->packets, from->bytes },
			.to = { to->packets, to->bytes },
		};
	}
	return 0;
}
