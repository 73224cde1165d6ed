/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices and hosts in force, with their addresses and counts. */

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "address.h"
#include "bindings.h"
#include "clock.h"
#include "generation.h"
#include "snapshot.h"
#include "stats.h"
#include "util.h"

static const char *address_text(void *array, const uint8_t addr[16])
{
	char text[INET6_ADDRSTRLEN] = "";

	ig_addr_print(addr, text);
	return ig_result_string(array, text);
}

/* Devices are sorted by index. NULL: none of them. */
static struct iotguard_device_info *device_with(struct iotguard_device_info *devices, size_t n,
						uint32_t index)
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

static int append_address(struct iotguard_device_info *devices, size_t n, uint32_t index,
			  const uint8_t addr[16])
{
	struct iotguard_device_info *d = device_with(devices, n, index);
	const char **longer;

	if (!d)
		return 0; /* the gateway's */
	longer = ig_result_add(devices, (d->n_addresses + 1) * sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	if (d->n_addresses)
		memcpy(longer, d->addresses, d->n_addresses * sizeof(*longer));
	longer[d->n_addresses++] = address_text(devices, addr);
	d->addresses = longer;
	return 0;
}

static int read_addresses(const struct ig_view *view, struct iotguard_device_info *devices,
			  size_t n)
{
	int fd = ig_generation_map(&view->object, IG_MAP_addresses);
	struct ig_addr key, *previous = NULL;

	while (fd >= 0 && !bpf_map_get_next_key(fd, previous, &key)) {
		uint32_t holder;

		previous = &key;
		if (!bpf_map_lookup_elem(fd, &key, &holder) &&
		    append_address(devices, n, holder, key.addr))
			return -ENOMEM;
	}
	return 0;
}

/* Those that machines were seen to get stand behind the listed ones. */
static int read_bound(const struct ig_view *view, struct iotguard_device_info *devices, size_t n)
{
	_cleanup_(ig_bound_list_clear) struct ig_bound_list list = {};
	int err = ig_bindings_read(&view->object, &list);

	for (size_t i = 0; i < list.count && !err; i++)
		err = append_address(devices, n, list.items[i].device, list.items[i].known.addr);
	return err;
}

static void read_device(const struct ig_view *view, const struct ig_dict_device *from, void *array,
			struct iotguard_device_info *out)
{
	const struct ig_dictionary *dict = &view->dict;
	const char *profile = ig_dict_string(dict, from->profile),
		   *router = ig_dict_string(dict, from->router),
		   *segment = ig_dict_segment_name(dict, from->segment);
	struct ig_device_counter counter = {};
	struct ig_state state = {};

	*out = (struct iotguard_device_info){
		.index = from->index,
		.name = ig_result_string(array, ig_dict_string(dict, from->name)),
		.host = from->host,
		.trusted = from->trusted,
		.router = *router ? ig_result_string(array, router) : NULL,
		.segment = ig_result_string(array, segment ? segment : ""),
		.profile = *profile ? ig_result_string(array, profile) : NULL,
		.environment = from->environment,
		.criticality = from->criticality,
		.mode = from->mode,
		.rules = ig_dict_rule_count(dict, from),
	};
	memcpy(out->mac, from->mac, sizeof(out->mac));
	if (!bpf_map_lookup_elem(view->object.maps[IG_MAP_state], &from->index, &state)) {
		if (state.ifindex)
			if_indextoname(state.ifindex, out->interface);
		if (state.quarantine_until_ns > ig_clock_now())
			out->quarantine_until = ig_clock_epoch(state.quarantine_until_ns);
	}
	ig_stats_device(&view->object, from->index, &counter);
#define COUNT(member, direction, action)                                \
	out->member.packets = counter.count[direction][action].packets; \
	out->member.bytes = counter.count[direction][action].bytes
	COUNT(from_passed, IG_FROM_DEVICE, IG_PASS);
	COUNT(from_dropped, IG_FROM_DEVICE, IG_DROP);
	COUNT(to_passed, IG_TO_DEVICE, IG_PASS);
	COUNT(to_dropped, IG_TO_DEVICE, IG_DROP);
#undef COUNT
}

int iotguard_devices(struct iotguard *ig, struct iotguard_device_info **out, size_t *count)
{
	_cleanup_(ig_view_close) struct ig_view view;
	int err = ig_view_open(ig, &view);
	size_t n;

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	n = view.dict.header.devices.count;
	*out = ig_result_new(n * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		read_device(&view, ig_dict_device_at(&view.dict, i), *out, &(*out)[i]);
	err = read_addresses(&view, *out, n);
	err = err ?: read_bound(&view, *out, n);
	if (err) {
		iotguard_free(*out);
		*out = NULL;
		return err;
	}
	*count = n;
	return 0;
}
