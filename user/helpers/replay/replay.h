/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iotguard-replay: what the parts say to each other.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "iotguard/iotguard.h"

#define PROGRAM "iotguard-load" /* as which a person called it */

/* The same as those of iotguard-load. */
enum replay_exit {
	REPLAY_OK = 0,
	REPLAY_FAILED = 1,
	REPLAY_USAGE = 2,
	REPLAY_INVALID = 3,
	REPLAY_UNABLE = 4,
};

/* ---------------------------------------------------------------------------------- the capture */

struct capture;

struct packet {
	const uint8_t *bytes; /* until the next one is read */
	size_t captured;
	size_t length;	  /* on the wire, at least captured */
	uint64_t time_ns; /* since the epoch */
};

#define CAPTURE_WHY 512

/*
 * Opens a pcap or pcapng of Ethernet; "-" is standard input. 0, or -errno with a sentence in @why
 * (and in @hint what to do, or an empty one), both of CAPTURE_WHY bytes.
 */
int capture_open(const char *path, struct capture **out, char *why, char *hint);
/*
 * 1: @packet is the next one; 0: the end; -EINVAL: the file breaks off or lies, with a sentence in
 * @why.
 */
int capture_next(struct capture *capture, struct packet *packet, char *why);
void capture_close(struct capture *capture); /* NULL is fine */

/* --------------------------------------------------------------------------------- the verdicts */

struct outcome {
	uint64_t number; /* of the packet, from 1 */
	enum iotguard_side side;
	struct iotguard_verdict verdict; /* not if the side is IGNORED */
};

/* ----------------------------------------------------------------------------------- the report */

enum detail {
	DETAIL_DROPS, /* lines of packets that were dropped, or would have been */
	DETAIL_ALL,
	DETAIL_NONE,
};

#define EVENT_TYPES 4
#define REASONS	    128

struct report {
	FILE *out;
	bool json;
	bool colour;
	enum detail detail;
	uint64_t first_ns; /* text counts from the first packet */
	uint64_t packets, passed, dropped, ignored, would_drop;
	uint64_t reasons[REASONS];
	uint64_t events[EVENT_TYPES]; /* by event_types[] */
	bool truncated;
};

extern const char *const event_types[EVENT_TYPES];

/* Counts a packet, and prints it as the report wants. */
void report_packet(struct report *report, const struct packet *packet,
		   const struct outcome *outcome);
void report_event(struct report *report, const struct iotguard_event *event);
void report_summary(const struct report *report);

/* "10.0.0.2 -> 203.0.113.9 tcp/443", as far as the frame tells, in @buf of DESCRIBE_TEXT bytes. */
#define DESCRIBE_TEXT 192
void describe(const struct packet *packet, char *buf);

/* ---------------------------------------------------------------------------------- the program */

struct replay {
	const char *capture_path;
	const char *inventory_path;
	bool learn_bindings;
	bool colour_errors;
	struct report report;
	struct iotguard *ig;
	struct iotguard_inventory *inventory;
	struct iotguard_policy *policy;
	struct iotguard_instance *instance;
	struct capture *capture;
};

/* Prints the diagnostics of the library, and empties its list. */
void say_diags(const struct replay *replay);
/* @file NULL: about no file; @hint NULL or empty: none. */
void say_error(const struct replay *replay, const char *file, const char *hint, const char *format,
	       ...) __attribute__((format(printf, 4, 5)));

/* The call that returned @err (negative) is the end: says why, and returns the exit status. */
int kernel_failed(const struct replay *replay, int err, const char *what);
int inventory_failed(const struct replay *replay, int err);

/* Judges and reports every packet, and the summary. Returns enum replay_exit. */
int replay_packets(struct replay *replay);
