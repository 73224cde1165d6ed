/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "text.h"
#include "util.h"

static void diag_clear(struct iotguard_diag *diag)
{
	free((char *)diag->file);
	free((char *)diag->message);
	free((char *)diag->hint);
}

/* The strings of a diagnostic are const to its readers; the list owns them. */
static bool fill(struct iotguard_diag *diag, const struct ig_loc *where, const char *hint,
		 const char *message)
{
	diag->message = ig_text_escape(message);
	if (!diag->message)
		return false;
	if (hint && *hint) {
		diag->hint = ig_text_escape(hint);
		if (!diag->hint)
			return false;
	}
	if (!where || !where->file)
		return true;
	diag->line = where->line;
	diag->column = where->column;
	diag->file = ig_text_escape(where->file);
	return diag->file;
}

static bool append(struct ig_diags *diags, const struct iotguard_diag *diag)
{
	if (!ig_grow(&diags->items, diags->count, &diags->capacity, sizeof(*diags->items)))
		return false;
	diags->items[diags->count++] = *diag;
	return true;
}

void ig_diag_add(struct ig_diags *diags, enum iotguard_severity severity,
		 const struct ig_loc *where, const char *hint, const char *format, ...)
{
	size_t most = severity == IOTGUARD_ERROR ? IG_DIAGS_MAX : IG_DIAGS_WARNINGS;
	struct iotguard_diag diag = {.severity = severity};
	_free_ char *message = NULL;
	va_list args;
	int r;

	if (severity == IOTGUARD_ERROR)
		diags->errors++;
	else if (diags->errors_alone)
		return;
	if (diags->count >= most) {
		diags->dropped++;
		return;
	}
	va_start(args, format);
	r = vasprintf(&message, format, args);
	va_end(args);
	if (r < 0)
		message = NULL;
	if (!message || !fill(&diag, where, hint, message) || !append(diags, &diag)) {
		diag_clear(&diag);
		diags->dropped++;
	}
}

struct placed {
	struct iotguard_diag diag;
	size_t file, nth;
};

static int compare(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->diag.line != y->diag.line)
		return x->diag.line < y->diag.line ? -1 : 1;
	if (x->diag.column != y->diag.column)
		return x->diag.column < y->diag.column ? -1 : 1;
	return x->nth < y->nth ? -1 : 1;
}

static size_t file_number(const char *file, char *const *files, size_t n_files)
{
	size_t i = 0;

	while (i < n_files && (!file || strcmp(files[i], file)))
		i++;
	return i;
}

void ig_diags_sort(struct ig_diags *diags, size_t first, char *const *files, size_t n_files)
{
	size_t count = diags->count - first;
	_free_ struct placed *placed = calloc(count ? count : 1, sizeof(*placed));

	if (!placed)
		return; /* in the order found is fine, too */
	for (size_t i = 0; i < count; i++) {
		const struct iotguard_diag *diag = &diags->items[first + i];

		placed[i] = (struct placed){*diag, file_number(diag->file, files, n_files), i};
	}
	qsort(placed, count, sizeof(*placed), compare);
	for (size_t i = 0; i < count; i++)
		diags->items[first + i] = placed[i].diag;
}

void ig_diags_clear(struct ig_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		diag_clear(&diags->items[i]);
	free(diags->items);
	*diags = (struct ig_diags){0};
}
