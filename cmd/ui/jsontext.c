/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings in JSON: always valid UTF-8, and never read by a terminal as commands. */
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"
#include "ui/json.h"
#include "ui/out.h"

/* Return whether a byte needs no escape in a string. */
static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Always escape invisible characters, and those that a terminal would interpret or that
 * change the direction of text: for a JSON parser the string is the same. */
static char *put_control(char *p, uint32_t code)
{
	static const char shorts[] = "\bb\tt\nn\ff\rr";
	const char *found = code ? memchr(shorts, (int)code, sizeof(shorts) - 1) : NULL;

	*p++ = '\\';
	if (found && code < 0x20) {
		*p++ = found[1];
		return p;
	}
	*p++ = 'u';
	if (code < 0x10000)
		return ix_put_hex(p, code, 4);
	code -= 0x10000;
	p = ix_put_hex(p, 0xd800 + (code >> 10), 4);
	*p++ = '\\';
	*p++ = 'u';
	return ix_put_hex(p, 0xdc00 + (code & 0x3ff), 4);
}

/* Write one character that is not plain; return its length in text. */
static size_t put_special(char **at, const unsigned char *text, size_t len)
{
	uint32_t code;
	size_t n = ix_utf8(text, len, &code);
	char *p = *at;

	if (n == 0) {
		memcpy(p, "\\\\x", 3);
		*at = ix_put_hex(p + 3, *text, 2);
		return 1;
	}
	if (code == '"' || code == '\\') {
		*p++ = '\\';
		*p++ = (char)code;
	} else if (ix_esc_hidden(code)) {
		p = put_control(p, code);
	} else {
		memcpy(p, text, n);
		p += n;
	}
	*at = p;
	return n;
}

char *json_put_string(char *p, const char *text, size_t len)
{
	const unsigned char *t = (const unsigned char *)text, *end = t + len;

	*p++ = '"';
	while (t < end) {
		if (is_plain(*t))
			*p++ = (char)*t++;
		else
			t += put_special(&p, t, (size_t)(end - t));
	}
	*p++ = '"';
	return p;
}

void json_string(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (!text) {
		out_text("null");
		return;
	}
	out_text("\"");
	while (len > 0) {
		/* in pieces, split between characters */
		size_t n = MIN(len, (size_t)OUT_ROOM / 8);
		char *room = out_room(), *end;

		while (n < len && n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
		end = json_put_string(room, text, n);
		memmove(room, room + 1, (size_t)(end - room) - 2);
		out_done(end - 2);
		text += n;
		len -= n;
	}
	out_text("\"");
}
