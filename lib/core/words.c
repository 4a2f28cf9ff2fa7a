/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of fields whose text is one of a few fixed words. The texts of all other
 * fields can be anything.
 */
#include "core/words.h"

#include <stdio.h>
#include <string.h>

#include "base/distance.h"
#include "base/util.h"

/* Return word number n, counted from 0; NULL past the last word. */
typedef const char *next_word(unsigned n);

static const char *mech_word(unsigned n)
{
	return ipcx_mech_info(n) ? ipcx_mech_info(n)->name : NULL;
}

static const char *status_word(unsigned n)
{
	static const char *const words[] = { "dest", "locked", "dest,locked" };

	return n < ARRAY_SIZE(words) ? words[n] : NULL;
}

static const char *notify_word(unsigned n)
{
	static const char *const words[] = { "signal", "thread", "none" };

	return n < ARRAY_SIZE(words) ? words[n] : NULL;
}

/* clang-format off */
static const struct {
	enum ipcx_field field;
	next_word *word;
} lists[] = {
	{ IPCX_F_MECH,   mech_word },
	{ IPCX_F_STATUS, status_word },
	{ IPCX_F_NOTIFY, notify_word },
};
/* clang-format on */

/* Return the word that the text is most likely a typo of, or NULL if there is none. */
static const char *nearest(next_word *word, const char *text)
{
	size_t len = strlen(text), best = ix_nearest(len) + 1;
	const char *found = NULL;

	for (unsigned n = 0; word(n); n++) {
		size_t far = ix_distance(text, len, word(n), strlen(word(n)));

		/* At least one character of the word must match. */
		if (far < best && far < strlen(word(n))) {
			best = far;
			found = word(n);
		}
	}
	return found;
}

/* Write all words: "shm, msg or sem". */
static void words_list_all(next_word *word, char *buf, size_t size)
{
	size_t at = 0;

	for (unsigned n = 0; word(n) && at < size; n++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s",
				       n == 0        ? ""
				       : word(n + 1) ? ", "
						     : " or ",
				       word(n));
}

bool ix_word_possible(enum ipcx_field f, const char *text, const char *shown, char *buf,
		      size_t size)
{
	const char *name = ipcx_field_info(f)->name, *near;
	next_word *word = NULL;
	char all[120];

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i].field == f)
			word = lists[i].word;
	for (unsigned n = 0; word && word(n); n++)
		if (!strcmp(word(n), text))
			return true;
	if (!word)
		return true;
	near = nearest(word, text);
	words_list_all(word, all, sizeof(all));
	if (near)
		(void)snprintf(buf, size, "%s is never \"%s\": did you mean %s?", name,
			       shown, near);
	else
		(void)snprintf(buf, size, "%s is never \"%s\": it is %s", name, shown,
			       all);
	return false;
}
