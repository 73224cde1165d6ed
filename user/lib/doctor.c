/* SPDX-License-Identifier: BSD-2-Clause */
/* The checkup as a whole: what is looked at, in which order, and how findings get out. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "util.h"

#define MESSAGE_MAX 512

/* --- the list --- */

static const char *copy(struct ig_checkup *c, const char *text)
{
	char *own = text ? strdup(text) : NULL;

	c->failed = c->failed || (text && !own);
	return own;
}

void ig_checkup_add(struct ig_checkup *c, enum iotguard_health health, const char *check,
		    const char *about, const char *advice, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;

	if (!ig_grow(&c->items, c->count, &c->capacity, sizeof(*c->items))) {
		c->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	c->items[c->count++] = (struct iotguard_finding){
		.health = health,
		.check = check,
		.about = copy(c, about),
		.message = copy(c, message),
		.advice = copy(c, advice),
	};
}

static void checkup_free(struct ig_checkup *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free((char *)c->items[i].about);
		free((char *)c->items[i].message);
		free((char *)c->items[i].advice);
	}
	free(c->items);
	ig_site_view_clear(&c->site);
	ig_view_close(&c->view);
	iotguard_close(c->ig);
}

static const char *result_copy(void *array, const char *text)
{
	return text ? ig_result_string(array, text) : NULL;
}

static int hand_out(const struct ig_checkup *c, struct iotguard_finding **out, size_t *count)
{
	struct iotguard_finding *list = c->failed ? NULL : ig_result_new(c->count * sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < c->count; i++)
		list[i] = (struct iotguard_finding){
			.health = c->items[i].health,
			.check = c->items[i].check,
			.about = result_copy(list, c->items[i].about),
			.message = result_copy(list, c->items[i].message),
			.advice = result_copy(list, c->items[i].advice),
		};
	*out = list;
	*count = c->count;
	return 0;
}

const char *iotguard_health_name(enum iotguard_health health)
{
	static const char *const names[] = {
		[IOTGUARD_HEALTH_OK] = "ok",
		[IOTGUARD_HEALTH_NOTE] = "note",
		[IOTGUARD_HEALTH_WARNING] = "warning",
		[IOTGUARD_HEALTH_ERROR] = "error",
	};

	return (unsigned int)health < ARRAY_SIZE(names) ? names[health] : NULL;
}

/* --- what rooms share --- */

const char *ig_checkup_apply(const struct ig_checkup *c, char *buf, size_t size)
{
	snprintf(buf, size, "iotguard-load apply %s",
		 ig_dict_string(&c->view.dict, c->view.dict.header.path));
	return buf;
}

long ig_read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	long number;
	int n;

	if (!f)
		return -errno;
	n = fscanf(f, "%ld", &number);
	fclose(f);
	return n == 1 ? number : -EIO;
}

/* --- is there anything in force? --- */

static void look(struct ig_checkup *c)
{
	int err = ig_view_open(c->ig, &c->view);

	err = err ?: ig_site_view_look(c->ig, &c->view, &c->site);
	c->enforced = !err;
	if (!err)
		return;
	if (err == -ENOENT)
		ig_note(c, "policy", NULL,
			"iotguard-load check INVENTORY, then iotguard-load apply INVENTORY",
			"nothing is enforced in %s: traffic passes unfiltered", c->ig->state_dir);
	else if (err == -EACCES || err == -EPERM)
		ig_note(c, "policy", NULL, "sudo iotguard-load doctor",
			"what is enforced in %s may not be read: interfaces, policy and servers were not looked at",
			c->ig->state_dir);
	else
		ig_alarm(c, "policy", NULL, "iotguard-load show",
			 "what is enforced in %s cannot be read: %s", c->ig->state_dir,
			 strerror(-err));
}

int iotguard_doctor(struct iotguard *ig, struct iotguard_finding **out, size_t *count)
{
	struct iotguard_open_opts opts =
		IOTGUARD_OPTS(iotguard_open_opts, .state_dir = ig->state_dir);
	_cleanup_(checkup_free) struct ig_checkup c = {.view = {.object = IG_OBJECT_NONE}};

	*out = NULL;
	*count = 0;
	if (iotguard_open(&c.ig, &opts))
		return -ENOMEM;
	ig_doctor_kernel(&c);
	ig_doctor_rights(&c);
	look(&c);
	if (c.enforced) {
		ig_doctor_policy(&c);
		ig_doctor_interfaces(&c);
		ig_doctor_programs(&c);
		ig_doctor_segments(&c);
		ig_doctor_network(&c);
		ig_doctor_servers(&c);
	}
	return hand_out(&c, out, count);
}
