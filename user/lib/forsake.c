/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>

#include "forsake.h"
#include "state_dir.h"
#include "util.h"

#define RECORD_HEADER 8 /* of the kernel, before each record; records are multiples of 8 */

/* Bytes between the reader and the writer; the two positions are the first words of the ring's
 * first two pages. */
static uint64_t unread_bytes(int ring)
{
	long page = sysconf(_SC_PAGESIZE);
	void *consumer = mmap(NULL, page, PROT_READ, MAP_SHARED, ring, 0);
	void *producer = mmap(NULL, page, PROT_READ, MAP_SHARED, ring, page);
	uint64_t bytes = 0;

	if (consumer != MAP_FAILED && producer != MAP_FAILED)
		bytes = __atomic_load_n((uint64_t *)producer, __ATOMIC_ACQUIRE) -
			__atomic_load_n((uint64_t *)consumer, __ATOMIC_ACQUIRE);
	if (consumer != MAP_FAILED)
		munmap(consumer, page);
	if (producer != MAP_FAILED)
		munmap(producer, page);
	return bytes;
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
	uint64_t records =
		unread_bytes(old->maps[IG_MAP_events]) / (sizeof(struct ig_event) + RECORD_HEADER);

	if (records && !ig_state_is_read(ig))
		add_lost(now, records);
}
