/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in force, at a glance. */

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "map_rows.h"
#include "pins.h"
#include "sha256.h"
#include "snapshot.h"
#include "stats.h"
#include "trial.h"
#include "util.h"

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
		status->monitoring += device->mode != IOTGUARD_MODE_ENFORCE;
	}
}

static int count_quarantined(const struct ig_view *view, struct iotguard_status *status)
{
	_cleanup_(ig_map_rows_clear) struct ig_map_rows states = {};
	int err = ig_map_rows_read(view->object.maps[IG_MAP_state], 0, &states);
	uint64_t now = ig_clock_now();

	for (size_t i = 0; i < states.count && !err; i++) {
		const struct ig_state *state = ig_map_rows_value(&states, i);
		uint32_t index = *(const uint32_t *)ig_map_rows_key(&states, i);

		if (state->quarantine_until_ns > now && ig_dict_device_find(&view->dict, index))
			status->quarantined++;
	}
	return err;
}

static int count_names(const struct ig_object *object, struct iotguard_status *status)
{
	_cleanup_(ig_pinned_list_clear) struct ig_pinned_list list = {};
	int err = ig_pins_read(object, &list);

	status->names = (unsigned int)list.n_names;
	status->pins = (unsigned int)list.count;
	status->name_bytes = memory_of(object->maps[IG_MAP_names]) +
			     memory_of(object->maps[IG_MAP_pins]) +
			     memory_of(object->maps[IG_MAP_awaited]);
	return err;
}

static uint64_t flow_memory(const struct ig_object *object)
{
	static const enum ig_map maps[] = {IG_MAP_flows4, IG_MAP_flows6, IG_MAP_ring4, IG_MAP_ring6,
					   IG_MAP_flow_counts};
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		sum += memory_of(object->maps[maps[i]]);
	return sum;
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
		if (i >= IG_REASON_LET_PASS(0, 0) || iotguard_reason_passes(i / 2))
			status->passed += counters[i].packets;
		else
			status->dropped += counters[i].packets;
	}
	status->events_sent = events.sent;
	status->events_suppressed = events.suppressed;
	status->events_lost = events.lost;
	status->safety_dropped = events.safety_dropped;
	return 0;
}

static unsigned int count_interfaces(struct iotguard *ig)
{
	struct iotguard_interface_info *interfaces;
	unsigned int guarded = 0;
	size_t n;

	if (iotguard_interfaces(ig, &interfaces, &n))
		return 0;
	for (size_t i = 0; i < n; i++)
		guarded += interfaces[i].ifindex != 0;
	iotguard_free(interfaces);
	return guarded;
}

int iotguard_status(struct iotguard *ig, struct iotguard_status *status)
{
	_cleanup_(ig_view_close) struct ig_view view;
	const struct ig_dict_header *header = &view.dict.header;
	struct ig_trial_state trial;
	struct ig_control control;
	int err = ig_view_open(ig, &view);

	err = err ?: ig_object_control(&view.object, &control);
	if (err)
		return err;
	*status = (struct iotguard_status){
		.generation = control.generation,
		.applied_at = header->applied_at,
		.open = control.written[control.generation % IG_SLOTS].open,
		.abi = control.abi,
		.policies = header->n_policies,
		.rules = header->n_rules,
		.ending = header->n_ending,
		.clock_right = control.clock_right,
		.segments = header->segments.count,
		.interfaces = count_interfaces(ig),
		.device_slots = control.device_slots,
		.flow_slots = control.flow_slots,
		.name_places = control.device_slots * (control.pin_places / 2),
		.pin_places = control.device_slots * control.pin_places,
		.map_bytes = all_memory(&view.object),
		.flow_bytes = flow_memory(&view.object),
	};
	snprintf(status->inventory, sizeof(status->inventory), "%s",
		 ig_dict_string(&view.dict, header->path));
	ig_sha256_hex(header->inventory, status->sha256);
	ig_trial_look(&view.object, &trial);
	status->trial_seconds = trial.until_ns && !trial.left_s ? 1 : trial.left_s;
	status->trial_uid = trial.uid;
	count_machines(&view.dict, status);
	err = count_quarantined(&view, status);
	err = err ?: count_names(&view.object, status);
	return err ?: count_packets(&view.object, status);
}
