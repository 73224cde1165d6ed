/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include "object.h"

struct iotguard_instance;

/* The maps of a private instance; they stay its own. */
const struct ig_object *ig_instance_object(const struct iotguard_instance *instance);
