/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user's locale says, without changing the program's own for longer than that. */
#include "ui/locale.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

/*
 * Return how many bytes at the beginning of the text are what nl_langinfo(3) says of the
 * user's locale. Not nl_langinfo_l(3): in a static program, glibc's ignores the locale it
 * is given.
 */
static size_t locale_begins(int mask, nl_item item, const char *text)
{
	/* A locale that is not installed is as "C". */
	locale_t users = newlocale(mask, "", (locale_t)0), own = uselocale(users);
	size_t len = strlen(nl_langinfo(item));

	if (strncmp(text, nl_langinfo(item), len) != 0)
		len = 0;
	(void)uselocale(own);
	if (users)
		freelocale(users);
	return len;
}

bool locale_utf8(void)
{
	static const char utf8[] = "UTF-8";

	return locale_begins(LC_CTYPE_MASK, CODESET, utf8) == sizeof(utf8) - 1;
}

size_t locale_point(const char *text)
{
	return locale_begins(LC_NUMERIC_MASK, RADIXCHAR, text);
}
