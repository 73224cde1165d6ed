/* SPDX-License-Identifier: BSD-2-Clause */
/* From words to conversations: explain_question.c reads a question, explain_remote.c finds who its remote is. Nobody else
 * includes it. */
#pragma once

#include "explain.h"

struct ig_asked {
	struct ig_explain *explain;
	const struct iotguard_question *question;
	uint8_t address[16]; /* that was chosen */
	bool has_address;
	uint16_t source_port;
	uint8_t dscp;
	struct ig_house_machine machine;
	struct ig_service service;
	struct ig_talks *out;
};

static inline struct ig_diags *ig_asked_diags(struct ig_asked *asked)
{
	return &asked->explain->ig->diags;
}

/* -EINVAL, with a hint. */
int ig_asked_several(struct ig_asked *asked, const char *hint);
/* What ig_house_machine() returned, in words. */
int ig_asked_machine(struct ig_asked *asked, const char *name, int err);

/* Adds the conversations that it is about. */
int ig_asked_remote(struct ig_asked *asked);
