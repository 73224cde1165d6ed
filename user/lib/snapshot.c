/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "generation.h"
#include "snapshot.h"
#include "state_dir.h"
#include "util.h"

/* --- what results are made of: an array, and behind it whatever its strings need, in one list of
 * blocks --- */

struct result {
	struct result *next; /* blocks that go with the first one */
	max_align_t data[];
};

void *ig_result_new(size_t size)
{
	struct result *r = calloc(1, sizeof(*r) + (size ? size : 1));

	return r ? r->data : NULL;
}

static struct result *result_of(void *array)
{
	return (struct result *)((char *)array - offsetof(struct result, data));
}

void *ig_result_add(void *array, size_t size)
{
	void *data = ig_result_new(size);

	if (data) {
		result_of(data)->next = result_of(array)->next;
		result_of(array)->next = result_of(data);
	}
	return data;
}

const char *ig_result_string(void *array, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = ig_result_add(array, size);

	return copy ? memcpy(copy, text, size) : "";
}

const char *ig_result_vformat(void *array, const char *format, va_list args)
{
	_free_ char *text = NULL;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return "";
	}
	return ig_result_string(array, text);
}

const char *ig_result_format(void *array, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = ig_result_vformat(array, format, args);
	va_end(args);
	return text;
}

void iotguard_free(void *array)
{
	struct result *r = array ? result_of(array) : NULL;

	while (r) {
		struct result *next = r->next;

		free(r);
		r = next;
	}
}

/* --- the view --- */

#define ATTEMPTS 5

void ig_view_close(struct ig_view *view)
{
	ig_object_close(&view->object);
	free(view->bytes);
}

int ig_view_open(struct iotguard *ig, struct ig_view *view)
{
	size_t size;
	int err = -ENOENT;

	*view = (struct ig_view){.object = IG_OBJECT_NONE};
	/* a policy that changes just now may have moved on between its pins and its generation */
	for (int i = 0; i < ATTEMPTS && err == -ENOENT; i++) {
		ig_object_close(&view->object);
		err = ig_state_open(ig, false, &view->object);
		if (err)
			break;
		err = ig_generation_dictionary(&view->object, ig_generation_now(&view->object),
					       &view->bytes, &size);
	}
	err = err ?: ig_dictionary_open(&view->dict, view->bytes, size);
	if (err == -EPROTO)
		ig_error(&ig->diags, NULL, NULL, "the pins in %s are damaged", ig->state_dir);
	return err;
}
