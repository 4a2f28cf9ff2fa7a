/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The texts of errnos in the languages that are installed. The C library has them in
 * catalogs that belong to locales; the names of the locales are those of directories, and
 * of the strings in the locale archive (locarchive.h of glibc). A locale of musl is the
 * catalog itself, found by its name in $MUSL_LOCPATH. Nothing is changed for the process,
 * as setlocale(3) would.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/errname.h"
#include "base/file.h"
#include "why/line.h"

#define LOCALES_MOST 2000
#define ARCHIVE_MOST (1U << 20) /* bytes of names that are believed */

struct locales {
	const struct ix_line *line;
	locale_t c;
	unsigned tried;
	char last[128]; /* ENOSPC in the language before */
	size_t longest;
	int found;
};

/* Put a text in lower case; letters that are not ASCII stay. */
static size_t locales_low(char *buf, size_t size, const char *text)
{
	size_t n = 0;

	for (; text[n] && n + 1 < size; n++)
		buf[n] = (char)tolower((unsigned char)text[n]);
	buf[n] = '\0';
	return n;
}

static void locales_search(struct locales *s, locale_t locale)
{
	char low[256];

	for (int e = 1; e < 134; e++) {
		size_t n = ix_errno_name(e)
				   ? locales_low(low, sizeof(low), strerror_l(e, locale))
				   : 0;

		if (n > s->longest && memmem(s->line->low, s->line->len, low, n)) {
			s->longest = n;
			s->found = -e;
		}
	}
}

static void locales_try(struct locales *s, const char *name)
{
	locale_t locale;
	const char *text;

	if (s->tried++ >= LOCALES_MOST)
		return;
	locale = newlocale(LC_MESSAGES_MASK | LC_CTYPE_MASK, name, (locale_t)0);
	if (!locale)
		return;
	text = strerror_l(ENOSPC, locale);
	/* Locales of one language have the same texts. */
	if (strcmp(text, strerror_l(ENOSPC, s->c)) != 0 && strcmp(text, s->last) != 0) {
		(void)snprintf(s->last, sizeof(s->last), "%s", text);
		locales_search(s, locale);
	}
	freelocale(locale);
}

static void locales_directories(struct locales *s, int fd)
{
	int copy = ix_open(fd, ".", O_RDONLY | O_DIRECTORY);
	auto_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!dir) {
		if (copy >= 0)
			(void)close(copy);
		return;
	}
	while (ix_readdir(dir, &entry) == 0 && entry)
		if (entry->d_name[0] != '.')
			locales_try(s, entry->d_name);
}

static void locales_archive(struct locales *s, int dirfd)
{
	auto_fd int fd = ix_open(dirfd, "locale-archive", O_RDONLY);
	uint32_t head[7]; /* magic, serial, hash: offset, used, size; strings: offset,
			     used */
	auto_free char *names = NULL;
	ssize_t n;

	if (fd < 0 || pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    head[0] != 0xde020109U)
		return;
	head[6] = MIN(head[6], ARCHIVE_MOST);
	names = malloc((size_t)head[6] + 1);
	if (!names)
		return;
	n = pread(fd, names, head[6], (off_t)head[5]);
	if (n <= 0)
		return;
	names[n] = '\0';
	for (const char *p = names; p < names + n; p += strlen(p) + 1)
		if (*p && strlen(p) < 64)
			locales_try(s, p);
}

/* Search the locales of a directory: those of glibc, or of the package musl-locales. */
static void locales_below(struct locales *s, const char *directory)
{
	auto_fd int fd = ix_open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		return;
	locales_directories(s, fd);
	locales_archive(s, fd);
}

int ix_line_error_foreign(const struct ix_line *l)
{
	struct locales s = { .line = l, .c = newlocale(LC_ALL_MASK, "C", (locale_t)0) };

	if (!s.c)
		return 0;
	locales_below(&s, "/usr/lib/locale");
	locales_below(&s, "/usr/share/i18n/locales/musl");
	freelocale(s.c);
	return s.found;
}
