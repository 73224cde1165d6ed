/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <string.h>

#include "writer.h"

void ig_put_cut(struct ig_writer *w, const char *text, size_t n)
{
	size_t room = w->len < w->size ? w->size - w->len : 0;

	if (room)
		memcpy(w->buf + w->len, text, n < room ? n : room);
	w->len += n;
}

void ig_put_padded(struct ig_writer *w, uint64_t value, unsigned int digits)
{
	char text[20]; /* UINT64_MAX has 20 digits */
	size_t at = sizeof(text);

	if (value < 10 && digits <= 1) {
		ig_put_char(w, (char)('0' + value));
		return;
	}
	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (at && (value || sizeof(text) - at < digits));
	ig_put_bytes(w, text + at, sizeof(text) - at);
}

void ig_put_u64(struct ig_writer *w, uint64_t value)
{
	ig_put_padded(w, value, 1);
}

static const char hex_digits[] = "0123456789abcdef";

void ig_put_hex(struct ig_writer *w, uint32_t value, unsigned int digits)
{
	while (digits--)
		ig_put_char(w, hex_digits[value >> (4 * digits) & 0xf]);
}

void ig_put_mac(struct ig_writer *w, const uint8_t mac[6])
{
	char text[18];

	for (size_t i = 0; i < 6; i++) {
		text[3 * i] = hex_digits[mac[i] >> 4];
		text[3 * i + 1] = hex_digits[mac[i] & 0xf];
		text[3 * i + 2] = ':';
	}
	ig_put_bytes(w, text, sizeof(text) - 1);
}

/* Behind what is at @text already. */
static char *put_octet(char *text, uint8_t octet)
{
	if (octet >= 100)
		*text++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*text++ = (char)('0' + octet / 10 % 10);
	*text++ = (char)('0' + octet % 10);
	return text;
}

void ig_put_ip(struct ig_writer *w, const uint8_t addr[16], uint8_t version)
{
	char text[INET6_ADDRSTRLEN], *end = text;

	if (version != 4) {
		if (inet_ntop(AF_INET6, addr, text, sizeof(text)))
			ig_put(w, text);
		return;
	}
	for (size_t i = 12; i < 16; i++) {
		if (i > 12)
			*end++ = '.';
		end = put_octet(end, addr[i]);
	}
	ig_put_bytes(w, text, (size_t)(end - text));
}

size_t ig_writer_end(struct ig_writer *w)
{
	if (w->size)
		w->buf[w->len < w->size ? w->len : w->size - 1] = '\0';
	return w->len;
}
