/* SPDX-License-Identifier: BSD-2-Clause */
/* The names behind a policy's numbers: what was written is read; what others wrote does no harm. */
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

#include "dictionary.h"
#include "inventory.h"
#include "iotguard/iotguard.h"
#include "util.h"

static const char text[] = "version: 1\n"
			   "gateway: {name: gate}\n"
			   "segments:\n"
			   "  lan: {interfaces: [lan0, lan1]}\n"
			   "  shop: {interfaces: [lan2], unknown-devices: monitor}\n"
			   "profiles:\n"
			   "  p: {rules: [allow to any tcp/21, 'deny from any']}\n"
			   "devices:\n"
			   "  cam: {mac: '02:00:00:00:00:02', segment: lan, profile: p,\n"
			   "        environment: building, rules: [allow to any tcp/11]}\n"
			   "  nvr: {mac: '02:00:00:00:00:03', segment: shop, profile: p}\n"
			   "  bare: {mac: '02:00:00:00:00:04', segment: shop}\n"
			   "  far: {identify: address, router: 'device:nvr',\n"
			   "        addresses: [10.0.0.9]}\n";

static const uint32_t indices[] = {9, 4, 6, 11}; /* as a gateway gave them out */

/* The bytes, in memory of just that size: a reader that goes beyond is seen. */
static uint8_t *bytes;
static size_t size;

static int load(struct iotguard_inventory **inv)
{
	char path[] = "/tmp/iotguard-test-XXXXXX";
	struct ig_diags diags = {};
	int fd = mkstemp(path), err;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -1;
	close(fd);
	err = ig_inventory_load(&diags, path, inv);
	unlink(path);
	ig_diags_clear(&diags);
	return err;
}

static int build(void **state)
{
	struct iotguard_inventory *inv;
	struct ig_resolved resolved;
	struct ig_pool pool = {};
	int err = load(&inv);

	(void)state;
	err = err ?: ig_resolve(inv, &resolved);
	err = err ?: ig_dictionary_build(&pool, inv, &resolved, indices, 3, 5);
	if (err)
		return err;
	size = pool.count * sizeof(*pool.blocks);
	bytes = malloc(size);
	memcpy(bytes, pool.blocks, size);
	ig_pool_clear(&pool);
	ig_resolved_clear(&resolved);
	iotguard_inventory_free(inv);
	return 0;
}

static int unbuild(void **state)
{
	(void)state;
	free(bytes);
	return 0;
}

static void check_rule(const struct ig_dictionary *dict, uint32_t index, uint32_t id,
		       const char *sentence, unsigned int line)
{
	const struct ig_dict_device *device = ig_dict_device_find(dict, index);
	const struct ig_dict_rule *rule;

	assert_non_null(device);
	rule = ig_dict_rule_of(dict, device, id);
	if (!sentence) {
		assert_null(rule);
		return;
	}
	assert_non_null(rule);
	assert_string_equal(ig_dict_string(dict, rule->text), sentence);
	assert_int_equal(rule->line, line);
	assert_int_equal(rule->from, !!strstr(sentence, "from"));
	assert_non_null(strstr(ig_dict_string(dict, rule->file), "iotguard-test-"));
}

static void test_read_back(void **state)
{
	const struct ig_dict_device *device;
	struct ig_dictionary dict;

	(void)state;
	assert_int_equal(ig_dictionary_open(&dict, bytes, size), 0);
	assert_int_equal(dict.header.n_policies, 3);
	assert_int_equal(dict.header.n_rules, 5);
	assert_string_equal(ig_dict_string(&dict, dict.header.gateway), "gate");
	device = ig_dict_device_find(&dict, 9);
	assert_non_null(device);
	assert_string_equal(ig_dict_string(&dict, device->name), "cam");
	assert_string_equal(ig_dict_string(&dict, device->profile), "p");
	assert_string_equal(ig_dict_segment_name(&dict, device->segment), "lan");
	assert_int_equal(device->mac[5], 2);
	assert_int_equal(device->environment, IOTGUARD_ENV_BUILDING);
	assert_int_equal(ig_dict_rule_count(&dict, device), 3);
	check_rule(&dict, 9, 0, "allow to any tcp/11", 10);
	check_rule(&dict, 9, 1, "allow to any tcp/21", 7);
	check_rule(&dict, 9, 2, "deny from any", 7);
	check_rule(&dict, 9, 3, NULL, 0);
	check_rule(&dict, 9, IG_NO_RULE, NULL, 0);
	check_rule(&dict, 4, 1, "deny from any", 7);
	device = ig_dict_device_find(&dict, 6);
	assert_non_null(device);
	assert_string_equal(ig_dict_string(&dict, device->profile), "");
	assert_string_equal(ig_dict_segment_name(&dict, device->segment), "shop");
	assert_int_equal(ig_dict_rule_count(&dict, device), 0);
	assert_string_equal(ig_dict_string(&dict, device->router), "");
	device = ig_dict_device_find(&dict, 11);
	assert_non_null(device);
	assert_string_equal(ig_dict_string(&dict, device->router), "nvr");
	assert_string_equal(ig_dict_segment_name(&dict, device->segment), "shop");
	assert_memory_equal(device->mac, (uint8_t[6]){0}, 6);
	for (uint32_t index = 0; index < 13; index++)
		assert_int_equal(!ig_dict_device_find(&dict, index),
				 index != 9 && index != 4 && index != 6 && index != 11);
	assert_null(ig_dict_device_find(&dict, IG_ENTITY_GATEWAY));
	assert_string_equal(ig_dict_string(&dict, ig_dict_interface_at(&dict, 2)->name), "lan2");
	assert_null(ig_dict_interface_at(&dict, 3));
	assert_null(ig_dict_segment_name(&dict, 2));
}

static size_t sum;

static void read_string(const struct ig_dictionary *dict, uint32_t at)
{
	const char *string = ig_dict_string(dict, at);

	assert_non_null(string);
	sum += strlen(string);
}

/* Everything that a reader may ask. */
static void read_all(const void *data, size_t length)
{
	struct ig_dictionary dict;
	const struct ig_dict_device *device;
	const struct ig_dict_interface *interface;

	if (ig_dictionary_open(&dict, data, length))
		return;
	read_string(&dict, dict.header.path);
	read_string(&dict, dict.header.gateway);
	for (uint32_t i = 0; (device = ig_dict_device_at(&dict, i)); i++) {
		uint32_t rules = ig_dict_rule_count(&dict, device);
		const char *segment = ig_dict_segment_name(&dict, device->segment);

		read_string(&dict, device->name);
		read_string(&dict, device->profile);
		read_string(&dict, device->router);
		sum += segment ? strlen(segment) : 0;
		for (uint32_t id = 0; id <= rules; id++) {
			const struct ig_dict_rule *rule = ig_dict_rule_of(&dict, device, id);

			if (rule) {
				read_string(&dict, rule->text);
				read_string(&dict, rule->file);
			}
		}
		sum += ig_dict_rule_of(&dict, device, IG_NO_RULE) != NULL;
	}
	for (uint32_t i = 0; (interface = ig_dict_interface_at(&dict, i)); i++)
		read_string(&dict, interface->name);
	for (uint32_t index = 0; index < 12; index++)
		sum += ig_dict_device_find(&dict, index) != NULL;
	sum += ig_dict_device_find(&dict, UINT32_MAX) != NULL;
}

static void test_truncated(void **state)
{
	(void)state;
	for (size_t n = 0; n <= size; n++) {
		uint8_t *cut = malloc(n ? n : 1);

		assert_non_null(cut);
		memcpy(cut, bytes, n);
		read_all(cut, n);
		if (n < sizeof(struct ig_dict_header)) {
			struct ig_dictionary dict;

			assert_int_equal(ig_dictionary_open(&dict, cut, n), -EPROTO);
		}
		free(cut);
	}
}

static void test_every_byte(void **state)
{
	static const uint8_t masks[] = {0x01, 0x04, 0x80, 0xff};

	(void)state;
	for (size_t i = 0; i < size; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(masks); k++) {
			bytes[i] ^= masks[k];
			read_all(bytes, size);
			bytes[i] ^= masks[k];
		}
	}
}

/* Every word of the header, and of what follows, with numbers that overflow. */
static void test_every_word(void **state)
{
	static const uint32_t words[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};

	(void)state;
	for (size_t at = 0; at + 4 <= size; at += 4) {
		uint32_t before;

		memcpy(&before, bytes + at, 4);
		for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
			memcpy(bytes + at, &words[k], 4);
			read_all(bytes, size);
		}
		memcpy(bytes + at, &before, 4);
	}
}

static void test_chance(void **state)
{
	uint8_t *copy = malloc(size);
	uint64_t seed = 3;

	(void)state;
	assert_non_null(copy);
	for (int round = 0; round < 5000; round++) {
		memcpy(copy, bytes, size);
		for (int k = 0; k < 8; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			/* mostly where the offsets are, behind magic and version */
			copy[8 + (seed >> 33) % ((k & 1 ? size : 400) - 8)] = (uint8_t)(seed >> 20);
		}
		read_all(copy, size);
	}
	free(copy);
}

/* A MUD file that a device told of is none that its inventory lists: the next telling is judged by the difference. */
static void test_adopted(void **state)
{
	static const char url[] = "https://vendor.example/cam";
	const struct ig_dict_device *listed, *adopted;
	struct iotguard_inventory *inv;
	struct ig_dictionary dict;
	struct ig_resolved resolved;
	struct ig_pool pool = {};

	(void)state;
	assert_int_equal(load(&inv), 0);
	inv->profiles[0].mud_url = strdup(url);
	inv->machines[0].mud_rules = inv->machines[2].mud_rules = &inv->profiles[0];
	inv->machines[0].mud.path = strdup(url);
	assert_int_equal(ig_resolve(inv, &resolved), 0);
	assert_int_equal(ig_dictionary_build(&pool, inv, &resolved, indices, 3, 5), 0);
	assert_int_equal(ig_dictionary_open(&dict, pool.blocks, pool.count * sizeof(*pool.blocks)),
			 0);
	listed = ig_dict_device_find(&dict, indices[0]);
	adopted = ig_dict_device_find(&dict, indices[2]);
	assert_string_equal(ig_dict_string(&dict, listed->mud), url);
	assert_int_equal(adopted->mud, 0);
	assert_int_not_equal(adopted->mud_at, 0);
	ig_pool_clear(&pool);
	ig_resolved_clear(&resolved);
	iotguard_inventory_free(inv);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_back),  cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_every_byte), cmocka_unit_test(test_every_word),
		cmocka_unit_test(test_chance),	   cmocka_unit_test(test_adopted),
	};

	return cmocka_run_group_tests(tests, build, unbuild);
}
