/* SPDX-License-Identifier: BSD-2-Clause */

#include <string.h>

#include "dhcp_options.h"

#define OPTION_PAD  0
#define OPTION_END  255
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

struct ig_dhcp_option ig_dhcp_option_find(const uint8_t *options, size_t size, uint8_t code)
{
	size_t at = 0;

	while (at < size && options[at] != OPTION_END) {
		size_t left = size - at, length;

		if (options[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (left < 2)
			break;
		length = options[at + 1];
		if (length > left - 2)
			break;
		if (options[at] == code)
			return (struct ig_dhcp_option){&options[at + 2], length};
		at += 2 + length;
	}
	return (struct ig_dhcp_option){};
}

void ig_dhcp_option_text(const struct ig_dhcp_option *option, char *buf, size_t size)
{
	size_t length = option->length, used = 0;

	while (length && !option->data[length - 1])
		length--;
	for (size_t i = 0; i < length; i++) {
		const char *bytes = option->data[i] ? (const char *)&option->data[i] : REPLACEMENT;
		size_t n = option->data[i] ? 1 : strlen(REPLACEMENT);

		if (n >= size - used)
			break;
		memcpy(buf + used, bytes, n);
		used += n;
	}
	buf[used] = '\0';
}
