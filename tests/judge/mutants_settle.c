/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes a frame from elsewhere one of the house's. An address is replaced wherever it stands, so ARP,
 * options of IPv6 discovery and quoted packets go on to tell the truth where they did.
 */
#include "mutants.h"

#define TCP 6
#define UDP 17

static void replace(struct buffer *frame, const uint8_t *before, const uint8_t *after, size_t size)
{
	uint8_t old[16];

	memcpy(old, before, size);
	for (size_t at = 0; at + size <= frame->size; at++) {
		if (!memcmp(frame->data + at, old, size)) {
			memcpy(frame->data + at, after, size);
			at += size - 1;
		}
	}
}

static void set_tags(const struct party *machine, struct buffer *frame)
{
	uint16_t tags[2];
	size_t n = house_tags(machine, tags), network = take_apart(frame).network;

	if (!network)
		return;
	remove_bytes(frame, 12, network - 14);
	while (n--)
		insert_bytes(frame, 12,
			     (uint8_t[]){0x81, 0, (uint8_t)(tags[n] >> 8), (uint8_t)tags[n]}, 4);
}

static void set_macs(const struct letter *letter, struct buffer *frame)
{
	const uint8_t *peer = house_hop(letter->machine, letter->peer);
	const uint8_t *machine = letter->machine->mac;

	replace(frame, frame->data + 6, letter->to ? peer : machine, 6);
	if (!(frame->data[0] & 1))
		replace(frame, frame->data, letter->to ? machine : peer, 6);
}

static bool is_special(const uint8_t *address, size_t size)
{
	static const uint8_t unspecified[16];

	return address[0] >= (size == 4 ? 224 : 255) || !memcmp(address, unspecified, size);
}

static void set_address(struct world *w, const struct party *party, size_t at, size_t size,
			struct buffer *frame)
{
	const struct address *fit[ARRAY_SIZE(party->own)];
	uint32_t n = 0;

	for (unsigned int i = 0; i < party->n_own; i++)
		if (party->own[i].v6 == (size == 16))
			fit[n++] = &party->own[i];
	if (n && at + size <= frame->size && !is_special(frame->data + at, size))
		replace(frame, frame->data + at, fit[below(w, n)]->bytes, size);
}

/* A broadcast of a DHCP server, for this machine. */
static void set_client(const struct letter *letter, struct buffer *frame)
{
	struct layers l = take_apart(frame);

	if (letter->to && l.version == 4 && l.protocol == UDP &&
	    get16(frame, l.transport + 2) == 68 && l.transport + 42 <= frame->size)
		memcpy(frame->data + l.transport + 36, letter->machine->mac, 6);
}

static void set_addresses(struct world *w, const struct letter *letter, struct buffer *frame)
{
	const struct party *source = letter->to ? letter->peer : letter->machine;
	const struct party *target = letter->to ? letter->machine : letter->peer;
	struct layers l = take_apart(frame);

	if (l.version == 4) {
		set_address(w, source, l.network + 12, 4, frame);
		set_address(w, target, l.network + 16, 4, frame);
	} else if (l.version == 6) {
		set_address(w, source, l.network + 8, 16, frame);
		set_address(w, target, l.network + 24, 16, frame);
	} else if (l.network && get16(frame, l.network - 2) == 0x0806) {
		set_address(w, source, l.network + 14, 4, frame);
		set_address(w, target, l.network + 24, 4, frame);
	}
}

/* So that what a machine sent and what comes back are of one flow. */
static void swap_ports(struct buffer *frame)
{
	struct layers l = take_apart(frame);
	uint8_t port[2];

	if (!l.version || !l.transport || (l.protocol != TCP && l.protocol != UDP) ||
	    l.transport + 4 > frame->size)
		return;
	memcpy(port, frame->data + l.transport, 2);
	memcpy(frame->data + l.transport, frame->data + l.transport + 2, 2);
	memcpy(frame->data + l.transport + 2, port, 2);
}

void settle(struct world *w, const struct letter *letter, struct buffer *frame)
{
	if (frame->size < 14)
		return;
	if (percent(w, 90))
		set_tags(letter->machine, frame);
	set_macs(letter, frame);
	if (percent(w, 80))
		set_client(letter, frame);
	if (!letter->addresses)
		return;
	set_addresses(w, letter, frame);
	if (letter->to && percent(w, 50))
		swap_ports(frame);
}
