/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader of plain files against libfyaml: what both read is the same tree, to each position, and what is said of
 * a file does not depend on who read it. Files are those of the other tests, bent by chance, and random ones whose
 * every line is nearly plain.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "random.h"
#include "util.h"
#include "yaml_internal.h"

#define BYTES_MAX 65536

static unsigned int plain, others;

static bool same_trees(const struct ig_node *a, const struct ig_node *b)
{
	for (; a && b; a = a->next, b = b->next) {
		if (a->type != b->type || a->plain != b->plain || a->block != b->block ||
		    a->offset != b->offset || a->count != b->count || a->weight != b->weight)
			return false;
		if (a->type == IG_NODE_SCALAR ? strcmp(a->text, b->text)
					      : !same_trees(a->first, b->first))
			return false;
	}
	return !a && !b;
}

static int parse(struct ig_yaml_set *set, const char *text, size_t size, struct ig_yaml **doc)
{
	char *bytes = malloc(size + 1);

	assert_non_null(bytes);
	memcpy(bytes, text, size);
	bytes[size] = '\0';
	return ig_yaml_parse(set, "x", bytes, size, doc);
}

static bool same_diags(const struct ig_diags *a, const struct ig_diags *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct iotguard_diag *x = &a->items[i], *y = &b->items[i];

		if (x->line != y->line || x->column != y->column || strcmp(x->message, y->message))
			return false;
	}
	return true;
}

/* Is it read by the reader of plain files alone? */
static bool is_plain(const char *text, size_t size)
{
	struct ig_diags diags = {0};
	struct ig_yaml_set set = {.diags = &diags};
	struct ig_yaml doc = {.name = "x", .bytes = strndup(text, size), .size = size};
	struct ig_yaml_builder b = {.set = &set, .doc = &doc};
	int r = ig_yaml_scan_text(&set, &doc);

	r = r ? r : ig_yaml_read_plain(&b);
	ig_yaml_forget(&doc);
	free(doc.marks);
	free(doc.bytes);
	ig_diags_clear(&diags);
	return !r;
}

static void compare(const char *text, size_t size)
{
	struct ig_diags diags[2] = {{0}, {0}};
	struct ig_yaml_set quick = {.diags = &diags[0]},
			   thorough = {.diags = &diags[1], .thorough = true};
	struct ig_yaml *docs[2];
	int r = parse(&quick, text, size, &docs[0]),
	    demanded = parse(&thorough, text, size, &docs[1]);

	if (r != demanded || !same_diags(&diags[0], &diags[1]) ||
	    (!r && !same_trees(docs[0]->root, docs[1]->root)) || quick.weight != thorough.weight)
		fail_msg("read differently:\n%.*s", (int)size, text);
	ig_yaml_set_clear(&quick);
	ig_yaml_set_clear(&thorough);
	ig_diags_clear(&diags[0]);
	ig_diags_clear(&diags[1]);
}

/* What is not plain goes one way only; and libfyaml 0.7.12 does not always say the same of blocks of text. */
static void compare_plain(const char *text, size_t size)
{
	if (!is_plain(text, size)) {
		others++;
		return;
	}
	plain++;
	compare(text, size);
}

/* --- files that there are, and bent ones --- */

static const char *const pieces[] = {
	"\n", " ", "  ",  "- ",	  ": ",	  ":",	 "#",	     " #",	 "'",
	"\"", "[", "]",	  "{",	  "}",	  ",",	 "&a",	     "*a",	 "!t",
	"|",  ">", "\t",  "\r\n", "~",	  "...", "---",	     "%",	 "\\n",
	"''", "a", "key", "\n- ", "\n  ", "?",	 "\xc3\xa9", "\xc2\x85", "\xe2\x80\xa8"};

static size_t bend(const char *text, size_t size, char *out)
{
	size_t at = chance((uint32_t)size + 1), cut = chance(3) ? 0 : chance(4), used;
	const char *piece = one_of(pieces);

	if (cut > size - at)
		cut = size - at;
	memcpy(out, text, at);
	used = at + (size_t)sprintf(out + at, "%s", chance(4) ? piece : "");
	memcpy(out + used, text + at + cut, size - at - cut);
	return used + size - at - cut;
}

static void visit(const char *path)
{
	static char text[BYTES_MAX], bent[BYTES_MAX + 64];
	FILE *file = fopen(path, "r");
	size_t size;

	assert_non_null(file);
	size = fread(text, 1, BYTES_MAX, file);
	fclose(file);
	compare(text, size);
	for (int i = 0; i < 200; i++)
		compare_plain(bent, bend(text, size, bent));
}

static void visit_all(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, alphasort);

	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');
		char path[512];

		snprintf(path, sizeof(path), "%s%s", directory, entries[i]->d_name);
		if (dot && !strcmp(dot, ".yaml"))
			visit(path);
		free(entries[i]);
	}
	free(entries);
}

static void test_files(void **state)
{
	(void)state;
	visit_all("examples/");
	visit_all("tests/data/inventories/good/");
	visit_all("tests/data/inventories/good/included/");
	visit_all("tests/data/inventories/bad/");
	assert_true(plain > 100);
	assert_true(others > 100);
}

/* --- random ones --- */

static const char *const keys[] = {"a",	 "b",	 "c",	"rules", "x-note", "device_1",
				   "10", "true", "d.e", "é",	 "<<",	   "'q'"};
static const char *const values[] = {
	"a",
	"10",
	"true",
	"null",
	"~",
	"0x1f",
	"a b  c",
	"tcp/443,8000-8010",
	"\"q\"",
	"'q'",
	"\"\"",
	"''",
	"\"a: b #c\"",
	"'it''s'",
	"\"\\n\"",
	"[]",
	"{}",
	"[a, b]",
	"[a,b]",
	"[ a , b ]",
	"{a: b}",
	"{ a: b }",
	"{a: [b]}",
	"[{a: b}, c]",
	"{a: b, a: c}",
	"[a,]",
	"[a: b]",
	"[fd00::1]",
	"[fd00::]",
	"{a:b}",
	"{a: }",
	"[\"a\", 'b' ]",
	"fd00::1",
	"02:00:5e",
	"a#b",
	"a #b",
	"a: b",
	"a:",
	"é",
	"allow to any because \"x, y\"",
	"a\"b",
	"a'b",
	"a[b]{c},d",
	"*a",
	"&a b",
	"!t b",
	"|",
	">-",
	"- a",
	"[a",
	"a]",
	"@",
	"%",
	"/a",
	".a",
	"*.vendor.example",
	"-1",
	"a \"",
	"[a #b]",
	"[a#b]",
	"[a b, \"c\"d]",
	"\"a\"b",
	"[[a], [b]]",
	"{a: b c, d: \"e\"}",
};
static const char *const tails[] = {"", "", "", "", " ", "  # x", " #", "#x", "\t", " x"};

static size_t make(char *out)
{
	size_t used = 0;

	for (uint32_t n = 1 + chance(5); n; n--) {
		used += (size_t)sprintf(out + used, "%*s",
					(int)(chance(3) ? 2 * chance(3) : chance(6)), "");
		if (!chance(12)) {
			used += (size_t)sprintf(out + used, "%s", chance(2) ? "# x: y" : "");
		} else if (chance(3)) {
			used += (size_t)sprintf(out + used, "%s:", one_of(keys));
			if (chance(3))
				used += (size_t)sprintf(out + used, "%s%s", chance(9) ? " " : "   ",
							one_of(values));
		} else {
			used += (size_t)sprintf(out + used, "%s%s", chance(9) ? "- " : "-   ",
						one_of(values));
		}
		used += (size_t)sprintf(out + used, "%s%s", one_of(tails),
					n > 1 || chance(4) ? "\n" : "");
	}
	return used;
}

static void test_random_files(void **state)
{
	char text[4096];

	(void)state;
	plain = others = 0;
	for (int i = 0; i < 300000; i++)
		compare_plain(text, make(text));
	assert_true(plain > 3000);
	assert_true(others > 1000);
}

/* Random files rarely are both large and right: these are. */
static void make_right(char *out, size_t *used, unsigned int indent, unsigned int depth)
{
	static const char *const right[] = {
		"a",  "a b",	"\"q: #\"", "'q'", "[]",    "[a, \"b\"]",
		"{}", "{a: b}", "fd00::1",  "a#b", "a # b", "{a: [b, c], d: {e: f}}"};
	uint32_t n = 1 + chance(4);
	bool list = chance(2) && depth;

	for (uint32_t i = 0; i < n; i++) {
		if (list) {
			*used += (size_t)sprintf(out + *used, "%*s- %s\n", indent, "",
						 one_of(right));
			continue;
		}
		*used += (size_t)sprintf(out + *used, "%*skey%u:", indent, "", i);
		if (depth == 4 || chance(2)) {
			*used += (size_t)sprintf(out + *used, " %s\n", one_of(right));
			continue;
		}
		*used += (size_t)sprintf(out + *used, "%s\n%s", chance(2) ? "" : "  # x",
					 chance(3) ? "" : "\n");
		make_right(out, used, indent + 1 + chance(4), depth + 1);
	}
}

static void test_right_files_are_plain(void **state)
{
	static char text[BYTES_MAX];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		size_t used = 0;

		make_right(text, &used, 0, 0);
		assert_true(is_plain(text, used));
		compare(text, used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_random_files),
		cmocka_unit_test(test_right_files_are_plain),
	};

	seed = 0x59414d4c;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
