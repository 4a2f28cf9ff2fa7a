/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The format of a POSIX message queue's file: "QSIZE:129 NOTIFY:2 SIGNO:0
 * NOTIFY_PID:8260" (mqueue_read_file() in ipc/mqueue.c). */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "mech/mqueue.h"

/* A word of the text, and where its number is stored. */
struct word {
	const char *name;
	uint64_t *wide; /* either .wide or .narrow is set */
	int32_t *narrow;
};

static int mqstatus_read_number(const struct word *w, const char *text)
{
	int64_t n;
	int r;

	if (w->wide)
		return ix_parse_u64(text, UINT64_MAX, w->wide) < 0 ? -EINVAL : 0;
	r = ix_parse_s64(text, INT32_MIN, INT32_MAX, &n);
	if (r < 0)
		return -EINVAL;
	*w->narrow = (int32_t)n;
	return 0;
}

/* Parse "NAME:NUMBER". Returns the index of the word, n if the name is unknown, or
 * -EINVAL. */
static int mqstatus_read_word(const struct word *words, int n, const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return -EINVAL;
	for (int i = 0; i < n; i++) {
		size_t len = strlen(words[i].name);

		if ((size_t)(colon - text) == len && !strncmp(text, words[i].name, len))
			return mqstatus_read_number(&words[i], colon + 1) < 0 ? -EINVAL
									      : i;
	}
	return n;
}

static int mqstatus_is_blank(char c)
{
	return c == ' ' || c == '\n';
}

int ix_mq_status(const char *text, size_t len, struct ix_mq_status *ret)
{
	struct ix_mq_status st = { 0 };
	const struct word words[] = {
		{ "QSIZE", &st.qsize, NULL },
		{ "NOTIFY", NULL, &st.notify },
		{ "SIGNO", NULL, &st.signo },
		{ "NOTIFY_PID", NULL, &st.pid },
	};
	const int n = (int)ARRAY_SIZE(words);
	unsigned seen = 0;

	for (size_t i = 0; i < len;) {
		char word[64];
		size_t w = 0;
		int which;

		if (mqstatus_is_blank(text[i])) {
			i++;
			continue;
		}
		for (; i < len && !mqstatus_is_blank(text[i]); i++) {
			if (w == sizeof(word) - 1 || !text[i])
				return -EINVAL;
			word[w++] = text[i];
		}
		word[w] = '\0';
		which = mqstatus_read_word(words, n, word);
		if (which < 0 || (which < n && seen & 1U << which))
			return -EINVAL;
		seen |= 1U << which;
	}
	if ((seen & ((1U << n) - 1)) != (1U << n) - 1)
		return -EINVAL;
	*ret = st;
	return 0;
}
