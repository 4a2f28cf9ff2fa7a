/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a line of a log says of a failed call. It names the call, or says it in words that
 * a program is known for; it names the errno, or the words imply it. Lines are read as
 * they stand in logs: with colours, quoted as JSON, of any length.
 */
#include "why/line.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/distance.h"
#include "base/esc.h"
#include "base/num.h"

#define LINE_MOST (256U * 1024) /* bytes; what is beyond is not read */
#define NEAR_MOST 2000          /* bytes in which a mistyped call is searched for */

/* ---- making a line readable */

/* Return the length of a terminal's escape sequence: "ESC [ 1 ; 31 m". */
static size_t line_sequence(const char *p)
{
	size_t n = 2;

	if (p[0] != '\033' || p[1] != '[')
		return 0;
	while (p[n] && strchr("0123456789;:?", p[n]))
		n++;
	return n + (p[n] != '\0');
}

/* Copy a line: control bytes and escaped ones become blanks, escaped quotes quotes. */
static int line_make(const char *line, struct ix_line *ret_l)
{
	size_t len = strnlen(line, LINE_MOST), n = 0;
	char *text = malloc(2 * (len + 1));

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		size_t skip = line_sequence(line + i);
		char c = line[i];

		if (skip) {
			i += skip - 1;
			continue;
		}
		if (c == '\\' && line[i + 1] && strchr("\"'ntr", line[i + 1]))
			c = strchr("\"'", line[++i]) ? line[i] : ' ';
		text[n++] = (char)((unsigned char)c < ' ' || c == '\177' ? ' ' : c);
	}
	text[n] = '\0';
	*ret_l = (struct ix_line){ .text = text, .low = text + len + 1, .len = n };
	for (size_t i = 0; i <= n; i++)
		ret_l->low[i] = (char)tolower((unsigned char)text[i]);
	return 0;
}

/* ---- the errno */

static int line_error(const struct ix_line *l, int implied)
{
	int error = ix_line_error(l);

	if (!error)
		error = ix_line_error_weak(l);
	if (!error || error == IX_BLOCKS) {
		int foreign = ix_line_error_foreign(l);

		error = foreign ? foreign : error;
	}
	return error ? error : implied;
}

int ix_why_error(const char *text)
{
	struct ix_line l;
	uint64_t n;
	int error;

	if (!strcmp(text, "blocks"))
		return IX_BLOCKS;
	if (ix_parse_u64(text, 133, &n) == 0)
		return -(int)n;
	error = ix_error_by_name(text, strlen(text));
	if (error || line_make(text, &l) < 0)
		return error;
	error = line_error(&l, 0);
	free(l.text);
	return error;
}

/* ---- the call */

/* Whether a word could be meant as the name of a call: most words are not compared. */
static bool line_like(const char *word, size_t len)
{
	return len >= 4 && len < 24 && (strchr("sm", word[0]) || memchr(word, '_', len));
}

/* Find the call that is most like a word of the line. */
static const char *line_near(const struct ix_line *l)
{
	const char *best = NULL, *call;
	size_t least = (size_t)-1;

	for (const char *p = l->low; *p && p < l->low + NEAR_MOST;) {
		size_t n = 0;

		while (isalnum((unsigned char)p[n]) || p[n] == '_')
			n++;
		for (size_t i = 0; line_like(p, n) && (call = ipcx_why_call(i)); i++) {
			size_t d = ix_distance(p, n, call, strlen(call));

			if (d <= ix_nearest(n) && d < least) {
				least = d;
				best = call;
			}
		}
		p += n ? n : 1;
	}
	return best;
}

static int line_not_read(struct ix_why *w, const struct ix_line *l)
{
	char programs[400], near[64] = "";
	const char *call = line_near(l);

	ix_saying_programs(programs, sizeof(programs));
	if (call)
		(void)snprintf(near, sizeof(near), "; is %s meant?", call);
	return ix_fail_plain(
		w->x, -ENODATA,
		"the line does not say which call failed%s: it would have to hold the "
		"name of a call (shmget, semop, mq_open, ...), \"shared memory\", "
		"\"semaphore\", \"message queue\", \"/dev/shm\", \"Bus error\", or what "
		"one of these programs says: %s",
		near, programs);
}

static uint64_t line_saying_calls(const struct ix_saying *s)
{
	uint64_t calls = 0;

	for (size_t i = 0; s && i < IX_SAYING_CALLS; i++)
		if (s->calls[i] != IX_CALL_NONE)
			calls |= UINT64_C(1) << s->calls[i];
	return calls;
}

/* A call that is named counts more than words, unless it is one that is also used for
 * other things than shared memory. */
static uint64_t line_calls(const struct ix_call_found *c, const struct ix_saying *s)
{
	uint64_t said = line_saying_calls(s);

	if (c->call == IX_CALL_NONE)
		return said;
	if (c->weak && said && !c->raw && !(said >> c->call & 1))
		return said;
	return UINT64_C(1) << c->call;
}

/* Words that ask for causes of their own, whatever other numbers are in the line. */
static bool line_said(struct ix_why *w, const struct ix_saying *s)
{
	if (!s || w->calls || w->nerrors || s->error < IX_SAYS_IN_USE)
		return false;
	w->calls = line_saying_calls(s);
	if (s->error == IX_SAYS_IN_USE) {
		w->said = IX_SAID_IN_USE;
		w->errors[w->nerrors++] = -EEXIST;
	} else {
		w->said = IX_SAID_DISPLAY;
		w->errors[w->nerrors++] = -EINVAL;
		w->errors[w->nerrors++] = -EACCES;
	}
	return true;
}

static int line_read(struct ix_why *w, const struct ix_line *l)
{
	const struct ix_saying *s = ix_saying_find(l);
	struct ix_call_found c = ix_line_call(l);
	int error = 0;

	if (!line_said(w, s) && !w->calls)
		w->calls = line_calls(&c, s);
	if (!w->calls)
		return line_not_read(w, l);
	if (!w->nerrors)
		error = line_error(l, s && s->error < IX_SAYS_IN_USE ? s->error : 0);
	if (error) {
		w->errors[0] = error;
		w->nerrors = 1;
	}
	/* Only access to memory is answered by SIGBUS, whatever made it. */
	if (error == IX_SIGBUS)
		w->calls = UINT64_C(1) << IX_FTRUNCATE;
	if (s)
		(void)snprintf(w->program, sizeof(w->program), "%s", s->program);
	if (c.call != IX_CALL_NONE && w->calls >> c.call & 1)
		ix_line_call_args(l, &c, &w->a);
	ix_line_other_args(l, w->calls, &w->a);
	return 0;
}

int ix_why_line(struct ix_why *w, const char *line)
{
	struct ix_line l;
	int r = line_make(line, &l);

	if (r < 0)
		return r;
	r = line_read(w, &l);
	free(l.text);
	return r;
}
