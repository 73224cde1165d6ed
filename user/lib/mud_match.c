/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an entry of a MUD file's access list matches (RFC 8519, section 4.2; RFC 8520, section 8; ietf-acldns). Each
 * member is read, or remembered as one that cannot be said.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mud_internal.h"

#define ACL_MODULE "ietf-access-control-list"
#define MUD_MODULE "ietf-mud"
#define DNS_MODULE "ietf-acldns"
#define NAME_BYTES 253

struct place {
	struct ig_mud_reader *r;
	const char *acl, *ace;
	struct ig_mud_match *match;
	unsigned int seen; /* containers, as bits */
};

static int wrong(const struct place *at, const char *key, const char *what)
{
	return ig_mud_refuse(at->r, NULL, "the entry '%s' of '%s': %s %s", at->ace, at->acl, key,
			     what);
}

/* The first one is enough to say why the entry cannot be enforced. */
static int leave_unread(const struct place *at, const char *key)
{
	if (at->match->unread)
		return 0;
	at->match->unread = strdup(key);
	return at->match->unread ? 0 : -ENOMEM;
}

static int read_number(const struct place *at, const char *key, const json_t *value, int most,
		       int *out)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > most)
		return wrong(at, key, "is no number that can be there");
	*out = (int)json_integer_value(value);
	return 0;
}

/* --- ports --- */

static int between(const struct place *at, const char *key, const json_t *value,
		   struct ig_mud_ports *out)
{
	int lower, upper, err;

	err = read_number(at, key, ig_mud_member(value, ACL_MODULE, "lower-port"), UINT16_MAX,
			  &lower);
	err = err ? err
		  : read_number(at, key, ig_mud_member(value, ACL_MODULE, "upper-port"), UINT16_MAX,
				&upper);
	if (err)
		return err;
	if (lower > upper)
		return wrong(at, key, "ends below where it begins");
	*out = (struct ig_mud_ports){1, {{(uint16_t)lower, (uint16_t)upper}}};
	return 0;
}

static int compared(const struct place *at, const char *key, const json_t *value,
		    struct ig_mud_ports *out)
{
	const json_t *word = ig_mud_member(value, ACL_MODULE, "operator");
	const char *operator= word ? json_string_value(word) : "eq";
	int given = 0, err = read_number(at, key, ig_mud_member(value, ACL_MODULE, "port"),
					 UINT16_MAX, &given);
	uint16_t port = (uint16_t)given;

	if (err)
		return err;
	*out = (struct ig_mud_ports){1, {{port, port}}};
	if (!operator)
		return wrong(at, key, "has an operator that is no string");
	if (!strcmp(operator, "eq"))
		return 0;
	if (!strcmp(operator, "lte")) {
		out->ranges[0].first = 0;
	} else if (!strcmp(operator, "gte")) {
		out->ranges[0].last = UINT16_MAX;
	} else if (!strcmp(operator, "neq")) {
		out->n = 0;
		if (port)
			out->ranges[out->n++] = (struct ig_range){0, (uint16_t)(port - 1)};
		if (port < UINT16_MAX)
			out->ranges[out->n++] = (struct ig_range){(uint16_t)(port + 1), UINT16_MAX};
	} else {
		return wrong(at, key, "has an operator that there is not");
	}
	return 0;
}

static int read_ports(const struct place *at, const char *key, const json_t *value,
		      struct ig_mud_ports *out)
{
	if (!json_is_object(value))
		return wrong(at, key, "is no object");
	if (out->n) /* beside the addresses, and with the protocol */
		return leave_unread(at, key);
	if (ig_mud_member(value, ACL_MODULE, "lower-port"))
		return between(at, key, value, out);
	return compared(at, key, value, out);
}

/* --- addresses and names --- */

/* Bits beyond the length are not of the prefix: authors write them. */
static void mask(struct ig_prefix *prefix)
{
	for (unsigned int bit = prefix->length; bit < 128; bit++)
		prefix->addr[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
}

static bool read_literal(const char *text, struct ig_prefix *out)
{
	struct ig_prefix prefix = {.addr = {[10] = 0xff, [11] = 0xff}, .length = 128};

	if (inet_pton(AF_INET, text, prefix.addr + 12) != 1 &&
	    inet_pton(AF_INET6, text, prefix.addr) != 1)
		return false;
	*out = prefix;
	return true;
}

static int read_network(const struct place *at, const char *key, const json_t *value, bool v4,
			struct ig_prefix *out, bool *has)
{
	char text[INET6_ADDRSTRLEN + 5], *slash, *end = NULL;
	unsigned long length;

	*has = true;
	if (!json_is_string(value) || json_string_length(value) >= sizeof(text))
		return wrong(at, key, "is no prefix");
	memcpy(text, json_string_value(value), json_string_length(value) + 1);
	slash = strchr(text, '/');
	if (!slash && read_literal(text, out) && ig_prefix_is_v4(out) == v4)
		return 0; /* not as it should be, and it can mean one thing only */
	if (!slash || !isdigit((unsigned char)slash[1]))
		return wrong(at, key, "is no prefix with a length");
	*slash = '\0';
	length = strtoul(slash + 1, &end, 10);
	if (*end || length > (v4 ? 32 : 128))
		return wrong(at, key, "has a length that there is not");
	*out = (struct ig_prefix){.length = (uint8_t)(v4 ? length + 96 : length)};
	if (v4)
		out->addr[10] = out->addr[11] = 0xff;
	if (inet_pton(v4 ? AF_INET : AF_INET6, text, v4 ? out->addr + 12 : out->addr) != 1)
		return wrong(at, key, "is no address");
	mask(out);
	return 0;
}

/* inet:host of RFC 6991: an address, or a name. */
static int read_host(const struct place *at, const char *key, const json_t *value, char **out,
		     struct ig_prefix *literal, bool *has_literal)
{
	const char *name = json_string_value(value);
	size_t n = json_string_length(value), label = 0;
	struct ig_prefix address;

	if (name && read_literal(name, &address)) {
		if (*has_literal) /* beside a network: the two together cannot be kept */
			return leave_unread(at, key);
		*literal = address;
		*has_literal = true;
		return 0;
	}
	if (name && n && name[n - 1] == '.')
		n--;
	if (!name || !n || n > NAME_BYTES)
		return wrong(at, key, "is no domain name");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];

		label = c == '.' ? 0 : label + 1;
		if ((c == '.' && (!i || name[i - 1] == '.')) || label > 63 ||
		    (c != '.' && !isalnum(c) && c != '-' && c != '_'))
			return wrong(at, key, "is no domain name");
	}
	free(*out);
	*out = strndup(name, n);
	if (!*out)
		return -ENOMEM;
	for (char *c = *out; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

/* --- containers --- */

static int read_ip_member(const struct place *at, const char *key, const json_t *value, bool v4)
{
	struct ig_mud_match *m = at->match;
	const char *source = v4 ? "source-ipv4-network" : "source-ipv6-network";
	const char *destination = v4 ? "destination-ipv4-network" : "destination-ipv6-network";

	if (ig_mud_is(key, ACL_MODULE, "protocol"))
		return read_number(at, key, value, UINT8_MAX, &m->protocol);
	if (ig_mud_is(key, ACL_MODULE, "dscp"))
		return read_number(at, key, value, 63, &m->dscp);
	if (ig_mud_is(key, ACL_MODULE, "ttl"))
		return read_number(at, key, value, UINT8_MAX, &m->ttl);
	if (ig_mud_is(key, ACL_MODULE, "length"))
		return read_number(at, key, value, UINT16_MAX, &m->length);
	if (ig_mud_is(key, ACL_MODULE, source)) {
		return m->has_source ? leave_unread(at, key)
				     : read_network(at, key, value, v4, &m->source, &m->has_source);
	}
	if (ig_mud_is(key, ACL_MODULE, destination)) {
		return m->has_destination ? leave_unread(at, key)
					  : read_network(at, key, value, v4, &m->destination,
							 &m->has_destination);
	}
	if (ig_mud_is(key, DNS_MODULE, "src-dnsname"))
		return read_host(at, key, value, &m->source_name, &m->source, &m->has_source);
	if (ig_mud_is(key, DNS_MODULE, "dst-dnsname"))
		return read_host(at, key, value, &m->destination_name, &m->destination,
				 &m->has_destination);
	/* ports beside the addresses, as drafts had them */
	if (ig_mud_is(key, ACL_MODULE, "source-port-range") ||
	    ig_mud_is(key, ACL_MODULE, "source-port-range-or-operator"))
		return read_ports(at, key, value, &m->source_port);
	if (ig_mud_is(key, ACL_MODULE, "destination-port-range") ||
	    ig_mud_is(key, ACL_MODULE, "destination-port-range-or-operator"))
		return read_ports(at, key, value, &m->destination_port);
	return leave_unread(at, key);
}

static int read_flags(const struct place *at, const char *key, const json_t *value)
{
	static const char *const bits[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
	const char *text = json_string_value(value);
	int flags = 0;

	if (!text)
		return wrong(at, key, "is no string");
	while (*text) {
		size_t n = strcspn(text, " "), i = 0;

		while (i < 8 && (strlen(bits[i]) != n || memcmp(bits[i], text, n) != 0))
			i++;
		if (i == 8)
			return wrong(at, key, "has a flag that there is not");
		flags |= 1 << i;
		text += n + strspn(text + n, " ");
	}
	at->match->tcp_flags = flags;
	return 0;
}

static int read_initiated(const struct place *at, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	if (text && !strcmp(text, "from-device"))
		at->match->initiated = IG_MUD_FROM_DEVICE;
	else if (text && !strcmp(text, "to-device"))
		at->match->initiated = IG_MUD_TO_DEVICE;
	else
		return wrong(at, key, "is neither from-device nor to-device");
	return 0;
}

static int read_transport_member(const struct place *at, const char *key, const json_t *value)
{
	bool tcp = at->match->transport == IG_MUD_TCP;

	if (ig_mud_is(key, ACL_MODULE, "source-port") ||
	    ig_mud_is(key, ACL_MODULE, "source-port-range-or-operator"))
		return read_ports(at, key, value, &at->match->source_port);
	if (ig_mud_is(key, ACL_MODULE, "destination-port") ||
	    ig_mud_is(key, ACL_MODULE, "destination-port-range-or-operator"))
		return read_ports(at, key, value, &at->match->destination_port);
	if (tcp && ig_mud_is(key, ACL_MODULE, "flags"))
		return read_flags(at, key, value);
	if (tcp && ig_mud_is(key, MUD_MODULE, "direction-initiated"))
		return read_initiated(at, key, value);
	return leave_unread(at, key);
}

static int read_icmp_member(const struct place *at, const char *key, const json_t *value)
{
	if (ig_mud_is(key, ACL_MODULE, "type"))
		return read_number(at, key, value, UINT8_MAX, &at->match->icmp_type);
	if (ig_mud_is(key, ACL_MODULE, "code"))
		return read_number(at, key, value, UINT8_MAX, &at->match->icmp_code);
	return leave_unread(at, key);
}

/* "0x0800" and 2048 are both about. */
static int read_ethernet_member(const struct place *at, const char *key, const json_t *value)
{
	char *end = NULL;
	unsigned long number;

	if (ig_mud_is(key, ACL_MODULE, "destination-mac-address") && json_is_string(value) &&
	    !strcasecmp(json_string_value(value), "ff:ff:ff:ff:ff:ff")) {
		at->match->broadcast_mac = true;
		return 0;
	}
	if (!ig_mud_is(key, ACL_MODULE, "ethertype"))
		return leave_unread(at, key);
	if (json_is_integer(value))
		return read_number(at, key, value, UINT16_MAX, &at->match->ethertype);
	if (!json_is_string(value) || !isdigit((unsigned char)*json_string_value(value)))
		return wrong(at, key, "is no number");
	number = strtoul(json_string_value(value), &end, 0);
	if (*end || number > UINT16_MAX)
		return wrong(at, key, "is no number that can be there");
	at->match->ethertype = (int)number;
	return 0;
}

/* An empty leaf is [null] (RFC 7951, section 6.9); null, true and {} are seen, too. */
static int read_empty(const struct place *at, const char *key, const json_t *value, bool *out)
{
	bool empty = json_is_null(value) || json_is_true(value) ||
		     (json_is_object(value) && !json_object_size(value)) ||
		     (json_is_array(value) && json_array_size(value) == 1 &&
		      json_is_null(json_array_get(value, 0)));

	*out = true;
	return empty ? 0 : wrong(at, key, "is not [null]");
}

static int read_class(const struct place *at, const char *key, const json_t *value, char **out)
{
	if (!json_is_string(value) || !json_string_length(value))
		return wrong(at, key, "is no string");
	free(*out);
	*out = NULL;
	return ig_mud_text(at->r, value, key, out);
}

static int read_mud_member(const struct place *at, const char *key, const json_t *value)
{
	struct ig_mud_match *m = at->match;

	if (ig_mud_is(key, MUD_MODULE, "local-networks"))
		return read_empty(at, key, value, &m->local_networks);
	if (ig_mud_is(key, MUD_MODULE, "same-manufacturer"))
		return read_empty(at, key, value, &m->same_manufacturer);
	if (ig_mud_is(key, MUD_MODULE, "my-controller"))
		return read_empty(at, key, value, &m->my_controller);
	if (ig_mud_is(key, MUD_MODULE, "manufacturer"))
		return read_class(at, key, value, &m->manufacturer);
	if (ig_mud_is(key, MUD_MODULE, "model"))
		return read_class(at, key, value, &m->model);
	if (ig_mud_is(key, MUD_MODULE, "controller"))
		return read_class(at, key, value, &m->controller);
	return leave_unread(at, key);
}

enum container { IN_IPV4, IN_IPV6, IN_TCP, IN_UDP, IN_ICMP, IN_ETHERNET, IN_MUD, CONTAINERS };

static int read_member(const struct place *at, enum container in, const char *key,
		       const json_t *value)
{
	switch (in) {
	case IN_IPV4:
	case IN_IPV6:
		return read_ip_member(at, key, value, in == IN_IPV4);
	case IN_TCP:
	case IN_UDP:
		return read_transport_member(at, key, value);
	case IN_ICMP:
		return read_icmp_member(at, key, value);
	case IN_ETHERNET:
		return read_ethernet_member(at, key, value);
	default:
		return read_mud_member(at, key, value);
	}
}

/* At most one of the networks and one of the transports (the choices of RFC 8519). */
static int choose(struct place *at, enum container in, const char *key)
{
	static const enum ig_mud_network networks[CONTAINERS] = {
		[IN_IPV4] = IG_MUD_IPV4, [IN_IPV6] = IG_MUD_IPV6};
	static const enum ig_mud_transport transports[CONTAINERS] = {
		[IN_TCP] = IG_MUD_TCP, [IN_UDP] = IG_MUD_UDP, [IN_ICMP] = IG_MUD_ICMP};
	struct ig_mud_match *m = at->match;

	if (at->seen & 1u << in) /* under its name and an older one */
		return wrong(at, key, "is there twice");
	at->seen |= 1u << in;
	if (networks[in] && m->network && m->network != networks[in])
		return wrong(at, key, "stands beside the other version of IP");
	if (transports[in] && m->transport && m->transport != transports[in])
		return wrong(at, key, "stands beside another protocol");
	m->network = networks[in] ? networks[in] : m->network;
	m->transport = transports[in] ? transports[in] : m->transport;
	return 0;
}

static int read_container(struct place *at, const char *key, const json_t *value)
{
	static const struct {
		const char *module, *name;
		enum container in;
	} containers[] = {
		{ACL_MODULE, "ipv4", IN_IPV4},	  {ACL_MODULE, "ipv4-acl", IN_IPV4},
		{ACL_MODULE, "ipv6", IN_IPV6},	  {ACL_MODULE, "ipv6-acl", IN_IPV6},
		{ACL_MODULE, "tcp", IN_TCP},	  {ACL_MODULE, "tcp-acl", IN_TCP},
		{ACL_MODULE, "udp", IN_UDP},	  {ACL_MODULE, "udp-acl", IN_UDP},
		{ACL_MODULE, "icmp", IN_ICMP},	  {ACL_MODULE, "icmp-acl", IN_ICMP},
		{ACL_MODULE, "eth", IN_ETHERNET}, {MUD_MODULE, "mud", IN_MUD},
		{MUD_MODULE, "mud-acl", IN_MUD},
	};
	const char *name;
	json_t *member;
	size_t i = 0;
	int err;

	while (i < sizeof(containers) / sizeof(*containers) &&
	       !ig_mud_is(key, containers[i].module, containers[i].name))
		i++;
	if (i == sizeof(containers) / sizeof(*containers))
		return leave_unread(at, key);
	if (!json_is_object(value))
		return wrong(at, key, "is no object");
	err = choose(at, containers[i].in, key);
	json_object_foreach ((json_t *)value, name, member) {
		err = err ? err : read_member(at, containers[i].in, name, member);
	}
	return err;
}

/* Is the protocol, where it is given, that of the container beside it? */
static int check_protocol(const struct place *at)
{
	const struct ig_mud_match *m = at->match;
	int number = m->transport == IG_MUD_TCP	  ? IPPROTO_TCP
		     : m->transport == IG_MUD_UDP ? IPPROTO_UDP
		     : m->network == IG_MUD_IPV6  ? IPPROTO_ICMPV6
						  : IPPROTO_ICMP;

	if (!m->transport || m->protocol < 0 || m->protocol == number)
		return 0;
	return wrong(at, "protocol", "is another one than that of what stands beside it");
}

int ig_mud_read_match(struct ig_mud_reader *r, const json_t *matches, const char *acl,
		      const char *ace, struct ig_mud_match *match)
{
	struct place at = {r, acl, ace, match, 0};
	const char *key;
	json_t *value;
	int err = 0;

	*match = (struct ig_mud_match){
		.protocol = -1,
		.dscp = -1,
		.ttl = -1,
		.length = -1,
		.icmp_type = -1,
		.icmp_code = -1,
		.ethertype = -1,
		.tcp_flags = -1,
		.initiated = IG_MUD_NO_SIDE,
	};
	if (matches && !json_is_object(matches))
		return wrong(&at, "matches", "is no object");
	json_object_foreach ((json_t *)matches, key, value) {
		err = err ? err : read_container(&at, key, value);
	}
	return err ? err : check_protocol(&at);
}

void ig_mud_match_clear(struct ig_mud_match *match)
{
	free(match->source_name);
	free(match->destination_name);
	free(match->manufacturer);
	free(match->model);
	free(match->controller);
	free(match->unread);
}
