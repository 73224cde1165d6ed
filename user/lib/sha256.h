/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 (FIPS 180-4). Its own, because the privileged loader links no cryptographic library; it
 * names inventories and guards nothing against an adversary who can time it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define IG_SHA256_SIZE 32

struct ig_sha256 {
	uint32_t state[8];
	uint64_t length;   /* bytes taken so far */
	uint8_t block[64]; /* the last length % 64 of them */
};

void ig_sha256_init(struct ig_sha256 *sha);
void ig_sha256_update(struct ig_sha256 *sha, const void *data, size_t size);
void ig_sha256_final(struct ig_sha256 *sha, uint8_t digest[IG_SHA256_SIZE]);

/* 64 hexadecimal digits and a NUL. */
void ig_sha256_hex(const uint8_t digest[IG_SHA256_SIZE], char hex[2 * IG_SHA256_SIZE + 1]);
