/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text that others chose. The one place that knows which bytes may reach a terminal, a
 * reference or JSON, and how wide a string is in columns. Independent of the locale:
 * UTF-8 is decoded here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Decode one UTF-8 character strictly (no overlong forms, no surrogates, at most
 * U+10FFFF). Answers its length in bytes, 0 when the bytes at p are no character.
 */
size_t ix_utf8(const unsigned char *p, size_t len, uint32_t *ret_code);

/* Which characters to write as \xNN (each byte of them), and in a reference as %XX.
 * Invalid UTF-8 and backslash always are. */
enum ix_esc {
	IX_ESC_TEXT, /* controls, C1, bidi overrides and other format characters, line and
			paragraph separators */
	IX_ESC_WORD, /* those, blanks, what a shell would expand or split (* ? [), and all
			that SHELL adds */
	IX_ESC_SHELL, /* those of TEXT, and what is special between double quotes: " $ ` !
		       */
	IX_ESC_REF, /* as %XX: those of TEXT, blanks, and of ASCII everything but letters,
		       digits and _ - . / : , + = @, so that no shell, xargs or file
		       changes it */
};

/* Whether a character is none that is seen: controls, C1, bidi marks, and all that
 * IX_ESC_TEXT escapes beyond them (but the backslash). */
int ix_esc_hidden(uint32_t code);

/* Whether the text would be changed at all (then it can be used as it is). */
int ix_esc_clean(const char *text, enum ix_esc how);

/*
 * Escape text into buf like snprintf(3): at most size bytes with the NUL, never a cut
 * escape sequence. Answers the length it wants. At most four bytes for each byte of text.
 */
size_t ix_escape(char *buf, size_t size, const char *text, enum ix_esc how);

/* The same, for whoever writes on behind it: answers the end of what was written. */
char *ix_put_escaped(char *p, size_t size, const char *text, enum ix_esc how);

/* Undo \xNN in place; answers the new length (NUL bytes would be refused: -EINVAL). */
int ix_unescape(char *text);

/* The same for %XX: every % must be followed by two digits. */
int ix_unpercent(char *text);

/* The width of clean text in terminal columns: combining marks 0, wide East Asian
 * characters and emoji 2. */
size_t ix_width(const char *text);
