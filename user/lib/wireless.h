/* SPDX-License-Identifier: BSD-2-Clause */
/* Is an interface a radio? */
#pragma once

#include "interfaces.h"

/* 1: yes; 0: no; -1: cannot be told, for /sys shows the interfaces of another network namespace. */
int ig_is_wireless(const struct ig_interface *interface);
