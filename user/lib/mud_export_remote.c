/* SPDX-License-Identifier: BSD-2-Clause */
/* Remotes of rules as MUD files know them: RFC 8520 has no machines of one network in it, but for their addresses. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mud_export.h"
#include "resolve.h"
#include "util.h"

#define GATEWAY_CLASS "urn:ietf:params:mud:gateway"

/* --- can it be said? --- */

/* inet:host, which the name of a manufacturer is there. */
static bool is_host(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("-._:[]", *c))
			return false;
	}
	return *text;
}

static bool is_uri(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!isgraph((unsigned char)*c))
			return false;
	}
	return strchr(text, ':') && *text != ':';
}

static bool lists_addresses(const struct ig_machine *m)
{
	return m && m->addresses.count;
}

static enum ig_export_fate unsaid(char why[IG_EXPORT_WHY], const char *words)
{
	snprintf(why, IG_EXPORT_WHY, "%s", words);
	return IG_EXPORT_UNSAID;
}

/* A machine is more than the addresses that are listed for it: what it gets beside them is not in the file. */
static enum ig_export_fate judge_machine(const struct ig_machine *m, bool deny, char *why)
{
	if (!lists_addresses(m))
		return unsaid(why, "it names a machine for which no address is listed");
	if (deny)
		return unsaid(why, "a machine has addresses beside those that are listed");
	snprintf(why, IG_EXPORT_WHY, "of a machine there are its listed addresses alone");
	return IG_EXPORT_NARROWED;
}

static enum ig_export_fate judge_group(const struct ig_group *group, bool deny, char *why)
{
	size_t machines = 0, listed = 0;

	for (size_t i = 0; group && i < group->count; i++) {
		machines += group->members[i].machine != NULL;
		listed += !group->members[i].machine || lists_addresses(group->members[i].machine);
	}
	if (!machines)
		return IG_EXPORT_SAID;
	if (deny)
		return unsaid(why, "a machine has addresses beside those that are listed");
	if (!listed)
		return unsaid(why, "it names machines for which no address is listed");
	snprintf(why, IG_EXPORT_WHY, "of machines there are their listed addresses alone");
	return IG_EXPORT_NARROWED;
}

static enum ig_export_fate judge_maker(const char *name, char *why)
{
	if (!name)
		return unsaid(why, "nobody says who the device's manufacturer is");
	return is_host(name) ? IG_EXPORT_SAID
			     : unsaid(why, "a manufacturer is the host of a MUD URL there");
}

enum ig_export_fate ig_export_judge_remote(const struct ig_export *x, const struct ig_rule *rule,
					   char why[IG_EXPORT_WHY])
{
	const struct ig_remote *remote = &rule->remote;
	bool deny = rule->action == IG_RULE_DENIES;

	switch (remote->kind) {
	case IG_REMOTE_INTERNET:
		return deny ? unsaid(why, "there is no word for the internet") : IG_EXPORT_SAID;
	case IG_REMOTE_NAME:
		return *remote->name == '*' ? unsaid(why, "a domain name is a whole one there")
					    : IG_EXPORT_SAID;
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
		return judge_machine(
			ig_inventory_machine(x->inv, remote->kind == IG_REMOTE_HOST, remote->name),
			deny, why);
	case IG_REMOTE_GROUP:
		return judge_group(ig_inventory_group(x->inv, remote->name), deny, why);
	case IG_REMOTE_MANUFACTURER:
		return judge_maker(remote->name, why);
	case IG_REMOTE_SAME_MANUFACTURER:
		return judge_maker(ig_machine_manufacturer(x->m), why);
	case IG_REMOTE_CONTROLLER:
	case IG_REMOTE_MODEL:
		return is_uri(remote->name) ? IG_EXPORT_SAID
					    : unsaid(why, "a class or a model is a URI there");
	default:
		return IG_EXPORT_SAID;
	}
}

/* --- what stands in its place --- */

static int add(struct ig_export_remotes *out, const struct ig_remote *remote)
{
	if (!ig_grow(&out->items, out->count, &out->capacity, sizeof(*out->items)))
		return -ENOMEM;
	out->items[out->count++] = *remote;
	return 0;
}

static int add_kind(struct ig_export_remotes *out, enum ig_remote_kind kind, const char *name)
{
	return add(out, &(struct ig_remote){.kind = kind, .name = (char *)name});
}

static int add_prefix(struct ig_export_remotes *out, const struct ig_prefix *prefix)
{
	return add(out, &(struct ig_remote){.kind = IG_REMOTE_PREFIX, .prefix = *prefix});
}

static int add_addresses(struct ig_export_remotes *out, const struct ig_machine *m)
{
	int err = 0;

	for (size_t i = 0; i < m->addresses.count && !err; i++) {
		struct ig_prefix prefix = {.length = 128};

		memcpy(prefix.addr, m->addresses.items[i].addr, sizeof(prefix.addr));
		err = add_prefix(out, &prefix);
	}
	return err;
}

static int add_group(struct ig_export_remotes *out, const struct ig_group *group)
{
	int err = 0;

	for (size_t i = 0; group && i < group->count && !err; i++) {
		const struct ig_member *member = &group->members[i];

		err = member->machine ? add_addresses(out, member->machine)
				      : add_prefix(out, &member->prefix);
	}
	return err;
}

static int add_networks(struct ig_export_remotes *out, const struct ig_segment *segment)
{
	int err = 0;

	for (size_t i = 0; segment && i < segment->n_networks && !err; i++)
		err = add_prefix(out, &segment->networks[i]);
	return err;
}

/* What is not the internet (docs/policy.md, Rules). */
static int add_not_internet(struct ig_export_remotes *out)
{
	static const char *const prefixes[] = {
		"0.0.0.0/8",	  "10.0.0.0/8",	   "100.64.0.0/10", "127.0.0.0/8",
		"169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",  "192.168.0.0/16",
		"198.18.0.0/15",  "224.0.0.0/3",   "::/3",	    "4000::/2",
		"8000::/1",
	};
	struct ig_prefix prefix;
	char why[128];
	int err = add_kind(out, IG_REMOTE_LOCAL, NULL);

	err = err ?: add_kind(out, IG_REMOTE_CONTROLLER, GATEWAY_CLASS);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && !err; i++) {
		ig_prefix_parse(prefixes[i], false, &prefix, why);
		err = add_prefix(out, &prefix);
	}
	return err;
}

/* The manufacturer of the file is the authority of its URL. */
static int add_maker(const struct ig_export *x, struct ig_export_remotes *out)
{
	const char *name = ig_machine_manufacturer(x->m);

	if (!strcasecmp(name, x->authority))
		return add_kind(out, IG_REMOTE_SAME_MANUFACTURER, NULL);
	return add_kind(out, IG_REMOTE_MANUFACTURER, name);
}

int ig_export_remotes(const struct ig_export *x, const struct ig_rule *rule,
		      struct ig_export_remotes *out)
{
	const struct ig_remote *remote = &rule->remote;

	*out = (struct ig_export_remotes){};
	switch (remote->kind) {
	case IG_REMOTE_INTERNET:
		return add_not_internet(out);
	case IG_REMOTE_GATEWAY:
		return add_kind(out, IG_REMOTE_CONTROLLER, GATEWAY_CLASS);
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
		return add_addresses(
			out,
			ig_inventory_machine(x->inv, remote->kind == IG_REMOTE_HOST, remote->name));
	case IG_REMOTE_GROUP:
		return add_group(out, ig_inventory_group(x->inv, remote->name));
	case IG_REMOTE_SEGMENT:
		return add_networks(out, ig_inventory_segment(x->inv, remote->name));
	case IG_REMOTE_SAME_MANUFACTURER:
		return add_maker(x, out);
	default:
		return add(out, remote);
	}
}

void ig_export_remotes_clear(struct ig_export_remotes *remotes)
{
	free(remotes->items);
	*remotes = (struct ig_export_remotes){};
}
