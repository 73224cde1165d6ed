/* SPDX-License-Identifier: BSD-2-Clause */
/* The inventory of the worlds, and who lives there. */
#include <arpa/inet.h>
#include <err.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "mutants.h"

#define INTERFACES 8 /* lan0 to lan7, some of which no inventory has */

/* May do anything: what taking apart lets through makes flows. */
static const char additions[] =
	"{'wide': {'mac': '02:00:00:00:00:40', 'addresses': ['10.0.0.64', 'fd00::64'],"
	"  'segment': 'lan', 'rules': ['allow to any udp critical', 'allow from any tcp critical',"
	"  'allow to any', 'allow from any']},"
	" 'wide-tagged': {'mac': '02:00:00:00:00:41', 'addresses': ['10.30.0.65'],"
	"  'segment': 'shop', 'rules': ['allow to any', 'allow from any']},"
	" 'wide-inner': {'identify': 'address', 'router': 'host:hub',"
	"  'addresses': ['10.60.0.66', 'fd60::66'], 'rules': ['allow to any', 'allow from any']},"
	" 'bare': {'mac': '02:00:00:00:00:44', 'segment': 'lan',"
	"  'rules': ['allow to any', 'allow from any']},"
	" 'pupil': {'mac': '02:00:00:00:00:43', 'addresses': ['10.0.0.67', 'fd00::67'],"
	"  'segment': 'lan', 'mode': 'learn', 'rules': ['allow to any tcp']}}";

/* Somebody beyond the gateway: of the goldens' rules, and of none. */
static const char *const beyond[] = {"203.0.113.5", "2001:db8::5", "198.51.100.9", "3fff::9"};

/* What nobody lists, on the link of most. */
static const char *const unlisted[] = {"10.0.0.77", "fd00::77", "fe80::77"};

struct place {
	const char *name;
	uint16_t tags[2];
	size_t n_tags;
	unsigned int ports[4], n_ports;
};

static struct {
	json_t *json;	    /* has the names of places */
	char *inventory[2]; /* as it is, and wide */
	struct place places[16];
	size_t n_places;
	struct party machines[64], gateway, far;
	unsigned int n_machines[2];
} house;

/* --- reading ------------------------------------------------------------------------------- */

static void read_mac(const char *text, uint8_t mac[6])
{
	if (!text || sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2],
			    &mac[3], &mac[4], &mac[5]) != 6)
		errx(1, "no MAC address: %s", text ? text : "none");
}

static void add_address(struct party *party, const char *text)
{
	struct address *address = &party->own[party->n_own];

	if (party->n_own == ARRAY_SIZE(party->own))
		return;
	address->v6 = strchr(text, ':');
	if (inet_pton(address->v6 ? AF_INET6 : AF_INET, text, address->bytes) != 1)
		errx(1, "no address: %s", text);
	party->n_own++;
}

static void add_addresses(struct party *party, const json_t *list)
{
	json_t *address;
	size_t i;

	json_array_foreach (list, i, address)
		add_address(party, json_string_value(address));
}

static void read_place(const char *name, const json_t *segment)
{
	struct place *place = &house.places[house.n_places++];
	json_t *vlan = json_object_get(segment, "vlan"), *item;
	size_t i;

	if (house.n_places > ARRAY_SIZE(house.places))
		errx(1, "too many segments");
	place->name = name;
	if (json_is_integer(vlan))
		place->tags[place->n_tags++] = (uint16_t)json_integer_value(vlan);
	json_array_foreach (vlan, i, item)
		place->tags[place->n_tags++] = (uint16_t)json_integer_value(item);
	json_array_foreach (json_object_get(segment, "interfaces"), i, item)
		if (place->n_ports < ARRAY_SIZE(place->ports))
			place->ports[place->n_ports++] =
				(unsigned int)atoi(json_string_value(item) + strlen("lan"));
}

static int find_place(const char *name)
{
	for (size_t i = 0; i < house.n_places; i++)
		if (name && !strcmp(house.places[i].name, name))
			return (int)i;
	errx(1, "no segment is called %s", name ? name : "nothing");
}

/* "host:NAME" or "device:NAME" */
static const json_t *find_router(const json_t *inventory, const char *router)
{
	const char *name = strchr(router, ':') + 1;

	return json_object_get(json_object_get(inventory, *router == 'h' ? "hosts" : "devices"),
			       name);
}

static void read_machine(const json_t *inventory, const char *name, const json_t *machine,
			 struct party *party)
{
	const char *router = json_string_value(json_object_get(machine, "router"));
	const json_t *body = router ? find_router(inventory, router) : machine;

	*party = (struct party){.name = name};
	read_mac(json_string_value(json_object_get(body, "mac")), party->mac);
	party->segment = find_place(json_string_value(json_object_get(body, "segment")));
	add_addresses(party, json_object_get(machine, "addresses"));
	/* These it may get. */
	if (!party->n_own)
		for (size_t i = 0; i < ARRAY_SIZE(unlisted); i++)
			add_address(party, unlisted[i]);
}

static unsigned int read_machines(const json_t *inventory)
{
	static const char *const sections[] = {"hosts", "devices"};
	unsigned int n = 0;
	const char *name;
	json_t *machine;

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		json_object_foreach (json_object_get(inventory, sections[i]), name, machine) {
			if (n == ARRAY_SIZE(house.machines))
				errx(1, "too many machines");
			read_machine(inventory, name, machine, &house.machines[n++]);
		}
	}
	return n;
}

static void read_gateway(const json_t *gateway)
{
	const json_t *macs = json_object_get(gateway, "macs");

	read_mac(json_string_value(json_array_get(macs, 0)), house.gateway.mac);
	add_addresses(&house.gateway, json_object_get(gateway, "addresses"));
	house.gateway.segment = house.far.segment = -1;
	memcpy(house.far.mac, house.gateway.mac, 6);
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++)
		add_address(&house.far, beyond[i]);
}

static json_t *read_additions(void)
{
	char text[sizeof(additions)];
	json_t *devices;

	memcpy(text, additions, sizeof(text));
	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	devices = json_loads(text, 0, NULL);
	if (!devices)
		errx(1, "the additions are no JSON");
	return devices;
}

void house_read(const char *path)
{
	json_t *inventory = json_load_file(path, 0, NULL), *segment;
	const char *name;

	if (!inventory)
		errx(1, "%s: no JSON", path);
	house.json = inventory;
	json_object_foreach (json_object_get(inventory, "segments"), name, segment)
		read_place(name, segment);
	read_gateway(json_object_get(inventory, "gateway"));
	house.inventory[0] = json_dumps(inventory, JSON_COMPACT);
	house.n_machines[0] = read_machines(inventory);
	json_object_update_new(json_object_get(inventory, "devices"), read_additions());
	json_object_set_new(json_object_get(json_object_get(inventory, "segments"), "lan"),
			    "unknown-devices", json_string("onboard"));
	house.inventory[1] = json_dumps(inventory, JSON_COMPACT);
	house.n_machines[1] = read_machines(inventory);
}

/* --- looking ------------------------------------------------------------------------------- */

const char *house_inventory(bool wide)
{
	return house.inventory[wide];
}

/* Those that may do anything more often than others: they are the last ones. */
const struct party *house_machine(struct world *w, bool wide)
{
	unsigned int n = house.n_machines[wide], added = n - house.n_machines[0];

	if (added && percent(w, 50))
		return &house.machines[n - 1 - below(w, added)];
	return &house.machines[below(w, n)];
}

const struct party *house_peer(struct world *w, bool wide, const struct party *machine)
{
	const struct party *peer;

	if (percent(w, 50))
		return &house.far;
	if (percent(w, 40))
		return &house.gateway;
	do
		peer = house_machine(w, wide);
	while (peer == machine);
	return peer;
}

const uint8_t *house_hop(const struct party *machine, const struct party *peer)
{
	return peer->segment == machine->segment ? peer->mac : house.gateway.mac;
}

static const struct party *find_machine(const uint8_t mac[6])
{
	for (unsigned int i = 0; i < house.n_machines[1]; i++)
		if (!memcmp(house.machines[i].mac, mac, 6))
			return &house.machines[i];
	return NULL;
}

unsigned int house_port(struct world *w, const uint8_t mac[6])
{
	const struct party *party = find_machine(mac);
	const struct place *place;

	if (percent(w, 4))
		return below(w, INTERFACES);
	if (!party)
		return 0;
	place = &house.places[party->segment];
	return place->ports[below(w, place->n_ports)];
}

size_t house_tags(const struct party *party, uint16_t tags[2])
{
	if (party->segment < 0)
		return 0;
	memcpy(tags, house.places[party->segment].tags, sizeof(house.places->tags));
	return house.places[party->segment].n_tags;
}
