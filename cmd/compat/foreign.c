/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Escape those bytes of untrusted names that the formats of lsipc cannot contain. If
 * stdout is not a terminal, the result is the same as the original's. */
#include "compat/foreign.h"

#include <stdbool.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"
#include "ui/locale.h"
#include "ui/out.h"

static char *foreign_put_hex(char *p, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	*p++ = '\\';
	*p++ = 'x';
	*p++ = digits[byte >> 4];
	*p++ = digits[byte & 15];
	return p;
}

/* Return whether non-ASCII characters can be shown; determined once, when the first such
 * character occurs. */
static bool is_utf8(void)
{
	static int known = -1;

	if (known < 0)
		known = locale_utf8();
	return known == 1;
}

/* The answer is cached, to avoid a system call per cell. */
static bool is_terminal(void)
{
	static int known = -1;

	if (known < 0)
		known = out_is_terminal();
	return known == 1;
}

/* Return the length of a character if it is shown unchanged; 0 if its bytes are
 * escaped. */
static size_t shown(const char *s, size_t len)
{
	uint32_t code;
	size_t n;
	char one[8] = { 0 };

	if ((unsigned char)*s < 0x80)
		return *s >= ' ' && *s != 0x7f && !(*s == '\\' && len > 1 && s[1] == 'x');
	if (!is_utf8())
		return 0;
	n = ix_utf8((const unsigned char *)s, len, &code);
	memcpy(one, s, n);
	return n && ix_esc_clean(one, IX_ESC_TEXT) ? n : 0;
}

char *foreign_table(char *p, const char *s, size_t len)
{
	while (len > 0) {
		size_t n = shown(s, len);

		if (n) {
			memcpy(p, s, n);
			p += n;
		} else {
			p = foreign_put_hex(p, (unsigned char)*s);
		}
		s += MAX(n, (size_t)1);
		len -= MAX(n, (size_t)1);
	}
	return p;
}

char *foreign_guarded(char *p, const char *s, size_t len, const char *special)
{
	for (size_t i = 0; i < len; i++)
		if ((signed char)s[i] < ' ' || s[i] == 0x7f || strchr(special, s[i]))
			p = foreign_put_hex(p, (unsigned char)s[i]);
		else
			*p++ = s[i];
	return p;
}

/* Write \uXXXX, or a surrogate pair. */
static char *put_unicode(char *p, uint32_t code)
{
	if (code >= 0x10000) {
		code -= 0x10000;
		p = put_unicode(p, 0xd800 + (code >> 10));
		return put_unicode(p, 0xdc00 + (code & 0x3ff));
	}
	*p++ = '\\';
	*p++ = 'u';
	return ix_put_hex(p, code, 4);
}

static char *put_json_ascii(char *p, char c)
{
	static const char names[] = "btn\0fr"; /* for 8, 9, 10, 12 and 13 */

	if (c >= ' ' && c != '"' && c != '\\') {
		*p++ = c;
		return p;
	}
	if (c < ' ' && (c < 8 || c > 13 || c == 11))
		return put_unicode(p, (uint32_t)c);
	*p++ = '\\';
	*p++ = c < ' ' ? names[c - 8] : c;
	return p;
}

/* JSON is UTF-8: invalid bytes become the text \xNN. On a terminal, characters that would
 * control the terminal are escaped; elsewhere the output is the same as the
 * original's. */
char *foreign_json(char *p, const char *s, size_t len)
{
	bool terminal = is_terminal();

	while (len > 0) {
		uint32_t code = 0;
		size_t n = ix_utf8((const unsigned char *)s, len, &code);

		if (n == 0) {
			*p++ = '\\';
			p = foreign_put_hex(p, (unsigned char)*s);
		} else if (terminal && code >= 0x7f && ix_esc_hidden(code)) {
			p = put_unicode(p, code);
		} else if (n == 1) {
			p = put_json_ascii(p, *s);
		} else {
			p = (char *)mempcpy(p, s, n);
		}
		s += MAX(n, (size_t)1);
		len -= MAX(n, (size_t)1);
	}
	return p;
}

/* ASCII control characters are always escaped as in a table, other characters only on a
 * terminal. */
char *foreign_single(char *p, const char *s, size_t len)
{
	if (is_terminal())
		return foreign_table(p, s, len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			p = foreign_put_hex(p, (unsigned char)s[i]);
		else
			*p++ = s[i];
	return p;
}
