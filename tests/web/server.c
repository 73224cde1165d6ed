/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A web server over TLS that does what a file tells it to, wrong things as well. One connection at a time.
 *
 *	server ADDRESS PORT CERTIFICATE KEY DIRECTORY [tls1.1]
 *
 * It prints "ready" when it listens. Asked for /NAME it sends DIRECTORY/NAME; DIRECTORY/NAME.how has lines that change
 * that, and without either the answer is 404:
 *
 *	status N	and no body, unless there is DIRECTORY/NAME
 *	header LINE	one more
 *	etag TEXT	as a header; asked with the same one it answers 304
 *	length N	that is what it says, whatever it sends
 *	stall		sends the head and half of the body, then nothing until the client goes
 *	endless		sends the body again and again, and no length
 *	headers		sends headers without an end
 *
 * What it was asked is in DIRECTORY/.asked.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT	 4096
#define BODY_MAX (4u << 20)

struct answer {
	int status;
	char headers[TEXT], etag[256];
	long length; /* that is said; -1: the body's */
	bool stall, endless, endless_headers, found;
	char *body;
	size_t size;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- what it is told to do --- */

static void read_line(struct answer *answer, char *line)
{
	char *value = line + strcspn(line, " \n");

	line[strcspn(line, "\n")] = '\0';
	if (*value)
		*value++ = '\0';
	if (!strcmp(line, "status"))
		answer->status = atoi(value);
	else if (!strcmp(line, "length"))
		answer->length = atol(value);
	else if (!strcmp(line, "etag"))
		snprintf(answer->etag, sizeof(answer->etag), "%s", value);
	else if (!strcmp(line, "header"))
		snprintf(answer->headers + strlen(answer->headers), 512, "%s\r\n", value);
	answer->stall |= !strcmp(line, "stall");
	answer->endless |= !strcmp(line, "endless");
	answer->endless_headers |= !strcmp(line, "headers");
}

static void read_how(struct answer *answer, const char *path)
{
	char how[TEXT + 8], line[512];
	FILE *f;

	snprintf(how, sizeof(how), "%s.how", path);
	f = fopen(how, "r");
	if (!f)
		return;
	answer->found = true;
	while (fgets(line, sizeof(line), f))
		read_line(answer, line);
	fclose(f);
}

static void read_body(struct answer *answer, const char *path)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return;
	answer->found = true;
	answer->body = malloc(BODY_MAX);
	answer->size = answer->body ? fread(answer->body, 1, BODY_MAX, f) : 0;
	fclose(f);
}

/* --- what it does --- */

static bool send_all(SSL *ssl, const char *bytes, size_t n)
{
	return !n || SSL_write(ssl, bytes, (int)n) > 0;
}

static void send_head(SSL *ssl, const struct answer *answer)
{
	char head[2 * TEXT];
	size_t n;

	n = (size_t)snprintf(head, sizeof(head), "HTTP/1.1 %d So\r\n%s", answer->status,
			     answer->headers);
	if (*answer->etag)
		n += (size_t)snprintf(head + n, sizeof(head) - n, "ETag: %s\r\n", answer->etag);
	if (!answer->endless)
		n += (size_t)snprintf(head + n, sizeof(head) - n, "Content-Length: %ld\r\n",
				      answer->length >= 0 ? answer->length : (long)answer->size);
	while (answer->endless_headers && send_all(ssl, head, n))
		n = (size_t)snprintf(head, sizeof(head), "X-More: %01000d\r\n", 0);
	snprintf(head + n, sizeof(head) - n, "Connection: close\r\n\r\n");
	send_all(ssl, head, strlen(head));
}

static void send_answer(SSL *ssl, const struct answer *answer)
{
	char rest[512];

	send_head(ssl, answer);
	send_all(ssl, answer->body, answer->stall ? answer->size / 2 : answer->size);
	while (answer->endless && send_all(ssl, answer->body, answer->size))
		;
	while (answer->stall && SSL_read(ssl, rest, sizeof(rest)) > 0)
		;
}

/* The head of what is asked; false: the client went away. */
static bool read_request(SSL *ssl, char *request, size_t size)
{
	size_t n = 0;

	while (n + 1 < size) {
		int got = SSL_read(ssl, request + n, (int)(size - n - 1));

		if (got <= 0)
			return false;
		n += (size_t)got;
		request[n] = '\0';
		if (strstr(request, "\r\n\r\n"))
			return true;
	}
	return false;
}

static void log_request(const char *directory, const char *request)
{
	char path[TEXT];
	FILE *f;

	snprintf(path, sizeof(path), "%s/.asked", directory);
	f = fopen(path, "a");
	if (!f)
		die(path);
	fputs(request, f);
	fclose(f);
}

static bool has_already(const char *request, const struct answer *answer)
{
	char line[512];

	snprintf(line, sizeof(line), "If-None-Match: %s\r\n", answer->etag);
	return *answer->etag && strstr(request, line);
}

static void answer_request(SSL *ssl, const char *directory)
{
	struct answer answer = {.status = 200, .length = -1};
	char request[TEXT], path[TEXT], name[512] = "";

	if (!read_request(ssl, request, sizeof(request)))
		return;
	log_request(directory, request);
	if (sscanf(request, "GET /%500s", name) != 1 || strchr(name, '/'))
		*name = '\0';
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (*name) {
		read_how(&answer, path);
		read_body(&answer, path);
	}
	if (!answer.found) {
		answer.status = 404;
	} else if (has_already(request, &answer)) {
		answer.status = 304;
		answer.size = 0;
	}
	send_answer(ssl, &answer);
	free(answer.body);
}

/* --- the server --- */

static SSL_CTX *make_context(char **argv, bool old)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, argv[3]) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, argv[4], SSL_FILETYPE_PEM) != 1)
		die("certificate");
	if (old && (!SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) ||
		    !SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION) ||
		    !SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0")))
		die("TLS 1.1");
	return ctx;
}

static int listen_at(const char *address, const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || inet_pton(AF_INET, address, &at.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 16))
		die("listen");
	return fd;
}

int main(int argc, char **argv)
{
	SSL_CTX *ctx;
	int fd;

	if (argc < 6) {
		fprintf(stderr, "usage: server ADDRESS PORT CERTIFICATE KEY DIRECTORY [tls1.1]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	ctx = make_context(argv, argc > 6);
	fd = listen_at(argv[1], argv[2]);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int client = accept(fd, NULL, NULL);
		SSL *ssl = client < 0 ? NULL : SSL_new(ctx);

		if (ssl && SSL_set_fd(ssl, client) == 1 && SSL_accept(ssl) == 1)
			answer_request(ssl, argv[5]);
		if (ssl) {
			SSL_shutdown(ssl);
			SSL_free(ssl);
		}
		if (client >= 0)
			close(client);
	}
}
