/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cmocka.h>

#include "shelter.h"

bool shelter_make(struct shelter *shelter)
{
	*shelter = (struct shelter){.dir = "/tmp/iotguard-test-XXXXXX"};
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		print_message("# no namespaces of its own: %s\n", strerror(errno));
		return false;
	}
	if (!mkdtemp(shelter->dir)) {
		print_message("# no directory of its own: %s\n", strerror(errno));
		return false;
	}
	snprintf(shelter->state_dir, sizeof(shelter->state_dir), "%s/state", shelter->dir);
	snprintf(shelter->inventory, sizeof(shelter->inventory), "%s/inventory.yaml", shelter->dir);
	return true;
}

void shelter_remove(const struct shelter *shelter)
{
	const struct dirent *entry;
	DIR *dir = opendir(shelter->dir);
	char path[320];

	umount(shelter->state_dir);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", shelter->dir, entry->d_name);
		if (entry->d_name[0] != '.' && unlink(path))
			rmdir(path);
	}
	if (dir)
		closedir(dir);
	rmdir(shelter->dir);
}

void shelter_run(const char *command)
{
	int status = system(command);

	if (status)
		fail_msg("%s: status %d", command, status);
}
