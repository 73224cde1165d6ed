/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "util.h"

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool remote_equal(const struct ig_remote *a, const struct ig_remote *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == IG_REMOTE_PREFIX)
		return a->prefix.length == b->prefix.length &&
		       !memcmp(a->prefix.addr, b->prefix.addr, 16);
	return text_equal(a->name, b->name);
}

static bool service_equal(const struct ig_service *a, const struct ig_service *b)
{
	return a->family == b->family && a->number == b->number && a->n_ranges == b->n_ranges &&
	       !memcmp(a->ranges, b->ranges, a->n_ranges * sizeof(a->ranges[0]));
}

static bool until_equal(const struct ig_rule *a, const struct ig_rule *b)
{
	if (a->has_until != b->has_until)
		return false;
	return !a->has_until || (a->until_year == b->until_year &&
				 a->until_month == b->until_month && a->until_day == b->until_day);
}

static bool source_port_equal(const struct ig_rule *a, const struct ig_rule *b)
{
	if (a->has_source_port != b->has_source_port)
		return false;
	return !a->has_source_port || (a->source_port.first == b->source_port.first &&
				       a->source_port.last == b->source_port.last);
}

bool ig_rule_equal(const struct ig_rule *a, const struct ig_rule *b)
{
	return a->action == b->action && a->side == b->side && a->critical == b->critical &&
	       a->local == b->local && a->dscp == b->dscp && a->version == b->version &&
	       a->rate_unit == b->rate_unit && a->rate == b->rate &&
	       remote_equal(&a->remote, &b->remote) && service_equal(&a->service, &b->service) &&
	       source_port_equal(a, b) && until_equal(a, b) && text_equal(a->because, b->because);
}

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
	return hash;
}

uint64_t ig_rule_hash(uint64_t hash, const struct ig_rule *rule)
{
	const struct ig_service *service = &rule->service;
	const uint32_t numbers[] = {rule->action,    rule->side,      rule->remote.kind,
				    rule->critical,  rule->local,     rule->version,
				    service->family, service->number, service->n_ranges};

	hash = hash_bytes(hash, numbers, sizeof(numbers));
	hash = hash_bytes(hash, service->ranges, service->n_ranges * sizeof(service->ranges[0]));
	if (rule->remote.kind == IG_REMOTE_PREFIX)
		hash = hash_bytes(hash_bytes(hash, rule->remote.prefix.addr, 16),
				  &rule->remote.prefix.length, 1);
	if (rule->remote.name)
		hash = hash_bytes(hash, rule->remote.name, strlen(rule->remote.name));
	return hash;
}

int ig_rule_copy(const struct ig_rule *from, struct ig_rule *to)
{
	_free_ char *name = NULL, *because = NULL;

	if (from->remote.name) {
		name = strdup(from->remote.name);
		if (!name)
			return -ENOMEM;
	}
	if (from->because) {
		because = strdup(from->because);
		if (!because)
			return -ENOMEM;
	}
	*to = *from;
	to->remote.name = take_ptr(name);
	to->because = take_ptr(because);
	return 0;
}

void ig_remote_clear(struct ig_remote *remote)
{
	free(remote->name);
	*remote = (struct ig_remote){0};
}

void ig_rule_clear(struct ig_rule *rule)
{
	ig_remote_clear(&rule->remote);
	free(rule->because);
	*rule = (struct ig_rule){0};
}
