/* SPDX-License-Identifier: BSD-2-Clause */
/* MUD URLs in one spelling; what is known of a cached file comes back as it was; and what may be read of the cache. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mud.h"
#include "mud_cache.h"
#include "mud_url.h"
#include "util.h"

#define URL  "https://things.example/plug.json"
#define NOW  1795343465ull /* 2026-11-22 */
#define HOUR 3600

/* Members that are owned elsewhere; nothing here frees them. */
#define TEXT(text) ((char *)(text))

/* --- URLs --- */

static void test_one_spelling(void **state)
{
	static const struct {
		const char *from, *to;
	} urls[] = {
		{"https://a.example/x", "https://a.example/x"},
		{"HTTPS://A.Example:443/X?Y=Z#f", "https://a.example/X?Y=Z"},
		{"https://a.example:8443", "https://a.example:8443/"},
		{"https://a.example:", "https://a.example/"},
		{"https://a.example?q", "https://a.example/?q"},
		{"https://a.example/b/../c/./d", "https://a.example/c/d"},
		{"https://a.example/../../c", "https://a.example/c"},
		{"https://a.example/b/..", "https://a.example/"},
		{"https://a.example/b/.", "https://a.example/b/"},
		{"https://a.example/b//c", "https://a.example/b//c"},
		{"https://a.example/...", "https://a.example/..."},
		{"https://a.example/%2f%aB", "https://a.example/%2F%AB"},
		{"https://a.example/?a=../b", "https://a.example/?a=../b"},
		{"https://[2001:DB8::1]:443/x", "https://[2001:db8::1]/x"},
	};
	char out[IG_MUD_URL_MAX], again[IG_MUD_URL_MAX];
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		assert_int_equal(ig_mud_url_canonical(urls[i].from, out, &why), 0);
		assert_string_equal(out, urls[i].to);
		assert_int_equal(ig_mud_url_canonical(out, again, &why), 0);
		assert_string_equal(again, out);
	}
}

static void test_no_such_url(void **state)
{
	static const struct {
		const char *url, *why;
	} urls[] = {
		{"", "https://"},
		{"http://a.example/x", "https://"},
		{"ftp://a.example/x", "https://"},
		{"file:///etc/passwd", "https://"},
		{"https:/a.example/x", "https://"},
		{"https:///x", "no host"},
		{"https://:443/x", "no host"},
		{"https://a%2eexample/x", "no host"},
		{"https://a.example,b/x", "no host"},
		{"https://me@a.example/x", "a user"},
		{"https://me:secret@a.example/x", "a user"},
		{"https://a.example/a b", "a byte"},
		{"https://a.example/a\nb", "a byte"},
		{"https://a.example/\xc3\xa9", "a byte"},
		{"https://a.example\\@b.example/", "a byte"},
		{"https://a.example/%", "a %"},
		{"https://a.example/%2", "a %"},
		{"https://a.example/%zz", "a %"},
	};
	char out[IG_MUD_URL_MAX], longer[IG_MUD_URL_MAX + 2];
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		assert_int_equal(ig_mud_url_canonical(urls[i].url, out, &why), -EINVAL);
		assert_non_null(strstr(why, urls[i].why));
		assert_string_equal(out, "");
	}
	/* Of every length around the most that there may be: whole, or refused. */
	for (size_t n = IG_MUD_URL_MAX - 8; n < sizeof(longer); n++) {
		memset(longer, 'a', n);
		memcpy(longer, "https://a/", 10);
		longer[n] = '\0';
		assert_int_equal(ig_mud_url_canonical(longer, out, &why),
				 n < IG_MUD_URL_MAX - 1 ? 0 : -EINVAL);
	}
}

static void test_relative(void **state)
{
	static const struct {
		const char *reference, *to;
	} references[] = {
		{"plug.p7s", "https://a.example/b/plug.p7s"},
		{"./plug.p7s", "https://a.example/b/plug.p7s"},
		{"../plug.p7s", "https://a.example/plug.p7s"},
		{"../../../plug.p7s", "https://a.example/plug.p7s"},
		{"/s/plug.p7s", "https://a.example/s/plug.p7s"},
		{"//c.example/plug.p7s", "https://c.example/plug.p7s"},
		{"https://C.example/plug.p7s", "https://c.example/plug.p7s"},
		{"?s", "https://a.example/b/plug?s"},
		{"", "https://a.example/b/plug?v=/1"},
		{"#x", "https://a.example/b/plug?v=/1"},
		{"a:b", NULL},
		{"http://a.example/plug.p7s", NULL},
		{"file:///etc/passwd", NULL},
		{"//me@c.example/x", NULL},
		{"plug p7s", NULL},
	};
	char out[IG_MUD_URL_MAX], longer[4 * IG_MUD_URL_MAX];
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		int err = ig_mud_url_resolve("https://a.example/b/plug?v=/1",
					     references[i].reference, out, &why);

		assert_int_equal(err, references[i].to ? 0 : -EINVAL);
		assert_string_equal(out, references[i].to ? references[i].to : "");
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ig_mud_url_resolve(URL, longer, out, &why), -EINVAL);
}

/* --- what is known of a file --- */

static void hash_of(const char *text, char hex[IG_MUD_HEX])
{
	uint8_t digest[IG_SHA256_SIZE];
	struct ig_sha256 sha;

	ig_sha256_init(&sha);
	ig_sha256_update(&sha, text, strlen(text));
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, hex);
}

static struct ig_mud_entry full_entry(void)
{
	struct ig_mud_entry entry = {
		.url = TEXT(URL),
		.size = 3,
		.fetched_at = NOW,
		.checked_at = NOW + 1,
		.cache_hours = 48,
		.etag = TEXT("\"one\""),
		.last_modified = TEXT("Sat, 22 Nov 2025 10:00:00 GMT"),
		.signature_url = TEXT("https://things.example/plug.p7s"),
		.signer = {.subject = TEXT("CN=maker"),
			   .issuer = TEXT("CN=makers"),
			   .not_after = NOW + 2},
		.accepted_unsigned = {.at = NOW, .by = TEXT("alice"), .why = TEXT("a \"reason\"")},
		.accepted_expired = {.at = NOW,
				     .by = TEXT("alice"),
				     .why = TEXT("x"),
				     .until = NOW + 3},
		.accepted_signer = {.at = NOW, .by = TEXT("alice"), .why = TEXT("y")},
		.error_at = NOW + 4,
		.error = TEXT("it\\went\twrong"),
	};

	hash_of("new", entry.sha256);
	hash_of("old", entry.previous);
	hash_of("signer", entry.signer.sha256);
	hash_of("signer", entry.accepted_expired.sha256);
	return entry;
}

static void test_entry_comes_back(void **state)
{
	struct ig_mud_entry entry = full_entry(), back;
	char *text = ig_mud_entry_print(&entry);
	const char *why = NULL;
	char *again;

	(void)state;
	assert_non_null(text);
	assert_int_equal(ig_mud_entry_parse(text, strlen(text), &back, &why), 0);
	assert_string_equal(back.url, URL);
	assert_string_equal(back.sha256, entry.sha256);
	assert_string_equal(back.previous, entry.previous);
	assert_string_equal(back.signer.subject, "CN=maker");
	assert_string_equal(back.accepted_unsigned.why, "a \"reason\"");
	assert_int_equal(back.accepted_expired.until, NOW + 3);
	assert_string_equal(back.error, "it\\went\twrong");
	again = ig_mud_entry_print(&back);
	assert_string_equal(again, text);
	free(again);
	free(text);
	ig_mud_entry_clear(&back);
	ig_mud_entry_clear(&back);
}

static void test_entry_of_little(void **state)
{
	struct ig_mud_entry entry = {.url = TEXT(URL), .cache_hours = 1}, back;
	const char *why = NULL;
	char *text;

	(void)state;
	hash_of("new", entry.sha256);
	text = ig_mud_entry_print(&entry);
	assert_int_equal(ig_mud_entry_parse(text, strlen(text), &back, &why), 0);
	assert_null(back.signer.subject);
	assert_null(back.error);
	assert_string_equal(back.previous, "");
	assert_int_equal(back.accepted_unsigned.at, 0);
	free(text);
	ig_mud_entry_clear(&back);
}

/* Wherever the text is cut off or one of its bytes is another, it is refused or whole, and nothing worse. */
static void test_entry_spoilt(void **state)
{
	struct ig_mud_entry entry = full_entry(), back;
	char *text = ig_mud_entry_print(&entry);
	size_t n = strlen(text);
	const char *why;

	(void)state;
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(ig_mud_entry_parse(text, cut, &back, &why), -EINVAL);
	for (size_t at = 0; at < n; at++) {
		char was = text[at];
		int err;

		text[at] = '7';
		err = ig_mud_entry_parse(text, n, &back, &why);
		assert_true(!err || err == -EINVAL);
		ig_mud_entry_clear(&back);
		text[at] = was;
	}
	free(text);
}

static void test_entry_refused(void **state)
{
	static const char *const texts[] = {
		"[]",
		"{}",
		"{\"iotguard_mud\": 2}",
		"{\"iotguard_mud\": 1, \"url\": \"" URL "\", \"cache_hours\": 48}",
		"{\"iotguard_mud\": 1, \"url\": \"" URL
		"\", \"sha256\": \"x\", \"cache_hours\": 48}",
		"{\"iotguard_mud\": 1, \"url\": \"" URL "\", \"cache_hours\": 169}",
		"{\"iotguard_mud\": 1, \"url\": 5, \"cache_hours\": 48}",
	};
	struct ig_mud_entry back;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *why = NULL;

		assert_int_equal(ig_mud_entry_parse(texts[i], strlen(texts[i]), &back, &why),
				 -EINVAL);
		assert_non_null(why);
		assert_null(back.url);
	}
}

static void test_due(void **state)
{
	struct ig_mud_entry entry = {.checked_at = NOW, .cache_hours = 2};

	(void)state;
	assert_false(ig_mud_entry_is_due(&entry, NOW));
	assert_false(ig_mud_entry_is_due(&entry, NOW + 2 * HOUR - 1));
	assert_true(ig_mud_entry_is_due(&entry, NOW + 2 * HOUR));
	assert_true(ig_mud_entry_is_due(&entry, NOW - 1));
}

/* --- the cache --- */

struct room {
	struct ig_diags diags;
	char dir[64], path[PATH_MAX];
};

static void put(const struct room *room, enum ig_mud_cached which, const char *text)
{
	char path[PATH_MAX];
	int fd;

	assert_int_equal(ig_mud_cache_path(room->dir, URL, which, path, sizeof(path)), 0);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void put_meta(const struct room *room)
{
	struct ig_mud_entry entry = full_entry();
	char *text = ig_mud_entry_print(&entry);

	put(room, IG_MUD_META, text);
	free(text);
}

static int set_up(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	strcpy(room->dir, "/tmp/iotguard-mud.XXXXXX");
	if (!mkdtemp(room->dir))
		return -1;
	put_meta(room);
	put(room, IG_MUD_CURRENT, "new");
	put(room, IG_MUD_PREVIOUS, "old");
	put(room, IG_MUD_SIGNATURE, "signature");
	ig_mud_cache_path(room->dir, URL, IG_MUD_CURRENT, room->path, sizeof(room->path));
	*state = room;
	return 0;
}

static int tear_down(void **state)
{
	struct room *room = *state;
	DIR *dir = opendir(room->dir);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
	rmdir(room->dir);
	ig_diags_clear(&room->diags);
	free(room);
	return 0;
}

static int get(struct room *room, enum ig_mud_cached which, const char *expected)
{
	char *bytes = NULL;
	size_t size = 0;
	int err;

	ig_diags_clear(&room->diags);
	err = ig_mud_cache_read(&room->diags, room->dir, URL, which, &bytes, &size);
	if (!err) {
		assert_int_equal(size, strlen(expected));
		assert_string_equal(bytes, expected);
	} else {
		assert_null(bytes);
	}
	free(bytes);
	return err;
}

/* It is not used, and the reason has these words. */
static void assert_refused(struct room *room, const char *words)
{
	char path[PATH_MAX];

	assert_int_equal(get(room, IG_MUD_CURRENT, ""), -EPERM);
	assert_int_equal(room->diags.errors, 1);
	assert_non_null(strstr(room->diags.items[0].message, words));
	assert_int_equal(ig_mud_cache_find(room->dir, URL, path, sizeof(path)), -EPERM);
}

static void test_what_is_there(void **state)
{
	struct room *room = *state;
	struct ig_mud_entry entry;
	char path[PATH_MAX];

	assert_int_equal(get(room, IG_MUD_CURRENT, "new"), 0);
	assert_int_equal(get(room, IG_MUD_PREVIOUS, "old"), 0);
	assert_int_equal(get(room, IG_MUD_SIGNATURE, "signature"), 0);
	assert_int_equal(ig_mud_cache_entry(&room->diags, room->dir, URL, &entry), 0);
	assert_string_equal(entry.url, URL);
	ig_mud_entry_clear(&entry);
	assert_int_equal(ig_mud_cache_find(room->dir, "HTTPS://Things.example/./plug.json", path,
					   sizeof(path)),
			 0);
	assert_string_equal(path, room->path);
}

static void test_what_is_not(void **state)
{
	struct room *room = *state;
	struct ig_mud_entry entry;
	char path[PATH_MAX], *bytes = NULL;
	size_t size;

	assert_int_equal(ig_mud_cache_find(room->dir, URL "2", path, sizeof(path)), -ENOENT);
	assert_int_equal(ig_mud_cache_find("/nowhere", URL, path, sizeof(path)), -ENOENT);
	assert_int_equal(ig_mud_cache_find(room->dir, "http://a/", path, sizeof(path)), -EINVAL);
	assert_int_equal(ig_mud_cache_find(room->dir, URL, path, 10), -ENAMETOOLONG);
	assert_int_equal(
		ig_mud_cache_read(&room->diags, room->dir, URL "2", IG_MUD_CURRENT, &bytes, &size),
		-ENOENT);
	assert_int_equal(ig_mud_cache_entry(&room->diags, "/nowhere", URL, &entry), -ENOENT);
	assert_int_equal(room->diags.count, 0);
	assert_int_equal(ig_mud_cache_entry(&room->diags, room->dir, "x", &entry), -EINVAL);
	assert_int_equal(room->diags.errors, 1);
}

/* A writer that was killed in between has left the file before, which is known. */
static void test_killed_writer(void **state)
{
	struct room *room = *state;

	put(room, IG_MUD_CURRENT, "old");
	assert_int_equal(get(room, IG_MUD_CURRENT, "old"), 0);
}

static void test_other_bytes(void **state)
{
	struct room *room = *state;

	put(room, IG_MUD_CURRENT, "New");
	assert_int_equal(get(room, IG_MUD_CURRENT, ""), -EPERM);
	assert_non_null(strstr(room->diags.items[0].message, "not what was verified"));
}

static void test_nothing_known(void **state)
{
	struct room *room = *state;
	char path[PATH_MAX];

	ig_mud_cache_path(room->dir, URL, IG_MUD_META, path, sizeof(path));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(get(room, IG_MUD_CURRENT, ""), -EPERM);
	assert_non_null(strstr(room->diags.items[0].message, "nothing is known"));
}

static void test_link(void **state)
{
	struct room *room = *state;

	unlink(room->path);
	assert_int_equal(symlink("/etc/passwd", room->path), 0);
	assert_refused(room, "a link");
}

static void test_no_file(void **state)
{
	struct room *room = *state;

	unlink(room->path);
	assert_int_equal(mkdir(room->path, 0700), 0);
	assert_refused(room, "no regular file");
	rmdir(room->path);
	assert_int_equal(mkfifo(room->path, 0600), 0);
	assert_refused(room, "no regular file"); /* and nobody waits */
}

static void test_too_large(void **state)
{
	struct room *room = *state;

	assert_int_equal(truncate(room->path, IG_MUD_BYTES_MAX + 1), 0);
	assert_refused(room, "too large");
}

static void test_others_may_write(void **state)
{
	struct room *room = *state;

	assert_int_equal(chmod(room->path, 0666), 0);
	assert_refused(room, "others may write");
	assert_int_equal(chmod(room->path, 0660), 0);
	assert_refused(room, "others may write");
}

static void test_of_another(void **state)
{
	struct room *room = *state;

	if (geteuid()) {
		print_message("who is not root gives no file away\n");
		skip();
	}
	assert_int_equal(chown(room->path, 65534, 65534), 0);
	assert_refused(room, "belongs neither to root nor");
	/* The directory's owner may write it, and root what is of everybody. */
	assert_int_equal(chown(room->dir, 65534, 65534), 0);
	assert_int_equal(get(room, IG_MUD_CURRENT, "new"), 0);
}

static void test_meta_of_another_url(void **state)
{
	struct room *room = *state;
	struct ig_mud_entry entry = full_entry(), back;
	char *text;

	entry.url = TEXT("https://things.example/lamp.json");
	text = ig_mud_entry_print(&entry);
	put(room, IG_MUD_META, text);
	free(text);
	assert_int_equal(ig_mud_cache_entry(&room->diags, room->dir, URL, &back), -EPERM);
	assert_null(back.url);
	assert_non_null(strstr(room->diags.items[0].message, "another URL"));
}

static void test_list(void **state)
{
	struct room *room = *state;
	struct ig_mud_entries entries;
	char path[PATH_MAX];

	assert_int_equal(ig_mud_cache_list(&room->diags, room->dir, &entries), 0);
	assert_int_equal(entries.n, 1);
	assert_string_equal(entries.items[0].url, URL);
	ig_mud_entries_clear(&entries);
	assert_int_equal(ig_mud_cache_list(&room->diags, "/nowhere", &entries), 0);
	assert_int_equal(entries.n, 0);
	ig_mud_cache_path(room->dir, URL, IG_MUD_META, path, sizeof(path));
	assert_int_equal(truncate(path, 5), 0);
	assert_int_equal(ig_mud_cache_list(&room->diags, room->dir, &entries), 0);
	assert_int_equal(entries.n, 0);
	assert_int_equal(room->diags.count, 1);
	assert_int_equal(room->diags.errors, 0);
	ig_mud_entries_clear(&entries);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_spelling),
		cmocka_unit_test(test_no_such_url),
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_entry_comes_back),
		cmocka_unit_test(test_entry_of_little),
		cmocka_unit_test(test_entry_spoilt),
		cmocka_unit_test(test_entry_refused),
		cmocka_unit_test(test_due),
		IN_ROOM(test_what_is_there),
		IN_ROOM(test_what_is_not),
		IN_ROOM(test_killed_writer),
		IN_ROOM(test_other_bytes),
		IN_ROOM(test_nothing_known),
		IN_ROOM(test_link),
		IN_ROOM(test_no_file),
		IN_ROOM(test_too_large),
		IN_ROOM(test_others_may_write),
		IN_ROOM(test_of_another),
		IN_ROOM(test_meta_of_another_url),
		IN_ROOM(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
