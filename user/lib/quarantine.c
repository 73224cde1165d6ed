/* SPDX-License-Identifier: BSD-2-Clause */
/* Quarantine by hand. */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "address.h"
#include "bindings.h"
#include "clock.h"
#include "generation.h"
#include "operate.h"
#include "snapshot.h"
#include "state_dir.h"
#include "util.h"

#define NSEC	    1000000000ull
#define LONGEST_S   (10ull * 366 * 24 * 3600)
#define WITHOUT_END UINT64_MAX

/* The policy in force, held still. */
struct hold {
	struct iotguard *ig;
	struct ig_view view; /* for names */
	struct ig_object object;
	const struct ig_dict_device *machine;
	int lock;
};

static void hold_free(struct hold *h)
{
	ig_view_close(&h->view);
	ig_object_close(&h->object);
	ig_close_fd(&h->lock);
}

static int find_machine(struct hold *h, const char *name)
{
	const struct ig_dict_device *device;

	for (uint32_t i = 0; (device = ig_dict_device_at(&h->view.dict, i)); i++) {
		if (!strcmp(ig_dict_string(&h->view.dict, device->name), name)) {
			h->machine = device;
			return 0;
		}
	}
	ig_error(&h->ig->diags, NULL, "'iotguard-load show devices' lists them",
		 "the policy in force knows no device or host '%s'", name);
	return -ENODEV;
}

static int hold_make(struct hold *h, struct iotguard *ig, const char *name)
{
	int err;

	*h = (struct hold){
		.ig = ig, .view = {.object = IG_OBJECT_NONE}, .object = IG_OBJECT_NONE, .lock = -1};
	if (ig_capabilities_missing(&ig->diags))
		return -EPERM;
	if (!ig_state_exists(ig))
		return -ENOENT;
	h->lock = ig_state_lock(ig, 0);
	if (h->lock < 0)
		return h->lock;
	err = ig_state_open(ig, true, &h->object);
	err = err ?: ig_view_open(ig, &h->view);
	return err ?: find_machine(h, name);
}

/* --- whose session is this --- */

static bool lists_address(const struct hold *h, const uint8_t addr[16])
{
	int fd = ig_generation_map(&h->object, IG_MAP_addresses);
	struct ig_addr key;
	uint32_t holder;

	memcpy(key.addr, addr, sizeof(key.addr));
	return fd >= 0 && !bpf_map_lookup_elem(fd, &key, &holder) && holder == h->machine->index;
}

static bool got_address(const struct hold *h, const uint8_t addr[16])
{
	_cleanup_(ig_bound_list_clear) struct ig_bound_list list = {};

	if (ig_bindings_read(&h->object, &list))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].device == h->machine->index &&
		    !memcmp(list.items[i].known.addr, addr, sizeof(list.items[i].known.addr)))
			return true;
	}
	return false;
}

/* @forced tells whether it was in question. */
static int check_session(const struct hold *h, const struct iotguard_quarantine_opts *opts,
			 bool *forced)
{
	const struct iotguard_session *session = opts->session;

	if (!session || (!lists_address(h, session->client) && !got_address(h, session->client)))
		return 0;
	*forced = true;
	ig_diag_add(&h->ig->diags, opts->force ? IOTGUARD_WARNING : IOTGUARD_ERROR, NULL,
		    opts->force ? NULL : "do it from another machine, or use --force",
		    "this very SSH connection comes from '%s': a quarantine leaves it only what is "
		    "critical and the gateway's management",
		    opts->device);
	return opts->force ? 0 : -ECONNABORTED;
}

/* --- in and out --- */

static int set(const struct hold *h, enum ig_change_kind kind, uint64_t until_ns, bool forced)
{
	struct ig_command command = {
		.kind = IG_COMMAND_QUARANTINE,
		.change = ig_change_make(&h->object, kind),
	};

	command.change.device = h->machine->index;
	command.change.until_ns = until_ns;
	command.change.flags |= forced ? IG_CHANGE_FORCED : 0;
	return ig_operate(&h->object, &command);
}

/* A power cut a moment later must not end it, nor begin it again. That it could not be saved is said by then. */
static void save(struct hold *h)
{
	ig_close_fd(&h->lock);
	iotguard_save(h->ig, true);
}

static int check_opts(struct iotguard *ig, const struct iotguard_quarantine_opts *opts)
{
	if (!opts->device)
		return -EINVAL;
	if (opts->seconds <= LONGEST_S)
		return 0;
	ig_error(&ig->diags, NULL, "without a time it lasts until it is released",
		 "a quarantine ends within ten years");
	return -EINVAL;
}

int iotguard_quarantine(struct iotguard *ig, const struct iotguard_quarantine_opts *given)
{
	struct iotguard_quarantine_opts opts = {};
	_cleanup_(hold_free) struct hold h = {
		.view = {.object = IG_OBJECT_NONE}, .object = IG_OBJECT_NONE, .lock = -1};
	bool forced = false;
	uint64_t until_ns;
	int err;

	memcpy(&opts, given, given->sz < sizeof(opts) ? given->sz : sizeof(opts));
	err = check_opts(ig, &opts);
	err = err ?: hold_make(&h, ig, opts.device);
	err = err ?: check_session(&h, &opts, &forced);
	if (err)
		return err;
	until_ns = opts.seconds ? ig_clock_now() + opts.seconds * NSEC : WITHOUT_END;
	err = set(&h, IG_CHANGE_QUARANTINE, until_ns, forced);
	if (!err)
		save(&h);
	return err;
}

int iotguard_release(struct iotguard *ig, const char *device)
{
	_cleanup_(hold_free) struct hold h;
	struct ig_state state = {};
	int err = hold_make(&h, ig, device);

	if (!err && bpf_map_lookup_elem(h.object.maps[IG_MAP_state], &h.machine->index, &state))
		err = -errno;
	if (err || state.quarantine_until_ns <= ig_clock_now())
		return err;
	err = set(&h, IG_CHANGE_RELEASE, 0, false);
	if (err)
		return err;
	save(&h);
	return 1;
}
