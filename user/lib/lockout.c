/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "frame.h"
#include "lockout.h"
#include "ranges.h"
#include "reach.h"
#include "util.h"

#define DEPTH_MAX 4 /* of interfaces over each other */
#define MAC_TEXT  18

struct lockout {
	struct iotguard *ig;
	const struct iotguard_inventory *inv;
	const struct ig_image *like; /* of the policy */
	const struct ig_machine_site *site;
	const struct iotguard_session *session;
	bool force;
	struct ig_reach reach;
	const struct ig_interface *through; /* packets to the client leave by it */
	const struct ig_interface **behind; /* guarded: the client is behind one of these */
	size_t n_behind;
	const struct ig_machine
		*machine; /* whose MAC address the client's frames have; NULL: nobody's */
};

static void lockout_free(struct lockout *l)
{
	free(l->behind);
}

/* --- where the client is --- */

static void find_ports(struct lockout *l, const struct ig_interface *interface, int depth);

static void find_ports_of_bridge(struct lockout *l, const struct ig_interface *bridge, int depth)
{
	const struct ig_interfaces *all = &l->site->all;
	int port = l->reach.has_mac ? ig_bridge_port(bridge->ifindex, l->reach.mac) : 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct ig_interface *other = &all->items[i];

		if (port ? other->ifindex == port : other->master == bridge->ifindex)
			find_ports(l, other, depth);
	}
}

static void find_ports(struct lockout *l, const struct ig_interface *interface, int depth)
{
	if (!interface || depth > DEPTH_MAX)
		return;
	if (ig_site_guards(l->site, interface)) {
		if (l->n_behind < l->site->n_guarded)
			l->behind[l->n_behind++] = interface;
		return;
	}
	if (interface->bridge)
		find_ports_of_bridge(l, interface, depth + 1);
	else
		find_ports(l, ig_interface_by_index(&l->site->all, ig_interface_below(interface)),
			   depth + 1);
}

static const struct ig_machine *machine_of(const struct lockout *l)
{
	for (size_t i = 0; i < l->inv->n_machines && l->reach.has_mac; i++) {
		const struct ig_machine *m = &l->inv->machines[i];

		if (!m->router && !memcmp(m->mac, l->reach.mac, sizeof(m->mac)))
			return m;
	}
	return NULL;
}

/* False: there is nothing to be looked at, since no guarded interface is in between. */
static int find_client(struct lockout *l, bool *guarded)
{
	*guarded = false;
	if (ig_reach(l->session->client, l->session->scope, &l->reach))
		return 0; /* there is no route, so there is no conversation */
	l->through = ig_interface_by_index(&l->site->all, l->reach.ifindex);
	l->behind = calloc(l->site->n_guarded + 1, sizeof(*l->behind));
	if (!l->behind)
		return -ENOMEM;
	find_ports(l, l->through, 0);
	l->machine = machine_of(l);
	*guarded = l->n_behind > 0;
	return 0;
}

static bool is_there(const struct lockout *l, const struct ig_segment *segment)
{
	for (size_t i = 0; i < segment->n_interfaces; i++) {
		for (size_t k = 0; k < l->n_behind; k++) {
			if (!strcmp(segment->interfaces[i], l->behind[k]->name))
				return true;
		}
	}
	return false;
}

/* Does every segment that may be meant let pass what it would drop? */
static bool all_let_pass(const struct lockout *l, bool stranger)
{
	for (size_t i = 0; i < l->inv->n_segments; i++) {
		const struct ig_segment *segment = &l->inv->segments[i];
		int mode = segment->mode == IG_UNSET ? l->inv->default_mode : segment->mode;
		bool lets_pass = mode != IOTGUARD_MODE_ENFORCE ||
				 (stranger && segment->unknown_devices == IOTGUARD_UNKNOWN_MONITOR);

		if (is_there(l, segment) && !lets_pass)
			return false;
	}
	return true;
}

/* --- saying it --- */

static void print_mac(const uint8_t mac[6], char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}

static int say_cut(struct lockout *l, const char *who, const char *why, const char *hint)
{
	char client[INET6_ADDRSTRLEN];

	ig_addr_print(l->session->client, client);
	ig_diag_add(&l->ig->diags, l->force ? IOTGUARD_WARNING : IOTGUARD_ERROR, NULL,
		    l->force ? NULL : hint,
		    "%s the SSH connection from %s, over which it is run: %s: %s",
		    l->force ? "this cuts" : "this would cut", client, who, why);
	return l->force ? 1 : -ECONNABORTED;
}

static int say_unknown(struct lockout *l, const char *why)
{
	char client[INET6_ADDRSTRLEN];

	ig_addr_print(l->session->client, client);
	ig_warning(&l->ig->diags, NULL, "have another way to the gateway at hand",
		   "cannot tell whether the SSH connection from %s goes on: %s", client, why);
	return 0;
}

static int say_stranger(struct lockout *l)
{
	char mac[MAC_TEXT], client[INET6_ADDRSTRLEN], hint[512];

	print_mac(l->reach.mac, mac);
	ig_addr_print(l->session->client, client);
	snprintf(
		hint, sizeof(hint),
		"list it under `hosts`, as `NAME: {mac: \"%s\", addresses: [\"%s\"], segment: SEGMENT, "
		"trust: true}`, or use --force",
		mac, client);
	return say_cut(l, mac, "not in the inventory", hint);
}

static int say_elsewhere(struct lockout *l)
{
	const struct ig_machine *m = l->machine;
	char why[256], hint[512];

	snprintf(why, sizeof(why), "it is at %s, which its segment '%s' does not name",
		 l->behind[0]->name, m->segment->name);
	snprintf(hint, sizeof(hint),
		 "put '%s' into the segment of that port, or name the port in '%s', or use --force",
		 m->name, m->segment->name);
	return say_cut(l, m->name, why, hint);
}

/* A rule that lets it in, as it would be written. */
static void print_remedy(const struct lockout *l, const struct ig_machine *m, char *text,
			 size_t size)
{
	struct ig_rule rule = {
		.action = IG_RULE_ALLOWS,
		.side = IG_RULE_FROM,
		.remote = {.kind = m->host ? IG_REMOTE_HOST : IG_REMOTE_DEVICE, .name = m->name},
		.service = {.family = IG_SERVICE_TCP,
			    .n_ranges = 1,
			    .ranges = {{l->session->server_port, l->session->server_port}}},
		.dscp = -1,
	};

	ig_rule_print(&rule, text, size);
}

static int say_refused(struct lockout *l, const struct iotguard_verdict *verdict)
{
	const char *token = iotguard_reason_token(verdict->reason);
	const struct ig_machine *m = l->machine;
	char rule[512], why[256], hint[1024], client[IG_PREFIX_TEXT];

	for (size_t i = 0; i < l->inv->n_machines && verdict->device; i++) {
		if (!strcmp(l->inv->machines[i].name, verdict->device))
			m = &l->inv->machines[i]; /* behind the router whose MAC address it is */
	}
	if (!m)
		return say_stranger(l);
	print_remedy(l, m, rule, sizeof(rule));
	ig_addr_print(l->session->client, client);
	snprintf(why, sizeof(why), "%s: %s", token, iotguard_reason_sentence(verdict->reason));
	if (verdict->reason == IG_REASON_SOURCE_SPOOF ||
	    verdict->reason == IG_REASON_NOT_ITS_ADDRESS)
		snprintf(hint, sizeof(hint),
			 "add \"%s\" to the `addresses` of '%s', or use --force", client, m->name);
	else
		snprintf(hint, sizeof(hint),
			 "write `- %s` below `management:` of the gateway, or use --force", rule);
	return say_cut(l, m->name, why, hint);
}

/* --- asking the programs --- */

static void make_frame(const struct lockout *l, bool from_client, struct ig_frame *frame)
{
	const struct iotguard_session *s = l->session;
	const struct ig_segment *segment = l->machine ? l->machine->segment : NULL;
	struct ig_frame_plan plan = {
		.proto = IPPROTO_TCP,
		.tcp_flags = IG_TCP_ACK,
		.src_port = from_client ? s->client_port : s->server_port,
		.dst_port = from_client ? s->server_port : s->client_port,
		.vlan = {segment ? segment->vlan[0] : 0, segment ? segment->vlan[1] : 0},
	};

	memcpy(plan.src_mac, from_client ? l->reach.mac : l->through->mac, sizeof(plan.src_mac));
	memcpy(plan.dst_mac, from_client ? l->through->mac : l->reach.mac, sizeof(plan.dst_mac));
	memcpy(plan.src, from_client ? s->client : s->server, sizeof(plan.src));
	memcpy(plan.dst, from_client ? s->server : s->client, sizeof(plan.dst));
	ig_frame_make(frame, &plan);
}

/* What a conversation that goes on sends next, and what comes back. */
static int judge(struct lockout *l, struct iotguard_instance *instance,
		 struct iotguard_verdict *verdict)
{
	struct ig_frame frame;
	struct timespec now;
	uint64_t now_ns;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	now_ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	make_frame(l, true, &frame);
	err = iotguard_instance_judge(instance, IOTGUARD_FROM_DEVICE, frame.bytes, frame.size,
				      frame.size, now_ns, verdict);
	if (err || !verdict->passed)
		return err;
	make_frame(l, false, &frame);
	return iotguard_instance_judge(instance, IOTGUARD_TO_DEVICE, frame.bytes, frame.size,
				       frame.size, now_ns, verdict);
}

/* The policy as it will be on this machine, with its own MAC and IP addresses, in an instance
 * that knows no ports. */
struct asked {
	struct iotguard handle; /* what goes wrong here is not what goes wrong with the apply */
	struct iotguard_policy policy;
	uint32_t *indices, *rings;
	struct iotguard_instance *instance;
};

static void asked_free(struct asked *asked)
{
	iotguard_instance_close(asked->instance);
	ig_image_clear(&asked->policy.image);
	ig_diags_clear(&asked->handle.diags);
	free(asked->indices);
	free(asked->rings);
}

static int asked_open(struct lockout *l, struct asked *asked)
{
	/* an address that it will learn, or has by a lease, is not to be missed */
	struct iotguard_instance_opts opts =
		IOTGUARD_OPTS(iotguard_instance_opts, .learn_bindings = true);
	size_t n = l->inv->n_machines + 1;
	struct ig_site site = {
		.addresses = l->site->addresses,
		.n_addresses = l->site->n_addresses,
		.macs = l->site->macs,
		.n_macs = l->site->n_macs,
		.portless = true,
		.like = l->like,
	};
	int err;

	*asked = (struct asked){.handle = {.state_dir = l->ig->state_dir},
				.policy = {.inv = l->inv},
				.indices = calloc(n, sizeof(*asked->indices)),
				.rings = calloc(n, sizeof(*asked->rings))};
	if (!asked->indices || !asked->rings)
		return -ENOMEM;
	ig_policy_place(l->inv, asked->indices, asked->rings);
	site.indices = asked->indices;
	site.rings = asked->rings;
	err = ig_compile(&asked->handle.diags, l->inv, &site, &asked->policy.image);
	return err
		       ?: iotguard_instance_open(&asked->handle, &asked->policy, &opts,
						 &asked->instance);
}

static int ask(struct lockout *l)
{
	_cleanup_(asked_free) struct asked asked = {};
	struct iotguard_verdict verdict;
	int err = asked_open(l, &asked);

	err = err ?: judge(l, asked.instance, &verdict);
	if (err)
		return say_unknown(l, strerror(-err));
	return verdict.passed ? 0 : say_refused(l, &verdict);
}

int ig_lockout_check(struct iotguard *ig, const struct iotguard_policy *policy,
		     const struct ig_machine_site *site, const struct iotguard_session *session,
		     bool force)
{
	_cleanup_(lockout_free) struct lockout l = {
		.ig = ig,
		.inv = policy->inv,
		.like = &policy->image,
		.site = site,
		.session = session,
		.force = force,
	};
	bool guarded;
	int err = find_client(&l, &guarded);

	if (err || !guarded)
		return err;
	if (!l.reach.has_mac)
		return say_unknown(&l, "the MAC address behind it is not known");
	if (!l.machine)
		return all_let_pass(&l, true) ? 0 : say_stranger(&l);
	if (!is_there(&l, l.machine->segment))
		return all_let_pass(&l, false) ? 0 : say_elsewhere(&l);
	return ask(&l);
}
