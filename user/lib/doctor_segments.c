/* SPDX-License-Identifier: BSD-2-Clause */
/* In which segments can machines talk to each other unseen? */

#include <string.h>

#include "doctor.h"
#include "util.h"

static int badness(const struct iotguard_interface_info *it)
{
	if (!strcmp(it->coverage, "shared"))
		return 2;
	return strcmp(it->coverage, "isolated") != 0;
}

static bool is_of(const struct ig_checkup *c, uint32_t segment, const char *name)
{
	const struct ig_dict_interface *entry;

	for (uint32_t i = 0; (entry = ig_dict_interface_at(&c->view.dict, i)); i++) {
		if (entry->segment == segment &&
		    !strcmp(ig_dict_string(&c->view.dict, entry->name), name))
			return true;
	}
	return false;
}

/* A segment is what the worst of its interfaces is. NULL: it has none. */
static const struct iotguard_interface_info *
worst_of(const struct ig_checkup *c, const struct iotguard_interface_info *interfaces, size_t n,
	 uint32_t segment)
{
	const struct iotguard_interface_info *worst = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct iotguard_interface_info *it = &interfaces[i];

		if (is_of(c, segment, it->name) && (!worst || badness(it) > badness(worst)))
			worst = it;
	}
	return worst;
}

static void check_segment(struct ig_checkup *c, const char *name,
			  const struct iotguard_interface_info *worst)
{
	if (badness(worst) == 2)
		ig_warn(c, "coverage", name, worst->coverage_advice,
			"segment %s is shared: machines behind %s can talk to each other unseen, for %s",
			name, worst->name, worst->coverage_reason);
	else if (badness(worst))
		ig_note(c, "coverage", name, worst->coverage_advice,
			"whether machines of segment %s can talk to each other unseen is unknown (%s): %s",
			name, worst->name, worst->coverage_reason);
	else
		ig_healthy(c, "coverage", name,
			   "segment %s is isolated: each machine of it has a port of its own",
			   name);
}

void ig_doctor_segments(struct ig_checkup *c)
{
	struct iotguard_interface_info *interfaces;
	size_t n;

	if (iotguard_interfaces(c->ig, &interfaces, &n))
		return;
	for (uint32_t i = 0; i < c->view.dict.header.segments.count; i++) {
		const struct iotguard_interface_info *worst = worst_of(c, interfaces, n, i);
		const char *name = ig_dict_segment_name(&c->view.dict, i);

		if (worst && name)
			check_segment(c, name, worst);
	}
	iotguard_free(interfaces);
}
