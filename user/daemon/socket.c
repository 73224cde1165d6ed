/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket that readers come to: one that a service manager hands in, or one of our own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon.h"
#include "../cleanup.h"

#define FIRST_HANDED_IN 3 /* sd_listen_fds(3) */

static bool is_handed_in(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

	return pid && fds && strtol(pid, NULL, 10) == getpid() && !strcmp(fds, "1");
}

static int take_handed_in(struct daemon *daemon)
{
	int type = 0, family = 0;
	socklen_t size = sizeof(int);
	int flags = fcntl(FIRST_HANDED_IN, F_GETFL);

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	if (flags < 0 || getsockopt(FIRST_HANDED_IN, SOL_SOCKET, SO_TYPE, &type, &size) ||
	    getsockopt(FIRST_HANDED_IN, SOL_SOCKET, SO_DOMAIN, &family, &size) ||
	    type != SOCK_STREAM || family != AF_UNIX)
		return -ENOTSOCK;
	if (fcntl(FIRST_HANDED_IN, F_SETFL, flags | O_NONBLOCK) ||
	    fcntl(FIRST_HANDED_IN, F_SETFD, FD_CLOEXEC))
		return -errno;
	daemon->listener.fd = FIRST_HANDED_IN;
	return 0;
}

/*
 * Whoever has this lock may take away a socket that a killed daemon left. It is never removed: two
 * could else hold two locks of one name.
 */
static int lock_path(const char *path)
{
	_free_ char *name = NULL;
	_close_ int fd = -1;

	if (asprintf(&name, "%s.lock", path) < 0)
		return -ENOMEM;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	return take_fd(fd);
}

static bool is_socket(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISSOCK(st.st_mode);
}

static int bind_to(int fd, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t before;
	int err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (is_socket(path))
		unlink(path);
	before = umask(0117); /* 0660 from its first moment on */
	err = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(before);
	return err;
}

static int make_own(struct daemon *daemon, const char *path)
{
	_close_ int lock = lock_path(path);
	_close_ int fd = -1;
	int err;

	if (lock < 0)
		return lock;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = bind_to(fd, path);
	if (err)
		return err;
	daemon->socket_path = strdup(path);
	if (listen(fd, CLIENTS_MAX))
		return -errno;
	daemon->socket_lock = take_fd(lock);
	daemon->listener.fd = take_fd(fd);
	return 0;
}

static const char *hint_of(int err)
{
	switch (-err) {
	case EADDRINUSE:
		return "another iotguardd runs there";
	case ENOENT:
		return "make the directory, or choose another place with --socket";
	case EACCES:
		return "this user may not make it there: let the service manager hand it in, "
		       "or choose another place with --socket";
	}
	return NULL;
}

int socket_listen(struct daemon *daemon)
{
	const char *path = iotguard_socket(daemon->ig);
	int err = is_handed_in() ? take_handed_in(daemon) : make_own(daemon, path);

	if (err)
		say(&daemon->say, MATTER_READERS, IOTGUARD_ERROR, hint_of(err),
		    "cannot listen at %s: %s", path, strerror(-err));
	return err;
}

void socket_close(struct daemon *daemon)
{
	if (daemon->socket_path)
		unlink(daemon->socket_path);
	free(take_ptr(daemon->socket_path));
	watch_close(&daemon->listener);
	if (daemon->socket_lock >= 0)
		close(take_fd(daemon->socket_lock));
}
