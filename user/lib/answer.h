/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine was told by its resolver, for the program ig_resolve: see struct ig_answer of abi.h. */
#pragma once

#include "object.h"

/* A domain name as rules spell it (no pattern), as it stands in a message. 0, or -EINVAL: it is none. */
int ig_answer_name(struct ig_answer *answer, const char *name);

/* Without a flow: only where nothing is in force. @n addresses, at most IG_ANSWER_ADDRESSES. */
void ig_answer_make(struct ig_answer *answer, uint32_t device, uint32_t ttl,
		    const uint8_t (*addresses)[16], size_t n);

/* 0; -errno, that of the program included. */
int ig_answer_give(const struct ig_object *object, const struct ig_answer *answer);
