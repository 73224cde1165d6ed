/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "handle.h"
#include "abi.h"
#include "opts.h"
#include "util.h"

const char *iotguard_version(void)
{
	return IOTGUARD_VERSION;
}

unsigned int iotguard_abi(void)
{
	return IG_ABI;
}

static void iotguard_closep(struct iotguard **ig)
{
	iotguard_close(*ig);
}

#define SOCKET_NAME "events.sock"

/* Beside the pins, so that two gateways have two. */
static char *socket_beside(const char *state_dir)
{
	const char *slash = strrchr(state_dir, '/');
	char *path = NULL;

	if (asprintf(&path, "%.*s%s", slash ? (int)(slash - state_dir + 1) : 0, state_dir,
		     SOCKET_NAME) < 0)
		return NULL;
	return path;
}

/* What one gateway saved is not for another one, so only the usual one has a usual place. */
static const char *usual_save_dir(const char *state_dir)
{
	return strcmp(state_dir, IOTGUARD_STATE_DIR) ? NULL : IOTGUARD_SAVE_DIR;
}

int iotguard_open(struct iotguard **out, const struct iotguard_open_opts *opts)
{
	const char *dir = ig_opt(opts, state_dir, NULL) ?: IOTGUARD_STATE_DIR;
	const char *socket = ig_opt(opts, socket, NULL);
	const char *save_dir = ig_opt(opts, save_dir, NULL) ?: usual_save_dir(dir);
	_cleanup_(iotguard_closep) struct iotguard *ig = NULL;

	*out = NULL;
	if (opts && opts->sz < sizeof(opts->sz))
		return -EINVAL;
	ig = calloc(1, sizeof(*ig));
	if (!ig)
		return -ENOMEM;
	ig->state_dir = strdup(dir);
	ig->socket = socket ? strdup(socket) : socket_beside(dir);
	ig->save_dir = save_dir ? strdup(save_dir) : NULL;
	if (!ig->state_dir || !ig->socket || (save_dir && !ig->save_dir))
		return -ENOMEM;
	*out = take_ptr(ig);
	return 0;
}

void iotguard_close(struct iotguard *ig)
{
	if (!ig)
		return;
	ig_diags_clear(&ig->diags);
	ig_saved_clear(&ig->saved);
	ig_discovered_clear(&ig->discovery.told);
	free(ig->state_dir);
	free(ig->socket);
	free(ig->save_dir);
	free(ig);
}

const char *iotguard_state_dir(const struct iotguard *ig)
{
	return ig->state_dir;
}

const char *iotguard_socket(const struct iotguard *ig)
{
	return ig->socket;
}

const char *iotguard_save_dir(const struct iotguard *ig)
{
	return ig->save_dir;
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
