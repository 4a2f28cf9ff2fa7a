/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line of a hexadecimal dump. */
#include "ui/hex.h"

#include "base/num.h"
#include "base/util.h"
#include "ui/out.h"

#define WIDTH 16

static char *line(char *to, const unsigned char *p, size_t n, size_t offset)
{
	to = ix_put_hex(to, offset, 8);
	for (size_t i = 0; i < WIDTH; i++) {
		*to++ = ' ';
		if (i % 8 == 0)
			*to++ = ' ';
		if (i < n) {
			to = ix_put_hex(to, p[i], 2);
		} else {
			*to++ = ' ';
			*to++ = ' ';
		}
	}
	*to++ = ' ';
	*to++ = ' ';
	*to++ = '|';
	for (size_t i = 0; i < n; i++)
		*to++ = (char)(p[i] >= ' ' && p[i] < 0x7f ? p[i] : '.');
	*to++ = '|';
	*to++ = '\n';
	return to;
}

void hex_put(const void *data, size_t n)
{
	const unsigned char *p = data;

	for (size_t at = 0; at < n; at += WIDTH)
		out_done(line(out_room(), p + at, MIN(n - at, (size_t)WIDTH), at));
}
