/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A byte buffer that grows by doubling; only this file reallocates memory for bytes. */
#include "base/buf.h"

#include <errno.h>
#include <string.h>

static char *buf_starved(struct ix_buf *b)
{
	b->starved = true;
	return NULL;
}

char *ix_buf_grow(struct ix_buf *b, size_t n)
{
	size_t want, cap = b->cap ? b->cap : 64;
	char *data;

	if (__builtin_add_overflow(b->len, n, &want))
		return buf_starved(b);
	if (want <= b->cap)
		return b->data + b->len;
	while (cap < want)
		if (__builtin_mul_overflow(cap, (size_t)2, &cap))
			return buf_starved(b);
	data = realloc(b->data, cap);
	if (!data)
		return buf_starved(b);
	b->data = data;
	b->cap = cap;
	return b->data + b->len;
}

int ix_buf_add(struct ix_buf *b, const void *data, size_t n)
{
	char *p;

	if (n == 0)
		return 0;
	p = ix_buf_room(b, n);
	if (!p)
		return -ENOMEM;
	memcpy(p, data, n);
	b->len += n;
	return 0;
}

int ix_buf_str(struct ix_buf *b, const char *text)
{
	return ix_buf_add(b, text, strlen(text));
}

int ix_buf_printf(struct ix_buf *b, const char *fmt, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		return -EINVAL;
	p = ix_buf_room(b, (size_t)n + 1);
	if (!p)
		return -ENOMEM;
	va_start(args, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
	return 0;
}

void ix_buf_free(struct ix_buf *b)
{
	free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
	b->starved = false;
}
