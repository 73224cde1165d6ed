/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, in the words of iotguard-load.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "job.h"

int why_say(struct why *why, const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why->text, sizeof(why->text), format, arguments);
	va_end(arguments);
	snprintf(why->hint, sizeof(why->hint), "%s", hint ? hint : "");
	return -EINVAL;
}

const char *date_text(uint64_t seconds, char *buf)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(buf, DATE_TEXT, "%Y-%m-%d", &tm))
		strcpy(buf, "a date unknown");
	return buf;
}

void say_diags(struct job *job)
{
	char text[8192];

	fflush(stdout);
	for (size_t i = 0; i < job->diags.count; i++) {
		iotguard_diag_text(&job->diags.items[i], PROGRAM, job->colour_errors, text,
				   sizeof(text));
		fprintf(stderr, "%s\n", text);
	}
	ig_diags_clear(&job->diags);
}

void say_why(struct job *job, const char *subject, const struct why *why)
{
	struct ig_loc where = {.file = subject};

	ig_error(&job->diags, subject ? &where : NULL, *why->hint ? why->hint : NULL, "%s",
		 why->text);
	say_diags(job);
}

void blob_clear(struct blob *blob)
{
	free(blob->bytes);
	*blob = (struct blob){};
}
