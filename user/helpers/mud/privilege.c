/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privilege.h"
#include "util.h"

char *privilege_who(void)
{
	unsigned int uid = UINT32_MAX;
	FILE *f = fopen("/proc/self/loginuid", "re");
	const struct passwd *user;
	char *number = NULL;

	if (f && fscanf(f, "%u", &uid) != 1)
		uid = UINT32_MAX;
	if (f)
		fclose(f);
	if (uid == UINT32_MAX)
		uid = getuid();
	user = getpwuid(uid);
	if (user)
		return strdup(user->pw_name);
	return asprintf(&number, "uid %u", uid) < 0 ? NULL : number;
}

void privilege_make_dir(const char *dir)
{
	const struct passwd *user = getpwnam(UNPRIVILEGED_USER);
	_close_ int fd = -1;

	if (geteuid() || !user || mkdir(dir, 0750))
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fchown(fd, user->pw_uid, user->pw_gid))
		return;
}

/* --- who this is --- */

static int cannot(struct ig_diags *diags, const char *what)
{
	int err = -errno;

	ig_error(diags, NULL, NULL, "cannot give up rights: %s: %s", what, strerror(-err));
	return err ?: -EPERM;
}

/* What is not in it cannot come back. Needs CAP_SETPCAP, and so is done while there are rights; who has none needs it not. */
static void empty_bounding_set(void)
{
	for (unsigned long cap = 0;
	     !prctl(PR_CAPBSET_READ, cap, 0, 0, 0) || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1;
	     cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static int become(struct ig_diags *diags, const struct passwd *user)
{
	uid_t real, effective, saved;

	empty_bounding_set();
	if (setgroups(0, NULL) || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid))
		return cannot(diags, "becoming the user " UNPRIVILEGED_USER);
	if (getresuid(&real, &effective, &saved) || real != user->pw_uid ||
	    effective != user->pw_uid || saved != user->pw_uid || !setuid(0)) {
		errno = EPERM;
		return cannot(diags, "it is still root");
	}
	return 0;
}

static int leave_root(struct ig_diags *diags, bool needed)
{
	const struct passwd *user;

	if (getuid() && geteuid())
		return 0;
	user = getpwnam(UNPRIVILEGED_USER);
	if (user && user->pw_uid)
		return become(diags, user);
	if (!needed)
		return 0;
	ig_error(diags, NULL,
		 "'systemd-sysusers' makes it where iotguard is installed; or call this as another "
		 "user, with --cache",
		 "root does not speak to strangers, and there is no user '" UNPRIVILEGED_USER
		 "' to do it");
	return -EPERM;
}

/* --- what it may do --- */

static int no_capabilities(struct ig_diags *diags)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
	struct __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3];

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return cannot(diags, "no_new_privs");
	if (syscall(SYS_capset, &header, none) || syscall(SYS_capget, &header, left))
		return cannot(diags, "capabilities");
	if (memcmp(left, none, sizeof(none)) != 0) {
		errno = EPERM;
		return cannot(diags, "a capability is left");
	}
	return 0;
}

static int limit(struct ig_diags *diags, __rlimit_resource_t what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now))
		return cannot(diags, "limits");
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
		most = now.rlim_max;
	now.rlim_cur = now.rlim_max = most;
	return setrlimit(what, &now) ? cannot(diags, "limits") : 0;
}

static int limits(struct ig_diags *diags)
{
	int err = limit(diags, RLIMIT_CORE, 0);

	err = err ?: limit(diags, RLIMIT_NOFILE, 64);
#ifndef __SANITIZE_ADDRESS__
	err = err ?: limit(diags, RLIMIT_AS, 1u << 30);
#endif
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return err;
}

int privilege_drop(struct ig_diags *diags, bool needed)
{
	int err = leave_root(diags, needed);

	err = err ?: no_capabilities(diags);
	return err ?: limits(diags);
}
