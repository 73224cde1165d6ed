/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader at a unix stream socket, and what else comes to one.
 *
 *	stream PATH LINE          sends the line, closes its side, and copies what comes to standard output
 *	stream --mute PATH LINE   reads nothing before it gets SIGUSR1
 *	stream --crowd PATH N     N readers of `follow`, until it is killed; says "here" when all are connected
 *	stream --hand-in PATH PROGRAM [ARGUMENT...]
 *	                          runs a program with a listening socket, as a service manager does
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int die(const char *what)
{
	perror(what);
	return 1;
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	return address;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

static int ask(const char *path, const char *line)
{
	int fd = connect_to(path);

	if (fd < 0)
		return -1;
	/* a server that has no place for us may have closed already; what it said is still there */
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) >= 0 && send(fd, "\n", 1, MSG_NOSIGNAL) >= 0)
		shutdown(fd, SHUT_WR);
	return fd;
}

static int copy(int fd)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		if (write(STDOUT_FILENO, buffer, (size_t)n) != n)
			return die("standard output");
	}
	return 0;
}

static int mute(const char *path, const char *line)
{
	sigset_t set;
	int fd, got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = ask(path, line);
	if (fd < 0)
		return die(path);
	sigwait(&set, &got);
	return copy(fd);
}

static int crowd(const char *path, int n)
{
	for (int i = 0; i < n; i++) {
		if (ask(path, "follow") < 0)
			return die(path);
	}
	puts("here");
	fflush(stdout);
	pause();
	return 0;
}

static int hand_in(const char *path, char **program)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char pid[16];

	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 64))
		return die(path);
	if (fd != 3 && (dup2(fd, 3) < 0 || close(fd)))
		return die("dup2");
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	execvp(program[0], program);
	return die(program[0]);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc == 4 && !strcmp(argv[1], "--mute"))
		return mute(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "--crowd"))
		return crowd(argv[2], atoi(argv[3]));
	if (argc >= 4 && !strcmp(argv[1], "--hand-in"))
		return hand_in(argv[2], argv + 3);
	if (argc != 3) {
		fprintf(stderr, "usage: see the head of stream.c\n");
		return 2;
	}
	fd = ask(argv[1], argv[2]);
	return fd < 0 ? die(argv[1]) : copy(fd);
}
