/* SPDX-License-Identifier: BSD-2-Clause */
/* What iotguard.h promises of private instances: what a handler returns, and options of an older caller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "instance.h"
#include "util.h"
#include "world.h"

#define INVENTORY                                                         \
	"version: 1\n"                                                    \
	"gateway: {macs: ['02:00:00:00:00:01'], addresses: [10.0.0.1]}\n" \
	"segments:\n"                                                     \
	"  lan: {interfaces: [lan0], networks: [10.0.0.0/24]}\n"          \
	"devices:\n"                                                      \
	"  cam: {mac: '02:00:00:00:00:10', addresses: [10.0.0.10], segment: lan}\n"

#define REFUSED(port) "cam>gw ip4 10.0.0.10>8.8.8.8 udp 1>" port

struct heard {
	unsigned int n;
	unsigned int stop_at; /* 0: never */
	int with;	      /* what to return then */
};

static int hear(const struct iotguard_event *event, void *context)
{
	struct heard *heard = context;

	assert_string_equal(event->type, "drop");
	return ++heard->n == heard->stop_at ? heard->with : 0;
}

/* Three events wait. */
static void refuse(struct world *w)
{
	expect(w, FROM, REFUSED("1000"), false, "no-rule", NULL);
	expect(w, FROM, REFUSED("1001"), false, "no-rule", NULL);
	expect(w, FROM, REFUSED("1002"), false, "no-rule", NULL);
}

static void test_how_many(void **state)
{
	struct heard heard = {};
	struct world w;

	(void)state;
	world_open(&w, INVENTORY);
	refuse(&w);
	assert_int_equal(iotguard_instance_events(w.instance, hear, &heard), 3);
	assert_int_equal(heard.n, 3);
	assert_int_equal(iotguard_instance_events(w.instance, hear, &heard), 0);
	world_close(&w);
}

static void stops_with(int with)
{
	struct heard heard = {.stop_at = 2, .with = with};
	struct world w;

	world_open(&w, INVENTORY);
	refuse(&w);
	assert_int_equal(iotguard_instance_events(w.instance, hear, &heard), with);
	assert_int_equal(heard.n, 2);
	/* and what came behind is still there */
	assert_int_equal(iotguard_instance_events(w.instance, hear, &heard), 1);
	world_close(&w);
}

static void test_what_the_handler_returns(void **state)
{
	(void)state;
	stops_with(7);
	stops_with(-7);
}

static bool learns(struct world *w, size_t size)
{
	struct iotguard_instance_opts opts = {.sz = size, .learn_bindings = true};
	struct iotguard_instance *instance;
	bool learns;

	assert_int_equal(iotguard_instance_open(w->ig, w->policy, &opts, &instance), 0);
	learns = ig_instance_object(instance)->replay->learn_bindings;
	iotguard_instance_close(instance);
	return learns;
}

/* What stands behind the end of an older caller's options is no option. */
static void test_older_options(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, INVENTORY);
	assert_true(learns(&w, sizeof(struct iotguard_instance_opts)));
	assert_true(learns(&w, 4096));
	assert_false(learns(&w, sizeof(size_t)));
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_many),
		cmocka_unit_test(test_what_the_handler_returns),
		cmocka_unit_test(test_older_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
