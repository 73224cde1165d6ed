/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "daemon.h"

static int control(struct daemon *daemon, int operation, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(daemon->epoll, operation, watch->fd, &event) ? -errno : 0;
}

int watch_add(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	return control(daemon, EPOLL_CTL_ADD, watch, events);
}

int watch_change(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	return control(daemon, EPOLL_CTL_MOD, watch, events);
}

void watch_close(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd); /* which takes it out of epoll */
	watch->fd = -1;
}

int watch_timer(struct daemon *daemon, struct watch *watch, uint64_t us)
{
	struct timespec every = {
		.tv_sec = (time_t)(us / 1000000),
		.tv_nsec = (long)(us % 1000000) * 1000,
	};
	struct itimerspec spec = {.it_interval = every, .it_value = every};

	watch->fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->fd < 0 || timerfd_settime(watch->fd, 0, &spec, NULL))
		return -errno;
	return watch_add(daemon, watch, EPOLLIN);
}

void watch_drain(const struct watch *watch)
{
	char drained[4096];

	while (read(watch->fd, drained, sizeof(drained)) > 0)
		;
}
