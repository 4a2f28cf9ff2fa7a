/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments of a call that stand in the words of a message: numbers after or before a
 * word that says what they are, and names of objects. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "why/line.h"

#define SYSV                                                                    \
	(1U << IX_SHMGET | 1U << IX_SHMAT | 1U << IX_SHMDT | 1U << IX_SHMCTL |  \
	 1U << IX_SEMGET | 1U << IX_SEMOP | 1U << IX_SEMCTL | 1U << IX_MSGGET | \
	 1U << IX_MSGSND | 1U << IX_MSGRCV | 1U << IX_MSGCTL)
#define MESSAGES \
	(1U << IX_MSGSND | 1U << IX_MSGRCV | 1U << IX_MQ_SEND | 1U << IX_MQ_RECEIVE)
#define SEMAPHORES \
	(1U << IX_SEM_OPEN | 1U << IX_SEM_UNLINK | 1U << IX_SEM_WAIT | 1U << IX_SEM_POST)

/* clang-format off */
static const struct {
	uint8_t arg;
	bool sysv; /* only for System V calls */
	char word[IX_TEXT(18)];
} words[] = {
	{ IX_ARG_KEY,     true,  "key" },
	{ IX_ARG_ID,      true,  "shmid" },
	{ IX_ARG_ID,      true,  "semid" },
	{ IX_ARG_ID,      true,  "msqid" },
	{ IX_ARG_ID,      true,  "id" },
	{ IX_ARG_SIZE,    false, "size" },
	{ IX_ARG_SIZE,    false, "requested" },
	{ IX_ARG_NSEMS,   true,  "nsems" },
	{ IX_ARG_MAXMSG,  false, "maxmsg" },
	{ IX_ARG_MAXMSG,  false, "maxmsgs" },
	{ IX_ARG_MAXMSG,  false, "max_messages" },
	{ IX_ARG_MSGSIZE, false, "msgsize" },
	{ IX_ARG_MSGSIZE, false, "max_message_size" },
};
/* clang-format on */

static bool lineargs_letter(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Copy a word without its unit's full stop; false if it is too long or is no number. */
static bool lineargs_take(const char *p, char *buf, size_t size)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) ||
	       (p[n] == '.' && isdigit((unsigned char)p[n + 1])))
		n++;
	if (!n || n >= size || !isdigit((unsigned char)p[0]))
		return false;
	memcpy(buf, p, n);
	buf[n] = '\0';
	return true;
}

/* Whether "id" is that of an object: "(key 1, ID 0)", "segment id 5"; others have ids,
 * too. */
static bool lineargs_object_id(const struct ix_line *l, const char *p)
{
	static const char before[][IX_TEXT(10)] = { "(",      ", ",     "segment ",
						    "queue ", "array ", "set ",
						    "memory " };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		size_t n = strlen(before[i]);

		if ((size_t)(p - l->low) >= n && !memcmp(p - n, before[i], n))
			return true;
	}
	return false;
}

/* Set an argument from the first number after a word. */
static void lineargs_after(const struct ix_line *l, const char *word, unsigned arg,
			   struct ix_args *a)
{
	size_t len = strlen(word);
	char value[32];

	for (const char *p = l->low; (p = strstr(p, word)) != NULL; p += len) {
		const char *from = p + len;

		if ((p > l->low && lineargs_letter(p[-1])) || lineargs_letter(*from) ||
		    (!strcmp(word, "id") && !lineargs_object_id(l, p)))
			continue;
		from += strspn(from, " :=#(\"'");
		if (!strncmp(from, "of ", 3) || !strncmp(from, "is ", 3))
			from += 3;
		if (lineargs_take(from, value, sizeof(value)))
			ix_line_set(a, arg, value);
	}
}

/* Set the size from "4096 bytes". */
static void lineargs_bytes(const struct ix_line *l, unsigned arg, struct ix_args *a)
{
	char value[32];

	for (const char *p = l->low; (p = strstr(p, " byte")) != NULL; p++) {
		const char *from = p;

		while (from > l->low && isdigit((unsigned char)from[-1]))
			from--;
		if (from < p && (from == l->low || !lineargs_letter(from[-1])) &&
		    lineargs_take(from, value, sizeof(value)))
			ix_line_set(a, arg, value);
	}
}

static void lineargs_name(const char *from, size_t len, bool sem, struct ix_args *a)
{
	char name[sizeof(a->name)];

	if (sem && len > 5 && !strncmp(from, "/sem.", 5)) {
		from += 4;
		len -= 4;
	}
	if (len < 2 || len >= sizeof(name))
		return;
	memcpy(name, from, len);
	name[0] = '/';
	name[len] = '\0';
	ix_line_set(a, IX_ARG_NAME, name);
}

/* Count the bytes before one of ends, at most those of a name: a longer one is none, and
 * the time must not grow with the square of the line's length. */
static size_t lineargs_span(const char *p, const char *ends)
{
	size_t n = 0;

	while (n < sizeof(((struct ix_args *)NULL)->name) && p[n] && !strchr(ends, p[n]))
		n++;
	return n;
}

/* Set the name from a path in /dev/shm, or from "/name" in quotes or brackets. */
static void lineargs_names(const struct ix_line *l, bool sem, struct ix_args *a)
{
	static const char ends[] = " \t\"'`<>(),;";
	size_t n;

	for (const char *p = l->text; (p = strstr(p, "/dev/shm/")) != NULL; p += 9) {
		n = lineargs_span(p + 9, ends);
		while (n && strchr(".:", p[8 + n]))
			n--;
		if (!memchr(p + 9, '/', n))
			lineargs_name(p + 8, n + 1, sem, a);
	}
	for (const char *p = l->text; (p = strpbrk(p, "\"'`<(")) != NULL; p++) {
		n = p[1] == '/' ? lineargs_span(p + 1, ends) : 0;
		if (n > 1 && strchr("\"'`>)", p[1 + n]) && p[1 + n] &&
		    !memchr(p + 2, '/', n - 1))
			lineargs_name(p + 1, n, sem, a);
	}
}

void ix_line_other_args(const struct ix_line *l, uint64_t calls, struct ix_args *a)
{
	unsigned size = calls & MESSAGES ? IX_ARG_LEN : IX_ARG_SIZE;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!words[i].sysv || calls & SYSV)
			lineargs_after(l, words[i].word,
				       words[i].arg == IX_ARG_SIZE ? size : words[i].arg,
				       a);
	lineargs_bytes(l, size, a);
	if (calls & ~(uint64_t)SYSV)
		lineargs_names(l,
			       (calls & SEMAPHORES) && !(calls & ~(uint64_t)SEMAPHORES),
			       a);
}
