/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "forsake.h"
#include "ring.h"
#include "state_dir.h"
#include "util.h"

uint64_t ig_ring_unread(int fd)
{
	struct ig_ring ring;
	uint64_t n = 0;
	size_t size;

	if (ig_ring_open(&ring, fd))
		return 0;
	while (ig_ring_next(&ring, &size))
		n++;
	ig_ring_close(&ring);
	return n;
}

static void add_lost(const struct ig_object *object, uint64_t records)
{
	int cpus = libbpf_num_possible_cpus(), fd = object->maps[IG_MAP_event_stats];
	_free_ struct ig_event_counter *counters = calloc(cpus > 0 ? cpus : 1, sizeof(*counters));
	uint32_t zero = 0;

	if (!counters || bpf_map_lookup_elem(fd, &zero, counters))
		return;
	counters[0].lost += records;
	bpf_map_update_elem(fd, &zero, counters, BPF_ANY);
}

void ig_events_forsake(struct iotguard *ig, const struct ig_object *old,
		       const struct ig_object *now)
{
	uint64_t records = ig_ring_unread(old->maps[IG_MAP_events]);

	if (records && !ig_state_is_read(ig))
		add_lost(now, records);
}
