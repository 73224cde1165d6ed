/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from sentences. Layers from the outside in, each with its options behind it:
 *
 *	cam>gw tag 30 ip4 10.0.0.10>203.0.113.5 ttl 64 tcp 40000>443 SA
 *
 *	SRC>DST                  MAC addresses: a name of frame_mac(), or six pairs of digits
 *	tag N, stag N            802.1Q and 802.1ad
 *	arp OP MAC IP MAC IP     OP: request, reply or a number; sender, then target
 *	ip4 A>B                  ttl N, tos N, id N, mf, frag N (in units of 8), opts N (bytes that do
 *	                         nothing), optx HEX (bytes as they are), total N, ihl N, version N,
 *	                         proto N
 *	ip6 A>B                  ttl N, tos N (the traffic class), len N, version N, proto N; hbh,
 *	                         dstopt, route, ah, fraghdr, each with its length field: hbh 0;
 *	                         behind fraghdr: id N, mf, frag N; behind route: rtype T LEFT
 *	tcp S>D FLAGS            of FSRPA; doff N
 *	udp S>D                  ulen N
 *	icmp T.C N, icmp6 T.C N  N: identifier
 *	quote                    behind these: what follows is a packet that an error is about
 *	rs, ns IP, na IP         router and neighbour solicitation, advertisement; hop limit 255
 *	ra, redirect IP          likewise
 *	opt T MAC                link-layer address option; optraw T N: with length field N
 *	dhcp TYPE                discover, offer, request, decline, ack, nak, release, inform, or - for
 *	                         none; of the device at the other end. Behind it: xid N (else 1),
 *	                         client MAC, ci IP, yi IP, gi IP, op N, htype N, hlen N, cookie N (its
 *	                         last byte); options: asks IP, lease N, raw HEX
 *	query NAME TYPE          a DNS message; `over` before it: with its length, as over TCP
 *	answer NAME TYPE         likewise. TYPE: A, AAAA, CNAME, HTTPS, TXT, ANY or a number. Behind it:
 *	                         msg N (its identifier, else 1), flags N, questions N, answers N (as it
 *	                         says), class N; records: a IP, aaaa IP, alias NAME (the next ones are its),
 *	                         many N IP (counting up), other TYPE SIZE; of the next ones: living N
 *	                         (seconds), owner NAME or at N (a pointer to byte N); bytes HEX. In a NAME,
 *	                         @N at its end is a pointer
 *	dhcp6 TYPE               a message of 20 bytes
 *	igmp T, mld T            8 and 24 bytes
 *	type N                   another ethertype
 *	data N                   N bytes of payload
 *	hex HEX                  payload, byte by byte
 *	pad N                    last: zeros up to a frame of N bytes
 *
 * Lengths are right unless an option says otherwise. A sentence that does not parse fails the test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX    2048
#define SENTENCE_MAX (2 * FRAME_MAX + 512)

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t size;
};

void frame_make(struct frame *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The MAC address of a name: gw, all, stranger, or one of the machines of the test inventories. */
void frame_mac(const char *name, uint8_t mac[6]);
