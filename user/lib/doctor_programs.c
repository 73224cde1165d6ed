/* SPDX-License-Identifier: BSD-2-Clause */
/* Other people's programs on interfaces that the policy names. */

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "doctor.h"
#include "util.h"

/* Newer than the headers of libbpf 1.1 (linux/bpf.h of 6.6). */
#define TCX_EGRESS   ((enum bpf_attach_type)47)
#define MAX_PROGRAMS 64

/* "(unknown)" where this process may not ask. */
static const char *program_name(uint32_t id, char name[BPF_OBJ_NAME_LEN + 16])
{
	_close_ int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) || !*info.name)
		strcpy(name, "(unknown)");
	else
		snprintf(name, BPF_OBJ_NAME_LEN + 16, "%s", info.name);
	return name;
}

static void check_xdp(struct ig_checkup *c, const struct ig_interface *interface,
		      const struct ig_attachment *ours)
{
	char name[BPF_OBJ_NAME_LEN + 16], advice[128];

	if (!interface->xdp_id || ours->unreadable || ours->xdp_id == interface->xdp_id)
		return;
	snprintf(advice, sizeof(advice), "bpftool prog show id %u; ip link set dev %s xdp off",
		 interface->xdp_id, interface->name);
	ig_alarm(c, "xdp", interface->name, advice,
		 "another XDP program is on %s, in the place of ours: id %u, %s", interface->name,
		 interface->xdp_id, program_name(interface->xdp_id, name));
}

/* In the order in which the kernel runs them. -1: cannot be told, or there is no tcx. */
static int list_egress(int ifindex, uint32_t ids[MAX_PROGRAMS])
{
	uint32_t flags = 0, n = MAX_PROGRAMS;

	return bpf_prog_query(ifindex, TCX_EGRESS, 0, &flags, ids, &n) ? -1 : (int)n;
}

static void check_egress(struct ig_checkup *c, const struct ig_interface *interface,
			 const struct ig_attachment *ours)
{
	uint32_t ids[MAX_PROGRAMS];
	char name[BPF_OBJ_NAME_LEN + 16], advice[96];
	bool after = false;
	int n = ours->tcx ? list_egress(interface->ifindex, ids) : -1;

	for (int i = 0; i < n; i++) {
		if (ids[i] == ours->tc_id) {
			after = true;
			continue;
		}
		snprintf(advice, sizeof(advice), "bpftool net show dev %s; bpftool prog show id %u",
			 interface->name, ids[i]);
		if (after)
			ig_note(c, "tc-program", interface->name, advice,
				"another program runs behind ours on what leaves by %s: id %u, %s",
				interface->name, ids[i], program_name(ids[i], name));
		else
			ig_warn(c, "tc-program", interface->name, advice,
				"another program runs before ours on what leaves by %s, and what it passes on by "
				"itself is not judged: id %u, %s",
				interface->name, ids[i], program_name(ids[i], name));
	}
}

void ig_doctor_programs(struct ig_checkup *c)
{
	for (size_t i = 0; i < c->site.all.count; i++) {
		const struct ig_interface *interface = &c->site.all.items[i];
		struct ig_attachment ours;

		if (!ig_site_view_names(&c->site, interface->name))
			continue;
		ig_attachment_look(c->ig, interface->name, &ours);
		if (ours.ifindex != (unsigned int)interface->ifindex)
			ours.xdp_id = ours.tc_id = 0;
		check_xdp(c, interface, &ours);
		check_egress(c, interface, &ours);
	}
}
