/* SPDX-License-Identifier: BSD-2-Clause */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"
#include "words.h"

#define SHA_SHORT 12
#define NOTES	  256
#define US	  1000000

/* NULL: the system knows no user of this number. */
static const char *user_name(uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user ? user->pw_name : NULL;
}

static bool is_action(const struct iotguard_change *change, const char *action)
{
	return !strcmp(change->action, action);
}

static bool is_about_device(const struct iotguard_change *change)
{
	return is_action(change, "quarantine") || is_action(change, "release");
}

/* --------------------------------------------------------------------------------------- in words */

static const char *moment_text(uint64_t time_us, char *buf, size_t size)
{
	time_t when = (time_t)(time_us / US);
	struct tm tm;

	if (!localtime_r(&when, &tm) || !strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm))
		buf[0] = '\0';
	return buf;
}

struct notes {
	char text[NOTES];
	size_t length;
};

static void note(struct notes *notes, bool holds, const char *what, const char *when)
{
	int n;

	if (!holds)
		return;
	n = snprintf(notes->text + notes->length, sizeof(notes->text) - notes->length, "%s%s%s",
		     notes->length ? ", " : "", what, when);
	notes->length += n > 0 && (size_t)n < sizeof(notes->text) - notes->length ? (size_t)n : 0;
}

static void note_end(struct notes *notes, const struct iotguard_change *change)
{
	bool ends = change->until_us && change->until_us != UINT64_MAX;
	char when[NUMBER_TEXT];

	if (ends)
		note(notes, true, change->trial ? "on trial until " : "until ",
		     moment_text(change->until_us, when, sizeof(when)));
	else
		note(notes, is_action(change, "quarantine"), "until it is released", "");
}

static void note_all(struct notes *notes, const struct iotguard_change *change)
{
	*notes = (struct notes){0};
	note_end(notes, change);
	note(notes, is_action(change, "expired"), "nobody confirmed the trial", "");
	note(notes, change->forced, "forced", "");
	note(notes, change->generic, "XDP in generic mode", "");
	note(notes, change->monitors, "machines in monitor or learn mode", "");
	note(notes, change->first, "the first one", "");
	note(notes, change->open, "all traffic passes unfiltered", "");
	note(notes, !change->open && is_action(change, "detach"), "its traffic passes unfiltered",
	     "");
}

void show_change_line(const struct iotguard_change *change)
{
	uint64_t now = (uint64_t)time(NULL), when = change->time_us / US;
	char text[NUMBER_TEXT], age[NUMBER_TEXT], object[TEXT_USUAL];
	const char *name = user_name(change->uid),
		   *about = is_about_device(change) ? change->device : change->interface;
	struct notes notes;

	printf("%s", moment_text(change->time_us, text, sizeof(text)));
	if (now >= when)
		printf(" (%s ago)", duration_text(now - when, age));
	printf(", %s", change->action);
	if (about && *about)
		printf(" %s", safe_text(about, object));
	if (name)
		printf(" by %s", safe_text(name, object));
	else
		printf(" by user %u", change->uid);
	note_all(&notes, change);
	printf("%s%s\n", notes.length ? ", " : "", notes.text);
}

/* ------------------------------------------------------------------------------------------- JSON */

json_t *show_change_json(const struct iotguard_change *change)
{
	bool ends = change->until_us && change->until_us != UINT64_MAX;

	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o,"
			 " s:o, s:o, s:o, s:o,"
			 " s:b, s:b, s:b, s:b, s:b, s:b}",
			 "number", json_count(change->number), "time",
			 json_time(change->time_us / US), "action", change->action, "generation",
			 json_count(change->generation), "before", json_count(change->before),
			 "uid", json_count(change->uid), "user", json_text(user_name(change->uid)),
			 /* about */
			 "sha256", change->sha256[0] ? json_text(change->sha256) : json_null(),
			 "until", ends ? json_time(change->until_us / US) : json_null(), "device",
			 json_text(change->device), "interface",
			 change->interface[0] ? json_text(change->interface) : json_null(),
			 /* how */
			 "trial", (int)change->trial, "forced", (int)change->forced, "generic",
			 (int)change->generic, "first", (int)change->first, "open",
			 (int)change->open, "monitors", (int)change->monitors);
}

static json_t *changes_json(const struct iotguard_change *changes, size_t count, bool enforced)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, show_change_json(&changes[i])))
			return NULL;
	}
	return json_pack("{s:b, s:O}", "enforced", (int)enforced, "changes", list);
}

/* -------------------------------------------------------------------------------------- the table */

static void add_what(struct table *table, const struct iotguard_change *change)
{
	enum style style = change->open || is_action(change, "expired") ? STYLE_WARN : STYLE_BOLD;

	if (is_about_device(change))
		table_add(table, style, "%s %s", change->action,
			  change->device ? change->device : "?");
	else if (is_action(change, "detach"))
		table_add(table, style, "%s %s", change->action,
			  change->interface[0] ? change->interface : "--all");
	else
		table_add(table, style, "%s", change->action);
}

static void add_who(struct table *table, uint32_t uid)
{
	const char *name = user_name(uid);

	if (name)
		table_add(table, STYLE_PLAIN, "%s", name);
	else
		table_add(table, STYLE_PLAIN, "%u", uid);
}

static void add_change(struct table *table, const struct iotguard_change *change)
{
	char when[NUMBER_TEXT];
	struct notes notes;

	note_all(&notes, change);
	table_add(table, STYLE_PLAIN, "%s", moment_text(change->time_us, when, sizeof(when)));
	add_what(table, change);
	if (change->generation)
		table_add(table, STYLE_PLAIN, "%llu", (unsigned long long)change->generation);
	else
		table_add(table, STYLE_PLAIN, "-");
	add_who(table, change->uid);
	table_add(table, STYLE_PLAIN, "%.*s", SHA_SHORT, change->sha256[0] ? change->sha256 : "-");
	table_add(table, change->open ? STYLE_WARN : STYLE_PLAIN, "%s",
		  notes.length ? notes.text : "-");
}

int show_changes(struct cli *cli)
{
	static const struct column columns[] = {
		{"when", false},
		{"what", false},
		{"generation", true},
		{"who", false},
		{"inventory", false},
		{"notes", false},
		{0},
	};
	_array_ struct iotguard_change *changes = NULL;
	_table_ struct table table = {0};
	struct iotguard_status status;
	size_t count = 0;
	int err = iotguard_status(cli->ig, &status);

	if (!err)
		err = iotguard_changes(cli->ig, &changes, &count);
	if (err)
		return show_fail(cli, err);
	if (cli->globals.json)
		return output_json(changes_json(changes, count, !status.open));
	table_init(&table, columns);
	for (size_t i = 0; i < count; i++)
		add_change(&table, &changes[i]);
	return table_print(&table, cli);
}
