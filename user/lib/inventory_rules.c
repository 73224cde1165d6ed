/* SPDX-License-Identifier: BSD-2-Clause */
/* Rules and groups: whatever names other things. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory_internal.h"
#include "util.h"

/* Does the thing that the remote names exist? */
static void check_reference(struct ig_load *l, const struct ig_remote *remote,
			    const struct ig_loc *loc)
{
	switch (remote->kind) {
	case IG_REMOTE_DEVICE:
		ig_load_find(l, IG_SPACE_DEVICE, remote->name, loc);
		break;
	case IG_REMOTE_HOST:
		ig_load_find(l, IG_SPACE_HOST, remote->name, loc);
		break;
	case IG_REMOTE_GROUP:
		ig_load_find(l, IG_SPACE_GROUP, remote->name, loc);
		break;
	case IG_REMOTE_SEGMENT:
		ig_load_find(l, IG_SPACE_SEGMENT, remote->name, loc);
		break;
	default:
		break;
	}
}

/* 0: read; -EINVAL: reported. */
static int load_rule(struct ig_load *l, const struct ig_node *node, struct ig_rule *rule)
{
	const struct ig_node *value = ig_node_value(node);
	struct ig_loc loc = ig_node_loc_at(&l->set, node, 0);
	struct ig_rule_error error;
	int r;

	if (value->type != IG_NODE_SCALAR) {
		ig_error(l->diags, &loc,
			 "if it has `: ` or a comma in it, put the whole rule in quotes",
			 "a rule is a sentence, and this is a %s",
			 value->type == IG_NODE_MAP ? "map" : "list");
		return -EINVAL;
	}
	r = ig_rule_parse(value->text, rule, &error);
	rule->loc = loc;
	if (r == -EINVAL) {
		loc = ig_node_loc_at(&l->set, node, error.offset);
		ig_error(l->diags, &loc, error.hint, "%s", error.message);
	}
	if (r)
		return r;
	loc = ig_node_loc_at(&l->set, node, ig_rule_remote_offset(value->text));
	check_reference(l, &rule->remote, &loc);
	return 0;
}

int ig_load_rules(struct ig_load *l, const struct ig_node *value, struct ig_rules *out)
{
	size_t count = ig_load_list(l, value, "a list of rules", "- allow to 192.0.2.1 tcp/443");

	ig_rules_clear(out);
	if (!count)
		return 0;
	out->items = calloc(count, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	for (const struct ig_node *item = ig_node_value(value)->first; item; item = item->next) {
		int r = load_rule(l, item, &out->items[out->count]);

		if (r == -ENOMEM)
			return r;
		out->count += !r;
	}
	return 0;
}

void ig_rules_clear(struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		ig_rule_clear(&rules->items[i]);
	free(rules->items);
	*rules = (struct ig_rules){0};
}

/* A member: true where it can be one. */
static bool resolve_member(struct ig_load *l, const struct ig_remote *remote,
			   const struct ig_loc *loc, struct ig_member *member, bool is_set)
{
	enum ig_space space = remote->kind == IG_REMOTE_HOST ? IG_SPACE_HOST : IG_SPACE_DEVICE;
	size_t position;

	switch (remote->kind) {
	case IG_REMOTE_PREFIX:
		member->prefix = remote->prefix;
		return true;
	case IG_REMOTE_DEVICE:
	case IG_REMOTE_HOST:
		position = ig_load_find(l, space, remote->name, loc);
		if (position != IG_INDEX_NONE)
			member->machine = &l->inv->machines[position];
		return position != IG_INDEX_NONE;
	case IG_REMOTE_GATEWAY:
		member->gateway = is_set;
		if (is_set)
			return true;
		break;
	default:
		break;
	}
	ig_error(l->diags, loc, "list the machines and prefixes themselves",
		 is_set ? "a controller is device:NAME, host:NAME, gateway, an address or a prefix"
			: "a member of a group is device:NAME, host:NAME, an address or a prefix");
	return false;
}

static int load_member(struct ig_load *l, const struct ig_node *node, struct ig_member *member,
		       bool is_set, bool *taken)
{
	struct ig_loc loc = ig_node_loc(&l->set, node);
	struct ig_rule_error error;
	struct ig_remote remote;
	const char *text;
	int r;

	*taken = false;
	if (!ig_node_text(&l->set, node, is_set ? "a controller" : "a member of a group",
			  IG_TEXT_MAX, &text))
		return 0;
	r = ig_remote_parse(text, &remote, &error);
	if (r == -EINVAL) {
		loc = ig_node_loc_at(&l->set, node, error.offset);
		ig_error(l->diags, &loc, error.hint, "%s", error.message);
	}
	if (r)
		return r == -EINVAL ? 0 : r;
	*taken = resolve_member(l, &remote, &loc, member, is_set);
	ig_remote_clear(&remote);
	return 0;
}

int ig_load_members(struct ig_load *l, const struct ig_node *value, struct ig_group *group,
		    bool is_set)
{
	size_t count = ig_load_list(l, value, "a list of members", "[device:NAME, 192.0.2.1]");

	if (!count)
		return 0;
	group->members = calloc(count, sizeof(*group->members));
	if (!group->members)
		return -ENOMEM;
	for (const struct ig_node *item = ig_node_value(value)->first; item; item = item->next) {
		bool taken;
		int r = load_member(l, item, &group->members[group->count], is_set, &taken);

		if (r)
			return r;
		group->count += taken;
	}
	return 0;
}

int ig_load_groups(struct ig_load *l)
{
	for (size_t i = 0; i < l->inv->n_groups; i++) {
		struct ig_group *group = &l->inv->groups[i];
		const struct ig_node *value = l->sections[IG_SPACE_GROUP].items[i].value;
		int r = ig_load_members(l, value, group, false);

		if (r)
			return r;
		if (ig_node_empty(value) ||
		    (ig_node_value(value)->type == IG_NODE_LIST && !ig_node_value(value)->count))
			ig_warning(l->diags, &group->loc, "add a member",
				   "the group `%s` is empty, so no rule with it ever matches",
				   group->name);
	}
	return 0;
}
