/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <string.h>

#include "compile.h"
#include "consent.h"
#include "index.h"
#include "infrastructure.h"
#include "remote.h"
#include "segments.h"
#include "sets.h"
#include "sha256.h"
#include "util.h"

_Static_assert((int)IG_MODE_ENFORCE == IOTGUARD_MODE_ENFORCE &&
		       (int)IG_MODE_MONITOR == IOTGUARD_MODE_MONITOR &&
		       (int)IG_MODE_LEARN == IOTGUARD_MODE_LEARN,
	       "modes have one number");
_Static_assert((int)IG_UNKNOWN_DROP == IOTGUARD_UNKNOWN_DROP &&
		       (int)IG_UNKNOWN_MONITOR == IOTGUARD_UNKNOWN_MONITOR &&
		       (int)IG_UNKNOWN_ONBOARD == IOTGUARD_UNKNOWN_ONBOARD,
	       "what happens to unknown devices has one number");

struct compiler {
	struct ig_diags *diags;
	const struct iotguard_inventory *inv;
	const struct ig_site *site;
	struct ig_image *image;
	struct ig_places places;
	struct ig_resolved resolved;
	struct ig_consents consents;
	uint32_t *policy_of; /* block of the policy of each list; 0: not compiled yet */
	bool *routes;	     /* of each machine: others are behind it */
	bool *asks_routing;  /* of each list */
	bool *names;	     /* of each list: rules speak of domain names */
	bool in_place;	     /* machines have the indices that they have in site->like */
	uint32_t *segments;  /* number of each */
};

static void compiler_free(struct compiler *c)
{
	ig_places_clear(&c->places);
	ig_resolved_clear(&c->resolved);
	free(c->policy_of);
	free(c->routes);
	free(c->asks_routing);
	free(c->names);
	free(c->segments);
}

#define append(array, count, capacity, ...)                        \
	(ig_grow(&(array), (count), &(capacity), sizeof(*(array))) \
		 ? ((array)[(count)++] = __VA_ARGS__, 0)           \
		 : -ENOMEM)

void ig_flow_quota(const struct iotguard_inventory *inv, const struct ig_machine *m,
		   uint16_t *flows, uint16_t *critical)
{
	unsigned int n = ig_machine_flows(inv, m);

	*flows = n;
	*critical = n / 4 < 4 ? 4 : n / 4;
}

/* --- policies --- */

static void sets_free(struct ig_match_sets *sets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ig_match_sets_clear(&sets[i]);
	free(sets);
}

/* Who may reach the gateway itself may do so through a quarantine, too. */
static uint32_t rule_flags(const struct compiler *c, const struct ig_rule *rule)
{
	bool allows = rule->action == IG_RULE_ALLOWS;
	bool spared = rule->critical || ig_management_has(&c->resolved.management, rule);

	return (allows ? IG_RULE_ALLOW : 0) | (rule->critical ? IG_RULE_CRITICAL : 0) |
	       (allows && spared ? IG_RULE_SPARED : 0);
}

static const char *side_word(enum ig_rule_side side)
{
	return side == IG_RULE_TO ? "to" : "from";
}

static void say_intervals(struct compiler *c, const struct ig_rule_list *list,
			  enum ig_rule_side side, const struct ig_match_sets *sets, size_t n)
{
	static const char *const words[IG_DIM_MAX] = {
		[IG_DIM_ADDR4] = "IPv4 addresses",
		[IG_DIM_ADDR6] = "IPv6 addresses",
		[IG_DIM_ENTITY] = "machines",
		[IG_DIM_SERVICE] = "services",
	};
	const size_t most = 1u << IG_SEARCH_STEPS;
	int dim = 0;
	size_t intervals = ig_table_intervals(sets, n, &dim);

	ig_error(c->diags, &list->rules[0]->loc,
		 "join addresses to prefixes, and make groups smaller",
		 "the '%s' rules of one policy cut the %s into %zu ranges: %zu more than the limit "
		 "of %zu",
		 side_word(side), words[dim], intervals, intervals - most, most);
}

/* The rules of one side of a list, as a table in block @at. */
static int compile_side(struct compiler *c, const struct ig_rule_list *list, enum ig_rule_side side,
			uint32_t at)
{
	struct ig_match_sets *sets = calloc(list->count ? list->count : 1, sizeof(*sets));
	size_t n = 0;
	int err = sets ? 0 : -ENOMEM;

	for (size_t i = 0; i < list->count && !err; i++) {
		const struct ig_rule *rule = list->rules[i];

		if (rule->side != side)
			continue;
		err = ig_match_sets_make(&sets[n], rule, c->inv, &c->places, c->site->indices);
		if (err)
			break;
		sets[n].id = i;
		sets[n].flags = rule_flags(c, rule);
		n++;
	}
	if (!err && n > IG_MAX_RULES) {
		ig_error(c->diags, &list->rules[0]->loc,
			 "join rules by prefixes, port ranges and groups",
			 "%zu '%s' rules in one policy: %zu more than the limit of %u", n,
			 side_word(side), n - IG_MAX_RULES, IG_MAX_RULES);
		err = -E2BIG;
	}
	if (!err) {
		err = ig_table_build(&c->image->policy, at, sets, n);
		if (err == -E2BIG)
			say_intervals(c, list, side, sets, n);
	}
	c->image->n_rules += n;
	sets_free(sets, n);
	return err;
}

/* The same sentence means something else where it is one of the gateway's management. */
static bool same_rule(const struct compiler *c, const struct ig_rule *a, const struct ig_rule *b)
{
	return a == b ||
	       (ig_rule_equal(a, b) && ig_management_has(&c->resolved.management, a) ==
					       ig_management_has(&c->resolved.management, b));
}

static bool same_rules(const struct compiler *c, const struct ig_rule_list *a,
		       const struct ig_rule_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!same_rule(c, a->rules[i], b->rules[i]))
			return false;
	}
	return true;
}

static uint64_t list_hash(const struct ig_rule_list *list)
{
	uint64_t hash = list->count;

	for (size_t i = 0; i < list->count; i++)
		hash = ig_rule_hash(hash, list->rules[i]);
	return hash;
}

/* Do the tables depend on the indices of machines? */
static bool names_machines(const struct ig_rule_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		enum ig_remote_kind kind = list->rules[i]->remote.kind;

		if (kind == IG_REMOTE_DEVICE || kind == IG_REMOTE_HOST || kind == IG_REMOTE_GROUP ||
		    ig_remote_is_set(kind))
			return true;
	}
	return false;
}

static int compile_list(struct compiler *c, size_t i)
{
	const struct ig_rule_list *list = &c->resolved.lists[i];
	uint32_t at = ig_pool_take(&c->image->policy, 2 * IG_TABLE_BLOCKS);
	int err;

	if (at == UINT32_MAX)
		return -ENOMEM;
	err = compile_side(c, list, IG_RULE_TO, at);
	err = err ?: compile_side(c, list, IG_RULE_FROM, at + IG_TABLE_BLOCKS);
	c->image->lists[i] = (struct ig_image_list){
		.at = at,
		.blocks = c->image->policy.count - at,
		.twin = i,
		.placed = names_machines(list),
	};
	return err;
}

/* Takes the tables that another image has for the same list. */
static int copy_list(struct compiler *c, size_t i)
{
	const struct ig_image_list *from = &c->site->like->lists[i];
	uint32_t at = ig_pool_copy(&c->image->policy, &c->site->like->policy.blocks[from->at],
				   from->blocks);

	if (at == UINT32_MAX)
		return -ENOMEM;
	for (uint32_t side = 0; side < 2 && at != from->at; side++)
		ig_table_move(&c->image->policy, at + side * IG_TABLE_BLOCKS, at - from->at);
	c->image->n_rules += c->resolved.lists[i].count;
	c->image->lists[i] = *from;
	c->image->lists[i].at = at;
	return 0;
}

/* The first list with the same rules as list @i, or @i. Where there is no image to ask, @known has the hashes (kept in
 * @hashes) of the lists so far. */
static int find_twin(struct compiler *c, size_t i, struct ig_index *known, uint64_t *hashes,
		     size_t *twin)
{
	int err;

	*twin = i;
	if (c->site->like) {
		*twin = c->site->like->lists[i].twin;
		return 0;
	}
	hashes[i] = list_hash(&c->resolved.lists[i]);
	err = ig_index_add(known, 0, &hashes[i], sizeof(hashes[i]), i, twin);
	if (err == -EEXIST && !same_rules(c, &c->resolved.lists[i], &c->resolved.lists[*twin]))
		*twin = i;
	return err == -EEXIST ? 0 : err;
}

static int place_list(struct compiler *c, size_t i, size_t twin)
{
	const struct ig_image *like = c->site->like;
	int err = 0;

	if (twin != i) {
		c->image->lists[i] = c->image->lists[twin];
	} else {
		c->image->n_policies++;
		err = like && (c->in_place || !like->lists[i].placed) ? copy_list(c, i)
								      : compile_list(c, i);
	}
	c->policy_of[i] = c->image->lists[i].at;
	return err;
}

/* Compiles the lists that are in use, each distinct one once. */
static int compile_policies(struct compiler *c)
{
	size_t n = c->resolved.n_lists + 1; /* there may be none */
	_cleanup_(ig_index_freep) struct ig_index *known = ig_index_new();
	_free_ uint64_t *hashes = calloc(n, sizeof(*hashes));
	int err = known && hashes ? 0 : -ENOMEM;

	c->policy_of = calloc(n, sizeof(*c->policy_of));
	c->image->lists = calloc(n, sizeof(*c->image->lists));
	if (!c->policy_of || !c->image->lists ||
	    (c->site->like && !ig_pool_reserve(&c->image->policy, c->site->like->policy.count)))
		return -ENOMEM;
	c->image->n_lists = c->resolved.n_lists;
	for (size_t m = 0; m < c->inv->n_machines && !err; m++) {
		size_t i = c->resolved.list_of[m], twin = i;

		if (c->policy_of[i])
			continue;
		err = find_twin(c, i, known, hashes, &twin);
		err = err ?: place_list(c, i, twin);
	}
	return err;
}

static int note_places(struct compiler *c)
{
	const struct ig_image *like = c->site->like;
	size_t n = c->inv->n_machines;

	c->image->indices = calloc(n ? n : 1, sizeof(*c->image->indices));
	if (!c->image->indices)
		return -ENOMEM;
	if (n)
		memcpy(c->image->indices, c->site->indices, n * sizeof(*c->image->indices));
	c->image->n_indices = n;
	c->in_place = like && !memcmp(like->indices, c->image->indices, n * sizeof(*like->indices));
	return 0;
}

/* --- who and where --- */

/* Who is the gateway and what is the internet can change without a new policy: whoever asks about
 * them asks the routing table as well. */
static bool list_asks_routing(const struct iotguard_inventory *inv, const struct ig_rule_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct ig_rule *rule = list->rules[i];

		if (rule->side == IG_RULE_TO && (rule->remote.kind == IG_REMOTE_INTERNET ||
						 ig_remote_has_gateway(inv, &rule->remote)))
			return true;
	}
	return false;
}

static bool list_names(const struct ig_rule_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->rules[i]->remote.kind == IG_REMOTE_NAME)
			return true;
	}
	return false;
}

static int note_routing(struct compiler *c)
{
	c->routes = calloc(c->inv->n_machines ? c->inv->n_machines : 1, sizeof(*c->routes));
	c->asks_routing = calloc(c->resolved.n_lists + 1, sizeof(*c->asks_routing));
	c->names = calloc(c->resolved.n_lists + 1, sizeof(*c->names));
	if (!c->routes || !c->asks_routing || !c->names)
		return -ENOMEM;
	for (size_t i = 0; i < c->inv->n_machines; i++) {
		const struct ig_machine *router = c->inv->machines[i].router;

		if (router)
			c->routes[router - c->inv->machines] = true;
	}
	for (size_t i = 0; i < c->resolved.n_lists; i++) {
		c->asks_routing[i] = list_asks_routing(c->inv, &c->resolved.lists[i]);
		c->names[i] = list_names(&c->resolved.lists[i]);
	}
	return 0;
}

static uint8_t device_flags(const struct compiler *c, size_t i)
{
	const struct ig_segment *segment = c->inv->machines[i].segment;
	uint8_t flags = (c->routes[i] ? IG_DEVICE_ROUTES : 0) |
			(c->asks_routing[c->resolved.list_of[i]] ? IG_DEVICE_ASKS_ROUTING : 0) |
			(c->names[c->resolved.list_of[i]] ? IG_DEVICE_NAMES : 0);

	if (ig_machine_dns(c->inv, &c->inv->machines[i]) == IG_DNS_STRICT)
		flags |= IG_DEVICE_DNS_STRICT;

	for (size_t k = 0; k < segment->n_networks; k++)
		flags |= ig_prefix_is_v4(&segment->networks[k]) ? IG_DEVICE_NETWORKS4
								: IG_DEVICE_NETWORKS6;
	return flags;
}

static int add_device(struct ig_image *image, const struct ig_image_device *entry)
{
	return append(image->devices, image->n_devices, image->devices_capacity, *entry);
}

/* Under its own key: its MAC address. A device behind a router has two: one that programs find it by
 * when they know its index, and one that the next policy recognises it by. */
static int add_machine(struct ig_image *image, const struct ig_machine *m,
		       struct ig_image_device *entry)
{
	int err;

	ig_machine_key(m, &entry->mac);
	err = add_device(image, entry);
	if (err || !m->router)
		return err;
	entry->mac = (struct ig_mac){.pad = {IG_MAC_IS_INDEX}};
	memcpy(entry->mac.addr, &entry->device.index, sizeof(entry->device.index));
	return add_device(image, entry);
}

static int add_address(struct ig_image *image, const uint8_t addr[16], uint32_t holder)
{
	struct ig_image_address entry = {.holder = holder};

	memcpy(entry.addr.addr, addr, 16);
	return append(image->addresses, image->n_addresses, image->addresses_capacity, entry);
}

static int compile_machine(struct compiler *c, size_t i)
{
	const struct ig_machine *m = &c->inv->machines[i];
	struct ig_image_device entry = {
		.device =
			{
				.index = c->site->indices[i],
				.policy = c->policy_of[c->resolved.list_of[i]],
				.ring = c->site->rings[i],
				.segment = c->segments[m->segment - c->inv->segments],
				.infrastructure = ig_machine_infrastructure(c->inv, m),
				.kind = m->host ? IG_KIND_HOST : IG_KIND_DEVICE,
				.mode = ig_machine_mode(c->inv, m),
				.trusted = m->trusted,
				.router = m->router ? c->site->indices[m->router - c->inv->machines]
						    : IG_ENTITY_NONE,
				.flags = device_flags(c, i),
				.environment = ig_machine_environment(m),
				.criticality = ig_machine_criticality(m),
				.vlan = {m->segment->vlan[0], m->segment->vlan[1]},
			},
	};
	int err;

	ig_flow_quota(c->inv, m, &entry.device.flows, &entry.device.critical_flows);
	err = add_machine(c->image, m, &entry);
	for (size_t k = 0; k < m->addresses.count && !err; k++)
		err = add_address(c->image, m->addresses.items[k].addr, c->site->indices[i]);
	return err;
}

static int add_gateway_mac(struct ig_image *image, const uint8_t mac[6])
{
	struct ig_image_device entry = {
		.device = {.index = IG_ENTITY_GATEWAY, .kind = IG_KIND_GATEWAY}};

	memcpy(entry.mac.addr, mac, 6);
	return append(image->devices, image->n_devices, image->devices_capacity, entry);
}

static int compile_gateway(struct compiler *c)
{
	const struct ig_gateway *gateway = &c->inv->gateway;
	struct ig_image *image = c->image;
	int err = 0;

	for (size_t i = 0; i < gateway->macs.count && !err; i++)
		err = add_gateway_mac(image, gateway->macs.items[i]);
	for (size_t i = 0; i < c->site->n_macs && !err; i++)
		err = add_gateway_mac(image, c->site->macs[i].addr);
	for (size_t i = 0; i < gateway->addresses.count && !err; i++)
		err = add_address(image, gateway->addresses.items[i].addr, IG_ENTITY_GATEWAY);
	for (size_t i = 0; i < c->site->n_addresses && !err; i++)
		err = add_address(image, c->site->addresses[i].addr, IG_ENTITY_GATEWAY_LIVE);
	return err;
}

static int add_network(struct ig_image *image, uint32_t segment, const struct ig_prefix *prefix)
{
	struct ig_image_network entry = {
		.key = {.prefixlen = 32 + prefix->length, .segment = segment},
		.network = {.length = prefix->length},
	};

	memcpy(entry.key.addr, prefix->addr, sizeof(entry.key.addr));
	return append(image->networks, image->n_networks, image->networks_capacity, entry);
}

static int compile_segment(struct compiler *c, const struct ig_segment *segment)
{
	uint32_t number = c->segments[segment - c->inv->segments];
	struct ig_image *image = c->image;
	struct ig_consent consent = {};
	int err = 0;

	for (size_t i = 0; i < segment->n_networks && !err; i++) {
		err = add_network(image, number, &segment->networks[i]);
		/* a name that has such an address is none of the internet */
		err = err ?: add_network(image, IG_NO_SEGMENT, &segment->networks[i]);
	}
	if (!c->site->portless)
		err = err ?: ig_consent_compile(&c->consents, segment, &consent);

	for (size_t i = 0; i < segment->n_interfaces && !err; i++) {
		struct ig_image_port entry = {
			.interface = segment->interfaces[i],
			.vlan = {segment->vlan[0], segment->vlan[1]},
			.port =
				{
					.segment = number,
					.infrastructure = segment->infrastructure,
					.unknown = segment->unknown_devices,
					.mode = segment->mode == IG_UNSET ? c->inv->default_mode
									  : segment->mode,
					.groups = consent.at,
					.n_groups = consent.n,
				},
		};

		err = append(image->ports, image->n_ports, image->ports_capacity, entry);
		entry.vlan[0] = entry.vlan[1] = IG_GUARDED;
		entry.port = (struct ig_port){.segment = IG_NO_SEGMENT};
		err = err ?: append(image->ports, image->n_ports, image->ports_capacity, entry);
	}
	return err;
}

/* What is done with frames on a port or tag that no segment has: nobody gets to know a machine there. */
static int compile_no_segment(struct compiler *c)
{
	struct ig_image_port entry = {
		.port =
			{
				.segment = IG_NO_SEGMENT,
				.unknown = c->inv->default_unknown == IOTGUARD_UNKNOWN_ONBOARD
						   ? IG_UNKNOWN_DROP
						   : c->inv->default_unknown,
				.mode = c->inv->default_mode,
			},
	};
	struct ig_consent consent = {};

	if (c->site->portless && ig_consent_compile(&c->consents, NULL, &consent))
		return -ENOMEM;
	entry.port.groups = consent.at;
	entry.port.n_groups = consent.n;
	return append(c->image->ports, c->image->n_ports, c->image->ports_capacity, entry);
}

static int compile_services(struct ig_image *image, const struct ig_addresses *servers,
			    uint32_t kind)
{
	int err = 0;

	for (size_t i = 0; i < servers->count && !err; i++) {
		struct ig_service_key key = {.kind = kind};

		memcpy(key.addr, servers->items[i].addr, 16);
		err = append(image->services, image->n_services, image->services_capacity, key);
	}
	return err;
}

static int compile_patterns(struct compiler *c)
{
	struct ig_patterns *patterns = &c->places.patterns;
	struct ig_image *image = c->image;

	image->patterns = calloc(patterns->count + 1, sizeof(*image->patterns));
	if (!image->patterns)
		return -ENOMEM;
	if (patterns->count)
		memcpy(image->patterns, patterns->keys, patterns->count * sizeof(*image->patterns));
	image->n_patterns = patterns->count;
	return 0;
}

static int compile_names(struct compiler *c)
{
	const struct ig_image *like = c->site->like;

	if (like)
		return ig_dictionary_move(&c->image->dictionary, &like->dictionary, like->indices,
					  c->site->indices, c->inv->n_machines);
	return ig_dictionary_build(&c->image->dictionary, c->inv, &c->resolved, c->site->indices,
				   c->image->n_policies, c->image->n_rules);
}

static int compile(struct compiler *c)
{
	const struct ig_gateway *gateway = &c->inv->gateway;
	size_t errors = c->diags->errors;
	int err;

	err = note_places(c);
	err = err ?: ig_resolve(c->inv, &c->resolved);
	err = err ?: ig_places_make(&c->places, c->inv, NULL);
	err = err ?: compile_policies(c);
	err = err ?: note_routing(c);
	c->segments = ig_segment_numbers(c->inv);
	if (!c->segments)
		err = -ENOMEM;
	c->consents = (struct ig_consents){c->diags,   c->inv,		 &c->resolved,
					   &c->places, c->site->indices, &c->image->policy};
	for (size_t i = 0; i < c->inv->n_machines && !err; i++)
		err = compile_machine(c, i);
	err = err ?: compile_gateway(c);
	for (size_t i = 0; i < c->inv->n_segments && !err; i++)
		err = compile_segment(c, &c->inv->segments[i]);
	err = err ?: compile_no_segment(c);
	err = err ?: compile_patterns(c);
	err = err ?: compile_services(c->image, &gateway->resolvers, IG_SERVICE_RESOLVER);
	err = err ?: compile_services(c->image, &gateway->time_servers, IG_SERVICE_TIME);
	err = err ?: compile_services(c->image, &gateway->dhcp_servers, IG_SERVICE_DHCP);
	err = err ?: compile_names(c);
	if (err == -E2BIG && c->diags->errors == errors)
		ig_error(c->diags, NULL, "split the inventory over several gateways",
			 "the names and sentences of the policy need more than 2 GiB");
	return err;
}

int ig_compile(struct ig_diags *diags, const struct iotguard_inventory *inv,
	       const struct ig_site *site, struct ig_image *out)
{
	_cleanup_(compiler_free) struct compiler c = {
		.diags = diags,
		.inv = inv,
		.site = site,
		.image = out,
	};
	int err;

	*out = (struct ig_image){};
	err = compile(&c);
	if (err)
		ig_image_clear(out);
	return err;
}

void ig_image_clear(struct ig_image *image)
{
	free(image->devices);
	free(image->addresses);
	free(image->ports);
	free(image->networks);
	free(image->services);
	free(image->patterns);
	free(image->lists);
	free(image->indices);
	ig_pool_clear(&image->policy);
	ig_pool_clear(&image->dictionary);
	*image = (struct ig_image){};
}

/* --- what tells images apart --- */

void ig_image_digest(const struct ig_image *image, uint8_t digest[32])
{
	struct ig_sha256 sha;

	ig_sha256_init(&sha);
	ig_sha256_update(&sha, image->devices, image->n_devices * sizeof(*image->devices));
	ig_sha256_update(&sha, image->addresses, image->n_addresses * sizeof(*image->addresses));
	for (size_t i = 0; i < image->n_ports; i++) {
		const struct ig_image_port *port = &image->ports[i];

		if (port->interface)
			ig_sha256_update(&sha, port->interface, strlen(port->interface) + 1);
		ig_sha256_update(&sha, port->vlan, sizeof(port->vlan));
		ig_sha256_update(&sha, &port->port, sizeof(port->port));
	}
	ig_sha256_update(&sha, image->networks, image->n_networks * sizeof(*image->networks));
	ig_sha256_update(&sha, image->services, image->n_services * sizeof(*image->services));
	ig_sha256_update(&sha, image->patterns, image->n_patterns * sizeof(*image->patterns));
	ig_sha256_final(&sha, digest);
}
