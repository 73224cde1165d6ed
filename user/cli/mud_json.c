/* SPDX-License-Identifier: BSD-2-Clause */
/* docs/schema/mud.schema.json */
#include "mud.h"
#include "output.h"

static json_t *extensions_json(const struct iotguard_mud_info *info)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < info->n_extensions; i++) {
		if (json_array_append_new(list, json_text(info->extensions[i])))
			return NULL;
	}
	return json_incref(list);
}

/* What is known of it beside its bytes. */
static json_t *cached_json(const struct iotguard_mud_info *info)
{
	if (!info->cached)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "signer", json_text(info->signer), "issuer",
			 json_text(info->issuer), "fetched_at", json_time(info->fetched_at),
			 "checked_at", json_time(info->checked_at), "accepted_unsigned",
			 json_text(info->accepted_why));
}

json_t *mud_head_json(const struct iotguard_mud *mud)
{
	struct iotguard_mud_info info;

	iotguard_mud_describe(mud, &info);
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:s, s:o}",
		"file", json_text(info.file), "url", json_text(info.url), "last_update",
		json_text(info.last_update), "systeminfo", json_text(info.systeminfo),
		"manufacturer", json_text(info.manufacturer), "model", json_text(info.model),
		"firmware", json_text(info.firmware), "software", json_text(info.software),
		"documentation", json_text(info.documentation), "signature",
		json_text(info.signature), "supported", info.supported, "cache_hours",
		json_count(info.cache_hours), "extensions", extensions_json(&info), "sha256",
		info.sha256, "cached", cached_json(&info));
}

json_t *mud_counts_json(const struct iotguard_mud_info *info)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "entries",
			 json_count(info->entries), "rules", json_count(info->became_rules),
			 "answers", json_count(info->answers), "infrastructure",
			 json_count(info->infrastructure), "nothing", json_count(info->nothing),
			 "closed", json_count(info->closed), "wider", json_count(info->wider),
			 "addresses", json_count(info->addresses));
}

json_t *mud_links_json(const struct iotguard_mud *mud)
{
	size_t n;
	const struct iotguard_mud_link *links = iotguard_mud_links(mud, &n);
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++) {
		if (json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "kind", links[i].kind,
							  "uri", json_text(links[i].uri), "version",
							  json_text(links[i].version))))
			return NULL;
	}
	return json_incref(list);
}

static json_t *rules_json(const struct iotguard_mud_ruling *ruling)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < ruling->n_rules; i++) {
		if (json_array_append_new(list, json_text(ruling->rules[i].text)))
			return NULL;
	}
	return json_incref(list);
}

static json_t *ruling_json(const struct iotguard_mud_ruling *ruling)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:b, s:b, s:o}", "list",
			 json_text(ruling->list), "entry", json_text(ruling->entry), "line",
			 ruling->line ? json_count(ruling->line) : json_null(), "direction",
			 ruling->from ? "from" : "to", "fate", iotguard_mud_fate_name(ruling->fate),
			 "why", json_text(ruling->why), "wider", ruling->wider, "address",
			 ruling->address, "rules", rules_json(ruling));
}

json_t *mud_rulings_json(const struct iotguard_mud *mud)
{
	size_t n;
	const struct iotguard_mud_ruling *rulings = iotguard_mud_rulings(mud, &n);
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++) {
		if (json_array_append_new(list, ruling_json(&rulings[i])))
			return NULL;
	}
	return json_incref(list);
}
