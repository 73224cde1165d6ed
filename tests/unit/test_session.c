/* SPDX-License-Identifier: BSD-2-Clause */
/* Over which connection is this run? What sshd says, and what others say. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "session.h"
#include "util.h"

static void check_address(const uint8_t addr[16], const char *text)
{
	uint8_t expected[16] = {[10] = 0xff, [11] = 0xff};

	if (strchr(text, ':'))
		assert_int_equal(inet_pton(AF_INET6, text, expected), 1);
	else
		assert_int_equal(inet_pton(AF_INET, text, expected + 12), 1);
	assert_memory_equal(addr, expected, 16);
}

static void check_parsed(const char *text, const char *client, unsigned int client_port,
			 const char *server, unsigned int server_port, unsigned int scope)
{
	struct iotguard_session session;

	if (ig_session_parse(text, &session))
		fail_msg("%s is not taken", text);
	check_address(session.client, client);
	check_address(session.server, server);
	assert_int_equal(session.client_port, client_port);
	assert_int_equal(session.server_port, server_port);
	assert_int_equal(session.scope, scope);
}

static void test_what_sshd_says(void **state)
{
	(void)state;
	check_parsed("192.0.2.7 50022 192.0.2.1 22", "192.0.2.7", 50022, "192.0.2.1", 22, 0);
	check_parsed("2001:db8::7 1 2001:db8::1 65535", "2001:db8::7", 1, "2001:db8::1", 65535, 0);
	check_parsed("fe80::7%lo 50022 fe80::1%lo 22", "fe80::7", 50022, "fe80::1", 22, 1);
	check_parsed("fe80::7%12 50022 fe80::1%12 22", "fe80::7", 50022, "fe80::1", 22, 12);
	/* the interface is gone */
	check_parsed("fe80::7%gone 50022 fe80::1 22", "fe80::7", 50022, "fe80::1", 22, 0);
	/* of a socket for both versions */
	check_parsed("::ffff:192.0.2.7 50022 ::ffff:192.0.2.1 22", "192.0.2.7", 50022, "192.0.2.1",
		     22, 0);
}

static void test_what_others_say(void **state)
{
	static const char *const garbage[] = {
		"",
		" ",
		"192.0.2.7",
		"192.0.2.7 50022 192.0.2.1",
		"192.0.2.7 50022 192.0.2.1 22 ",
		"192.0.2.7 50022 192.0.2.1 22 7",
		"192.0.2.7  50022 192.0.2.1 22",
		"192.0.2.7 0 192.0.2.1 22",
		"192.0.2.7 50022 192.0.2.1 65536",
		"192.0.2.7 -1 192.0.2.1 22",
		"192.0.2.7 +5 192.0.2.1 22",
		"192.0.2.7 5x 192.0.2.1 22",
		"192.0.2.7 4294967318 192.0.2.1 22",
		"192.0.2.256 50022 192.0.2.1 22",
		"192.0.2.7%lo 50022 192.0.2.1 22",
		"192.0.2.7 50022 2001:db8::1 22",
		"UNKNOWN 65535 UNKNOWN 65535",
		"fe80::7%lo%lo 50022 fe80::1x 22",
		"\033[2J 50022 192.0.2.1 22",
	};
	struct iotguard_session session;
	char longer[5000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		if (!ig_session_parse(garbage[i], &session))
			fail_msg("'%s' is taken", garbage[i]);
	}
	memset(longer, '1', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ig_session_parse(longer, &session), -EINVAL);
}

#define OF_ENVIRON(strings, out) ig_session_of_environ(strings, sizeof(strings) - 1, out)
#define SSH			 "SSH_CONNECTION=192.0.2.7 50022 192.0.2.1 22"

static void test_of_an_environment(void **state)
{
	struct iotguard_session session;

	(void)state;
	assert_int_equal(OF_ENVIRON("PATH=/bin\0" SSH "\0HOME=/\0", &session), 0);
	assert_int_equal(session.client_port, 50022);
	assert_int_equal(OF_ENVIRON(SSH "\0", &session), 0);
	assert_int_equal(OF_ENVIRON("\0\0" SSH "\0", &session), 0);
	assert_int_equal(OF_ENVIRON("", &session), -ENOENT);
	assert_int_equal(OF_ENVIRON("PATH=/bin\0", &session), -ENOENT);
	assert_int_equal(OF_ENVIRON("X" SSH "\0", &session), -ENOENT);
	assert_int_equal(OF_ENVIRON("A=" SSH "\0", &session), -ENOENT);
	assert_int_equal(OF_ENVIRON("SSH_CONNECTION=nobody\0", &session), -ENOENT);
	/* a string that is not ended was cut off */
	assert_int_equal(OF_ENVIRON(SSH, &session), -ENOENT);
}

static void test_parents(void **state)
{
	(void)state;
	assert_int_equal(ig_parent_of_stat("7 (sh) S 3 7 7 0 -1"), 3);
	assert_int_equal(ig_parent_of_stat("7 (a) S 99) S 3 7 7 0 -1"), 3);
	assert_int_equal(ig_parent_of_stat("1 (init) S 0 1 1 0 -1"), 0);
	assert_int_equal(ig_parent_of_stat("7 (sh) S -3 7"), 0);
	assert_int_equal(ig_parent_of_stat("7 (sh"), 0);
	assert_int_equal(ig_parent_of_stat("7 (sh)"), 0);
	assert_int_equal(ig_parent_of_stat(""), 0);
}

/* What this program finds when @depth processes are between it and one with that variable. */
static int look(const char *own)
{
	struct iotguard_session session;

	if (own)
		setenv("SSH_CONNECTION", own, 1);
	if (iotguard_session_find(&session))
		return 0;
	return session.client_port;
}

/* An environment is what a process began with, so each generation is a program of its own. */
static int found_below(const char *connection, int depth, const char *own)
{
	char setting[256], number[16], text[16] = "";
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		char *const environment[] = {setting, NULL};
		char *const arguments[] = {(char[]){"below"}, number,
					   own ? (char *)(uintptr_t)own : NULL, NULL};

		snprintf(setting, sizeof(setting), "SSH_CONNECTION=%s", connection);
		snprintf(number, sizeof(number), "%d", depth);
		dup2(ends[1], STDOUT_FILENO);
		execve("/proc/self/exe", arguments, environment);
		_exit(127);
	}
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return atoi(text);
}

/* A generation of found_below(): the next one, without the variable, or the answer. */
static int run_below(int depth, const char *own)
{
	int status;
	pid_t pid;

	if (!depth) {
		printf("%d\n", look(own));
		return 0;
	}
	pid = fork();
	if (!pid) {
		char number[16];
		char *const arguments[] = {(char[]){"below"}, number,
					   own ? (char *)(uintptr_t)own : NULL, NULL};
		char *const environment[] = {NULL};

		snprintf(number, sizeof(number), "%d", depth - 1);
		execve("/proc/self/exe", arguments, environment);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static void test_ancestors(void **state)
{
	(void)state;
	assert_int_equal(found_below("192.0.2.7 50022 192.0.2.1 22", 0, NULL), 50022);
	assert_int_equal(found_below("192.0.2.7 50022 192.0.2.1 22", 1, NULL), 50022);
	assert_int_equal(found_below("192.0.2.7 50022 192.0.2.1 22", 5, NULL), 50022);
	/* its own comes first, if it is of use */
	assert_int_equal(found_below("192.0.2.7 50022 192.0.2.1 22", 2, "192.0.2.8 7 192.0.2.1 22"),
			 7);
	assert_int_equal(found_below("192.0.2.7 50022 192.0.2.1 22", 2, "nobody"), 50022);
	/* not without end */
	assert_int_not_equal(found_below("192.0.2.7 50022 192.0.2.1 22", 40, NULL), 50022);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_sshd_says),	  cmocka_unit_test(test_what_others_say),
		cmocka_unit_test(test_of_an_environment), cmocka_unit_test(test_parents),
		cmocka_unit_test(test_ancestors),
	};

	if (argc > 1 && !strcmp(argv[0], "below"))
		return run_below(atoi(argv[1]), argc > 2 ? argv[2] : NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
