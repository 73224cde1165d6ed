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

#define HEADER_MAX  256		    /* bytes of the first line */
#define ENTRIES_MAX (1u << 20)	    /* of a list */
#define SLACK_S	    2		    /* ends are read from a clock that is not this one */
#define LAST_S	    253402300799ull /* no clock gets that far: the year 9999 ends */
#define CLAIM_S	    3600
#define NEW_S	    600	 /* how old may be what is saved of names */
#define LEFT_S	    3600 /* how old may be what is saved of how much a quarantine has left */

static void json_freep(json_t **json)
{
	json_decref(*json);
}

#define _json_ _cleanup_(json_freep)

static const char *const sources[] = {
	[IG_BINDING_LEASE] = "lease",
	[IG_BINDING_CLAIM] = "claim",
};

/* By what a machine is recognised. */
static const char *const keys[] = {
	[IG_MAC_IS_MAC] = "mac",
	[IG_MAC_IS_NAME] = "name_digest",
};

void ig_saved_clear(struct ig_saved *saved)
{
	ig_known_clear(&saved->addresses);
	ig_quarantined_clear(&saved->quarantined);
	ig_told_clear(&saved->told);
	*saved = (struct ig_saved){};
}

/* --- writing --- */

static void print_mac(const uint8_t mac[6], char text[18])
{
	struct ig_writer w = {.buf = text, .size = 18};

	ig_put_mac(&w, mac);
	ig_writer_end(&w);
}

static json_t *print_address(const struct ig_known_address *address)
{
	char mac[18], ip[INET6_ADDRSTRLEN];

	print_mac(address->mac, mac);
	ig_addr_print(address->addr, ip);
	return json_pack("{s:s, s:s, s:s, s:I}", "mac", mac, "address", ip, "source",
			 sources[address->source], "expires_at", (json_int_t)address->expires_at);
}

static json_t *print_addresses(const struct ig_known *known)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; i < known->count; i++) {
		const struct ig_known_address *address = &known->items[i];

		if (address->source >= ARRAY_SIZE(sources) || !sources[address->source])
			continue;
		if (json_array_append_new(list, print_address(address)))
			return NULL;
	}
	return take_ptr(list);
}

static bool has_key(const struct ig_mac *machine)
{
	return machine->pad[0] < ARRAY_SIZE(keys) && keys[machine->pad[0]];
}

static json_t *print_quarantined(const struct ig_quarantined_list *quarantined)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; i < quarantined->count; i++) {
		const struct ig_quarantined *machine = &quarantined->items[i];
		char key[18];

		if (!has_key(&machine->machine))
			continue;
		print_mac(machine->machine.addr, key);
		if (json_array_append_new(list,
					  json_pack("{s:s, s:I}", keys[machine->machine.pad[0]],
						    key, "ends_at", (json_int_t)machine->ends_at)))
			return NULL;
	}
	return take_ptr(list);
}

static json_t *print_told(const struct ig_told *told)
{
	char key[18], ip[INET6_ADDRSTRLEN];

	print_mac(told->machine.addr, key);
	ig_addr_print(told->addr, ip);
	return json_pack("{s:s, s:s, s:s, s:I}", keys[told->machine.pad[0]], key, "name",
			 told->name, "address", ip, "expires_at", (json_int_t)told->expires_at);
}

/* NULL: there is no memory. Nobody has to read an empty list. */
static json_t *with_names(json_t *root, const struct ig_told_list *told)
{
	_json_ json_t *whole = root, *list = json_array();

	for (size_t i = 0; i < told->count; i++) {
		if (has_key(&told->items[i].machine) &&
		    json_array_append_new(list, print_told(&told->items[i])))
			return NULL;
	}
	if (json_array_size(list) && json_object_set(whole, "names", list))
		return NULL;
	return take_ptr(whole);
}

static char *print_body(const struct ig_saved *saved)
{
	_json_ json_t *root = json_pack("{s:I, s:b, s:o, s:o}", "saved_at", (json_int_t)saved->at.s,
					"clock_right", saved->at.right, "bindings",
					print_addresses(&saved->addresses), "quarantined",
					print_quarantined(&saved->quarantined));

	root = with_names(take_ptr(root), &saved->told);
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

char *ig_saved_print(const struct ig_saved *saved, size_t *size)
{
	_free_ char *body = print_body(saved);
	char hex[2 * IG_SHA256_SIZE + 1], *text = NULL;
	int n;

	if (!body)
		return NULL;
	hash(body, strlen(body), hex);
	n = asprintf(&text, "{\"iotguard\":%d,\"length\":%zu,\"sha256\":\"%s\"}\n%s",
		     saved->quarantined.count ? IG_SAVED_VERSION : 1, strlen(body), hex, body);
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

	if (!text || sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2],
			    &mac[3], &mac[4], &mac[5]) != 6)
		return false;
	print_mac(mac, again);
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

	return read_mac(json_string_value(json_object_get(entry, "mac")), out->mac) && address &&
	       ig_addr_parse(address, out->addr) &&
	       read_source(json_string_value(json_object_get(entry, "source")), &out->source) &&
	       read_time(entry, "expires_at", &out->expires_at);
}

/*
 * The clock may be wrong, above all after a boot: however early it says that it is, an address has
 * no longer to live than it had when it was saved. False: it has ended.
 */
static bool end_by_this_clock(uint64_t *ends, uint64_t saved_at, uint64_t now)
{
	uint64_t most = *ends > saved_at ? *ends - saved_at : 0;
	uint64_t left = *ends > now ? *ends - now : 0;

	if (left > most)
		left = most;
	*ends = now + left;
	return left > 0;
}

static int read_addresses(const json_t *root, struct ig_time now, struct ig_saved *saved)
{
	const json_t *list = json_object_get(root, "bindings");
	int err = json_is_array(list) && json_array_size(list) <= ENTRIES_MAX ? 0 : -EINVAL;

	for (size_t i = 0; i < json_array_size(list) && !err; i++) {
		struct ig_known_address address = {};

		err = read_address(json_array_get(list, i), &address) ? 0 : -EINVAL;
		if (!err && (!address.expires_at ||
			     end_by_this_clock(&address.expires_at, saved->at.s, now.s)))
			err = ig_known_add(&saved->addresses, &address);
	}
	return err;
}

static bool read_key(const json_t *entry, struct ig_mac *machine)
{
	for (uint8_t kind = 0; kind < ARRAY_SIZE(keys); kind++) {
		const json_t *key = keys[kind] ? json_object_get(entry, keys[kind]) : NULL;

		if (!key)
			continue;
		machine->pad[0] = kind;
		return read_mac(json_string_value(key), machine->addr);
	}
	return false;
}

static bool read_machine(const json_t *entry, struct ig_quarantined *out)
{
	return read_key(entry, &out->machine) && read_time(entry, "ends_at", &out->ends_at) &&
	       out->ends_at <= LAST_S;
}

/*
 * Here the mistake to avoid is the other one: a quarantine does not end early because a clock is wrong. So its end on
 * the clock of the world counts only where that was right when it was saved, and is now; else what was left then is left
 * now. False: it has ended.
 */
static bool stays_by_this_clock(struct ig_quarantined *machine, struct ig_time saved_at,
				struct ig_time now)
{
	uint64_t ends = machine->ends_at, from = saved_at.s;

	if (!ends)
		return true;
	if (saved_at.right && now.right && now.s > from)
		from = now.s;
	if (ends <= from)
		return false;
	machine->ends_at = now.s + (ends - from);
	return true;
}

/* Older files have no such list. */
static int read_quarantined(const json_t *root, struct ig_time now, struct ig_saved *saved)
{
	const json_t *list = json_object_get(root, "quarantined");
	int err = !list || (json_is_array(list) && json_array_size(list) <= ENTRIES_MAX) ? 0
											 : -EINVAL;

	for (size_t i = 0; i < json_array_size(list) && !err; i++) {
		struct ig_quarantined machine = {};

		err = read_machine(json_array_get(list, i), &machine) ? 0 : -EINVAL;
		if (!err && stays_by_this_clock(&machine, saved->at, now))
			err = ig_quarantined_add(&saved->quarantined, &machine);
	}
	return err;
}

static bool read_told(const json_t *entry, struct ig_told *out)
{
	const char *name = json_string_value(json_object_get(entry, "name"));
	const char *address = json_string_value(json_object_get(entry, "address"));

	if (!read_key(entry, &out->machine) || !name || !ig_told_is_name(name) || !address ||
	    !ig_addr_parse(address, out->addr) ||
	    !read_time(entry, "expires_at", &out->expires_at) || out->expires_at > LAST_S)
		return false;
	memcpy(out->name, name, strlen(name) + 1);
	return true;
}

/* Older files have none. */
static int read_names(const json_t *root, struct ig_time now, struct ig_saved *saved)
{
	const json_t *list = json_object_get(root, "names");
	int err = !list || (json_is_array(list) && json_array_size(list) <= IG_TOLD_MAX) ? 0
											 : -EINVAL;

	for (size_t i = 0; i < json_array_size(list) && !err; i++) {
		struct ig_told told = {};

		err = read_told(json_array_get(list, i), &told) ? 0 : -EINVAL;
		if (!err && end_by_this_clock(&told.expires_at, saved->at.s, now.s))
			err = ig_told_add(&saved->told, &told);
	}
	ig_told_sort(&saved->told);
	return err;
}

static int read_body(const char *body, size_t size, struct ig_time now, struct ig_saved *saved,
		     const char **why)
{
	_json_ json_t *root = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
	int err = read_time(root, "saved_at", &saved->at.s) ? 0 : -EINVAL;

	*why = "it has another form than it says";
	saved->at.right = json_is_true(json_object_get(root, "clock_right"));
	err = err ?: read_addresses(root, now, saved);
	err = err ?: read_quarantined(root, now, saved);
	err = err ?: read_names(root, now, saved);
	if (err)
		ig_saved_clear(saved);
	return err;
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

int ig_saved_parse(const char *text, size_t size, struct ig_time now, struct ig_saved *saved,
		   const char **why)
{
	const char *end = memchr(text, '\n', size < HEADER_MAX ? size : HEADER_MAX);
	size_t length;
	int err;

	*saved = (struct ig_saved){};
	*why = "its first line is not iotguard's";
	if (!end)
		return -EINVAL;
	length = size - (size_t)(end + 1 - text);
	err = read_header(text, (size_t)(end - text), end + 1, length, why);
	return err ?: read_body(end + 1, length, now, saved, why);
}

/* --- comparing --- */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static bool is_same(const struct ig_known_address *a, const struct ig_known_address *b, bool exact)
{
	uint64_t slack = !exact && a->source == IG_BINDING_CLAIM ? CLAIM_S : SLACK_S;

	if (memcmp(a->mac, b->mac, sizeof(a->mac)) || memcmp(a->addr, b->addr, sizeof(a->addr)) ||
	    a->source != b->source || !a->expires_at != !b->expires_at)
		return false;
	return distance(a->expires_at, b->expires_at) <=
	       (a->expires_at > b->expires_at ? SLACK_S : slack);
}

static bool addresses_differ(const struct ig_known *before, const struct ig_known *after,
			     bool exact)
{
	if (before->count != after->count)
		return true;
	for (size_t i = 0; i < before->count; i++) {
		if (!is_same(&before->items[i], &after->items[i], exact))
			return true;
	}
	return false;
}

static bool machines_differ(const struct ig_quarantined *a, const struct ig_quarantined *b)
{
	return memcmp(&a->machine, &b->machine, sizeof(a->machine)) || !a->ends_at != !b->ends_at ||
	       distance(a->ends_at, b->ends_at) > SLACK_S;
}

/* What is left is to be known at a boot whose clock is not right, and that the clock is by now. */
static bool time_differs(struct ig_time before, struct ig_time after, bool exact)
{
	return (after.right && !before.right) ||
	       distance(after.s, before.s) > (exact ? SLACK_S : LEFT_S);
}

static bool quarantines_differ(const struct ig_saved *before, const struct ig_saved *after,
			       bool exact)
{
	bool has_end = false;

	if (before->quarantined.count != after->quarantined.count)
		return true;
	for (size_t i = 0; i < before->quarantined.count; i++) {
		if (machines_differ(&before->quarantined.items[i], &after->quarantined.items[i]))
			return true;
		has_end = has_end || after->quarantined.items[i].ends_at;
	}
	return has_end && time_differs(before->at, after->at, exact);
}

/* One that is new, or that ends at another time. Those that went end by themselves, and are no reason to write. */
static bool names_differ(const struct ig_saved *before, const struct ig_saved *after, bool exact)
{
	const struct ig_told_list *old = &before->told, *new = &after->told;
	bool renew = exact || distance(before->at.s, after->at.s) > NEW_S;
	uint64_t slack = exact ? SLACK_S : CLAIM_S;
	size_t at = 0;

	if (exact && old->count != new->count)
		return true;
	for (size_t i = 0; i < new->count; i++) {
		while (at < old->count && ig_told_compare(&old->items[at], &new->items[i]) < 0)
			at++;
		if (at == old->count || ig_told_compare(&old->items[at], &new->items[i])) {
			if (renew)
				return true;
		} else if (distance(old->items[at].expires_at, new->items[i].expires_at) > slack) {
			return true;
		}
	}
	return false;
}

bool ig_saved_differs(const struct ig_saved *before, const struct ig_saved *after, bool exact)
{
	return addresses_differ(&before->addresses, &after->addresses, exact) ||
	       quarantines_differ(before, after, exact) || names_differ(before, after, exact);
}
