/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "iotguard/iotguard.h"
#include "util.h"
#include "words.h"

const char *number_text(uint64_t number, char *buf)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char *out = buf;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = '\0';
	return buf;
}

const char *size_text(uint64_t bytes, char *buf)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, NUMBER_TEXT, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
	return buf;
}

const char *duration_text(uint64_t seconds, char *buf)
{
	static const struct {
		uint64_t seconds;
		const char *one, *many;
	} units[] = {
		{86400, "day", "days"},
		{3600, "hour", "hours"},
		{60, "minute", "minutes"},
		{1, "second", "seconds"},
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(units) && seconds < units[i].seconds)
		i++;
	seconds /= units[i].seconds;
	snprintf(buf, NUMBER_TEXT, "%llu %s", (unsigned long long)seconds,
		 plural(seconds, units[i].one, units[i].many));
	return buf;
}

const char *end_text(uint64_t at, uint64_t now, char *buf)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	uint64_t left = at > now ? at - now : 0, second;
	size_t i = 0;
	int n;

	while (i + 1 < ARRAY_SIZE(units) && left < units[i].seconds)
		i++;
	second = i + 1 < ARRAY_SIZE(units) ? left % units[i].seconds / units[i + 1].seconds : 0;
	n = snprintf(buf, NUMBER_TEXT, "in %llu %s", (unsigned long long)(left / units[i].seconds),
		     units[i].name);
	if (second && n < NUMBER_TEXT)
		snprintf(buf + n, NUMBER_TEXT - (size_t)n, " %llu %s", (unsigned long long)second,
			 units[i + 1].name);
	return buf;
}

const char *plural(uint64_t number, const char *one, const char *many)
{
	return number == 1 ? one : many;
}

const char *safe_text(const char *text, char *buf)
{
	iotguard_escape_text(text, buf, TEXT_USUAL);
	return buf;
}

char *safe_copy(const char *text)
{
	size_t n = iotguard_escape_text(text, NULL, 0);
	char *copy = malloc(n + 1);

	if (copy)
		iotguard_escape_text(text, copy, n + 1);
	return copy;
}

const char *address_text(const uint8_t addr[16], uint8_t version, char *buf)
{
	const void *bytes = version == 4 ? addr + 12 : addr;

	if (!inet_ntop(version == 4 ? AF_INET : AF_INET6, bytes, buf, ADDRESS_TEXT))
		buf[0] = '\0';
	return buf;
}

const char *mac_text(const uint8_t mac[6], char *buf)
{
	snprintf(buf, ADDRESS_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	return buf;
}
