/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 of bytes that come piece by piece. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct ix_sha256 {
	uint32_t state[8];
	uint64_t len; /* bytes so far */
	unsigned char block[64];
};

/* The hash in hexadecimal, with its NUL. */
#define IX_SHA256_HEX 65

void ix_sha256_start(struct ix_sha256 *s);
void ix_sha256_add(struct ix_sha256 *s, const void *data, size_t n);
void ix_sha256_end(struct ix_sha256 *s, char ret_hex[IX_SHA256_HEX]);
