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
	bool made_up; /* the address of the name that is asked about */
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

/* explain_remote.c: the conversation with one address. @example_of: what the address stands for; NULL: for itself. */
int ig_asked_add_address(struct ig_asked *asked, const uint8_t addr[16], const char *example_of);
/* Is a remote of that IP version asked about? */
bool ig_asked_wants(const struct ig_asked *asked, bool v4);
/* In no network of any segment, and nobody's. */
bool ig_asked_is_elsewhere(const struct ig_house *house, const uint8_t addr[16]);
/* explain_names.c: with what a domain name stands for. */
int ig_asked_name(struct ig_asked *asked);
/* What the machine calls the remote's address. 0, -errno. */
int ig_asked_names_of(struct ig_asked *asked, struct ig_talk *talk);

/* Adds the conversations that it is about. */
int ig_asked_remote(struct ig_asked *asked);
