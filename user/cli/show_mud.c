/* SPDX-License-Identifier: BSD-2-Clause */
/* MUD URLs that machines told, and what became of them. What is in force or not has nothing to do with it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "show.h"
#include "table.h"
#include "util.h"
#include "words.h"

static json_t *url_json(const struct iotguard_mud_url_info *url)
{
	char mac[ADDRESS_TEXT];

	return json_pack("{s:o, s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "device",
			 json_text(url->device), "mac", mac_text(url->mac, mac), "url",
			 json_text(url->url), "source", url->source, "fault", json_text(url->fault),
			 "state", url->state, "adopted", json_text(url->adopted), "first_seen",
			 json_time(url->first_seen), "last_seen", json_time(url->last_seen));
}

static json_t *urls_json(const struct iotguard_mud_url_info *urls, size_t count)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++) {
		if (json_array_append_new(list, url_json(&urls[i])))
			return NULL;
	}
	return json_pack("{s:O}", "mud", list);
}

static enum style style_of(const char *state)
{
	if (!strcmp(state, "adopted"))
		return STYLE_GOOD;
	return !strcmp(state, "proposed") ? STYLE_PLAIN : STYLE_WARN;
}

static void add_state(struct table *table, const struct iotguard_mud_url_info *url)
{
	enum style style = style_of(url->state);

	if (url->fault)
		table_add(table, style, "%s: %s", url->state, url->fault);
	else if (!strcmp(url->state, "conflict") && url->adopted)
		table_add(table, style, "%s, in force is %s", url->state, url->adopted);
	else
		table_add(table, style, "%s", url->state);
}

static void add_url(struct table *table, const struct iotguard_mud_url_info *url, uint64_t now)
{
	uint64_t ago = now > url->first_seen ? now - url->first_seen : 0;
	char text[ADDRESS_TEXT];

	table_add(table, STYLE_BOLD, "%s", url->device ? url->device : mac_text(url->mac, text));
	table_add(table, STYLE_PLAIN, "%s", url->url);
	table_add(table, STYLE_PLAIN, "%s", url->source);
	add_state(table, url);
	table_add(table, STYLE_PLAIN, "%s ago", duration_text(ago, text));
}

int show_mud(struct cli *cli)
{
	static const struct column columns[] = {
		{"device", false}, {"url", false},   {"source", false},
		{"state", false},  {"since", false}, {0},
	};
	_array_ struct iotguard_mud_url_info *urls = NULL;
	_table_ struct table table = {0};
	uint64_t now = (uint64_t)time(NULL);
	size_t count = 0;
	int err = iotguard_mud_urls(cli->ig, &urls, &count);

	if (err)
		return cli_fail(cli, err);
	if (cli->globals.json)
		return output_json(urls_json(urls, count));
	table_init(&table, columns);
	for (size_t i = 0; i < count; i++)
		add_url(&table, &urls[i], now);
	return table_print(&table, cli);
}
