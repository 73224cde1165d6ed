/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "mud_entry.h"
#include "mud_url.h"
#include "util.h"

#define FORMAT	   "iotguard_mud"
#define TEXT_MAX   2048
#define HOUR	   3600
#define HOURS_MOST 168

/* --- writing --- */

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *signer_json(const struct ig_mud_signer *signer)
{
	if (!signer->subject)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:I}", "subject", signer->subject, "issuer",
			 signer->issuer, "sha256", signer->sha256, "not_after",
			 (json_int_t)signer->not_after);
}

static int add_accepted(json_t *to, const char *name, const struct ig_mud_accepted *accepted)
{
	json_t *object;
	int err = 0;

	if (!accepted->at)
		return 0;
	object = json_pack("{s:I, s:o, s:o}", "at", (json_int_t)accepted->at, "by",
			   text_or_null(accepted->by), "why", text_or_null(accepted->why));
	if (object && accepted->until)
		err = json_object_set_new(object, "until",
					  json_integer((json_int_t)accepted->until));
	if (object && *accepted->sha256)
		err |= json_object_set_new(object, "sha256", json_string(accepted->sha256));
	return json_object_set_new(to, name, object) | err;
}

static json_t *accepted_json(const struct ig_mud_entry *entry)
{
	json_t *object = json_object();

	if (object && !add_accepted(object, "unsigned", &entry->accepted_unsigned) &&
	    !add_accepted(object, "expired", &entry->accepted_expired) &&
	    !add_accepted(object, "new_signer", &entry->accepted_signer))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *error_json(const struct ig_mud_entry *entry)
{
	if (!entry->error)
		return json_null();
	return json_pack("{s:I, s:s}", "at", (json_int_t)entry->error_at, "message", entry->error);
}

char *ig_mud_entry_print(const struct ig_mud_entry *entry)
{
	json_t *object = json_pack(
		"{s:i, s:s, s:s, s:o, s:I, s:I, s:I, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", FORMAT,
		IG_MUD_ENTRY_VERSION, "url", entry->url, "sha256", entry->sha256, "previous_sha256",
		text_or_null(entry->previous), "size", (json_int_t)entry->size, "fetched_at",
		(json_int_t)entry->fetched_at, "checked_at", (json_int_t)entry->checked_at,
		"cache_hours", (int)entry->cache_hours, "etag", text_or_null(entry->etag),
		"last_modified", text_or_null(entry->last_modified), "signature_url",
		text_or_null(entry->signature_url), "signer", signer_json(&entry->signer),
		"accepted", accepted_json(entry), "error", error_json(entry));
	char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;

	json_decref(object);
	return text;
}

/* --- reading --- */

/* Everything below returns false where @why has a reason, or there is no memory and it has none. */
static bool wrong(const char **why, const char *reason)
{
	*why = reason;
	return false;
}

static bool get_text(const json_t *object, const char *name, char **out, const char **why)
{
	const json_t *value = json_object_get(object, name);

	if (!value || json_is_null(value))
		return true;
	if (!json_is_string(value) || json_string_length(value) > TEXT_MAX)
		return wrong(why, "a text in it is none");
	*out = strdup(json_string_value(value));
	return *out;
}

static bool get_number(const json_t *object, const char *name, uint64_t *out, const char **why)
{
	const json_t *value = json_object_get(object, name);

	if (!value)
		return true;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return wrong(why, "a number in it is none");
	*out = (uint64_t)json_integer_value(value);
	return true;
}

static bool get_hex(const json_t *object, const char *name, char out[IG_MUD_HEX], const char **why)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	if (!value || json_is_null(value))
		return true;
	if (!text || strlen(text) != IG_MUD_HEX - 1 ||
	    strspn(text, "0123456789abcdef") != IG_MUD_HEX - 1)
		return wrong(why, "a SHA-256 in it is none");
	memcpy(out, text, IG_MUD_HEX);
	return true;
}

static bool get_signer(const json_t *value, struct ig_mud_signer *signer, const char **why)
{
	if (!value || json_is_null(value))
		return true;
	if (!get_text(value, "subject", &signer->subject, why) ||
	    !get_text(value, "issuer", &signer->issuer, why) ||
	    !get_hex(value, "sha256", signer->sha256, why) ||
	    !get_number(value, "not_after", &signer->not_after, why))
		return false;
	if (!signer->subject || !signer->issuer || !*signer->sha256)
		return wrong(why, "its signer has no name");
	return true;
}

static bool get_accepted(const json_t *list, const char *name, struct ig_mud_accepted *accepted,
			 const char **why)
{
	const json_t *value = json_object_get(list, name);

	return !value || (get_number(value, "at", &accepted->at, why) &&
			  get_text(value, "by", &accepted->by, why) &&
			  get_text(value, "why", &accepted->why, why) &&
			  get_number(value, "until", &accepted->until, why) &&
			  get_hex(value, "sha256", accepted->sha256, why));
}

static bool get_times(const json_t *root, struct ig_mud_entry *entry, const char **why)
{
	uint64_t hours = 0;

	if (!get_number(root, "size", &entry->size, why) ||
	    !get_number(root, "fetched_at", &entry->fetched_at, why) ||
	    !get_number(root, "checked_at", &entry->checked_at, why) ||
	    !get_number(root, "cache_hours", &hours, why))
		return false;
	if (!hours || hours > HOURS_MOST)
		return wrong(why, "its cache_hours are not between 1 and 168");
	entry->cache_hours = (unsigned int)hours;
	return true;
}

static bool get_error(const json_t *value, struct ig_mud_entry *entry, const char **why)
{
	return !value || json_is_null(value) ||
	       (get_number(value, "at", &entry->error_at, why) &&
		get_text(value, "message", &entry->error, why));
}

static bool get_all(const json_t *root, struct ig_mud_entry *entry, const char **why)
{
	const json_t *accepted = json_object_get(root, "accepted");

	return get_text(root, "url", &entry->url, why) &&
	       get_hex(root, "sha256", entry->sha256, why) &&
	       get_hex(root, "previous_sha256", entry->previous, why) &&
	       get_times(root, entry, why) && get_text(root, "etag", &entry->etag, why) &&
	       get_text(root, "last_modified", &entry->last_modified, why) &&
	       get_text(root, "signature_url", &entry->signature_url, why) &&
	       get_signer(json_object_get(root, "signer"), &entry->signer, why) &&
	       get_accepted(accepted, "unsigned", &entry->accepted_unsigned, why) &&
	       get_accepted(accepted, "expired", &entry->accepted_expired, why) &&
	       get_accepted(accepted, "new_signer", &entry->accepted_signer, why) &&
	       get_error(json_object_get(root, "error"), entry, why);
}

static bool is_whole(const json_t *root, const char **why)
{
	if (!json_is_object(root))
		return wrong(why, "it is not JSON");
	if (json_integer_value(json_object_get(root, FORMAT)) != IG_MUD_ENTRY_VERSION)
		return wrong(why, "it is of another version of iotguard");
	return true;
}

int ig_mud_entry_parse(const char *text, size_t size, struct ig_mud_entry *entry, const char **why)
{
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	char canonical[IG_MUD_URL_MAX];
	const char *reason = NULL, *unused;
	bool good;

	*entry = (struct ig_mud_entry){};
	good = is_whole(root, &reason) && get_all(root, entry, &reason);
	json_decref(root);
	if (good && (!*entry->sha256 || !entry->url ||
		     ig_mud_url_canonical(entry->url, canonical, &unused) ||
		     strcmp(canonical, entry->url) != 0))
		good = wrong(&reason, "it names no file");
	if (good)
		return 0;
	ig_mud_entry_clear(entry);
	*why = reason;
	return reason ? -EINVAL : -ENOMEM;
}

/* --- the rest --- */

void ig_mud_signer_clear(struct ig_mud_signer *signer)
{
	free(signer->subject);
	free(signer->issuer);
	*signer = (struct ig_mud_signer){};
}

void ig_mud_accepted_clear(struct ig_mud_accepted *accepted)
{
	free(accepted->by);
	free(accepted->why);
	*accepted = (struct ig_mud_accepted){};
}

void ig_mud_entry_clear(struct ig_mud_entry *entry)
{
	free(entry->url);
	free(entry->etag);
	free(entry->last_modified);
	free(entry->signature_url);
	free(entry->error);
	ig_mud_signer_clear(&entry->signer);
	ig_mud_accepted_clear(&entry->accepted_unsigned);
	ig_mud_accepted_clear(&entry->accepted_expired);
	ig_mud_accepted_clear(&entry->accepted_signer);
	*entry = (struct ig_mud_entry){};
}

bool ig_mud_entry_is_due(const struct ig_mud_entry *entry, uint64_t now)
{
	return now < entry->checked_at ||
	       now - entry->checked_at >= (uint64_t)entry->cache_hours * HOUR;
}
