/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DNS answers that the programs cannot read and hold back: the library reads and pins them. What comes is
 * hostile; what a lie in it can do is decided in the kernel, which checks who asked for what.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "daemon.h"

static void on_answers(struct daemon *daemon, struct watch *watch, uint32_t events)
{
	int n = iotguard_answers_read(daemon->answers);

	(void)watch;
	(void)events;
	if (n >= 0)
		return;
	say_diags(&daemon->say, MATTER_ANSWERS, daemon->ig, "reading DNS answers", n);
	resolve_stop(daemon);
	arrival_start(daemon);
}

/* That nothing is enforced yet, or may be read, is said by source.c. */
void resolve_start(struct daemon *daemon)
{
	int err = iotguard_answers_open(daemon->ig, &daemon->answers);

	daemon->answers_taken = err == -EBUSY;
	if (err == -ENOENT || (err == -EACCES && daemon->unreadable)) {
		iotguard_diag_clear(daemon->ig);
		return;
	}
	if (!err) {
		daemon->answers_watch = (struct watch){
			.ready = on_answers,
			.fd = iotguard_answers_fd(daemon->answers),
		};
		err = watch_add(daemon, &daemon->answers_watch, EPOLLIN);
	}
	say_diags(&daemon->say, MATTER_ANSWERS, daemon->ig,
		  "DNS over TCP and oversized answers fail: reading them", err);
	if (err)
		resolve_stop(daemon);
	else
		say_over(&daemon->say, MATTER_ANSWERS, "reading DNS answers");
}

void resolve_stop(struct daemon *daemon)
{
	if (daemon->answers)
		epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, daemon->answers_watch.fd, NULL);
	iotguard_answers_close(daemon->answers);
	daemon->answers = NULL;
	daemon->answers_watch.fd = -1;
}
