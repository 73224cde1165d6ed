/* SPDX-License-Identifier: BSD-2-Clause */
/* Events to test with. */
#pragma once

#include "iotguard/iotguard.h"

void parse_address(const char *text, uint8_t addr[16]);

struct iotguard_event refused(void);	     /* a packet that was dropped */
struct iotguard_event begun(void);	     /* a conversation under learn mode */
struct iotguard_event lost(uint64_t number); /* events that were lost */
/* The policy was changed; @change, the caller's, says how and is filled in. */
struct iotguard_event changed(struct iotguard_change *change, const char *action);
