/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Print bytes for people, as a hexadecimal dump or as the strings in them. Both accept
 * the data in pieces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEX_LINE 16

/* A dump. Start zeroed, with the offset of the first byte in the member at. Repeated
 * lines are printed as one '*'; the last line is always printed, so that the end is
 * visible. */
struct hex {
	uint64_t at; /* offset of line[0] */
	size_t n;
	bool any, star; /* any: before[] has the previous line; star: a '*' was printed
			   for its repetitions */
	unsigned char line[HEX_LINE], before[HEX_LINE];
};

void hex_add(struct hex *h, const char *data, size_t n);
void hex_end(struct hex *h);

/* As strings(1): runs of at least min printable ASCII characters and tabs, one per line.
 * Start zeroed, with min set. */
#define STRINGS_MIN_MAX 4096
struct strings {
	size_t min, n; /* n: length of the run so far; its bytes are kept only until the
			  run has min bytes */
	char kept[STRINGS_MIN_MAX];
};

void strings_add(struct strings *s, const char *data, size_t n);
void strings_end(struct strings *s);
