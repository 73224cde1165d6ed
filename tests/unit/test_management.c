/* SPDX-License-Identifier: BSD-2-Clause */
/* `gateway.management`: for which machines its rules are asked, where, and what is said of them. */
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
#include "findings.h"
#include "inventory.h"
#include "resolve.h"
#include "util.h"

/* %s: the rules, from line 3 on, one a line. */
static const char people[] =
	"version: 1\n"
	"gateway: {addresses: [10.0.0.1], management: [\n"
	" %s\n"
	" ]}\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24, 'fd00::/64']}\n"
	"  lab: {interfaces: [lan1], networks: [10.1.0.0/24]}\n"
	"groups:\n"
	"  admins: [host:desk, device:plc]\n"
	"  wide: [device:meter, 10.1.0.0/24]\n"
	"hosts:\n"
	"  desk: {mac: '02:00:00:00:00:01', addresses: [10.0.0.2], segment: lan,\n"
	"         rules: [%s]}\n"
	"  boss: {mac: '02:00:00:00:00:02', addresses: [10.0.0.3], segment: lan, trust: true}\n"
	"profiles: {thing: {rules: [deny to gateway]}}\n"
	"devices:\n"
	"  plc: {mac: '02:00:00:00:00:03', addresses: [10.0.0.4], segment: lan, profile: thing}\n"
	"  cam: {mac: '02:00:00:00:00:04', addresses: [10.0.0.5, 'fd00::5'], segment: lan,\n"
	"        profile: thing}\n"
	"  pump: {mac: '02:00:00:00:00:05', addresses: [10.0.0.6], segment: lan, profile: thing}\n"
	"  nvr: {mac: '02:00:00:00:00:06', addresses: [10.1.0.7], segment: lab}\n"
	"  meter: {identify: address, router: 'device:nvr', addresses: [192.0.2.8]}\n";

static struct iotguard_inventory *load(struct ig_diags *diags, const char *rules, const char *own)
{
	char path[] = "/tmp/iotguard-test-XXXXXX", text[4096];
	int n = snprintf(text, sizeof(text), people, rules, own), fd = mkstemp(path);
	struct iotguard_inventory *inv;

	assert_true(n > 0 && (size_t)n < sizeof(text) && fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
	ig_inventory_load(diags, path, &inv);
	unlink(path);
	return inv;
}

static struct iotguard_inventory *load_right(const char *rules, const char *own)
{
	struct ig_diags diags = {};
	struct iotguard_inventory *inv = load(&diags, rules, own);

	for (size_t i = 0; i < diags.count && !inv; i++)
		print_message("%u: %s\n", diags.items[i].line, diags.items[i].message);
	ig_diags_clear(&diags);
	assert_non_null(inv);
	return inv;
}

static const struct ig_machine *machine(const struct iotguard_inventory *inv, const char *name)
{
	const struct ig_machine *m = ig_inventory_machine(inv, true, name);

	return m ? m : ig_inventory_machine(inv, false, name);
}

static const struct ig_rule_list *list_of(const struct iotguard_inventory *inv,
					  const struct ig_resolved *resolved, const char *name)
{
	return &resolved->lists[resolved->list_of[machine(inv, name) - inv->machines]];
}

/* --- whom it names --- */

/* The machines that have a rule more, in the order of the inventory. */
static void check_named(const char *rule, const char *expected)
{
	struct iotguard_inventory *inv = load_right(rule, "");
	struct ig_resolved resolved;
	char named[256] = "";

	assert_int_equal(ig_resolve(inv, &resolved), 0);
	for (size_t i = 0; i < inv->n_machines; i++) {
		const struct ig_rule_list *list = &resolved.lists[resolved.list_of[i]];

		if (list->count && list->rules[0] == resolved.management.rules)
			strcat(strcat(named, *named ? " " : ""), inv->machines[i].name);
	}
	if (strcmp(named, expected))
		fail_msg("%s: '%s', not '%s'", rule, named, expected);
	ig_resolved_clear(&resolved);
	iotguard_inventory_free(inv);
}

static void test_whom_it_names(void **state)
{
	(void)state;
	check_named("'allow from host:desk tcp/22'", "desk");
	check_named("'allow from device:plc tcp/22'", "plc");
	check_named("'allow from group:admins tcp/22'", "desk plc");
	check_named("'allow from group:wide tcp/22'", "nvr meter");
	check_named("'allow from segment:lab tcp/22'", "nvr meter");
	check_named("'allow from 10.0.0.4 tcp/22'", "plc");
	check_named("'allow from 10.0.0.4/31 tcp/22'", "plc cam");
	check_named("'allow from fd00::/64 tcp/22'", "cam");
	check_named("'allow from 10.9.0.0/16 tcp/22'", "");
	check_named("'allow from any tcp/22'", "desk plc cam pump nvr meter");
	check_named("'allow from local tcp/22'", "desk plc cam pump nvr meter");
	/* a trusted host is asked for no rules */
	check_named("'allow from host:boss tcp/22'", "");
}

/* --- where it is asked --- */

static void test_in_front_of_all(void **state)
{
	struct iotguard_inventory *inv = load_right(
		"'allow from host:desk tcp/22 critical source-port 9 dscp 3 until 2031-12-31',\n "
		"'deny from any udp'",
		"'deny to gateway'");
	struct ig_resolved resolved;
	const struct ig_rule_list *list;

	(void)state;
	assert_int_equal(ig_resolve(inv, &resolved), 0);
	list = list_of(inv, &resolved, "desk");
	assert_int_equal(list->count, 3);
	assert_int_equal(list->rules[0]->side, IG_RULE_TO);
	assert_int_equal(list->rules[0]->remote.kind, IG_REMOTE_GATEWAY);
	assert_int_equal(list->rules[0]->action, IG_RULE_ALLOWS);
	assert_true(list->rules[0]->critical && list->rules[0]->has_source_port);
	assert_true(list->rules[0]->dscp == 3 && list->rules[0]->has_until);
	assert_int_equal(list->rules[0]->loc.line, 3);
	assert_int_equal(list->rules[1]->action, IG_RULE_DENIES);
	assert_int_equal(list->rules[1]->loc.line, 4);
	assert_ptr_equal(list->rules[2], &machine(inv, "desk")->rules.items[0]);
	/* before those of a profile */
	list = list_of(inv, &resolved, "cam");
	assert_int_equal(list->count, 2);
	assert_ptr_equal(list->rules[0], &resolved.management.rules[1]);
	assert_ptr_equal(list->rules[1], &inv->profiles[0].rules.items[0]);
	ig_resolved_clear(&resolved);
	iotguard_inventory_free(inv);
}

/* Machines of one profile share a list where the same rules name them. */
static void test_sharing(void **state)
{
	struct iotguard_inventory *inv = load_right("'allow from device:plc tcp/22'", "");
	struct ig_resolved resolved;

	(void)state;
	assert_int_equal(ig_resolve(inv, &resolved), 0);
	assert_ptr_equal(list_of(inv, &resolved, "cam"), list_of(inv, &resolved, "pump"));
	assert_ptr_not_equal(list_of(inv, &resolved, "cam"), list_of(inv, &resolved, "plc"));
	assert_ptr_equal(list_of(inv, &resolved, "desk"), list_of(inv, &resolved, "nvr"));
	ig_resolved_clear(&resolved);
	iotguard_inventory_free(inv);
}

/* --- what people see --- */

static void test_shown_as_written(void **state)
{
	struct iotguard_inventory *inv = load_right(
		"'allow from group:admins tcp/22 because \"the console\"'", "'allow to any udp/1'");
	uint32_t indices[] = {0, 1, 2, 3, 4, 5, 6};
	const struct ig_dict_device *device;
	const struct ig_dict_rule *rule;
	struct ig_resolved resolved;
	struct ig_dictionary dict;
	struct ig_pool pool = {};

	(void)state;
	assert_int_equal(inv->n_machines, ARRAY_SIZE(indices));
	assert_int_equal(ig_resolve(inv, &resolved), 0);
	assert_int_equal(ig_dictionary_build(&pool, inv, &resolved, indices, 1, 1), 0);
	assert_int_equal(ig_dictionary_open(&dict, pool.blocks, pool.count * sizeof(*pool.blocks)),
			 0);
	device = ig_dict_device_find(&dict, machine(inv, "desk") - inv->machines);
	rule = ig_dict_rule_of(&dict, device, 0);
	assert_string_equal(ig_dict_string(&dict, rule->text),
			    "allow from group:admins tcp/22 because \"the console\"");
	assert_string_equal(ig_dict_string(&dict, rule->file), inv->files[0]);
	assert_int_equal(rule->line, 3);
	assert_int_equal(rule->from, 0); /* it is asked with what the machine opens */
	rule = ig_dict_rule_of(&dict, device, 1);
	assert_string_equal(ig_dict_string(&dict, rule->text), "allow to any udp/1");
	ig_pool_clear(&pool);
	ig_resolved_clear(&resolved);
	iotguard_inventory_free(inv);
}

/* --- what is refused --- */

static void check_refused(const char *rule, const char *message)
{
	struct ig_diags diags = {};

	assert_null(load(&diags, rule, ""));
	assert_int_equal(diags.errors, 1);
	assert_non_null(diags.items[0].hint);
	assert_int_equal(diags.items[0].line, 3);
	if (!strstr(diags.items[0].message, message))
		fail_msg("%s: %s, not %s", rule, diags.items[0].message, message);
	ig_diags_clear(&diags);
}

static void test_what_it_cannot_say(void **state)
{
	(void)state;
	check_refused("'allow to host:desk tcp/22'", "a 'to' rule");
	check_refused("'allow from internet tcp/22'", "'internet' names none");
	check_refused("'allow from gateway tcp/22'", "'gateway' names none");
	check_refused("'allow from admin.example tcp/22'", "'admin.example' names none");
	check_refused("'allow from host:dask tcp/22'", "dask");
}

/* --- what is found --- */

/* The kind and the lines of all that is said: "covers 4 by 3". */
static void check_found(const char *rules, const char *own, const char *expected)
{
	static const struct {
		const char *kind, *sentence;
	} kinds[] = {
		{"covered", "this rule never decides anything: "},
		{"opposed", "this rule never takes effect: /"},
		{"contradicted", "this rule contradicts "},
		{"hides", "this rule takes packets from a critical one"},
		{"nobody", "this rule names no machine"},
		{"trusted", "this rule never takes effect: all that it names"},
	};
	struct iotguard_inventory *inv = load_right(rules, own);
	struct ig_diags diags = {};
	char told[256] = "";
	int err = ig_findings(&diags, inv);

	for (size_t i = 0; i < diags.count; i++) {
		const struct iotguard_diag *diag = &diags.items[i];
		size_t k = 0, n = strlen(told);

		while (k < ARRAY_SIZE(kinds) &&
		       strncmp(diag->message, kinds[k].sentence, strlen(kinds[k].sentence)))
			k++;
		assert_true(k < ARRAY_SIZE(kinds));
		snprintf(told + n, sizeof(told) - n, "%s%s %u", n ? ", " : "", kinds[k].kind,
			 diag->line);
	}
	if (strcmp(told, expected))
		fail_msg("%s | %s: '%s', not '%s'", rules, own, told, expected);
	assert_int_equal(err, diags.errors ? -EINVAL : 0);
	ig_diags_clear(&diags);
	iotguard_inventory_free(inv);
}

static void test_findings(void **state)
{
	(void)state;
	/* the level above decides otherwise than those below: that is what it is for */
	check_found("'allow from any tcp/22'", "'deny to gateway tcp/22'", "");
	check_found("'allow from host:desk tcp/22'", "'allow to gateway tcp/22'", "");
	/* among each other: where they are asked for the same machine */
	check_found("'allow from any tcp/22',\n 'allow from host:desk tcp/22'", "", "covered 4");
	check_found("'allow from host:desk tcp/22',\n 'deny from any tcp/22'", "", "");
	check_found("'deny from any tcp/22',\n 'allow from host:desk tcp/22'", "", "opposed 4");
	check_found("'allow from any tcp/22',\n 'deny from local tcp/22'", "", "contradicted 4");
	check_found("'allow from host:desk tcp/22',\n 'deny from 10.0.0.2 tcp/22'", "",
		    "contradicted 4");
	check_found("'allow from host:desk tcp',\n 'allow from any tcp/22 critical'", "",
		    "hides 3");
	check_found("'allow from host:desk tcp',\n 'allow from device:cam tcp/22 critical'", "",
		    "");
	/* critical ones come first on all levels */
	check_found("'allow from any tcp'", "'allow to gateway tcp/22 critical'", "hides 3");
	check_found("'allow from host:desk tcp'", "'allow to any tcp/22 critical'", "hides 3");
	check_found("'allow from device:cam tcp'", "'allow to any tcp/22 critical'", "");
	check_found("'allow from any tcp critical'", "'allow to gateway tcp/22 critical'", "");
	check_found("'deny from any tcp'", "'allow to gateway tcp/22 critical'", "");
	check_found("'allow from any tcp'", "'allow from gateway tcp/22 critical'", "");
	/* what it decides is not hidden below */
	check_found("'deny from any tcp'",
		    "'allow to gateway tcp','allow to gateway tcp/22 critical'", "");
	check_found("'deny from host:desk udp'",
		    "'allow to gateway tcp','allow to gateway tcp/22 critical'", "hides 13");
	/* it is asked for nobody */
	check_found("'allow from 10.9.0.0/16 tcp/22'", "", "nobody 3");
	check_found("'allow from host:boss tcp/22'", "", "");
	check_found("'deny from host:boss tcp/22'", "", "trusted 3");
	check_found("'allow from host:boss tcp',\n 'allow from host:boss tcp/22 critical'", "", "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whom_it_names),
		cmocka_unit_test(test_in_front_of_all),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_shown_as_written),
		cmocka_unit_test(test_what_it_cannot_say),
		cmocka_unit_test(test_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
