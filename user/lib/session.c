/* SPDX-License-Identifier: BSD-2-Clause */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "session.h"
#include "util.h"

#define VARIABLE      "SSH_CONNECTION="
#define TEXT_MAX      256
#define ENVIRON_MAX   (1 << 20)
#define ANCESTORS_MAX 32

/* --- the text --- */

/* "fe80::1%eth0": the scope is a name or a number of an interface. */
static int parse_address(char *text, uint8_t addr[16], uint32_t *scope)
{
	char *percent = strchr(text, '%');

	*scope = 0;
	if (percent) {
		*percent = '\0';
		*scope = if_nametoindex(percent + 1) ?: strtoul(percent + 1, NULL, 10);
	}
	if (inet_pton(AF_INET6, text, addr) == 1)
		return 0;
	return ig_addr_parse_v4(text, addr) && !percent ? 0 : -EINVAL;
}

static int parse_port(const char *text, uint16_t *port)
{
	unsigned int value;
	char rest;

	if (strlen(text) > 5 || strspn(text, "0123456789") != strlen(text) ||
	    sscanf(text, "%u%c", &value, &rest) != 1 || !value || value > UINT16_MAX)
		return -EINVAL;
	*port = value;
	return 0;
}

int ig_session_parse(const char *text, struct iotguard_session *out)
{
	char copy[TEXT_MAX], *rest = copy, *words[5] = {};
	struct iotguard_session session = {};
	uint32_t scope;
	size_t n = 0;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	while (n < ARRAY_SIZE(words) && (words[n] = strsep(&rest, " ")))
		n++;
	if (n != 4 || parse_address(words[0], session.client, &session.scope) ||
	    parse_port(words[1], &session.client_port) ||
	    parse_address(words[2], session.server, &scope) ||
	    parse_port(words[3], &session.server_port) ||
	    ig_addr_is_v4(session.client) != ig_addr_is_v4(session.server))
		return -EINVAL;
	*out = session;
	return 0;
}

int ig_session_of_environ(const char *strings, size_t size, struct iotguard_session *out)
{
	size_t n;

	for (size_t at = 0; at < size; at += n + 1) {
		n = strnlen(strings + at, size - at);
		if (at + n == size) /* cut off */
			break;
		if (!strncmp(strings + at, VARIABLE, strlen(VARIABLE)))
			return ig_session_parse(strings + at + strlen(VARIABLE), out) ? -ENOENT : 0;
	}
	return -ENOENT;
}

/* "1 (a name with ) in it) S 0 ...": the name is whatever its process calls itself. */
pid_t ig_parent_of_stat(const char *line)
{
	const char *behind = strrchr(line, ')');
	int parent;

	return behind && sscanf(behind, ") %*c %d", &parent) == 1 && parent > 0 ? parent : 0;
}

/* --- ancestors --- */

/* A file of /proc as a string, at most @max bytes of it; NULL: it cannot be read. */
static char *read_proc(pid_t pid, const char *name, size_t max, size_t *size)
{
	_free_ char *buf = malloc(max + 1);
	_close_ int fd = -1;
	char path[64];
	ssize_t n = 1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !buf)
		return NULL;
	for (*size = 0; *size < max && n > 0; *size += n > 0 ? n : 0)
		n = read(fd, buf + *size, max - *size);
	buf[*size] = '\0';
	return n < 0 ? NULL : take_ptr(buf);
}

static pid_t parent_of(pid_t pid)
{
	size_t size;
	_free_ char *line = read_proc(pid, "stat", 4096, &size);

	return line ? ig_parent_of_stat(line) : 0;
}

static int find_at(pid_t pid, struct iotguard_session *out)
{
	size_t size;
	_free_ char *strings = read_proc(pid, "environ", ENVIRON_MAX, &size);

	return strings ? ig_session_of_environ(strings, size, out) : -ENOENT;
}

int iotguard_session_find(struct iotguard_session *out)
{
	const char *own = getenv("SSH_CONNECTION");
	pid_t pid = getppid();

	if (own && !ig_session_parse(own, out))
		return 0;
	for (int i = 0; i < ANCESTORS_MAX && pid > 0; i++, pid = parent_of(pid)) {
		if (!find_at(pid, out))
			return 0;
	}
	return -ENOENT;
}
