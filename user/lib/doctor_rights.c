/* SPDX-License-Identifier: BSD-2-Clause */
/* What this process may do, and where the pins lie. */

#include <errno.h>
#include <grp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "doctor.h"
#include "object.h"
#include "state_dir.h"

static void check_capabilities(struct ig_checkup *c)
{
	char names[128];

	if (ig_capabilities_names(names, sizeof(names)))
		ig_note(c, "capabilities", NULL, "sudo iotguard-load doctor",
			"this process lacks %s: it could not apply, and does not see all that there is",
			names);
	else
		ig_healthy(c, "capabilities", NULL,
			   "this process has the capabilities that apply needs");
}

static void check_state_dir(struct ig_checkup *c)
{
	const char *dir = c->ig->state_dir;
	char advice[256];
	struct statfs fs;
	struct stat st;

	snprintf(advice, sizeof(advice), "chmod 0750 %s", dir);
	if (statfs(dir, &fs) || stat(dir, &st)) {
		if (errno == EACCES)
			ig_note(c, "state-dir", NULL, "sudo iotguard-load doctor",
				"%s may not be looked at", dir);
		else
			ig_healthy(c, "state-dir", NULL, "%s is not there yet: apply makes it",
				   dir);
	} else if (fs.f_type != BPF_FS_MAGIC) {
		ig_healthy(c, "state-dir", NULL, "no bpffs is mounted on %s yet: apply does that",
			   dir);
	} else if (st.st_mode & 07) {
		ig_warn(c, "state-dir", NULL, advice,
			"%s is open to every user (mode %03o): who may read it sees who talks to whom",
			dir, st.st_mode & 0777);
	} else {
		ig_healthy(c, "state-dir", NULL, "a bpffs is mounted on %s, mode %03o", dir,
			   st.st_mode & 0777);
	}
}

static void check_group(struct ig_checkup *c)
{
	if (getgrnam("iotguard"))
		ig_healthy(c, "group", NULL,
			   "members of the group iotguard may look and read events");
	else
		ig_note(c, "group", NULL, "groupadd --system iotguard, then apply again",
			"there is no group iotguard: only root may look at the policy and read events");
}

static void check_readers(struct ig_checkup *c)
{
	if (ig_state_is_read(c->ig))
		ig_healthy(c, "events", NULL, "somebody reads the events");
	else if (ig_state_exists(c->ig))
		ig_note(c, "events", NULL, "iotguard-load events --follow",
			"nobody reads the events: they wait in the kernel while there is room, and then are lost");
}

void ig_doctor_rights(struct ig_checkup *c)
{
	check_capabilities(c);
	/* from 5.11 on, maps are charged to the control group: there is no limit to raise */
	ig_healthy(c, "memory", NULL, "maps need no RLIMIT_MEMLOCK on kernels from 5.11 on");
	check_state_dir(c);
	check_group(c);
	check_readers(c);
}
