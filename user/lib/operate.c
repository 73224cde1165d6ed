/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "generation.h"
#include "operate.h"
#include "util.h"

int ig_operate(const struct ig_object *object, const struct ig_command *command)
{
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = command,
			    .data_size_in = sizeof(*command), .repeat = 1);

	if (bpf_prog_test_run_opts(object->operate, &opts))
		return -errno;
	return -(int)opts.retval;
}

/* Who logged in, where the kernel knows: sudo and su change the process's user, and not that. */
static uint32_t login_user(void)
{
	uint32_t uid = UINT32_MAX;
	FILE *f = fopen("/proc/self/loginuid", "re");

	if (f && fscanf(f, "%u", &uid) != 1)
		uid = UINT32_MAX;
	if (f)
		fclose(f);
	return uid == UINT32_MAX ? getuid() : uid;
}

struct ig_change ig_change_make(const struct ig_object *object, enum ig_change_kind kind)
{
	uint64_t generation = ig_generation_now(object);
	struct ig_change change = {
		.kind = kind,
		.generation = generation,
		.before = generation,
		.uid = login_user(),
		.device = IG_ENTITY_NONE,
	};

	memcpy(change.inventory, object->control->written[generation % IG_SLOTS].inventory,
	       sizeof(change.inventory));
	return change;
}

void ig_change_tell(const struct ig_object *object, const struct ig_change *change)
{
	struct ig_command command = {.kind = IG_COMMAND_TELL, .change = *change};

	ig_operate(object, &command);
}

int ig_quarantine_set(const struct ig_object *object, uint32_t index, uint64_t until_ns)
{
	struct ig_command command = {
		.kind = IG_COMMAND_QUARANTINE,
		.silent = 1,
		.change = {.device = index, .until_ns = until_ns},
	};

	return ig_operate(object, &command);
}
