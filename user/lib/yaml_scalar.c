/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of scalars. */
#include <errno.h>
#include <libfyaml.h>
#include <string.h>

#include "util.h"
#include "yaml_internal.h"

static bool white(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The closing quote of the value that begins at @source, or the end of the (terminated) file. */
static const char *quote_end(const char *source)
{
	while (*source && (*source != '\'' || source[1] == '\''))
		source += *source == '\'' ? 2 : 1;
	return source;
}

/* A line break with the blanks around it is a space; each further one stays a line break. */
static const char *fold(const char *source, const char *end, char *out, size_t *used)
{
	size_t breaks = 0;

	while (*used && (out[*used - 1] == ' ' || out[*used - 1] == '\t'))
		--*used;
	for (; source < end && white(*source); source++)
		breaks += *source == '\n';
	if (breaks == 1)
		out[(*used)++] = ' ';
	for (size_t i = 1; i < breaks; i++)
		out[(*used)++] = '\n';
	return source;
}

static size_t unquote(const char *source, const char *end, char *out)
{
	size_t used = 0;

	while (source < end) {
		if (*source == '\n' || (*source == '\r' && source[1] == '\n')) {
			source = fold(source, end, out, &used);
			continue;
		}
		out[used++] = *source;
		source += *source == '\'' ? 2 : 1;
	}
	return used;
}

static int keep(struct ig_yaml *doc, const char *text, char **out, size_t size)
{
	if (size > IG_YAML_SCALAR_MAX)
		return 0;
	*out = ig_yaml_alloc(doc, size + 1);
	if (!*out)
		return -ENOMEM;
	memcpy(*out, text, size);
	return 0;
}

/* Single quotes are read here: libfyaml 0.7.12 returns foreign memory for two escaped ones in a
 * row. */
static int single_quoted(struct ig_yaml *doc, uint32_t offset, char **out, size_t *size)
{
	const char *source = doc->bytes + offset, *end = quote_end(source);
	_free_ char *text = malloc((size_t)(end - source) + 1);

	if (!text)
		return -ENOMEM;
	*size = unquote(source, end, text);
	return keep(doc, text, out, *size);
}

static int any_style(struct ig_yaml *doc, struct fy_token *token, char **out, size_t *size)
{
	const char *text = token ? fy_token_get_text(token, size) : "";

	if (!text)
		return -ENOMEM;
	return keep(doc, text, out, *size);
}

int ig_yaml_scalar(struct ig_yaml *doc, struct fy_token *token, uint32_t offset, char **out,
		   size_t *size)
{
	*out = NULL;
	*size = 0;
	if (token && fy_token_scalar_style(token) == FYSS_SINGLE_QUOTED)
		return single_quoted(doc, offset, out, size);
	return any_style(doc, token, out, size);
}
