/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a MUD file: refused with errors, or entries within the limits that become rules which read back as they
 * were written; and a device that has the file in an inventory can be compiled, or it is said why not.
 *
 * With -fsanitize=fuzzer a fuzzer; with -DREPLAYER a program that runs the files it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compile.h"
#include "findings.h"
#include "inventory.h"
#include "mud_rules.h"
#include "policy.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

static void check_diags(const struct ig_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		const struct iotguard_diag *diag = &diags->items[i];

		require(diag->message[0] && ig_text_printable(diag->message), "a message",
			diag->message);
		require(!diag->hint || ig_text_printable(diag->hint), "a hint", diag->hint);
	}
}

/* What is asked for in a match is there, once, and no more of it than there is room for. */
static size_t check_file(const struct ig_mud *mud)
{
	size_t n = 0;

	require(mud->url && mud->authority && *mud->authority, "a file without", "a URL");
	for (size_t i = 0; i < mud->n_acls; i++) {
		for (size_t k = 0; k < mud->acls[i].n_aces; k++)
			require(mud->acls[i].aces[k].name != NULL, "an entry without", "a name");
		n += mud->acls[i].n_aces;
	}
	require(n <= IG_MUD_ACES_MAX, "too many", "entries");
	return n;
}

static void round_trip(const struct ig_rule *rule)
{
	static char text[IG_RULE_TEXT_MAX], again[IG_RULE_TEXT_MAX];
	struct ig_rule_error error;
	struct ig_rule read = {0};

	require(ig_rule_print(rule, text, sizeof(text)) < sizeof(text), "too long", text);
	require(ig_text_printable(text), "not to be printed", text);
	require(!ig_rule_parse(text, &read, &error), "does not read back", text);
	require(ig_rule_equal(rule, &read), "reads back to another rule", text);
	ig_rule_print(&read, again, sizeof(again));
	require(!strcmp(text, again), "prints differently", text);
	ig_rule_clear(&read);
}

static void check_rulings(const struct ig_mud_rules *made)
{
	size_t n = 0;

	for (size_t i = 0; i < made->n_rulings; i++) {
		const struct ig_mud_ruling *ruling = &made->rulings[i];
		bool accepts = ruling->ace->forwarding == IG_MUD_ACCEPT;

		require(ruling->first == n && ruling->count <= 2, "the rules of", ruling->ace->name);
		require((ruling->fate == IG_MUD_RULES) == (ruling->count > 0), "a fate without its rules",
			ruling->ace->name);
		require(!(accepts && ruling->wider), "an accept that is wider", ruling->why);
		for (size_t k = n; k < n + ruling->count; k++)
			require((made->rules.items[k].action == IG_RULE_ALLOWS) == accepts, "turned round",
				ruling->ace->name);
		n += ruling->count;
	}
	require(n == made->rules.count, "rules of", "no entry");
	for (size_t i = 0; i < made->rules.count; i++)
		round_trip(&made->rules.items[i]);
}

static bool read_alone(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* of just that size: whoever reads on is seen */
	struct ig_diags diags = {0};
	struct ig_mud_rules made;
	struct ig_mud mud;
	bool good;

	if (!copy)
		return false;
	memcpy(copy, data, size);
	good = !ig_mud_read(&diags, "thing.json", copy, size, &mud);
	require(good ? !diags.errors : diags.errors && !mud.url, "an error without", "its words");
	check_diags(&diags);
	for (int allowed = 0; allowed < 2 && good; allowed++) {
		const struct ig_mud_terms terms = {"thing.json", allowed};

		check_file(&mud);
		require(!ig_mud_translate(&mud, &terms, &made), "no", "translation");
		check_rulings(&made);
		ig_mud_rules_clear(&made);
	}
	ig_mud_clear(&mud);
	ig_diags_clear(&diags);
	free(copy);
	return good;
}

static const char inventory[] =
	"version: 1\n"
	"gateway: {addresses: [192.0.2.1, '2001:db8::1'], resolvers: [192.0.2.1]}\n"
	"segments: {lan: {interfaces: [lan0], networks: [192.0.2.0/24, '2001:db8::/64']}}\n"
	"controllers: {urn:a: [device:b, gateway]}\n"
	"devices:\n"
	"  a: {mac: '02:00:5e:10:00:01', segment: lan, mud: %s, my-controllers: [device:b]}\n"
	"  b: {mac: '02:00:5e:10:00:02', segment: lan, mud: {source: %s, private-addresses: allow},\n"
	"      manufacturer: things.example, rules: [allow to same-manufacturer, deny to internet]}\n";

/* In memory, under a path that others can open. */
static int file_of(const void *bytes, size_t size, char path[64])
{
	int fd = memfd_create("thing", 0);

	require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size, "no", "file");
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void compile(struct iotguard_inventory *inv, struct ig_diags *diags)
{
	struct ig_image image;
	uint32_t indices[2], rings[2];
	struct ig_site site = {.indices = indices, .rings = rings};

	if (ig_compile_check(diags, inv))
		return;
	ig_findings(diags, inv);
	ig_policy_place(inv, indices, rings);
	if (!ig_compile(diags, inv, &site, &image))
		ig_image_clear(&image);
}

static void of_devices(const uint8_t *data, size_t size)
{
	char path[64], text_path[64], text[sizeof(inventory) + 128];
	struct iotguard_inventory *inv = NULL;
	struct ig_diags diags = {0};
	int fd = file_of(data, size, path), text_fd;

	snprintf(text, sizeof(text), inventory, path, path);
	text_fd = file_of(text, strlen(text), text_path);
	require(!ig_inventory_load(&diags, text_path, &inv) == !diags.errors, "an error without",
		"its words");
	if (inv)
		compile(inv, &diags);
	check_diags(&diags);
	iotguard_inventory_free(inv);
	ig_diags_clear(&diags);
	close(text_fd);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (read_alone(data, size))
		of_devices(data, size);
	return 0;
}

#ifdef REPLAYER
#include "replayer.h"
#endif
