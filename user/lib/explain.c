/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "explain.h"
#include "opts.h"
#include "snapshot.h"
#include "util.h"

/* --- one conversation --- */

static void describe_verdict(const struct ig_talk_end *end, const struct iotguard_verdict *verdict,
			     void *array, struct iotguard_explain_end *out)
{
	const struct ig_house_machine *m = end->machine;

	*out = (struct iotguard_explain_end){
		.device = ig_result_string(array, m->name),
		.host = m->entry->host,
		.from = end->from,
		.interface = m->place.ifindex ? ig_result_string(array, m->place.interface) : NULL,
		.passed = verdict->passed,
		.reason = verdict->reason,
		.token = iotguard_reason_token(verdict->reason) ?: "unknown",
		.sentence = iotguard_reason_sentence(verdict->reason) ?: "",
		.mode = verdict->mode,
		.rule = verdict->rule ? ig_result_string(array, verdict->rule) : NULL,
		.rule_file = verdict->rule ? ig_result_string(array, verdict->rule_file) : NULL,
		.rule_line = verdict->rule_line,
	};
}

static int ask_end(struct ig_explain *explain, const struct ig_talk *talk,
		   const struct ig_talk_end *end, void *array, struct iotguard_explain_end *out)
{
	struct iotguard_verdict verdict;
	int err = ig_talk_ask(explain, end, &verdict);

	if (err) {
		ig_error(&explain->ig->diags, NULL, NULL, "the programs cannot be asked: %s",
			 strerror(-err));
		return err;
	}
	describe_verdict(end, &verdict, array, out);
	ig_explain_words(&explain->house, talk, end, array, out);
	return 0;
}

static void describe_talk(struct ig_explain *explain, const struct ig_talk *talk, void *array,
			  struct iotguard_explanation *out)
{
	const struct ig_frame_plan *plan = &talk->plan;
	char remote[IG_RULE_TEXT_MAX], service[IG_RULE_TEXT_MAX];

	ig_remote_print(&talk->remote, remote, sizeof(remote));
	ig_service_print(&talk->service, service, sizeof(service));
	*out = (struct iotguard_explanation){
		.device = ig_result_string(array, talk->machine.name),
		.host = talk->machine.entry->host,
		.from = talk->from,
		.remote = ig_result_string(array, remote),
		.service = ig_result_string(array, service),
		.source_port = plan->src_port,
		.destination_port = plan->dst_port,
		.generation = explain->asker.generation,
		.made_up = talk->made_up,
		.n_names = talk->n_names,
	};
	for (size_t i = 0; i < talk->n_names; i++)
		out->names[i] = (struct iotguard_explain_name){
			ig_result_string(array, talk->names[i].text), talk->names[i].until};
	if (plan->ethertype)
		return;
	out->ip_version = ig_addr_is_v4(plan->src) ? 4 : 6;
	memcpy(out->source, plan->src, 16);
	memcpy(out->destination, plan->dst, 16);
}

static int explain_talk(struct ig_explain *explain, struct ig_talk *talk, void *array,
			struct iotguard_explanation *out)
{
	struct ig_talk_end ends[2];
	int err = 0;

	describe_talk(explain, talk, array, out);
	out->n_ends = ig_talk_ends(&explain->house, talk, ends);
	out->passed = true;
	/* in the order that the packet takes: what the first end learns of the sender, the other one knows */
	for (size_t i = 0; i < out->n_ends && !err; i++) {
		size_t at = talk->from ? out->n_ends - 1 - i : i;

		err = ask_end(explain, talk, &ends[at], array, &out->ends[at]);
		out->passed = out->passed && !err && out->ends[at].passed;
	}
	ig_explain_notes(explain, talk, out);
	for (size_t i = 0; i < talk->n_notes && i < ARRAY_SIZE(out->notes); i++)
		out->notes[i] = ig_result_string(array, talk->notes[i]);
	return err;
}

static int find_remedies(struct ig_explain *explain, const struct ig_talk *talk, void *array,
			 struct iotguard_explanation *out)
{
	struct ig_talk_end ends[2];
	size_t n = ig_talk_ends(&explain->house, talk, ends);
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = ig_explain_remedy(explain, talk, &ends[i], array, &out->ends[i]);
	return err;
}

/* --- all that was asked --- */

static int explain_all(struct ig_explain *explain, struct ig_talks *talks, bool remedies,
		       struct iotguard_explanation **out, size_t *count)
{
	int err = 0, restored;

	*out = ig_result_new(talks->count * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; i < talks->count && !err; i++)
		err = explain_talk(explain, &talks->items[i], *out, &(*out)[i]);
	for (size_t i = 0; i < talks->count && !err && remedies; i++)
		err = find_remedies(explain, &talks->items[i], *out, &(*out)[i]);
	restored = ig_asker_restore(&explain->asker);
	err = err ?: restored;
	if (err) {
		iotguard_free(*out);
		*out = NULL;
		return err;
	}
	*count = talks->count;
	return 0;
}

int ig_explain_ask(struct ig_explain *explain, const struct iotguard_question *question,
		   const struct iotguard_explain_opts *opts, bool remedies,
		   struct iotguard_explanation **out, size_t *count)
{
	_cleanup_(ig_talks_clear) struct ig_talks talks = {};
	int err = ig_asker_refresh(&explain->asker);

	*out = NULL;
	*count = 0;
	err = err ?: ig_house_refresh(&explain->house);
	err = err ?: ig_talks_read(explain, question, opts, &talks);
	return err ?: explain_all(explain, &talks, remedies, out, count);
}

int ig_explain_open(struct ig_explain *explain, struct iotguard *ig, struct iotguard_inventory *inv,
		    int lock_timeout_ms)
{
	int err;

	*explain = (struct ig_explain){.ig = ig};
	err = ig_asker_open(&explain->asker, ig, inv, lock_timeout_ms);
	return err ?: ig_house_open(&explain->house, &explain->asker);
}

void ig_explain_close(struct ig_explain *explain)
{
	ig_house_close(&explain->house);
	ig_asker_close(&explain->asker);
}

int iotguard_explain(struct iotguard *ig, const struct iotguard_question *question,
		     const struct iotguard_explain_opts *opts, struct iotguard_explanation **out,
		     size_t *count)
{
	_cleanup_(ig_explain_close) struct ig_explain explain;
	size_t errors = ig->diags.errors;
	int err = ig_explain_open(&explain, ig, ig_opt(opts, inventory, NULL),
				  ig_opt(opts, lock_timeout_ms, 0));

	*out = NULL;
	*count = 0;
	err = err ?: ig_explain_ask(&explain, question, opts, true, out, count);
	if (err && err != -ENOENT && ig->diags.errors == errors)
		ig_error(&ig->diags, NULL, NULL, "it cannot be explained: %s", strerror(-err));
	return err;
}
