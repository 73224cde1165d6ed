/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, in the words and with the exit status of iotguard-load.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "replay.h"

/* ---------------------------------------------------------------------------------- what to say */

static void print_diag(const struct replay *replay, const struct iotguard_diag *diag)
{
	char text[8192];

	iotguard_diag_text(diag, PROGRAM, replay->colour_errors, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
}

void say_diags(const struct replay *replay)
{
	for (size_t i = 0; i < iotguard_diag_count(replay->ig); i++)
		print_diag(replay, iotguard_diag_get(replay->ig, i));
	if (iotguard_diag_dropped(replay->ig))
		fprintf(stderr, PROGRAM ": note: %zu more are not shown\n",
			iotguard_diag_dropped(replay->ig));
	iotguard_diag_clear(replay->ig);
}

void say_error(const struct replay *replay, const char *file, const char *hint, const char *format,
	       ...)
{
	char message[1024];
	struct iotguard_diag diag = {.file = file, .message = message};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	diag.hint = hint && *hint ? hint : NULL;
	fflush(stdout);
	print_diag(replay, &diag);
}

/* ---------------------------------------------------------------------------------- how it ends */

static bool names_capability(const struct replay *replay)
{
	for (size_t i = 0; i < iotguard_diag_count(replay->ig); i++) {
		const struct iotguard_diag *diag = iotguard_diag_get(replay->ig, i);

		if (strstr(diag->message, "CAP_") || (diag->hint && strstr(diag->hint, "CAP_")))
			return true;
	}
	return false;
}

int kernel_failed(const struct replay *replay, int err, const char *what)
{
	bool unable = err == -EPERM || err == -EOPNOTSUPP ||
		      (err == -EACCES && names_capability(replay));
	bool said = iotguard_diag_errors(replay->ig) > 0;

	say_diags(replay);
	if (!said)
		say_error(replay, NULL, NULL, "%s: %s", what, strerror(-err));
	return unable ? REPLAY_UNABLE : REPLAY_FAILED;
}

int inventory_failed(const struct replay *replay, int err)
{
	bool said = iotguard_diag_errors(replay->ig) > 0;

	say_diags(replay);
	if (!said)
		say_error(replay, replay->inventory_path, NULL, "%s", strerror(-err));
	return err == -ENOMEM ? REPLAY_FAILED : REPLAY_INVALID;
}
