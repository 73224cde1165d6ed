/* SPDX-License-Identifier: BSD-2-Clause */
/* How sentences become frames, for those who know a layer. */
#pragma once

#include <stdbool.h>

#include "frames.h"

struct builder {
	struct frame *f;
	char *rest;	  /* of the sentence */
	const char *text; /* all of it, for complaints */
	uint8_t *type;	  /* ethertype field that the next layer fills */
	uint8_t *proto;	  /* protocol field, likewise */
	struct layers {
		uint8_t *ip4, *ip6, *udp; /* headers whose lengths wait for the end */
		bool total_given, len_given, ulen_given;
	} now, quoting;		/* the packet that is built, and the one that quotes it */
	uint8_t *extension;	/* the last one */
	uint8_t *fragment;	/* the fragment header */
	uint8_t *dhcp;		/* the message */
	uint8_t *dns;		/* likewise */
	bool dns_length;	/* with its length in front, as over TCP */
	unsigned int dns_owner; /* where the next record's name stands; 0: it is @dns_name */
	char *dns_name;
	unsigned int dns_ttl;
};

/* The next word, number, bytes of the sentence; whatever does not parse fails the test. */
char *frame_next(struct builder *b);
unsigned int frame_number(struct builder *b);
unsigned int frame_bytes(struct builder *b); /* appended; how many */
void frame_address(struct builder *b, int family, const char *word, uint8_t *at);
void frame_word_mac(struct builder *b, const char *word, uint8_t *at);
uint8_t *frame_more(struct builder *b, size_t n); /* so many zeros at the end of the frame */

void frame_add_dns(struct builder *b, bool answer);
bool frame_dns_word(struct builder *b, const char *word); /* false: it is none of DNS */
void frame_dns_end(struct builder *b);

void frame_add_dhcp(struct builder *b);
bool frame_dhcp_word(struct builder *b, const char *word); /* false: it is none of DHCP */
