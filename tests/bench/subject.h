/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is measured: the programs as they run on an interface (not the replaying ones), with maps of their own, under a
 * policy of so many devices and rules.
 */
#pragma once

#include <stdint.h>

#include "object.h"

struct ring_buffer;

struct bench_subject {
	struct ig_object object;
	struct ring_buffer *
		events; /* mapped once: a mapping that comes and goes takes what the CPU knows of all others along */
	unsigned int devices, rules, flows; /* flows: quota of a device; 0: the default */
};

/*
 * Every device has the same @rules rules, of which the last ones admit the frames of bench_udp4() and bench_udp6() to
 * port 7. @port: name of the interface that frames come in by; its ifindex is looked up when it is loaded.
 */
void bench_subject_load(struct bench_subject *subject, unsigned int devices, unsigned int rules,
			unsigned int flows, const char *port);
void bench_subject_close(struct bench_subject *subject);

/* Reads all records of the event ring, and forgets them. */
void bench_subject_drain(struct bench_subject *subject);

struct bench_frame {
	uint8_t bytes[256];
	uint32_t size;
};

/* The smallest frames that carry 18 bytes by UDP, of machine 0, to the gateway's MAC address. */
struct bench_frame bench_udp4(uint32_t remote, uint16_t src_port, uint16_t dst_port);
struct bench_frame bench_udp6(uint16_t src_port, uint16_t dst_port);

/* The same the other way: what the remote answers. */
struct bench_frame bench_answer_to(const struct bench_frame *frame);

/* Behind a tag of 802.1Q. */
struct bench_frame bench_tagged(const struct bench_frame *frame, uint16_t vlan);

/* A query of machine 0 for the name that a rule of all has, and the answer with four addresses. */
struct bench_frame bench_dns_query(void);
struct bench_frame bench_dns_answer(void);

#define BENCH_REMOTE   0xc6336401u /* 198.51.100.1 */
#define BENCH_RESOLVER 0x0a000001u
