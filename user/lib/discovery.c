/* SPDX-License-Identifier: BSD-2-Clause */
/* From events to the file of MUD URLs, and from there to who asks. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "discovery.h"
#include "handle.h"
#include "snapshot.h"
#include "util.h"

#define HEARD_EVERY_S \
	3600 /* that it was told again is written no more often: disks of flash wear out */

const char *ig_discovery_word(int setting)
{
	static const char *const words[] = {
		[IG_DISCOVERY_PROPOSE] = "propose",
		[IG_DISCOVERY_ADOPT] = "adopt",
		[IG_DISCOVERY_OFF] = "off",
	};

	return setting >= 0 && (size_t)setting < ARRAY_SIZE(words) ? words[setting] : NULL;
}

static int setting_of(const char *word)
{
	for (int i = 0; word && ig_discovery_word(i); i++) {
		if (!strcmp(ig_discovery_word(i), word))
			return i;
	}
	return -1;
}

static int number_of(const char *word, const char *(*name)(int number))
{
	for (int i = 1; word && name(i); i++) {
		if (!strcmp(name(i), word))
			return i;
	}
	return 0;
}

/* What is in the file counts, if it is not the one that was written last: a person may edit it, or take it away. */
static int look_again(struct iotguard *ig)
{
	struct ig_discovery *d = &ig->discovery;
	struct ig_file_mark mark = ig_discovered_look(ig->save_dir);

	if (d->read && (ig_file_is_same(&mark, &d->mark) || (!mark.ino && !d->mark.ino)))
		return 0;
	ig_discovered_clear(&d->told);
	d->changed = d->heard = false;
	d->read = true;
	return ig_discovered_read(&ig->diags, ig->save_dir, true, &d->told, &d->mark);
}

int iotguard_mud_note(struct iotguard *ig, const struct iotguard_event *event)
{
	struct ig_mud_telling telling = {
		.device = event->device,
		.source = number_of(event->mud_source, ig_mud_way_word),
		.url = event->mud_url,
		.fault = number_of(event->mud_fault, ig_mud_string_fault_word),
		.discovery = setting_of(event->mud_discovery),
		.listed = event->mud_listed,
		.at_s = event->time_us / 1000000,
	};
	int err;

	if (strcmp(event->type, "mud-url") != 0 || telling.discovery < 0 || !ig->save_dir)
		return 0;
	memcpy(telling.mac, event->src_mac, sizeof(telling.mac));
	err = look_again(ig);
	err = err ?: ig_discovered_note(&ig->discovery.told, &telling);
	if (err == -ENOSPC)
		ig_error(&ig->diags, NULL, "remove some from the file",
			 "%s/" IG_DISCOVERED_DIR "/" IG_DISCOVERED_NAME
			 " has %u machines already: MUD URLs of others are not noted",
			 ig->save_dir, IG_DISCOVERED_MACHINES);
	ig->discovery.changed |= err > 0;
	ig->discovery.heard |= !err && telling.discovery != IG_DISCOVERY_OFF;
	return err;
}

int iotguard_mud_save(struct iotguard *ig, bool exact)
{
	struct ig_discovery *d = &ig->discovery;
	uint64_t now = (uint64_t)time(NULL);
	int err;

	if (!ig->save_dir || (!d->changed && !d->heard))
		return 0;
	err = look_again(ig);
	if (err || (!d->changed && !d->heard))
		return err;
	if (!d->changed && !exact && now >= d->written_s && now - d->written_s < HEARD_EVERY_S)
		return 0;
	err = ig_discovered_write(&ig->diags, ig->save_dir, &d->told);
	if (err)
		return err;
	d->mark = ig_discovered_look(ig->save_dir);
	d->changed = d->heard = false;
	d->written_s = now;
	return 1;
}

/* --- reading it back --- */

static void describe(const struct ig_discovered_machine *m, int source, void *array,
		     struct iotguard_mud_url_info *out)
{
	const struct ig_discovered_url *u = &m->told[source];

	*out = (struct iotguard_mud_url_info){
		.device = m->device ? ig_result_string(array, m->device) : NULL,
		.source = ig_mud_way_word(source),
		.url = ig_result_string(array, u->url),
		.fault = ig_mud_string_fault_word(u->fault),
		.state = ig_discovered_state_word(u->state),
		.adopted = m->adopted ? ig_result_string(array, m->adopted) : NULL,
		.first_seen = u->first_s,
		.last_seen = u->last_s,
	};
	memcpy(out->mac, m->mac, sizeof(out->mac));
}

int iotguard_mud_urls(struct iotguard *ig, struct iotguard_mud_url_info **out, size_t *count)
{
	_cleanup_(ig_discovered_clear) struct ig_discovered told = {};
	struct ig_file_mark mark;
	int err = 0;

	*out = NULL;
	*count = 0;
	if (ig->save_dir)
		err = ig_discovered_read(&ig->diags, ig->save_dir, false, &told, &mark);
	if (err)
		return err;
	*out = ig_result_new((told.count * IG_DISCOVERED_SOURCES + 1) * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < told.count; i++) {
		for (int source = 0; source < IG_DISCOVERED_SOURCES; source++) {
			if (told.machines[i].told[source].url)
				describe(&told.machines[i], source, *out, &(*out)[(*count)++]);
		}
	}
	return 0;
}
