/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "handle.h"
#include "abi.h"
#include "util.h"

const char *iotguard_version(void)
{
	return IOTGUARD_VERSION;
}

unsigned int iotguard_abi(void)
{
	return IG_ABI;
}

int iotguard_open(struct iotguard **out, const struct iotguard_open_opts *opts)
{
	const char *dir = opts && opts->state_dir ? opts->state_dir : IOTGUARD_STATE_DIR;
	struct iotguard *ig;

	*out = NULL;
	if (opts && opts->sz < sizeof(opts->sz))
		return -EINVAL;
	ig = calloc(1, sizeof(*ig));
	if (!ig)
		return -ENOMEM;
	ig->state_dir = strdup(dir);
	if (!ig->state_dir) {
		free(ig);
		return -ENOMEM;
	}
	*out = ig;
	return 0;
}

void iotguard_close(struct iotguard *ig)
{
	if (!ig)
		return;
	ig_diags_clear(&ig->diags);
	free(ig->state_dir);
	free(ig);
}

size_t iotguard_diag_count(const struct iotguard *ig)
{
	return ig->diags.count;
}

const struct iotguard_diag *iotguard_diag_get(const struct iotguard *ig, size_t index)
{
	return index < ig->diags.count ? &ig->diags.items[index] : NULL;
}

size_t iotguard_diag_errors(const struct iotguard *ig)
{
	return ig->diags.errors;
}

size_t iotguard_diag_dropped(const struct iotguard *ig)
{
	return ig->diags.dropped;
}

void iotguard_diag_clear(struct iotguard *ig)
{
	ig_diags_clear(&ig->diags);
}
