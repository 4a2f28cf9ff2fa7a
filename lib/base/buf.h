/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A growing byte buffer. A zero-initialised buffer is empty; release it with
 * ix_buf_free(). */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

struct ix_buf {
	char *data;
	size_t len, cap;
	bool starved; /* there was no memory for something that is missing now: callers
			 that append much check this once, at the end */
};

/* Make room for n more bytes at the end without changing len. Returns NULL if out of
 * memory. */
char *ix_buf_grow(struct ix_buf *b, size_t n);

static inline char *ix_buf_room(struct ix_buf *b, size_t n)
{
	return n <= b->cap - b->len ? b->data + b->len : ix_buf_grow(b, n);
}

/* Append bytes. Return 0 or -ENOMEM. */
int ix_buf_add(struct ix_buf *b, const void *data, size_t n);
int ix_buf_str(struct ix_buf *b, const char *text);
int ix_buf_printf(struct ix_buf *b, const char *fmt, ...) PRINTF(2, 3);

void ix_buf_free(struct ix_buf *b);

#define auto_buf __attribute__((cleanup(ix_buf_free)))
