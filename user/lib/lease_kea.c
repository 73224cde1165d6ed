/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kea's memfile: comma-separated values, whose first line names the columns. A lease that changes
 * is appended anew, so that the last line of an address counts; a lifetime of 0 takes it back. A
 * comma in a value is written as &#x2c, so that every comma separates; none of the columns read
 * here has one.
 */

#include <string.h>

#include "abi.h"
#include "address.h"
#include "lease_format.h"

#define COLUMNS_MOST 64
#define FOREVER	     0xffffffffu

enum column { ADDRESS, MAC, LIFETIME, EXPIRE, STATE, N_COLUMNS };

static const char *const names[N_COLUMNS] = {"address", "hwaddr", "valid_lifetime", "expire",
					     "state"};

struct layout {
	size_t count;
	size_t at[N_COLUMNS]; /* COLUMNS_MOST: it is not there */
};

bool ig_lease_is_kea(const char *text, size_t size)
{
	static const char begin[] = "address,";

	return size >= sizeof(begin) - 1 && !memcmp(text, begin, sizeof(begin) - 1);
}

static size_t split(char *line, char *values[COLUMNS_MOST])
{
	char *value;
	size_t n = 0;

	while ((value = ig_lease_word(&line, ','))) {
		if (n == COLUMNS_MOST)
			return n + 1; /* more than any version has */
		values[n++] = value;
	}
	return n;
}

static bool read_layout(char *line, struct layout *layout)
{
	char *values[COLUMNS_MOST];

	layout->count = split(line, values);
	for (size_t column = 0; column < N_COLUMNS; column++) {
		layout->at[column] = COLUMNS_MOST;
		for (size_t i = 0; i < layout->count && i < COLUMNS_MOST; i++) {
			if (!strcmp(values[i], names[column]))
				layout->at[column] = i;
		}
		if (layout->at[column] == COLUMNS_MOST && column != STATE)
			return false;
	}
	return layout->count <= COLUMNS_MOST;
}

static int read_lease(struct ig_lease_reader *reader, const struct layout *layout,
		      char *values[COLUMNS_MOST])
{
	struct ig_known_address lease = {.source = IG_BINDING_LEASE};
	const char *mac = values[layout->at[MAC]];
	uint64_t lifetime, expire, state = 0;
	uint8_t bytes[32];
	size_t n = ig_lease_bytes(mac, bytes, sizeof(bytes));

	if (!ig_addr_parse_v4(values[layout->at[ADDRESS]], lease.addr)) {
		ig_lease_bad(reader, "its address is none of IPv4");
		return 0;
	}
	if (!ig_lease_number(values[layout->at[LIFETIME]], UINT32_MAX, &lifetime) ||
	    !ig_lease_number(values[layout->at[EXPIRE]], UINT64_MAX, &expire) ||
	    (layout->at[STATE] < COLUMNS_MOST &&
	     !ig_lease_number(values[layout->at[STATE]], UINT32_MAX, &state))) {
		ig_lease_bad(reader, "its lifetime, its end or its state is no number");
		return 0;
	}
	if (!n && *mac) {
		ig_lease_bad(reader, "its hardware address is none");
		return 0;
	}
	if (n == 6 && lifetime && !state)
		memcpy(lease.mac, bytes, 6);
	else
		lease.source = 0; /* released, declined, reclaimed, or no Ethernet */
	lease.expires_at = lifetime == FOREVER ? 0 : expire ? expire : 1;
	return ig_lease_add(reader, &lease);
}

int ig_lease_read_kea(struct ig_lease_reader *reader, char *text, size_t size)
{
	char *values[COLUMNS_MOST], *line;
	struct layout layout;
	size_t length;
	int err = 0;

	line = ig_lease_line(reader, &text, &size, &length);
	if (!line)
		return 0; /* it has just begun */
	if (!read_layout(line, &layout)) {
		ig_lease_bad(reader, "it names no columns of DHCPv4 leases");
		return 0;
	}
	reader->read++;
	while (!err && (line = ig_lease_line(reader, &text, &size, &length))) {
		if (strlen(line) != length)
			ig_lease_bad(reader, "there is a zero byte in it");
		else if (length && split(line, values) != layout.count)
			ig_lease_bad(reader, "it has other columns than the first line names");
		else if (length)
			err = read_lease(reader, &layout, values);
	}
	return err;
}
