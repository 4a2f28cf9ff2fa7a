/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SHA-256 (FIPS 180-4). Our own, as the kernel's (AF_ALG) is a module that many systems
 * leave out and many containers forbid, and a library would be one more to depend on.
 */
#include "base/sha256.h"

#include <string.h>

#include "base/util.h"

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
/* clang-format off */
static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

static uint32_t turn(uint32_t x, unsigned by)
{
	return x >> by | x << (32 - by);
}

static uint32_t word_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* FIPS 180-4, 6.2.2: a block of 64 bytes. The letters are the standard's; moved one by
 * one they stay in registers. */
static void add_block(uint32_t state[8], const unsigned char *p)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	uint32_t w[64];

	for (size_t t = 0; t < 16; t++)
		w[t] = word_at(p + 4 * t);
	for (size_t t = 16; t < 64; t++) {
		uint32_t x = w[t - 15], y = w[t - 2];

		w[t] = w[t - 16] + (turn(x, 7) ^ turn(x, 18) ^ x >> 3) + w[t - 7] +
		       (turn(y, 17) ^ turn(y, 19) ^ y >> 10);
	}
	for (size_t t = 0; t < 64; t++) {
		uint32_t t1 = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
			      ((e & f) ^ (~e & g)) + k[t] + w[t];
		uint32_t t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) +
			      ((a & b) ^ (a & c) ^ (b & c));

		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
	state[5] += f;
	state[6] += g;
	state[7] += h;
}

void ix_sha256_start(struct ix_sha256 *s)
{
	/* The same of the square roots of the first eight. */
	/* clang-format off */
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};
	/* clang-format on */

	*s = (struct ix_sha256){ .len = 0 };
	memcpy(s->state, first, sizeof(first));
}

void ix_sha256_add(struct ix_sha256 *s, const void *data, size_t n)
{
	const unsigned char *p = data;

	while (n > 0) {
		size_t at = s->len % sizeof(s->block), part;

		if (at == 0 && n >= sizeof(s->block)) {
			add_block(s->state, p);
			part = sizeof(s->block);
		} else {
			part = MIN(n, sizeof(s->block) - at);
			memcpy(s->block + at, p, part);
			if (at + part == sizeof(s->block))
				add_block(s->state, s->block);
		}
		s->len += part;
		p += part;
		n -= part;
	}
}

void ix_sha256_end(struct ix_sha256 *s, char ret_hex[IX_SHA256_HEX])
{
	uint64_t bits = s->len * 8;
	unsigned char length[8];

	ix_sha256_add(s, "\x80", 1);
	while (s->len % sizeof(s->block) != sizeof(s->block) - sizeof(length))
		ix_sha256_add(s, "", 1);
	for (size_t i = 0; i < sizeof(length); i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	ix_sha256_add(s, length, sizeof(length));
	for (size_t i = 0; i < IX_SHA256_HEX - 1; i++)
		ret_hex[i] =
			"0123456789abcdef"[s->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
	ret_hex[IX_SHA256_HEX - 1] = '\0';
}
