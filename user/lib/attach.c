/* SPDX-License-Identifier: BSD-2-Clause */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "offload.h"
#include "state_dir.h"
#include "util.h"

/* Newer than the headers of libbpf 1.1 (linux/bpf.h of 6.6). */
#define TCX_EGRESS ((enum bpf_attach_type)47)

/* How our filter is known again where links do not exist: "ig". */
#define CLSACT_HANDLE	0x6967
#define CLSACT_PRIORITY 1

static const char *const kinds[] = {"xdp", "tc"};

enum kind { XDP, TC };

/* A bpffs takes no dots in names, and interfaces may have them: they become ":", which no interface
 * name can have. */
static void exchange(char *name, char from, char to)
{
	for (; *name; name++) {
		if (*name == from)
			*name = to;
	}
}

static int link_path(const struct iotguard *ig, char *path, const char *interface, enum kind kind)
{
	char name[IF_NAMESIZE];

	snprintf(name, sizeof(name), "%s", interface);
	exchange(name, '.', ':');
	return ig_state_path(ig, path, "links/%s/%s", kinds[kind], name);
}

/* Links know no read-only descriptors: whoever only looks is let in by the pin's mode, or sees
 * none. */
static int open_link(const struct iotguard *ig, const char *interface, enum kind kind)
{
	char path[PATH_MAX];
	int fd, err = link_path(ig, path, interface, kind);

	if (err)
		return err;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/* The struct of newer kernels is longer; ifindex is first in both members of its union. */
static int link_info(int fd, unsigned int *ifindex, unsigned int *program)
{
	struct bpf_link_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	*ifindex = info.xdp.ifindex;
	*program = info.prog_id;
	return 0;
}

static unsigned int program_id(int fd)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

static int pin_link(const struct iotguard *ig, int fd, const char *interface, enum kind kind)
{
	char path[PATH_MAX];
	int err = link_path(ig, path, interface, kind);

	if (!err && bpf_obj_pin(fd, path))
		err = -errno;
	if (!err)
		ig_pin_share(path, ig->state_dir, 0640);
	return err;
}

static void drop_link(const struct iotguard *ig, const char *interface, enum kind kind)
{
	_close_ int fd = open_link(ig, interface, kind);
	char path[PATH_MAX];

	if (fd >= 0)
		bpf_link_detach(fd); /* an interface that is gone has nothing to detach */
	if (!link_path(ig, path, interface, kind))
		unlink(path);
}

/* 1: there is a link to this very interface, and it runs @program now. 0: there is none that lives. */
static int reuse_link(const struct iotguard *ig, const struct ig_interface *interface,
		      enum kind kind, int program)
{
	_close_ int fd = open_link(ig, interface->name, kind);
	unsigned int ifindex = 0, id = 0;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (link_info(fd, &ifindex, &id) || ifindex != (unsigned int)interface->ifindex) {
		drop_link(ig, interface->name, kind);
		return 0;
	}
	if (id == program_id(program))
		return 1;
	return bpf_link_update(fd, program, NULL) ? -errno : 1;
}

/* --- XDP --- */

static int create_xdp(const struct ig_interface *interface, int program, uint32_t mode)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = mode);
	int fd = bpf_link_create(program, interface->ifindex, BPF_XDP, &opts);

	return fd < 0 ? -errno : fd;
}

static void say_xdp(struct iotguard *ig, const struct ig_interface *interface, int err,
		    bool require_native)
{
	if (err == -EBUSY)
		ig_error(
			&ig->diags, NULL,
			"'bpftool prog show id ID' says what it is; take it off, or leave the interface out",
			"another XDP program is on %s: id %u", interface->name, interface->xdp_id);
	else if (require_native)
		ig_error(&ig->diags, NULL,
			 "leave --require-native out to fall back to generic mode",
			 "%s cannot run XDP in native mode: %s", interface->name, strerror(-err));
	else
		ig_error(&ig->diags, NULL, NULL, "cannot put the XDP program on %s: %s",
			 interface->name, strerror(-err));
}

static int attach_xdp(struct iotguard *ig, const struct ig_interface *interface, int program,
		      bool require_native, bool *fresh)
{
	int err = reuse_link(ig, interface, XDP, program), native;
	_close_ int fd = -1;

	*fresh = err == 0;
	if (err > 0 && require_native && interface->xdp_mode == XDP_ATTACHED_SKB) {
		say_xdp(ig, interface, -EOPNOTSUPP, true);
		return -EOPNOTSUPP;
	}
	if (err > 0)
		return 0;
	if (!err)
		err = fd = create_xdp(interface, program, XDP_FLAGS_DRV_MODE);
	native = err;
	if (err < 0 && err != -EBUSY && !require_native) {
		err = fd = create_xdp(interface, program, XDP_FLAGS_SKB_MODE);
		if (fd >= 0)
			ig_warning(&ig->diags, NULL, "it works, and costs more a packet",
				   "%s cannot run XDP in native mode (%s): using generic mode",
				   interface->name, strerror(-native));
	}
	if (err < 0) {
		say_xdp(ig, interface, err, require_native);
		return err;
	}
	err = pin_link(ig, fd, interface->name, XDP);
	if (err)
		say_xdp(ig, interface, err, false);
	return err;
}

/* --- tc --- */

static int clsact(const struct ig_interface *interface, int program)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = interface->ifindex,
			    .attach_point = BPF_TC_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE, .priority = CLSACT_PRIORITY,
			    .prog_fd = program, .flags = BPF_TC_F_REPLACE);
	libbpf_print_fn_t printer = libbpf_set_print(NULL);
	int err = bpf_tc_hook_create(&hook);

	if (!err || err == -EEXIST)
		err = bpf_tc_attach(&hook, &opts);
	libbpf_set_print(printer);
	return err;
}

static unsigned int clsact_program(unsigned int ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
			    .priority = CLSACT_PRIORITY);
	libbpf_print_fn_t printer = libbpf_set_print(NULL);
	int err = bpf_tc_query(&hook, &opts);

	libbpf_set_print(printer);
	return err ? 0 : opts.prog_id;
}

static int attach_tc(struct iotguard *ig, const struct ig_interface *interface, int program,
		     bool *fresh)
{
	int err = reuse_link(ig, interface, TC, program);
	_close_ int fd = -1;

	*fresh = false;
	if (err > 0)
		return 0;
	*fresh = !clsact_program(interface->ifindex);
	if (!err) {
		err = fd = bpf_link_create(program, interface->ifindex, TCX_EGRESS, NULL);
		if (fd < 0)
			err = -errno;
	}
	if (err == -EINVAL ||
	    err == -EOPNOTSUPP) /* before Linux 6.6: a filter, which lives without a pin */
		err = clsact(interface, program);
	else if (err >= 0)
		err = pin_link(ig, fd, interface->name, TC);
	if (err < 0)
		ig_error(&ig->diags, NULL, NULL, "cannot put the tc program on %s: %s",
			 interface->name, strerror(-err));
	return err < 0 ? err : 0;
}

static void clsact_detach(unsigned int ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_EGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
			    .priority = CLSACT_PRIORITY);
	libbpf_print_fn_t printer = libbpf_set_print(NULL);

	if (clsact_program(ifindex))
		bpf_tc_detach(&hook, &opts);
	libbpf_set_print(printer);
}

/* --- both --- */

static void keep_tags(struct iotguard *ig, const struct ig_interface *interface)
{
	int err;

	if (interface->veth) /* takes no tags out; its peer may hand them over beside the frame,
				which no setting here ends */
		return;
	err = ig_offload_keep_tags(interface->name);
	if (err > 0)
		ig_diag_add(
			&ig->diags, IOTGUARD_NOTE, NULL, NULL,
			"%s no longer takes VLAN tags out of frames (rxvlan off), so that they can be judged",
			interface->name);
	else if (err < 0)
		ig_warning(&ig->diags, NULL,
			   "a tagged frame may be judged as an untagged one; look at 'ethtool -k'",
			   "%s cannot be told to leave VLAN tags in frames: %s", interface->name,
			   strerror(-err));
}

int ig_attach(struct iotguard *ig, const struct ig_object *object,
	      const struct ig_interface *interface, bool require_native, struct ig_attached *fresh)
{
	int err;

	*fresh = (struct ig_attached){};
	keep_tags(ig, interface);
	err = attach_xdp(ig, interface, object->from_device, require_native, &fresh->xdp);
	if (err)
		return err;
	err = attach_tc(ig, interface, object->to_device, &fresh->tc);
	if (err && fresh->xdp)
		drop_link(ig, interface->name, XDP);
	if (err)
		*fresh = (struct ig_attached){};
	return err;
}

int ig_detach(struct iotguard *ig, const char *interface)
{
	unsigned int ifindex = if_nametoindex(interface);
	struct ig_attachment found;

	ig_attachment_look(ig, interface, &found);
	if (!found.xdp_id && !found.tc_id)
		return -ENOENT;
	/* XDP last: as long as its link is there, the interface is known to be guarded, whoever
	 * kills us */
	if (found.tcx)
		drop_link(ig, interface, TC);
	else if (ifindex)
		clsact_detach(ifindex);
	drop_link(ig, interface, XDP);
	return 0;
}

void ig_attachment_look(const struct iotguard *ig, const char *interface, struct ig_attachment *out)
{
	_close_ int xdp = open_link(ig, interface, XDP);
	_close_ int tc = open_link(ig, interface, TC);
	unsigned int ifindex;

	*out = (struct ig_attachment){.unreadable = xdp == -EACCES || xdp == -EPERM};
	if (xdp >= 0)
		link_info(xdp, &out->ifindex, &out->xdp_id);
	if (tc >= 0) {
		out->tcx = true;
		link_info(tc, &ifindex, &out->tc_id);
	} else if (out->ifindex) {
		out->tc_id = clsact_program(out->ifindex);
	}
}

bool ig_attachment_is_ours(const struct iotguard *ig, const struct ig_interface *interface)
{
	struct ig_attachment found;

	ig_attachment_look(ig, interface->name, &found);
	return found.xdp_id == interface->xdp_id &&
	       found.ifindex == (unsigned int)interface->ifindex;
}

/* Adds the names of one directory of links that are not in the list yet. */
static int list_links(const struct iotguard *ig, enum kind kind, char ***names, size_t *count,
		      size_t *capacity)
{
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *dir;
	int err = ig_state_path(ig, path, "links/%s", kinds[kind]);

	dir = err ? NULL : opendir(path);
	while (dir && !err && (entry = readdir(dir))) {
		char name[NAME_MAX + 1];
		bool known = false;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s", entry->d_name);
		exchange(name, ':', '.');
		for (size_t i = 0; i < *count && !known; i++)
			known = !strcmp((*names)[i], name);
		if (known)
			continue;
		/* one more than there are: the NULL at the end */
		if (!ig_grow(names, *count + 1, capacity, sizeof(**names)) ||
		    !((*names)[*count] = strdup(name)))
			err = -ENOMEM;
		else
			(*names)[++*count] = NULL;
	}
	if (dir)
		closedir(dir);
	return err;
}

int ig_attached_list(const struct iotguard *ig, char ***out)
{
	size_t count = 0, capacity = 0;
	char **names = calloc(1, sizeof(*names));
	int err = names ? 0 : -ENOMEM;

	capacity = names ? 1 : 0;
	err = err ?: list_links(ig, XDP, &names, &count, &capacity);
	err = err ?: list_links(ig, TC, &names, &count, &capacity);
	if (err) {
		ig_attached_free(names);
		names = NULL;
	}
	*out = names;
	return err ?: (int)count;
}

void ig_attached_free(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}

static void rename_link(const struct iotguard *ig, const char *from, const char *to, enum kind kind)
{
	char old[PATH_MAX], new[PATH_MAX];

	if (link_path(ig, old, from, kind) || link_path(ig, new, to, kind))
		return;
	/* Interfaces may have exchanged their names: renaming over a pin would take the programs off the
	 * other one. A pin that cannot be renamed is made anew when the interface is attached. */
	if (renameat2(AT_FDCWD, old, AT_FDCWD, new, RENAME_EXCHANGE) && rename(old, new))
		return;
}

bool ig_attachment_rename(const struct iotguard *ig, const struct ig_interface *interface)
{
	bool ours = false;
	char **names;

	if (ig_attached_list(ig, &names) < 0)
		return false;
	for (char **name = names; *name && !ours; name++) {
		struct ig_attachment found;

		ig_attachment_look(ig, *name, &found);
		ours = found.ifindex == (unsigned int)interface->ifindex &&
		       found.xdp_id == interface->xdp_id;
		if (!ours)
			continue;
		rename_link(ig, *name, interface->name, XDP);
		rename_link(ig, *name, interface->name, TC);
	}
	ig_attached_free(names);
	return ours;
}
