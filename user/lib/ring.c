/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>

#include "ring.h"
#include "util.h"

/* The kernel maps the data twice in a row, so that no record is ever cut at the end. */
static size_t read_only_size(const struct ig_ring *ring)
{
	return (size_t)sysconf(_SC_PAGESIZE) + 2 * ring->size;
}

int ig_ring_open(struct ig_ring *ring, int fd)
{
	long page = sysconf(_SC_PAGESIZE);
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info);
	void *mapped;

	*ring = IG_RING_NONE;
	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	ring->size = info.max_entries;
	mapped = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return -errno;
	ring->consumer = mapped;
	mapped = mmap(NULL, read_only_size(ring), PROT_READ, MAP_SHARED, fd, page);
	if (mapped == MAP_FAILED) {
		int err = -errno;

		ig_ring_close(ring);
		return err;
	}
	ring->producer = mapped;
	ring->data = (const uint8_t *)mapped + page;
	ring->at = ring->end = __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
	return 0;
}

void ig_ring_close(struct ig_ring *ring)
{
	if (ring->consumer)
		munmap(ring->consumer, sysconf(_SC_PAGESIZE));
	if (ring->producer)
		munmap((void *)ring->producer, read_only_size(ring));
	*ring = IG_RING_NONE;
}

/* How much there is behind the place where this reader stands. Programs write to that line all the time: it is not
 * looked at for each record. */
static uint64_t waiting_in(struct ig_ring *ring)
{
	if (ring->at == ring->end) {
		ring->end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
		ring->round++;
	}
	return ring->end - ring->at;
}

const void *ig_ring_next(struct ig_ring *ring, size_t *size)
{
	for (;;) {
		uint64_t waiting = waiting_in(ring);
		const uint8_t *record = ring->data + (ring->at & (ring->size - 1));
		uint32_t header, length;

		if (!waiting || waiting > ring->size)
			return NULL;
		header = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		if (header & BPF_RINGBUF_BUSY_BIT || length > waiting)
			return NULL;
		ring->at += (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		if (header & BPF_RINGBUF_DISCARD_BIT)
			continue;
		*size = length;
		return record + BPF_RINGBUF_HDR_SZ;
	}
}

/*
 * The kernel wakes a reader only by the record that lies where the consumer stands. One that came
 * before this store, and behind it, woke nobody; whoever waits next has to see it, so the store
 * must not be later than that look.
 */
void ig_ring_settle(struct ig_ring *ring)
{
	__atomic_store_n(ring->consumer, ring->at, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool ig_ring_is_settled(const struct ig_ring *ring)
{
	return *ring->consumer == ring->at;
}
