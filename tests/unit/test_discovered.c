/* SPDX-License-Identifier: BSD-2-Clause */
/* MUD URLs that machines told: what becomes of them, and that the file has it as it was, or is set aside. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/types.h>
#include <sys/stat.h>

#include "discovered.h"
#include "iotguard/iotguard.h"
#include "util.h"

#define NOW 1795343465ull
#define A   "https://vendor.example/cam"
#define A2  "https://VENDOR.example:443/cam/2"
#define B   "https://other.example/cam"

static struct ig_discovered told;

static int clear(void **state)
{
	(void)state;
	ig_discovered_clear(&told);
	return 0;
}

static struct ig_mud_telling telling_of(const char *device, int source, const char *url)
{
	enum ig_mud_string_fault fault = ig_mud_string_check(url, strlen(url), IG_MUD_STRING_MAX);

	return (struct ig_mud_telling){
		.device = device,
		.mac = {2, 0, 0, 0, 0, 1},
		.source = source,
		.url = url,
		.fault = (int)fault,
		.discovery = IG_DISCOVERY_ADOPT,
		.at_s = NOW,
	};
}

static int note(const char *device, int source, const char *url)
{
	struct ig_mud_telling t = telling_of(device, source, url);

	return ig_discovered_note(&told, &t);
}

static int propose(const char *device, int source, const char *url)
{
	struct ig_mud_telling t = telling_of(device, source, url);

	t.discovery = IG_DISCOVERY_PROPOSE;
	return ig_discovered_note(&told, &t);
}

static int note_listed(const char *listed, const char *url)
{
	struct ig_mud_telling t = telling_of("cam", IG_MUD_DHCP4, url);

	t.listed = listed;
	return ig_discovered_note(&told, &t);
}

static const char *state_of(size_t machine, int source)
{
	assert_true(machine < told.count);
	assert_non_null(told.machines[machine].told[source].url);
	return ig_discovered_state_word(told.machines[machine].told[source].state);
}

#define expect_state(source, state) assert_string_equal(state_of(0, source), state)
#define expect_adopted(url)	    assert_string_equal(told.machines[0].adopted, url)
#define expect_none()		    assert_null(told.machines[0].adopted)

/* --- what becomes of them --- */

static void test_proposed(void **state)
{
	(void)state;
	assert_int_equal(propose("cam", IG_MUD_DHCP4, A), 1);
	assert_int_equal(propose("cam", IG_MUD_DHCP4, A), 0);
	assert_int_equal(told.count, 1);
	expect_state(IG_MUD_DHCP4, "proposed");
	expect_none();
	assert_int_equal(propose("cam", IG_MUD_DHCP4, B), 1);
	expect_state(IG_MUD_DHCP4, "proposed");
	assert_string_equal(told.machines[0].told[IG_MUD_DHCP4].url, B);
}

static void test_adopted(void **state)
{
	(void)state;
	assert_int_equal(note("cam", IG_MUD_DHCP4, A), 1);
	expect_state(IG_MUD_DHCP4, "adopted");
	expect_adopted(A);
	assert_int_equal(note("cam", IG_MUD_LLDP, A), 1);
	expect_state(IG_MUD_LLDP, "adopted");
	assert_int_equal(note("cam", IG_MUD_LLDP, A), 0);
}

static void test_another_url_of_the_same_owner(void **state)
{
	(void)state;
	note("cam", IG_MUD_DHCP4, A);
	assert_int_equal(note("cam", IG_MUD_DHCP4, A2), 1);
	expect_state(IG_MUD_DHCP4, "adopted");
	expect_adopted(A2);
}

static void test_another_owner_waits(void **state)
{
	(void)state;
	note("cam", IG_MUD_DHCP4, A);
	assert_int_equal(note("cam", IG_MUD_DHCP4, B), 1);
	expect_state(IG_MUD_DHCP4, "conflict");
	expect_adopted(A);
	/* however often it says so */
	assert_int_equal(note("cam", IG_MUD_DHCP4, B), 0);
	expect_adopted(A);
	/* and by whatever way */
	assert_int_equal(note("cam", IG_MUD_LLDP, B), 1);
	expect_state(IG_MUD_LLDP, "conflict");
	expect_adopted(A);
	note("cam", IG_MUD_LLDP, A);
	note("cam", IG_MUD_DHCP4, A);
	expect_state(IG_MUD_DHCP4, "adopted");
	expect_state(IG_MUD_LLDP, "adopted");
}

static void test_it_contradicts_itself(void **state)
{
	(void)state;
	note("cam", IG_MUD_DHCP4, A);
	note("cam", IG_MUD_DHCP6, A2);
	expect_state(IG_MUD_DHCP4, "adopted");
	expect_state(IG_MUD_DHCP6, "conflict");
	expect_adopted(A);
	/* until it agrees */
	note("cam", IG_MUD_DHCP4, A2);
	expect_state(IG_MUD_DHCP4, "adopted");
	expect_state(IG_MUD_DHCP6, "adopted");
	expect_adopted(A2);
}

static void test_it_contradicts_itself_at_first(void **state)
{
	(void)state;
	propose("cam", IG_MUD_DHCP4, A);
	propose("cam", IG_MUD_LLDP, B);
	expect_state(IG_MUD_DHCP4, "conflict");
	expect_state(IG_MUD_LLDP, "conflict");
	expect_none();
	/* nor does a change of mind adopt one of them */
	note("cam", IG_MUD_LLDP, B);
	expect_none();
}

static void test_what_is_listed_stays(void **state)
{
	(void)state;
	note_listed(A, A);
	expect_state(IG_MUD_DHCP4, "adopted");
	note_listed(A, A2);
	expect_state(IG_MUD_DHCP4, "proposed");
	note_listed(A, B);
	expect_state(IG_MUD_DHCP4, "conflict");
	expect_none();
	note_listed("mud/cam.json", B);
	expect_state(IG_MUD_DHCP4, "proposed");
	expect_none();
}

static void test_what_was_adopted_ends(void **state)
{
	(void)state;
	note("cam", IG_MUD_DHCP4, A);
	propose("cam", IG_MUD_DHCP4, A);
	expect_state(IG_MUD_DHCP4, "proposed");
	expect_none();
	note("cam", IG_MUD_DHCP4, A);
	note_listed(B, A);
	expect_state(IG_MUD_DHCP4, "conflict");
	expect_none();
}

static void test_no_url(void **state)
{
	(void)state;
	note("cam", IG_MUD_DHCP4, A);
	assert_int_equal(note("cam", IG_MUD_DHCP6, "http://x/\033[2J\xff"), 1);
	expect_state(IG_MUD_DHCP4, "adopted");
	expect_state(IG_MUD_DHCP6, "invalid");
	assert_string_equal(told.machines[0].told[IG_MUD_DHCP6].url, "http://x/?[2J?");
	expect_adopted(A);
	note("cam", IG_MUD_DHCP4, "");
	expect_state(IG_MUD_DHCP4, "invalid");
	expect_adopted(A);
}

static void test_off(void **state)
{
	struct ig_mud_telling t = telling_of("cam", IG_MUD_DHCP4, A);

	(void)state;
	t.discovery = IG_DISCOVERY_OFF;
	assert_int_equal(ig_discovered_note(&told, &t), 0);
	assert_int_equal(told.count, 0);
	note("cam", IG_MUD_DHCP4, A);
	assert_int_equal(ig_discovered_note(&told, &t), 1);
	assert_int_equal(told.count, 0);
}

static void test_a_stranger_adopts_nothing(void **state)
{
	(void)state;
	note(NULL, IG_MUD_DHCP4, A);
	expect_state(IG_MUD_DHCP4, "proposed");
	expect_none();
	/* nor does whoever has a name by now find what it said before */
	note("cam", IG_MUD_DHCP4, B);
	assert_int_equal(told.count, 2);
	assert_string_equal(told.machines[1].adopted, B);
}

static void test_another_machine_by_that_name(void **state)
{
	struct ig_mud_telling t = telling_of("cam", IG_MUD_DHCP4, B);

	(void)state;
	note("cam", IG_MUD_DHCP4, A);
	note("cam", IG_MUD_LLDP, A);
	t.mac[5] = 2;
	assert_int_equal(ig_discovered_note(&told, &t), 1);
	assert_int_equal(told.count, 1);
	expect_state(IG_MUD_DHCP4, "adopted");
	expect_adopted(B);
	assert_null(told.machines[0].told[IG_MUD_LLDP].url);
}

static void test_room(void **state)
{
	struct ig_mud_telling t = telling_of(NULL, IG_MUD_DHCP4, A);
	char name[16];

	(void)state;
	note("cam", IG_MUD_DHCP4, A);
	for (unsigned int i = 0; i < IG_DISCOVERED_MACHINES + 10; i++) {
		t.mac[4] = (uint8_t)(i >> 8);
		t.mac[5] = (uint8_t)i;
		t.at_s = NOW + i;
		assert_int_equal(ig_discovered_note(&told, &t), 1);
	}
	assert_int_equal(told.count, IG_DISCOVERED_MACHINES);
	assert_string_equal(told.machines[0].device, "cam");
	/* those that were silent longest went */
	for (size_t i = 1; i < told.count; i++)
		assert_true(told.machines[i].told[IG_MUD_DHCP4].last_s >= NOW + 11);
	/* devices push out strangers, and no device another */
	for (unsigned int i = 1; i < IG_DISCOVERED_MACHINES; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		assert_int_equal(note(name, IG_MUD_DHCP4, A), 1);
	}
	assert_int_equal(note("one too many", IG_MUD_DHCP4, A), -ENOSPC);
	assert_int_equal(ig_discovered_note(&told, &t), -ENOSPC);
	assert_int_equal(note("cam", IG_MUD_DHCP6, A), 1);
	assert_int_equal(told.count, IG_DISCOVERED_MACHINES);
}

static void test_what_cannot_be_kept(void **state)
{
	struct ig_mud_telling t = telling_of("cam", 0, A);
	char name[300];

	(void)state;
	assert_int_equal(ig_discovered_note(&told, &t), -EINVAL);
	t.source = IG_MUD_LLDP + 1;
	assert_int_equal(ig_discovered_note(&told, &t), -EINVAL);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(note(name, IG_MUD_DHCP4, A), -EINVAL);
	t = telling_of("cam", IG_MUD_LLDP, "ftp://x");
	t.fault = 0; /* whoever says so is not believed */
	assert_int_equal(ig_discovered_note(&told, &t), -EINVAL);
	assert_int_equal(told.count, 0);
}

/* --- the file --- */

static void test_it_reads_back(void **state)
{
	_cleanup_(ig_discovered_clear) struct ig_discovered again = {};
	_free_ char *first = NULL, *second = NULL;
	size_t n = 0, m = 0;
	const char *why;

	(void)state;
	note("cam \"1\"", IG_MUD_DHCP4, A);
	note("cam \"1\"", IG_MUD_DHCP4, B);
	note("cam \"1\"", IG_MUD_LLDP, "x\n\"");
	note(NULL, IG_MUD_DHCP6, B);
	first = ig_discovered_print(&told, &n);
	assert_non_null(first);
	assert_int_equal(ig_discovered_parse(first, n, &again, &why), 0);
	second = ig_discovered_print(&again, &m);
	assert_string_equal(first, second);
	assert_string_equal(again.machines[0].adopted, A);
	/* half a file is none */
	for (size_t i = 0; i < n - 2; i++) {
		ig_discovered_clear(&again);
		assert_int_equal(ig_discovered_parse(first, i, &again, &why), -EINVAL);
		assert_int_equal(again.count, 0);
	}
}

#define MACHINE(device, adopted, told)                                                       \
	"{\"version\":1,\"machines\":[{\"device\":" device ",\"mac\":\"02:00:00:00:00:01\"," \
	"\"adopted\":" adopted ",\"adopted_at\":1,\"told\":[" told "]}]}"
#define TOLD(source, url, fault, state)                                               \
	"{\"source\":" source ",\"url\":" url ",\"fault\":" fault ",\"state\":" state \
	",\"first_seen\":1,\"last_seen\":2}"
#define FINE TOLD("\"lldp\"", "\"" A "\"", "null", "\"proposed\"")

static void test_what_others_wrote(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{}",
		"{\"version\":2,\"machines\":[]}",
		"{\"version\":1}",
		"{\"version\":1,\"version\":1,\"machines\":[]}",
		"{\"version\":1,\"machines\":[7]}",
		"{\"version\":1,\"machines\":[{\"mac\":\"02:00:00:00:00:01\"}]}",
		"{\"version\":1,\"machines\":[{\"mac\":\"2\",\"told\":[]}]}",
		MACHINE("null", "\"" A "\"", FINE),
		MACHINE("\"\"", "null", FINE),
		MACHINE("\"cam\"", "\"http://vendor.example/\"", FINE),
		MACHINE("\"cam\"", "\"https://a b/\"", FINE),
		MACHINE("\"cam\"", "null", FINE "," FINE),
		MACHINE("\"cam\"", "null", "7"),
		MACHINE("\"cam\"", "null", TOLD("\"smoke\"", "\"" A "\"", "null", "\"proposed\"")),
		MACHINE("\"cam\"", "null", TOLD("\"lldp\"", "7", "null", "\"proposed\"")),
		MACHINE("\"cam\"", "null", TOLD("\"lldp\"", "\"x\"", "null", "\"proposed\"")),
		MACHINE("\"cam\"", "null", TOLD("\"lldp\"", "\"x\"", "\"odd\"", "\"invalid\"")),
		MACHINE("\"cam\"", "null",
			TOLD("\"lldp\"", "\"x\\u001b\"", "\"user\"", "\"invalid\"")),
		MACHINE("\"cam\"", "null", TOLD("\"lldp\"", "\"" A "\"", "null", "\"odd\"")),
	};
	static const char fine[] = MACHINE("\"cam\"", "\"" A "\"", FINE);
	struct ig_discovered read;
	const char *why;

	(void)state;
	assert_int_equal(ig_discovered_parse(fine, strlen(fine), &read, &why), 0);
	ig_discovered_clear(&read);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		why = NULL;
		if (ig_discovered_parse(bad[i], strlen(bad[i]), &read, &why) != -EINVAL || !why ||
		    read.count)
			fail_msg("taken: %s", bad[i]);
	}
}

/* --- a handle --- */

struct room {
	struct iotguard *ig;
	char dir[64], path[128], bad[160];
};

static int enter(void **state)
{
	struct room *room = calloc(1, sizeof(*room));
	struct iotguard_open_opts opts = IOTGUARD_OPTS(
		iotguard_open_opts, .state_dir = "/nonexistent/bpf", .save_dir = room->dir);

	strcpy(room->dir, "/tmp/iotguard-mud.XXXXXX");
	if (!mkdtemp(room->dir))
		return -1;
	snprintf(room->path, sizeof(room->path), "%s/mud/discovered.json", room->dir);
	snprintf(room->bad, sizeof(room->bad), "%s.bad", room->path);
	*state = room;
	return iotguard_open(&room->ig, &opts);
}

static int leave(void **state)
{
	struct room *room = *state;
	char mud[80];

	iotguard_close(room->ig);
	unlink(room->path);
	unlink(room->bad);
	snprintf(mud, sizeof(mud), "%s/mud", room->dir);
	rmdir(mud);
	rmdir(room->dir);
	free(room);
	return 0;
}

static struct iotguard_event event_of(const char *device, const char *url)
{
	struct iotguard_event event = {
		.time_us = NOW * 1000000,
		.type = "mud-url",
		.device = device,
		.src_mac = {2, 0, 0, 0, 0, 1},
		.mud_source = "dhcp4",
		.mud_discovery = "adopt",
	};

	strcpy(event.mud_url, url);
	return event;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static size_t urls(struct iotguard *ig, struct iotguard_mud_url_info *first)
{
	struct iotguard_mud_url_info *list;
	size_t n;

	assert_int_equal(iotguard_mud_urls(ig, &list, &n), 0);
	if (n)
		*first = list[0];
	iotguard_free(list); /* of the first one only numbers and constants are looked at */
	return n;
}

static void test_a_handle_keeps_it(void **state)
{
	struct room *room = *state;
	struct iotguard_event event = event_of("cam", A);
	struct iotguard_mud_url_info first;
	struct stat st;

	assert_int_equal(urls(room->ig, &first), 0);
	assert_int_equal(iotguard_mud_save(room->ig, true), 0);
	assert_int_equal(iotguard_mud_note(room->ig, &event), 1);
	assert_int_equal(iotguard_mud_save(room->ig, false), 1);
	assert_int_equal(iotguard_mud_save(room->ig, true), 0);
	assert_int_equal(stat(room->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(urls(room->ig, &first), 1);
	assert_string_equal(first.state, "adopted");
	assert_int_equal(first.first_seen, NOW);
	/* told again: not worth writing */
	event.time_us += 1000000;
	assert_int_equal(iotguard_mud_note(room->ig, &event), 0);
	assert_int_equal(iotguard_mud_save(room->ig, false), 0);
	assert_int_equal(iotguard_mud_save(room->ig, true), 1);
	assert_int_equal(urls(room->ig, &first), 1);
	assert_int_equal(first.last_seen, NOW + 1);
}

static void test_another_handle_goes_on(void **state)
{
	struct room *room = *state;
	struct iotguard_open_opts opts = IOTGUARD_OPTS(
		iotguard_open_opts, .state_dir = "/nonexistent/bpf", .save_dir = room->dir);
	struct iotguard_event event = event_of("cam", A);
	struct iotguard_mud_url_info first;

	iotguard_mud_note(room->ig, &event);
	iotguard_mud_save(room->ig, true);
	iotguard_close(room->ig);
	assert_int_equal(iotguard_open(&room->ig, &opts), 0);
	event = event_of("cam", B);
	assert_int_equal(iotguard_mud_note(room->ig, &event), 1);
	assert_int_equal(iotguard_mud_save(room->ig, true), 1);
	assert_int_equal(urls(room->ig, &first), 1);
	assert_string_equal(first.state, "conflict");
}

/* Who takes the file away, or edits it, is heard. */
static void test_a_person_decides(void **state)
{
	static const char theirs[] =
		"{\"version\":1,\"machines\":[{\"device\":\"cam\",\"mac\":\"02:00:00:00:00:01\","
		"\"adopted\":\"" B "\",\"adopted_at\":1,\"told\":[]}]}";
	struct room *room = *state;
	struct iotguard_event event = event_of("cam", A);
	struct iotguard_mud_url_info first;

	iotguard_mud_note(room->ig, &event);
	iotguard_mud_save(room->ig, true);
	assert_int_equal(unlink(room->path), 0);
	event = event_of("cam", B);
	iotguard_mud_note(room->ig, &event);
	iotguard_mud_save(room->ig, true);
	assert_int_equal(urls(room->ig, &first), 1);
	assert_string_equal(first.state, "adopted");
	write_text(room->path, theirs);
	event = event_of("cam", A);
	iotguard_mud_note(room->ig, &event);
	iotguard_mud_save(room->ig, true);
	assert_int_equal(urls(room->ig, &first), 1);
	assert_string_equal(first.state, "conflict");
}

static void test_a_broken_file_is_set_aside(void **state)
{
	struct room *room = *state;
	struct iotguard_event event = event_of("cam", A);
	struct iotguard_mud_url_info first;

	iotguard_mud_note(room->ig, &event);
	iotguard_mud_save(room->ig, true);
	write_text(room->path, "{\"version\":1,");
	/* whoever only reads leaves it */
	assert_int_equal(urls(room->ig, &first), 0);
	assert_int_equal(iotguard_diag_count(room->ig), 1);
	assert_int_equal(access(room->path, F_OK), 0);
	assert_int_equal(iotguard_mud_note(room->ig, &event), 1);
	assert_int_equal(access(room->bad, F_OK), 0);
	assert_int_equal(iotguard_mud_save(room->ig, true), 1);
	assert_int_equal(urls(room->ig, &first), 1);
}

static void test_what_is_not_noted(void **state)
{
	struct room *room = *state;
	struct iotguard_event event = event_of("cam", A);

	event.type = "drop";
	assert_int_equal(iotguard_mud_note(room->ig, &event), 0);
	event = event_of("cam", A);
	event.mud_discovery = NULL; /* its policy is gone */
	assert_int_equal(iotguard_mud_note(room->ig, &event), 0);
	event.mud_discovery = "off";
	assert_int_equal(iotguard_mud_note(room->ig, &event), 0);
	event = event_of("cam", A);
	event.mud_source = "smoke";
	assert_int_equal(iotguard_mud_note(room->ig, &event), -EINVAL);
	assert_int_equal(iotguard_mud_save(room->ig, true), 0);
	assert_int_equal(access(room->path, F_OK), -1);
}

static void test_no_place_to_write(void **state)
{
	struct room *room = *state;
	struct iotguard_event event = event_of("cam", A);
	char mud[80];

	snprintf(mud, sizeof(mud), "%s/mud", room->dir);
	write_text(mud, "");
	assert_int_equal(iotguard_mud_note(room->ig, &event), -ENOTDIR);
	assert_int_equal(iotguard_diag_errors(room->ig), 1);
	assert_int_equal(unlink(mud), 0);
	/* and it is tried again */
	assert_int_equal(iotguard_mud_note(room->ig, &event), 1);
	assert_int_equal(iotguard_mud_save(room->ig, true), 1);
}

#define pure(name)    cmocka_unit_test_setup(name, clear)
#define handled(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		pure(test_proposed),
		pure(test_adopted),
		pure(test_another_url_of_the_same_owner),
		pure(test_another_owner_waits),
		pure(test_it_contradicts_itself),
		pure(test_it_contradicts_itself_at_first),
		pure(test_what_is_listed_stays),
		pure(test_what_was_adopted_ends),
		pure(test_no_url),
		pure(test_off),
		pure(test_a_stranger_adopts_nothing),
		pure(test_another_machine_by_that_name),
		pure(test_room),
		pure(test_what_cannot_be_kept),
		pure(test_it_reads_back),
		pure(test_what_others_wrote),
		handled(test_a_handle_keeps_it),
		handled(test_another_handle_goes_on),
		handled(test_a_person_decides),
		handled(test_a_broken_file_is_set_aside),
		handled(test_what_is_not_noted),
		handled(test_no_place_to_write),
	};
	int failed = cmocka_run_group_tests_name("discovered", tests, NULL, NULL);

	ig_discovered_clear(&told);
	return failed;
}
