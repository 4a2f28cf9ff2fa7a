/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who could end a wait: the processes that have the object, the owner of a lock, or,
 * where nothing better is known, who operated last. Waits for the same object follow each
 * other, so what was found for one is kept for the next.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/columns.h"
#include "proc/creator.h"
#include "query/users.h"
#include "query/usersjoin.h"
#include "query/waitsjoin.h"

/* ---- the processes that have the objects */

bool ix_waits_has_users(const struct ix_wait *w)
{
	return w->b.kind == IX_WAIT_FUTEX || w->b.kind == IX_WAIT_MQ ||
	       w->b.kind == IX_WAIT_PIPE;
}

/* A file counts once, however many threads wait for it. */
static size_t know_distinct(struct ix_use_file *files, size_t n)
{
	size_t kept = 0;

	if (n)
		qsort(files, n, sizeof(*files), ix_use_file_order);
	for (size_t i = 0; i < n; i++)
		if (!kept || ix_use_file_order(&files[kept - 1], &files[i]) != 0)
			files[kept++] = files[i];
	return kept;
}

int ix_waits_users(struct waits_join *j)
{
	auto_free struct ix_use_file *files = calloc(j->n + 1, sizeof(*files));
	struct ix_uses_what what = {
		.access = true, .shared = true, .strict = true, .files = files
	};
	int r;

	if (!files)
		return -ENOMEM;
	for (size_t i = 0; i < j->n; i++) {
		const struct ix_wait *w = j->all[i].wait;

		if (!ix_waits_has_users(w))
			continue;
		what.kinds |= 1U << w->file;
		what.maps |= w->b.kind == IX_WAIT_FUTEX;
		what.fds |= w->file != IX_USE_SYSV;
		files[what.nfiles++] = (struct ix_use_file){ w->dev, w->ino };
	}
	if (!what.kinds)
		return 0;
	what.nfiles = know_distinct(files, what.nfiles);
	r = ix_uses_collect(j->out.x, &what, &j->uses);
	j->looked = r == 0;
	return r;
}

/* ---- who acted last */

static bool know_same_actor(const struct wait_found *a, const struct wait_found *b)
{
	return a->row == b->row && a->last == b->last &&
	       a->wait->b.kind == b->wait->b.kind && a->wait->b.sends == b->wait->b.sends;
}

/* Whether the process that acted last still runs. Everything about it is a guess: anybody
 * with permission could act next. */
static void know_last(struct waits_join *j, struct wait_found *f,
		      const struct ix_moment *when)
{
	const struct wait_found *before = f > j->all ? f - 1 : NULL;
	struct ix_process p;

	if (f->last <= 0)
		return;
	f->held = IPCX_POSSIBLE;
	if (before && before->last_is != LAST_UNKNOWN && know_same_actor(before, f)) {
		f->last_is = before->last_is;
		memcpy(f->comm, before->comm, sizeof(f->comm));
		return;
	}
	ix_proc_then(j->out.x, f->last, when, &p);
	f->last_is = p.alive == IX_ALIVE  ? LAST_LIVES
		     : p.alive == IX_GONE ? LAST_GONE
					  : LAST_UNKNOWN;
	if (f->last_is == LAST_LIVES)
		memcpy(f->comm, p.comm, sizeof(f->comm));
	if (p.alive == IX_UNKNOWN && p.why == IX_WHY_ERROR)
		ix_table_once(
			j->out.t, p.error,
			"whether some processes that acted last still run is unknown");
}

void ix_waits_actor(struct waits_join *j, struct wait_found *f)
{
	const struct ix_traces *traces = ix_mech(f->mech)->traces;
	const struct ix_partner *partner = f->wait->b.sends ? &traces->receiver
							    : &traces->sender;
	struct ix_moment when = { .from = 0 };
	int64_t set;

	if (f->row == SIZE_MAX)
		return;
	if (f->wait->b.kind == IX_WAIT_MSG && partner->pid) {
		f->last = (int32_t)ix_users_number(j->objects, f->row, partner->pid);
		when.from = (int64_t)ix_users_number(j->objects, f->row, partner->at);
		when.to = when.from;
		f->acted = partner->name;
		know_last(j, f, &when);
	} else if (f->wait->b.kind == IX_WAIT_SEM) {
		/* SETVAL and SETALL set the ctime only, and not the otime. */
		when.from = (int64_t)ix_users_number(j->objects, f->row, IPCX_F_OTIME);
		set = (int64_t)ix_users_number(j->objects, f->row, IPCX_F_CTIME);
		f->untouched = !when.from;
		f->set = f->untouched || set >= when.from;
		when.to = MAX(when.from, set);
		if (!when.from)
			when.from = when.to;
		know_last(j, f, &when);
		if (f->op && f->op->undo && f->held)
			f->held = IPCX_LIKELY;
	}
}

/* ---- those who have it */

static bool know_could(const struct ix_wait *w, const struct ix_use *use)
{
	if (w->b.kind == IX_WAIT_PIPE)
		return w->b.sends ? use->readers : use->writers;
	if (w->b.kind == IX_WAIT_MQ)
		return use->access & (w->b.sends ? IX_USE_R : IX_USE_W);
	return true;
}

/*
 * Whether a wait may end in a way that is not seen. futex_waitv(2) also waits for futexes
 * outside of objects, and what it waits for was read from memory that may have changed
 * since; splice(2) and the like wait either for data or for room. A pipe without a writer
 * (or reader) ends a read (or write) at once: if a thread waits nevertheless, something
 * unseen has it open, as a message in a socket or an io_uring do.
 */
static bool know_doubtful(const struct ix_wait *w, const struct wait_set *set)
{
	return (w->b.kind == IX_WAIT_FUTEX && w->b.data) || w->b.other != UINT64_MAX ||
	       (w->b.kind == IX_WAIT_PIPE && !set->n);
}

static int know_pid_order(const void *a, const void *b)
{
	const int32_t *l = a, *r = b;

	return *l < *r ? -1 : *l > *r;
}

static int know_add_set(struct waits_join *j, const struct ix_wait *w,
			const struct ix_use *const *uses, size_t n, bool complete,
			size_t *ret_set)
{
	struct wait_set *more = reallocarray(j->sets, j->nsets + 1, sizeof(*more));
	struct wait_set set = { .pids = calloc(n + 1, sizeof(*set.pids)),
				.complete = complete };

	if (more)
		j->sets = more;
	if (!more || !set.pids) {
		free(set.pids);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		if (know_could(w, uses[i]))
			set.pids[set.n++] = j->uses.users[uses[i]->user].pid;
	qsort(set.pids, set.n, sizeof(*set.pids), know_pid_order);
	more[j->nsets++] = set;
	*ret_set = j->nsets;
	return 0;
}

/* The uses of the object of a wait; free *ret_uses. */
static int know_uses_of(struct waits_join *j, const struct wait_found *f,
			const struct ix_use ***ret_uses, size_t *ret_n,
			bool *ret_complete)
{
	const struct ix_wait *w = f->wait;
	const struct ix_use **uses, *use;
	auto_free bool *inferred = NULL;
	struct ix_segment seg = { .ns = f->ns, .id = (int32_t)w->ino, .key = w->key };
	uint64_t found;
	size_t n = 0;

	*ret_complete = ix_uses_complete(&j->uses);
	if (w->file != IX_USE_SYSV) {
		use = ix_uses_of(&j->uses, w->file, w->dev, w->ino, &n);
		uses = calloc(n + 1, sizeof(*uses));
		for (size_t i = 0; uses && i < n; i++)
			uses[i] = &use[i];
	} else {
		n = ix_uses_segment_most(&j->uses, seg.id);
		uses = calloc(n + 1, sizeof(*uses));
		inferred = calloc(n + 1, sizeof(*inferred));
		seg.creator = -1;
		seg.nattch = f->row == SIZE_MAX
				     ? 0
				     : ix_users_number(j->objects, f->row, IPCX_F_NATTCH);
		if (!uses || !inferred) {
			free(uses);
			return -ENOMEM;
		}
		n = ix_uses_of_segment(j->out.x, &j->uses, &seg, uses, inferred, &found);
		*ret_complete |= seg.nattch && found >= seg.nattch;
	}
	*ret_uses = uses;
	*ret_n = n;
	return uses ? 0 : -ENOMEM;
}

/*
 * Whether a lock may have a dead owner for whom a thread waits. When a thread ends, the
 * kernel hands over its PI futexes, so such a word was written by somebody else. A robust
 * mutex remains only if its owner's list was lost; bit 31 and a number may also be a lock
 * of another kind, with a number of readers.
 */
static bool know_may_be_dead(const struct ix_lock *lock)
{
	return lock->kind == IX_LOCK_PLAIN ||
	       (lock->kind == IX_LOCK_ROBUST && lock->fits);
}

/* The word of a lock is a contract with the kernel only between programs that keep it:
 * everybody who maps the lock can write there. One user's programs are believed. */
static bool know_is_shared_by_one(const struct waits_join *j,
				  const struct ix_use *const *uses, size_t n)
{
	const struct ix_user *all = j->uses.users;

	for (size_t i = 0; i < n; i++)
		if (!all[uses[i]->user].has_uid ||
		    all[uses[i]->user].uid != all[uses[0]->user].uid)
			return false;
	return n > 0;
}

/* The owner of a lock, by the number in its word, which everybody who maps the file can
 * write: only the list of the owner makes it certain. If no process that maps the file has
 * such a thread, it has ended, unless some may be unseen or it runs without the file. */
static int know_owner(struct waits_join *j, struct wait_found *f,
		      const struct ix_use *const *uses, size_t n, bool complete)
{
	const struct ix_wait *w = f->wait;
	const struct ix_futex futex = { w->dev, w->ino, w->offset, &j->uses, uses, n };
	struct ix_owner owner;
	struct stat st;
	char path[16];
	bool honest;
	int r;

	if (w->lock.kind == IX_LOCK_NONE || !w->lock.owner)
		return 0;
	r = ix_owner_find(j->out.x, &j->owners, &futex, &w->lock, &owner);
	if (r < 0)
		return r;
	j->trouble = j->trouble ? j->trouble : owner.error;
	honest = know_is_shared_by_one(j, uses, n);
	f->held = owner.listed || (honest && w->lock.kind == IX_LOCK_PI) ? IPCX_CERTAIN
		  : owner.unlisted                                       ? IPCX_POSSIBLE
									 : IPCX_LIKELY;
	f->last_tid = w->lock.owner;
	if (owner.pid) {
		f->last = owner.pid;
		f->last_tid = owner.tid;
		f->last_is = LAST_LIVES;
		return 0;
	}
	(void)snprintf(path, sizeof(path), "%d", w->lock.owner);
	f->held = 0;
	if (owner.unsure || !know_may_be_dead(&w->lock))
		return 0;
	f->not_found = !complete || fstatat(ix_procfd(j->out.x), path, &st, 0) == 0;
	if (f->not_found)
		return 0;
	f->held = honest && w->lock.kind == IX_LOCK_ROBUST ? IPCX_CERTAIN : IPCX_LIKELY;
	f->last_is = LAST_GONE;
	return 0;
}

static bool know_same(const struct wait_found *a, const struct wait_found *b)
{
	const struct ix_wait *l = a->wait, *r = b->wait;

	return l->b.kind == r->b.kind && l->b.sends == r->b.sends && l->file == r->file &&
	       l->dev == r->dev && l->ino == r->ino && a->ns == b->ns;
}

static void know_copy_owner(struct wait_found *to, const struct wait_found *from)
{
	to->last = from->last;
	to->last_tid = from->last_tid;
	to->last_is = from->last_is;
	to->held = from->held;
	to->not_found = from->not_found;
}

int ix_waits_those(struct waits_join *j, size_t i)
{
	struct wait_found *f = &j->all[i];
	const struct wait_found *before = i && j->all[i - 1].known ? &j->all[i - 1]
								   : NULL;
	const struct ix_use **uses = NULL;
	bool complete, same = before && know_same(before, f);
	size_t n;
	int r;

	f->known = true;
	if (!ix_waits_has_users(f->wait))
		return 0;
	if (same)
		f->users = before->users;
	if (same && before->wait->offset == f->wait->offset &&
	    before->wait->lock.kind == f->wait->lock.kind &&
	    before->wait->lock.owner == f->wait->lock.owner) {
		know_copy_owner(f, before);
		f->doubtful = know_doubtful(f->wait, &j->sets[f->users - 1]);
		return 0;
	}
	r = know_uses_of(j, f, &uses, &n, &complete);
	if (r == 0 && !f->users)
		r = know_add_set(j, f->wait, uses, n, complete, &f->users);
	if (r == 0)
		r = know_owner(j, f, uses, n, complete);
	if (f->users)
		f->doubtful = know_doubtful(f->wait, &j->sets[f->users - 1]);
	free(uses);
	return r;
}
