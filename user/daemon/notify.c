/* SPDX-License-Identifier: BSD-2-Clause */
/* What systemd wants to know (sd_notify(3)): a datagram to the socket that it names. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon.h"
#include "../cleanup.h"

void notify(const char *state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	_close_ int fd = -1;
	size_t length;

	if (!path || (*path != '/' && *path != '@') || strlen(path) >= sizeof(address.sun_path))
		return;
	length = strlen(path);
	memcpy(address.sun_path, path, length);
	if (*path == '@') /* abstract: its first byte is 0 */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		return; /* then it has gone, and whether we run is no longer its business */
}

static void beat(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	(void)daemon;
	(void)events;
	watch_drain(watch);
	notify("WATCHDOG=1");
}

int notify_watchdog(struct daemon *daemon)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	unsigned long long us = usec ? strtoull(usec, NULL, 10) : 0;

	if (us < 2 || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	daemon->watchdog.ready = beat;
	return watch_timer(daemon, &daemon->watchdog, us / 2);
}
