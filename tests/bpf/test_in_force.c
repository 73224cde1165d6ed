/* SPDX-License-Identifier: BSD-2-Clause */
/* A policy is recognised as the one in force, and is not where one byte of it is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "generation.h"
#include "in_force.h"
#include "policy.h"
#include "util.h"
#include "world.h"

#define DEVICES 200
#define RULES	40 /* each another one, so that blocks are more than are read at once */

static struct lab lab;
static struct iotguard_inventory *inv;
static struct iotguard_policy *policy;

static char *write_inventory(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	fprintf(f,
		"version: 1\nsegments: {lan: {interfaces: [lan0], networks: [10.0.0.0/16]}}\ndevices:\n");
	for (int i = 0; i < DEVICES; i++) {
		fprintf(f, "  d%d:\n    mac: '02:00:00:00:01:%02x'\n    segment: lan\n    rules:\n",
			i, i);
		for (int k = 0; k < RULES; k++)
			fprintf(f, "      - allow to 192.0.%d.%d tcp/%d\n", i, k, 1000 + k);
	}
	assert_int_equal(fclose(f), 0);
	return text;
}

static int setup(void **state)
{
	_free_ char *text = write_inventory();

	(void)state;
	lab_open_empty(&lab, DEVICES, 65536, true);
	world_load(lab.ig, text, &inv, &policy);
	assert_int_equal(ig_generation_write(&lab.object, &policy->image, 1, NULL, NULL), 0);
	lab_flip(&lab);
	assert_true(policy->image.policy.count > 4096);
	assert_true(policy->image.dictionary.count > 4096);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
	lab_close(&lab);
	return 0;
}

static bool in_force(void)
{
	return ig_image_in_force(&lab.object, &policy->image);
}

static void turn(void *byte)
{
	*(uint8_t *)byte ^= 1;
}

/* It is another one as long as that byte is. */
static void tells(void *byte)
{
	turn(byte);
	assert_false(in_force());
	turn(byte);
	assert_true(in_force());
}

static void test_the_same(void **state)
{
	(void)state;
	assert_true(in_force());
	assert_true(ig_inventory_in_force(&lab.object, inv));
}

static void test_another_block(void **state)
{
	struct ig_pool *pools[] = {&policy->image.policy, &policy->image.dictionary};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pools); i++) {
		size_t behind = sizeof(struct ig_dict_header) / sizeof(struct ig_block);

		tells(&pools[i]->blocks[behind]);
		tells(&pools[i]->blocks[4095]);
		tells(&pools[i]->blocks[4096]);
		tells((uint8_t *)&pools[i]->blocks[pools[i]->count] - 1);
	}
}

static void test_another_row(void **state)
{
	struct ig_image *image = &policy->image;

	(void)state;
	tells(&image->devices[0]);
	tells((uint8_t *)&image->devices[image->n_devices] - 1);
	tells(&image->networks[0]);
	image->n_networks--;
	assert_false(in_force());
	image->n_networks++;
}

static void test_another_inventory(void **state)
{
	struct ig_dict_header *header = (struct ig_dict_header *)policy->image.dictionary.blocks;

	(void)state;
	tells(header->inventory);
	tells(&header->n_rules);
	header->applied_at++; /* whenever it was */
	assert_true(in_force());
	turn(inv->sha256);
	assert_false(ig_inventory_in_force(&lab.object, inv));
	turn(inv->sha256);
}

/* What is in force has more blocks in its maps than it needs, and never less than it has. */
static void test_more_blocks_than_there_are(void **state)
{
	struct ig_pool *pool = &policy->image.policy;
	struct ig_block *blocks = pool->blocks;
	size_t count = pool->count, more = 2 * count;

	(void)state;
	pool->blocks = calloc(more, sizeof(*blocks));
	assert_non_null(pool->blocks);
	memcpy(pool->blocks, blocks, count * sizeof(*blocks));
	pool->count = more;
	assert_false(in_force());
	free(pool->blocks);
	pool->blocks = blocks;
	pool->count = count;
	assert_true(in_force());
}

static void test_nothing_in_force(void **state)
{
	struct lab other;

	(void)state;
	lab_open_empty(&other, 64, 4096, true);
	assert_false(ig_image_in_force(&other.object, &policy->image));
	assert_false(ig_inventory_in_force(&other.object, inv));
	lab_close(&other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same),
		cmocka_unit_test(test_another_block),
		cmocka_unit_test(test_another_row),
		cmocka_unit_test(test_another_inventory),
		cmocka_unit_test(test_more_blocks_than_there_are),
		cmocka_unit_test(test_nothing_in_force),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
