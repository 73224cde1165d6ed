/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a conversation may be opened or not, asked of the programs. What the files explain_*.c share.
 *
 *	explain_question.c   words -> what is asked, and explain_remote.c -> conversations (struct ig_talk)
 *	explain_frame.c      a conversation -> the frame that opens it, as it is at each end
 *	explain_names.c      who the remote is where it is a domain name, and what an address is called
 *	explain_remedy.c     a refusal -> the rule that would allow it, tried
 *	explain_words.c      what the reason does not say
 */
#pragma once

#include "asker_names.h"
#include "explain_house.h"
#include "patterns.h"

/* Questions one after the other, while no loader changes anything. */
struct ig_explain {
	struct iotguard *ig;
	struct ig_asker asker;
	struct ig_house house;
};

/* As iotguard_explain(). Close it in any case. */
int ig_explain_open(struct ig_explain *explain, struct iotguard *ig, struct iotguard_inventory *inv,
		    int lock_timeout_ms);
void ig_explain_close(struct ig_explain *explain);
/* @remedies: look for what would allow it, too, which takes longer. */
int ig_explain_ask(struct ig_explain *explain, const struct iotguard_question *question,
		   const struct iotguard_explain_opts *opts, bool remedies,
		   struct iotguard_explanation **out, size_t *count);

/* --- conversations --- */

enum ig_talk_kind {
	IG_TALK_ADDRESS, /* of nobody that is known */
	IG_TALK_MACHINE,
	IG_TALK_GATEWAY,
};

#define IG_TALK_NOTES 4
#define IG_TALK_NAMES 4 /* as many as count */

struct ig_talk_name {
	char text[IG_NAME_TEXT];
	uint64_t until; /* seconds since the epoch */
};

struct ig_talk {
	struct ig_house_machine machine; /* whom the question is about */
	bool from;			 /* the other side opens it */
	enum ig_talk_kind kind;		 /* of the other side */
	struct ig_house_machine other;	 /* IG_TALK_MACHINE */
	struct ig_remote remote;	 /* as it would be written; the name is the question's */
	struct ig_service service;
	bool has_local;		      /* else it has no address, and all zero is asked about */
	bool chosen;		      /* its address was chosen by who asks */
	bool has_source_port;	      /* likewise */
	uint8_t local[16], there[16]; /* addresses; not of what is no IP */
	struct ig_frame_plan plan;    /* of the packet, without MAC addresses and tags */
	char *notes[IG_TALK_NOTES];
	size_t n_notes;
	struct ig_talk_name
		names[IG_TALK_NAMES]; /* by which the machine knows the remote's address */
	size_t n_names;
	bool made_up; /* the remote is a name without an address: @there is told for one */
};

struct ig_talks {
	struct ig_remote remote; /* owns the name */
	struct ig_talk *items;
	size_t count, capacity;
};

/* Reads a question. 0; -EINVAL, -ENODEV, -ENODATA with a diagnostic; -ENOMEM. */
int ig_talks_read(struct ig_explain *explain, const struct iotguard_question *question,
		  const struct iotguard_explain_opts *opts, struct ig_talks *out);
void ig_talks_clear(struct ig_talks *talks);
void ig_talk_note(struct ig_talk *talk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* One end of it, and what is asked there. */
struct ig_talk_end {
	const struct ig_talk *talk;
	const struct ig_house_machine *machine;
	bool from; /* its `from` rules */
	struct ig_frame frame;
};

/* Its ends, the machine's first. How many. */
size_t ig_talk_ends(const struct ig_house *house, const struct ig_talk *talk,
		    struct ig_talk_end ends[2]);
int ig_talk_ask(struct ig_explain *explain, const struct ig_talk_end *end,
		struct iotguard_verdict *verdict);

/* The rule that would allow it at that end, for a result @array. Nothing where there is none. 0, -ENOMEM. */
int ig_explain_remedy(struct ig_explain *explain, const struct ig_talk *talk,
		      const struct ig_talk_end *end, void *array, struct iotguard_explain_end *out);

/* What is the matter, and what to do. */
void ig_explain_words(const struct ig_house *house, const struct ig_talk *talk,
		      const struct ig_talk_end *end, void *array, struct iotguard_explain_end *out);
/* explain_names.c: notes that it may not ask for the name. */
void ig_explain_strict(const struct ig_house *house, struct ig_talk *talk);
/* What holds for all of it. */
void ig_explain_notes(struct ig_explain *explain, struct ig_talk *talk,
		      const struct iotguard_explanation *out);
