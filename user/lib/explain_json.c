/* SPDX-License-Identifier: BSD-2-Clause */
/* An explanation as one JSON object; docs/schema/explain.schema.json says what is in it. */
#include <string.h>

#include "escape.h"
#include "iotguard/iotguard.h"
#include "writer.h"

struct object {
	struct ig_writer *w;
	bool begun;
};

static void put_key(struct object *o, const char *key)
{
	ig_put(o->w, o->begun ? ",\"" : "{\"");
	ig_put(o->w, key);
	ig_put(o->w, "\":");
	o->begun = true;
}

static void put_string(struct object *o, const char *key, const char *text)
{
	put_key(o, key);
	if (!text) {
		ig_put(o->w, "null");
		return;
	}
	ig_put_char(o->w, '"');
	ig_escape_json(o->w, text, IG_ESCAPE_ALL);
	ig_put_char(o->w, '"');
}

/* 0: null. */
static void put_number(struct object *o, const char *key, uint64_t number)
{
	put_key(o, key);
	if (number)
		ig_put_u64(o->w, number);
	else
		ig_put(o->w, "null");
}

static void put_bool(struct object *o, const char *key, bool value)
{
	put_key(o, key);
	ig_put(o->w, value ? "true" : "false");
}

static void put_ip(struct object *o, const char *key, const uint8_t addr[16], uint8_t version)
{
	put_key(o, key);
	if (!version) {
		ig_put(o->w, "null");
		return;
	}
	ig_put_char(o->w, '"');
	ig_put_ip(o->w, addr, version);
	ig_put_char(o->w, '"');
}

static void put_verdict(struct object *o, bool passed)
{
	put_string(o, "verdict", passed ? "pass" : "drop");
}

static void put_rule(struct object *o, const struct iotguard_explain_end *end)
{
	struct object rule = {o->w, false};

	put_key(o, "rule");
	if (!end->rule) {
		ig_put(o->w, "null");
		return;
	}
	put_string(&rule, "text", end->rule);
	put_string(&rule, "file", end->rule_file);
	put_number(&rule, "line", end->rule_line);
	ig_put_char(o->w, '}');
}

static void put_remedy(struct object *o, const struct iotguard_explain_end *end)
{
	struct object remedy = {o->w, false};

	put_key(o, "remedy");
	if (!end->remedy) {
		ig_put(o->w, "null");
		return;
	}
	put_string(&remedy, "rule", end->remedy);
	put_string(&remedy, "where", end->remedy_where);
	put_string(&remedy, "how", end->remedy_how);
	put_string(&remedy, "file", end->remedy_file);
	put_number(&remedy, "line", end->remedy_line);
	put_bool(&remedy, "tried", end->remedy_tried);
	ig_put_char(o->w, '}');
}

static void put_end(struct ig_writer *w, const struct iotguard_explain_end *end)
{
	struct object o = {w, false};

	put_string(&o, "device", end->device);
	put_string(&o, "kind", end->host ? "host" : "device");
	put_string(&o, "direction", end->from ? "from" : "to");
	put_string(&o, "interface", end->interface);
	put_verdict(&o, end->passed);
	put_string(&o, "reason", end->token);
	put_string(&o, "sentence", end->sentence);
	put_string(&o, "mode", iotguard_mode_name(end->mode));
	put_rule(&o, end);
	put_string(&o, "cause", end->cause);
	put_string(&o, "advice", end->advice);
	put_remedy(&o, end);
	ig_put_char(w, '}');
}

static void put_ends(struct object *o, const struct iotguard_explanation *explanation)
{
	put_key(o, "ends");
	ig_put_char(o->w, '[');
	for (size_t i = 0; i < explanation->n_ends; i++) {
		if (i)
			ig_put_char(o->w, ',');
		put_end(o->w, &explanation->ends[i]);
	}
	ig_put_char(o->w, ']');
}

static void put_notes(struct object *o, const struct iotguard_explanation *explanation)
{
	const size_t most = sizeof(explanation->notes) / sizeof(explanation->notes[0]);

	put_key(o, "notes");
	ig_put_char(o->w, '[');
	for (size_t i = 0; i < most && explanation->notes[i]; i++) {
		ig_put(o->w, i ? ",\"" : "\"");
		ig_escape_json(o->w, explanation->notes[i], IG_ESCAPE_ALL);
		ig_put_char(o->w, '"');
	}
	ig_put_char(o->w, ']');
}

static void put_names(struct object *o, const struct iotguard_explanation *explanation)
{
	put_key(o, "names");
	ig_put_char(o->w, '[');
	for (size_t i = 0; i < explanation->n_names; i++) {
		struct object name = {o->w, false};

		if (i)
			ig_put_char(o->w, ',');
		put_string(&name, "name", explanation->names[i].name);
		put_number(&name, "until", explanation->names[i].until);
		ig_put_char(o->w, '}');
	}
	ig_put_char(o->w, ']');
}

size_t iotguard_explanation_json(const struct iotguard_explanation *explanation, char *buf,
				 size_t size)
{
	struct ig_writer w = {.buf = buf, .size = size};
	struct object o = {&w, false};
	uint8_t version = explanation->ip_version;

	put_string(&o, "device", explanation->device);
	put_string(&o, "kind", explanation->host ? "host" : "device");
	put_string(&o, "direction", explanation->from ? "from" : "to");
	put_string(&o, "remote", explanation->remote);
	put_string(&o, "service", explanation->service);
	put_ip(&o, "source", explanation->source, version);
	put_ip(&o, "destination", explanation->destination, version);
	put_number(&o, "source_port", explanation->source_port);
	put_number(&o, "destination_port", explanation->destination_port);
	put_number(&o, "generation", explanation->generation);
	put_verdict(&o, explanation->passed);
	put_ends(&o, explanation);
	put_names(&o, explanation);
	put_bool(&o, "made_up", explanation->made_up);
	put_notes(&o, explanation);
	ig_put_char(&w, '}');
	return ig_writer_end(&w);
}
