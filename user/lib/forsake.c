/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>

#include "forsake.h"
#include "state_dir.h"
#include "util.h"

/* A ring as readers see it: two pages with the positions of reader and writer, then the records. The
 * kernel maps these twice in a row, so that one that goes over the end can be read in one go. */
struct ring {
	const uint64_t *consumer, *producer; /* each in a page of its own; MAP_FAILED: not there */
	const uint8_t *records;
	size_t page, size;
};

static void ring_close(struct ring *ring)
{
	if (ring->consumer != MAP_FAILED)
		munmap((void *)ring->consumer, ring->page);
	if (ring->producer != MAP_FAILED)
		munmap((void *)ring->producer, ring->page + 2 * ring->size);
}

static int ring_open(int fd, struct ring *ring)
{
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info);

	*ring = (struct ring){.consumer = MAP_FAILED, .producer = MAP_FAILED};
	ring->page = sysconf(_SC_PAGESIZE);
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	ring->size = info.max_entries;
	ring->consumer = mmap(NULL, ring->page, PROT_READ, MAP_SHARED, fd, 0);
	ring->producer =
		mmap(NULL, ring->page + 2 * ring->size, PROT_READ, MAP_SHARED, fd, ring->page);
	if (ring->consumer == MAP_FAILED || ring->producer == MAP_FAILED)
		return -errno;
	ring->records = (const uint8_t *)ring->producer + ring->page;
	return 0;
}

uint64_t ig_ring_unread(int fd)
{
	_cleanup_(ring_close) struct ring ring;
	uint64_t n = 0, at, end;

	if (ring_open(fd, &ring))
		return 0;
	at = __atomic_load_n(ring.consumer, __ATOMIC_ACQUIRE);
	end = __atomic_load_n(ring.producer, __ATOMIC_ACQUIRE);
	while (at < end) {
		const uint32_t *header = (const void *)(ring.records + (at & (ring.size - 1)));
		uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);

		if (length & BPF_RINGBUF_BUSY_BIT) /* still being written, and so are all behind */
			break;
		n += !(length & BPF_RINGBUF_DISCARD_BIT);
		length &= ~BPF_RINGBUF_DISCARD_BIT;
		at += (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
	}
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
