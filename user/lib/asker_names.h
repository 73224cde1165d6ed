/* SPDX-License-Identifier: BSD-2-Clause */
/* What machines were told by their resolvers, for what is asked: as it is on the live gateway, and as it might be. */
#pragma once

#include "asker.h"
#include "telling.h"

#define IG_NAMES_MOST (IG_PIN_PLACES / 2)

/* Of one machine, in force now. Pins that have ended are among them. */
struct ig_asker_names {
	struct ig_name names[IG_NAMES_MOST];
	uint32_t name_places[IG_NAMES_MOST];
	size_t n_names;
	struct ig_pin pins[IG_PIN_PLACES];
	uint32_t pin_places[IG_PIN_PLACES];
	size_t n_pins;
};

/* @index: as in what is asked. Nothing of a machine that is not the live gateway's. 0, -errno. */
int ig_asker_names_read(const struct ig_asker *asker, uint32_t index, struct ig_asker_names *out);
/* The record that a pin is of, if the pin counts still; NULL: it does not. */
const struct ig_name *ig_asker_name_of(const struct ig_asker_names *names,
				       const struct ig_pin *pin);

/* The machine was told in what is asked what it was told on the live gateway, and @also, if that is not NULL. 0, -errno. */
int ig_asker_tell(const struct ig_asker *asker, uint32_t index, const struct ig_telling *also);
