/* SPDX-License-Identifier: BSD-2-Clause */
/* Cuts every dimension at all places where the set of matching rules changes, for both lists at
 * once: two questions between the same cuts have the same answers. */

#include <errno.h>
#include <string.h>

#include "address.h"
#include "contrast_internal.h"
#include "util.h"

#define ICMP   1
#define ICMPV6 58

static const struct ig_span icmp = {IG_SERVICE(ICMP, 0), IG_SERVICE(ICMP, 0xffff)};
static const struct ig_span icmpv6 = {IG_SERVICE(ICMPV6, 0), IG_SERVICE(ICMPV6, 0xffff)};

static void set_bit(uint64_t *set, size_t bit)
{
	set[bit / 64] |= 1ull << (bit % 64);
}

static void clear_bit(uint64_t *set, size_t bit)
{
	set[bit / 64] &= ~(1ull << (bit % 64));
}

/* --- dimensions --- */

struct edge {
	ig_number at;
	uint32_t bit;
	bool begins;
};

struct edges {
	struct edge *items;
	size_t count, capacity;
};

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static ig_number last_of(int dim)
{
	switch (dim) {
	case IG_DIM_ADDR6:
		return ~(ig_number)0;
	case IG_DIM_SERVICE:
		return IG_SERVICE_ETHERTYPE(0xffff);
	case IG_DIM_SOURCE_PORT:
		return UINT16_MAX;
	case IG_DIM_DSCP:
		return 63;
	default:
		return UINT32_MAX;
	}
}

static int add_edge(struct edges *edges, ig_number at, size_t bit, bool begins)
{
	if (!ig_grow(&edges->items, edges->count, &edges->capacity, sizeof(*edges->items)))
		return -ENOMEM;
	edges->items[edges->count++] = (struct edge){at, bit, begins};
	return 0;
}

static int add_set_edges(struct edges *edges, const struct ig_ranges *set, int dim, size_t bit)
{
	int err = 0;

	for (size_t i = 0; i < set->count && !err; i++) {
		err = add_edge(edges, set->items[i].first, bit, true);
		if (set->items[i].last < last_of(dim))
			err = err ?: add_edge(edges, set->items[i].last + 1, bit, false);
	}
	return err;
}

static int add_rule_edges(struct edges *edges, const struct ig_match_sets *sets, int dim,
			  size_t bit)
{
	if (dim == IG_GRID_NAMES)
		return add_set_edges(edges, &sets->names, dim, bit);
	if (dim >= IG_DIM_CONDITIONS && !sets->dim[dim].count)
		return add_edge(edges, 0, bit, true);
	return add_set_edges(edges, &sets->dim[dim], dim, bit);
}

/* --- where names may be --- */

static bool speaks_of_names(const struct ig_stance *stance)
{
	for (size_t i = 0; i < stance->count; i++) {
		if (stance->rules[i].sets->names.count)
			return true;
	}
	return false;
}

/* What no answer is pinned to, see ig_pin_keep(). */
static int make_nameless(const struct ig_world *world, int family, struct ig_ranges *out)
{
	static const struct ig_span never4[] = {{0, 0xffffff},
						{0x7f000000, 0x7fffffff},
						{0xa9fe0000, 0xa9feffff},
						{0xe0000000, UINT32_MAX}};
	static const struct ig_span never6[] = {
		{0, ((ig_number)1 << 120) - 1},
		{(ig_number)0xfe80 << 112, ((ig_number)0xff00 << 112) - 1},
		{(ig_number)0xff00 << 112, ~(ig_number)0}};
	const struct ig_addresses *gateway = &world->inv->gateway.addresses;
	int err = 0;

	for (size_t i = 0; i < (family ? ARRAY_SIZE(never6) : ARRAY_SIZE(never4)) && !err; i++) {
		const struct ig_span *span = family ? &never6[i] : &never4[i];

		err = ig_ranges_add(out, span->first, span->last);
	}
	for (size_t i = 0; i < gateway->count && !err; i++) {
		ig_number n = ig_number_of_addr(gateway->items[i].addr);

		if (ig_addr_is_v4(gateway->items[i].addr) == !family)
			err = ig_ranges_add(out, n, n);
	}
	ig_ranges_normalise(out);
	return err;
}

/* What is not of the internet, and what a machine lists. */
static int make_local(const struct ig_world *world, int family, struct ig_ranges *out)
{
	int err = ig_ranges_add(out, 0, last_of(ig_addr_dim(family)));

	err = err ?: ig_ranges_subtract(out, &world->places.internet[family]);
	err = err ?: ig_ranges_add_all(out, &world->listed[family]);
	ig_ranges_normalise(out);
	return err;
}

static int add_marks(struct edges *edges, const struct ig_grid *grid, int dim,
		     const struct ig_contrast_opts *opts)
{
	int family = dim == IG_DIM_ADDR6, err = 0;

	for (int s = 0; s < 2 && !err; s++) {
		size_t bit = (grid->width - 1) * 64 + (size_t)s * IG_GRID_MARK_BITS;
		struct ig_ranges local = {}, nameless = {};

		err = make_local(opts->worlds[s], family, &local);
		err = err ?: make_nameless(opts->worlds[s], family, &nameless);
		err = err ?: add_set_edges(edges, &local, dim, bit);
		err = err ?: add_set_edges(edges, &nameless, dim, bit + 1);
		ig_ranges_clear(&local);
		ig_ranges_clear(&nameless);
	}
	return err;
}

typedef int (*make_fn)(const struct ig_world *world, int family, struct ig_ranges *out);

static int differ(const struct ig_contrast_opts *opts, make_fn make, int family, bool *apart)
{
	struct ig_ranges sets[2] = {};
	int err = 0;

	for (int s = 0; s < 2 && !err; s++)
		err = make(opts->worlds[s], family, &sets[s]);
	*apart = *apart || !ig_ranges_cover(&sets[0], &sets[1]) ||
		 !ig_ranges_cover(&sets[1], &sets[0]);
	for (int s = 0; s < 2; s++)
		ig_ranges_clear(&sets[s]);
	return err;
}

int ig_names_apart(const struct ig_stance *before, const struct ig_stance *after,
		   const struct ig_contrast_opts *opts, bool *apart)
{
	int err = 0;

	*apart = false;
	if (opts->same_remote || (!speaks_of_names(before) && !speaks_of_names(after)))
		return 0;
	for (int family = 0; family < 2 && !err; family++) {
		err = differ(opts, make_local, family, apart);
		err = err ?: differ(opts, make_nameless, family, apart);
	}
	return err;
}

/* --- a dimension, cut --- */

static int sweep(struct ig_cut_dim *cut, const struct edges *edges, int dim, uint64_t *set)
{
	size_t i = 0;

	cut->spans = malloc((edges->count + 1) * sizeof(*cut->spans));
	cut->classes = malloc((edges->count + 1) * sizeof(*cut->classes));
	if (!cut->spans || !cut->classes)
		return -ENOMEM;
	for (ig_number at = 0;;) {
		for (; i < edges->count && edges->items[i].at == at; i++) {
			if (edges->items[i].begins)
				set_bit(set, edges->items[i].bit);
			else
				clear_bit(set, edges->items[i].bit);
		}
		if (ig_classes_number(&cut->sets, set, &cut->classes[cut->count]))
			return -ENOMEM;
		cut->spans[cut->count++] = (struct ig_span){
			at, i < edges->count ? edges->items[i].at - 1 : last_of(dim)};
		if (i == edges->count)
			return 0;
		at = edges->items[i].at;
	}
}

static bool has_marks(const struct ig_grid *grid, int dim, const struct ig_contrast_opts *opts)
{
	return (dim == IG_DIM_ADDR4 || dim == IG_DIM_ADDR6) && !opts->same_remote &&
	       (speaks_of_names(grid->stances[0]) || speaks_of_names(grid->stances[1]));
}

static int cut(struct ig_grid *grid, int dim, const struct ig_contrast_opts *opts)
{
	_free_ uint64_t *set = calloc(grid->width, sizeof(*set));
	struct edges edges = {};
	int err = set ? 0 : -ENOMEM;

	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < grid->stances[s]->count && !err; i++)
			err = add_rule_edges(&edges, grid->stances[s]->rules[i].sets, dim,
					     grid->first_bit[s] + i);
	}
	if (has_marks(grid, dim, opts))
		err = err ?: add_marks(&edges, grid, dim, opts);
	if (edges.count)
		qsort(edges.items, edges.count, sizeof(*edges.items), compare_edges);
	grid->dims[dim].sets.width = grid->width;
	err = err ?: sweep(&grid->dims[dim], &edges, dim, set);
	free(edges.items);
	return err;
}

/* --- remotes --- */

static int add_point(struct ig_grid *grid, enum ig_family family, const uint64_t *set,
		     struct ig_grid_point point)
{
	struct ig_grid_remotes *remotes = &grid->remotes[family];

	if (remotes->n_points == IG_GRID_POINTS) {
		grid->too_large = true;
		return 0;
	}
	if (ig_classes_number(&remotes->sets, set, &point.class) ||
	    !ig_grow(&remotes->points, remotes->n_points, &remotes->capacity,
		     sizeof(*remotes->points)))
		return -ENOMEM;
	remotes->points[remotes->n_points++] = point;
	return 0;
}

static const struct ig_match_sets *sets_of_bit(const struct ig_grid *grid, size_t bit)
{
	int s = bit >= grid->first_bit[1];

	return grid->stances[s]->rules[bit - grid->first_bit[s]].sets;
}

static bool has_bit(const struct ig_grid *grid, size_t bit)
{
	int s = bit >= grid->first_bit[1];

	return bit - grid->first_bit[s] < grid->stances[s]->count;
}

/* Rules of one kind. */
static void mask_of(const struct ig_grid *grid, uint64_t *mask,
		    bool (*is)(const struct ig_match_sets *sets))
{
	memset(mask, 0, grid->width * sizeof(*mask));
	for (size_t bit = 0; bit < grid->width * 64; bit++) {
		if (has_bit(grid, bit) && is(sets_of_bit(grid, bit)))
			set_bit(mask, bit);
	}
}

static bool is_any(const struct ig_match_sets *sets)
{
	return sets->any_remote;
}

static bool matches_ipv4(const struct ig_match_sets *sets)
{
	return sets->version != 6;
}

static bool matches_ipv6(const struct ig_match_sets *sets)
{
	return sets->version != 4;
}

static bool is_internet(const struct ig_match_sets *sets)
{
	return sets->internet_remote;
}

/* Nobody else may get an address that is listed. */
static bool is_free(const struct ig_span *span, const struct ig_contrast_opts *opts, int family)
{
	for (int s = 0; s < 2 && span->first == span->last; s++) {
		if (ig_ranges_contain(&opts->worlds[s]->listed[family], span->first))
			return false;
	}
	return true;
}

static uint32_t gateway_class(const struct ig_cut_dim *entities)
{
	for (size_t i = 0; i < entities->count; i++) {
		if (entities->spans[i].first <= IG_ENTITY_GATEWAY &&
		    entities->spans[i].last >= IG_ENTITY_GATEWAY)
			return entities->classes[i];
	}
	return 0;
}

static bool is_empty(const uint64_t *set, size_t width)
{
	for (size_t i = 0; i < width; i++) {
		if (set[i])
			return false;
	}
	return true;
}

/* What the steps below work in. */
struct scratch {
	uint64_t *set;	    /* of rules */
	uint64_t *named;    /* with those that match by a name */
	uint64_t *internet; /* rules about the internet */
	uint64_t *local;    /* rules that match local addresses by a name */
	uint64_t *version;  /* rules of the version of IP that is looked at */
	bool *seen;	    /* by class of addresses */
};

static void scratch_free(struct scratch *scratch)
{
	free(scratch->set);
	free(scratch->named);
	free(scratch->internet);
	free(scratch->local);
	free(scratch->version);
	free(scratch->seen);
}

static void note_local(const struct ig_grid *grid, uint64_t *mask)
{
	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < grid->stances[s]->count; i++) {
			if (ig_stance_rule_is_local(&grid->stances[s]->rules[i]))
				set_bit(mask, grid->first_bit[s] + i);
		}
	}
}

/* The rules that match by a name of this class. @marks: of the address. False: none do. */
static bool match_by_name(const struct ig_grid *grid, uint32_t name, uint64_t marks,
			  struct scratch *scratch)
{
	const uint64_t *words = ig_class_words(&grid->dims[IG_GRID_NAMES].sets, name);
	uint64_t any = 0;

	for (size_t w = 0; w < grid->width; w++) {
		uint64_t m = w < grid->first_bit[1] / 64 ? marks : marks >> IG_GRID_MARK_BITS;
		uint64_t bits = m & IG_GRID_NAMELESS ? 0
				: m & IG_GRID_LOCAL  ? words[w] & scratch->local[w]
						     : words[w];

		bits &= scratch->version[w];
		any |= bits;
		scratch->named[w] = scratch->set[w] | bits;
	}
	return any;
}

/* A point whose rules are those of scratch->set, and the same with each name that it may have. */
static int add_with_names(struct ig_grid *grid, enum ig_family family, uint32_t addr,
			  uint32_t holder, struct scratch *scratch)
{
	const uint64_t local = IG_GRID_LOCAL | (IG_GRID_LOCAL << IG_GRID_MARK_BITS);
	uint64_t marks =
		ig_class_words(&grid->dims[ig_addr_dim(family)].sets, addr)[grid->width - 1];
	struct ig_grid_point point = {.addr = addr, .holder = holder, .name = IG_GRID_UNNAMED};
	int err = add_point(grid, family, scratch->set, point);

	if (holder != IG_GRID_NOBODY)
		marks |= local;
	point.local = (marks & local) == local;
	for (uint32_t n = 0; n < grid->dims[IG_GRID_NAMES].sets.count; n++) {
		point.name = n;
		if (holder != IG_GRID_GATEWAY && !err && !grid->too_large &&
		    match_by_name(grid, n, marks, scratch))
			err = add_point(grid, family, scratch->named, point);
	}
	return err;
}

static int add_free(struct ig_grid *grid, enum ig_family family, uint32_t addr,
		    struct scratch *scratch)
{
	const uint64_t *by_addr = ig_class_words(&grid->dims[ig_addr_dim(family)].sets, addr);

	for (size_t w = 0; w < grid->width; w++)
		scratch->set[w] = by_addr[w] & scratch->version[w];
	scratch->set[grid->width - 1] = 0;
	return add_with_names(grid, family, addr, IG_GRID_NOBODY, scratch);
}

/* Addresses of class @addr where a machine of class @holder has them, or the gateway, which is no
 * internet. */
static int add_held(struct ig_grid *grid, enum ig_family family, uint32_t addr, uint32_t holder,
		    struct scratch *scratch)
{
	const struct ig_cut_dim *entities = &grid->dims[IG_DIM_ENTITY];
	bool gateway = holder == IG_GRID_GATEWAY;
	const uint64_t *by_addr = ig_class_words(&grid->dims[ig_addr_dim(family)].sets, addr);
	const uint64_t *by_holder =
		ig_class_words(&entities->sets, gateway ? gateway_class(entities) : holder);

	for (size_t w = 0; w < grid->width; w++)
		scratch->set[w] =
			((by_addr[w] & ~(gateway ? scratch->internet[w] : 0)) | by_holder[w]) &
			scratch->version[w];
	scratch->set[grid->width - 1] = 0;
	return add_with_names(grid, family, addr, holder, scratch);
}

/* A machine gets what is on the link of its segment; where that lists no network, anything. */
static int add_segment(const struct ig_segment *segment, enum ig_family family,
		       struct ig_ranges *reach)
{
	bool any = false;
	int err = 0;

	for (size_t i = 0; i < segment->n_networks && !err; i++) {
		struct ig_span span = ig_span_of_prefix(&segment->networks[i]);

		if (ig_prefix_is_v4(&segment->networks[i]) != (family == IG_FAMILY_V4))
			continue;
		any = true;
		err = ig_ranges_add(reach, span.first, span.last);
	}
	return any ? err : ig_ranges_add(reach, 0, last_of(ig_addr_dim(family)));
}

static int reach_of(const struct ig_grid *grid, enum ig_family family, uint32_t holder,
		    const struct ig_contrast_opts *opts, struct ig_ranges *reach)
{
	const struct ig_cut_dim *entities = &grid->dims[IG_DIM_ENTITY];
	const struct ig_segment *last = NULL; /* neighbours are mostly in one */
	int err = family == IG_FAMILY_V4 ? ig_ranges_add(reach, 0xa9fe0000, 0xa9feffff)
					 : ig_ranges_add(reach, (ig_number)0xfe80 << 112,
							 ((ig_number)0xfec0 << 112) - 1);

	for (size_t i = 0; i < entities->count; i++) {
		const struct ig_span *span = &entities->spans[i];

		for (ig_number id = span->first;
		     entities->classes[i] == holder && id <= span->last && !err; id++) {
			for (int s = 0; s < 2 && !err; s++) {
				const struct ig_world *world = opts->worlds[s];
				const struct ig_machine *m = id < world->n_ids ? world->holder[id]
									       : NULL;

				if (m && m->segment != last)
					err = add_segment(m->segment, family, reach);
				last = m ? m->segment : last;
			}
		}
	}
	ig_ranges_normalise(reach);
	return err;
}

/* @reach: where the machines of @holder may get addresses. @seen: classes of addresses that were
 * added. */
static int add_reached(struct ig_grid *grid, enum ig_family family, uint32_t holder,
		       const struct ig_ranges *reach, const struct ig_contrast_opts *opts,
		       struct scratch *scratch)
{
	const struct ig_cut_dim *dim = &grid->dims[ig_addr_dim(family)];
	int err = 0;

	memset(scratch->seen, 0, dim->sets.count * sizeof(*scratch->seen));
	for (size_t i = 0; i < dim->count && !err && !grid->too_large; i++) {
		struct ig_span span = dim->spans[i];
		struct ig_ranges one = {.items = &span, .count = 1};
		uint32_t class = dim->classes[i];

		if (scratch->seen[class] || !is_free(&span, opts, family) ||
		    (reach && !ig_ranges_overlap(reach, &one)))
			continue;
		scratch->seen[class] = true;
		err = add_held(grid, family, class, holder, scratch);
	}
	return err;
}

static int make_held(struct ig_grid *grid, enum ig_family family, uint32_t holder,
		     const struct ig_contrast_opts *opts, struct scratch *scratch)
{
	struct ig_ranges reach = {};
	int err = reach_of(grid, family, holder, opts, &reach);

	err = err ?: add_reached(grid, family, holder, &reach, opts, scratch);
	ig_ranges_clear(&reach);
	return err;
}

static int make_ip_remotes(struct ig_grid *grid, enum ig_family family,
			   const struct ig_contrast_opts *opts, struct scratch *scratch)
{
	const struct ig_cut_dim *dim = &grid->dims[ig_addr_dim(family)];
	const struct ig_cut_dim *entities = &grid->dims[IG_DIM_ENTITY];
	uint32_t of_gateway = gateway_class(entities); /* no rule names it and a machine */
	int err = 0;

	mask_of(grid, scratch->version, family == IG_FAMILY_V4 ? matches_ipv4 : matches_ipv6);
	if ((double)dim->count * entities->sets.count > IG_GRID_MOST / 8) {
		grid->too_large = true;
		return 0;
	}
	for (uint32_t a = 0; a < dim->sets.count && !err && !grid->too_large; a++)
		err = add_free(grid, family, a, scratch);
	for (uint32_t h = 0; h < entities->sets.count && !err && !grid->too_large; h++) {
		if (is_empty(ig_class_words(&entities->sets, h), grid->width))
			continue;
		if (h == of_gateway)
			err = add_reached(grid, family, IG_GRID_GATEWAY, NULL, opts, scratch);
		else
			err = make_held(grid, family, h, opts, scratch);
	}
	return err;
}

/* A frame that is not IP has no address: whoever it is for, and rules about anybody. */
static int make_ether_remotes(struct ig_grid *grid, uint64_t *set, uint64_t *any)
{
	const struct ig_cut_dim *entities = &grid->dims[IG_DIM_ENTITY];
	int err;

	struct ig_grid_point point = {.holder = IG_GRID_NOBODY, .name = IG_GRID_UNNAMED};

	mask_of(grid, any, is_any);
	err = add_point(grid, IG_FAMILY_ETHER, any, point);
	for (uint32_t h = 0; h < entities->sets.count && !err; h++) {
		const uint64_t *by_holder = ig_class_words(&entities->sets, h);

		if (is_empty(by_holder, grid->width))
			continue;
		for (size_t w = 0; w < grid->width; w++)
			set[w] = any[w] | by_holder[w];
		point.holder = h;
		err = add_point(grid, IG_FAMILY_ETHER, set, point);
	}
	return err;
}

static bool matches_ether(const struct ig_match_sets *sets)
{
	return !sets->version;
}

static int make_one_remote(struct ig_grid *grid, enum ig_family family, uint64_t *set)
{
	const struct ig_grid_point point = {.holder = IG_GRID_NOBODY, .name = IG_GRID_UNNAMED};

	mask_of(grid, set,
		family == IG_FAMILY_V4	 ? matches_ipv4
		: family == IG_FAMILY_V6 ? matches_ipv6
					 : matches_ether);
	return add_point(grid, family, set, point);
}

static size_t most_classes(const struct ig_grid *grid)
{
	size_t v4 = grid->dims[IG_DIM_ADDR4].sets.count, v6 = grid->dims[IG_DIM_ADDR6].sets.count;

	return v4 > v6 ? v4 : v6;
}

static int make_remotes(struct ig_grid *grid, const struct ig_contrast_opts *opts)
{
	_cleanup_(scratch_free) struct scratch scratch = {
		.set = calloc(grid->width, sizeof(*scratch.set)),
		.named = calloc(grid->width, sizeof(*scratch.named)),
		.internet = calloc(grid->width, sizeof(*scratch.internet)),
		.local = calloc(grid->width, sizeof(*scratch.local)),
		.version = calloc(grid->width, sizeof(*scratch.version)),
		.seen = calloc(most_classes(grid) + 1, sizeof(*scratch.seen)),
	};
	int err;

	if (!scratch.set || !scratch.named || !scratch.internet || !scratch.local ||
	    !scratch.version || !scratch.seen)
		return -ENOMEM;
	for (int family = 0; family < IG_FAMILIES; family++)
		grid->remotes[family].sets.width = grid->width;
	if (opts->same_remote)
		return make_one_remote(grid,
				       opts->same_remote == 4	? IG_FAMILY_V4
				       : opts->same_remote == 6 ? IG_FAMILY_V6
								: IG_FAMILY_ETHER,
				       scratch.set);
	mask_of(grid, scratch.internet, is_internet);
	note_local(grid, scratch.local);
	err = make_ip_remotes(grid, IG_FAMILY_V4, opts, &scratch);
	err = err ?: make_ip_remotes(grid, IG_FAMILY_V6, opts, &scratch);
	return err ?: make_ether_remotes(grid, scratch.set, scratch.internet);
}

/* --- services and conditions --- */

static bool reaches_beyond(const struct ig_span *span, const struct ig_span *hole)
{
	return span->first < hole->first ||
	       (span->last > hole->last && span->first <= IG_SERVICE_IP_LAST &&
		hole->last < IG_SERVICE_IP_LAST);
}

/* ICMP is of IPv4 and ICMPv6 of IPv6; other ethertypes are neither. */
static int note_services(struct ig_grid *grid)
{
	const struct ig_cut_dim *dim = &grid->dims[IG_DIM_SERVICE];

	for (int family = 0; family < IG_FAMILIES; family++) {
		grid->service_of[family] =
			calloc(dim->sets.count + 1, sizeof(*grid->service_of[family]));
		if (!grid->service_of[family])
			return -ENOMEM;
	}
	for (size_t i = 0; i < dim->count; i++) {
		const struct ig_span *span = &dim->spans[i];
		uint32_t class = dim->classes[i];

		if (span->last > IG_SERVICE_IP_LAST)
			grid->service_of[IG_FAMILY_ETHER][class] = true;
		if (span->first > IG_SERVICE_IP_LAST)
			continue;
		if (reaches_beyond(span, &icmpv6))
			grid->service_of[IG_FAMILY_V4][class] = true;
		if (reaches_beyond(span, &icmp))
			grid->service_of[IG_FAMILY_V6][class] = true;
	}
	return 0;
}

static bool *classes_in_time(const struct ig_cut_dim *dim, uint32_t now)
{
	bool *to_come = calloc(dim->sets.count + 1, sizeof(*to_come));

	for (size_t i = 0; to_come && i < dim->count; i++) {
		if (dim->spans[i].last >= now)
			to_come[dim->classes[i]] = true;
	}
	return to_come;
}

static int add_cond(struct ig_grid *grid, const uint32_t of[3], uint64_t *set)
{
	struct ig_grid_cond point = {.of = {of[0], of[1], of[2]}};

	for (size_t w = 0; w < grid->width; w++) {
		set[w] = ~0ull;
		for (int i = 0; i < IG_DIM_MAX - IG_DIM_CONDITIONS; i++)
			set[w] &= ig_class_words(&grid->dims[IG_DIM_CONDITIONS + i].sets, of[i])[w];
	}
	if (ig_classes_number(&grid->conds, set, &point.class) ||
	    !ig_grow(&grid->cond_points, grid->n_cond_points, &grid->cond_capacity,
		     sizeof(*grid->cond_points)))
		return -ENOMEM;
	grid->cond_points[grid->n_cond_points++] = point;
	return 0;
}

static int make_conds(struct ig_grid *grid, uint32_t now)
{
	const struct ig_cut_dim *dims = &grid->dims[IG_DIM_CONDITIONS];
	_free_ bool *to_come = classes_in_time(&grid->dims[IG_DIM_TIME], now);
	_free_ uint64_t *set = calloc(grid->width, sizeof(*set));
	uint32_t of[IG_DIM_MAX - IG_DIM_CONDITIONS];
	int err = 0;

	if (!to_come || !set)
		return -ENOMEM;
	if (dims[0].sets.count * dims[1].sets.count * dims[2].sets.count > IG_GRID_POINTS) {
		grid->too_large = true;
		return 0;
	}
	grid->conds.width = grid->width;
	for (of[0] = 0; of[0] < dims[0].sets.count; of[0]++)
		for (of[1] = 0; of[1] < dims[1].sets.count; of[1]++)
			for (of[2] = 0; of[2] < dims[2].sets.count && !err; of[2]++)
				if (to_come[of[2]])
					err = add_cond(grid, of, set);
	return err;
}

/* --- all of it --- */

static int note_rules(struct ig_grid *grid)
{
	grid->others = calloc(grid->width, sizeof(*grid->others));
	grid->allow = calloc(grid->width, sizeof(*grid->allow));
	grid->critical = calloc(grid->width, sizeof(*grid->critical));
	grid->kept = calloc(grid->width, sizeof(*grid->kept));
	if (!grid->others || !grid->allow || !grid->critical || !grid->kept)
		return -ENOMEM;
	for (int s = 0; s < 2; s++) {
		for (size_t i = 0; i < grid->stances[s]->count; i++) {
			const struct ig_stance_rule *rule = &grid->stances[s]->rules[i];
			size_t bit = grid->first_bit[s] + i;

			if (rule->allows)
				set_bit(grid->allow, bit);
			if (rule->critical)
				set_bit(grid->critical, bit);
			if (rule->spared || !rule->allows)
				set_bit(grid->kept, bit);
		}
	}
	return 0;
}

int ig_grid_make(struct ig_grid *grid, const struct ig_stance *before,
		 const struct ig_stance *after, const struct ig_contrast_opts *opts, bool apart)
{
	size_t words = (before->count + 63) / 64;
	int err;

	*grid = (struct ig_grid){
		.stances = {before, after},
		.first_bit = {0, words * 64},
		.width = words + (after->count + 63) / 64 + 1,
		.now = opts->now,
	};
	err = note_rules(grid);
	err = err ?: ig_grid_align(grid, opts->same_remote, apart);
	for (int dim = 0; dim < IG_GRID_DIMS && !err; dim++)
		err = cut(grid, dim, opts);
	err = err ?: make_remotes(grid, opts);
	err = err ?: note_services(grid);
	err = err ?: make_conds(grid, opts->now);
	if (err)
		ig_grid_clear(grid);
	return err;
}

void ig_grid_clear(struct ig_grid *grid)
{
	for (int dim = 0; dim < IG_GRID_DIMS; dim++) {
		free(grid->dims[dim].spans);
		free(grid->dims[dim].classes);
		ig_classes_clear(&grid->dims[dim].sets);
	}
	for (int family = 0; family < IG_FAMILIES; family++) {
		ig_classes_clear(&grid->remotes[family].sets);
		free(grid->remotes[family].points);
		free(grid->service_of[family]);
	}
	ig_classes_clear(&grid->conds);
	free(grid->cond_points);
	free(grid->others);
	free(grid->allow);
	free(grid->critical);
	free(grid->kept);
	*grid = (struct ig_grid){};
}
