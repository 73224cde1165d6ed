/* SPDX-License-Identifier: BSD-2-Clause */
/* A line of JSON, put together piece by piece. */
#include <stdarg.h>
#include <stdio.h>

#include "generate.h"

/* More than all lists at their longest. */
static char line[MAX_RULES * (MAX_MACHINES + MAX_PROFILES) * 256];
static size_t used;

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	used += (size_t)vsnprintf(line + used, sizeof(line) - used, format, args);
	va_end(args);
}

void say_part(void)
{
	if (line[used - 1] != '[' && line[used - 1] != '{')
		say(", ");
}

void say_prefix(const struct prefix *prefix)
{
	char text[64];

	prefix_print(prefix, text);
	say("%s", text);
}

void say_line(void)
{
	say("\n");
	stream_text(line, used);
	used = 0;
}
