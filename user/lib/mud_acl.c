/* SPDX-License-Identifier: BSD-2-Clause */
/* The access lists of a MUD file (RFC 8519, section 4.1): their names, their entries in order, and what these do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mud_internal.h"

#define ACL_MODULE   "ietf-access-control-list"
#define NAME_MAX_ACL 64 /* octets, RFC 8519 */

static int read_name(struct ig_mud_reader *r, const json_t *value, const char *what, char **out)
{
	if (!json_is_string(value) || !json_string_length(value))
		return ig_mud_refuse(r, NULL, "%s has no name", what);
	if (json_string_length(value) > NAME_MAX_ACL)
		return ig_mud_refuse(r, NULL, "the name of %s has more than %d bytes", what,
				     NAME_MAX_ACL);
	return ig_mud_text(r, value, "a name", out);
}

static int read_type(struct ig_mud_reader *r, const json_t *value, struct ig_mud_acl *acl)
{
	static const struct {
		const char *name;
		enum ig_mud_network network;
	} types[] = {
		{"ipv4-acl-type", IG_MUD_IPV4},
		{"ipv4-acl", IG_MUD_IPV4},
		{"ipv6-acl-type", IG_MUD_IPV6},
		{"ipv6-acl", IG_MUD_IPV6},
		{"eth-acl-type", IG_MUD_ETHERNET},
		{"ethernet-acl-type", IG_MUD_ETHERNET},
		{"mixed-eth-ipv4-acl-type", IG_MUD_ANY_NETWORK},
		{"mixed-eth-ipv6-acl-type", IG_MUD_ANY_NETWORK},
		{"mixed-eth-ipv4-ipv6-acl-type", IG_MUD_ANY_NETWORK},
	};

	acl->type = IG_MUD_ANY_NETWORK;
	if (!value)
		return 0;
	for (size_t i = 0; json_is_string(value) && i < sizeof(types) / sizeof(*types); i++) {
		if (ig_mud_is(json_string_value(value), ACL_MODULE, types[i].name)) {
			acl->type = types[i].network;
			return 0;
		}
	}
	return ig_mud_refuse(
		r, "types are ipv4-acl-type, ipv6-acl-type, eth-acl-type and the mixed ones",
		"the access list '%s' is of no type that there is", acl->name);
}

static int read_forwarding(struct ig_mud_reader *r, const json_t *actions, const char *acl,
			   struct ig_mud_ace *ace)
{
	static const struct {
		const char *name;
		enum ig_mud_forwarding forwarding;
	} words[] = {
		{"accept", IG_MUD_ACCEPT},
		{"drop", IG_MUD_DROP},
		{"reject", IG_MUD_REJECT},
		{"deny", IG_MUD_DROP},
	};
	const json_t *value = ig_mud_member(actions, ACL_MODULE, "forwarding");

	for (size_t i = 0; json_is_string(value) && i < sizeof(words) / sizeof(*words); i++) {
		if (ig_mud_is(json_string_value(value), ACL_MODULE, words[i].name)) {
			ace->forwarding = words[i].forwarding;
			return 0;
		}
	}
	return ig_mud_refuse(r, "forwarding is accept, drop or reject",
			     "the entry '%s' of '%s' does not say what becomes of its packets",
			     ace->name, acl);
}

static int read_ace(struct ig_mud_reader *r, const json_t *from, const char *acl,
		    struct ig_mud_ace *ace)
{
	const json_t *name;
	int err = ig_mud_either(r, from, ACL_MODULE, "name", "rule-name", &name);

	if (++r->n_aces > IG_MUD_ACES_MAX)
		return ig_mud_refuse(r, NULL, "it has more than %d entries", IG_MUD_ACES_MAX);
	err = err ? err : read_name(r, name, "an entry of an access list", &ace->name);
	err = err ? err : read_forwarding(r, ig_mud_member(from, ACL_MODULE, "actions"), acl, ace);
	return err ? err
		   : ig_mud_read_match(r, ig_mud_member(from, ACL_MODULE, "matches"), acl,
				       ace->name, &ace->match);
}

/* Of entries with one name the first is what the name means to whoever reads; all are enforced. */
static void warn_of_twins(struct ig_mud_reader *r, const struct ig_mud_acl *acl)
{
	for (size_t i = 0; i + 1 < acl->n_aces; i++) {
		if (acl->aces[i].name &&
		    !strcmp(acl->aces[i].name, acl->aces[acl->n_aces - 1].name)) {
			ig_warning(r->diags, &r->where, NULL,
				   "'%s' has more than one entry with the name '%s'", acl->name,
				   acl->aces[i].name);
			return;
		}
	}
}

/* What is wrong with it is said where it begins, and does not hide what is wrong with the next one. */
static int read_one(struct ig_mud_reader *r, const json_t *from, const char *acl,
		    struct ig_mud_ace *ace)
{
	size_t errors = r->diags->errors, first = r->diags->count;
	int err = read_ace(r, from, acl, ace);
	unsigned int line;

	if (r->diags->errors == errors)
		return err;
	line = ig_mud_line_of(r->bytes, r->size, r->n_aces - 1);
	for (size_t i = first; i < r->diags->count && line; i++) {
		r->diags->items[i].line = line;
		r->diags->items[i].column = 1;
	}
	return err;
}

static int read_aces(struct ig_mud_reader *r, const json_t *list, struct ig_mud_acl *acl)
{
	size_t n = json_array_size(list);
	int err = 0, found = 0;

	if (list && !json_is_array(list))
		return ig_mud_refuse(r, NULL, "the entries of '%s' are no list", acl->name);
	if (n > IG_MUD_ACES_MAX)
		return ig_mud_refuse(r, NULL, "'%s' has more than %d entries", acl->name,
				     IG_MUD_ACES_MAX);
	acl->aces = calloc(n ? n : 1, sizeof(*acl->aces));
	if (!acl->aces)
		return -ENOMEM;
	while (acl->n_aces < n) {
		size_t i = acl->n_aces++;

		found = read_one(r, json_array_get(list, i), acl->name, &acl->aces[i]);
		if (!found)
			warn_of_twins(r, acl);
		err = err ? err : found;
		if (found == -ENOMEM || r->n_aces > IG_MUD_ACES_MAX)
			break;
	}
	return err;
}

static int check_new(struct ig_mud_reader *r, const struct ig_mud_acl *acl)
{
	for (const struct ig_mud_acl *other = r->mud->acls; other < acl; other++) {
		if (other->name && !strcmp(other->name, acl->name))
			return ig_mud_refuse(
				r, "each access list has a name of its own",
				"there is more than one access list with the name '%s'", acl->name);
	}
	return 0;
}

static int read_acl(struct ig_mud_reader *r, const json_t *from, struct ig_mud_acl *acl)
{
	const json_t *name, *type, *entries;
	int err = ig_mud_either(r, from, ACL_MODULE, "name", "acl-name", &name);

	err = err ? err : read_name(r, name, "an access list", &acl->name);
	err = err ? err : check_new(r, acl);
	err = err ? err : ig_mud_either(r, from, ACL_MODULE, "type", "acl-type", &type);
	err = err ? err : read_type(r, type, acl);
	err = err ? err
		  : ig_mud_either(r, from, ACL_MODULE, "aces", "access-list-entries", &entries);
	if (!err && entries && !json_is_object(entries))
		return ig_mud_refuse(r, NULL, "the entries of '%s' are no object", acl->name);
	return err ? err : read_aces(r, ig_mud_member(entries, ACL_MODULE, "ace"), acl);
}

int ig_mud_read_acls(struct ig_mud_reader *r, const json_t *list)
{
	size_t n = json_array_size(list);
	int err = 0, found;

	if (n > IG_MUD_ACES_MAX)
		return ig_mud_refuse(r, NULL, "it has more than %d access lists", IG_MUD_ACES_MAX);
	r->mud->acls = calloc(n ? n : 1, sizeof(*r->mud->acls));
	if (!r->mud->acls)
		return -ENOMEM;
	while (r->mud->n_acls < n) {
		size_t i = r->mud->n_acls++;

		found = read_acl(r, json_array_get(list, i), &r->mud->acls[i]);
		err = err ? err : found;
		if (found == -ENOMEM || r->n_aces > IG_MUD_ACES_MAX)
			break;
	}
	return err;
}
