/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that machines in force were told for domain names. */

#include <errno.h>
#include <string.h>

#include "address.h"
#include "clock.h"
#include "pins.h"
#include "rule.h"
#include "snapshot.h"
#include "util.h"

#define NSEC 1000000000ull

/* The rules of one device that speak of domain names, in the order of judgement. */
struct named_rules {
	uint32_t device; /* whose they are; IG_ENTITY_NONE: nobody's yet */
	struct named_rule {
		char *remote; /* owned */
		const char *text;
	} * items;
	size_t count, capacity;
};

static void named_rules_clear(struct named_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->items[i].remote);
	free(rules->items);
	*rules = (struct named_rules){.device = IG_ENTITY_NONE};
}

static int add_rule(struct named_rules *rules, const char *text)
{
	struct ig_rule_error error;
	struct ig_rule rule;
	int err = ig_rule_parse(text, &rule, &error);

	if (err)
		return err == -ENOMEM ? err : 0;
	if (rule.remote.kind == IG_REMOTE_NAME) {
		if (ig_grow(&rules->items, rules->count, &rules->capacity, sizeof(*rules->items)))
			rules->items[rules->count++] =
				(struct named_rule){take_ptr(rule.remote.name), text};
		else
			err = -ENOMEM;
	}
	ig_rule_clear(&rule);
	return err;
}

static int read_rules(const struct ig_dictionary *dict, const struct ig_dict_device *device,
		      struct named_rules *rules)
{
	const struct ig_dict_rule *rule;
	int err = 0;

	if (rules->device == device->index)
		return 0;
	named_rules_clear(rules);
	rules->device = device->index;
	for (uint32_t id = 0; !err && (rule = ig_dict_rule_of(dict, device, id)); id++)
		err = add_rule(rules, ig_dict_string(dict, rule->text));
	return err;
}

static const char *rule_of(const struct named_rules *rules, const struct ig_name *name)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (ig_name_fits(name->text, name->length, rules->items[i].remote))
			return rules->items[i].text;
	}
	return NULL;
}

static void describe(const struct ig_view *view, const struct ig_dict_device *device,
		     const struct ig_pinned *from, const char *rule, void *array,
		     struct iotguard_pin_info *out)
{
	char name[IG_NAME_TEXT];

	ig_name_key_print(from->name->text, from->name->length, name);
	*out = (struct iotguard_pin_info){
		.device = ig_result_string(array, ig_dict_string(&view->dict, device->name)),
		.host = device->host,
		.name = ig_result_string(array, name),
		.ip_version = ig_addr_is_v4(from->addr) ? 4 : 6,
		.rule = rule ? ig_result_string(array, rule) : NULL,
		.expires_at = ig_clock_epoch(from->expires_s * NSEC),
		.resolved_at = ig_clock_epoch(from->name->resolved_s * NSEC),
	};
	memcpy(out->address, from->addr, sizeof(out->address));
}

static int describe_all(const struct ig_view *view, const struct ig_pinned_list *list,
			const char *wanted, struct iotguard_pin_info *out, size_t *count)
{
	_cleanup_(named_rules_clear) struct named_rules rules = {.device = IG_ENTITY_NONE};
	int err = 0;

	for (size_t i = 0; i < list->count && !err; i++) {
		const struct ig_pinned *pinned = &list->items[i];
		const struct ig_dict_device *device =
			ig_dict_device_find(&view->dict, pinned->device);

		if (!device ||
		    (wanted && strcmp(ig_dict_string(&view->dict, device->name), wanted)))
			continue;
		err = read_rules(&view->dict, device, &rules);
		if (!err)
			describe(view, device, pinned, rule_of(&rules, pinned->name), out,
				 &out[(*count)++]);
	}
	return err;
}

int iotguard_pins(struct iotguard *ig, const char *device, struct iotguard_pin_info **out,
		  size_t *count)
{
	_cleanup_(ig_pinned_list_clear) struct ig_pinned_list list = {};
	_cleanup_(ig_view_close) struct ig_view view;
	int err = ig_view_open(ig, &view);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	if (device && !ig_dict_device_named(&view.dict, device)) {
		ig_error(&ig->diags, NULL, "'show devices' lists them",
			 "there is no device or host '%s'", device);
		return -ENODEV;
	}
	err = ig_pins_read(&view.object, &list);
	if (err)
		return err;
	*out = ig_result_new(list.count * sizeof(**out));
	err = *out ? describe_all(&view, &list, device, *out, count) : -ENOMEM;
	if (err) {
		iotguard_free(*out);
		*out = NULL;
		*count = 0;
	}
	return err;
}
