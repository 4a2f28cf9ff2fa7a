/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a command is written so that a shell reads it as it was meant. */
#include "why/fix.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/esc.h"

static const char *fix_cut(char *buf)
{
	buf[0] = '\0';
	return buf;
}

const char *ix_fix_quoted(char *buf, size_t size, const char *word)
{
	char plain[1024];
	const char *p = word;
	size_t at = 0;

	if (*word &&
	    !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789_-./:,+=@%")]) {
		at = (size_t)snprintf(buf, size, "%s", word);
		return at < size ? buf : fix_cut(buf);
	}
	/* Bytes that a terminal must not get can be written in $'…' only. */
	if (!ix_esc_clean(word, IX_ESC_TEXT)) {
		if (strlen(word) > (sizeof(plain) - 1) / 4)
			return fix_cut(buf);
		(void)ix_escape(plain, sizeof(plain), word, IX_ESC_TEXT);
		at = (size_t)snprintf(buf, size, "$'");
		for (p = plain; *p && at + 4 < size; p++) {
			if (*p == '\'')
				buf[at++] = '\\';
			buf[at++] = *p;
		}
	} else {
		buf[at++] = '\'';
		for (; *p && at + 6 < size; p++) {
			if (*p == '\'')
				at += (size_t)snprintf(buf + at, size - at, "'\\''");
			else
				buf[at++] = *p;
		}
	}
	if (*p)
		return fix_cut(buf);
	(void)snprintf(buf + at, size - at, "'");
	return buf;
}

/* A command that is cut off would be about another object, and without the namespace it
 * would act on ours: such a one is not told. */
void ix_fix_command(char *buf, size_t size, const char *where, const char *fmt, ...)
{
	char quoted[512] = "";
	va_list ap;
	int len = snprintf(buf, size, "ipcx "), more;

	va_start(ap, fmt);
	more = vsnprintf(buf + len, size - (size_t)len, fmt, ap);
	va_end(ap);
	len = more < 0 ? (int)size : len + more;
	if ((size_t)len < size && where)
		len += snprintf(buf + len, size - (size_t)len, " --ns %s",
				ix_fix_quoted(quoted, sizeof(quoted), where));
	if ((size_t)len >= size || (where && !quoted[0]))
		buf[0] = '\0';
}
