/* SPDX-License-Identifier: BSD-2-Clause */
/* The latest events, as lines: at most so many, and so many bytes of them. */
#pragma once

#include <stddef.h>

#define HISTORY_LINES 4096
#define HISTORY_BYTES (1u << 20)

struct history {
	struct history_line {
		char *text; /* ends with a newline, no NUL */
		size_t length;
	} lines[HISTORY_LINES];
	size_t first, count, bytes;
};

/* Without memory the history begins anew: it has no hole in it. */
void history_add(struct history *history, const char *line, size_t length);
/* From the oldest on; @index below count. */
const struct history_line *history_at(const struct history *history, size_t index);
void history_clear(struct history *history);
