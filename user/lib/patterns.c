/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "patterns.h"
#include "util.h"

void ig_name_key_make(struct ig_name_key *key, const char *name)
{
	bool wild = !strncmp(name, "*.", 2);
	size_t n = strlen(wild ? name + 1 : name); /* with the dot of a pattern */

	if (n > IG_NAME_BYTES - 1)
		n = IG_NAME_BYTES - 1;
	*key = (struct ig_name_key){};
	for (size_t i = 0; i < n; i++)
		key->text[i] = (wild ? name + 1 : name)[n - 1 - i];
	key->prefixlen = (n + !wild) * 8;
}

bool ig_name_fits(const uint8_t text[IG_NAME_BYTES], size_t length, const char *rule)
{
	struct ig_name_key key;

	ig_name_key_make(&key, rule);
	return length >= key.prefixlen / 8 && !memcmp(text, key.text, key.prefixlen / 8);
}

void ig_name_key_print(const uint8_t text[IG_NAME_BYTES], size_t length, char *buf)
{
	bool whole = length && !text[length - 1];
	size_t n = whole ? length - 1 : length;

	if (!whole)
		*buf++ = '*';
	for (size_t i = 0; i < n; i++)
		buf[i] = (char)text[n - 1 - i];
	buf[n] = '\0';
	if (whole && !n)
		memcpy(buf, ".", 2);
}

static size_t key_bytes(const struct ig_name_key *key)
{
	return key->prefixlen / 8;
}

/* What a pattern fits comes behind it, and before all that it does not. */
static int compare_keys(const void *a, const void *b)
{
	const struct ig_name_key *x = a, *y = b;
	size_t n = key_bytes(x) < key_bytes(y) ? key_bytes(x) : key_bytes(y);
	int order = memcmp(x->text, y->text, n);

	return order ? order : (key_bytes(x) > key_bytes(y)) - (key_bytes(x) < key_bytes(y));
}

bool ig_name_key_fits(const struct ig_name_key *key, const struct ig_name_key *pattern)
{
	return key_bytes(key) >= key_bytes(pattern) &&
	       !memcmp(key->text, pattern->text, key_bytes(pattern));
}

static int add_rules(struct ig_patterns *p, size_t *capacity, const struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (rules->items[i].remote.kind != IG_REMOTE_NAME)
			continue;
		if (!ig_grow(&p->keys, p->count, capacity, sizeof(*p->keys)))
			return -ENOMEM;
		ig_name_key_make(&p->keys[p->count++], rules->items[i].remote.name);
	}
	return 0;
}

static int add_inventory(struct ig_patterns *p, size_t *capacity,
			 const struct iotguard_inventory *inv)
{
	int err = 0;

	for (size_t i = 0; i < inv->n_profiles && !err; i++)
		err = add_rules(p, capacity, &inv->profiles[i].rules);
	for (size_t i = 0; i < inv->n_machines && !err; i++)
		err = add_rules(p, capacity, &inv->machines[i].rules);
	return err;
}

static void sort_and_unite(struct ig_patterns *p)
{
	size_t kept = 0;

	if (!p->count)
		return;
	qsort(p->keys, p->count, sizeof(*p->keys), compare_keys);
	for (size_t i = 1; i < p->count; i++) {
		if (compare_keys(&p->keys[kept], &p->keys[i]))
			p->keys[++kept] = p->keys[i];
	}
	p->count = kept + 1;
}

int ig_patterns_make(struct ig_patterns *patterns, const struct iotguard_inventory *inv,
		     const struct iotguard_inventory *other)
{
	size_t capacity = 0;
	int err;

	*patterns = (struct ig_patterns){};
	err = add_inventory(patterns, &capacity, inv);
	if (other)
		err = err ?: add_inventory(patterns, &capacity, other);
	sort_and_unite(patterns);
	if (!err && patterns->count >= IG_MAX_NAMES)
		err = -E2BIG;
	if (err)
		ig_patterns_clear(patterns);
	return err;
}

void ig_patterns_clear(struct ig_patterns *patterns)
{
	free(patterns->keys);
	*patterns = (struct ig_patterns){};
}

int ig_patterns_add(const struct ig_patterns *patterns, const char *name, struct ig_ranges *out)
{
	struct ig_name_key key;
	const struct ig_name_key *first;
	size_t last;

	ig_name_key_make(&key, name);
	first = bsearch(&key, patterns->keys, patterns->count, sizeof(key), compare_keys);
	if (!first)
		return -EINVAL; /* of another inventory */
	last = first - patterns->keys;
	while (last + 1 < patterns->count && ig_name_key_fits(&patterns->keys[last + 1], &key))
		last++;
	return ig_ranges_add(out, first - patterns->keys + 1, last + 1);
}
