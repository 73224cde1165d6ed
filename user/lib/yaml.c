/* SPDX-License-Identifier: BSD-2-Clause */
/* libfyaml's events to a tree of our own. The tree is a tenth of libfyaml's, and the limits are
 * kept while it grows. */
#include <errno.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "text.h"
#include "util.h"
#include "yaml.h"
#include "yaml_internal.h"

struct frame {
	struct ig_node *node;
	struct ig_node *last; /* child */
	bool has_key;	      /* of a map: the key was read, its value comes next */
};

struct builder {
	struct ig_yaml_set *set;
	struct ig_yaml *doc;
	uint16_t number;
	size_t skipped;	      /* bytes before what libfyaml was given: a byte order mark */
	uint32_t last_offset; /* of the value before, for what has no position of its own */
	uint32_t last_end;    /* behind that */
	struct frame frames[IG_YAML_DEPTH_MAX];
	size_t depth;
	struct ig_index *anchors;
	struct ig_node **anchored;
	size_t n_anchored, c_anchored;
	unsigned int documents;
};

static int refuse(struct builder *b, uint32_t offset, const char *hint, const char *message)
{
	struct ig_loc loc = ig_yaml_loc(b->doc, offset);

	ig_error(b->set->diags, &loc, hint, "%s", message);
	return -EINVAL;
}

static struct ig_node *node_new(struct builder *b, enum ig_node_type type, uint32_t offset)
{
	struct ig_node *node = ig_yaml_alloc(b->doc, sizeof(*node));

	if (!node)
		return NULL;
	*node = (struct ig_node){.type = type, .doc = b->number, .offset = offset, .weight = 1};
	return node;
}

static int check_weight(struct builder *b, const struct ig_node *node, size_t weight)
{
	if (weight <= IG_YAML_WEIGHT_MAX)
		return 0;
	return refuse(
		b, node->offset,
		"split the inventory over several gateways, or use profiles instead of aliases",
		"more than 4194304 values, aliases expanded");
}

/* Counts a finished child into its parent, saturating well before 32 bits end. */
static int weigh(struct builder *b, struct ig_node *parent, const struct ig_node *child)
{
	size_t weight = (size_t)parent->weight + child->weight;

	if (check_weight(b, child, weight + b->set->weight))
		return -EINVAL;
	parent->weight = (uint32_t)weight;
	return 0;
}

static int attach_key(struct builder *b, struct frame *frame, const struct ig_node *key)
{
	const struct ig_node *value = ig_node_value(key);

	if (value->type != IG_NODE_SCALAR)
		return refuse(b, key->offset, "write KEY: VALUE",
			      "a key is a word, not a list or map");
	frame->node->count++;
	frame->has_key = true;
	return 0;
}

/* Hangs a node below the map or list that is open. */
static int attach(struct builder *b, struct ig_node *node)
{
	struct frame *frame;

	if (!b->depth) {
		b->doc->root = node;
		return 0;
	}
	frame = &b->frames[b->depth - 1];
	if (frame->last)
		frame->last->next = node;
	else
		frame->node->first = node;
	frame->last = node;
	if (frame->node->type == IG_NODE_MAP && !frame->has_key)
		return attach_key(b, frame, node);
	frame->has_key = false;
	if (frame->node->type == IG_NODE_LIST)
		frame->node->count++;
	return 0;
}

/* Does a key stand here, so that only a scalar may? */
static bool at_key(const struct builder *b)
{
	const struct frame *frame = b->depth ? &b->frames[b->depth - 1] : NULL;

	return frame && frame->node->type == IG_NODE_MAP && !frame->has_key;
}

static int remember_anchor(struct builder *b, struct fy_token *token, struct ig_node *node)
{
	const char *text;
	size_t size;
	char *name;
	int r;

	if (!token)
		return 0;
	text = fy_token_get_text(token, &size);
	name = text ? ig_yaml_alloc(b->doc, size + 1) : NULL;
	if (!name || !ig_grow(&b->anchored, b->n_anchored, &b->c_anchored, sizeof(*b->anchored)))
		return -ENOMEM;
	memcpy(name, text, size);
	r = ig_index_add(b->anchors, 0, name, size, b->n_anchored, NULL);
	if (r == -EEXIST)
		return refuse(b, node->offset, "give it another name",
			      "this anchor's name is taken already");
	b->anchored[b->n_anchored++] = node;
	return r;
}

static int check_tag(struct builder *b, struct fy_token *tag, uint32_t offset)
{
	return tag ? refuse(b, offset, "leave it out", "tags have no meaning here") : 0;
}

static uint32_t mark_offset(const struct builder *b, const struct fy_mark *mark)
{
	size_t offset = mark->input_pos + b->skipped;

	return (uint32_t)(offset < b->doc->size ? offset : b->doc->size);
}

/* A value that is not there is told by its hyphen, or else by what stands before it: its key. */
static uint32_t empty_offset(const struct builder *b)
{
	const char *text = b->doc->bytes + b->last_end;

	text += strspn(text,
		       "\"' \t\r\n"); /* the mark of a quoted value is before its closing quote */
	return *text == '-' ? (uint32_t)(text - b->doc->bytes) : b->last_offset;
}

static uint32_t event_offset(struct builder *b, struct fy_event *event)
{
	const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
	uint32_t offset = start ? mark_offset(b, start) : empty_offset(b);

	b->last_offset = offset;
	b->last_end = end ? mark_offset(b, end) : offset + (b->doc->bytes[offset] == '-');
	return offset;
}

static int scalar_text(struct builder *b, struct fy_token *token, struct ig_node *node)
{
	char *text = NULL;
	size_t size = 0;
	int r = ig_yaml_scalar(b->doc, token, node->offset, &text, &size);

	if (r)
		return r;
	if (size > IG_YAML_SCALAR_MAX) {
		struct ig_loc loc = ig_yaml_loc(b->doc, node->offset);

		ig_error(b->set->diags, &loc, NULL,
			 "a value of %zu bytes: %zu more than the limit of %u", size,
			 size - IG_YAML_SCALAR_MAX, IG_YAML_SCALAR_MAX);
		return -EINVAL;
	}
	if (memchr(text, '\0', size))
		return refuse(b, node->offset, "leave it out", "a NUL inside of a value");
	text[size] = '\0';
	node->text = text;
	node->count = (uint32_t)size;
	node->weight += (uint32_t)(size / 64);
	return 0;
}

static int on_scalar(struct builder *b, struct fy_event *event)
{
	struct fy_token *token = event->scalar.value;
	struct ig_node *node = node_new(b, IG_NODE_SCALAR, event_offset(b, event));
	enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
	int r;

	if (!node)
		return -ENOMEM;
	node->plain = style == FYSS_PLAIN || style == FYSS_ANY;
	node->block = style == FYSS_LITERAL || style == FYSS_FOLDED;
	r = scalar_text(b, token, node);
	if (!r)
		r = check_tag(b, event->scalar.tag, node->offset);
	if (!r)
		r = remember_anchor(b, event->scalar.anchor, node);
	if (!r && b->depth)
		r = weigh(b, b->frames[b->depth - 1].node, node);
	return r ? r : attach(b, node);
}

static int on_alias(struct builder *b, struct fy_event *event)
{
	struct ig_node *node = node_new(b, IG_NODE_ALIAS, event_offset(b, event));
	size_t size, position;
	const char *name = fy_token_get_text(event->alias.anchor, &size);

	if (!node || !name)
		return -ENOMEM;
	position = ig_index_find(b->anchors, 0, name, size);
	if (position == IG_INDEX_NONE)
		return refuse(b, node->offset, "an alias `*name` needs an anchor `&name` before it",
			      "there is no such anchor above");
	node->target = b->anchored[position];
	/* Still open: it would contain itself. */
	for (size_t i = 0; i < b->depth; i++)
		if (b->frames[i].node == node->target)
			return refuse(b, node->offset, "name something that is finished above",
				      "this alias stands inside of what it stands for");
	node->weight = node->target->weight;
	if (b->depth && weigh(b, b->frames[b->depth - 1].node, node))
		return -EINVAL;
	return attach(b, node);
}

static int on_start(struct builder *b, struct fy_event *event, enum ig_node_type type,
		    struct fy_token *tag, struct fy_token *anchor)
{
	struct ig_node *node = node_new(b, type, event_offset(b, event));
	int r;

	if (!node)
		return -ENOMEM;
	if (at_key(b))
		return refuse(b, node->offset, "write KEY: VALUE",
			      "a key is a word, not a list or map");
	if (b->depth == IG_YAML_DEPTH_MAX)
		return refuse(b, node->offset, NULL, "lists and maps are nested more than 64 deep");
	r = check_tag(b, tag, node->offset);
	if (!r)
		r = remember_anchor(b, anchor, node);
	if (!r)
		r = attach(b, node);
	if (!r)
		b->frames[b->depth++] = (struct frame){.node = node};
	return r;
}

static int on_end(struct builder *b)
{
	struct ig_node *node = b->frames[--b->depth].node;
	int r = 0;

	if (node->type == IG_NODE_MAP)
		r = ig_yaml_drop_duplicates(b->set, b->doc, node);
	if (!r && b->depth)
		r = weigh(b, b->frames[b->depth - 1].node, node);
	return r;
}

static int on_event(struct builder *b, struct fy_event *event)
{
	switch (event->type) {
	case FYET_DOCUMENT_START:
		if (b->documents++)
			return refuse(b, b->last_offset,
				      "one file is one inventory; `include:` joins several",
				      "a second document begins behind this (`---`)");
		return 0;
	case FYET_SCALAR:
		return on_scalar(b, event);
	case FYET_ALIAS:
		return on_alias(b, event);
	case FYET_MAPPING_START:
		return on_start(b, event, IG_NODE_MAP, event->mapping_start.tag,
				event->mapping_start.anchor);
	case FYET_SEQUENCE_START:
		return on_start(b, event, IG_NODE_LIST, event->sequence_start.tag,
				event->sequence_start.anchor);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		return on_end(b);
	default:
		return 0;
	}
}

/* libfyaml's own messages are collected, never displayed: its display code reads the source again. */
static void swallow(struct fy_diag *diag, void *user, const char *text, size_t size)
{
	(void)diag;
	(void)user;
	(void)text;
	(void)size;
}

static const char *syntax_hint(const char *message)
{
	if (strstr(message, "tab "))
		return "indent with spaces";
	if (strstr(message, "indent") || strstr(message, "closing"))
		return "close every [ and {, and indent what belongs together alike";
	return "text with `: ` or ` #` in it, or beginning with one of [ { * & ! | > % @, needs quotes";
}

static int report_syntax(struct builder *b, struct fy_diag *diag)
{
	struct fy_diag_error *error;
	void *iterator = NULL;

	while ((error = fy_diag_errors_iterate(diag, &iterator))) {
		const struct fy_mark *mark = error->fyt ? fy_token_start_mark(error->fyt) : NULL;
		struct ig_loc loc =
			ig_yaml_loc(b->doc, mark ? mark_offset(b, mark) : b->last_offset);

		if (error->type < FYET_ERROR)
			continue;
		ig_error(b->set->diags, &loc, syntax_hint(error->msg), "not YAML: %s", error->msg);
		return -EINVAL;
	}
	return refuse(b, b->last_offset, NULL, "not YAML");
}

static int read_events(struct builder *b, struct fy_parser *parser, struct fy_diag *diag)
{
	struct fy_event *event;
	int r = 0;

	while (!r && (event = fy_parser_parse(parser))) {
		r = on_event(b, event);
		fy_parser_event_free(parser, event);
	}
	if (!r && (fy_parser_get_stream_error(parser) || b->depth))
		r = report_syntax(b, diag);
	return r;
}

static int build(struct builder *b)
{
	struct fy_diag_cfg diag_cfg = {
		.output_fn = swallow, .level = FYET_ERROR, .module_mask = ~0u};
	struct fy_parse_cfg cfg = {.flags = FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE |
					    FYPCF_DISABLE_MMAP_OPT};
	struct fy_parser *parser = NULL;
	struct fy_diag *diag = fy_diag_create(&diag_cfg);
	int r = -ENOMEM;

	if (!diag)
		return -ENOMEM;
	fy_diag_set_collect_errors(diag, true);
	cfg.diag = diag;
	parser = fy_parser_create(&cfg);
	if (parser &&
	    !fy_parser_set_string(parser, b->doc->bytes + b->skipped, b->doc->size - b->skipped))
		r = read_events(b, parser, diag);
	if (parser)
		fy_parser_destroy(parser);
	fy_diag_destroy(diag);
	return r;
}

static int parse_doc(struct ig_yaml_set *set, struct ig_yaml *doc)
{
	struct builder b = {.set = set, .doc = doc, .number = (uint16_t)(set->count - 1)};
	int r = ig_yaml_scan_text(set, doc);

	if (r)
		return r;
	if (doc->size >= 3 && !memcmp(doc->bytes, "\xef\xbb\xbf", 3))
		b.skipped = 3;
	b.anchors = ig_index_new();
	r = b.anchors ? build(&b) : -ENOMEM;
	ig_index_free(b.anchors);
	free(b.anchored);
	if (!r && doc->root)
		set->weight += doc->root->weight;
	if (r)
		doc->root = NULL;
	return r;
}

int ig_yaml_parse(struct ig_yaml_set *set, const char *name, char *bytes, size_t size,
		  struct ig_yaml **out)
{
	struct ig_yaml *doc = calloc(1, sizeof(*doc));

	if (!doc || !ig_grow(&set->docs, set->count, &set->capacity, sizeof(*set->docs))) {
		free(doc);
		free(bytes);
		return -ENOMEM;
	}
	doc->name = name;
	doc->bytes = bytes;
	doc->size = size;
	set->docs[set->count++] = doc;
	*out = doc;
	return parse_doc(set, doc);
}
