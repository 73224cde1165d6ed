/* SPDX-License-Identifier: BSD-2-Clause */

#include <stdio.h>

#include "generation.h"
#include "names.h"
#include "util.h"

const struct ig_dictionary *ig_names_of(struct ig_names *names, uint64_t generation)
{
	unsigned int at = names->next;
	_free_ void *bytes = NULL;
	size_t size;

	for (unsigned int i = 0; i < IG_NAMES_KEPT; i++) {
		if (generation && names->kept[i].generation == generation)
			return &names->kept[i].dict;
	}
	if (ig_generation_dictionary(names->object, generation, &bytes, &size))
		return NULL;
	free(names->kept[at].bytes);
	names->kept[at].bytes = NULL;
	names->kept[at].generation = 0;
	if (ig_dictionary_open(&names->kept[at].dict, bytes, size))
		return NULL;
	names->kept[at].bytes = take_ptr(bytes);
	names->kept[at].generation = generation;
	names->next = (at + 1) % IG_NAMES_KEPT;
	return &names->kept[at].dict;
}

const char *ig_names_port(struct ig_names *names, uint32_t ifindex)
{
	char *name = names->ports[ifindex % IG_NAMES_PORTS].name;

	if (names->round && names->ports[ifindex % IG_NAMES_PORTS].round == names->round &&
	    names->ports[ifindex % IG_NAMES_PORTS].ifindex == ifindex)
		return name;
	if (!if_indextoname(ifindex, name))
		snprintf(name, IF_NAMESIZE, "if%u", ifindex);
	names->ports[ifindex % IG_NAMES_PORTS].round = names->round;
	names->ports[ifindex % IG_NAMES_PORTS].ifindex = ifindex;
	return name;
}

void ig_names_clear(struct ig_names *names)
{
	ig_pins_finder_clear(&names->pins);
	for (unsigned int i = 0; i < IG_NAMES_KEPT; i++)
		free(names->kept[i].bytes);
	*names = (struct ig_names){};
}
