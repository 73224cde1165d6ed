/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `explain` and the packet never disagree: random inventories are applied, random questions are asked, and what is
 * explained is held against what the pinned programs do with a packet that this test makes by itself, reason for reason,
 * at each end. And the rule that would allow it does.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "explain.h"
#include "house.h"
#include "util.h"
#include "world.h"

#define INVENTORIES 6
#define QUESTIONS   400 /* asked of each */
#define REMEDIES    3	/* tried of each */

static struct gateway gateway;

/* --- questions --- */

static const char *const asked_remotes[] = {
	"gateway",    "device:d0",   "device:d1",	"device:d2",	"d3",
	"d4",	      "d5",	     "device:d6",	"device:d7",	"h0",
	"host:h1",    "203.0.113.9", "203.0.113.200",	"203.0.113.53", "198.51.100.88",
	"10.0.0.1",   "10.0.0.77",   "10.0.0.78",	"10.0.0.99",	"10.9.0.77",
	"10.9.0.99",  "10.0.0.255",  "239.255.255.250", "2001:db8::9",	"2001:db8:77::1",
	"fd00::77",   "fd00::99",    "fd00:0:0:5::99",	"ff02::fb",	"internet",
	"172.16.0.1", "10.0.0.10",   "10.5.0.13",	"fd00::10",
};

static const char *const asked_services[] = {
	"tcp/443",
	"tcp/80",
	"tcp/22",
	"tcp/1023",
	"tcp/1024",
	"udp/53",
	"udp/123",
	"udp/5000",
	"tcp/443",
	"icmp/echo-request",
	"icmp/3.1",
	"icmpv6/echo-request",
	"ip/47",
	"udp/7",
	"ethertype/0x88b5",
};

struct asked {
	char device[16];
	struct iotguard_question question;
	struct iotguard_explain_opts opts;
};

static void random_question(struct asked *asked)
{
	static const uint16_t ports[] = {0, 0, 99, 100, 150, 200, 201};
	static const uint8_t dscps[] = {0, 0, 10, 46};

	snprintf(asked->device, sizeof(asked->device), "%s", one_of(machines).name);
	asked->question = (struct iotguard_question){
		.device = asked->device,
		.from = chance(2),
		.remote = one_of(asked_remotes),
		.service = one_of(asked_services),
	};
	asked->opts = IOTGUARD_OPTS(iotguard_explain_opts, .dscp = one_of(dscps));
	if (!strncmp(asked->question.service, "tcp", 3) ||
	    !strncmp(asked->question.service, "udp", 3))
		asked->opts.source_port = one_of(ports);
	if (strchr(asked->question.service, 'e') == asked->question.service)
		asked->opts.dscp = 0;
	if (!chance(15))
		asked->opts.address = one_of(loose_addresses);
}

static void complain(const struct asked *asked, const struct iotguard_explain_end *end,
		     const struct gateway_verdict *seen, const struct frame *frame)
{
	char bytes[2 * sizeof(frame->bytes) + 1] = "";

	for (size_t i = 0; i < frame->size && i < 120; i++)
		sprintf(bytes + 2 * i, "%02x", frame->bytes[i]);
	fail_msg(
		"%s %s %s %s address %s source-port %u dscp %u: at %s explained as %s %s, and is %s %s: %s",
		asked->device, asked->question.from ? "from" : "to", asked->question.remote,
		asked->question.service, asked->opts.address, asked->opts.source_port,
		asked->opts.dscp, end->device, end->passed ? "pass" : "drop", end->token,
		seen->passed ? "pass" : "drop", iotguard_reason_token(seen->reason), bytes);
}

/* The same at one end. */
static void hold_against(const struct asked *asked, const struct packet *p,
			 const struct iotguard_explain_end *end)
{
	const struct machine *m = house_machine(end->device);
	struct place place = house_place(&gateway, m);
	enum iotguard_side side = end->from ? IOTGUARD_TO_DEVICE : IOTGUARD_FROM_DEVICE;
	struct gateway_verdict seen;
	struct frame frame;

	assert_non_null(end->interface);
	assert_int_equal(if_nametoindex(end->interface), place.ifindex);
	house_packet(p, !end->from, &place, &frame);
	gateway_forget_flows(&gateway);
	gateway_judge(&gateway, side, place.ifindex, &frame, &seen);
	reasons_seen[seen.reason] = true;
	if (seen.passed != end->passed || seen.reason != end->reason)
		complain(asked, end, &seen, &frame);
}

static void hold_all(const struct asked *asked, const struct iotguard_explanation *e)
{
	const struct machine *m = house_machine(e->device), *other = NULL;
	struct packet p = {.e = e, .ip = e->ip_version != 0, .dscp = asked->opts.dscp};

	if (e->n_ends == 2)
		other = house_machine(e->ends[1].device);
	else if (p.ip && !house_is_group(e->destination))
		assert_null(house_holder(&gateway, e->from ? e->source : e->destination));
	p.from = e->from ? other : m;
	p.to = e->from ? m : other;
	/* where it is opened comes first: the other end knows what that one learnt */
	for (size_t i = 0; i < e->n_ends; i++)
		hold_against(asked, &p, &e->ends[e->from ? e->n_ends - 1 - i : i]);
}

static bool is_refused_by_policy(const struct iotguard_explanation *e)
{
	bool refused = false;

	for (size_t i = 0; i < e->n_ends; i++) {
		unsigned int reason = e->ends[i].reason;
		bool policy = reason == IG_REASON_NO_RULE || reason == IG_REASON_RULE_DENY ||
			      reason == IG_REASON_ETHERTYPE;

		if (!policy && !iotguard_reason_passes(reason))
			return false;
		refused = refused || policy;
	}
	return refused;
}

static size_t n_answered, n_refused;

/* Asks on, with all that machines do in between. @kept: some that no rule allows. */
static size_t ask_many(struct asked kept[REMEDIES])
{
	_cleanup_(ig_explain_close) struct ig_explain explain;
	size_t n_kept = 0;

	assert_int_equal(ig_explain_open(&explain, gateway.ig, NULL, 0), 0);
	for (int i = 0; i < QUESTIONS; i++) {
		struct iotguard_explanation *e;
		struct asked asked;
		size_t count;
		int err;

		if (!chance(8))
			house_hear(&gateway);
		if (!chance(20))
			house_bind(&gateway);
		random_question(&asked);
		err = ig_explain_ask(&explain, &asked.question, &asked.opts, false, &e, &count);
		iotguard_diag_clear(gateway.ig);
		if (err) {
			assert_true(err == -EINVAL || err == -ENODATA);
			n_refused++;
			continue;
		}
		assert_int_equal(count, 1);
		n_answered++;
		hold_all(&asked, e);
		if (n_kept < REMEDIES && is_refused_by_policy(e) && !chance(6))
			kept[n_kept++] = asked;
		iotguard_free(e);
	}
	return n_kept;
}

/* --- remedies --- */

static size_t n_remedies, n_without;

/* The text with the rule in it, as a person would write it there. */
static char *with_remedy(char *text, const struct iotguard_explain_end *end)
{
	char *at = house_line(text, end->remedy_line), *behind, *out;
	bool management = !strcmp(end->remedy_where, "gateway.management");

	if (!strcmp(end->remedy_how, "in"))
		at = strchr(strstr(at, "\n    rules:") + 1, '\n') + 1;
	else if (!strcmp(end->remedy_how, "after"))
		at = strchr(at, '\n') + 1;
	else
		assert_true(!strcmp(end->remedy_how, "before") ||
			    !strcmp(end->remedy_how, "in place of"));
	behind = strcmp(end->remedy_how, "in place of") ? at : strchr(at, '\n') + 1;
	assert_true(asprintf(&out, "%.*s%s- '%s'\n%s", (int)(at - text), text,
			     management ? "    " : "      ", end->remedy, behind) > 0);
	return out;
}

/* From the last line to the first, so that lines keep their numbers. */
static char *with_remedies(char *text, const struct iotguard_explanation *e)
{
	const struct iotguard_explain_end *first = &e->ends[0], *second = &e->ends[1], *swap;
	char *once, *twice;

	if (e->n_ends == 1 || !first->remedy || !second->remedy)
		return with_remedy(text, e->n_ends == 1 || first->remedy ? first : second);
	if (first->remedy_line < second->remedy_line) {
		swap = first;
		first = second;
		second = swap;
	}
	once = with_remedy(text, first);
	twice = with_remedy(once, second);
	free(once);
	return twice;
}

static bool has_all_remedies(const struct iotguard_explanation *e)
{
	for (size_t i = 0; i < e->n_ends; i++) {
		if (!iotguard_reason_passes(e->ends[i].reason) && !e->ends[i].remedy)
			return false;
	}
	return true;
}

static void ask_again(struct asked *asked, const char *text)
{
	struct iotguard_explanation *e;
	struct iotguard_inventory *inv;
	char path[80];
	size_t count;

	snprintf(path, sizeof(path), "%.60s/../other.yaml", gateway.shelter.state_dir);
	gateway_write(path, text);
	if (gateway_load(gateway.ig, path, &inv)) {
		gateway_print_diags(gateway.ig);
		fail_msg("the rule may not stand there:\n%s", text);
	}
	asked->opts.inventory = inv;
	assert_int_equal(iotguard_explain(gateway.ig, &asked->question, &asked->opts, &e, &count),
			 0);
	for (size_t i = 0; i < e->n_ends; i++) {
		if (!iotguard_reason_passes(e->ends[i].reason) &&
		    e->ends[i].reason != IG_REASON_QUARANTINE)
			fail_msg("%s %s %s %s: still %s at %s:\n%s", e->device,
				 e->from ? "from" : "to", e->remote, e->service, e->ends[i].token,
				 e->ends[i].device, text);
	}
	iotguard_free(e);
	iotguard_inventory_free(inv);
	asked->opts.inventory = NULL;
}

static void try_remedy(struct asked *asked, char *inventory)
{
	struct iotguard_explanation *e;
	size_t count;
	char *text;
	int err;

	asked->question.device = asked->device;
	err = iotguard_explain(gateway.ig, &asked->question, &asked->opts, &e, &count);
	iotguard_diag_clear(gateway.ig);
	if (err) { /* the address may be the device's own by now */
		assert_true(err == -EINVAL || err == -ENODATA);
		return;
	}
	if (is_refused_by_policy(e) && has_all_remedies(e)) {
		n_remedies++;
		text = with_remedies(inventory, e);
		ask_again(asked, text);
		free(text);
	} else if (is_refused_by_policy(e)) {
		n_without++;
		print_message("# no remedy: %s %s %s %s\n", e->device, e->from ? "from" : "to",
			      e->remote, e->service);
	}
	iotguard_free(e);
	iotguard_diag_clear(gateway.ig);
}

/* --- all of it --- */

static void test_never_disagree(void **state)
{
	unsigned int rounds = test_scale(INVENTORIES) * (getenv("IOTGUARD_LONG") ? 20 : 1);
	const char *chosen = getenv("IOTGUARD_SEED");

	(void)state;
	seed = chosen ? strtoull(chosen, NULL, 0) : 0x1905;
	for (unsigned int i = 0; i < rounds; i++) {
		uint64_t began = seed;
		char *text = house_inventory(&gateway);
		struct asked kept[REMEDIES];
		size_t n;

		print_message("# inventory %u: IOTGUARD_SEED=0x%llx\n", i,
			      (unsigned long long)began);
		gateway_apply(&gateway, text);
		gateway.live.control->clock_right = chance(2);
		n = ask_many(kept);
		while (n)
			try_remedy(&kept[--n], text);
		free(text);
	}
	print_message("# %zu questions, %zu that were none, %zu remedies, %zu without one\n",
		      n_answered, n_refused, n_remedies, n_without);
	assert_true(n_answered > n_refused);
	assert_true(n_remedies > 20 * n_without);
	gateway_detach(&gateway);
}

/* What the questions are to come to. */
static void test_reasons(void **state)
{
	static const unsigned int reasons[] = {
		IG_REASON_RULE,		IG_REASON_TRUSTED,	   IG_REASON_DNS,
		IG_REASON_NO_RULE,	IG_REASON_RULE_DENY,	   IG_REASON_ETHERTYPE,
		IG_REASON_SOURCE_SPOOF, IG_REASON_NOT_ITS_ADDRESS, IG_REASON_WRONG_PORT,
		IG_REASON_NO_SEGMENT,	IG_REASON_QUARANTINE,
	};

	(void)state;
	if (test_scale(INVENTORIES) < INVENTORIES) {
		print_message("so few inventories do not come to every reason\n");
		skip();
	}
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		if (!reasons_seen[reasons[i]])
			fail_msg("nothing was %s", iotguard_reason_token(reasons[i]));
	}
}

static int set_up(void **state)
{
	(void)state;
	gateway_open(&gateway);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gateway_close(&gateway);
	return 0;
}

static int needs_gateway(void **state)
{
	(void)state;
	return gateway_needed(&gateway);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_never_disagree, needs_gateway),
		cmocka_unit_test_setup(test_reasons, needs_gateway),
	};

	return cmocka_run_group_tests_name("explain_property", tests, set_up, tear_down);
}
