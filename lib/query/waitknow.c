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

static bool know_has_users(const struct ix_wait *w)
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

static int know_users(struct waits_join *j)
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

		if (!know_has_users(w))
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
}

static void know_actor(struct waits_join *j, struct wait_found *f)
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
 * that are no objects, and what it waits for was read from memory that may have changed
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
	int r;

	if (w->lock.kind == IX_LOCK_NONE || !w->lock.owner)
		return 0;
	r = ix_owner_find(j->out.x, &j->owners, &futex, &w->lock, &owner);
	if (r < 0)
		return r;
	f->held = owner.listed     ? IPCX_CERTAIN
		  : owner.unlisted ? IPCX_POSSIBLE
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
	f->held = IPCX_LIKELY;
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

static int know_those(struct waits_join *j, size_t i)
{
	struct wait_found *f = &j->all[i];
	const struct wait_found *before = i && j->all[i - 1].known ? &j->all[i - 1]
								   : NULL;
	const struct ix_use **uses = NULL;
	bool complete, same = before && know_same(before, f);
	size_t n;
	int r;

	f->known = true;
	if (!know_has_users(f->wait))
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

/* ---- which waits matter */

/* The waits of a process. */
struct know_own {
	int32_t pid;
	size_t found;
};

/* The state of the search: waits that matter and were not looked at yet. */
struct know_search {
	struct waits_join *j;
	struct know_own *own; /* of all waits, sorted */
	size_t *todo, n;
	uint8_t *followed; /* for each of j->sets[]: whether its processes were added */
	size_t nfollowed;
};

static int know_own_order(const void *a, const void *b)
{
	const struct know_own *l = a, *r = b;

	if (l->pid != r->pid)
		return l->pid < r->pid ? -1 : 1;
	return l->found < r->found ? -1 : l->found > r->found;
}

static void know_matters(struct know_search *k, size_t i)
{
	if (k->j->all[i].relevant)
		return;
	k->j->all[i].relevant = true;
	k->todo[k->n++] = i;
}

/* What a process that could end a wait waits for itself matters, too. */
static void know_follow(struct know_search *k, int32_t pid)
{
	size_t low = 0, high = k->j->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->own[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < k->j->n && k->own[low].pid == pid; low++)
		know_matters(k, k->own[low].found);
}

static int know_follow_set(struct know_search *k, size_t set)
{
	const struct wait_set *s = &k->j->sets[set];

	if (k->nfollowed < k->j->nsets) {
		uint8_t *more = realloc(k->followed, k->j->nsets);

		if (!more)
			return -ENOMEM;
		memset(more + k->nfollowed, 0, k->j->nsets - k->nfollowed);
		k->followed = more;
		k->nfollowed = k->j->nsets;
	}
	if (k->followed[set])
		return 0;
	k->followed[set] = 1;
	for (size_t i = 0; i < s->n; i++)
		know_follow(k, s->pids[i]);
	return 0;
}

static int know_next(struct know_search *k)
{
	size_t i = k->todo[--k->n];
	struct wait_found *f = &k->j->all[i];
	int r = 0;

	if (know_has_users(f->wait) && !k->j->looked)
		r = know_users(k->j);
	know_actor(k->j, f);
	if (r == 0)
		r = know_those(k->j, i);
	/* The other threads of a process matter where it has several. */
	know_follow(k, k->j->waits.users[f->wait->user].user.pid);
	if (f->last > 0)
		know_follow(k, f->last);
	return r == 0 && f->users ? know_follow_set(k, f->users - 1) : r;
}

static int know_search(struct know_search *k)
{
	struct waits_join *j = k->j;
	int r = 0;

	for (size_t i = 0; i < j->n; i++)
		k->own[i] =
			(struct know_own){ j->waits.users[j->all[i].wait->user].user.pid,
					   i };
	qsort(k->own, j->n, sizeof(*k->own), know_own_order);
	for (size_t i = j->n; i-- > 0;)
		if (j->all[i].asked)
			know_matters(k, i);
	while (r == 0 && k->n)
		r = know_next(k);
	return r;
}

int ix_waits_know(struct waits_join *j)
{
	struct know_search k = { .j = j };
	int r = 0;

	for (unsigned m = 0; r == 0 && ix_mech(m); m++)
		if (ix_mech(m)->parts)
			r = ix_waits_parts(j, m);
	if (r < 0 || !j->n || !j->judges)
		return r;
	k.own = calloc(j->n, sizeof(*k.own));
	k.todo = calloc(j->n, sizeof(*k.todo));
	r = k.own && k.todo ? know_search(&k) : -ENOMEM;
	free(k.own);
	free(k.todo);
	free(k.followed);
	return r;
}
