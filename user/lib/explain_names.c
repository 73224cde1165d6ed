/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domain names: a rule by name is about the addresses that the machine was told for it. What it was told on the live
 * gateway counts; of a name that it was told nothing of, an address is made up, so that the rules about the name are
 * asked all the same.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "clock.h"
#include "explain_question.h"
#include "util.h"

#define ADDRESSES_MAX 4 /* of a name, that are asked about */
#define MADE_UP_MAX   254
#define NSEC_PER_SEC  1000000000ull
#define TIME_TEXT     24

static uint64_t epoch_of(uint32_t seconds)
{
	return ig_clock_epoch(seconds * NSEC_PER_SEC);
}

static const char *print_time(uint64_t epoch, char text[TIME_TEXT])
{
	time_t when = (time_t)epoch;
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(text, TIME_TEXT, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(text, TIME_TEXT, "an unknown time");
	return text;
}

static bool is_called(const struct ig_name *record, const char *name)
{
	char text[IG_NAME_TEXT];

	if (record->length > IG_NAME_BYTES)
		return false;
	ig_name_key_print(record->text, record->length, text);
	return !strcmp(text, name);
}

/* --- from an address to names --- */

static void take_name(struct ig_talk *talk, const struct ig_name *record, uint32_t expires_s)
{
	struct ig_talk_name *out = &talk->names[talk->n_names];

	if (talk->n_names == IG_TALK_NAMES || record->length > IG_NAME_BYTES)
		return;
	talk->n_names++;
	ig_name_key_print(record->text, record->length, out->text);
	out->until = epoch_of(expires_s);
}

static void note_names(struct ig_talk *talk)
{
	char addr[INET6_ADDRSTRLEN], until[TIME_TEXT];
	_free_ char *text = NULL;
	size_t size;
	FILE *f;

	if (!talk->n_names)
		return;
	f = open_memstream(&text, &size);
	if (!f)
		return;
	for (size_t i = 0; i < talk->n_names; i++)
		fprintf(f, "%s%s (until %s)", i ? " and " : "", talk->names[i].text,
			print_time(talk->names[i].until, until));
	if (fclose(f))
		return;
	ig_addr_print(talk->there, addr);
	ig_talk_note(talk, "%s was told that %s is %s", talk->machine.name, addr, text);
}

int ig_asked_names_of(struct ig_asked *r, struct ig_talk *talk)
{
	struct ig_asker_names names;
	int err = ig_asker_names_read(&r->explain->asker, r->machine.device.index, &names);

	talk->machine = r->machine;
	for (size_t i = 0; i < names.n_pins && !err; i++) {
		const struct ig_pin *pin = &names.pins[i];
		const struct ig_name *record = ig_asker_name_of(&names, pin);

		if (record && !memcmp(pin->addr, talk->there, 16))
			take_name(talk, record, pin->expires_s);
	}
	/* the gateway has none, whatever a resolver says */
	if (talk->kind == IG_TALK_GATEWAY)
		talk->n_names = 0;
	note_names(talk);
	return err;
}

/* --- from a name to addresses --- */

static bool speaks(const struct ig_asked *r, bool v4)
{
	uint8_t own[16];

	return r->has_address || ig_house_address(&r->explain->house, &r->machine, v4, own);
}

/* Of a version that the machine has an address of, if there are such. */
static int add_pinned(struct ig_asked *r, const struct ig_asker_names *names, bool strict)
{
	size_t more = 0;
	int err = 0;

	for (size_t i = 0; i < names->n_pins && !err; i++) {
		const struct ig_pin *pin = &names->pins[i];
		const struct ig_name *record = ig_asker_name_of(names, pin);
		bool v4 = ig_addr_is_v4(pin->addr);

		if (!record || !is_called(record, r->out->remote.name) || !ig_asked_wants(r, v4) ||
		    (strict && !speaks(r, v4)))
			continue;
		if (r->out->count == ADDRESSES_MAX)
			more++;
		else
			err = ig_asked_add_address(r, pin->addr, NULL);
	}
	if (more && !err)
		ig_talk_note(&r->out->items[0],
			     "it has %zu more addresses, which were not asked about", more);
	return err;
}

static bool is_pinned(const struct ig_asker_names *names, const uint8_t addr[16])
{
	for (size_t i = 0; i < names->n_pins; i++) {
		if (!memcmp(names->pins[i].addr, addr, 16))
			return true;
	}
	return false;
}

/* Of a documentation network, nobody's, and what no name is pinned to. */
static bool make_up(const struct ig_asked *r, const struct ig_asker_names *names, bool v4,
		    uint8_t addr[16])
{
	static const uint8_t net6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x53};

	for (int i = 1; i <= MADE_UP_MAX; i++) {
		if (v4)
			ig_addr_set_v4(addr, (uint8_t[]){192, 0, 2, (uint8_t)i});
		else
			memcpy(addr, net6, 16);
		addr[15] = (uint8_t)i;
		if (ig_asked_is_elsewhere(&r->explain->house, addr) && !is_pinned(names, addr))
			return true;
	}
	return false;
}

static int add_made_up(struct ig_asked *r, const struct ig_asker_names *names)
{
	uint8_t addr[16];

	r->made_up = true;
	for (int strict = 1; strict >= 0; strict--) {
		for (int v4 = 1; v4 >= 0; v4--) {
			if (ig_asked_wants(r, v4) && (!strict || speaks(r, v4)) &&
			    make_up(r, names, v4, addr))
				return ig_asked_add_address(r, addr, NULL);
		}
	}
	return ig_asked_several(r, "ask about an address");
}

static void note_made_up(struct ig_talk *talk, const struct ig_asker_names *names)
{
	const char *name = talk->remote.name;
	char addr[INET6_ADDRSTRLEN], when[TIME_TEXT];
	const struct ig_name *record = NULL;

	for (size_t i = 0; i < names->n_names; i++) {
		if (is_called(&names->names[i], name))
			record = &names->names[i];
	}
	ig_addr_print(talk->there, addr);
	if (record)
		ig_talk_note(
			talk,
			"%s resolved %s last at %s, and no address is left of that: asked about %s "
			"as if it were one",
			talk->machine.name, name, print_time(epoch_of(record->resolved_s), when),
			addr);
	else
		ig_talk_note(
			talk,
			"%s has not resolved %s yet: asked about %s as if that were its address",
			talk->machine.name, name, addr);
}

int ig_asked_name(struct ig_asked *r)
{
	struct ig_asker_names names;
	int err;

	if (!strncmp(r->out->remote.name, "*.", 2))
		return ig_asked_several(r, "ask about a name that fits it");
	err = ig_asker_names_read(&r->explain->asker, r->machine.device.index, &names);
	err = err ?: add_pinned(r, &names, true);
	if (!err && !r->out->count)
		err = add_pinned(r, &names, false);
	if (err || r->out->count)
		return err;
	err = add_made_up(r, &names);
	if (!err)
		note_made_up(&r->out->items[0], &names);
	return err;
}

/* --- what may be asked for --- */

static bool allows(const char *sentence, const struct ig_name_key *name)
{
	struct ig_rule_error error;
	struct ig_name_key pattern;
	struct ig_rule rule;
	bool fits = false;

	if (ig_rule_parse(sentence, &rule, &error))
		return false;
	if (rule.action == IG_RULE_ALLOWS && rule.remote.kind == IG_REMOTE_NAME) {
		ig_name_key_make(&pattern, rule.remote.name);
		fits = ig_name_key_fits(name, &pattern);
	}
	ig_rule_clear(&rule);
	return fits;
}

void ig_explain_strict(const struct ig_house *house, struct ig_talk *talk)
{
	const struct ig_dict_device *entry = talk->machine.entry;
	const struct ig_dictionary *dict = &house->asker->dict;
	struct ig_name_key name;

	if (talk->remote.kind != IG_REMOTE_NAME || entry->trusted ||
	    !(talk->machine.device.flags & IG_DEVICE_DNS_STRICT))
		return;
	ig_name_key_make(&name, talk->remote.name);
	for (uint32_t id = 0; id < ig_dict_rule_count(dict, entry); id++) {
		const struct ig_dict_rule *rule = ig_dict_rule_of(dict, entry, id);

		if (rule && allows(ig_dict_string(dict, rule->text), &name))
			return;
	}
	ig_talk_note(talk,
		     "%s has `dns: strict`: without a rule that allows %s it may not even ask "
		     "its resolver for it",
		     talk->machine.name, talk->remote.name);
}
