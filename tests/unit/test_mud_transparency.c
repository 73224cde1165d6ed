/* SPDX-License-Identifier: BSD-2-Clause */
/* Links of RFC 9472: each kind is read, in its types and bounds, and what is none is left out without harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mud.h"
#include "util.h"

static struct ig_diags diags;
static struct ig_mud mud;

/* @key: of the node; @value: what stands there. */
static void read_node(const char *key, const char *value)
{
	_free_ char *text = NULL;

	ig_diags_clear(&diags);
	ig_mud_clear(&mud);
	assert_true(
		asprintf(&text,
			 "{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"https://a.example/\","
			 "\"last-update\":\"2026-01-01T00:00:00Z\",\"%s\":%s},"
			 "\"ietf-access-control-list:acls\":{\"acl\":[]}}",
			 key, value) > 0);
	assert_int_equal(ig_mud_read(&diags, "x.json", text, strlen(text), &mud), 0);
	assert_int_equal(diags.errors, 0);
}

static void read_value(const char *value)
{
	read_node("ietf-mud-transparency:transparency", value);
}

static void has(size_t i, enum ig_mud_link_kind kind, const char *uri, const char *version)
{
	assert_true(i < mud.n_links);
	assert_int_equal(mud.links[i].kind, kind);
	assert_string_equal(mud.links[i].uri, uri);
	if (version)
		assert_string_equal(mud.links[i].version, version);
	else
		assert_null(mud.links[i].version);
}

static void test_each_kind(void **state)
{
	(void)state;
	read_value("{\"sboms\":[{\"version-info\":\"1.1\",\"sbom-url\":\"https://a.example/1\"},"
		   "{\"version-info\":\"1.2\",\"sbom-url\":\"https://a.example/2\"}],"
		   "\"sbom-archive-list\":\"https://a.example/all\","
		   "\"vuln-url\":[\"https://a.example/v1\",\"https://a.example/v2\"]}");
	assert_int_equal(mud.n_links, 5);
	has(0, IG_MUD_SBOM, "https://a.example/1", "1.1");
	has(1, IG_MUD_SBOM, "https://a.example/2", "1.2");
	has(2, IG_MUD_SBOM_ARCHIVE, "https://a.example/all", NULL);
	has(3, IG_MUD_VULN, "https://a.example/v1", NULL);
	has(4, IG_MUD_VULN, "https://a.example/v2", NULL);
	assert_int_equal(diags.count, 0);
	read_value(
		"{\"sbom-local-well-known\":\"ietf-mud-transparency:coaps\",\"vuln-contact-uri\":\"mailto:a@a.example\"}");
	assert_int_equal(mud.n_links, 2);
	has(0, IG_MUD_SBOM_LOCAL, "coaps", NULL);
	has(1, IG_MUD_VULN_CONTACT, "mailto:a@a.example", NULL);
	read_value("{\"sbom-contact-uri\":\"tel:+49-30-1\"}");
	has(0, IG_MUD_SBOM_CONTACT, "tel:+49-30-1", NULL);
	read_node("transparency", "{\"ietf-mud-transparency:vuln-url\":\"HTTPS://a.example/\"}");
	has(0, IG_MUD_VULN, "HTTPS://a.example/", NULL);
}

static void test_none(void **state)
{
	(void)state;
	read_value("{}");
	assert_int_equal(mud.n_links, 0);
	assert_int_equal(diags.count, 0);
	read_node("systeminfo", "\"nothing of the kind\"");
	assert_int_equal(mud.n_links, 0);
	assert_int_equal(diags.count, 0);
}

/* A warning, and nothing of it is kept. */
static void test_what_is_none(void **state)
{
	static const char *const values[] = {
		"7",
		"[]",
		"\"https://a.example/\"",
		"{\"sboms\":{}}",
		"{\"sboms\":[{\"version-info\":\"1\"}]}",
		"{\"sboms\":[7]}",
		"{\"sboms\":[{\"sbom-url\":[\"https://a.example/\"]}]}",
		"{\"sbom-local-well-known\":\"gopher\"}",
		"{\"sbom-local-well-known\":7}",
		"{\"sbom-contact-uri\":\"\"}",
		"{\"sbom-contact-uri\":\"mailto:\"}",
		"{\"vuln-url\":\"file:///etc/passwd\"}",
		"{\"vuln-url\":\"javascript:alert(1)\"}",
		"{\"vuln-url\":\"//a.example/\"}",
		"{\"vuln-url\":\"https://a.example/ b\"}",
		"{\"vuln-url\":\"https://a.example/\\u001b[2J\"}",
		"{\"vuln-url\":\"https://a.example/\\u202e\"}",
		"{\"vuln-url\":{\"a\":1}}",
		"{\"vuln-url\":[null]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		read_value(values[i]);
		if (mud.n_links || diags.count != 1)
			fail_msg("%s: %zu links, %zu warnings", values[i], mud.n_links,
				 diags.count);
	}
}

static void test_bounds(void **state)
{
	_free_ char *long_uri = NULL, *many = NULL;
	size_t size;
	FILE *f;

	(void)state;
	assert_true(asprintf(&long_uri, "{\"vuln-url\":\"https://a.example/%0*d\"}",
			     IG_MUD_TEXT_MAX, 0) > 0);
	read_value(long_uri);
	assert_int_equal(mud.n_links, 0);
	assert_int_equal(diags.count, 1);
	f = open_memstream(&many, &size);
	assert_non_null(f);
	fputs("{\"vuln-url\":[", f);
	for (int i = 0; i < 2 * IG_MUD_LINKS_MAX; i++)
		fprintf(f, "%s\"https://a.example/%d\"", i ? "," : "", i);
	fputs("]}", f);
	assert_int_equal(fclose(f), 0);
	read_value(many);
	assert_int_equal(mud.n_links, IG_MUD_LINKS_MAX);
	assert_int_equal(diags.count, 1);
}

static int tidy(void **state)
{
	(void)state;
	ig_diags_clear(&diags);
	ig_mud_clear(&mud);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, tidy);
}
