/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "stats.h"
#include "util.h"

/* Every per-CPU value is nothing but 64-bit counts, so that one function adds them all up. */
static int sum(int fd, uint32_t index, void *out, size_t size)
{
	int cpus = libbpf_num_possible_cpus();
	_free_ uint64_t *all = NULL;
	uint64_t *total = out;
	size_t words = size / sizeof(uint64_t);

	if (cpus < 0)
		return cpus;
	all = calloc(cpus, size);
	if (!all)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &index, all))
		return -errno;
	memset(out, 0, size);
	for (int cpu = 0; cpu < cpus; cpu++) {
		for (size_t w = 0; w < words; w++)
			total[w] += all[cpu * words + w];
	}
	return 0;
}

int ig_stats_device(const struct ig_object *object, uint32_t index, struct ig_device_counter *out)
{
	return sum(object->maps[IG_MAP_device_stats], index, out, sizeof(*out));
}

int ig_stats_events(const struct ig_object *object, struct ig_event_counter *out)
{
	return sum(object->maps[IG_MAP_event_stats], 0, out, sizeof(*out));
}

int ig_stats_reasons(const struct ig_object *object, struct ig_counter *out)
{
	int err = 0;

	for (uint32_t i = 0; i < IG_REASON_STATS && !err; i++)
		err = sum(object->maps[IG_MAP_reason_stats], i, &out[i], sizeof(out[i]));
	return err;
}
