/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <string.h>

#include "writer.h"

void ig_put_bytes(struct ig_writer *w, const char *text, size_t n)
{
	size_t room = w->len < w->size ? w->size - w->len : 0;

	if (room)
		memcpy(w->buf + w->len, text, n < room ? n : room);
	w->len += n;
}

void ig_put(struct ig_writer *w, const char *text)
{
	ig_put_bytes(w, text, strlen(text));
}

void ig_put_padded(struct ig_writer *w, uint64_t value, unsigned int digits)
{
	char text[20]; /* UINT64_MAX has 20 digits */
	size_t at = sizeof(text);

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

void ig_put_hex(struct ig_writer *w, uint32_t value, unsigned int digits)
{
	while (digits--)
		ig_put_char(w, "0123456789abcdef"[value >> (4 * digits) & 0xf]);
}

void ig_put_mac(struct ig_writer *w, const uint8_t mac[6])
{
	for (size_t i = 0; i < 6; i++) {
		if (i)
			ig_put_char(w, ':');
		ig_put_hex(w, mac[i], 2);
	}
}

void ig_put_ip(struct ig_writer *w, const uint8_t addr[16], uint8_t version)
{
	char text[INET6_ADDRSTRLEN];

	if (version != 4) {
		if (inet_ntop(AF_INET6, addr, text, sizeof(text)))
			ig_put(w, text);
		return;
	}
	for (size_t i = 12; i < 16; i++) {
		if (i > 12)
			ig_put_char(w, '.');
		ig_put_u64(w, addr[i]);
	}
}

size_t ig_writer_end(struct ig_writer *w)
{
	if (w->size)
		w->buf[w->len < w->size ? w->len : w->size - 1] = '\0';
	return w->len;
}
