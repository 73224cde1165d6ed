/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rules a machine has, in which order, and what else it gets from its profiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "inventory.h"
#include "iotguard/iotguard.h"
#include "resolve.h"
#include "util.h"

static const char text[] =
	"version: 1\n"
	"defaults: {mode: monitor, dns: strict, mud-discovery: adopt}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0]}\n"
	"  shop: {interfaces: [lan1], mode: enforce, dns: open, mud-discovery: off}\n"
	"profiles:\n"
	"  bottom:\n"
	"    extends: middle\n"
	"    rules: [allow to any tcp/21, allow to any tcp/22]\n"
	"  middle: {extends: top, environment: industrial, flows: 8}\n"
	"  top:\n"
	"    environment: consumer\n"
	"    criticality: data\n"
	"    mode: monitor\n"
	"    dns: strict\n"
	"    mud-discovery: propose\n"
	"    flows: 9\n"
	"    rules: [allow to any tcp/41]\n"
	"hosts:\n"
	"  h: {mac: '02:00:00:00:00:01', segment: lan}\n"
	"devices:\n"
	"  own: {mac: '02:00:00:00:00:02', segment: lan, profile: bottom, environment: building,\n"
	"        rules: [allow to any tcp/11, deny from any, allow to any tcp/12]}\n"
	"  first: {mac: '02:00:00:00:00:03', segment: shop, profile: bottom, mode: enforce,\n"
	"          dns: open, mud-discovery: 'off'}\n"
	"  second: {mac: '02:00:00:00:00:04', segment: shop, profile: bottom}\n"
	"  alone: {mac: '02:00:00:00:00:05', segment: shop, rules: [allow to any tcp/11]}\n"
	"  nothing: {mac: '02:00:00:00:00:06', segment: lan, flows: 3}\n"
	"  upper: {mac: '02:00:00:00:00:07', segment: lan, profile: top}\n"
	"  behind: {identify: address, router: 'device:alone', addresses: [10.0.0.1]}\n"
	"  abc: {identify: address, router: 'host:h', addresses: [10.0.0.2], profile: middle}\n";

static struct iotguard_inventory *inv;
static struct ig_resolved resolved;

static int load(void **state)
{
	char path[] = "/tmp/iotguard-test-XXXXXX";
	struct ig_diags diags = {};
	int fd = mkstemp(path), err;

	(void)state;
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -1;
	close(fd);
	err = ig_inventory_load(&diags, path, &inv);
	unlink(path);
	for (size_t i = 0; i < diags.count && err; i++)
		print_message("%u: %s\n", diags.items[i].line, diags.items[i].message);
	ig_diags_clear(&diags);
	return err ?: ig_resolve(inv, &resolved);
}

static int unload(void **state)
{
	(void)state;
	ig_resolved_clear(&resolved);
	iotguard_inventory_free(inv);
	return 0;
}

static const struct ig_machine *machine(const char *name)
{
	const struct ig_machine *m = ig_inventory_machine(inv, !strcmp(name, "h"), name);

	assert_non_null(m);
	return m;
}

static uint32_t list_of(const char *name)
{
	uint32_t list = resolved.list_of[machine(name) - inv->machines];

	assert_true(list < resolved.n_lists);
	return list;
}

/* The services of its rules, one after the other. */
static void check_rules(const char *name, const char *expected)
{
	const struct ig_rule_list *list = &resolved.lists[list_of(name)];
	char all[256] = "";

	for (size_t i = 0; i < list->count; i++) {
		char service[64];

		ig_service_print(&list->rules[i]->service, service, sizeof(service));
		strcat(strcat(all, i ? " " : ""), *service ? service : "any");
	}
	assert_string_equal(all, expected);
}

static void test_order(void **state)
{
	(void)state;
	check_rules("own", "tcp/11 any tcp/12 tcp/21 tcp/22 tcp/41");
	check_rules("first", "tcp/21 tcp/22 tcp/41");
	check_rules("alone", "tcp/11");
	check_rules("upper", "tcp/41");
	check_rules("nothing", "");
	check_rules("h", "");
}

static void test_sharing(void **state)
{
	(void)state;
	assert_int_equal(list_of("first"), list_of("second"));
	assert_int_equal(list_of("nothing"), list_of("h"));
	assert_int_not_equal(list_of("own"), list_of("first"));
	assert_int_not_equal(list_of("first"), list_of("upper"));
}

static void test_what_is_inherited(void **state)
{
	static const struct {
		const char *name;
		int environment, criticality, mode, dns;
		unsigned int flows;
	} cases[] = {
		{"own", IOTGUARD_ENV_BUILDING, IOTGUARD_CRIT_DATA, IOTGUARD_MODE_MONITOR,
		 IG_DNS_STRICT, 8},
		/* its own word counts before its profile's, and that before its segment's */
		{"first", IOTGUARD_ENV_INDUSTRIAL, IOTGUARD_CRIT_DATA, IOTGUARD_MODE_ENFORCE,
		 IG_DNS_OPEN, 8},
		{"second", IOTGUARD_ENV_INDUSTRIAL, IOTGUARD_CRIT_DATA, IOTGUARD_MODE_MONITOR,
		 IG_DNS_STRICT, 8},
		{"alone", IOTGUARD_ENV_UNKNOWN, IOTGUARD_CRIT_UNKNOWN, IOTGUARD_MODE_ENFORCE,
		 IG_DNS_OPEN, 64},
		{"nothing", IOTGUARD_ENV_UNKNOWN, IOTGUARD_CRIT_UNKNOWN, IOTGUARD_MODE_MONITOR,
		 IG_DNS_STRICT, 3},
		{"upper", IOTGUARD_ENV_CONSUMER, IOTGUARD_CRIT_DATA, IOTGUARD_MODE_MONITOR,
		 IG_DNS_STRICT, 9},
		/* its segment is its router's */
		{"behind", IOTGUARD_ENV_UNKNOWN, IOTGUARD_CRIT_UNKNOWN, IOTGUARD_MODE_ENFORCE,
		 IG_DNS_OPEN, 64},
		{"h", IOTGUARD_ENV_UNKNOWN, IOTGUARD_CRIT_UNKNOWN, IOTGUARD_MODE_MONITOR,
		 IG_DNS_STRICT, 64},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ig_machine *m = machine(cases[i].name);

		assert_int_equal(ig_machine_environment(m), cases[i].environment);
		assert_int_equal(ig_machine_criticality(m), cases[i].criticality);
		assert_int_equal(ig_machine_mode(inv, m), cases[i].mode);
		assert_int_equal(ig_machine_dns(inv, m), cases[i].dns);
		assert_int_equal(ig_machine_flows(inv, m), cases[i].flows);
	}
}

static void test_discovery_is_inherited(void **state)
{
	static const struct {
		const char *name;
		int discovery;
	} cases[] = {
		{"own", IG_DISCOVERY_PROPOSE},	  {"first", IG_DISCOVERY_OFF},
		{"second", IG_DISCOVERY_PROPOSE}, {"alone", IG_DISCOVERY_OFF},
		{"nothing", IG_DISCOVERY_ADOPT},  {"behind", IG_DISCOVERY_OFF},
		{"abc", IG_DISCOVERY_PROPOSE},	  {"h", IG_DISCOVERY_ADOPT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(ig_machine_discovery(inv, machine(cases[i].name)),
				 cases[i].discovery);
}

/* FIPS 180-4 has the digest of "abc": ba7816bf 8f01... */
static void test_keys(void **state)
{
	static const uint8_t abc[8] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, IG_MAC_IS_NAME, 0};
	static const uint8_t alone[8] = {0x02, 0, 0, 0, 0, 0x05, 0, 0};
	struct ig_mac key, other;

	(void)state;
	memset(&key, 0xff, sizeof(key));
	ig_machine_key(machine("alone"), &key);
	assert_memory_equal(&key, alone, sizeof(key));
	memset(&key, 0xff, sizeof(key));
	ig_machine_key(machine("abc"), &key);
	assert_memory_equal(&key, abc, sizeof(key));
	ig_machine_key(machine("behind"), &other);
	assert_memory_not_equal(&key, &other, sizeof(key));
	ig_machine_key(machine("behind"), &key);
	assert_memory_equal(&key, &other, sizeof(key));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_what_is_inherited),
		cmocka_unit_test(test_discovery_is_inherited),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
