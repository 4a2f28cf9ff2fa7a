/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How errnos are written: names, numbers, and the texts of C libraries. */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/errname.h"
#include "base/num.h"
#include "why/line.h"

#define ERRNO_MAX 133

/* clang-format off */
/* Texts that the C library of another program may have (glibc, musl, Boost, PHP). */
static const struct {
	int16_t error;
	char text[IX_TEXT(44)];
} others[] = {
	{ -EMFILE,       "no file descriptors available" },
	{ -EMFILE,       "the maximum number of files open" },
	{ -EMSGSIZE,     "message too large" },
	{ -EOVERFLOW,    "value too large for data type" },
	{ -EBUSY,        "resource busy" },
	{ -ENAMETOOLONG, "filename too long" },
	{ -ERANGE,       "result not representable" },
	{ -EDQUOT,       "quota exceeded" },
	{ -ETIMEDOUT,    "operation timed out" },
	{ -ENOMEM,       "out of memory" },
	{ -EINVAL,       "invalid parameter(s)" },
	{ -EIO,          "i/o error" },
	{ -ELOOP,        "symbolic link loop" },
	{ -EDEADLK,      "resource deadlock would occur" },
};

/* Texts of glibc that another C library writes otherwise: most lines are from programs of
 * glibc, whatever this is built with. */
static const struct {
	int16_t error;
	char text[IX_TEXT(38)];
} usual[] = {
	{ EIO,          "input/output error" },
	{ ENOMEM,       "cannot allocate memory" },
	{ EBUSY,        "device or resource busy" },
	{ EXDEV,        "invalid cross-device link" },
	{ EMFILE,       "too many open files" },
	{ ENOTTY,       "inappropriate ioctl for device" },
	{ ERANGE,       "numerical result out of range" },
	{ EDEADLK,      "resource deadlock avoided" },
	{ ENAMETOOLONG, "file name too long" },
	{ ELOOP,        "too many levels of symbolic links" },
	{ EOVERFLOW,    "value too large for defined data type" },
	{ EMSGSIZE,     "message too long" },
	{ EOPNOTSUPP,   "operation not supported" },
	{ ETIMEDOUT,    "connection timed out" },
	{ EDQUOT,       "disk quota exceeded" },
};

/* Texts that mean that the call does not return. */
static const char hanging[][IX_TEXT(20)] = {
	"blocks", "blocked", "hangs", "hanging", "hung", "stuck", "does not return", "never returns", "deadlock",
};
/* clang-format on */

static bool errtext_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Whether a part of a text is a word of its own. */
static bool errtext_alone(const char *text, const char *from, size_t len)
{
	return (from == text || !errtext_word(from[-1])) && !errtext_word(from[len]);
}

/* Find a word or words; NULL if they are only part of another word. */
static const char *errtext_find(const struct ix_line *l, const char *words)
{
	size_t len = strlen(words);

	for (const char *p = l->low; (p = strstr(p, words)) != NULL; p += len)
		if (errtext_alone(l->low, p, len))
			return p;
	return NULL;
}

int ix_error_by_name(const char *name, size_t len)
{
	static const struct {
		int error;
		char name[IX_TEXT(12)];
	} alias[] = { { EAGAIN, "EWOULDBLOCK" }, { EOPNOTSUPP, "EOPNOTSUPP" } };

	for (int e = 1; e <= ERRNO_MAX; e++) {
		const char *known = ix_errno_name(e);

		if (known && strlen(known) == len && !strncasecmp(known, name, len))
			return -e;
	}
	for (size_t i = 0; i < ARRAY_SIZE(alias); i++)
		if (strlen(alias[i].name) == len &&
		    !strncasecmp(alias[i].name, name, len))
			return -alias[i].error;
	return 0;
}

static int errtext_by_name(const struct ix_line *l)
{
	for (const char *p = l->text; *p;) {
		size_t n = 0;
		int error = 0;

		while (errtext_word(p[n]))
			n++;
		if (n > 2 && n < 16 && p[0] == 'E' && !islower((unsigned char)p[1]))
			error = ix_error_by_name(p, n);
		if (error)
			return error;
		p += n ? n : 1;
	}
	return 0;
}

/* Read the number of an errno that ends where a word ends. */
static int errtext_number(const char *p)
{
	unsigned n = 0, digits = 0;

	for (; isdigit((unsigned char)*p) && digits < 4; p++, digits++)
		n = n * 10 + (unsigned)(*p - '0');
	return digits && digits < 4 && n && n <= ERRNO_MAX && !errtext_word(*p) ? -(int)n
										: 0;
}

/* Find a number that follows a word: "errno 28", "errno: 28", "errno = 28". */
static int errtext_after(const struct ix_line *l, const char *word)
{
	size_t len = strlen(word);
	int error;

	for (const char *p = l->low; (p = strstr(p, word)) != NULL;) {
		bool alone = p == l->low || !errtext_word(p[-1]);

		p += len;
		if (!alone)
			continue;
		error = errtext_number(p + strspn(p, " :=#([-"));
		if (!error && !strncmp(p, " is ", 4))
			error = errtext_number(p + 4);
		if (error)
			return error;
	}
	return 0;
}

/* Find a number in brackets. Those below 4 may be sections of the manual: "open(2)". */
static int errtext_bracketed(const struct ix_line *l)
{
	for (const char *p = l->low; (p = strpbrk(p, "([")) != NULL; p++) {
		int error = errtext_number(p + 1);

		if (error < -3 && strchr(")]", p[1 + strspn(p + 1, "0123456789")]))
			return error;
	}
	return 0;
}

/* Remember the first text in the line; of those that begin there, the longest. */
static void errtext_first(const struct ix_line *l, const char *text, int error,
			  const char **first, size_t *length, int *found)
{
	const char *at = errtext_find(l, text);

	if (!at || (*first && at > *first) || (at == *first && strlen(text) <= *length))
		return;
	*first = at;
	*length = strlen(text);
	*found = error;
}

static const char *errtext_of(int error, locale_t c)
{
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (usual[i].error == error)
			return usual[i].text;
	return ix_errno_name(error) ? strerror_l(error, c) : "";
}

static int errtext_by_text(const struct ix_line *l)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	const char *first = NULL;
	size_t length = 0;
	int found = 0;

	for (int e = 1; e <= ERRNO_MAX && c; e++) {
		const char *text = errtext_of(e, c);
		char low[64];
		size_t n = 0;

		for (; text[n] && n + 1 < sizeof(low); n++)
			low[n] = (char)tolower((unsigned char)text[n]);
		low[n] = '\0';
		if (n)
			errtext_first(l, low, -e, &first, &length, &found);
	}
	if (c)
		freelocale(c);
	return found;
}

int ix_line_error(const struct ix_line *l)
{
	int error;

	if (errtext_find(l, "bus error") || errtext_find(l, "sigbus") ||
	    errtext_after(l, "signal") == -7 || strstr(l->low, "status=7/bus"))
		return IX_SIGBUS;
	error = errtext_by_name(l);
	if (!error)
		error = errtext_after(l, "errno");
	return error ? error : errtext_by_text(l);
}

int ix_line_error_weak(const struct ix_line *l)
{
	static const char words[][IX_TEXT(8)] = { "error", "status", "e", "err" };
	const char *first = NULL;
	size_t length = 0;
	int error = 0;

	/* The exit status of a process is no errno. */
	for (size_t i = 0; i < ARRAY_SIZE(words) && !error && !strstr(l->low, "exit");
	     i++)
		error = errtext_after(l, words[i]);
	if (!error)
		error = errtext_bracketed(l);
	for (size_t i = 0; i < ARRAY_SIZE(others) && !error; i++)
		errtext_first(l, others[i].text, others[i].error, &first, &length,
			      &error);
	for (size_t i = 0; i < ARRAY_SIZE(hanging) && !error; i++)
		if (errtext_find(l, hanging[i]))
			error = IX_BLOCKS;
	return error;
}

const char *ix_why_error_name(int error)
{
	const char *name = error == IX_SIGBUS   ? "SIGBUS"
			   : error == IX_BLOCKS ? "blocks"
						: ix_errno_name(error);

	return name ? name : "";
}
