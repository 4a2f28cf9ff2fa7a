/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Untrusted text. Only this file knows which bytes may reach a terminal, a reference or
 * JSON, and how many columns a string takes. The locale has no influence, as UTF-8 is
 * decoded here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Decode one UTF-8 character strictly (no overlong forms, no surrogates, at most
 * U+10FFFF). Returns its length in bytes, 0 if the bytes at p are not a character.
 */
size_t ix_utf8(const unsigned char *p, size_t len, uint32_t *ret_code);

/* Which characters to escape. Each of their bytes is written as \xNN or, in a reference,
 * as %XX. Invalid UTF-8 and the backslash are always escaped. */
enum ix_esc {
	IX_ESC_TEXT, /* controls, C1, bidi overrides and other format characters, line and
			paragraph separators */
	IX_ESC_WORD, /* all that TEXT and SHELL escape, plus blanks and characters that a
			shell would expand (* ? [) */
	IX_ESC_SHELL, /* all that TEXT escapes, plus the characters that a shell
			 interprets in double quotes: " $ ` ! */
	IX_ESC_REF, /* written as %XX: all that TEXT escapes, plus blanks and all of ASCII
		       except letters, digits and _ - . / : , + = @, so that no shell,
		       xargs or file format changes the reference */
};

/* Whether a character is invisible: everything that IX_ESC_TEXT escapes except the
 * backslash. */
int ix_esc_hidden(uint32_t code);

/* Whether the text needs no escaping and can be used as it is. */
int ix_esc_clean(const char *text, enum ix_esc how);

/*
 * Escape text into buf like snprintf(3): write at most size bytes including the NUL, and
 * no incomplete escape sequence. Returns the length of the whole escaped text, which is
 * at most four times the length of text.
 */
size_t ix_escape(char *buf, size_t size, const char *text, enum ix_esc how);

/* The same as ix_escape(), but returns the end of what was written, for callers that
 * append more. */
char *ix_put_escaped(char *p, size_t size, const char *text, enum ix_esc how);

/* Decode each \xNN of a text in place. Returns the new length, or -EINVAL for an invalid
 * escape or \x00. */
int ix_unescape(char *text);

/* The same as ix_unescape(), for %XX: every % must be followed by two hexadecimal digits.
 */
int ix_unpercent(char *text);

/* The width of escaped text in terminal columns: 0 for combining marks, 2 for wide East
 * Asian characters and emoji. */
size_t ix_width(const char *text);
