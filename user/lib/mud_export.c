/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy of a device as a MUD file. What the format cannot say is left out, so that the file never allows more than the
 * policy: an allow alone, a deny only where no allow stands behind it. The file is read again before it is handed out.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "abi.h"
#include "handle.h"
#include "infrastructure.h"
#include "mud.h"
#include "mud_export.h"
#include "mud_rules.h"
#include "mud_url.h"
#include "opts.h"
#include "resolve.h"
#include "snapshot.h"
#include "util.h"

/* A rule of one side, in the order of judgement. */
struct item {
	const struct ig_rule *rule;
	enum ig_export_fate fate;
	char why[IG_EXPORT_WHY];
};

struct side {
	struct item *items;
	size_t count, capacity;
};

static void side_clear(struct side *side)
{
	free(side->items);
}

/* --- which rules there are, and whether they can be said --- */

/* The first reason counts; what is unsaid stays so. */
static void leave(struct item *item, enum ig_export_fate fate, const char *why)
{
	if (item->fate >= fate)
		return;
	item->fate = fate;
	snprintf(item->why, sizeof(item->why), "%s", why);
}

static int day_of(const struct ig_rule *rule)
{
	return rule->until_year * 10000 + rule->until_month * 100 + rule->until_day;
}

/* ICMP of the other version has no place in a list. */
static bool is_odd_protocol(const struct ig_rule *rule)
{
	return rule->service.family == IG_SERVICE_IP &&
	       (rule->service.number == IPPROTO_ICMP || rule->service.number == IPPROTO_ICMPV6);
}

static void judge(const struct ig_export *x, struct item *item)
{
	const struct ig_rule *rule = item->rule;

	item->fate = ig_export_judge_remote(x, rule, item->why);
	if (rule->service.family == IG_SERVICE_ETHER)
		leave(item, IG_EXPORT_UNSAID, "it is about frames that are no IP");
	if (is_odd_protocol(rule))
		leave(item, IG_EXPORT_UNSAID, "say it as icmp or icmpv6");
	if (rule->has_until)
		leave(item, IG_EXPORT_UNSAID, "it has an end");
	if (rule->rate_unit != IG_RATE_NONE)
		leave(item, IG_EXPORT_UNSAID, "it has a rate");
	if (rule->local)
		leave(item, IG_EXPORT_NARROWED,
		      "that the name may have a local address (`local`) is not said");
	if (rule->critical)
		leave(item, IG_EXPORT_NARROWED, "that it is critical is not said");
	if (rule->has_until && day_of(rule) < x->today)
		item->fate = IG_EXPORT_ENDED;
}

static int add_rules(const struct ig_export *x, enum ig_rule_side which,
		     const struct ig_rules *rules, struct side *side)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->items[i].side != which)
			continue;
		if (!ig_grow(&side->items, side->count, &side->capacity, sizeof(*side->items)))
			return -ENOMEM;
		side->items[side->count] = (struct item){.rule = &rules->items[i]};
		judge(x, &side->items[side->count++]);
	}
	return 0;
}

static int gather(const struct ig_export *x, enum ig_rule_side which, struct side *side)
{
	const struct ig_profile *profile = NULL;
	int err = add_rules(x, which, &x->m->rules, side);

	while (!err && (profile = ig_next_profile(x->m, profile)))
		err = add_rules(x, which, &profile->rules, side);
	return err;
}

/* --- what may stand where --- */

static bool is_said(const struct item *item)
{
	return item->fate == IG_EXPORT_SAID || item->fate == IG_EXPORT_NARROWED;
}

static bool allows(const struct item *item)
{
	return item->rule->action == IG_RULE_ALLOWS && is_said(item);
}

static bool is_internet(const struct item *item)
{
	return item->rule->remote.kind == IG_REMOTE_INTERNET;
}

/* Where the rules end that allow something and may change places with the one at @first. */
static size_t end_of_run(const struct side *side, size_t first)
{
	while (first < side->count && side->items[first].rule->action == IG_RULE_ALLOWS)
		first++;
	return first;
}

static bool an_allow_follows(const struct side *side, size_t at, bool internet)
{
	for (; at < side->count; at++) {
		if (allows(&side->items[at]) && (internet || !is_internet(&side->items[at])))
			return true;
	}
	return false;
}

/*
 * The internet is everything but what is denied in front: that would hit what is allowed behind. Among rules that allow it
 * goes to the end; over a deny it cannot.
 */
static void judge_internet(struct side *side)
{
	for (size_t i = 0; i < side->count; i++) {
		if (allows(&side->items[i]) && is_internet(&side->items[i]) &&
		    an_allow_follows(side, end_of_run(side, i), false))
			leave(&side->items[i], IG_EXPORT_UNSAID,
			      "the internet can only be said behind all that is allowed elsewhere, and "
			      "a deny stands between");
	}
}

static void tell(const struct ig_export *x, const struct item *item, const char *what)
{
	char text[IG_RULE_TEXT_MAX];
	struct ig_rule bare = *item->rule;

	bare.because = NULL;
	ig_rule_print(&bare, text, sizeof(text));
	ig_warning(x->diags, &item->rule->loc, NULL, "%s: `%s`: %s", what, text, item->why);
}

/* A deny that is not there would let through what it stops, if something behind it allows that. */
static int check_deny(const struct ig_export *x, const struct side *side, size_t at)
{
	const struct item *item = &side->items[at];

	if (item->rule->service.family == IG_SERVICE_ETHER) {
		tell(x, item, "left out, as no such frame is allowed in the file");
		return 0;
	}
	if (!an_allow_follows(side, at + 1, true)) {
		tell(x, item, "left out, as nothing is allowed behind it");
		return 0;
	}
	ig_error(x->diags, &item->rule->loc,
		 "export what stands in front of it, or say it by addresses and names",
		 "a MUD file cannot say this deny, and rules behind it allow something: %s",
		 item->why);
	return -EOPNOTSUPP;
}

static int check_side(const struct ig_export *x, struct side *side,
		      struct iotguard_mud_export_result *result)
{
	int err = 0, found = 0;

	judge_internet(side);
	for (size_t i = 0; i < side->count; i++) {
		struct item *item = &side->items[i];
		bool deny = item->rule->action == IG_RULE_DENIES;

		result->rules += item->fate != IG_EXPORT_ENDED;
		result->left_out += item->fate == IG_EXPORT_UNSAID;
		if (item->fate == IG_EXPORT_UNSAID && deny)
			found = check_deny(x, side, i);
		else if (item->fate == IG_EXPORT_UNSAID)
			tell(x, item, "left out");
		if (item->fate == IG_EXPORT_NARROWED && !deny) {
			result->narrowed++;
			tell(x, item, "not all of it is said");
		}
		err = err ?: found;
	}
	return err;
}

/* --- entries --- */

static int put_for(struct ig_export *x, const struct ig_rule *rule, enum ig_rule_action action,
		   const struct ig_remote *remote)
{
	int err = 0;

	for (int v6 = 0; v6 < 2 && !err; v6++) {
		if (ig_export_has_version(rule, remote, v6))
			err = ig_export_add(x, rule, action, remote, v6);
	}
	return err;
}

static int put(struct ig_export *x, const struct ig_rule *rule)
{
	const struct ig_remote any = {.kind = IG_REMOTE_ANY};
	bool internet = rule->remote.kind == IG_REMOTE_INTERNET;
	_cleanup_(ig_export_remotes_clear) struct ig_export_remotes remotes = {};
	int err = ig_export_remotes(x, rule, &remotes);

	for (size_t i = 0; i < remotes.count && !err; i++)
		err = put_for(x, rule, internet ? IG_RULE_DENIES : rule->action, &remotes.items[i]);
	if (internet)
		err = err ?: put_for(x, rule, IG_RULE_ALLOWS, &any);
	return err;
}

static int put_those(struct ig_export *x, const struct side *side, size_t first, size_t end,
		     bool internet)
{
	int err = 0;

	for (size_t i = first; i < end && !err; i++) {
		if (is_said(&side->items[i]) && is_internet(&side->items[i]) == internet)
			err = put(x, side->items[i].rule);
	}
	return err;
}

static int put_side(struct ig_export *x, const struct side *side)
{
	int err = 0;

	for (size_t first = 0, end; first < side->count && !err; first = end + 1) {
		end = end_of_run(side, first);
		err = put_those(x, side, first, end, false);
		err = err ?: put_those(x, side, first, end, true);
		if (end < side->count)
			err = err ?: put_those(x, side, end, end + 1, false);
	}
	return err;
}

static int put_sentence(struct ig_export *x, const char *sentence)
{
	struct ig_rule_error error;
	struct ig_rule rule;
	int err = ig_rule_parse(sentence, &rule, &error);

	err = err ?: put(x, &rule);
	ig_rule_clear(&rule);
	return err;
}

/* About the service of @bit. */
struct sentence {
	const char *text;
	uint32_t bit;
};

static int put_sentences(struct ig_export *x, const struct sentence *sentences, size_t n,
			 uint32_t services)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if (services & sentences[i].bit)
			err = put_sentence(x, sentences[i].text);
	}
	return err;
}

static bool drops_something(const struct side *side)
{
	for (size_t i = 0; i < side->count; i++) {
		const struct item *item = &side->items[i];

		if (is_said(item) && (!allows(item) || is_internet(item)))
			return true;
	}
	return false;
}

/* What the device may do without a rule, in front of what the file drops: no deny of the policy reaches it, and each drop of
 * a file does. */
static int put_switched_on(struct ig_export *x, const struct side *to)
{
	static const struct sentence sentences[] = {
		{"allow to controller:urn:ietf:params:mud:dns udp/53", IG_INFRA_DNS},
		{"allow to controller:urn:ietf:params:mud:dns tcp/53", IG_INFRA_DNS},
		{"allow to controller:urn:ietf:params:mud:ntp udp/123", IG_INFRA_NTP},
	};

	uint32_t on = ig_machine_infrastructure(x->inv, x->m);

	if (!drops_something(to))
		return 0;
	/* Without a server it has none, and what its file drops of that is not known. */
	if (!x->inv->gateway.resolvers.count)
		on &= ~(uint32_t)IG_INFRA_DNS;
	if (!x->inv->gateway.time_servers.count)
		on &= ~(uint32_t)IG_INFRA_NTP;
	return put_sentences(x, sentences, ARRAY_SIZE(sentences), on);
}

/* What the RFC allows by itself, and the device's segment does not. What its own MUD file drops is among the rules. */
static int put_switched_off(struct ig_export *x)
{
	static const struct sentence sentences[] = {
		{"deny to controller:urn:ietf:params:mud:dns udp/53", IG_INFRA_DNS},
		{"deny from controller:urn:ietf:params:mud:dns udp source-port 53", IG_INFRA_DNS},
		{"deny to controller:urn:ietf:params:mud:ntp udp/123", IG_INFRA_NTP},
		{"deny from controller:urn:ietf:params:mud:ntp udp source-port 123", IG_INFRA_NTP},
	};

	return put_sentences(x, sentences, ARRAY_SIZE(sentences), ~x->m->segment->infrastructure);
}

static int put_all(struct ig_export *x, struct iotguard_mud_export_result *result)
{
	_cleanup_(side_clear) struct side to = {}, from = {};
	int err = gather(x, IG_RULE_TO, &to), other;

	err = err ?: gather(x, IG_RULE_FROM, &from);
	if (err)
		return err;
	err = check_side(x, &to, result);
	other = check_side(x, &from, result);
	err = err ?: other;
	err = err ?: put_switched_on(x, &to);
	err = err ?: put_side(x, &to);
	err = err ?: put_side(x, &from);
	err = err ?: put_switched_off(x);
	if (err == -E2BIG)
		ig_error(x->diags, &x->m->loc, NULL, "a MUD file has at most %d entries",
			 IG_MUD_ACES_MAX);
	result->entries = x->n_entries;
	return err;
}

/* --- the file --- */

static const char *list_name(int side, int v6, char name[16])
{
	snprintf(name, 16, "%s-ipv%d", side == IG_RULE_TO ? "from" : "to", v6 ? 6 : 4);
	return name;
}

/* Both lists, of the side's entries; NULL without memory. */
static json_t *make_lists(struct ig_export *x)
{
	json_t *lists = json_array();
	char name[16];

	for (int side = 0; side < 2; side++) {
		for (int v6 = 0; v6 < 2 && lists; v6++) {
			json_t *aces = x->answers[side][v6];

			if (json_array_extend(aces, x->entries[side][v6]) ||
			    json_array_append_new(lists,
						  json_pack("{s:s, s:s, s:{s:O}}", "name",
							    list_name(side, v6, name), "type",
							    v6 ? "ipv6-acl-type" : "ipv4-acl-type",
							    "aces", "ace", aces)))
				return json_decref(lists), NULL;
		}
	}
	return lists;
}

static json_t *make_policy(int side)
{
	char v4[16], v6[16];

	return json_pack("{s:{s:[{s:s},{s:s}]}}", "access-lists", "access-list", "name",
			 list_name(side, 0, v4), "name", list_name(side, 1, v6));
}

/* What people wrote of the device goes where there is a word for it; @text NULL: nobody did. */
static int set_text(json_t *head, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	if (!text)
		return 0;
	return value && !json_object_set_new(head, key, value) ? 0 : -ENOMEM;
}

static json_t *make_head(const struct ig_export *x, const char *url, time_t now)
{
	char update[32], info[61];
	struct tm tm;
	json_t *head;
	int err;

	gmtime_r(&now, &tm);
	strftime(update, sizeof(update), "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(info, sizeof(info), "%s", x->m->name);
	head = json_pack("{s:i, s:s, s:s, s:i, s:b, s:s}", "mud-version", 1, "mud-url", url,
			 "last-update", update, "cache-validity", 48, "is-supported", 1,
			 "systeminfo", info);
	if (!head)
		return NULL;
	err = set_text(head, "mfg-name", x->m->manufacturer);
	err = err ?: set_text(head, "model-name", x->m->model);
	if (json_object_set_new(head, "from-device-policy", make_policy(IG_RULE_TO)) ||
	    json_object_set_new(head, "to-device-policy", make_policy(IG_RULE_FROM)))
		err = -ENOMEM;
	if (!err)
		return head;
	json_decref(head);
	return NULL;
}

static char *make_text(struct ig_export *x, const char *url, time_t now)
{
	json_t *root = json_pack("{s:o, s:{s:o}}", "ietf-mud:mud", make_head(x, url, now),
				 "ietf-access-control-list:acls", "acl", make_lists(x));
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;

	json_decref(root);
	return text;
}

static int count_closed(const struct ig_mud *mud, bool private_addresses, size_t *closed)
{
	const struct ig_mud_terms terms = {"", private_addresses};
	struct ig_mud_rules made;
	int err = ig_mud_translate(mud, &terms, &made);

	*closed = 0;
	if (err)
		return err;
	for (size_t i = 0; i < made.n_rulings; i++)
		*closed += made.rulings[i].fate == IG_MUD_CLOSED;
	ig_mud_rules_clear(&made);
	return 0;
}

/* Addresses that are another machine in each network: whoever reads the file is right to refuse them. */
static int tell_addresses(const struct ig_export *x, const struct ig_mud *mud)
{
	size_t all, never;
	int err = count_closed(mud, false, &all);

	err = err ?: count_closed(mud, true, &never);
	if (err)
		return err;
	if (all > never)
		ig_warning(
			x->diags, NULL,
			"where the file is used: `mud: {source: ..., private-addresses: allow}`",
			"%zu of its entries have private addresses, and allow nothing unless they are "
			"allowed there",
			all - never);
	if (never)
		ig_warning(
			x->diags, NULL, NULL,
			"%zu of its entries have addresses that are of no other machine, and allow "
			"nothing",
			never);
	return 0;
}

/* What nobody could read is not handed out. */
static int check_text(const struct ig_export *x, const char *text)
{
	struct ig_diags diags = {};
	struct ig_mud mud;
	int err = ig_mud_read(&diags, x->m->name, text, strlen(text), &mud);

	if (err == -EINVAL)
		ig_error(x->diags, &x->m->loc, NULL, "no MUD file comes of it: %s",
			 diags.count ? diags.items[diags.count - 1].message : "");
	err = err ?: tell_addresses(x, &mud);
	ig_mud_clear(&mud);
	ig_diags_clear(&diags);
	return err;
}

/* --- what is asked for --- */

static int find_machine(struct ig_export *x, const char *name)
{
	bool host = !strncmp(name, "host:", 5), device = !strncmp(name, "device:", 7);

	x->m = ig_inventory_machine(x->inv, host, name + (host ? 5 : device ? 7 : 0));
	if (!x->m) {
		ig_error(x->diags, NULL, "`host:` in front is for one that is no device",
			 "there is no device '%s'", name);
		return -ENODEV;
	}
	if (x->m->trusted) {
		ig_error(x->diags, &x->m->loc, NULL, "a trusted host has no rules");
		return -EINVAL;
	}
	return 0;
}

static int choose_url(struct ig_export *x, const char *wanted, char url[IG_MUD_URL_MAX])
{
	const char *why;

	if (!wanted && x->m->mud_rules)
		wanted = x->m->mud_rules->mud_url;
	if (!wanted) {
		ig_error(x->diags, NULL, "--mud-url https://...",
			 "'%s' has no MUD file whose URL could be kept", x->m->name);
		return -EINVAL;
	}
	if (ig_mud_url_canonical(wanted, url, &why)) {
		ig_error(x->diags, NULL, NULL, "no MUD URL is '%s': %s", wanted, why);
		return -EINVAL;
	}
	snprintf(x->authority, sizeof(x->authority), "%.*s", (int)strcspn(url + 8, "/?#"), url + 8);
	return 0;
}

static int make_arrays(struct ig_export *x)
{
	bool made = true;

	for (int side = 0; side < 2; side++) {
		for (int v6 = 0; v6 < 2; v6++) {
			x->entries[side][v6] = json_array();
			x->answers[side][v6] = json_array();
			made = made && x->entries[side][v6] && x->answers[side][v6];
		}
	}
	return made ? 0 : -ENOMEM;
}

static void export_clear(struct ig_export *x)
{
	for (int side = 0; side < 2; side++) {
		for (int v6 = 0; v6 < 2; v6++) {
			json_decref(x->entries[side][v6]);
			json_decref(x->answers[side][v6]);
		}
	}
}

static int make(struct ig_export *x, const struct iotguard_mud_export_opts *opts, char **out,
		struct iotguard_mud_export_result *result)
{
	uint64_t at = ig_opt(opts, now, 0);
	time_t now = at ? (time_t)at : time(NULL);
	_free_ char *text = NULL;
	char url[IG_MUD_URL_MAX];
	struct tm tm;
	int err;

	gmtime_r(&now, &tm);
	x->today = (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
	err = find_machine(x, ig_opt(opts, device, ""));
	err = err ?: choose_url(x, ig_opt(opts, url, NULL), url);
	err = err ?: make_arrays(x);
	err = err ?: put_all(x, result);
	if (err)
		return err;
	text = make_text(x, url, now);
	err = text ? check_text(x, text) : -ENOMEM;
	if (err)
		return err;
	*out = ig_result_new(strlen(text) + 2);
	if (!*out)
		return -ENOMEM;
	sprintf(*out, "%s\n", text);
	return 0;
}

int iotguard_mud_export(struct iotguard *ig, const struct iotguard_inventory *inventory,
			const struct iotguard_mud_export_opts *opts, char **out,
			struct iotguard_mud_export_result *result)
{
	struct ig_export x = {.diags = &ig->diags, .inv = inventory};
	struct iotguard_mud_export_result done = {};
	int err;

	*out = NULL;
	err = make(&x, opts, out, &done);
	export_clear(&x);
	if (!err && result)
		*result = done;
	return err;
}
