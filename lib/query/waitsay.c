/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a wait means, in words. "deadlock" without "possible" stands only where it is
 * certain. Of a semaphore it is known who operated on it last, not who holds it: SETVAL,
 * waiting for zero and undoing count, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>

#include "query/waitsjoin.h"
#include "who/last.h"

/* A text that is cut at its end if it is too long. */
struct say {
	char text[WAITS_TEXT];
	size_t len;
};

static void PRINTF(2, 3) say(struct say *s, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(s->text + s->len, sizeof(s->text) - s->len, fmt, args);
	va_end(args);
	s->len = MIN(s->len + (size_t)MAX(n, 0), sizeof(s->text) - 1);
}

/* ---- what it wants */

#define SAY_OPS 8

static void say_semops(const struct waits_join *j, const struct ix_wait *w, struct say *s)
{
	for (uint32_t i = 0; i < w->nops && i < SAY_OPS; i++) {
		const struct ix_semop *op = &j->waits.semops[w->ops + i];

		say(s, op->op ? "%s%+d on %u%s" : "%s%d on %u%s", i ? ", " : "", op->op,
		    op->num, op->undo ? " (undo)" : "");
	}
	if (w->nops > SAY_OPS)
		say(s, " and %" PRIu32 "%s more", w->nops - SAY_OPS,
		    w->ops_cut ? " or" : "");
}

static void say_message(const struct ix_wait *w, struct say *s)
{
	if (w->b.sends)
		say(s, "room for %" PRIu64 " byte%s", w->b.count,
		    w->b.count == 1 ? "" : "s");
	else if (!w->has_mtype)
		return;
	else if (w->mtype < 0)
		say(s, "a message of type at most %" PRIu64, -(uint64_t)w->mtype);
	else if (w->mtype == 0)
		say(s, "a message");
	else
		say(s,
		    w->b.flags & MSG_EXCEPT ? "a message of a type other than %" PRId64
					    : "a message of type %" PRId64,
		    w->mtype);
}

static void say_wants(const struct waits_join *j, const struct wait_found *f,
		      struct say *s)
{
	const struct ix_wait *w = f->wait;

	switch (w->b.kind) {
	case IX_WAIT_SEM:
		say_semops(j, w, s);
		break;
	case IX_WAIT_MSG:
		say_message(w, s);
		break;
	case IX_WAIT_MQ:
		say(s, w->b.sends ? "room for a message" : "a message");
		break;
	case IX_WAIT_FUTEX:
		say(s, w->lock.kind != IX_LOCK_NONE ? "the lock"
		       : (ipcx_mech_can(f->mech) & (IPCX_CAN_SEM_OP | IPCX_CAN_SEM_TAKE))
			       ? "a post"
			       : "a wake-up");
		break;
	case IX_WAIT_PIPE:
		if (!w->b.sends)
			say(s, "data");
		else if (w->b.count)
			say(s, "room for %" PRIu64 " byte%s", w->b.count,
			    w->b.count == 1 ? "" : "s");
		else
			say(s, "room");
		break;
	case IX_WAIT_OPEN:
		say(s, (w->b.flags & O_ACCMODE) == O_RDONLY ? "a writer" : "a reader");
		break;
	case IX_WAIT_NONE:
		break;
	}
}

/* ---- who could end it */

static const struct ix_user *say_user(const struct waits_join *j, int32_t pid)
{
	for (size_t low = 0, high = j->waits.nusers; low < high;) {
		size_t mid = low + (high - low) / 2;

		if (j->waits.users[mid].user.pid == pid)
			return &j->waits.users[mid].user;
		if (j->waits.users[mid].user.pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t low = 0, high = j->uses.nusers; low < high;) {
		size_t mid = low + (high - low) / 2;

		if (j->uses.users[mid].pid == pid)
			return &j->uses.users[mid];
		if (j->uses.users[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static void say_process(const struct waits_join *j, int32_t pid, const char *comm,
			struct say *s)
{
	const struct ix_user *user = comm && comm[0] ? NULL : say_user(j, pid);

	char named[4 * sizeof(user->comm) + 16];

	if (user && user->start)
		comm = user->comm;
	if (!comm || !comm[0]) {
		say(s, "%" PRId32, pid);
		return;
	}
	ix_last_name(pid, comm, named, sizeof(named));
	say(s, "%s", named);
}

static int say_those(struct waits_join *j, const struct wait_found *f,
		     struct ix_wait_entry *e, struct say *s)
{
	const struct wait_set *set = &j->sets[f->users - 1];
	struct wait_others others;
	int r = ix_waits_others(j, f, &others);

	if (r < 0 || !others.n)
		return r;
	say_process(j, others.first, NULL, s);
	if (others.n > 1) {
		say(s, " and %zu more", others.n - 1);
		return 0;
	}
	e->held_by = others.first;
	e->held = set->complete && !f->doubtful ? IPCX_CERTAIN : IPCX_POSSIBLE;
	return 0;
}

static int say_waker(struct waits_join *j, const struct wait_found *f,
		     struct ix_wait_entry *e, struct say *s)
{
	const struct ix_wait *w = f->wait;
	int32_t own = j->waits.users[w->user].user.pid;
	bool lock = w->lock.kind != IX_LOCK_NONE && w->lock.owner;

	if (f->users && !lock)
		return say_those(j, f, e, s);
	/* The last operator of a semaphore does not end a wait for zero, and no process
	 * waits for its own act. */
	if (!f->held || (!lock && (f->last == own || f->last <= 0)) ||
	    (w->b.kind == IX_WAIT_SEM && (!f->op || f->op->op >= 0)))
		return 0;
	e->held_by = f->last;
	e->held = f->held;
	if (lock && !f->last)
		say(s, "thread %" PRId32 " (gone)", f->last_tid);
	else if (f->last_is == LAST_GONE)
		say(s, "%" PRId32 " (gone)", f->last);
	else
		say_process(j, f->last, f->comm, s);
	if (lock && f->last && f->last_tid != f->last)
		say(s, ", thread %" PRId32, f->last_tid);
	if (f->held < IPCX_CERTAIN)
		say(s, "?");
	return 0;
}

/* ---- why it may never end */

static const char *say_unless(const struct wait_found *f)
{
	const struct ix_wait *w = f->wait;

	if (w->file == IX_USE_SYSV && w->b.kind == IX_WAIT_FUTEX)
		return "unless another attaches it";
	if (w->unlinked || w->file == IX_USE_MEMFD ||
	    (w->file == IX_USE_PIPE && !w->fifo))
		return "unless a descriptor is under way in a socket";
	return "unless another opens it by name";
}

#define SAY_MEMBERS 8

/* The processes of a cycle, each once: the lowest of their pids, in ascending order. */
static void say_members(const struct waits_join *j, uint32_t cycle, struct say *s)
{
	int32_t pids[SAY_MEMBERS];
	size_t n = 0, at;
	bool more = false;

	for (size_t i = 0; i < j->n; i++) {
		int32_t pid = j->waits.users[j->all[i].wait->user].user.pid;

		if (j->all[i].judged.cycle != cycle)
			continue;
		for (at = n; at > 0 && pids[at - 1] >= pid; at--)
			;
		if (at < n && pids[at] == pid)
			continue;
		more |= n == SAY_MEMBERS;
		n -= n == SAY_MEMBERS && at < n;
		if (n == SAY_MEMBERS)
			continue;
		memmove(pids + at + 1, pids + at, (n++ - at) * sizeof(*pids));
		pids[at] = pid;
	}
	for (size_t i = 0; i < n; i++)
		say(s, "%s%" PRId32, i ? ", " : "", pids[i]);
	if (more)
		say(s, " and more");
}

/* A partner that is gone: a guess from who acted last, not from the graph. */
static void say_gone(const struct wait_found *f, struct ix_wait_entry *e, struct say *s)
{
	if ((f->last_is != LAST_GONE && !f->not_found) || f->wait->has_timeout ||
	    f->wait->timeout_unknown)
		return;
	if (f->not_found) {
		say(s,
		    "its owner, thread %" PRId32
		    ", was not found: if it has ended, it is never released",
		    f->last_tid);
		e->grade = IPCX_POSSIBLE;
	} else if (f->acted) {
		say(s, "%s %" PRId32 " (gone)", f->acted, f->last);
		e->grade = IPCX_LIKELY;
	} else if (f->op && f->op->op < 0 && f->value == 0 && !f->untouched) {
		say(s,
		    "last operated on by %" PRId32 " (gone): it may have died holding it",
		    f->last);
		e->grade = f->set || f->op->undo ? IPCX_POSSIBLE : IPCX_LIKELY;
	}
}

static void say_verdict(const struct waits_join *j, const struct wait_found *f,
			struct ix_wait_entry *e, struct say *s)
{
	const struct ix_judgement *judged = &f->judged;

	e->grade = judged->grade;
	e->cycle = judged->cycle;
	switch (judged->why) {
	case IX_WHY_NOBODY:
		say(s, "nobody seen can end it, %s", say_unless(f));
		break;
	case IX_WHY_DEADLOCK:
		say(s, f->if_seen ? "possible deadlock (if nobody is unseen): "
				  : "deadlock: ");
		say_members(j, judged->cycle, s);
		break;
	case IX_WHY_CYCLE:
		say(s, "possible deadlock (if these are %s): ",
		    judged->guess_sem    ? "locks"
		    : judged->guess_lock ? "mutexes of glibc"
					 : "locks");
		say_members(j, judged->cycle, s);
		break;
	case IX_WHY_OWNER_DEAD:
		say(s, "its owner, thread %" PRId32 ", has ended: it is never released",
		    f->last_tid);
		break;
	case IX_WHY_NONE:
		if (!f->wait->moved)
			say_gone(f, e, s);
		break;
	}
}

/* ---- rows */

static enum ix_basis say_basis(const struct wait_found *f, const struct ix_wait_entry *e)
{
	const struct ix_wait *w = f->wait;

	if (w->b.restarted || f->judged.why == IX_WHY_CYCLE ||
	    (e->grade && e->grade < IPCX_CERTAIN && w->lock.kind == IX_LOCK_NONE))
		return IX_BASIS_INFERRED;
	return w->from_memory || w->lock.kind == IX_LOCK_PLAIN ? IX_BASIS_MEMORY
							       : IX_BASIS_KERNEL;
}

int ix_waits_say(struct waits_join *j)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->n; i++) {
		const struct wait_found *f = &j->all[i];
		struct say wants = { .len = 0 }, waker = { .len = 0 },
			   verdict = { .len = 0 };
		struct ix_wait_entry e = {
			.mech = f->mech,
			.ref = f->ref,
			.ns = f->ns,
			.user = &j->waits.users[f->wait->user],
			.wait = f->wait,
			.op = f->op,
			.since = j->since,
		};

		if (!f->asked || (j->for_ns && f->wait->moved))
			continue;
		say_wants(j, f, &wants);
		r = say_waker(j, f, &e, &waker);
		if (r < 0)
			break;
		say_verdict(j, f, &e, &verdict);
		e.wants = wants.len ? wants.text : NULL;
		e.waker = waker.len ? waker.text : NULL;
		e.verdict = verdict.len ? verdict.text : NULL;
		e.basis = say_basis(f, &e);
		if (!e.wants || f->wait->timeout_unknown || f->wait->lock_unread)
			ix_table_once(j->out.t, 0,
				      "what some threads wait for could not be read from "
				      "their memory");
		r = ix_waitrows_add(&j->out, &e);
	}
	return r;
}
