/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "answer.h"

#define LABEL_MAX      63
#define NAME_MAX_BYTES 255 /* in a message, the zero byte included (RFC 1035 section 2.3.4) */

int ig_answer_name(struct ig_answer *answer, const char *name)
{
	size_t at = 0;

	for (;;) {
		size_t n = strcspn(name, ".");

		if (!n || n > LABEL_MAX || at + n + 2 > NAME_MAX_BYTES)
			return -EINVAL;
		answer->name[at] = (uint8_t)n;
		memcpy(answer->name + at + 1, name, n);
		at += n + 1;
		if (!name[n])
			break;
		name += n + 1;
	}
	answer->name[at] = 0;
	answer->length = (uint16_t)(at + 1);
	return 0;
}

void ig_answer_make(struct ig_answer *answer, uint32_t device, uint32_t ttl,
		    const uint8_t (*addresses)[16], size_t n)
{
	*answer = (struct ig_answer){
		.proto = IPPROTO_UDP,
		.ip_version = 4,
		.ttl = ttl,
		.n_addresses = (uint16_t)n,
		.device = device,
	};
	memcpy(answer->addresses, addresses, n * sizeof(*addresses));
}

int ig_answer_give(const struct ig_object *object, const struct ig_answer *answer)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = answer,
			    .data_size_in = sizeof(*answer), .repeat = 1);

	if (bpf_prog_test_run_opts(object->resolve, &opts))
		return -errno;
	return -(int)opts.retval;
}
