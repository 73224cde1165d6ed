/* SPDX-License-Identifier: BSD-2-Clause */
/* Quarantine by hand. */

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "address.h"
#include "bindings.h"
#include "clock.h"
#include "generation.h"
#include "hold.h"
#include "operate.h"
#include "snapshot.h"
#include "util.h"

#define NSEC	    1000000000ull
#define LONGEST_S   (10ull * 366 * 24 * 3600)
#define WITHOUT_END UINT64_MAX

/* A machine of the policy in force. */
struct patient {
	struct iotguard *ig;
	struct ig_hold hold;
	struct ig_view view; /* for names */
	const struct ig_dict_device *machine;
};

static void patient_free(struct patient *p)
{
	ig_view_close(&p->view);
	ig_hold_release(&p->hold);
}

static int find_machine(struct patient *p, const char *name)
{
	p->machine = ig_dict_device_named(&p->view.dict, name);
	if (p->machine)
		return 0;
	ig_error(&p->ig->diags, NULL, "'iotguard-load show devices' lists them",
		 "the policy in force knows no device or host '%s'", name);
	return -ENODEV;
}

static int patient_find(struct patient *p, struct iotguard *ig, const char *name)
{
	int err;

	*p = (struct patient){.ig = ig, .view = {.object = IG_OBJECT_NONE}};
	err = ig_hold(ig, &p->hold);
	err = err ?: ig_view_open(ig, &p->view);
	return err ?: find_machine(p, name);
}

/* --- whose session is this --- */

static bool lists_address(const struct patient *p, const uint8_t addr[16])
{
	int fd = ig_generation_map(&p->hold.object, IG_MAP_addresses);
	struct ig_addr key;
	uint32_t holder;

	memcpy(key.addr, addr, sizeof(key.addr));
	return fd >= 0 && !bpf_map_lookup_elem(fd, &key, &holder) && holder == p->machine->index;
}

static bool got_address(const struct patient *p, const uint8_t addr[16])
{
	_cleanup_(ig_bound_list_clear) struct ig_bound_list list = {};

	if (ig_bindings_read(&p->hold.object, &list))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].device == p->machine->index &&
		    !memcmp(list.items[i].known.addr, addr, sizeof(list.items[i].known.addr)))
			return true;
	}
	return false;
}

/* @forced tells whether it was in question. */
static int check_session(const struct patient *p, const struct iotguard_quarantine_opts *opts,
			 bool *forced)
{
	const struct iotguard_session *session = opts->session;

	if (!session || (!lists_address(p, session->client) && !got_address(p, session->client)))
		return 0;
	*forced = true;
	ig_diag_add(&p->ig->diags, opts->force ? IOTGUARD_WARNING : IOTGUARD_ERROR, NULL,
		    opts->force ? NULL : "do it from another machine, or use --force",
		    "this very SSH connection comes from '%s': a quarantine leaves it only what is "
		    "critical and the gateway's management",
		    opts->device);
	return opts->force ? 0 : -ECONNABORTED;
}

/* --- in and out --- */

static int set(const struct patient *p, enum ig_change_kind kind, uint64_t until_ns, bool forced)
{
	struct ig_command command = {
		.kind = IG_COMMAND_QUARANTINE,
		.change = ig_change_make(&p->hold.object, kind),
	};

	command.change.device = p->machine->index;
	command.change.until_ns = until_ns;
	command.change.flags |= forced ? IG_CHANGE_FORCED : 0;
	return ig_operate(&p->hold.object, &command);
}

/* A power cut a moment later must not end it, nor begin it again. Where that cannot be, it is done all the same. */
static int save(struct patient *p, const char *what)
{
	int err;

	ig_close_fd(&p->hold.lock);
	err = iotguard_save(p->ig, true);
	if (err >= 0 || err == -ENOENT)
		return 0;
	ig_error(&p->ig->diags, NULL, "give it again once that is mended",
		 "the %s is in force, and a reboot would undo it", what);
	return -EIO;
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
	_cleanup_(patient_free) struct patient p = {.hold = IG_HOLD_NONE,
						    .view = {.object = IG_OBJECT_NONE}};
	bool forced = false;
	uint64_t until_ns;
	int err;

	memcpy(&opts, given, given->sz < sizeof(opts) ? given->sz : sizeof(opts));
	err = check_opts(ig, &opts);
	err = err ?: patient_find(&p, ig, opts.device);
	err = err ?: check_session(&p, &opts, &forced);
	if (err)
		return err;
	until_ns = opts.seconds ? ig_clock_now() + opts.seconds * NSEC : WITHOUT_END;
	err = set(&p, IG_CHANGE_QUARANTINE, until_ns, forced);
	return err ?: save(&p, "quarantine");
}

int iotguard_release(struct iotguard *ig, const char *device)
{
	_cleanup_(patient_free) struct patient p;
	struct ig_state state = {};
	int err = patient_find(&p, ig, device);

	if (!err &&
	    bpf_map_lookup_elem(p.hold.object.maps[IG_MAP_state], &p.machine->index, &state))
		err = -errno;
	if (err || state.quarantine_until_ns <= ig_clock_now())
		return err;
	err = set(&p, IG_CHANGE_RELEASE, 0, false);
	err = err ?: save(&p, "release");
	return err ?: 1;
}
