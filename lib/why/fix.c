/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a command is written so that a shell reads it as it was meant. */
#include "why/fix.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/esc.h"

const char *ix_fix_quoted(char *buf, size_t size, const char *word)
{
	size_t at = 0;

	if (*word &&
	    !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789_-./:,+=@%")]) {
		(void)snprintf(buf, size, "%s", word);
		return buf;
	}
	/* Bytes that a terminal must not get can be written in $'…' only. */
	if (!ix_esc_clean(word, IX_ESC_TEXT)) {
		char plain[1024];

		(void)ix_escape(plain, sizeof(plain), word, IX_ESC_TEXT);
		at = (size_t)snprintf(buf, size, "$'");
		for (const char *p = plain; *p && at + 4 < size; p++) {
			if (*p == '\'')
				buf[at++] = '\\';
			buf[at++] = *p;
		}
		(void)snprintf(buf + at, size - at, "'");
		return buf;
	}
	buf[at++] = '\'';
	for (const char *p = word; *p && at + 6 < size; p++) {
		if (*p == '\'')
			at += (size_t)snprintf(buf + at, size - at, "'\\''");
		else
			buf[at++] = *p;
	}
	(void)snprintf(buf + at, size - at, "'");
	return buf;
}

void ix_fix_command(char *buf, size_t size, const char *where, const char *fmt, ...)
{
	char quoted[512];
	va_list ap;
	int len = snprintf(buf, size, "ipcx "), more;

	va_start(ap, fmt);
	more = vsnprintf(buf + len, size - (size_t)len, fmt, ap);
	va_end(ap);
	if (more < 0 || (size_t)(len + more) >= size || !where)
		return;
	len += more;
	(void)snprintf(buf + len, size - (size_t)len, " --ns %s",
		       ix_fix_quoted(quoted, sizeof(quoted), where));
}
