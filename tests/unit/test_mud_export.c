/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policies as MUD files. Of random files: one that was read, exported and read again allows the same. Of random policies:
 * the file never allows more, and where nothing was left out or narrowed, nothing less. And what cannot be said is
 * refused, or left out, one by one.
 */
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
#include "random.h"
#include "util.h"

#define FILES	 400
#define POLICIES 400
#define URL	 "https://vendor.example/cam"

static char folder[] = "/tmp/iotguard-mud-export-XXXXXX";
static char text[1 << 18];
static size_t n_text;

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void put(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	n_text += (size_t)vsnprintf(text + n_text, sizeof(text) - n_text, format, args);
	va_end(args);
	assert_true(n_text < sizeof(text));
}

static const char *path_of(const char *name)
{
	static char paths[8][128];
	static unsigned int at;

	at = (at + 1) % ARRAY_SIZE(paths);
	snprintf(paths[at], sizeof(paths[at]), "%s/%s", folder, name);
	return paths[at];
}

static void keep(const char *name, const char *what)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fputs(what, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

static void say_diags(const struct iotguard *ig)
{
	for (size_t i = 0; i < iotguard_diag_count(ig); i++)
		print_message("    %s\n", iotguard_diag_get(ig, i)->message);
}

/* --- what is there --- */

static const char world[] =
	"version: 1\n"
	"gateway:\n"
	"  addresses: [10.30.0.1]\n"
	"  macs: [\"02:00:5e:00:00:fe\"]\n"
	"  resolvers: [10.30.0.1]\n"
	"  time-servers: [10.30.0.2]\n"
	"controllers:\n"
	"  \"urn:x:cloud\": [device:hub, 203.0.113.9]\n"
	"segments:\n"
	"  lan: {interfaces: [lan0], networks: [10.30.0.0/24, \"2001:db8:30::/64\"]}\n"
	"  plant: {interfaces: [lan1], networks: [10.31.0.0/24]}\n"
	"hosts:\n"
	"  laptop: {mac: \"02:00:5e:10:00:51\", addresses: [10.30.0.7], segment: lan}\n"
	"groups:\n"
	"  some: [device:hub, 198.51.100.0/28]\n"
	"  places: [198.51.100.64/28, \"2001:db8:77::/48\"]\n"
	"devices:\n"
	"  hub: {mac: \"02:00:5e:10:00:12\", addresses: [10.30.0.12], segment: lan, manufacturer: vendor.example}\n"
	"  lamp: {mac: \"02:00:5e:10:00:13\", segment: plant, manufacturer: other.example, model: \"https://other.example/lamp\"}\n"
	"  cam:\n"
	"    mac: \"02:00:5e:10:00:11\"\n"
	"    addresses: [10.30.0.11]\n"
	"    segment: lan\n"
	"    manufacturer: vendor.example\n"
	"    my-controllers: [host:laptop]\n";

static struct iotguard_inventory *load(struct iotguard *ig, const char *name)
{
	struct iotguard_inventory *inv;

	if (iotguard_inventory_load(ig, path_of(name), &inv)) {
		say_diags(ig);
		fail_msg("%s is no inventory", name);
	}
	return inv;
}

/* The world with the device as the file says. */
static struct iotguard_inventory *world_by_mud(struct iotguard *ig, const char *inventory,
					       const char *mud)
{
	char whole[sizeof(world) + 256];

	snprintf(whole, sizeof(whole), "%s    mud: {source: %s, private-addresses: allow}\n", world,
		 mud);
	keep(inventory, whole);
	return load(ig, inventory);
}

static struct iotguard_mud *read_mud(struct iotguard *ig, const char *name)
{
	struct iotguard_mud_opts opts = IOTGUARD_OPTS(iotguard_mud_opts, .private_addresses = true);
	struct iotguard_mud *mud;

	if (iotguard_mud_load(ig, path_of(name), &opts, &mud)) {
		say_diags(ig);
		fail_msg("%s is no MUD file", name);
	}
	return mud;
}

static int export(struct iotguard *ig, const struct iotguard_inventory *inv, const char *name,
		  struct iotguard_mud_export_result *result)
{
	struct iotguard_mud_export_opts opts =
		IOTGUARD_OPTS(iotguard_mud_export_opts, .device = "cam", .url = URL);
	char *out;
	int err = iotguard_mud_export(ig, inv, &opts, &out, result);

	if (!err)
		keep(name, out);
	else
		assert_null(out);
	iotguard_free(out);
	return err;
}

/* --- random files --- */

static void put_port(const char *key)
{
	static const char *const ports[] = {
		"{\"operator\":\"eq\",\"port\":443}",
		"{\"operator\":\"eq\",\"port\":80}",
		"{\"lower-port\":1,\"upper-port\":1023}",
		"{\"lower-port\":400,\"upper-port\":500}",
		"{\"operator\":\"neq\",\"port\":443}",
		"{\"operator\":\"gte\",\"port\":1024}",
		"{\"lower-port\":0,\"upper-port\":65535}",
	};

	put("\"%s\":%s", key, one_of(ports));
}

static void put_ports(void)
{
	bool source = !chance(3), destination = chance(4);

	if (source)
		put_port("source-port");
	put("%s", source && destination ? "," : "");
	if (destination)
		put_port("destination-port");
}

static void put_remote_of_ip(bool to, int version)
{
	static const char *const v4[] = {"198.51.100.0/24", "203.0.113.9/32", "10.30.0.0/24",
					 "224.0.0.251/32", "0.0.0.0/0"};
	static const char *const v6[] = {"2001:db8:77::/48", "2001:db8::1/128", "ff02::fb/128",
					 "::/0", "fd00::/8"};
	static const char *const names[] = {"api.vendor.example", "time.vendor.example"};

	if (!chance(2))
		put(",\"ietf-acldns:%s-dnsname\":\"%s\"", to ? "dst" : "src", one_of(names));
	else
		put(",\"%s-ipv%d-network\":\"%s\"", to ? "destination" : "source", version,
		    version == 4 ? one_of(v4) : one_of(v6));
}

static void put_abstraction(void)
{
	static const char *const words[] = {
		"\"local-networks\":[null]",
		"\"same-manufacturer\":[null]",
		"\"my-controller\":[null]",
		"\"manufacturer\":\"other.example\"",
		"\"model\":\"https://other.example/lamp\"",
		"\"controller\":\"urn:x:cloud\"",
		"\"controller\":\"urn:ietf:params:mud:gateway\"",
		"\"controller\":\"urn:ietf:params:mud:dns\"",
		"\"controller\":\"urn:ietf:params:mud:ntp\"",
	};

	put(",\"ietf-mud:mud\":{%s}", one_of(words));
}

static void put_matches(bool to, int version)
{
	static const char *const sides[] = {"from-device", "to-device"};
	static const int others[] = {2, 47, 50, 132};
	unsigned int transport = chance(6), remote = chance(3);

	put("\"ipv%d\":{", version);
	put("\"protocol\":%d", transport < 2	? 6
			       : transport < 4	? 17
			       : transport == 4 ? version == 4 ? 1 : 58
						: others[chance(ARRAY_SIZE(others))]);
	if (!chance(8))
		put(",\"dscp\":%u", chance(64));
	if (remote == 1)
		put_remote_of_ip(to, version);
	put("}");
	if (transport < 4) {
		put(",\"%s\":{", transport < 2 ? "tcp" : "udp");
		put_ports();
		if (transport < 2 && chance(2))
			put("%s\"ietf-mud:direction-initiated\":\"%s\"",
			    text[n_text - 1] == '{' ? "" : ",", one_of(sides));
		put("}");
	} else if (transport == 4 && chance(2)) {
		put(",\"icmp\":{\"type\":%u", chance(256));
		put(chance(2) ? ",\"code\":%u}" : "}", chance(256));
	}
	if (remote == 2)
		put_abstraction();
}

static void put_list(bool to, int version)
{
	unsigned int n = chance(9);

	put("{\"name\":\"%s%d\",\"type\":\"ipv%d-acl-type\",\"aces\":{\"ace\":[", to ? "f" : "t",
	    version, version);
	for (unsigned int i = 0; i < n; i++) {
		put("%s{\"name\":\"a%u\",\"matches\":{", i ? "," : "", i);
		put_matches(to, version);
		put("},\"actions\":{\"forwarding\":\"%s\"}}", chance(4) ? "accept" : "drop");
	}
	put("]}}");
}

static void put_file(void)
{
	n_text = 0;
	put("{\"ietf-mud:mud\":{\"mud-version\":1,\"mud-url\":\"" URL
	    "\",\"last-update\":\"2026-01-01T00:00:00Z\","
	    "\"from-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"f4\"},{\"name\":\"f6\"}]}},"
	    "\"to-device-policy\":{\"access-lists\":{\"access-list\":[{\"name\":\"t4\"},{\"name\":\"t6\"}]}}},"
	    "\"ietf-access-control-list:acls\":{\"acl\":[");
	put_list(true, 4);
	put(",");
	put_list(true, 6);
	put(",");
	put_list(false, 4);
	put(",");
	put_list(false, 6);
	put("]}}");
}

static size_t entries_that_count(const struct iotguard_mud *mud)
{
	struct iotguard_mud_info info;

	iotguard_mud_describe(mud, &info);
	return info.became_rules;
}

/* What is exported of a file comes back as it was. */
static size_t check_file(unsigned int round)
{
	struct iotguard_mud_export_result result;
	struct iotguard_mud *before, *after;
	struct iotguard_plan_info info;
	struct iotguard_inventory *inv;
	struct iotguard_plan *plan;
	struct iotguard *ig;
	size_t n;

	assert_int_equal(iotguard_open(&ig, NULL), 0);
	inv = world_by_mud(ig, "a.yaml", "a.json");
	iotguard_diag_clear(ig);
	if (export(ig, inv, "b.json", &result)) {
		say_diags(ig);
		fail_msg("round %u: it cannot be exported", round);
	}
	assert_int_equal(result.left_out + result.narrowed, 0);
	before = read_mud(ig, "a.json");
	after = read_mud(ig, "b.json");
	assert_int_equal(iotguard_mud_compare(ig, before, after, &plan), 0);
	iotguard_plan_describe(plan, &info);
	if (info.gains || info.losses || info.changes) {
		size_t count;
		const struct iotguard_plan_machine *m = iotguard_plan_machines(plan, &count);

		for (size_t i = 0; i < m->n_changes; i++)
			print_message("    %s %s\n",
				      iotguard_plan_effect_name(m->changes[i].effect),
				      m->changes[i].what);
		fail_msg("round %u: %s", round, text);
	}
	n = entries_that_count(before);
	iotguard_plan_free(plan);
	iotguard_mud_free(before);
	iotguard_mud_free(after);
	iotguard_inventory_free(inv);
	iotguard_close(ig);
	return n;
}

static void test_files_come_back(void **state)
{
	size_t entries = 0;

	(void)state;
	seed = 8520;
	for (unsigned int i = 0; i < FILES; i++) {
		put_file();
		keep("a.json", text);
		entries += check_file(i);
	}
	print_message("%d files, %zu entries that become rules: the same, twice\n", FILES, entries);
	assert_true(entries > 10 * FILES);
}

/* The comparison that this rests on sees what is different. */
static void test_differences_are_seen(void **state)
{
	struct iotguard_plan_info info;
	struct iotguard_mud *a, *b;
	struct iotguard_plan *plan;
	unsigned int different = 0;
	struct iotguard *ig;

	(void)state;
	seed = 9472;
	assert_int_equal(iotguard_open(&ig, NULL), 0);
	for (unsigned int i = 0; i < 40; i++) {
		put_file();
		keep("a.json", text);
		put_file();
		keep("b.json", text);
		a = read_mud(ig, "a.json");
		b = read_mud(ig, "b.json");
		iotguard_diag_clear(ig);
		assert_int_equal(iotguard_mud_compare(ig, a, b, &plan), 0);
		iotguard_plan_describe(plan, &info);
		different += info.different;
		iotguard_plan_free(plan);
		iotguard_mud_free(a);
		iotguard_mud_free(b);
	}
	iotguard_close(ig);
	assert_true(different >= 38);
}

/* --- random policies --- */

static void put_rule(void)
{
	static const char *const remotes[] = {
		"any",
		"local",
		"gateway",
		"internet",
		"internet",
		"device:hub",
		"device:lamp",
		"host:laptop",
		"group:some",
		"group:places",
		"segment:plant",
		"segment:lan",
		"198.51.100.0/24",
		"10.30.0.12",
		"2001:db8:77::/48",
		"api.vendor.example",
		"*.vendor.example",
		"same-manufacturer",
		"my-controllers",
		"controller:urn:x:cloud",
		"manufacturer:other.example",
		"model:https://other.example/lamp",
	};
	static const char *const services[] = {
		"",
		"",
		" tcp",
		" udp",
		" tcp/443",
		" tcp/443,8000-8010",
		" udp/53,123",
		" ip/47",
		" udp/1-1023",
		" tcp/1-65535",
		" icmp/echo-request",
		" icmpv6/echo-request",
	};
	static const char *const options[] = {
		"",
		"",
		"",
		"",
		"",
		" ipv4",
		" ipv6",
		" dscp 46",
		" until 2020-01-01",
		" until 2099-01-01",
	};
	const char *service = one_of(services), *remote = one_of(remotes),
		   *option = one_of(options);

	if (!strncmp(option, " ip", 3) &&
	    (strpbrk(remote, "0123456789") || strstr(service, "icmp")))
		option = "";
	if ((strstr(service, "icmpv6") && !strncmp(remote, "1", 1)) ||
	    (strstr(service, "icmp/") && strchr(remote, ':') && remote[0] == '2'))
		service = "";
	put("      - %s %s %s%s%s%s\n", chance(4) ? "allow" : "deny", chance(2) ? "to" : "from",
	    remote, service, strstr(service, "tcp") && !chance(6) ? " source-port 1024-65535" : "",
	    option);
}

static void put_policy(void)
{
	unsigned int n = 1 + chance(7);

	n_text = 0;
	put("%s    rules:\n", world);
	for (unsigned int i = 0; i < n; i++)
		put_rule();
}

/* Of the device: what the file allows more, and less, than the policy. */
static void compare_worlds(struct iotguard *ig, const struct iotguard_inventory *old,
			   const struct iotguard_inventory *now, size_t *gains, size_t *losses)
{
	static const char *const names[] = {"device:cam"};
	const struct iotguard_policy before = {.inv = old}, after = {.inv = now};
	struct iotguard_plan_opts opts =
		IOTGUARD_OPTS(iotguard_plan_opts, .against = &before, .names = names, .n_names = 1);
	const struct iotguard_plan_machine *m;
	struct iotguard_plan *plan;
	size_t n;

	*gains = *losses = 0;
	assert_int_equal(iotguard_plan_make(ig, &after, &opts, &plan), 0);
	m = iotguard_plan_machines(plan, &n);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; m[i].selected && k < m[i].n_changes; k++) {
			const struct iotguard_plan_change *change = &m[i].changes[k];

			*gains += change->effect == IOTGUARD_PLAN_GAIN;
			*losses += change->effect == IOTGUARD_PLAN_LOSS;
			if (change->effect == IOTGUARD_PLAN_GAIN)
				print_message("    gains %s\n", change->what);
		}
	}
	iotguard_plan_free(plan);
}

struct tally {
	unsigned int exported, exact, refused;
};

static void check_policy(unsigned int round, struct tally *tally)
{
	struct iotguard_mud_export_result result;
	struct iotguard_inventory *old, *now;
	size_t gains, losses;
	struct iotguard *ig;

	assert_int_equal(iotguard_open(&ig, NULL), 0);
	keep("a.yaml", text);
	old = load(ig, "a.yaml");
	iotguard_diag_clear(ig);
	if (export(ig, old, "a.json", &result)) {
		assert_true(iotguard_diag_errors(ig) > 0);
		tally->refused++;
	} else {
		now = world_by_mud(ig, "b.yaml", "a.json");
		compare_worlds(ig, old, now, &gains, &losses);
		if (gains)
			fail_msg("round %u: the file allows more than\n%s", round,
				 strstr(text, "    rules:"));
		tally->exported++;
		if (!result.left_out && !result.narrowed) {
			tally->exact++;
			if (losses)
				fail_msg("round %u: the file allows less than\n%s", round,
					 strstr(text, "    rules:"));
		}
		iotguard_inventory_free(now);
	}
	iotguard_inventory_free(old);
	iotguard_close(ig);
}

static void test_policies_are_never_widened(void **state)
{
	struct tally tally = {};

	(void)state;
	seed = 8519;
	for (unsigned int i = 0; i < POLICIES; i++) {
		put_policy();
		check_policy(i, &tally);
	}
	print_message("%u policies exported, %u of them whole; %u refused\n", tally.exported,
		      tally.exact, tally.refused);
	assert_true(tally.exported > POLICIES / 4);
	assert_true(tally.exact > POLICIES / 20);
	assert_true(tally.refused > POLICIES / 20);
}

/* --- one by one --- */

static int export_rules(const char *rules, struct iotguard_mud_export_result *result, char *said,
			size_t size)
{
	struct iotguard_inventory *inv;
	struct iotguard *ig;
	int err;

	assert_int_equal(iotguard_open(&ig, NULL), 0);
	n_text = 0;
	put("%s    rules:\n%s", world, rules);
	keep("a.yaml", text);
	inv = load(ig, "a.yaml");
	iotguard_diag_clear(ig);
	err = export(ig, inv, "a.json", result);
	*said = '\0';
	for (size_t i = 0; i < iotguard_diag_count(ig); i++)
		snprintf(said + strlen(said), size - strlen(said), "%s\n",
			 iotguard_diag_get(ig, i)->message);
	iotguard_inventory_free(inv);
	iotguard_close(ig);
	return err;
}

static void test_what_cannot_be_said(void **state)
{
	static const struct {
		const char *rules, *said;
		int err;
		size_t left_out, narrowed;
	} cases[] = {
		{"      - allow to any ethertype/0x88b5\n", "no IP", 0, 1, 0},
		{"      - allow to *.vendor.example tcp/443\n", "whole one", 0, 1, 0},
		{"      - allow to any tcp/443 until 2099-01-01\n", "has an end", 0, 1, 0},
		{"      - allow to any tcp/443 until 2020-01-01\n", "", 0, 0, 0},
		{"      - allow to 198.51.100.7 tcp/443 critical\n", "critical", 0, 0, 1},
		{"      - allow to nas.vendor.example tcp/443 local\n", "local", 0, 0, 1},
		{"      - allow to device:hub tcp/443\n", "listed addresses alone", 0, 0, 1},
		{"      - allow to device:lamp tcp/443\n", "no address is listed", 0, 1, 0},
		{"      - allow to group:some tcp/443\n", "listed addresses alone", 0, 0, 1},
		{"      - allow to group:places tcp/443\n", "", 0, 0, 0},
		{"      - deny to group:places tcp/443\n      - allow to any\n", "", 0, 0, 0},
		{"      - allow to any udp\n      - deny to device:hub\n",
		 "nothing is allowed behind", 0, 1, 0},
		{"      - deny to device:hub\n      - allow to any\n", "cannot say this deny",
		 -EOPNOTSUPP, 0, 0},
		{"      - deny to internet\n      - allow to any\n", "cannot say this deny",
		 -EOPNOTSUPP, 0, 0},
		{"      - deny to device:hub\n      - allow from any\n",
		 "nothing is allowed behind", 0, 1, 0},
		{"      - deny to device:hub\n      - allow to any until 2099-01-01\n",
		 "nothing is allowed behind", 0, 2, 0},
		{"      - deny to any ethertype/0x88b5\n      - allow to any\n", "no such frame", 0,
		 1, 0},
		{"      - allow to internet tcp/443\n      - allow to local\n", "", 0, 0, 0},
		{"      - allow to internet\n      - deny to 203.0.113.0/24\n      - allow to local\n",
		 "a deny stands between", 0, 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct iotguard_mud_export_result result = {};
		char said[4096];
		int err = export_rules(cases[i].rules, &result, said, sizeof(said));

		if (err != cases[i].err || !strstr(said, cases[i].said) ||
		    (!*cases[i].said && strstr(said, "said")) ||
		    result.left_out != cases[i].left_out || result.narrowed != cases[i].narrowed)
			fail_msg("%s: %d, %zu left out, %zu narrowed: %s", cases[i].rules, err,
				 result.left_out, result.narrowed, said);
	}
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int tidy(void **state)
{
	static const char *const names[] = {"a.yaml", "b.yaml", "a.json", "b.json"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_cannot_be_said),
		cmocka_unit_test(test_files_come_back),
		cmocka_unit_test(test_differences_are_seen),
		cmocka_unit_test(test_policies_are_never_widened),
	};

	return cmocka_run_group_tests(tests, set_up, tidy);
}
