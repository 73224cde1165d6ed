/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "say.h"
#include "../cleanup.h"

#define AGAIN_S	   3600 /* the same line is said once in so long */
#define WINDOW_S   60
#define WINDOW_MAX 6 /* lines of one matter in a window */
#define TEXT_MAX   2048

static uint64_t now_s(void)
{
	struct timespec ts = {0};

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec;
}

static bool is_due(struct say *say, enum matter matter, const char *line)
{
	__typeof__(&say->matters[0]) m = &say->matters[matter];
	uint64_t now = now_s();

	if (m->last && !strcmp(m->last, line) && now - m->last_s < AGAIN_S)
		return false;
	if (now - m->window_s >= WINDOW_S) {
		m->window_s = now;
		m->in_window = 0;
	}
	if (m->in_window >= WINDOW_MAX)
		return false;
	m->in_window++;
	m->last_s = now;
	return true;
}

static void put_line(struct say *say, enum matter matter, const char *line)
{
	__typeof__(&say->matters[0]) m = &say->matters[matter];

	if (!is_due(say, matter, line)) {
		m->unsaid++;
		return;
	}
	if (m->unsaid)
		fprintf(stderr, "%s (%llu lines before this one were not said)\n", line,
			(unsigned long long)m->unsaid);
	else
		fprintf(stderr, "%s\n", line);
	m->unsaid = 0;
	free(m->last);
	m->last = strdup(line);
}

/* One line, hint included: logs are read line by line. */
static void put_diag(struct say *say, enum matter matter, const struct iotguard_diag *diag)
{
	struct iotguard_diag plain = *diag;
	char line[TEXT_MAX];
	size_t n;

	plain.hint = NULL;
	n = iotguard_diag_text(&plain, PROGRAM, false, line, sizeof(line));
	if (diag->hint && n < sizeof(line))
		snprintf(line + n, sizeof(line) - n, "; %s", diag->hint);
	put_line(say, matter, line);
}

void say(struct say *say, enum matter matter, enum iotguard_severity severity, const char *hint,
	 const char *format, ...)
{
	struct iotguard_diag diag = {.severity = severity, .hint = hint};
	_free_ char *message = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&message, format, arguments) < 0)
		message = NULL;
	va_end(arguments);
	diag.message = message ? message : "out of memory";
	put_diag(say, matter, &diag);
}

void say_diags(struct say *say_to, enum matter matter, struct iotguard *ig, const char *doing,
	       int err)
{
	if (err && !iotguard_diag_errors(ig))
		say(say_to, matter, IOTGUARD_ERROR, NULL, "%s: %s", doing, strerror(-err));
	for (size_t i = 0; i < iotguard_diag_count(ig); i++)
		put_diag(say_to, matter, iotguard_diag_get(ig, i));
	iotguard_diag_clear(ig);
}

void say_over(struct say *say_to, enum matter matter, const char *text)
{
	if (!say_to->matters[matter].last)
		return;
	say(say_to, matter, IOTGUARD_NOTE, NULL, "%s", text);
	free(say_to->matters[matter].last);
	say_to->matters[matter].last = NULL;
}

void say_clear(struct say *say)
{
	for (size_t i = 0; i < MATTER_MAX; i++)
		free(say->matters[i].last);
	*say = (struct say){0};
}
