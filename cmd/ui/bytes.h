/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How bytes are shown to people: as a hexadecimal dump, or the texts in them. Both take
 * them piece by piece. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEX_LINE 16

/* A dump: zeroed, with the offset of the first byte in at. Lines like the one before are
 * one '*'; the last is always shown, so that the end can be seen. */
struct hex {
	uint64_t at; /* of line[0] */
	size_t n;
	bool any, star; /* whether before[] is a line; whether it stands for more */
	unsigned char line[HEX_LINE], before[HEX_LINE];
};

void hex_add(struct hex *h, const char *data, size_t n);
void hex_end(struct hex *h);

/* What strings(1) shows: runs of at least min printable ASCII characters and tabs, a line
 * each. Zeroed, with min set. */
#define STRINGS_MIN_MAX 4096
struct strings {
	size_t min, n; /* how many came so far; kept only as long as too few */
	char kept[STRINGS_MIN_MAX];
};

void strings_add(struct strings *s, const char *data, size_t n);
void strings_end(struct strings *s);
