/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The base64 alphabet in both directions; each byte sequence has exactly one encoding. */
#include "base/b64.h"

#include <errno.h>
#include <stdint.h>

static const char digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int ix_b64_put(struct ix_buf *b, const void *data, size_t n)
{
	const unsigned char *p = data;
	char *to;

	if (n == 0)
		return 0;
	if (n > SIZE_MAX / 2)
		return -ENOMEM;
	to = ix_buf_room(b, (n + 2) / 3 * 4);
	if (!to)
		return -ENOMEM;
	b->len += (n + 2) / 3 * 4;
	for (; n >= 3; n -= 3, p += 3) {
		*to++ = digits[p[0] >> 2];
		*to++ = digits[(p[0] & 3) << 4 | p[1] >> 4];
		*to++ = digits[(p[1] & 15) << 2 | p[2] >> 6];
		*to++ = digits[p[2] & 63];
	}
	if (n == 0)
		return 0;
	*to++ = digits[p[0] >> 2];
	*to++ = digits[(p[0] & 3) << 4 | (n == 2 ? p[1] >> 4 : 0)];
	*to++ = n == 2 ? digits[(p[1] & 15) << 2] : '=';
	*to = '=';
	return 0;
}

static int value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decode up to four characters (padding not counted) to up to three bytes. */
static int group(const char *text, size_t len, char *to)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int v = i < len ? value(text[i]) : 0;

		if (v < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)v;
	}
	for (size_t i = 0; i + 1 < len; i++)
		to[i] = (char)(bits >> (16 - 8 * i) & 0xff);
	/* The bits after the last byte must be zero. */
	return len < 4 && (bits & (0xffffffU >> (8 * (len - 1)))) ? -EINVAL : 0;
}

int ix_b64_get(struct ix_buf *b, const char *text, size_t len)
{
	size_t pad = 0, before = b->len;
	char *to;

	if (len == 0)
		return 0;
	if (len % 4)
		return -EINVAL;
	while (len && pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	to = ix_buf_room(b, len / 4 * 3);
	if (!to)
		return -ENOMEM;
	for (size_t at = 0; at < len; at += 4) {
		size_t n = at + 4 == len ? 4 - pad : 4;

		if (group(text + at, n, to) < 0) {
			b->len = before;
			return -EINVAL;
		}
		to += n - 1;
		b->len += n - 1;
	}
	return 0;
}
