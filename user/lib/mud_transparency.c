/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the maker says of what software the device is made, and what is known of its weaknesses (RFC 9472). These are
 * addresses for people: what is no URI of printable ASCII, or has a scheme that nobody should be sent to, is left out with
 * a warning, since it changes nothing of what the device may do.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mud_internal.h"
#include "util.h"

#define MODULE "ietf-mud-transparency"

static bool has_scheme(const char *uri, const char *const *schemes)
{
	for (; *schemes; schemes++) {
		size_t n = strlen(*schemes);

		if (!strncasecmp(uri, *schemes, n) && uri[n] == ':' && uri[n + 1])
			return true;
	}
	return false;
}

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (!isgraph((unsigned char)*text))
			return false;
	}
	return true;
}

/* A string that can be shown: NULL, with a warning, if it is none. */
static const char *read_uri(struct ig_mud_reader *r, const json_t *value, const char *what)
{
	static const char *const schemes[] = {"https",	"http", "coaps", "coap",
					      "mailto", "tel",	NULL};
	const char *uri = json_string_value(value);

	if (uri && json_string_length(value) <= IG_MUD_TEXT_MAX && is_printable(uri) &&
	    has_scheme(uri, schemes))
		return uri;
	ig_warning(r->diags, &r->where, NULL, "its %s is no URI that can be shown, and is left out",
		   what);
	return NULL;
}

/* @uri NULL: nothing is to be added. */
static int add(struct ig_mud_reader *r, enum ig_mud_link_kind kind, const char *uri,
	       const char *version)
{
	struct ig_mud *mud = r->mud;
	struct ig_mud_link *link;

	if (!uri)
		return 0;
	if (mud->n_links == IG_MUD_LINKS_MAX) {
		ig_warning(
			r->diags, &r->where, NULL,
			"it has more than %d links of ietf-mud-transparency; the others are left out",
			IG_MUD_LINKS_MAX);
		return -E2BIG;
	}
	if (!mud->links)
		mud->links = calloc(IG_MUD_LINKS_MAX, sizeof(*mud->links));
	if (!mud->links)
		return -ENOMEM;
	link = &mud->links[mud->n_links++];
	*link = (struct ig_mud_link){
		.kind = kind,
		.uri = strdup(uri),
		.version = version ? strndup(version, IG_MUD_TEXT_MAX) : NULL,
	};
	return link->uri && (!version || link->version) ? 0 : -ENOMEM;
}

static int read_sboms(struct ig_mud_reader *r, const json_t *list)
{
	int err = 0;

	if (list && !json_is_array(list))
		ig_warning(r->diags, &r->where, NULL, "its sboms are no list, and are left out");
	for (size_t i = 0; i < json_array_size(list) && !err; i++) {
		const json_t *sbom = json_array_get(list, i);
		const json_t *uri = ig_mud_member(sbom, MODULE, "sbom-url");

		err = add(r, IG_MUD_SBOM, read_uri(r, uri, "sbom-url"),
			  json_string_value(ig_mud_member(sbom, MODULE, "version-info")));
	}
	return err;
}

/* A list, or one that somebody wrote without brackets. */
static int read_uris(struct ig_mud_reader *r, const json_t *value, enum ig_mud_link_kind kind,
		     const char *what)
{
	int err = 0;

	if (value && !json_is_array(value))
		return add(r, kind, read_uri(r, value, what), NULL);
	for (size_t i = 0; i < json_array_size(value) && !err; i++)
		err = add(r, kind, read_uri(r, json_array_get(value, i), what), NULL);
	return err;
}

/* The scheme of the well-known place on the device itself (RFC 9472, section 3). */
static int read_local(struct ig_mud_reader *r, const json_t *value)
{
	static const char *const schemes[] = {"http", "https", "coap", "coaps"};
	const char *word = json_string_value(value);

	if (!value)
		return 0;
	for (size_t i = 0; word && i < ARRAY_SIZE(schemes); i++) {
		if (ig_mud_is(word, MODULE, schemes[i]))
			return add(r, IG_MUD_SBOM_LOCAL, schemes[i], NULL);
	}
	ig_warning(r->diags, &r->where, NULL,
		   "its sbom-local-well-known is no scheme that there is, and is left out");
	return 0;
}

int ig_mud_read_transparency(struct ig_mud_reader *r, const json_t *value)
{
	static const struct {
		const char *name;
		enum ig_mud_link_kind kind;
	} uris[] = {
		{"sbom-contact-uri", IG_MUD_SBOM_CONTACT},
		{"sbom-archive-list", IG_MUD_SBOM_ARCHIVE},
		{"vuln-url", IG_MUD_VULN},
		{"vuln-contact-uri", IG_MUD_VULN_CONTACT},
	};
	int err;

	if (!value)
		return 0;
	if (!json_is_object(value)) {
		ig_warning(
			r->diags, &r->where, NULL,
			"what it says under ietf-mud-transparency is no object, and is left out");
		return 0;
	}
	err = read_sboms(r, ig_mud_member(value, MODULE, "sboms"));
	err = err ? err : read_local(r, ig_mud_member(value, MODULE, "sbom-local-well-known"));
	for (size_t i = 0; i < ARRAY_SIZE(uris) && !err; i++)
		err = read_uris(r, ig_mud_member(value, MODULE, uris[i].name), uris[i].kind,
				uris[i].name);
	return err == -E2BIG ? 0 : err; /* said */
}
