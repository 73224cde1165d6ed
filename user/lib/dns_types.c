/* SPDX-License-Identifier: BSD-2-Clause */

#include <stddef.h>

#include "dns_types.h"

const char *ig_dns_type_name(uint16_t type)
{
	static const char *const names[256] = {
		[1] = "A",	[2] = "NS",    [5] = "CNAME",  [6] = "SOA",    [12] = "PTR",
		[13] = "HINFO", [15] = "MX",   [16] = "TXT",   [28] = "AAAA",  [33] = "SRV",
		[35] = "NAPTR", [43] = "DS",   [46] = "RRSIG", [47] = "NSEC",  [48] = "DNSKEY",
		[52] = "TLSA",	[64] = "SVCB", [65] = "HTTPS", [252] = "AXFR", [255] = "ANY",
	};

	return type < sizeof(names) / sizeof(*names) ? names[type] : NULL;
}
