/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/data/inventories/good: each loads without a word, and nothing is odd about its rules. bad/X.yaml: what is said
 * about it is in bad/X.expected.
 * IOTGUARD_WRITE_EXPECTED=1 writes the latter anew: read the difference before you keep it.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/types.h>

#include "compile.h"
#include "findings.h"
#include "inventory.h"

#define DATA "tests/data/inventories/"

/* The diagnostics as lines; files without the directory of the tests. The caller frees it. */
static char *told(const struct ig_diags *diags)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < diags->count; i++) {
		const struct iotguard_diag *diag = &diags->items[i];
		const char *file = diag->file ? diag->file : "";

		if (!strncmp(file, DATA "bad/", strlen(DATA "bad/")))
			file += strlen(DATA "bad/");
		fprintf(out, "%s:%u:%u: %s: %s\n", file, diag->line, diag->column,
			diag->severity == IOTGUARD_ERROR ? "error" : "warning", diag->message);
		if (diag->hint)
			fprintf(out, "\thint: %s\n", diag->hint);
	}
	fclose(out);
	return text;
}

static char *slurp(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 16);

	if (file) {
		text[fread(text, 1, (1 << 16) - 1, file)] = '\0';
		fclose(file);
	}
	return text;
}

static void each_yaml(const char *directory, void (*visit)(const char *path))
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, alphasort), seen = 0;

	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');
		char path[512];

		snprintf(path, sizeof(path), "%s%s", directory, entries[i]->d_name);
		if (dot && !strcmp(dot, ".yaml")) {
			visit(path);
			seen++;
		}
		free(entries[i]);
	}
	free(entries);
	assert_true(seen > 0);
}

/* What is not enforced yet has no findings. */
static bool enforced(const struct iotguard_inventory *inv)
{
	struct ig_diags unheard = {0};
	int r = ig_compile_check(&unheard, inv);

	ig_diags_clear(&unheard);
	return !r;
}

static void visit_good(const char *path)
{
	struct iotguard_inventory *inv;
	struct ig_diags diags = {0};
	char *text;
	int r = ig_inventory_load(&diags, path, &inv);

	if (!r && enforced(inv))
		r = ig_findings(&diags, inv);
	if (r || diags.count) {
		text = told(&diags);
		print_error("%s", text);
		fail_msg("%s is refused or warned of", path);
	}
	iotguard_inventory_free(inv);
	ig_diags_clear(&diags);
}

static void test_good_ones_load(void **state)
{
	(void)state;
	each_yaml(DATA "good/", visit_good);
	each_yaml("examples/", visit_good);
}

static void write_expected(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void visit_bad(const char *path)
{
	char expected_path[512], *text, *expected;
	struct iotguard_inventory *inv;
	struct ig_diags diags = {0};
	int r = ig_inventory_load(&diags, path, &inv);

	snprintf(expected_path, sizeof(expected_path), "%.*s.expected", (int)(strlen(path) - 5),
		 path);
	assert_int_equal(!r, !!inv);
	if (!r)
		r = ig_findings(&diags, inv);
	assert_int_equal(r, -EINVAL);
	assert_true(diags.errors > 0);
	text = told(&diags);
	if (getenv("IOTGUARD_WRITE_EXPECTED"))
		write_expected(expected_path, text);
	expected = slurp(expected_path);
	if (strcmp(text, expected)) {
		print_error("--- expected\n%s--- told\n%s", expected, text);
		fail_msg("%s", path);
	}
	free(expected);
	free(text);
	iotguard_inventory_free(inv);
	ig_diags_clear(&diags);
}

static void test_bad_ones_say_why(void **state)
{
	(void)state;
	each_yaml(DATA "bad/", visit_bad);
}

static void test_model_of_the_large_example(void **state)
{
	struct iotguard_inventory *inv;
	struct iotguard_inventory_info info;
	struct ig_diags diags = {0};
	struct ig_machine *plc, *desk, *meter;
	struct ig_segment *cell;
	struct ig_group *group;

	(void)state;
	assert_int_equal(ig_inventory_load(&diags, DATA "good/everything.yaml", &inv), 0);
	iotguard_inventory_describe(inv, &info);
	assert_int_equal(info.devices, 3);
	assert_int_equal(info.hosts, 2);
	assert_int_equal(info.segments, 2);
	assert_int_equal(info.groups, 1);
	assert_int_equal(info.profiles, 2);
	assert_int_equal(strlen(info.sha256), 64);
	assert_int_equal(inv->n_files, 5); /* two of them MUD files */
	assert_int_equal(inv->default_mode, IOTGUARD_MODE_MONITOR);
	assert_int_equal(inv->default_unknown, IOTGUARD_UNKNOWN_MONITOR);
	assert_string_equal(inv->gateway.name, "plant");
	assert_int_equal(inv->gateway.macs.count, 2);
	assert_int_equal(inv->gateway.management.count, 1);
	assert_true(inv->gateway.lease_files_given);
	assert_int_equal(inv->gateway.n_lease_files, 2);
	assert_string_equal(inv->gateway.lease_files[0].path, DATA "good/leases/dnsmasq.leases");
	assert_string_equal(inv->gateway.lease_files[1].path, "/var/lib/kea/kea-leases4.csv");
	assert_int_equal(inv->gateway.lease_files[1].loc.column, 40);

	plc = ig_inventory_machine(inv, false, "plc-1");
	assert_non_null(plc);
	assert_false(plc->host);
	assert_int_equal(plc->mac[5], 1);
	assert_int_equal(plc->addresses.count, 2);
	assert_int_equal(plc->flows, 128);
	assert_int_equal(plc->mode, IOTGUARD_MODE_LEARN);
	assert_int_equal(plc->criticality, IOTGUARD_CRIT_DATA);
	assert_string_equal(plc->firmware_version, "4.2");
	assert_string_equal(plc->firmware_released, "2025-11-03");
	assert_string_equal(plc->profile->name, "plc");
	assert_string_equal(plc->profile->extends->name, "base");
	assert_null(plc->profile->extends->extends);
	assert_int_equal(plc->profile->extends->flows, IG_UNSET);
	assert_string_equal(plc->rules.items[0].loc.file, DATA "good/included/devices.yaml");

	assert_null(plc->router);
	meter = ig_inventory_machine(inv, false, "meter-9");
	assert_non_null(meter);
	assert_ptr_equal(meter->router, ig_inventory_machine(inv, false, "plc-2"));
	assert_ptr_equal(meter->segment, ig_inventory_segment(inv, "cell-2"));
	assert_memory_equal(meter->mac, (uint8_t[6]){0}, 6);
	assert_int_equal(meter->addresses.count, 2);

	desk = ig_inventory_machine(inv, true, "desk in the hall");
	assert_non_null(desk);
	assert_true(desk->host);
	assert_false(desk->trusted);
	assert_int_equal(desk->rules.count, 1);
	assert_null(ig_inventory_machine(inv, false, "desk in the hall"));

	cell = ig_inventory_segment(inv, "cell-1");
	assert_ptr_equal(plc->segment, cell);
	assert_int_equal(cell->n_interfaces, 2);
	assert_int_equal(cell->vlan[0], 30);
	assert_int_equal(cell->vlan[1], 0);
	assert_int_equal(cell->infrastructure, IG_INFRA_ALL & ~IG_INFRA_DNS);
	assert_int_equal(cell->unknown_devices, IOTGUARD_UNKNOWN_ONBOARD);
	assert_int_equal(cell->mode, IOTGUARD_MODE_LEARN);
	cell = ig_inventory_segment(inv, "cell-2");
	assert_int_equal(cell->vlan[1], 30);
	assert_int_equal(cell->unknown_devices, IOTGUARD_UNKNOWN_MONITOR);
	assert_int_equal(cell->mode, IG_UNSET);

	group = ig_inventory_group(inv, "operators");
	assert_int_equal(group->count, 4);
	assert_ptr_equal(group->members[1].machine, plc);
	assert_null(group->members[2].machine);
	assert_int_equal(group->members[2].prefix.length, 96 + 25);
	assert_null(ig_inventory_group(inv, "operator"));
	iotguard_inventory_free(inv);
	ig_diags_clear(&diags);
}

/* What is no file to read: said, and never waited for. */
static void test_other_kinds_of_files(void **state)
{
	char directory[] = "/tmp/iotguard-test-XXXXXX", fifo[64];
	const struct {
		const char *path;
		int r;
	} cases[] = {
		{directory, -EISDIR},	     {fifo, -EINVAL},
		{"/dev/zero", -EINVAL},	     {"/dev/null", -EINVAL},
		{"/nonexistent/x", -ENOENT}, {"", -ENOENT},
	};

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iotguard_inventory *inv;
		struct ig_diags diags = {0};

		assert_int_equal(ig_inventory_load(&diags, cases[i].path, &inv), cases[i].r);
		assert_null(inv);
		assert_int_equal(diags.errors, 1);
		ig_diags_clear(&diags);
	}
	unlink(fifo);
	rmdir(directory);
}

static int load_text(struct ig_diags *diags, const char *text, size_t size,
		     struct iotguard_inventory **inv)
{
	char path[] = "/tmp/iotguard-test-XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	close(fd);
	r = ig_inventory_load(diags, path, inv);
	unlink(path);
	return r;
}

/* An empty list says that there are none; a list that is left out leaves it to where they usually are. */
static void test_lease_files(void **state)
{
	static const struct {
		const char *text;
		int r;
		bool given;
		size_t n;
	} cases[] = {
		{"version: 1\n", 0, false, 0},
		{"version: 1\ngateway: {lease-files: }\n", 0, false, 0},
		{"version: 1\ngateway: {lease-files: []}\n", 0, true, 0},
		{"version: 1\ngateway: {lease-files: [a, ./b]}\n", 0, true, 2},
		{"version: 1\ngateway: {lease-files: a}\n", -EINVAL, false, 0},
		{"version: 1\ngateway: {lease-files: [[a]]}\n", -EINVAL, false, 0},
		{"version: 1\ngateway: {lease-files: ['']}\n", -EINVAL, false, 0},
		{"version: 1\ngateway: {lease-files: [\"a\\x1b\"]}\n", -EINVAL, false, 0},
		{"version: 1\ngateway: {lease-files: [a], lease-files: [b]}\n", -EINVAL, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iotguard_inventory *inv;
		struct ig_diags diags = {0};

		assert_int_equal(load_text(&diags, cases[i].text, strlen(cases[i].text), &inv),
				 cases[i].r);
		if (!cases[i].r) {
			assert_int_equal(inv->gateway.lease_files_given, cases[i].given);
			assert_int_equal(inv->gateway.n_lease_files, cases[i].n);
		} else {
			assert_int_equal(diags.errors, 1);
			assert_int_equal(diags.items[0].line, 2);
		}
		if (cases[i].n)
			assert_string_equal(inv->gateway.lease_files[1].path, "/tmp/./b");
		iotguard_inventory_free(inv);
		ig_diags_clear(&diags);
	}
}

/* A machine without addresses gets some, unless DHCP is switched off where it is. */
static void test_machines_without_addresses(void **state)
{
	static const char text[] = "version: 1\n"
				   "segments:\n"
				   "  a: {interfaces: [lan0]}\n"
				   "  b: {interfaces: [lan1], infrastructure: {dhcp: false}}\n"
				   "devices:\n"
				   "  one: {mac: '02:00:5e:10:00:01', segment: a}\n"
				   "  two: {mac: '02:00:5e:10:00:02', segment: b}\n"
				   "  three: {mac: '02:00:5e:10:00:03', segment: b,"
				   " addresses: [192.0.2.3]}\n";
	struct iotguard_inventory *inv;
	struct ig_diags diags = {0};

	(void)state;
	assert_int_equal(load_text(&diags, text, strlen(text), &inv), 0);
	assert_int_equal(ig_compile_check(&diags, inv), 0);
	assert_int_equal(diags.count, 1);
	assert_int_equal(diags.items[0].line, 7);
	assert_non_null(strstr(diags.items[0].message, "DHCP"));
	assert_non_null(diags.items[0].hint);
	iotguard_inventory_free(inv);
	ig_diags_clear(&diags);
}

/* Files that would make the YAML parser take gigabytes or hours. */
static void test_hostile_files_are_quick(void **state)
{
	static const struct {
		const char *start, *repeated, *message;
	} cases[] = {
		{"", "[", "8388608 bytes in one line: 7340032 more than the limit of 1048576"},
		{"", "[\n", "nested more than 64 deep"},
		{"", "{a:\n", "nested more than 64 deep"},
		{"", "- ", "bytes in one line: "},
		{"x-a: |\n", " \n",
		 "4194300 blank lines in a row: 4194200 more than the limit of 100"},
		{"x-a: \"", "\n", "blank lines in a row: "},
		{"", "%TAG !a! b\n", "begin with %"},
		{"x-a: '", "''", "bytes in one line: "},
		{"x-a: '", "''\n ", "without closing quote"},
		{"x-a: |\n", " a\n",
		 "a value of 5592400 bytes: 5526864 more than the limit of 65536"},
		{"x-a: &a [a]\nx-b:\n", "- &a a\n", "name is taken already"},
		{"", "---\n", "second document"},
		{"", "\xef\xbb\xbf", "bytes in one line: "},
	};
	const size_t size = 8u << 20;
	char *text = malloc(size);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t start = strlen(cases[i].start), step = strlen(cases[i].repeated),
		       used = start;
		struct iotguard_inventory *inv;
		struct ig_diags diags = {0};

		memcpy(text, cases[i].start, start);
		for (; used + step <= size; used += step)
			memcpy(text + used, cases[i].repeated, step);
		assert_int_equal(load_text(&diags, text, used, &inv), -EINVAL);
		if (!strstr(diags.items[0].message, cases[i].message))
			fail_msg("%s: %s", cases[i].message, diags.items[0].message);
		ig_diags_clear(&diags);
	}
	free(text);
}

/* Every beginning of a file is a file: it loads or is refused, and nothing worse. */
static void test_cut_anywhere(void **state)
{
	char *text = slurp(DATA "good/design.yaml");

	(void)state;
	for (size_t size = 0; size < strlen(text); size++) {
		struct iotguard_inventory *inv;
		struct ig_diags diags = {0};
		int r = load_text(&diags, text, size, &inv);

		assert_int_equal(!r, !diags.errors);
		iotguard_inventory_free(inv);
		ig_diags_clear(&diags);
	}
	free(text);
}

/* As model names: what is read from each way to write a text. */
static void test_quotes(void **state)
{
	static const struct {
		const char *written, *read;
	} cases[] = {
		{"plain text", "plain text"},
		{"a # comment", "a"},
		{"'it''s'", "it's"},
		{"'''''x'''''", "''x''"},
		{"''''", "'"},
		{"'a\n     b'", "a b"},
		{"'a  \r\n     b'", "a b"},
		{"\"\\u00e4 \\\"b\\\" \\\\\"", "\xc3\xa4 \"b\" \\"},
		{"\"a\n     b\"", "a b"},
		{">-\n     a\n     b", "a b"},
		{"|-\n     a", "a"},
		{"4.20", "4.20"},
		{"0x1F", "0x1F"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iotguard_inventory *inv;
		struct ig_diags diags = {0};
		char text[512];

		snprintf(text, sizeof(text),
			 "version: 1\nsegments: {s: {interfaces: [lan0]}}\ndevices:\n  d:\n"
			 "    mac: 02:00:00:00:00:01\n    segment: s\n    model: %s\n",
			 cases[i].written);
		if (load_text(&diags, text, strlen(text), &inv))
			fail_msg("%s: %s", cases[i].written, diags.items[0].message);
		assert_string_equal(inv->machines[0].model, cases[i].read);
		iotguard_inventory_free(inv);
	}
}

static void test_beyond_the_limits(void **state)
{
	struct iotguard_inventory *inv;
	struct ig_diags diags = {0};
	const size_t size = (64u << 20) + 1;
	char *text = malloc(size);

	(void)state;
	memset(text, '#', size);
	assert_int_equal(load_text(&diags, text, size, &inv), -EFBIG);
	assert_non_null(
		strstr(diags.items[0].message, "67108865 bytes: 1 more than the limit of 64 MiB"));
	ig_diags_clear(&diags);
	/* As many values as fit into the file: refused for their number. */
	memcpy(text, "version: 1\nx-a:\n", 16);
	for (size_t at = 16; at + 4 <= size - 1; at += 4)
		memcpy(text + at, "- a\n", 4);
	assert_int_equal(load_text(&diags, text, (size - 1) / 4 * 4, &inv), -EINVAL);
	assert_non_null(strstr(diags.items[0].message, "4194304 values"));
	ig_diags_clear(&diags);
	free(text);
}

static void test_ten_thousand_devices(void **state)
{
	struct iotguard_inventory *inv;
	struct ig_diags diags = {0};
	char *text = NULL, name[32];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fputs("version: 1\nsegments: {s: {interfaces: [lan0]}}\ndevices:\n", out);
	for (int i = 0; i < 10000; i++)
		fprintf(out,
			"  d%d: {mac: '02:00:00:00:%02x:%02x', addresses: [10.0.%d.%d], segment: s}\n",
			i, i >> 8, i & 255, i >> 8, i % 256 | (i < 256 && !i));
	fclose(out);
	assert_int_equal(load_text(&diags, text, size, &inv),
			 -EINVAL); /* d0 and d1 have the same address */
	assert_int_equal(diags.errors, 1);
	ig_diags_clear(&diags);
	free(text);

	out = open_memstream(&text, &size);
	fputs("version: 1\nsegments: {s: {interfaces: [lan0]}}\ndevices:\n", out);
	for (int i = 0; i < 10000; i++)
		fprintf(out,
			"  d%d: {mac: '02:00:00:00:%02x:%02x', segment: s, rules: [allow to device:d%d]}\n",
			i, i >> 8, i & 255, 9999 - i);
	fclose(out);
	assert_int_equal(load_text(&diags, text, size, &inv), 0);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		assert_ptr_equal(ig_inventory_machine(inv, false, name), &inv->machines[i]);
	}
	iotguard_inventory_free(inv);
	ig_diags_clear(&diags);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_ones_load),
		cmocka_unit_test(test_bad_ones_say_why),
		cmocka_unit_test(test_model_of_the_large_example),
		cmocka_unit_test(test_other_kinds_of_files),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_lease_files),
		cmocka_unit_test(test_machines_without_addresses),
		cmocka_unit_test(test_hostile_files_are_quick),
		cmocka_unit_test(test_beyond_the_limits),
		cmocka_unit_test(test_ten_thousand_devices),
	};

	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
