/* SPDX-License-Identifier: BSD-2-Clause */
/* Types of DNS records, as people and other programs' logs call them. */
#pragma once

#include <stdint.h>

/* NULL: one that is asked for so seldom that its number has to do. */
const char *ig_dns_type_name(uint16_t type);
