/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "address.h"

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool ig_addr_is_v4(const uint8_t addr[16])
{
	return !memcmp(addr, mapped, sizeof(mapped));
}

void ig_addr_set_v4(uint8_t addr[16], const void *four)
{
	memcpy(addr, mapped, sizeof(mapped));
	memcpy(addr + sizeof(mapped), four, 4);
}

bool ig_addr_parse_v4(const char *text, uint8_t addr[16])
{
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) != 1)
		return false;
	ig_addr_set_v4(addr, &four);
	return true;
}

bool ig_addr_parse(const char *text, uint8_t addr[16])
{
	return ig_addr_parse_v4(text, addr) || inet_pton(AF_INET6, text, addr) == 1;
}

void ig_addr_print(const uint8_t addr[16], char text[INET6_ADDRSTRLEN])
{
	if (ig_addr_is_v4(addr))
		inet_ntop(AF_INET, addr + sizeof(mapped), text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, addr, text, INET6_ADDRSTRLEN);
}
