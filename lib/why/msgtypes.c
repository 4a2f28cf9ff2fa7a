/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which message a msgrcv(2) would get (find_msg() in ipc/msg.c). The messages are copied
 * (MSG_COPY), which takes none out and changes no time; as the kernel walks to each
 * of them from the first, not in a long queue.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>

#include "why/fix.h"
#include "why/msgroom.h"
#include "why/sysv.h"

#define TYPES_LOOK 2048 /* messages that are copied at most */

#ifndef MSG_EXCEPT
#define MSG_EXCEPT 020000
#endif

struct types {
	char name[80], ref[IPCX_REF_MAX];
	uint64_t qnum;
	struct ipcx_table *messages; /* NULL: not looked at */
	char why[200];               /* then why not */
	char sender[160];
};

static void types_sender(struct ix_why *w, const struct ipcx_table *t, struct types *q)
{
	uint64_t pid, time = 0;
	char who[120];

	if (!ix_why_number(t, 0, IPCX_F_STIME, &time)) {
		(void)snprintf(q->sender, sizeof(q->sender),
			       "no process has sent to it yet");
		return;
	}
	if (!ix_why_number(t, 0, IPCX_F_LSPID, &pid))
		pid = 0;
	(void)ix_sysv_who(w, (int64_t)pid, (int64_t)time, (int64_t)time, who,
			  sizeof(who));
	(void)snprintf(q->sender, sizeof(q->sender), "last sent to by %s", who);
}

static void types_look(struct ix_why *w, const struct ipcx_table *t, struct types *q)
{
	struct ipcx_ref ref;

	if (q->qnum > TYPES_LOOK)
		(void)snprintf(q->why, sizeof(q->why),
			       "its messages are too many to be looked at here");
	else if (ipcx_row_ref(t, 0, &ref) < 0 ||
		 ipcx_contents(w->x, &ref, &q->messages) < 0)
		(void)snprintf(q->why, sizeof(q->why), "%s", ipcx_error(w->x));
}

/* Read the queue; false if it is not known, with the reason set. */
static bool types_read(struct ix_why *w, struct ix_reason *r, struct types *q)
{
	const struct ipcx_table *t = ix_sysv_object(w, IX_SO_NOT, r);

	*q = (struct types){ .messages = NULL };
	if (!t)
		return false;
	(void)ix_sysv_named(t, q->name, sizeof(q->name));
	(void)ix_sysv_ref(t, q->ref, sizeof(q->ref));
	if (!ix_why_number(t, 0, IPCX_F_QNUM, &q->qnum)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: how many messages %s has", q->name);
		return false;
	}
	types_sender(w, t, q);
	if (q->qnum)
		types_look(w, t, q);
	return true;
}

/*
 * Find the message that would be received; flags as far as known. Returns its row, -1 if
 * there is none, -2 if some types are unknown.
 */
static long types_find(const struct ipcx_table *t, int64_t want, bool except)
{
	long best = -1;
	int64_t least = 0;

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		uint64_t n;
		int64_t type;

		if (!ix_why_number(t, i, IPCX_F_MTYPE, &n))
			return -2;
		type = (int64_t)n;
		if (want == 0 || (want > 0 && (type == want) != except))
			return (long)i;
		/* Of negative ones the kernel takes the least type up to -want. */
		if (want < 0 && type <= (want == INT64_MIN ? INT64_MAX : -want) &&
		    (best < 0 || type < least)) {
			best = (long)i;
			least = type;
		}
	}
	return best;
}

/* Write which types there are: "types 1 (3 messages), 7 (1)". */
static void types_say(const struct types *q, char *buf, size_t size)
{
	struct {
		int64_t type;
		size_t n;
	} kinds[4];
	size_t n = 0, at = 0, rest = 0;

	for (size_t i = 0; i < ipcx_table_rows(q->messages); i++) {
		uint64_t type;
		size_t k = 0;

		if (!ix_why_number(q->messages, i, IPCX_F_MTYPE, &type))
			continue;
		while (k < n && kinds[k].type != (int64_t)type)
			k++;
		if (k == ARRAY_SIZE(kinds)) {
			rest++;
			continue;
		}
		if (k == n) {
			kinds[n].type = (int64_t)type;
			kinds[n++].n = 0;
		}
		kinds[k].n++;
	}
	buf[0] = '\0';
	for (size_t k = 0; k < n; k++)
		at += (size_t)snprintf(buf + at, size - at, "%s%zu of type %" PRId64,
				       k ? ", " : "", kinds[k].n, kinds[k].type);
	if (rest)
		(void)snprintf(buf + at, size - at, ", %zu of others", rest);
}

/* Say what was asked for: "any message", "type 5", "a type up to 5". */
static void types_asked(const struct ix_why *w, char *buf, size_t size)
{
	bool except = ix_why_flag(w, MSG_EXCEPT) == IX_SO;

	if (!ix_args_has(&w->a, IX_ARG_MTYPE))
		(void)snprintf(buf, size, "mtype= is not known");
	else if (w->a.mtype == 0)
		(void)snprintf(buf, size, "any message was asked for");
	else if (w->a.mtype < 0)
		(void)snprintf(buf, size, "a type up to %" PRIu64 " was asked for",
			       0 - (uint64_t)w->a.mtype);
	else
		(void)snprintf(buf, size, "%stype %" PRId64 " was asked for",
			       except ? "a type other than " : "", w->a.mtype);
}

/* What comes of the type that was asked for. Returns true if it is decided. */
static bool types_none_known(const struct ix_why *w, const struct types *q,
			     struct ix_reason *r)
{
	char asked[80];

	types_asked(w, asked, sizeof(asked));
	if (q->qnum == 0)
		ix_reason_set(r, IX_SO, "%s is empty, %s; %s", q->name, asked, q->sender);
	else if (ix_args_has(&w->a, IX_ARG_MTYPE) && w->a.mtype == 0)
		ix_reason_set(r, IX_SO_NOT, "%s has %" PRIu64 " messages, %s", q->name,
			      q->qnum, asked);
	else if (!q->messages)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: %s has %" PRIu64 " messages, %s; %s",
			      q->name, q->qnum, asked, q->why);
	else
		return false;
	return true;
}

void ix_msg_why_none(struct ix_why *w, bool blocks, struct ix_reason *r)
{
	bool nowait = ix_why_flag(w, IPC_NOWAIT) == IX_SO;
	char asked[80], has[200];
	struct types q;
	enum ix_so so;
	long found;

	if (blocks ? nowait : ix_args_has(&w->a, IX_ARG_FLAGS) && !nowait) {
		ix_reason_set(r, IX_SO_NOT, "the call %s",
			      nowait ? "does not wait, with IPC_NOWAIT"
				     : "waits, as the flags lack IPC_NOWAIT");
		return;
	}
	if (!types_read(w, r, &q))
		return;
	if (!types_none_known(w, &q, r)) {
		found = types_find(q.messages, w->a.mtype,
				   ix_why_flag(w, MSG_EXCEPT) == IX_SO);
		so = !ix_args_has(&w->a, IX_ARG_MTYPE) || found == -2 ? IX_SO_UNKNOWN
								      : ix_so(found < 0);
		types_asked(w, asked, sizeof(asked));
		types_say(&q, has, sizeof(has));
		ix_reason_set(r, so, "%s%s has %" PRIu64 " messages, %s; %s; %s",
			      so == IX_SO_UNKNOWN ? "cannot be told: " : "", q.name,
			      q.qnum, has, asked, q.sender);
	}
	if (r->applies == IX_SO)
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "%s %s",
			       q.qnum ? "msg peek" : "who", q.ref);
	ipcx_table_free(q.messages);
}

/* Compare the message that comes with the buffer. */
static void types_buffer(const struct ix_why *w, const struct types *q,
			 struct ix_reason *r)
{
	bool sized = ix_args_has(&w->a, IX_ARG_LEN);
	long found =
		types_find(q->messages, w->a.mtype, ix_why_flag(w, MSG_EXCEPT) == IX_SO);
	uint64_t size;

	if (found == -1) {
		ix_reason_set(r, IX_SO_NOT, "%s has no message of that type", q->name);
		return;
	}
	if (found < 0 || !ix_why_number(q->messages, (size_t)found, IPCX_F_SIZE, &size)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: a message of %s is longer than "
			      "msgmax is now, and cannot be looked at",
			      q->name);
		return;
	}
	ix_reason_set(r, sized ? ix_so(size > w->a.len) : IX_SO_UNKNOWN,
		      "%sthe next message of %s%s has %" PRIu64 " bytes",
		      sized ? "" : "cannot be told, as len= is not known: ", q->name,
		      ix_args_has(&w->a, IX_ARG_MTYPE) && w->a.mtype ? " of that type"
								     : "",
		      size);
	if (sized)
		(void)snprintf(r->evidence + strlen(r->evidence),
			       sizeof(r->evidence) - strlen(r->evidence),
			       ", the buffer %" PRIu64, w->a.len);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "receive with a buffer of %" PRIu64
			       " bytes, or with MSG_NOERROR, which loses the rest",
			       size);
}

void ix_msg_why_buffer(struct ix_why *w, struct ix_reason *r)
{
	struct types q;

	if (ix_why_flag(w, MSG_NOERROR) == IX_SO) {
		ix_reason_set(r, IX_SO_NOT,
			      "MSG_NOERROR cuts a message that is too long");
		return;
	}
	if (!types_read(w, r, &q))
		return;
	if (q.qnum == 0)
		ix_reason_set(r, IX_SO_NOT, "%s is empty", q.name);
	else if (!q.messages)
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s", q.why);
	else if (!ix_args_has(&w->a, IX_ARG_MTYPE) && q.qnum > 1)
		ix_why_missing(r, "mtype");
	else
		types_buffer(w, &q, r);
	ipcx_table_free(q.messages);
}
