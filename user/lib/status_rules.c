/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules in force, and how often each reason was given. */

#include <errno.h>
#include <string.h>

#include "snapshot.h"
#include "stats.h"
#include "util.h"

static size_t copy_rules(const struct ig_view *view, const struct ig_dict_device *device,
			 void *array, struct iotguard_rule_info *out)
{
	uint32_t n = ig_dict_rule_count(&view->dict, device);

	for (uint32_t i = 0; i < n; i++) {
		const struct ig_dict_rule *rule = ig_dict_rule_of(&view->dict, device, i);

		if (!rule)
			return i;
		out[i] = (struct iotguard_rule_info){
			.device =
				ig_result_string(array, ig_dict_string(&view->dict, device->name)),
			.from = rule->from,
			.text = ig_result_string(array, ig_dict_string(&view->dict, rule->text)),
			.file = ig_result_string(array, ig_dict_string(&view->dict, rule->file)),
			.line = rule->line,
			.column = rule->column,
		};
	}
	return n;
}

int iotguard_rules(struct iotguard *ig, const char *device, struct iotguard_rule_info **out,
		   size_t *count)
{
	_cleanup_(ig_view_close) struct ig_view view;
	const struct ig_dict_device *d;
	bool found = false;
	size_t total = 0;
	int err = ig_view_open(ig, &view);

	*out = NULL;
	*count = 0;
	if (err)
		return err;
	for (uint32_t i = 0; (d = ig_dict_device_at(&view.dict, i)); i++)
		total += ig_dict_rule_count(&view.dict, d);
	*out = ig_result_new(total * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (uint32_t i = 0; (d = ig_dict_device_at(&view.dict, i)); i++) {
		if (device && strcmp(ig_dict_string(&view.dict, d->name), device))
			continue;
		found = true;
		*count += copy_rules(&view, d, *out, *out + *count);
	}
	if (device && !found) {
		iotguard_free(*out);
		*out = NULL;
		ig_error(&ig->diags, NULL, "'show devices' lists them",
			 "there is no device or host '%s'", device);
		return -ENODEV;
	}
	return 0;
}

/* --- reasons --- */

int iotguard_reasons(struct iotguard *ig, struct iotguard_reason_info **out, size_t *count)
{
	struct ig_counter counters[IG_REASON_STATS];
	_cleanup_(ig_view_close) struct ig_view view;
	int err = ig_view_open(ig, &view);

	*out = NULL;
	*count = 0;
	err = err ?: ig_stats_reasons(&view.object, counters);
	if (err)
		return err;
	*out = ig_result_new(IG_REASON_MAX * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (uint32_t reason = 0; reason < IG_REASON_MAX; reason++) {
		const struct ig_counter *from = &counters[IG_REASON_COUNT(reason, IG_FROM_DEVICE)];
		const struct ig_counter *to = &counters[IG_REASON_COUNT(reason, IG_TO_DEVICE)];
		const struct ig_counter *from_let_pass =
			&counters[IG_REASON_LET_PASS(reason, IG_FROM_DEVICE)];
		const struct ig_counter *to_let_pass =
			&counters[IG_REASON_LET_PASS(reason, IG_TO_DEVICE)];

		if (!iotguard_reason_token(reason))
			continue;
		(*out)[(*count)++] = (struct iotguard_reason_info){
			.reason = reason,
			.from = {from->packets, from->bytes},
			.to = {to->packets, to->bytes},
			.from_let_pass = {from_let_pass->packets, from_let_pass->bytes},
			.to_let_pass = {to_let_pass->packets, to_let_pass->bytes},
		};
	}
	return 0;
}
