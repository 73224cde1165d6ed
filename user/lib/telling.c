/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "telling.h"

#define LABEL_MAX 63

/* As in a message: each label behind its length, and a zero byte. Its length in all; 0: it is no name. */
static uint16_t encode(const char *name, uint8_t out[IG_NAME_BYTES])
{
	size_t at = 0;

	for (;;) {
		size_t n = strcspn(name, ".");

		if (!n || n > LABEL_MAX || at + n + 2 > IG_NAME_BYTES - 1)
			return 0;
		out[at] = (uint8_t)n;
		memcpy(out + at + 1, name, n);
		at += n + 1;
		if (!name[n])
			break;
		name += n + 1;
	}
	out[at] = 0;
	return at + 1;
}

int ig_telling_put(const struct ig_object *object, const struct ig_telling *told)
{
	struct ig_answer answer = {
		.proto = IPPROTO_UDP,
		.ip_version = 4,
		.ttl = told->ttl,
		.n_addresses = told->n_addresses,
		.device = told->device,
	};
	uint64_t generation = object->control->generation;
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &answer,
			    .data_size_in = sizeof(answer), .repeat = 1);
	int err = 0;

	answer.length = encode(told->name, answer.name);
	if (!answer.length || told->n_addresses > IG_ANSWER_ADDRESSES)
		return -EINVAL;
	memcpy(answer.addresses, told->addresses, told->n_addresses * sizeof(*told->addresses));
	__atomic_store_n(&object->control->generation, 0, __ATOMIC_RELEASE);
	if (bpf_prog_test_run_opts(object->resolve, &opts))
		err = -errno;
	__atomic_store_n(&object->control->generation, generation, __ATOMIC_RELEASE);
	return err ?: -(int)opts.retval;
}
