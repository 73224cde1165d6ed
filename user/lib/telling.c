/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>

#include "answer.h"
#include "telling.h"

int ig_telling_put(const struct ig_object *object, const struct ig_telling *told)
{
	uint64_t generation = object->control->generation;
	struct ig_answer answer;
	int err;

	if (told->n_addresses > IG_ANSWER_ADDRESSES)
		return -EINVAL;
	ig_answer_make(&answer, told->device, told->ttl, told->addresses, told->n_addresses);
	err = ig_answer_name(&answer, told->name);
	if (err)
		return err;
	__atomic_store_n(&object->control->generation, 0, __ATOMIC_RELEASE);
	err = ig_answer_give(object, &answer);
	__atomic_store_n(&object->control->generation, generation, __ATOMIC_RELEASE);
	return err;
}
