/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of MUD URLs: a person may edit it, so what is read is held against what is written. */

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "discovered.h"
#include "util.h"

#define VERSION 1

/* --- writing --- */

static json_t *mac_json(const uint8_t mac[6])
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return json_string(text);
}

static json_t *told_json(const struct ig_discovered_machine *m)
{
	json_auto_t *list = json_array();

	for (int i = 0; list && i < IG_DISCOVERED_SOURCES; i++) {
		const struct ig_discovered_url *u = &m->told[i];
		json_t *entry;

		if (!u->url)
			continue;
		entry = json_pack("{s:s, s:s, s:s?, s:s, s:I, s:I}", "source", ig_mud_way_word(i),
				  "url", u->url, "fault", ig_mud_string_fault_word(u->fault),
				  "state", ig_discovered_state_word(u->state), "first_seen",
				  (json_int_t)u->first_s, "last_seen", (json_int_t)u->last_s);
		if (json_array_append_new(list, entry))
			return NULL;
	}
	return take_ptr(list);
}

static json_t *machine_json(const struct ig_discovered_machine *m)
{
	json_t *adopted_at = m->adopted ? json_integer((json_int_t)m->adopted_s) : json_null();

	return json_pack("{s:s?, s:o, s:s?, s:o, s:o}", "device", m->device, "mac",
			 mac_json(m->mac), "adopted", m->adopted, "adopted_at", adopted_at, "told",
			 told_json(m));
}

char *ig_discovered_print(const struct ig_discovered *d, size_t *size)
{
	json_auto_t *list = json_array(), *root = NULL;
	_free_ char *text = NULL;
	char *whole = NULL;
	int n;

	for (size_t i = 0; list && i < d->count; i++) {
		if (json_array_append_new(list, machine_json(&d->machines[i])))
			return NULL;
	}
	root = json_pack("{s:i, s:O}", "version", VERSION, "machines", list);
	text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	if (!text)
		return NULL;
	n = asprintf(&whole, "%s\n", text);
	if (n < 0)
		return NULL;
	*size = (size_t)n;
	return whole;
}

/* --- reading --- */

static bool read_time(const json_t *object, const char *key, uint64_t *out)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}

/* The number of a word; -1: it is none of them. */
static int number_of(const char *text, const char *(*word)(int number), int first)
{
	for (int i = first; text && word(i); i++) {
		if (!strcmp(word(i), text))
			return i;
	}
	return -1;
}

static bool is_url(const char *url)
{
	return url && !ig_mud_string_check(url, strlen(url), IG_MUD_STRING_MAX);
}

static bool is_legible(const char *text)
{
	size_t n = 0;

	for (; text && text[n]; n++) {
		if (text[n] < ' ' || text[n] > '~')
			return false;
	}
	return text && n <= IG_MUD_STRING_MAX;
}

static int read_told(const json_t *entry, struct ig_discovered_machine *m)
{
	int source =
		number_of(json_string_value(json_object_get(entry, "source")), ig_mud_way_word, 1);
	const char *url = json_string_value(json_object_get(entry, "url")),
		   *fault = json_string_value(json_object_get(entry, "fault"));
	struct ig_discovered_url *u = source > 0 ? &m->told[source] : NULL;

	if (!u || u->url || !is_legible(url) || (!fault && !is_url(url)))
		return -EINVAL;
	u->fault = fault ? number_of(fault, ig_mud_string_fault_word, 1) : IG_MUD_STRING_FINE;
	u->state = number_of(json_string_value(json_object_get(entry, "state")),
			     ig_discovered_state_word, 0);
	if (u->fault < 0 || u->state < 0 || !read_time(entry, "first_seen", &u->first_s) ||
	    !read_time(entry, "last_seen", &u->last_s))
		return -EINVAL;
	u->url = strdup(url);
	return u->url ? 0 : -ENOMEM;
}

static bool read_mac(const char *text, uint8_t mac[6])
{
	int end = 0;

	return text &&
	       sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		      &mac[3], &mac[4], &mac[5], &end) == 6 &&
	       end == 17 && !text[end];
}

static int read_adopted(const json_t *entry, struct ig_discovered_machine *m)
{
	const char *url = json_string_value(json_object_get(entry, "adopted"));

	if (!url)
		return 0;
	if (!m->device || !is_url(url) || !read_time(entry, "adopted_at", &m->adopted_s))
		return -EINVAL;
	m->adopted = strdup(url);
	return m->adopted ? 0 : -ENOMEM;
}

static int read_machine(const json_t *entry, struct ig_discovered_machine *m)
{
	const char *device = json_string_value(json_object_get(entry, "device"));
	const json_t *told = json_object_get(entry, "told");
	int err;

	if (!read_mac(json_string_value(json_object_get(entry, "mac")), m->mac) ||
	    !json_is_array(told) || (device && !*device))
		return -EINVAL;
	m->device = device ? strdup(device) : NULL;
	if (device && !m->device)
		return -ENOMEM;
	err = read_adopted(entry, m);
	for (size_t i = 0; i < json_array_size(told) && !err; i++)
		err = read_told(json_array_get(told, i), m);
	return err;
}

static int read_machines(const json_t *root, struct ig_discovered *d)
{
	const json_t *list = json_object_get(root, "machines");

	if (!json_is_array(list) || json_array_size(list) > IG_DISCOVERED_MACHINES)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		int err;

		if (!ig_grow(&d->machines, d->count, &d->capacity, sizeof(*d->machines)))
			return -ENOMEM;
		d->machines[d->count] = (struct ig_discovered_machine){};
		err = read_machine(json_array_get(list, i), &d->machines[d->count++]);
		if (err)
			return err;
	}
	return 0;
}

int ig_discovered_parse(const char *text, size_t size, struct ig_discovered *d, const char **why)
{
	json_auto_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	const json_t *version = json_object_get(root, "version");
	int err;

	*d = (struct ig_discovered){};
	*why = "it is not what iotguardd writes";
	if (!json_is_integer(version))
		return -EINVAL;
	if (json_integer_value(version) != VERSION) {
		*why = "it is of a newer version";
		return -EINVAL;
	}
	err = read_machines(root, d);
	if (err)
		ig_discovered_clear(d);
	return err;
}
