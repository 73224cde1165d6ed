/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of a MUD file for people. Those that allow something of the same remote stand in one line, where no rule that
 * denies stands between them: the order of rules that allow does not matter. Two that differ in the version of IP alone
 * are one.
 */
#include <string.h>

#include "mud.h"
#include "output.h"

enum version { IPV4 = 1, IPV6 = 2, BOTH = IPV4 | IPV6 };

struct item {
	const struct iotguard_mud_rule *rule;
	size_t options; /* bytes of its options without the version */
	unsigned int versions;
	bool said;
};

struct list {
	struct item *items;
	size_t count, capacity;
};

static void list_clear(struct list *list)
{
	free(list->items);
}

/* The version is the last of a rule's options here. */
static struct item item_of(const struct iotguard_mud_rule *rule)
{
	struct item item = {rule, strlen(rule->options), BOTH, false};
	const char *end = rule->options + item.options;

	if (item.options < 4 || (strcmp(end - 4, "ipv4") != 0 && strcmp(end - 4, "ipv6") != 0))
		return item;
	item.versions = end[-1] == '4' ? IPV4 : IPV6;
	item.options -= item.options > 4 ? 5 : 4;
	return item;
}

static bool same_remote(const struct item *a, const struct item *b)
{
	return a->rule->allows == b->rule->allows && !strcmp(a->rule->remote, b->rule->remote);
}

static bool same_service(const struct item *a, const struct item *b)
{
	return same_remote(a, b) && !strcmp(a->rule->service, b->rule->service) &&
	       a->options == b->options && !memcmp(a->rule->options, b->rule->options, a->options);
}

/* Where the rules end that may change places with the one at @first. */
static size_t end_of_run(const struct list *list, size_t first)
{
	size_t end = first;

	while (end < list->count &&
	       list->items[end].rule->allows == list->items[first].rule->allows)
		end++;
	return end;
}

static bool add(struct list *list, const struct iotguard_mud_rule *rule)
{
	struct item *grown;

	if (list->count == list->capacity) {
		list->capacity = list->capacity ? 2 * list->capacity : 64;
		grown = reallocarray(list->items, list->capacity, sizeof(*grown));
		if (!grown)
			return false;
		list->items = grown;
	}
	list->items[list->count++] = item_of(rule);
	return true;
}

static bool gather(const struct iotguard_mud *mud, bool from, struct list *list)
{
	size_t n;
	const struct iotguard_mud_ruling *rulings = iotguard_mud_rulings(mud, &n);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; rulings[i].from == from && k < rulings[i].n_rules; k++) {
			if (!add(list, &rulings[i].rules[k]))
				return false;
		}
	}
	return true;
}

static void put_item(const struct item *item)
{
	mud_put(*item->rule->service ? item->rule->service : "anything");
	if (item->options)
		printf(" %.*s", (int)item->options, item->rule->options); /* our own words */
	if (item->versions != BOTH)
		printf(" ipv%d", item->versions == IPV4 ? 4 : 6);
}

/* One line for all of the same remote up to @end. */
static void put_line(const struct cli *cli, struct list *list, size_t first, size_t end, bool from)
{
	const struct item *head = &list->items[first];
	const char *before = ": ";

	printf("  %s%s%s%s ", style_on(cli, head->rule->allows ? STYLE_PLAIN : STYLE_WARN),
	       head->rule->allows ? "" : "never ", from ? "from" : "to",
	       style_off(cli, head->rule->allows ? STYLE_PLAIN : STYLE_WARN));
	mud_put(head->rule->remote);
	for (size_t i = first; i < end; i++) {
		struct item *item = &list->items[i];

		if (item->said || !same_remote(item, head))
			continue;
		for (size_t k = i + 1; k < end; k++) {
			if (!list->items[k].said && same_service(item, &list->items[k])) {
				item->versions |= list->items[k].versions;
				list->items[k].said = true;
			}
		}
		fputs(before, stdout);
		put_item(item);
		item->said = true;
		before = ", ";
	}
	putchar('\n');
}

bool mud_print_sentences(const struct cli *cli, const struct iotguard_mud *mud, bool from)
{
	_cleanup_(list_clear) struct list list = {0};

	if (!gather(mud, from, &list)) {
		cli_error(cli, NULL, "out of memory");
		return true;
	}
	for (size_t first = 0, end; first < list.count; first = end) {
		end = end_of_run(&list, first);
		for (size_t i = first; i < end; i++) {
			if (!list.items[i].said)
				put_line(cli, &list, i, end, from);
		}
	}
	return list.count;
}
