/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "explain_question.h"
#include "opts.h"
#include "util.h"

#define ND_FIRST 133 /* ICMPv6 types of discovery */
#define ND_LAST	 137

void ig_talk_note(struct ig_talk *talk, const char *format, ...)
{
	va_list args;

	if (talk->n_notes == IG_TALK_NOTES)
		return;
	va_start(args, format);
	if (vasprintf(&talk->notes[talk->n_notes], format, args) < 0)
		talk->notes[talk->n_notes] = NULL;
	va_end(args);
	talk->n_notes += talk->notes[talk->n_notes] != NULL;
}

/* --- machines --- */

int ig_asked_machine(struct ig_asked *r, const char *name, int err)
{
	if (err == -EEXIST)
		ig_error(ig_asked_diags(r), NULL, "write device:NAME or host:NAME",
			 "there are both a device and a host '%s'", name);
	else if (err == -ENODEV)
		ig_error(ig_asked_diags(r), NULL,
			 r->explain->asker.given ? "the inventory has none of that name"
						 : "'iotguard-load show devices' lists them",
			 "there is no device or host '%s'", name);
	return err == -EEXIST ? -EINVAL : err;
}

static int read_machine(struct ig_asked *r, const char *text, struct ig_house_machine *out)
{
	const char *colon = strchr(text, ':');
	char kind = 0;

	if (!strncmp(text, "device:", 7) || !strncmp(text, "host:", 5)) {
		kind = *text;
		text = colon + 1;
	}
	return ig_asked_machine(r, text, ig_house_machine(&r->explain->house, text, kind, out));
}

/* --- services --- */

static bool is_one(const struct ig_service *service)
{
	const struct ig_range *range = &service->ranges[0];

	switch (service->family) {
	case IG_SERVICE_TCP:
	case IG_SERVICE_UDP:
		return service->n_ranges == 1 && range->first == range->last;
	case IG_SERVICE_ICMP:
	case IG_SERVICE_ICMPV6:
		return service->n_ranges == 1 && range->first >> 8 == range->last >> 8;
	default:
		return true;
	}
}

static int say_not_one(struct ig_asked *r)
{
	bool icmp = r->service.family == IG_SERVICE_ICMP || r->service.family == IG_SERVICE_ICMPV6;

	ig_error(ig_asked_diags(r), NULL,
		 icmp ? "name one type, or type and code: icmp/echo-request, icmp/3.1"
		      : "name one port: tcp/443",
		 "`%s` is more than one service", r->question->service);
	return -EINVAL;
}

/* Messages that are judged by what they say. */
static int refuse_messages(struct ig_asked *r)
{
	const struct ig_service *service = &r->service;
	uint16_t first = service->ranges[0].first;

	if (service->family == IG_SERVICE_ICMPV6 && first >> 8 >= ND_FIRST && first >> 8 <= ND_LAST)
		ig_error(
			ig_asked_diags(r), NULL, "'iotguard-load replay' judges real ones",
			"IPv6 discovery is no conversation: it needs no rule, but has to tell the truth");
	else if (service->family == IG_SERVICE_UDP &&
		 ((first == 67 && r->source_port == 68) || (first == 68 && r->source_port == 67) ||
		  (first == 547 && r->source_port == 546) ||
		  (first == 546 && r->source_port == 547)))
		ig_error(ig_asked_diags(r), NULL, "'iotguard-load replay' judges real messages",
			 "DHCP is no conversation: it needs no rule, but has to tell the truth");
	else
		return 0;
	return -EINVAL;
}

static int read_service(struct ig_asked *r)
{
	struct ig_rule_error error;
	int err = ig_service_parse(r->question->service, &r->service, &error);

	if (err == -EINVAL)
		ig_error(ig_asked_diags(r), NULL, *error.hint ? error.hint : NULL, "%s",
			 error.message);
	if (err)
		return err;
	return is_one(&r->service) ? refuse_messages(r) : say_not_one(r);
}

/* --- remotes --- */

int ig_asked_several(struct ig_asked *r, const char *hint)
{
	ig_error(ig_asked_diags(r), NULL, hint, "'%s' is not one remote", r->question->remote);
	return -EINVAL;
}

/* What has to agree in a sentence, has to agree in a question: the parser knows. */
static int check_sentence(struct ig_asked *r)
{
	struct ig_rule read = {.dscp = -1},
		       rule = {
			       .action = IG_RULE_ALLOWS,
			       .side = r->question->from ? IG_RULE_FROM : IG_RULE_TO,
			       .remote = r->out->remote,
			       .service = r->service,
			       .has_source_port = r->source_port,
			       .source_port = {r->source_port, r->source_port},
			       .dscp = r->dscp ? r->dscp : -1,
		       };
	struct ig_rule_error error;
	char text[IG_RULE_TEXT_MAX];
	int err;

	ig_rule_print(&rule, text, sizeof(text));
	err = ig_rule_parse(text, &read, &error);
	if (err == -EINVAL)
		ig_error(ig_asked_diags(r), NULL, *error.hint ? error.hint : NULL, "%s",
			 error.message);
	ig_rule_clear(&read);
	return err;
}

/* A bare name is a machine's, where it is no word of the language. */
static int read_remote(struct ig_asked *r)
{
	struct ig_remote *remote = &r->out->remote;
	const char *text = r->question->remote;
	struct ig_house_machine machine;
	struct ig_rule_error error;
	int err = ig_remote_parse(text, remote, &error), named;

	if (err == -ENOMEM || (!err && remote->kind != IG_REMOTE_NAME))
		return err;
	named = ig_house_machine(&r->explain->house, text, 0, &machine);
	if (named == -EEXIST)
		return ig_asked_machine(r, text, named);
	if (!named) {
		ig_remote_clear(remote);
		remote->kind = machine.entry->host ? IG_REMOTE_HOST : IG_REMOTE_DEVICE;
		remote->name = strdup(text);
		return remote->name ? 0 : -ENOMEM;
	}
	if (err) {
		ig_error(ig_asked_diags(r), NULL, *error.hint ? error.hint : NULL, "%s",
			 error.message);
		return -EINVAL;
	}
	return 0; /* a domain name */
}

/* --- all of it --- */

static int read_options(struct ig_asked *r, const struct iotguard_explain_opts *opts)
{
	const char *address = ig_opt(opts, address, NULL);

	r->source_port = ig_opt(opts, source_port, 0);
	r->dscp = ig_opt(opts, dscp, 0);
	if (r->dscp > 63) {
		ig_error(ig_asked_diags(r), NULL, NULL, "dscp is a number from 0 to 63");
		return -EINVAL;
	}
	if (!address)
		return 0;
	r->has_address = ig_addr_parse(address, r->address);
	if (r->has_address)
		return 0;
	ig_error(ig_asked_diags(r), NULL, "192.0.2.1, or 2001:db8::1", "'%s' is no address",
		 address);
	return -EINVAL;
}

int ig_talks_read(struct ig_explain *explain, const struct iotguard_question *question,
		  const struct iotguard_explain_opts *opts, struct ig_talks *out)
{
	struct ig_asked r = {.explain = explain, .question = question, .out = out};
	int err;

	*out = (struct ig_talks){};
	err = read_options(&r, opts);
	err = err ?: read_machine(&r, question->device, &r.machine);
	err = err ?: read_service(&r);
	err = err ?: read_remote(&r);
	err = err ?: check_sentence(&r);
	return err ?: ig_asked_remote(&r);
}

void ig_talks_clear(struct ig_talks *talks)
{
	for (size_t i = 0; i < talks->count; i++) {
		for (size_t k = 0; k < talks->items[i].n_notes; k++)
			free(talks->items[i].notes[k]);
	}
	free(talks->items);
	ig_remote_clear(&talks->remote);
	*talks = (struct ig_talks){};
}
