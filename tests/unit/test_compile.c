/* SPDX-License-Identifier: BSD-2-Clause */
/* What a compiled policy says about ports and lists, before any kernel reads it. */
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

#include "iotguard/iotguard.h"
#include "policy.h"
#include "sha256.h"
#include "util.h"

struct compiled {
	struct iotguard *ig;
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy;
	int err;
};

static void compile(struct compiled *c, const char *text)
{
	char path[] = "/tmp/iotguard-test-XXXXXX";
	int fd = mkstemp(path);

	*c = (struct compiled){};
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(iotguard_open(&c->ig, NULL), 0);
	assert_int_equal(iotguard_inventory_load(c->ig, path, &c->inv), 0);
	unlink(path);
	c->err = iotguard_policy_compile(c->ig, c->inv, &c->policy);
}

static void compiled_free(struct compiled *c)
{
	iotguard_policy_free(c->policy);
	iotguard_inventory_free(c->inv);
	iotguard_close(c->ig);
}

/* --- unknown devices --- */

/* Of a port, or of all that is none (@interface NULL). */
static int unknown_at(const struct ig_image *image, const char *interface)
{
	for (size_t i = 0; i < image->n_ports; i++) {
		const struct ig_image_port *port = &image->ports[i];
		bool same = interface ? port->interface && !strcmp(port->interface, interface)
				      : !port->interface;

		if (same && port->vlan[0] != IG_GUARDED)
			return port->port.unknown;
	}
	fail_msg("no port %s", interface ? interface : "of no segment");
	return -1;
}

static void test_who_gets_to_know_strangers(void **state)
{
	struct compiled c;

	(void)state;
	compile(&c, "version: 1\n"
		    "defaults: {unknown-devices: onboard}\n"
		    "segments:\n"
		    "  hall: {interfaces: [lan0], infrastructure: {dns: false}}\n"
		    "  ward: {interfaces: [lan1], unknown-devices: drop}\n"
		    "  lab: {interfaces: [lan2], unknown-devices: monitor}\n");
	assert_int_equal(c.err, 0);
	assert_int_equal(unknown_at(&c.policy->image, "lan0"), IG_UNKNOWN_ONBOARD);
	assert_int_equal(unknown_at(&c.policy->image, "lan1"), IG_UNKNOWN_DROP);
	assert_int_equal(unknown_at(&c.policy->image, "lan2"), IG_UNKNOWN_MONITOR);
	/* where no segment is, there is no infrastructure to use */
	assert_int_equal(unknown_at(&c.policy->image, NULL), IG_UNKNOWN_DROP);
	compiled_free(&c);
	compile(&c, "version: 1\n"
		    "defaults: {unknown-devices: monitor}\n"
		    "segments: {hall: {interfaces: [lan0], unknown-devices: onboard}}\n");
	assert_int_equal(unknown_at(&c.policy->image, "lan0"), IG_UNKNOWN_ONBOARD);
	assert_int_equal(unknown_at(&c.policy->image, NULL), IG_UNKNOWN_MONITOR);
	compiled_free(&c);
}

/* --- how long a list may be --- */

static char *with_rules(unsigned int n)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fputs("version: 1\n"
	      "gateway: {management: ['allow from any tcp/22']}\n"
	      "segments: {hall: {interfaces: [lan0]}}\n"
	      "hosts: {h: {mac: '02:00:00:00:00:01', addresses: [10.0.0.1], segment: hall,\n"
	      "            rules: [allow from any",
	      f);
	for (unsigned int i = 0; i < n; i++)
		fprintf(f, ", allow to any tcp/%u", 1000 + i);
	fputs("]}}\n", f);
	fclose(f);
	return text;
}

static void test_the_limit_holds_with_management(void **state)
{
	_free_ char *most = with_rules(IG_MAX_RULES - 1), *more = with_rules(IG_MAX_RULES);
	struct compiled c;

	(void)state;
	compile(&c, most);
	assert_int_equal(c.err, 0);
	compiled_free(&c);
	compile(&c, more);
	assert_int_equal(c.err, -E2BIG);
	assert_non_null(
		strstr(iotguard_diag_get(c.ig, 0)->message, "1 more than the limit of 1024"));
	compiled_free(&c);
}

/* --- the same in other places --- */

static void digest_of(const struct ig_image *image, uint8_t digest[32])
{
	const struct ig_pool *pools[] = {&image->policy, &image->dictionary};
	struct ig_sha256 sha;

	ig_image_digest(image, digest);
	ig_sha256_init(&sha);
	ig_sha256_update(&sha, digest, 32);
	for (size_t i = 0; i < ARRAY_SIZE(pools); i++)
		ig_sha256_update(&sha, pools[i]->blocks, pools[i]->count * sizeof(struct ig_block));
	ig_sha256_final(&sha, digest);
}

/* @turned: every machine has another index. */
static void digest_at(const struct compiled *c, bool turned, const struct ig_image *like,
		      uint8_t digest[32])
{
	size_t n = c->inv->n_machines;
	_free_ uint32_t *indices = calloc(n, sizeof(*indices));
	_free_ uint32_t *rings = calloc(n, sizeof(*rings));
	struct ig_site site = {.indices = indices, .rings = rings, .like = like};
	struct ig_diags diags = {0};
	struct ig_image image;

	assert_true(indices && rings);
	ig_policy_place(c->inv, indices, rings);
	for (size_t i = 0; i < n && turned; i++)
		indices[i] = 3 * (n - i);
	assert_int_equal(ig_compile(&diags, c->inv, &site, &image), 0);
	digest_of(&image, digest);
	ig_image_clear(&image);
	ig_diags_clear(&diags);
}

/* What is taken from another image is what would have been compiled. */
static void test_taken_from_another_image(void **state)
{
	static const char *const paths[] = {"examples/home.yaml", "examples/ward.yaml"};
	uint8_t digests[4][32];
	struct compiled c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		c = (struct compiled){};
		assert_int_equal(iotguard_open(&c.ig, NULL), 0);
		assert_int_equal(iotguard_inventory_load(c.ig, paths[i], &c.inv), 0);
		assert_int_equal(iotguard_policy_compile(c.ig, c.inv, &c.policy), 0);
		for (int k = 0; k < 4; k++)
			digest_at(&c, k / 2, k % 2 ? &c.policy->image : NULL, digests[k]);
		assert_memory_equal(digests[0], digests[1], 32);
		assert_memory_equal(digests[2], digests[3], 32);
		assert_memory_not_equal(digests[0], digests[2], 32);
		compiled_free(&c);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken_from_another_image),
		cmocka_unit_test(test_who_gets_to_know_strangers),
		cmocka_unit_test(test_the_limit_holds_with_management),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
