/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and prefixes. */
#include <arpa/inet.h>
#include <stdio.h>

#include "generate.h"

bool address_equal(const struct address *a, const struct address *b)
{
	return a->v6 == b->v6 && !memcmp(a->bytes, b->bytes, address_size(a));
}

size_t address_size(const struct address *address)
{
	return address->v6 ? 16 : 4;
}

struct address address_v4(uint32_t bits)
{
	struct address address = {.v6 = false};

	for (int i = 0; i < 4; i++)
		address.bytes[i] = (uint8_t)(bits >> (24 - 8 * i));
	return address;
}

struct address address_v6(uint64_t high, uint64_t low)
{
	struct address address = {.v6 = true};

	for (int i = 0; i < 8; i++) {
		address.bytes[i] = (uint8_t)(high >> (56 - 8 * i));
		address.bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	return address;
}

struct address address_eui64(const uint8_t mac[6])
{
	struct address address = address_v6(0xfe80ull << 48, 0xfffeull << 24);

	memcpy(address.bytes + 8, mac, 3);
	memcpy(address.bytes + 13, mac + 3, 3);
	address.bytes[8] ^= 2;
	return address;
}

bool address_is_group(const struct address *address)
{
	static const uint8_t broadcast[4] = {255, 255, 255, 255};

	if (address->v6)
		return address->bytes[0] == 0xff;
	return address->bytes[0] >> 4 == 14 || !memcmp(address->bytes, broadcast, 4);
}

bool address_is_link_local(const struct address *address)
{
	if (address->v6)
		return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
	return address->bytes[0] == 169 && address->bytes[1] == 254;
}

bool prefix_has(const struct prefix *prefix, const struct address *address)
{
	struct prefix other;

	if (prefix->base.v6 != address->v6)
		return false;
	other = prefix_of(address, prefix->length);
	return address_equal(&prefix->base, &other.base);
}

struct prefix prefix_of(const struct address *address, unsigned int length)
{
	struct prefix prefix = {*address, (uint8_t)length};

	for (unsigned int i = 0; i < address_size(address); i++) {
		unsigned int keep = length > 8 * i ? length - 8 * i : 0;

		if (keep < 8)
			prefix.base.bytes[i] &= (uint8_t)(0xff00u >> keep);
	}
	return prefix;
}

/* Host bits are mostly small numbers, so that addresses meet. */
struct address prefix_address(struct world *w, const struct prefix *prefix)
{
	struct address address = prefix->base;
	unsigned int size = (unsigned int)address_size(&address), left = 8 * size - prefix->length;
	bool wild = percent(w, 5);

	for (unsigned int i = size; i-- && left;) {
		unsigned int bits = left < 8 ? left : 8, most = (1u << bits) - 1;
		unsigned int host = wild ? below(w, most + 1) : i == size - 1 ? below(w, 40) : 0;

		address.bytes[i] |= (uint8_t)(host & most);
		left -= bits;
	}
	return address;
}

size_t address_print(const struct address *address, char *to)
{
	inet_ntop(address->v6 ? AF_INET6 : AF_INET, address->bytes, to, INET6_ADDRSTRLEN);
	return strlen(to);
}

size_t prefix_print(const struct prefix *prefix, char *to)
{
	size_t size = address_print(&prefix->base, to);

	if (prefix->length < 8 * address_size(&prefix->base))
		size += (size_t)sprintf(to + size, "/%u", prefix->length);
	return size;
}
