/* SPDX-License-Identifier: BSD-2-Clause */
/* A MUD file: its limits, its first root, and which access lists its policies name. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mud_internal.h"
#include "util.h"

#define MODULE	    "ietf-mud"
#define ACL_MODULE  "ietf-access-control-list"
#define DNS_MODULE  "ietf-acldns"
#define CACHE_HOURS 48
#define CACHE_MOST  168
#define SCHEME	    "https://"
#define EXTENSIONS  64

int ig_mud_refuse(struct ig_mud_reader *r, const char *hint, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ig_error(r->diags, &r->where, hint, "%s", text);
	return -EINVAL;
}

bool ig_mud_is(const char *key, const char *module, const char *name)
{
	size_t n = strlen(module);

	if (!strcmp(key, name))
		return true;
	return !strncmp(key, module, n) && key[n] == ':' && !strcmp(key + n + 1, name);
}

json_t *ig_mud_member(const json_t *object, const char *module, const char *name)
{
	char key[128];
	json_t *found = json_object_get(object, name);

	if (found)
		return found;
	snprintf(key, sizeof(key), "%s:%s", module, name);
	return json_object_get(object, key);
}

int ig_mud_either(struct ig_mud_reader *r, const json_t *object, const char *module,
		  const char *name, const char *older, const json_t **out)
{
	const json_t *other = ig_mud_member(object, module, older);

	*out = ig_mud_member(object, module, name);
	if (*out && other)
		return ig_mud_refuse(r, "the second is an older name of the first",
				     "`%s` and `%s` stand beside each other", name, older);
	*out = *out ? *out : other;
	return 0;
}

int ig_mud_text(struct ig_mud_reader *r, const json_t *value, const char *what, char **out)
{
	if (!json_is_string(value))
		return ig_mud_refuse(r, NULL, "%s is not a string", what);
	if (json_string_length(value) > IG_MUD_TEXT_MAX)
		return ig_mud_refuse(r, NULL, "%s has more than %d bytes", what, IG_MUD_TEXT_MAX);
	*out = strdup(json_string_value(value));
	return *out ? 0 : -ENOMEM;
}

/* --- limits --- */

/*
 * How deep objects and arrays lie in each other; brackets in strings aside. Looked at before the parser recurses. Of what is
 * no JSON the number means nothing, and the parser refuses it.
 */
static unsigned int depth_of(const char *bytes, size_t size)
{
	unsigned int depth = 0, deepest = 0;
	bool quoted = false;

	for (size_t i = 0; i < size; i++) {
		char c = bytes[i];

		if (quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '{' || c == '[')) {
			deepest = ++depth > deepest ? depth : deepest;
		} else if (!quoted && (c == '}' || c == ']') && depth) {
			depth--;
		}
	}
	return deepest;
}

/* A member that its object has twice, with the name of its module and without: which of them would count? NULL: none. */
static const char *find_twin(const json_t *value)
{
	static const char *const modules[] = {MODULE, ACL_MODULE, DNS_MODULE};
	const char *key, *colon, *twin = NULL;
	json_t *member;
	size_t at;

	json_object_foreach ((json_t *)value, key, member) {
		colon = strchr(key, ':');
		for (size_t i = 0; colon && i < ARRAY_SIZE(modules); i++) {
			if (ig_mud_is(key, modules[i], colon + 1) &&
			    json_object_get(value, colon + 1))
				return key;
		}
		twin = find_twin(member);
		if (twin)
			return twin;
	}
	json_array_foreach (value, at, member) {
		twin = find_twin(member);
		if (twin)
			return twin;
	}
	return NULL;
}

static int parse(struct ig_mud_reader *r, const char *bytes, size_t size, json_t **root)
{
	json_error_t error;
	const char *twin;

	if (size > IG_MUD_BYTES_MAX)
		return ig_mud_refuse(r, NULL, "it has more than %u bytes", IG_MUD_BYTES_MAX);
	if (depth_of(bytes, size) > IG_MUD_DEPTH_MAX)
		return ig_mud_refuse(r, NULL,
				     "its objects and arrays lie more than %d deep in each other",
				     IG_MUD_DEPTH_MAX);
	*root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
	if (!*root) {
		r->where.line = error.line > 0 ? (unsigned int)error.line : 0;
		r->where.column = error.column > 0 ? (unsigned int)error.column : 0;
		return ig_mud_refuse(
			r, "a MUD file is JSON in UTF-8, and each name is there once in its object",
			"not JSON: %s", error.text);
	}
	if (!json_is_object(*root))
		return ig_mud_refuse(r, NULL, "not a MUD file: it is no JSON object");
	twin = find_twin(*root);
	if (twin)
		return ig_mud_refuse(r, "one of them has to go",
				     "'%s' is there twice, with the name of its module and without",
				     twin);
	return 0;
}

/* --- the first root --- */

/* The part of the URL that names its owner (RFC 3986, section 3.2), as it is compared. */
static int read_authority(struct ig_mud_reader *r, const char *url, char **out)
{
	const char *start;
	size_t n;

	if (strncasecmp(url, SCHEME, strlen(SCHEME)) != 0)
		return ig_mud_refuse(r, "RFC 8520 allows nothing else",
				     "its mud-url does not begin with " SCHEME);
	start = url + strlen(SCHEME);
	n = strcspn(start, "/?#");
	for (const char *c = url; *c; c++) {
		if (!isgraph((unsigned char)*c))
			return ig_mud_refuse(r, NULL, "its mud-url has a byte that no URL has");
	}
	if (!n || memchr(start, '@', n))
		return ig_mud_refuse(r, NULL, "its mud-url names no host, or a user");
	if (n > 4 && !strncmp(start + n - 4, ":443", 4))
		n -= 4;
	*out = strndup(start, n);
	if (!*out)
		return -ENOMEM;
	for (char *c = *out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

static int read_url(struct ig_mud_reader *r, const json_t *value)
{
	int err;

	if (!value)
		return ig_mud_refuse(r, NULL, "it has no mud-url");
	err = ig_mud_text(r, value, "its mud-url", &r->mud->url);
	return err ? err : read_authority(r, r->mud->url, &r->mud->authority);
}

static int read_version(struct ig_mud_reader *r, const json_t *value)
{
	if (!value) {
		ig_warning(r->diags, &r->where, NULL, "it has no mud-version; read as version 1");
		r->mud->version = 1;
		return 0;
	}
	if (!json_is_integer(value) || json_integer_value(value) != 1)
		return ig_mud_refuse(r, "this is version 1 of the format (RFC 8520)",
				     "its mud-version is not 1");
	r->mud->version = 1;
	return 0;
}

static int read_cache(struct ig_mud_reader *r, const json_t *value)
{
	json_int_t hours = json_integer_value(value);

	r->mud->cache_hours = CACHE_HOURS;
	if (!value)
		return 0;
	if (!json_is_integer(value) || hours < 1)
		return ig_mud_refuse(r, NULL, "its cache-validity is no number of hours");
	if (hours > CACHE_MOST)
		ig_warning(r->diags, &r->where, NULL,
			   "its cache-validity of %" JSON_INTEGER_FORMAT
			   " hours is read as %d, the most that there may be",
			   hours, CACHE_MOST);
	r->mud->cache_hours = hours > CACHE_MOST ? CACHE_MOST : (unsigned int)hours;
	return 0;
}

static int read_extensions(struct ig_mud_reader *r, const json_t *list)
{
	size_t n = json_array_size(list);

	if (!list)
		return 0;
	if (!json_is_array(list) || n > EXTENSIONS)
		return ig_mud_refuse(r, NULL, "its extensions are no list of at most %d names",
				     EXTENSIONS);
	r->mud->extensions = calloc(n ? n : 1, sizeof(*r->mud->extensions));
	if (!r->mud->extensions)
		return -ENOMEM;
	for (; r->mud->n_extensions < n; r->mud->n_extensions++) {
		int err = ig_mud_text(r, json_array_get(list, r->mud->n_extensions), "an extension",
				      &r->mud->extensions[r->mud->n_extensions]);

		if (err)
			return err;
	}
	return 0;
}

static int read_strings(struct ig_mud_reader *r, const json_t *root)
{
	const struct {
		const char *name;
		char **to;
	} strings[] = {
		{"last-update", &r->mud->last_update}, {"mud-signature", &r->mud->signature},
		{"systeminfo", &r->mud->systeminfo},   {"mfg-name", &r->mud->manufacturer},
		{"model-name", &r->mud->model},	       {"firmware-rev", &r->mud->firmware},
		{"software-rev", &r->mud->software},   {"documentation", &r->mud->documentation},
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++) {
		const json_t *value = ig_mud_member(root, MODULE, strings[i].name);
		int err = value ? ig_mud_text(r, value, strings[i].name, strings[i].to) : 0;

		if (err)
			return err;
	}
	if (!r->mud->last_update)
		ig_warning(r->diags, &r->where, NULL,
			   "it has no last-update, so that versions of it cannot be told apart");
	return 0;
}

static int read_supported(struct ig_mud_reader *r, const json_t *value)
{
	r->mud->supported = !value || json_is_true(value);
	if (value && !json_is_boolean(value))
		return ig_mud_refuse(r, NULL, "its is-supported is neither true nor false");
	return 0;
}

/* --- policies --- */

static struct ig_mud_acl *find_acl(struct ig_mud *mud, const char *name)
{
	for (size_t i = 0; i < mud->n_acls; i++) {
		if (!strcmp(mud->acls[i].name, name))
			return &mud->acls[i];
	}
	return NULL;
}

static int add_to_policy(struct ig_mud_reader *r, enum ig_mud_side side, const json_t *entry)
{
	struct ig_mud_acl *acl;
	const json_t *name;
	int err = ig_mud_either(r, entry, MODULE, "name", "acl-name", &name);

	if (err)
		return err;
	if (!json_is_string(name))
		return ig_mud_refuse(r, NULL, "a policy names an access list without a name");
	acl = find_acl(r->mud, json_string_value(name));
	if (!acl)
		return ig_mud_refuse(
			r, "each name in a policy is that of an access list of the file",
			"its %s names the access list '%s', which is not there",
			side == IG_MUD_FROM_DEVICE ? "from-device-policy" : "to-device-policy",
			json_string_value(name));
	if (acl->used[side])
		return ig_mud_refuse(r, NULL, "a policy names the access list '%s' twice",
				     acl->name);
	acl->used[side] = true;
	r->mud->policy[side][r->mud->n_policy[side]++] = (size_t)(acl - r->mud->acls);
	return 0;
}

static int read_policy(struct ig_mud_reader *r, enum ig_mud_side side, const json_t *policy)
{
	const json_t *around = ig_mud_member(policy, MODULE, "access-lists");
	const json_t *lists = ig_mud_member(around, MODULE, "access-list");
	int err = 0;

	if ((policy && !json_is_object(policy)) || (around && !json_is_object(around)))
		return ig_mud_refuse(r, NULL, "a policy, or its access lists, are no object");
	if (lists && !json_is_array(lists))
		return ig_mud_refuse(r, NULL, "the access lists of a policy are no list");
	r->mud->policy[side] =
		calloc(r->mud->n_acls ? r->mud->n_acls : 1, sizeof(*r->mud->policy[side]));
	if (!r->mud->policy[side])
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(lists) && !err; i++)
		err = add_to_policy(r, side, json_array_get(lists, i));
	return err;
}

static void warn_unused(struct ig_mud_reader *r)
{
	for (size_t i = 0; i < r->mud->n_acls; i++) {
		const struct ig_mud_acl *acl = &r->mud->acls[i];

		if (!acl->used[IG_MUD_FROM_DEVICE] && !acl->used[IG_MUD_TO_DEVICE])
			ig_warning(r->diags, &r->where, NULL,
				   "no policy names the access list '%s': it has no effect",
				   acl->name);
	}
}

static int find_acls(struct ig_mud_reader *r, const json_t *root, const json_t **list)
{
	const json_t *acls;
	/* the second name is from before RFC 8519 */
	int err = ig_mud_either(r, root, ACL_MODULE, "acls", "access-lists", &acls);

	if (err)
		return err;
	*list = ig_mud_member(acls, ACL_MODULE, "acl");
	if ((acls && !json_is_object(acls)) || (*list && !json_is_array(*list)))
		return ig_mud_refuse(r, NULL, "its access lists are no object with a list");
	return 0;
}

static int read_file(struct ig_mud_reader *r, const json_t *root)
{
	const json_t *head = ig_mud_member(root, MODULE, "mud"), *list = NULL;
	int err;

	if (!json_is_object(head))
		return ig_mud_refuse(
			r,
			"a MUD file has the roots `ietf-mud:mud` and `ietf-access-control-list:acls`",
			"not a MUD file: it has no `ietf-mud:mud`");
	err = find_acls(r, root, &list);
	err = err ? err : read_version(r, ig_mud_member(head, MODULE, "mud-version"));
	err = err ? err : read_url(r, ig_mud_member(head, MODULE, "mud-url"));
	err = err ? err : read_strings(r, head);
	err = err ? err : read_cache(r, ig_mud_member(head, MODULE, "cache-validity"));
	err = err ? err : read_supported(r, ig_mud_member(head, MODULE, "is-supported"));
	err = err ? err : read_extensions(r, ig_mud_member(head, MODULE, "extensions"));
	err = err ? err : ig_mud_read_acls(r, list);
	err = err ? err
		  : read_policy(r, IG_MUD_FROM_DEVICE,
				ig_mud_member(head, MODULE, "from-device-policy"));
	err = err ? err
		  : read_policy(r, IG_MUD_TO_DEVICE,
				ig_mud_member(head, MODULE, "to-device-policy"));
	if (!err)
		warn_unused(r);
	return err;
}

int ig_mud_read(struct ig_diags *diags, const char *file, const char *bytes, size_t size,
		struct ig_mud *mud)
{
	struct ig_mud_reader r = {.diags = diags, .where = {.file = file}, .mud = mud};
	json_t *root = NULL;
	int err;

	*mud = (struct ig_mud){0};
	err = parse(&r, bytes, size, &root);
	err = err ? err : read_file(&r, root);
	json_decref(root);
	if (err)
		ig_mud_clear(mud);
	else
		ig_mud_number_lines(bytes, size, mud);
	return err;
}

void ig_mud_clear(struct ig_mud *mud)
{
	for (size_t i = 0; i < mud->n_acls; i++) {
		struct ig_mud_acl *acl = &mud->acls[i];

		for (size_t k = 0; k < acl->n_aces; k++) {
			free(acl->aces[k].name);
			ig_mud_match_clear(&acl->aces[k].match);
		}
		free(acl->aces);
		free(acl->name);
	}
	for (size_t i = 0; i < mud->n_extensions; i++)
		free(mud->extensions[i]);
	free(mud->extensions);
	free(mud->acls);
	free(mud->policy[0]);
	free(mud->policy[1]);
	free(mud->url);
	free(mud->authority);
	free(mud->last_update);
	free(mud->signature);
	free(mud->systeminfo);
	free(mud->manufacturer);
	free(mud->model);
	free(mud->firmware);
	free(mud->software);
	free(mud->documentation);
	*mud = (struct ig_mud){0};
}
