/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of DHCPv4 messages: right ones, and such that are wrong in one place. */
#include "generate.h"

enum {
	PAD = 0,
	HOST_NAME = 12,
	REQUESTED = 50,
	LEASE_TIME = 51,
	OVERLOAD = 52,
	TYPE = 53,
	SERVER = 54,
	PARAMETERS = 55,
	VENDOR = 60,
	CLIENT = 61,
	END = 255,
};

#define MAX_OPTIONS 12

struct option {
	uint8_t code, size;
	uint8_t bytes[16];
};

struct options {
	struct option items[MAX_OPTIONS];
	unsigned int n, pads, small; /* zeros, and options of no meaning, before all others */
	unsigned int tail;	     /* what stands at the end, in place of END alone */
};

enum tail { TAIL_END, TAIL_NONE, TAIL_MORE, TAIL_CODE, TAIL_OVERLONG, TAIL_ZEROS };

struct dhcp dhcp_begin(const struct world *w, int machine, bool answer, unsigned int type)
{
	const struct machine *m = &w->machines[machine];
	struct dhcp message = {.op = answer ? 2 : 1,
			       .type = (uint8_t)type,
			       .hardware = 1,
			       .hardware_length = 6,
			       .xid = m->dialogue.xid,
			       .bent = 7};

	memcpy(message.chaddr, m->mac, 6);
	return message;
}

/* --- options ------------------------------------------------------------------------------- */

static struct option *add(struct options *o, unsigned int code, const void *bytes,
			  unsigned int size)
{
	struct option *option = &o->items[o->n++];

	*option = (struct option){.code = (uint8_t)code, .size = (uint8_t)size};
	memcpy(option->bytes, bytes, size);
	return option;
}

static struct option *find(struct options *o, unsigned int code)
{
	for (unsigned int i = 0; i < o->n; i++)
		if (o->items[i].code == code)
			return &o->items[i];
	return NULL;
}

static void swap(struct options *o, unsigned int a, unsigned int b)
{
	struct option option = o->items[a];

	o->items[a] = o->items[b];
	o->items[b] = option;
}

static void add_time(struct options *o, uint32_t seconds)
{
	const uint8_t bytes[] = {(uint8_t)(seconds >> 24), (uint8_t)(seconds >> 16),
				 (uint8_t)(seconds >> 8), (uint8_t)seconds};

	add(o, LEASE_TIME, bytes, sizeof(bytes));
}

static void collect(struct world *w, const struct dhcp *m, struct options *o)
{
	static const uint8_t others[] = {HOST_NAME, SERVER, PARAMETERS, VENDOR, CLIENT, OVERLOAD};

	*o = (struct options){.tail = percent(w, 85) ? TAIL_END : TAIL_ZEROS};
	add(o, TYPE, &m->type, 1);
	if (m->has_requested)
		add(o, REQUESTED, m->requested.bytes, 4);
	if (m->has_lease_time)
		add_time(o, m->lease_time);
	for (unsigned int n = below(w, 4); n; n--) {
		struct option *option = add(o, PICK(w, others), "", 0);

		option->size = (uint8_t)below(w, 13);
		fill(w, option->bytes, option->size);
	}
	for (unsigned int i = o->n; i > 1 && percent(w, 40); i--)
		swap(o, i - 1, below(w, i));
	if (percent(w, 6))
		o->pads = below(w, 4);
}

static void put_tail(struct world *w, unsigned int tail, struct buffer *b)
{
	switch (tail) {
	case TAIL_END:
		put8(b, END);
		break;
	case TAIL_MORE: /* behind the end nothing is read */
		put8(b, END);
		put(b, (uint8_t[]){TYPE, (uint8_t)below(w, 3), (uint8_t)below(w, 9)}, 3);
		break;
	case TAIL_CODE: /* no length any more */
		put8(b, percent(w, 60) ? HOST_NAME : TYPE);
		break;
	case TAIL_OVERLONG:
		put8(b, percent(w, 60) ? HOST_NAME : TYPE);
		put8(b, between(w, 1, 255));
		put_random(w, b, below(w, 3));
		break;
	case TAIL_ZEROS:
		put8(b, END);
		put(b, (uint8_t[40]){0}, below(w, 40));
		break;
	default:
		break;
	}
}

static void put_options(struct world *w, const struct options *o, struct buffer *b)
{
	for (unsigned int i = 0; i < o->pads; i++)
		put8(b, PAD);
	for (unsigned int i = 0; i < o->small; i++) {
		put8(b, between(w, 80, 250));
		put8(b, 0);
	}
	for (unsigned int i = 0; i < o->n; i++) {
		put8(b, o->items[i].code);
		put8(b, o->items[i].size);
		put(b, o->items[i].bytes, o->items[i].size);
	}
	put_tail(w, o->tail, b);
}

/* --- lies ---------------------------------------------------------------------------------- */

static void bend_header(struct world *w, struct dhcp *m)
{
	switch (below(w, 9)) {
	case 0:
		m->op = (uint8_t)(percent(w, 60) ? 3u - m->op : below(w, 4));
		break;
	case 1:
		m->hardware = (uint8_t)below(w, 8);
		break;
	case 2:
		m->hardware_length = (uint8_t)(percent(w, 60) ? between(w, 5, 7) : below(w, 256));
		break;
	case 3:
		some_mac(w, m->chaddr);
		break;
	case 4:
		m->chaddr[below(w, 6)] ^= (uint8_t)(1 << below(w, 8));
		break;
	case 5:
		m->relay = percent(w, 50) ? some_address(w, false) : address_v4(1u << below(w, 32));
		break;
	case 6:
		m->xid = percent(w, 50) ? m->xid ^ 1u << below(w, 32)
					: (uint32_t)random_next(&w->random);
		break;
	case 7:
		m->client = some_address(w, false);
		break;
	default:
		m->type = (uint8_t)below(w, 19);
	}
}

static void bend_size(struct world *w, struct options *o)
{
	static const uint8_t codes[] = {TYPE, TYPE, REQUESTED, LEASE_TIME};
	unsigned int code = PICK(w, codes);
	struct option *option = find(o, code);

	if (!option)
		option = add(o, code, "\0\0\0\0", 4);
	option->size = (uint8_t)below(w, 6);
}

/* The first one counts. */
static void bend_twice(struct world *w, struct options *o)
{
	static const uint8_t codes[] = {TYPE, TYPE, REQUESTED, LEASE_TIME};
	struct option *option = find(o, PICK(w, codes));

	if (!option)
		option = find(o, TYPE);
	option = add(o, option->code, option->bytes, option->size);
	option->bytes[below(w, 4)] = (uint8_t)below(w, 9);
	if (percent(w, 25))
		option->size = (uint8_t)below(w, 6);
	if (percent(w, 50))
		swap(o, 0, o->n - 1);
}

static void bend_options(struct world *w, struct options *o)
{
	struct option *type = find(o, TYPE);

	switch (below(w, 7)) {
	case 0:
		bend_size(w, o);
		break;
	case 1:
		bend_twice(w, o);
		break;
	case 2:
		o->pads = between(w, 60, 66);
		break;
	case 3:
		o->small = between(w, 58, 65);
		o->pads = below(w, 4);
		break;
	case 4:
		type->code = (uint8_t)(percent(w, 50) ? END : below(w, 256));
		break;
	default:
		o->tail = between(w, TAIL_NONE, TAIL_OVERLONG);
	}
}

/* It ends anywhere: on the wire, for UDP alone, or in the capture alone. */
static void bend_end(struct world *w, struct packet *p, struct buffer *data, size_t *missing)
{
	uint32_t size = (uint32_t)data->size, end = percent(w, 35) ? between(w, 236, 244)
						    : percent(w, 80) && size > 240
							    ? between(w, 240, size)
							    : below(w, size);

	if (end > size)
		end = size;
	switch (below(w, 3)) {
	case 0:
		data->size = end;
		p->payload = (uint16_t)end;
		break;
	case 1:
		p->payload = (uint16_t)end;
		break;
	default:
		*missing = size - end;
	}
}

/* --- all of it ----------------------------------------------------------------------------- */

void dhcp_make(struct world *w, struct dhcp *m, struct packet *p, struct buffer *data,
	       size_t *missing)
{
	bool bent = with(w, WITH_LIES) && percent(w, m->bent);
	unsigned int how = bent ? between(w, 1, 6) : 0;
	struct options options;

	if (how == 1 || how == 2)
		bend_header(w, m);
	collect(w, m, &options);
	if (how == 3 || how == 4)
		bend_options(w, &options);
	data->size = 0;
	put8(data, m->op);
	put8(data, m->hardware);
	put8(data, m->hardware_length);
	put8(data, 0);
	put32(data, m->xid);
	put32(data, percent(w, 50) ? 0x8000 : 0);
	put(data, m->client.bytes, 4);
	put(data, m->yours.bytes, 4);
	put32(data, 0);
	put(data, m->relay.bytes, 4);
	put(data, m->chaddr, 6);
	put(data, (uint8_t[202]){0}, 202);
	put32(data, how == 6 ? 0x63825363u ^ 1u << below(w, 32) : 0x63825363);
	put_options(w, &options, data);
	p->data = data;
	p->payload = (uint16_t)data->size;
	*missing = 0;
	if (how == 5)
		bend_end(w, p, data, missing);
}
