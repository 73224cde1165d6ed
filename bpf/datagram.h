/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fragments: ports stand in the first one only, so that one is judged and remembered, and the later
 * ones follow it. Which bytes of a datagram there were is remembered as well, since overlapping
 * fragments can be put together to another packet than the one that was judged (RFC 1858, 5722).
 *
 * Each device has places of its own: one that sends fragments without end can only push out its own
 * datagrams.
 */
#pragma once

/* What one fragment adds. Units are 8 bytes: all but the last fragment are multiples of that, so that
 * units overlap where bytes do. */
struct ig_piece {
	__u32 first; /* of its units */
	__u32 end;   /* behind the last one */
	__u32 bytes; /* of the datagram, as far as to its end */
	__u32 last;  /* 1: nothing follows */
};

always_inline void ig_datagram_key_of(struct ig_datagram_key *key, const struct ig_packet *pkt,
				      const struct ig_judgement *j)
{
	__builtin_memcpy(key->src, &pkt->src, 16);
	__builtin_memcpy(key->dst, &pkt->dst, 16);
	key->id = pkt->datagram;
	key->device = j->index;
	key->generation = (__u32)j->generation;
	key->proto = pkt->ip_version == 4 ? pkt->proto : 0;
	key->ip_version = pkt->ip_version;
	key->direction = pkt->direction;
	key->pad = 0;
}

always_inline void ig_piece_of(struct ig_piece *piece, const struct ig_packet *pkt)
{
	piece->first = pkt->fragment_at;
	piece->bytes = (__u32)pkt->fragment_at * 8 + pkt->fragment_length;
	piece->end = (piece->bytes + 7) / 8;
	piece->last = !pkt->more_fragments;
}

always_inline bool ig_datagram_forgotten(const struct ig_datagram *datagram, __u64 now)
{
	__u64 since = datagram->since_ns;

	return !since || (now > since && now - since > IG_DATAGRAM_NS);
}

always_inline bool ig_datagram_same(const struct ig_datagram_key *a,
				    const struct ig_datagram_key *b, bool of_any_generation)
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;
	__u64 differ = (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) |
		       (x[4] ^ y[4]);

	if (of_any_generation)
		return !(differ | (a->proto ^ b->proto) | (a->ip_version ^ b->ip_version) |
			 (a->direction ^ b->direction));
	return !(differ | (x[5] ^ y[5]));
}

always_inline struct ig_datagram *ig_datagram_place(__u32 device, __u32 i)
{
	__u32 at = device % IG_DATAGRAM_RINGS * IG_DATAGRAM_PLACES + i;

	return bpf_map_lookup_elem(&ig_fragments, &at);
}

/* Loops here stay loops: unrolled, every run would double the paths that the verifier walks. */
#define for_each_run(i) \
	_Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < IG_DATAGRAM_RUNS; i++)

/* Would it contradict what was there? Called under the lock. */
always_inline bool ig_piece_overlaps(const struct ig_datagram *datagram,
				     const struct ig_piece *piece)
{
	__u32 seen = 0;

	for_each_run(i)
	{
		__u32 first = datagram->runs[i].first, end = datagram->runs[i].end;

		if (piece->first < end && first < piece->end)
			return true;
		if (end > seen)
			seen = end;
	}
	if (datagram->end)
		return piece->last || piece->bytes > datagram->end;
	return piece->last && piece->bytes < seen * 8;
}

/* Joins it to the runs that it touches: these are taken out, and what they are together is put in
 * again. False: there would be too many. Called under the lock. */
always_inline bool ig_piece_join(struct ig_datagram *datagram, const struct ig_piece *piece)
{
	__u32 first = piece->first, end = piece->end, place = IG_DATAGRAM_RUNS;

	for_each_run(i)
	{
		struct ig_run *run = &datagram->runs[i];

		if (run->end && run->end == piece->first) {
			first = run->first;
			run->first = run->end = 0;
		} else if (run->end && run->first == piece->end) {
			end = run->end;
			run->first = run->end = 0;
		}
		if (!run->end)
			place = i;
	}
	if (place >= IG_DATAGRAM_RUNS)
		return false;
	datagram->runs[place].first = first;
	datagram->runs[place].end = end;
	if (piece->last)
		datagram->end = piece->bytes;
	if (datagram->end && !first && end == (datagram->end + 7) / 8)
		datagram->since_ns = 0; /* all of it was there: forgotten */
	return true;
}

/* Is it of the datagram in this place? NONE: no. */
verified_alone enum ig_reason ig_datagram_try(const struct ig_packet *pkt, struct ig_judgement *j,
					      __u32 place)
{
	struct ig_datagram *datagram;
	struct ig_datagram_key key;
	bool known, follows = false;
	struct ig_piece piece;
	bool refused = false;
	__u32 rule;

	if (!pkt || !j)
		return IG_REASON_NONE;
	ig_datagram_key_of(&key, pkt, j);
	datagram = ig_datagram_place(j->index, place);
	if (!datagram || !ig_datagram_same(&datagram->key, &key, false))
		return IG_REASON_NONE;
	ig_piece_of(&piece, pkt);
	bpf_spin_lock(&datagram->lock);
	/* asked again: the place may be another datagram's by now */
	known = ig_datagram_same(&datagram->key, &key, false) &&
		!ig_datagram_forgotten(datagram, j->now);
	rule = datagram->rule;
	refused = j->quarantined && !datagram->spared;
	if (known && !refused && !datagram->dead)
		follows = !ig_piece_overlaps(datagram, &piece) && ig_piece_join(datagram, &piece);
	if (known && !refused && !follows)
		datagram->dead = 1;
	bpf_spin_unlock(&datagram->lock);
	if (!known)
		return IG_REASON_NONE;
	if (refused) {
		j->rule = rule;
		return IG_REASON_QUARANTINE;
	}
	if (!follows)
		return IG_REASON_FRAGMENT_OVERLAP;
	j->rule = rule;
	return IG_REASON_LATER_FRAGMENT;
}

/* A later fragment: follows its first one, or does not pass. */
always_inline enum ig_reason ig_datagram_follow(const struct ig_packet *pkt, struct ig_judgement *j)
{
#pragma unroll
	for (__u32 i = 0; i < IG_DATAGRAM_PLACES; i++) {
		enum ig_reason reason = ig_datagram_try(pkt, j, i);

		if (reason)
			return reason;
	}
	return IG_REASON_FRAGMENT;
}

/* A first fragment: was there one before? */
verified_alone int ig_datagram_again(const struct ig_packet *pkt, const struct ig_judgement *j)
{
	struct ig_datagram_key key;

	if (!pkt || !j)
		return 0;
	ig_datagram_key_of(&key, pkt, j);
#pragma unroll
	for (__u32 i = 0; i < IG_DATAGRAM_PLACES; i++) {
		struct ig_datagram *datagram = ig_datagram_place(j->index, i);

		if (datagram && ig_datagram_same(&datagram->key, &key, false) &&
		    !ig_datagram_forgotten(datagram, j->now)) {
			datagram->dead = 1;
			return 1;
		}
	}
	return 0;
}

/* A first fragment was admitted. */
verified_alone int ig_datagram_remember(const struct ig_packet *pkt, const struct ig_judgement *j)
{
	struct ig_datagram *datagram;
	struct ig_datagram_key key;
	__u64 oldest = ~0ull;
	__u32 place = 0;

	if (!pkt || !j)
		return 0;
	ig_datagram_key_of(&key, pkt, j);
#pragma unroll
	for (__u32 i = 0; i < IG_DATAGRAM_PLACES; i++) {
		datagram = ig_datagram_place(j->index, i);
		if (!datagram)
			return 0;
		if (ig_datagram_forgotten(datagram, j->now) ||
		    ig_datagram_same(&datagram->key, &key, true)) {
			place = i;
			break;
		}
		if (datagram->since_ns < oldest) {
			oldest = datagram->since_ns;
			place = i;
		}
	}
	datagram = ig_datagram_place(j->index, place);
	if (!datagram)
		return 0;
	bpf_spin_lock(&datagram->lock);
	__builtin_memcpy(&datagram->key, &key, sizeof(key));
	__builtin_memset(datagram->runs, 0, sizeof(datagram->runs));
	datagram->runs[0].end = pkt->fragment_length / 8;
	datagram->since_ns = j->now;
	datagram->rule = j->rule;
	datagram->end = 0;
	datagram->dead = 0;
	datagram->spared = j->spared;
	bpf_spin_unlock(&datagram->lock);
	return 0;
}
