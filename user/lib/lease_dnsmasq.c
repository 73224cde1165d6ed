/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dnsmasq: a line for each lease, of words with one space between.
 *
 *	1767225600 02:00:5e:10:00:01 192.0.2.10 camera 01:02:00:5e:10:00:01
 *
 * That is when it ends (0: never), the MAC address, with a hardware type in front where that is not
 * Ethernet, the address, the name of the host and the client identifier. Behind a line that begins
 * with `duid` come leases of IPv6, which machines claim by themselves.
 */

#include <string.h>

#include "abi.h"
#include "address.h"
#include "lease_format.h"

#define ETHERNET 1

enum { EXPIRY, MAC, ADDRESS, NAME, CLIENT, WORDS };

/* True where it is the MAC address of an Ethernet; @wrong where it is none of anything. */
static bool read_mac(const char *text, uint8_t mac[6], bool *wrong)
{
	uint8_t type = ETHERNET, bytes[16];
	size_t n;

	*wrong = false;
	if (!strcmp(text, "*"))
		return false;
	if (strlen(text) > 2 && text[2] == '-') {
		char prefix[3] = {text[0], text[1]};

		*wrong = ig_lease_bytes(prefix, &type, 1) != 1;
		text += 3;
	}
	n = ig_lease_bytes(text, bytes, sizeof(bytes));
	*wrong = *wrong || !n;
	if (*wrong || type != ETHERNET || n != 6)
		return false;
	memcpy(mac, bytes, 6);
	return true;
}

static int read_lease(struct ig_lease_reader *reader, char *words[WORDS], bool duid)
{
	struct ig_known_address lease = {.source = IG_BINDING_LEASE};
	uint64_t expiry;
	bool wrong, mac;

	if (!ig_lease_number(words[EXPIRY], UINT64_MAX, &expiry)) {
		ig_lease_bad(reader, "it begins with no time");
		return 0;
	}
	if (duid && strchr(words[ADDRESS], ':'))
		return 0;
	mac = read_mac(words[MAC], lease.mac, &wrong);
	if (wrong) {
		ig_lease_bad(reader, "its second word is no MAC address");
		return 0;
	}
	if (!ig_addr_parse_v4(words[ADDRESS], lease.addr)) {
		ig_lease_bad(reader, "its third word is no IPv4 address");
		return 0;
	}
	lease.expires_at = expiry;
	if (!mac)
		lease.source = 0;
	return ig_lease_add(reader, &lease);
}

static int read_line(struct ig_lease_reader *reader, char *line, bool *duid)
{
	char *words[WORDS], *rest = line;
	size_t n = 0;

	while (n < WORDS && (words[n] = ig_lease_word(&rest, ' ')))
		n++;
	if (n == 2 && !strcmp(words[0], "duid")) {
		*duid = true;
		reader->read++;
		return 0;
	}
	if (n == WORDS)
		return read_lease(reader, words, *duid);
	ig_lease_bad(reader, "it has fewer than five words");
	return 0;
}

int ig_lease_read_dnsmasq(struct ig_lease_reader *reader, char *text, size_t size)
{
	bool duid = false;
	size_t length;
	char *line;
	int err = 0;

	while (!err && (line = ig_lease_line(reader, &text, &size, &length))) {
		if (strlen(line) != length)
			ig_lease_bad(reader, "there is a zero byte in it");
		else if (length)
			err = read_line(reader, line, &duid);
	}
	return err;
}
