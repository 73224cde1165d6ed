/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "generation.h"
#include "handle.h"
#include "policy.h"
#include "subject.h"

/* --- the policy --- */

static void write_rules(FILE *f, unsigned int rules)
{
	/* the ones that match are the last: one for each IP version, and a name */
	for (unsigned int i = 3; i < rules; i++)
		fprintf(f, "      - allow to 203.0.%u.%u udp/%u\n", 100 + i / 250, i % 250,
			1000 + i);
	fprintf(f, "      - allow to 198.51.100.0/24 udp/7\n");
	if (rules > 1)
		fprintf(f, "      - allow to 2001:db8::/32 udp/7\n");
	if (rules > 2)
		fprintf(f, "      - allow to api.vendor.example tcp/443\n");
}

static void write_inventory(FILE *f, const struct bench_subject *s, const char *port)
{
	fprintf(f,
		"version: 1\ngateway: {macs: [\"02:00:5e:ff:00:01\"], addresses: [10.0.0.1, \"fd00::1\"],\n"
		"  resolvers: [10.0.0.1]}\n"
		"segments:\n  lan: {interfaces: [%s], networks: [10.0.0.0/8, \"fd00::/64\"]}\n"
		"  tagged: {interfaces: [%s], vlan: 30, networks: [172.16.0.0/16]}\n"
		"profiles:\n  p:\n",
		port, port);
	if (s->flows)
		fprintf(f, "    flows: %u\n", s->flows);
	fprintf(f, "    rules:\n");
	write_rules(f, s->rules);
	fprintf(f,
		"devices:\n  behind-a-tag: {mac: \"02:00:5e:f0:00:00\", addresses: [172.16.0.2], segment: tagged, "
		"profile: p}\n");
	for (unsigned int i = 0; i < s->devices; i++)
		fprintf(f,
			"  d%u: {mac: \"02:00:5e:%02x:%02x:%02x\", addresses: [10.%u.%u.%u, \"fd00::%x:%x\"], segment: lan, "
			"profile: p}\n",
			i, i >> 16, i >> 8 & 255, i & 255, (i + 2) >> 16, (i + 2) >> 8 & 255,
			(i + 2) & 255, (i + 2) >> 16, (i + 2) & 0xffff);
}

static unsigned int ifindex_of(const char *name, void *context)
{
	(void)context;
	return if_nametoindex(name);
}

static void check(struct iotguard *ig, const char *what, int err)
{
	if (err)
		bench_die(iotguard_diag_count(ig) ? iotguard_diag_get(ig, 0)->message : what, err);
}

static int ignore_record(void *context, void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

void bench_subject_load(struct bench_subject *s, unsigned int devices, unsigned int rules,
			unsigned int flows, const char *port)
{
	char path[] = "/tmp/bench-inventory-XXXXXX";
	struct iotguard_inventory *inv;
	struct iotguard_policy *policy;
	struct ig_sizes sizes;
	struct iotguard *ig;
	FILE *f = fdopen(mkstemp(path), "w");

	*s = (struct bench_subject){
		.object = IG_OBJECT_NONE, .devices = devices, .rules = rules, .flows = flows};
	if (!f || iotguard_open(&ig, NULL))
		bench_die("inventory", ENOMEM);
	write_inventory(f, s, port);
	fclose(f);
	check(ig, "inventory", iotguard_inventory_load(ig, path, &inv));
	unlink(path);
	check(ig, "policy", iotguard_policy_compile(ig, inv, &policy));
	ig_policy_sizes(policy, &sizes);
	check(ig, "programs", ig_object_load(&ig->diags, &sizes, false, &s->object));
	check(ig, "maps", ig_generation_write(&s->object, &policy->image, 1, ifindex_of, NULL));
	ig_generation_flip(&s->object);
	s->events = ring_buffer__new(s->object.maps[IG_MAP_events], ignore_record, NULL, NULL);
	if (!s->events)
		bench_die("ring", errno);
	iotguard_policy_free(policy);
	iotguard_inventory_free(inv);
	iotguard_close(ig);
}

void bench_subject_drain(struct bench_subject *s)
{
	ring_buffer__consume(s->events);
}

void bench_subject_close(struct bench_subject *s)
{
	ring_buffer__free(s->events);
	ig_object_close(&s->object);
}

/* --- frames --- */

static const uint8_t device_mac[6] = {0x02, 0, 0x5e, 0, 0, 0};
static const uint8_t gateway_mac[6] = {0x02, 0, 0x5e, 0xff, 0, 1};

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_udp(uint8_t *at, uint16_t src, uint16_t dst, unsigned int length)
{
	put16(at, src);
	put16(at + 2, dst);
	put16(at + 4, length);
}

static struct bench_frame frame_begin(uint16_t ethertype)
{
	struct bench_frame f = {};

	memcpy(f.bytes, gateway_mac, 6);
	memcpy(f.bytes + 6, device_mac, 6);
	put16(f.bytes + 12, ethertype);
	return f;
}

struct bench_frame bench_udp4(uint32_t remote, uint16_t src_port, uint16_t dst_port)
{
	struct bench_frame f = frame_begin(0x0800);
	uint32_t local_be = htonl(0x0a000002), remote_be = htonl(remote);
	uint8_t *ip = f.bytes + 14;

	f.size = 60;
	ip[0] = 0x45;
	put16(ip + 2, 46);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, &local_be, 4);
	memcpy(ip + 16, &remote_be, 4);
	put_udp(ip + 20, src_port, dst_port, 26);
	return f;
}

struct bench_frame bench_udp6(uint16_t src_port, uint16_t dst_port)
{
	struct bench_frame f = frame_begin(0x86dd);
	uint8_t *ip = f.bytes + 14;

	f.size = 80;
	ip[0] = 0x60;
	put16(ip + 4, 26);
	ip[6] = 17;
	ip[7] = 64;
	inet_pton(AF_INET6, "fd00::2", ip + 8);
	inet_pton(AF_INET6, "2001:db8::1", ip + 24);
	put_udp(ip + 40, src_port, dst_port, 26);
	return f;
}

static void swap(uint8_t *a, uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = a[i];

		a[i] = b[i];
		b[i] = c;
	}
}

struct bench_frame bench_answer_to(const struct bench_frame *frame)
{
	struct bench_frame f = *frame;
	bool six = f.bytes[12] == 0x86;
	uint8_t *ip = f.bytes + 14;

	swap(f.bytes, f.bytes + 6, 6);
	if (six)
		swap(ip + 8, ip + 24, 16);
	else
		swap(ip + 12, ip + 16, 4);
	ip += six ? 40 : 20;
	swap(ip, ip + 2, 2);
	return f;
}

struct bench_frame bench_tagged(const struct bench_frame *frame, uint16_t vlan)
{
	struct bench_frame f = *frame;

	memmove(f.bytes + 16, f.bytes + 12, f.size - 12);
	put16(f.bytes + 12, 0x8100);
	put16(f.bytes + 14, vlan);
	f.size += 4;
	return f;
}

static const uint8_t question[] = "\x03"
				  "api"
				  "\x06"
				  "vendor"
				  "\x07"
				  "example"
				  "\0\0\x01\0\x01";

static void put_message(struct bench_frame *f, bool answer)
{
	uint8_t *start = f->bytes + 42, *at = start;

	memcpy(at, answer ? "\0\1\x81\x80\0\1\0\4\0\0\0\0" : "\0\1\1\0\0\1\0\0\0\0\0\0", 12);
	memcpy(at + 12, question, sizeof(question) - 1);
	at += 12 + sizeof(question) - 1;
	for (uint8_t i = 0; i < 4 && answer; i++) {
		memcpy(at, "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xcb\0\x71", 15);
		at[15] = i;
		at += 16;
	}
	put16(f->bytes + 38, (unsigned int)(at - start) + 8);
	put16(f->bytes + 16, (unsigned int)(at - start) + 28);
	f->size = (uint32_t)(at - f->bytes);
}

struct bench_frame bench_dns_query(void)
{
	struct bench_frame f = bench_udp4(BENCH_RESOLVER, 40000, 53);

	put_message(&f, false);
	return f;
}

struct bench_frame bench_dns_answer(void)
{
	struct bench_frame query = bench_udp4(BENCH_RESOLVER, 40000, 53),
			   f = bench_answer_to(&query);

	put_message(&f, true);
	return f;
}
