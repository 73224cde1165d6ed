/* SPDX-License-Identifier: BSD-2-Clause */
/* IP addresses as they are everywhere in the library: 16 bytes in network order, IPv4 v4-mapped (RFC 4291 section
 * 2.5.5.2). */
#pragma once

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>

bool ig_addr_is_v4(const uint8_t addr[16]);
void ig_addr_set_v4(uint8_t addr[16], const void *four); /* four bytes in network order */

/* False: the text is none. */
bool ig_addr_parse_v4(const char *text, uint8_t addr[16]);
bool ig_addr_parse(const char *text, uint8_t addr[16]); /* of either version */
void ig_addr_print(const uint8_t addr[16], char text[INET6_ADDRSTRLEN]);
