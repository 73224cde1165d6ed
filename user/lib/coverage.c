/* SPDX-License-Identifier: BSD-2-Clause */

#include <stdarg.h>
#include <stdio.h>

#include "coverage.h"

static void reason(struct ig_coverage *out, const char *word, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void advise(struct ig_coverage *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void reason(struct ig_coverage *out, const char *word, const char *format, ...)
{
	va_list args;

	out->word = word;
	va_start(args, format);
	vsnprintf(out->reason, sizeof(out->reason), format, args);
	va_end(args);
}

static void advise(struct ig_coverage *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->advice, sizeof(out->advice), format, args);
	va_end(args);
}

static bool is_shared(const struct ig_behind *behind, struct ig_coverage *out)
{
	if (behind->pair[0]) {
		reason(out, "shared", "%s and %s were both heard behind it", behind->pair[0],
		       behind->pair[1]);
		advise(out,
		       "give each of them a port or a VLAN of its own; behind an access point, "
		       "set ap_isolate=1 in hostapd.conf or switch on client isolation");
		return true;
	}
	if (behind->switched) {
		reason(out, "shared",
		       "the switch chip that it is a port of may pass frames on to %s by itself",
		       behind->switched);
		advise(out,
		       "bridge link set dev %s isolated on; bridge link set dev %s isolated on",
		       behind->interface, behind->switched);
		return true;
	}
	return false;
}

static void say_unknown(const struct ig_behind *behind, struct ig_coverage *out)
{
	if (!behind->exists) {
		reason(out, "unknown", "there is no such interface now");
		advise(out, "ip link show");
	} else if (behind->wireless > 0) {
		reason(out, "unknown",
		       "it is wireless, and whether the access point keeps its clients apart cannot be read");
		advise(out, "set ap_isolate=1 in hostapd.conf");
	} else if (behind->wireless < 0) {
		reason(out, "unknown", "/sys shows another network namespace: it may be wireless");
		advise(out, "iw dev %s info", behind->interface);
	} else if (!behind->heard) {
		reason(out, "unknown", "no machine was heard behind it yet");
		advise(out, "iotguard-load show devices");
	} else if (behind->tags_differ) {
		reason(out, "unknown",
		       "machines with different VLAN tags are behind it: a switch there keeps them apart, or not");
		advise(out,
		       "look that each port of that switch has one VLAN; 'iotguard-load show devices' "
		       "names the machines");
	} else {
		reason(out, "unknown", "%s was not heard yet, and may be behind it, too",
		       behind->unheard);
		advise(out, "iotguard-load show devices");
	}
}

void ig_coverage_judge(const struct ig_behind *behind, struct ig_coverage *out)
{
	*out = (struct ig_coverage){};
	if (is_shared(behind, out))
		return;
	if (behind->exists && !behind->wireless && behind->heard && !behind->tags_differ &&
	    !behind->unheard)
		reason(out, "isolated",
		       "one machine of the inventory is behind it, and all the others are elsewhere");
	else
		say_unknown(behind, out);
}
