/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By code of our own and not by the resolver library's: that lets pointers lead forward and into the header, and wants
 * sections in order that nobody looks at. What one reader refuses and another one takes is a way around the first.
 */
#include <arpa/nameser.h>
#include <errno.h>
#include <string.h>

#include "dns_message.h"
#include "util.h"

#define FLAG_RESPONSE  0x8000u
#define FLAGS_OPCODE   0x7800u
#define STEPS_MAX      160 /* labels and pointers on the way through one name */
#define RECORD_FIXED   10u /* type, class, time to live, length */
#define POINTER	       0xc0u
#define QUESTION_FIXED 4u

/* A name in lower case, without pointers. */
struct name {
	uint16_t length; /* last zero byte included */
	uint8_t text[IG_DNS_NAME_MAX];
};

/* Of class IN, and an address or an alias. */
struct record {
	struct name owner;
	uint16_t type;
	uint16_t size; /* of its data */
	uint32_t ttl;
	size_t at; /* of its data */
};

struct reader {
	const uint8_t *bytes;
	size_t size;
	size_t at;
	struct record *records;
	size_t n_records;
	/* the name of the question, and what it is an alias of */
	struct name chain[IG_DNS_ALIASES_MAX + 1];
	size_t n_chain;
};

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

/* --- names --- */

/* Letters of ASCII, wherever this runs. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool put_label(struct name *name, const uint8_t *label)
{
	size_t size = label[0] + 1u;

	if (name->length + size > IG_DNS_NAME_MAX - 1) /* the zero byte has to have room, too */
		return false;
	name->text[name->length] = label[0];
	for (size_t i = 1; i < size; i++)
		name->text[name->length + i] = lower(label[i]);
	name->length = (uint16_t)(name->length + size);
	return true;
}

/* The name at @at. Pointers lead backward, each to before where the last one led: so there is an end. Where it ends in
 * the message; 0: it is none. */
static size_t read_name(const struct reader *r, size_t at, struct name *name)
{
	size_t before = at, end = 0, target;

	name->length = 0;
	for (int step = 0; step < STEPS_MAX && at < r->size; step++) {
		uint8_t b = r->bytes[at];

		if (!b) {
			name->text[name->length++] = 0;
			return end ? end : at + 1;
		}
		if (b <= NS_MAXLABEL) {
			if (at + 1 + b > r->size || !put_label(name, r->bytes + at))
				return 0;
			at += b + 1u;
			continue;
		}
		if (b < POINTER || at + 1 >= r->size)
			return 0;
		target = get16(r->bytes + at) & 0x3fffu;
		if (target >= before || target < NS_HFIXEDSZ)
			return 0;
		end = end ? end : at + 2;
		at = before = target;
	}
	return 0;
}

static bool names_equal(const struct name *a, const struct name *b)
{
	return a->length == b->length && !memcmp(a->text, b->text, a->length);
}

/* --- the question --- */

/* There is nothing before it that a pointer could mean. */
static int read_question(struct reader *r, struct ig_dns_message *out)
{
	size_t end;

	if (r->size < NS_HFIXEDSZ)
		return -EBADMSG;
	out->id = get16(r->bytes);
	if (!(get16(r->bytes + 2) & FLAG_RESPONSE) || get16(r->bytes + 2) & FLAGS_OPCODE ||
	    get16(r->bytes + 4) != 1)
		return -EBADMSG;
	end = read_name(r, NS_HFIXEDSZ, &r->chain[0]);
	if (!end || end != (size_t)NS_HFIXEDSZ + r->chain[0].length ||
	    end + QUESTION_FIXED > r->size)
		return -EBADMSG;
	out->name_length = r->chain[0].length;
	memcpy(out->name, r->bytes + NS_HFIXEDSZ, out->name_length);
	out->type = get16(r->bytes + end);
	out->class = get16(r->bytes + end + 2);
	r->n_chain = 1;
	r->at = end + QUESTION_FIXED;
	return 0;
}

/* --- the answers --- */

static bool is_wanted(uint16_t type, uint16_t class)
{
	return class == ns_c_in && (type == ns_t_a || type == ns_t_aaaa || type == ns_t_cname);
}

static int read_record(struct reader *r)
{
	struct record *record = &r->records[r->n_records];
	size_t at = read_name(r, r->at, &record->owner);
	const uint8_t *fixed = r->bytes + at;

	if (!at || at + RECORD_FIXED > r->size)
		return -EBADMSG;
	record->type = get16(fixed);
	record->ttl = get32(fixed + 4);
	record->size = get16(fixed + 8);
	record->at = at + RECORD_FIXED;
	if (record->at + record->size > r->size)
		return -EBADMSG;
	r->at = record->at + record->size;
	r->n_records += is_wanted(record->type, get16(fixed + 2));
	return 0;
}

static int read_records(struct reader *r, size_t n)
{
	int err = 0;

	if (n > IG_DNS_RECORDS_MAX)
		return -E2BIG;
	if (n > (r->size - r->at) / (1 + RECORD_FIXED)) /* of the shortest ones there are */
		return -EBADMSG;
	r->records = calloc(n ? n : 1, sizeof(*r->records));
	if (!r->records)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++)
		err = read_record(r);
	return err;
}

static void take_ttl(struct ig_dns_message *out, const struct record *record)
{
	uint32_t ttl = record->ttl >> 31 ? 0 : record->ttl; /* RFC 2181 section 8 */

	if (ttl < out->ttl)
		out->ttl = ttl;
}

static bool in_chain(const struct reader *r, const struct name *name)
{
	for (size_t i = 0; i < r->n_chain; i++) {
		if (names_equal(&r->chain[i], name))
			return true;
	}
	return false;
}

static const struct record *alias_of(const struct reader *r, const struct name *name)
{
	for (size_t i = 0; i < r->n_records; i++) {
		if (r->records[i].type == ns_t_cname && names_equal(&r->records[i].owner, name))
			return &r->records[i];
	}
	return NULL;
}

static int follow_aliases(struct reader *r, struct ig_dns_message *out)
{
	const struct record *alias;
	struct name target;

	while ((alias = alias_of(r, &r->chain[r->n_chain - 1]))) {
		if (read_name(r, alias->at, &target) != alias->at + alias->size ||
		    in_chain(r, &target))
			return -EBADMSG;
		if (r->n_chain == ARRAY_SIZE(r->chain))
			return -E2BIG;
		take_ttl(out, alias);
		r->chain[r->n_chain++] = target;
	}
	return 0;
}

static int take_address(const struct reader *r, const struct record *record,
			struct ig_dns_message *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint8_t *to;

	if (record->size != (record->type == ns_t_a ? 4 : 16))
		return -EBADMSG;
	take_ttl(out, record);
	/* an IPv4 address that is spelt so is none that IPv6 goes to, and not what IPv4 was told */
	if (record->type == ns_t_aaaa && !memcmp(r->bytes + record->at, mapped, sizeof(mapped)))
		return 0;
	if (out->n_addresses == IG_DNS_ADDRESSES_MAX)
		return -E2BIG;
	to = out->addresses[out->n_addresses++];
	memcpy(to, mapped, sizeof(mapped));
	memcpy(to + 16 - record->size, r->bytes + record->at, record->size);
	return 0;
}

static int take_addresses(const struct reader *r, struct ig_dns_message *out)
{
	int err = 0;

	for (size_t i = 0; i < r->n_records && !err; i++) {
		const struct record *record = &r->records[i];

		if (record->type != ns_t_cname && in_chain(r, &record->owner))
			err = take_address(r, record, out);
	}
	return err;
}

static bool asks_for_addresses(const struct ig_dns_message *message)
{
	return message->class == ns_c_in &&
	       (message->type == ns_t_a || message->type == ns_t_aaaa || message->type == ns_t_any);
}

int ig_dns_message_read(const uint8_t *bytes, size_t size, struct ig_dns_message *out)
{
	struct reader r = {.bytes = bytes, .size = size};
	int err;

	memset(out, 0, sizeof(*out));
	out->ttl = IG_DNS_TTL_MAX;
	err = size > IG_DNS_MESSAGE_MAX ? -E2BIG : read_question(&r, out);
	if (err || !asks_for_addresses(out))
		return err;
	err = read_records(&r, get16(bytes + 6));
	err = err ?: follow_aliases(&r, out);
	err = err ?: take_addresses(&r, out);
	free(r.records);
	return err;
}
