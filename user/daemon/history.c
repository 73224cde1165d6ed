/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "history.h"
#include "../cleanup.h"

static void forget_oldest(struct history *history)
{
	struct history_line *line = &history->lines[history->first];

	history->bytes -= line->length;
	free(take_ptr(line->text));
	history->first = (history->first + 1) % HISTORY_LINES;
	history->count--;
}

void history_add(struct history *history, const char *line, size_t length)
{
	char *copy = length <= HISTORY_BYTES ? malloc(length) : NULL;
	size_t last;

	if (!copy) {
		history_clear(history);
		return;
	}
	while (history->count == HISTORY_LINES || history->bytes + length > HISTORY_BYTES)
		forget_oldest(history);
	last = (history->first + history->count) % HISTORY_LINES;
	history->lines[last] = (struct history_line){
		.text = memcpy(copy, line, length),
		.length = length,
	};
	history->count++;
	history->bytes += length;
}

const struct history_line *history_at(const struct history *history, size_t index)
{
	return &history->lines[(history->first + index) % HISTORY_LINES];
}

void history_clear(struct history *history)
{
	while (history->count)
		forget_oldest(history);
}
