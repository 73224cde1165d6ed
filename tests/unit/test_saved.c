/* SPDX-License-Identifier: BSD-2-Clause */
/* What was saved comes back as it was, or not at all; and nothing that goes wrong takes the old file away. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <dirent.h>
#include <linux/types.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"
#include "saved.h"

#define NOW 1795343465ull /* 2026-11-22 */

struct room {
	struct ig_diags diags;
	char dir[64], path[128];
};

static int set_up(void **state)
{
	struct room *room = calloc(1, sizeof(*room));

	strcpy(room->dir, "/tmp/iotguard-saved.XXXXXX");
	if (!mkdtemp(room->dir))
		return -1;
	snprintf(room->path, sizeof(room->path), "%s/" IG_SAVED_NAME, room->dir);
	*state = room;
	return 0;
}

static void empty(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	if (dir)
		closedir(dir);
}

static int tear_down(void **state)
{
	struct room *room = *state;

	empty(room->dir);
	rmdir(room->dir);
	ig_diags_clear(&room->diags);
	free(room);
	return 0;
}

static struct ig_known_address address(uint8_t last, uint8_t source, uint64_t expires_at)
{
	struct ig_known_address known = {
		.mac = {2, 0, 0x5e, 0x10, 0, last},
		.addr = {[10] = 0xff, [11] = 0xff, 10, 30, 0, last},
		.source = source,
		.expires_at = expires_at,
	};

	if (source == IG_BINDING_CLAIM)
		memcpy(known.addr, (uint8_t[16]){0xfe, 0x80, [15] = last}, 16);
	return known;
}

static struct ig_time right(uint64_t s)
{
	return (struct ig_time){.s = s, .right = true};
}

static void fill(struct ig_known *known)
{
	struct ig_known_address items[] = {
		address(0x11, IG_BINDING_LEASE, NOW + 3600),
		address(0x12, IG_BINDING_CLAIM, NOW + 86400),
		address(0x13, IG_BINDING_LEASE, 0),
	};

	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++)
		assert_int_equal(ig_known_add(known, &items[i]), 0);
}

static void save_three(struct room *room)
{
	struct ig_saved saved = {.at = right(NOW)};

	fill(&saved.addresses);
	assert_int_equal(ig_saved_write(&room->diags, room->dir, &saved), 0);
	ig_saved_clear(&saved);
}

static void assert_three(const struct ig_known *known)
{
	struct ig_known wanted = {};

	fill(&wanted);
	assert_int_equal(known->count, wanted.count);
	for (size_t i = 0; i < wanted.count; i++) {
		assert_memory_equal(known->items[i].mac, wanted.items[i].mac, 6);
		assert_memory_equal(known->items[i].addr, wanted.items[i].addr, 16);
		assert_int_equal(known->items[i].source, wanted.items[i].source);
	}
	ig_known_clear(&wanted);
}

static void read_saved(struct room *room, struct ig_time now, struct ig_saved *saved)
{
	assert_int_equal(ig_saved_read(&room->diags, room->dir, now, saved), 0);
}

/* The addresses. */
static size_t read_at(struct room *room, uint64_t now, struct ig_known *known)
{
	struct ig_saved saved;

	read_saved(room, right(now), &saved);
	assert_int_equal(saved.quarantined.count, 0);
	*known = saved.addresses;
	return known->count;
}

static size_t files_aside(const struct room *room)
{
	DIR *dir = opendir(room->dir);
	const struct dirent *entry;
	size_t n = 0;

	while ((entry = readdir(dir)))
		n += strstr(entry->d_name, ".bad-") != NULL;
	closedir(dir);
	return n;
}

static size_t read_text(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(text, 1, size - 1, file) : 0;

	assert_non_null(file);
	fclose(file);
	text[n] = '\0';
	return n;
}

static void write_text(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* ----------------------------------------------------------------------------------------- whole */

static void test_what_was_saved_comes_back(void **state)
{
	struct room *room = *state;
	struct ig_known known;
	struct stat st;

	save_three(room);
	assert_int_equal(read_at(room, NOW, &known), 3);
	assert_three(&known);
	assert_int_equal(known.items[0].expires_at, NOW + 3600);
	assert_int_equal(known.items[1].expires_at, NOW + 86400);
	assert_int_equal(known.items[2].expires_at, 0);
	ig_known_clear(&known);
	assert_int_equal(stat(room->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(room->diags.count, 0);
}

static void test_nothing_saved_is_no_error(void **state)
{
	struct room *room = *state;
	struct ig_known known;

	assert_int_equal(read_at(room, NOW, &known), 0);
	rmdir(room->dir);
	assert_int_equal(read_at(room, NOW, &known), 0);
	assert_int_equal(room->diags.count, 0);
}

static void test_it_takes_the_place_of_the_one_before(void **state)
{
	struct room *room = *state;
	struct ig_saved none = {.at = right(NOW)};
	struct ig_known known;

	save_three(room);
	assert_int_equal(ig_saved_write(&room->diags, room->dir, &none), 0);
	assert_int_equal(read_at(room, NOW, &known), 0);
	save_three(room);
	assert_int_equal(read_at(room, NOW, &known), 3);
	ig_known_clear(&known);
}

/* What somebody who was killed had begun to write. */
static void test_a_beginning_is_in_nobodys_way(void **state)
{
	struct room *room = *state;
	struct ig_known known;
	char path[160];

	snprintf(path, sizeof(path), "%s.new", room->path);
	write_text(path, "{\"iotg", 6);
	assert_int_equal(read_at(room, NOW, &known), 0);
	save_three(room);
	assert_int_equal(read_at(room, NOW, &known), 3);
	ig_known_clear(&known);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* ----------------------------------------------------------------------------------------- clock */

static void test_ends_go_by_the_clock(void **state)
{
	struct room *room = *state;
	struct ig_known known;

	save_three(room);
	assert_int_equal(read_at(room, NOW + 600, &known), 3);
	assert_int_equal(known.items[0].expires_at, NOW + 3600);
	ig_known_clear(&known);
	assert_int_equal(read_at(room, NOW + 3600, &known), 2); /* the lease has ended */
	assert_int_equal(known.items[0].source, IG_BINDING_CLAIM);
	ig_known_clear(&known);
}

/* Before it is set, a clock says 1970, or when the firmware was made. */
static void test_an_early_clock_makes_no_lease_longer(void **state)
{
	struct room *room = *state;
	struct ig_known known;

	save_three(room);
	assert_int_equal(read_at(room, 100, &known), 3);
	assert_int_equal(known.items[0].expires_at, 100 + 3600);
	assert_int_equal(known.items[1].expires_at, 100 + 86400);
	assert_int_equal(known.items[2].expires_at, 0);
	ig_known_clear(&known);
}

static void test_what_had_ended_when_it_was_saved_stays_ended(void **state)
{
	struct room *room = *state;
	struct ig_known_address ended = address(0x11, IG_BINDING_LEASE, NOW - 1);
	struct ig_saved saved = {.at = right(NOW)};
	struct ig_known known;

	ig_known_add(&saved.addresses, &ended);
	assert_int_equal(ig_saved_write(&room->diags, room->dir, &saved), 0);
	ig_saved_clear(&saved);
	assert_int_equal(read_at(room, NOW - 1000, &known), 0);
	ig_known_clear(&known);
}

/* ------------------------------------------------------------------------------------ corruption */

/* A file with something of everything. */
static size_t save_all(struct room *room, char *text, size_t size)
{
	static const struct ig_quarantined machine = {{{2, 0, 0x5e, 0x10, 0, 0x11}, {}},
						      NOW + 3600};
	struct ig_saved saved = {.at = right(NOW)};

	fill(&saved.addresses);
	assert_int_equal(ig_quarantined_add(&saved.quarantined, &machine), 0);
	assert_int_equal(ig_saved_write(&room->diags, room->dir, &saved), 0);
	ig_saved_clear(&saved);
	return read_text(room->path, text, size);
}

static void assert_set_aside(struct room *room, const char *why)
{
	struct ig_known known;

	ig_diags_clear(&room->diags);
	assert_int_equal(read_at(room, NOW, &known), 0);
	assert_int_equal(room->diags.count, 1);
	assert_int_equal(room->diags.items[0].severity, IOTGUARD_WARNING);
	if (!strstr(room->diags.items[0].message, why))
		fail_msg("'%s' does not say '%s'", room->diags.items[0].message, why);
	assert_int_not_equal(access(room->path, F_OK), 0);
	assert_int_equal(files_aside(room), 1);
	empty(room->dir);
}

static void test_every_truncation_is_told(void **state)
{
	struct room *room = *state;
	char text[1024];
	size_t n;

	n = save_all(room, text, sizeof(text));
	for (size_t cut = 0; cut < n; cut++) {
		write_text(room->path, text, cut);
		assert_set_aside(room, "is not used");
	}
}

static void test_every_changed_byte_is_told(void **state)
{
	struct room *room = *state;
	const char *why;
	char text[1024];
	size_t n;

	n = save_all(room, text, sizeof(text));
	for (size_t at = 0; at < n; at++) {
		for (int bit = 0; bit < 8; bit++) {
			struct ig_saved saved;
			int err;

			text[at] ^= (char)(1 << bit);
			err = ig_saved_parse(text, n, right(NOW), &saved, &why);
			/* a letter of a hash or of a key in another case is another one, too */
			if (err != -EINVAL || saved.addresses.count || saved.quarantined.count)
				fail_msg("byte %zu, bit %d: %d", at, bit, err);
			ig_saved_clear(&saved);
			text[at] ^= (char)(1 << bit);
		}
	}
}

static void test_something_behind_the_end_is_told(void **state)
{
	struct room *room = *state;
	char text[1024];
	size_t n;

	n = save_all(room, text, sizeof(text));
	text[n] = ' ';
	write_text(room->path, text, n + 1);
	assert_set_aside(room, "not as long as it says");
}

static void test_a_newer_version_is_told(void **state)
{
	static const char text[] = "{\"iotguard\":3,\"format\":\"another\"}\n";
	struct room *room = *state;

	write_text(room->path, text, strlen(text));
	assert_set_aside(room, "newer version");
}

/* With a hash that is right: somebody wrote it on purpose, or an older version. */
static void write_body(struct room *room, int version, const char *body)
{
	char command[2048];

	snprintf(command, sizeof(command),
		 "body='%s'; printf '{\"iotguard\":%d,\"length\":%zu,\"sha256\":\"%%s\"}\\n%%s' "
		 "\"$(printf %%s \"$body\" | sha256sum | cut -d' ' -f1)\" \"$body\" >%s",
		 body, version, strlen(body), room->path);
	assert_int_equal(system(command), 0);
}

static void test_a_body_of_another_form_is_told(void **state)
{
	static const char *const entries[] = {
		"{}",
		"7",
		"{\"mac\":\"02:00:5e:10:00:1\",\"address\":\"10.30.0.1\",\"source\":\"lease\",\"expires_at\":1}",
		"{\"mac\":\"02:00:5E:10:00:11\",\"address\":\"10.30.0.1\",\"source\":\"lease\",\"expires_at\":1}",
		"{\"mac\":\"02:00:5e:10:00:11\",\"address\":\"10.30.0\",\"source\":\"lease\",\"expires_at\":1}",
		"{\"mac\":\"02:00:5e:10:00:11\",\"address\":\"10.30.0.1\",\"source\":\"learnt\",\"expires_at\":1}",
		"{\"mac\":\"02:00:5e:10:00:11\",\"address\":\"10.30.0.1\",\"source\":\"lease\",\"expires_at\":-1}",
		"{\"mac\":\"02:00:5e:10:00:11\",\"address\":\"10.30.0.1\",\"source\":\"lease\",\"expires_at\":1.5}",
		"{\"mac\":\"02:00:5e:10:00:11\",\"address\":\"10.30.0.1\",\"source\":\"lease\"}",
	};
	struct room *room = *state;

	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		char body[512];

		snprintf(body, sizeof(body), "{\"saved_at\":1,\"bindings\":[%s]}", entries[i]);
		write_body(room, 1, body);
		assert_set_aside(room, "another form");
	}
}

/* Nor is half of it taken: what stands before it is good. */
static void test_quarantines_of_another_form_are_told(void **state)
{
	static const char *const lists[] = {
		"{}",
		"null",
		"[7]",
		"[{}]",
		"[{\"mac\":\"02:00:5e:10:00:11\"}]",
		"[{\"ends_at\":0}]",
		"[{\"mac\":\"02:00:5e:10:00:1\",\"ends_at\":0}]",
		"[{\"mac\":\"02:00:5E:10:00:11\",\"ends_at\":0}]",
		"[{\"mac\":7,\"ends_at\":0}]",
		"[{\"name_digest\":\"camera-2\",\"ends_at\":0}]",
		"[{\"index\":\"02:00:5e:10:00:11\",\"ends_at\":0}]",
		"[{\"mac\":\"02:00:5e:10:00:11\",\"ends_at\":-1}]",
		"[{\"mac\":\"02:00:5e:10:00:11\",\"ends_at\":1.5}]",
		"[{\"mac\":\"02:00:5e:10:00:11\",\"ends_at\":9223372036854775807}]",
		"[{\"mac\":\"02:00:5e:10:00:11\",\"ends_at\":9223372036854775808}]",
		"[{\"mac\":\"02:00:5e:10:00:11\",\"ends_at\":\"never\"}]",
	};
	struct room *room = *state;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		char body[512];

		snprintf(body, sizeof(body),
			 "{\"saved_at\":1,\"bindings\":[{\"mac\":\"02:00:5e:10:00:11\","
			 "\"address\":\"10.30.0.1\",\"source\":\"lease\",\"expires_at\":0}],"
			 "\"quarantined\":%s}",
			 lists[i]);
		write_body(room, 2, body);
		assert_set_aside(room, "another form");
	}
}

static void test_what_is_no_file_is_told(void **state)
{
	struct room *room = *state;

	assert_int_equal(mkdir(room->path, 0700), 0);
	assert_set_aside(room, "no file");
	assert_int_equal(mkfifo(room->path, 0600), 0);
	assert_set_aside(room, "no file"); /* and nobody waits for a writer */
	assert_int_equal(symlink("/etc/passwd", room->path), 0);
	assert_set_aside(room, "no file");
	assert_int_equal(access("/etc/passwd", F_OK), 0);
}

static void test_too_large_is_told(void **state)
{
	struct room *room = *state;

	write_text(room->path, "", 0);
	assert_int_equal(truncate(room->path, (off_t)IG_SAVED_MAX + 1), 0);
	assert_set_aside(room, "too large");
}

static void test_few_are_kept_aside(void **state)
{
	struct room *room = *state;
	struct ig_known known;
	char path[192];

	for (int i = 0; i < 9; i++) {
		snprintf(path, sizeof(path), "%s.bad-2001010%d-000000", room->path, i);
		write_text(path, "old", 3);
	}
	write_text(room->path, "x", 1);
	assert_int_equal(read_at(room, NOW, &known), 0);
	assert_int_equal(files_aside(room), IG_SAVED_ASIDE);
	snprintf(path, sizeof(path), "%s.bad-20010108-000000", room->path);
	assert_int_equal(access(path, F_OK), 0); /* the oldest went */
}

/* --------------------------------------------------------------------------------- is it worth it */

static void test_only_what_matters_is_a_change(void **state)
{
	struct ig_saved a = {.at = right(NOW)}, b = {.at = right(NOW + 86400)};

	(void)state;
	fill(&a.addresses);
	fill(&b.addresses);
	assert_false(ig_saved_differs(&a, &b, false));
	b.addresses.items[0].expires_at += 2; /* clocks are read one after the other */
	assert_false(ig_saved_differs(&a, &b, true));
	b.addresses.items[0].expires_at += 1;
	assert_true(ig_saved_differs(&a, &b, false));
	b.addresses.items[0].expires_at -= 3;
	b.addresses.items[1].expires_at += 3600; /* the claim is used */
	assert_false(ig_saved_differs(&a, &b, false));
	assert_true(ig_saved_differs(&a, &b, true));
	b.addresses.items[1].expires_at += 1;
	assert_true(ig_saved_differs(&a, &b, false));
	b.addresses.items[1].expires_at -= 3700; /* it ends sooner */
	assert_true(ig_saved_differs(&a, &b, false));
	b.addresses.items[1].expires_at = a.addresses.items[1].expires_at;
	b.addresses.items[2].expires_at = NOW;
	assert_true(ig_saved_differs(&a, &b, false));
	b.addresses.items[2].expires_at = 0;
	b.addresses.items[2].mac[5]++;
	assert_true(ig_saved_differs(&a, &b, false));
	b.addresses.count--;
	assert_true(ig_saved_differs(&a, &b, false));
	ig_saved_clear(&a);
	ig_saved_clear(&b);
}

/* ------------------------------------------------------------------------------------- full disk */

/* In a process of its own, which may have a mount namespace of its own. */
static int on_a_full_disk(struct room *room)
{
	struct ig_saved many = {.at = right(NOW)}, again;

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", room->dir, "tmpfs", 0, "size=16k"))
		return 77;
	fill(&many.addresses);
	if (ig_saved_write(&room->diags, room->dir, &many))
		return 1;
	for (int i = 0; i < 1000; i++) {
		struct ig_known_address more = address((uint8_t)i, IG_BINDING_LEASE, NOW + 60);

		if (ig_known_add(&many.addresses, &more))
			return 2;
	}
	if (ig_saved_write(&room->diags, room->dir, &many) != -ENOSPC)
		return 3;
	if (!strstr(room->diags.items[0].message, "No space left on device") ||
	    !strstr(room->diags.items[0].message, "what was saved before stays"))
		return 4;
	if (ig_saved_read(&room->diags, room->dir, right(NOW), &again) ||
	    again.addresses.count != 3)
		return 5;
	many.addresses.count = 2; /* and there is room for it: nothing half done is left */
	return ig_saved_write(&room->diags, room->dir, &many) ? 6 : 0;
}

static void test_a_full_disk_leaves_the_old_file(void **state)
{
	int status = 0;
	pid_t child = fork();

	if (!child)
		_exit(on_a_full_disk(*state));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("a mount namespace is not allowed here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_no_directory_is_told(void **state)
{
	struct room *room = *state;
	struct ig_saved saved = {};

	rmdir(room->dir);
	assert_int_equal(ig_saved_write(&room->diags, room->dir, &saved), -ENOENT);
	assert_non_null(strstr(room->diags.items[0].message, "No such file or directory"));
	assert_non_null(room->diags.items[0].hint);
}

/* ------------------------------------------------------------------------------- who else saves */

static void test_the_directory_is_made(void **state)
{
	struct room *room = *state;
	struct stat st;
	int lock;

	rmdir(room->dir);
	lock = ig_saved_lock(&room->diags, room->dir);
	assert_true(lock >= 0);
	close(lock);
	assert_int_equal(stat(room->dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	save_three(room);
	assert_int_equal(room->diags.count, 0);
}

/* -ENOENT would say that nothing is in force, which is nobody's mistake. */
static void test_one_that_cannot_be_made_is_told(void **state)
{
	struct room *room = *state;
	char below[96];

	snprintf(below, sizeof(below), "%s/not/there", room->dir);
	assert_int_equal(ig_saved_lock(&room->diags, below), -ENOTDIR);
	assert_non_null(strstr(room->diags.items[0].message, "No such file or directory"));
	assert_non_null(room->diags.items[0].hint);
}

static void test_one_at_a_time(void **state)
{
	struct room *room = *state;
	int lock = ig_saved_lock(&room->diags, room->dir), again;

	assert_true(lock >= 0);
	assert_int_equal(ig_saved_lock(&room->diags, room->dir), -EBUSY);
	assert_int_equal(room->diags.errors, 1);
	close(lock);
	again = ig_saved_lock(&room->diags, room->dir);
	assert_true(again >= 0);
	close(again);
	assert_int_equal(room->diags.errors, 1);
}

static bool same_file(struct ig_file_mark a, struct ig_file_mark b)
{
	return a.dev == b.dev && a.ino == b.ino && a.changed_ns == b.changed_ns;
}

static void test_another_file_has_another_mark(void **state)
{
	struct room *room = *state;
	struct ig_file_mark none = ig_saved_look(room->dir), first;

	assert_int_equal(none.ino, 0);
	save_three(room);
	first = ig_saved_look(room->dir);
	assert_int_not_equal(first.ino, 0);
	assert_true(same_file(first, ig_saved_look(room->dir)));
	save_three(room);
	assert_false(same_file(first, ig_saved_look(room->dir)));
}

/* What root saves is not in the daemon's way. */
static void test_the_file_is_the_owners_of_the_directory(void **state)
{
	struct room *room = *state;
	struct stat st;

	if (geteuid() || chown(room->dir, 31415, 27182)) {
		print_message("not run: it takes root to save for somebody else\n");
		skip();
	}
	save_three(room);
	assert_int_equal(stat(room->path, &st), 0);
	assert_int_equal(st.st_uid, 31415);
	assert_int_equal(st.st_gid, 27182);
	assert_int_equal(st.st_mode & 0777, 0640);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_what_was_saved_comes_back),
		CASE(test_nothing_saved_is_no_error),
		CASE(test_it_takes_the_place_of_the_one_before),
		CASE(test_a_beginning_is_in_nobodys_way),
		CASE(test_ends_go_by_the_clock),
		CASE(test_an_early_clock_makes_no_lease_longer),
		CASE(test_what_had_ended_when_it_was_saved_stays_ended),
		CASE(test_every_truncation_is_told),
		CASE(test_every_changed_byte_is_told),
		CASE(test_something_behind_the_end_is_told),
		CASE(test_a_newer_version_is_told),
		CASE(test_a_body_of_another_form_is_told),
		CASE(test_quarantines_of_another_form_are_told),
		CASE(test_what_is_no_file_is_told),
		CASE(test_too_large_is_told),
		CASE(test_few_are_kept_aside),
		CASE(test_only_what_matters_is_a_change),
		CASE(test_a_full_disk_leaves_the_old_file),
		CASE(test_no_directory_is_told),
		CASE(test_the_directory_is_made),
		CASE(test_one_that_cannot_be_made_is_told),
		CASE(test_one_at_a_time),
		CASE(test_another_file_has_another_mark),
		CASE(test_the_file_is_the_owners_of_the_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
