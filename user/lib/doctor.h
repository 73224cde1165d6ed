/* SPDX-License-Identifier: BSD-2-Clause */
/* A checkup: findings are added one by one, each by the room that knows the subject (doctor_*.c). */
#pragma once

#include "handle.h"
#include "site_view.h"
#include "snapshot.h"

struct ig_checkup {
	struct iotguard *ig;		/* of the checkup alone: its diagnostics become findings */
	struct iotguard_finding *items; /* strings are the list's */
	size_t count;
	size_t capacity;
	bool failed;   /* out of memory */
	bool enforced; /* then there are a view and a site */
	struct ig_view view;
	struct ig_site_view site;
};

/* @about and @advice are copied, and may be NULL. */
void ig_checkup_add(struct ig_checkup *c, enum iotguard_health health, const char *check,
		    const char *about, const char *advice, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
#define ig_healthy(c, check, about, ...) \
	ig_checkup_add(c, IOTGUARD_HEALTH_OK, check, about, NULL, __VA_ARGS__)
#define ig_note(c, check, about, advice, ...) \
	ig_checkup_add(c, IOTGUARD_HEALTH_NOTE, check, about, advice, __VA_ARGS__)
#define ig_warn(c, check, about, advice, ...) \
	ig_checkup_add(c, IOTGUARD_HEALTH_WARNING, check, about, advice, __VA_ARGS__)
#define ig_alarm(c, check, about, advice, ...) \
	ig_checkup_add(c, IOTGUARD_HEALTH_ERROR, check, about, advice, __VA_ARGS__)

/* "iotguard-load apply PATH" of the inventory in force. @size bytes in @buf, which is returned. */
const char *ig_checkup_apply(const struct ig_checkup *c, char *buf, size_t size);

/* A number in a file of /proc or /sys; -errno. */
long ig_read_number(const char *path);

void ig_doctor_kernel(struct ig_checkup *c);
void ig_doctor_rights(struct ig_checkup *c);
void ig_doctor_policy(
	struct ig_checkup *c); /* the ones from here on: only where something is enforced */
void ig_doctor_interfaces(struct ig_checkup *c);
void ig_doctor_programs(struct ig_checkup *c);
void ig_doctor_segments(struct ig_checkup *c);
void ig_doctor_network(struct ig_checkup *c);
void ig_doctor_servers(struct ig_checkup *c);
