/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every fuzz target includes: the entry point that libFuzzer and replay.c call, and
 * how a target reports a failure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert(3), this check stays active in release builds. */
#define CHECK(condition)                                                                 \
	do {                                                                             \
		if (!(condition)) {                                                      \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, \
				      #condition);                                       \
			abort();                                                         \
		}                                                                        \
	} while (0)

/*
 * Return the input as a string in memory of exactly its size, so that a read past the end
 * is detected. The caller frees it.
 */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\0', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	char *text = malloc(len + 1);

	CHECK(text);
	if (len)
		memcpy(text, data, len);
	text[len] = '\0';
	return text;
}
