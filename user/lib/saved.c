/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <jansson.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "address.h"
#include "saved.h"
#include "sha256.h"
#include "util.h"
#include "writer.h"

#define HEADER_MAX   256	/* bytes of the first line */
#define BINDINGS_MAX (1u << 20) /* in one file */
#define SLACK_S	     2		/* ends are read from a clock that is not this one */
#define CLAIM_S	     3600

static void json_freep(json_t **json)
{
	json_decref(*json);
}

#define _json_ _cleanup_(json_freep)

static const char *const sources[] = {
	[IG_BINDING_LEASE] = "lease",
	[IG_BINDING_CLAIM] = "claim",
};

/* --- writing --- */

static json_t *print_address(const struct ig_known_address *address)
{
	char mac[18], ip[INET6_ADDRSTRLEN];
	struct ig_writer w = {.buf = mac, .size = sizeof(mac)};

	ig_put_mac(&w, address->mac);
	ig_writer_end(&w);
	ig_addr_print(address->addr, ip);
	return json_pack("{s:s, s:s, s:s, s:I}", "mac", mac, "address", ip, "source",
			 sources[address->source], "expires_at", (json_int_t)address->expires_at);
}

static char *print_body(const struct ig_known *known, uint64_t now)
{
	_json_ json_t *list = json_array(), *root = NULL;

	for (size_t i = 0; i < known->count; i++) {
		const struct ig_known_address *address = &known->items[i];

		if (address->source >= ARRAY_SIZE(sources) || !sources[address->source])
			continue;
		if (json_array_append_new(list, print_address(address)))
			return NULL;
	}
	root = json_pack("{s:I, s:O}", "saved_at", (json_int_t)now, "bindings", list);
	return root ? json_dumps(root, JSON_COMPACT) : NULL;
}

static void hash(const char *body, size_t size, char hex[2 * IG_SHA256_SIZE + 1])
{
	uint8_t digest[IG_SHA256_SIZE];
	struct ig_sha256 sha;

	ig_sha256_init(&sha);
	ig_sha256_update(&sha, body, size);
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, hex);
}

char *ig_saved_print(const struct ig_known *known, uint64_t now, size_t *size)
{
	_free_ char *body = print_body(known, now);
	char hex[2 * IG_SHA256_SIZE + 1], *text = NULL;
	int n;

	if (!body)
		return NULL;
	hash(body, strlen(body), hex);
	n = asprintf(&text, "{\"iotguard\":%d,\"length\":%zu,\"sha256\":\"%s\"}\n%s",
		     IG_SAVED_VERSION, strlen(body), hex, body);
	if (n < 0)
		return NULL;
	*size = (size_t)n;
	return text;
}

/* --- reading --- */

/* Whole seconds since the epoch; false: no such number. */
static bool read_time(const json_t *object, const char *key, uint64_t *out)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_mac(const char *text, uint8_t mac[6])
{
	char again[18];
	struct ig_writer w = {.buf = again, .size = sizeof(again)};

	if (!text || sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2],
			    &mac[3], &mac[4], &mac[5]) != 6)
		return false;
	ig_put_mac(&w, mac);
	ig_writer_end(&w);
	return !strcmp(text, again);
}

static bool read_source(const char *text, uint8_t *source)
{
	for (*source = 0; text && *source < ARRAY_SIZE(sources); ++*source) {
		if (sources[*source] && !strcmp(sources[*source], text))
			return true;
	}
	return false;
}

static bool read_address(const json_t *entry, struct ig_known_address *out)
{
	const char *address = json_string_value(json_object_get(entry, "address"));

	return read_mac(json_string_value(json_object_get(entry, "mac")), out->mac) &&
	       address && ig_addr_parse(address, out->addr) &&
	       read_source(json_string_value(json_object_get(entry, "source")), &out->source) &&
	       read_time(entry, "expires_at", &out->expires_at);
}

/*
 * The clock may be wrong, above all after a boot: however early it says that it is, an address has
 * no longer to live than it had when it was saved. False: it has ended.
 */
static bool end_by_this_clock(struct ig_known_address *address, uint64_t saved_at, uint64_t now)
{
	uint64_t ends = address->expires_at, left, most;

	if (!ends)
		return true;
	most = ends > saved_at ? ends - saved_at : 0;
	left = ends > now ? ends - now : 0;
	if (left > most)
		left = most;
	address->expires_at = now + left;
	return left > 0;
}

static int read_body(const char *body, size_t size, uint64_t now, struct ig_known *known,
		     const char **why)
{
	_json_ json_t *root = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(root, "bindings");
	size_t before = known->count;
	uint64_t saved_at = 0;

	*why = "it has another form than it says";
	if (!json_is_array(list) || json_array_size(list) > BINDINGS_MAX ||
	    !read_time(root, "saved_at", &saved_at))
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct ig_known_address address = {};
		int err = read_address(json_array_get(list, i), &address) ? 0 : -EINVAL;

		if (!err && end_by_this_clock(&address, saved_at, now))
			err = ig_known_add(known, &address);
		if (err) {
			known->count = before;
			return err;
		}
	}
	return 0;
}

static int read_header(const char *line, size_t size, const char *body, size_t length,
		       const char **why)
{
	_json_ json_t *header = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
	const char *digest = json_string_value(json_object_get(header, "sha256"));
	uint64_t version = 0, said = 0;
	char hex[2 * IG_SHA256_SIZE + 1];

	*why = "its first line is not iotguard's";
	if (!read_time(header, "iotguard", &version) || !version)
		return -EINVAL;
	*why = "it was saved by a newer version";
	if (version > IG_SAVED_VERSION)
		return -EINVAL;
	*why = "its first line is not iotguard's";
	if (!digest || !read_time(header, "length", &said))
		return -EINVAL;
	*why = "it is not as long as it says";
	if (said != length)
		return -EINVAL;
	hash(body, length, hex);
	*why = "it was changed since it was saved, or the disk lost something of it";
	return strcmp(digest, hex) ? -EINVAL : 0;
}

int ig_saved_parse(const char *text, size_t size, uint64_t now, struct ig_known *known,
		   const char **why)
{
	const char *end = memchr(text, '\n', size < HEADER_MAX ? size : HEADER_MAX);
	size_t length;
	int err;

	*why = "its first line is not iotguard's";
	if (!end)
		return -EINVAL;
	length = size - (size_t)(end + 1 - text);
	err = read_header(text, (size_t)(end - text), end + 1, length, why);
	return err ?: read_body(end + 1, length, now, known, why);
}

/* --- comparing --- */

static bool is_same(const struct ig_known_address *a, const struct ig_known_address *b, bool exact)
{
	uint64_t slack = !exact && a->source == IG_BINDING_CLAIM ? CLAIM_S : SLACK_S;

	if (memcmp(a->mac, b->mac, sizeof(a->mac)) || memcmp(a->addr, b->addr, sizeof(a->addr)) ||
	    a->source != b->source || !a->expires_at != !b->expires_at)
		return false;
	return a->expires_at > b->expires_at ? a->expires_at - b->expires_at <= SLACK_S
					     : b->expires_at - a->expires_at <= slack;
}

bool ig_saved_differs(const struct ig_known *before, const struct ig_known *after, bool exact)
{
	if (before->count != after->count)
		return true;
	for (size_t i = 0; i < before->count; i++) {
		if (!is_same(&before->items[i], &after->items[i], exact))
			return true;
	}
	return false;
}
