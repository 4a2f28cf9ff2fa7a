/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The word of a lock holds the TID by which its owner knows itself. In another PID
 * namespace than that of /proc, it is the last number in the line "NSpid" of the thread.
 * Everybody who maps the file can write the word, and very many words, so each process
 * and each robust list is read once.
 */
#include "who/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "proc/maps.h"
#include "proc/numbers.h"
#include "proc/status.h"
#include "who/procs.h"

/* When memory of this many threads has not answered, no more lists are read. */
#define OWNER_STALLED 2

struct owner_thread {
	int32_t own, tid; /* in its own PID namespace, and in that of /proc */
};

struct ix_owner_process {
	int32_t pid;
	int error;                    /* why not all threads are known, or 0 */
	struct owner_thread *threads; /* sorted by "own" */
	size_t n, cap;
};

/* The place of a futex. */
struct owner_place {
	uint64_t dev, ino, offset;
};

struct ix_owner_list {
	int32_t tid;
	bool whole; /* there are no others */
	int error;  /* why it could not be read, unless the list itself is broken; or 0 */
	struct owner_place *places;
	size_t n;
};

static bool owner_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

void ix_owners_free(struct ix_owners *owners)
{
	for (size_t i = 0; i < owners->nprocesses; i++)
		free(owners->processes[i].threads);
	for (size_t i = 0; i < owners->nlists; i++)
		free(owners->lists[i].places);
	free(owners->processes);
	free(owners->lists);
	*owners = (struct ix_owners){ .nlists = 0 };
}

/* ---- threads by number */

/* Read the TID of a process or thread in its own PID namespace. Returns the number of PID
 * namespaces in which it has one, or -errno. */
static int owner_numbers(int dir, int32_t *ret_tid)
{
	auto_buf struct ix_buf text = { 0 };
	struct ix_status_pids pids;
	int r = ix_status_read(dir, "status", &text);

	if (r == 0)
		r = ix_status_pids(text.data, text.len, &pids);
	if (r < 0)
		return r;
	*ret_tid = pids.last;
	return (int)pids.levels;
}

static int owner_thread_order(const void *a, const void *b)
{
	const struct owner_thread *l = a, *r = b;

	return l->own < r->own ? -1 : l->own > r->own;
}

static int owner_add_thread(struct ix_owner_process *p, struct owner_thread thread)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 4;
		struct owner_thread *more = reallocarray(p->threads, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->threads = more;
		p->cap = cap;
	}
	p->threads[p->n++] = thread;
	return 0;
}

/* Read the threads; "inner": of a process in another PID namespace. */
static int owner_threads(struct ix_owner_process *p, int dir, bool inner)
{
	int fd = ix_open(dir, "task", O_RDONLY | O_DIRECTORY), r;
	DIR *tasks auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (!tasks) {
		if (fd >= 0)
			(void)close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	while ((r = ix_readdir(tasks, &d)) == 0 && d) {
		int32_t tid = (int32_t)strtol(d->d_name, NULL, 10);
		struct owner_thread thread = { tid, tid };
		auto_fd int task = -1;

		if (tid <= 0)
			continue;
		if (inner) {
			task = ix_open(dirfd(tasks), d->d_name, O_PATH | O_DIRECTORY);
			r = task < 0 ? task : owner_numbers(task, &thread.own);
			if (owner_gone(r))
				continue;
		}
		r = r < 0 ? r : owner_add_thread(p, thread);
		if (r < 0)
			return r;
	}
	return r;
}

static int owner_read(struct ipcx *x, struct ix_owner_process *p)
{
	auto_fd int dir = ix_procs_open(x, p->pid);
	int32_t own;
	int levels = dir < 0 ? dir : owner_numbers(dir, &own);
	int r = levels < 0 ? levels : owner_threads(p, dir, levels > 1);

	if (r == -ENOMEM)
		return r;
	p->error = owner_gone(r) ? 0 : MIN(r, 0);
	if (p->n)
		qsort(p->threads, p->n, sizeof(*p->threads), owner_thread_order);
	return 0;
}

/* Make room for one more element at "at" of an array. Returns it, or NULL. */
static void *owner_room(void **all, size_t *n, size_t *cap, size_t size, size_t at)
{
	char *p = *all;

	if (*n == *cap) {
		size_t more = *cap ? 2 * *cap : 16;

		p = reallocarray(*all, more, size);
		if (!p)
			return NULL;
		*all = p;
		*cap = more;
	}
	memmove(p + (at + 1) * size, p + at * size, (*n - at) * size);
	(*n)++;
	return memset(p + at * size, 0, size);
}

static int owner_process(struct ipcx *x, struct ix_owners *owners, int32_t pid,
			 const struct ix_owner_process **ret_process)
{
	void *all = owners->processes;
	struct ix_owner_process *p;
	size_t low = 0, high = owners->nprocesses;
	int r;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (owners->processes[mid].pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_process = &owners->processes[low];
	if (low < owners->nprocesses && owners->processes[low].pid == pid)
		return 0;
	p = owner_room(&all, &owners->nprocesses, &owners->cap_processes, sizeof(*p),
		       low);
	if (!p)
		return -ENOMEM;
	owners->processes = all;
	p->pid = pid;
	r = owner_read(x, p);
	*ret_process = p;
	return r;
}

/* ---- robust lists */

static int owner_address_order(const void *a, const void *b)
{
	const uint64_t *l = a, *r = b;

	return *l < *r ? -1 : *l > *r;
}

/* Find out which places of files the addresses are; each mapping is looked at once. */
static int owner_places(struct ix_owner_list *list, int dir, uint64_t *addresses,
			size_t n)
{
	struct ix_maps maps auto_maps = { .fd = -1 };
	struct ix_mapping m = { .end = 0 };
	int r = ix_maps_open(dir, "maps", true, &maps);

	list->places = calloc(n + 1, sizeof(*list->places));
	if (!list->places)
		return -ENOMEM;
	qsort(addresses, n, sizeof(*addresses), owner_address_order);
	for (size_t i = 0; r >= 0 && i < n; i++) {
		if (addresses[i] < m.start || addresses[i] >= m.end)
			r = ix_maps_at(&maps, addresses[i], &m);
		/* Private memory is no place of interest; in the text, what follows the
		 * gap has been passed over. */
		if (r == 0 && maps.text)
			r = -ENOENT;
		if (r > 0)
			list->places[list->n++] = (struct owner_place){
				m.dev, m.ino, m.offset + (addresses[i] - m.start)
			};
		else
			m.end = 0;
	}
	return MIN(r, 0);
}

static int owner_list_read(struct ix_owners *owners, int dir, struct ix_owner_list *list)
{
	auto_free uint64_t *addresses = calloc(IX_ROBUST_MAX, sizeof(*addresses));
	size_t n = 0;
	int r, found;

	if (!addresses)
		return -ENOMEM;
	if (owners->stalled >= OWNER_STALLED)
		return 0;
	r = ix_peek_robust(list->tid, addresses, &n);
	owners->stalled += r == -ETIMEDOUT;
	found = n ? owner_places(list, dir, addresses, n) : 0;
	list->whole = r == 0 && found == 0;
	if (r < 0 && r != -ENODATA && r != -EFAULT && r != -ELOOP && !owner_gone(r))
		list->error = r;
	else if (found < 0 && !owner_gone(found))
		list->error = found;
	return found == -ENOMEM ? found : 0;
}

/* Whether the lock is on the robust list of a thread: there, it has the address at which
 * the owner mapped the file. Returns 1, 0, -ENODATA if that is unknown, or -ENOMEM. */
static int owner_lists(struct ipcx *x, struct ix_owners *owners, const struct ix_futex *f,
		       int32_t pid, int32_t tid, int *error)
{
	void *all = owners->lists;
	struct ix_owner_list *list;
	size_t at = 0;
	int r = 0;

	if (ix_proc_is_ours(x) <= 0)
		return -ENODATA;
	while (at < owners->nlists && owners->lists[at].tid < tid)
		at++;
	if (at == owners->nlists || owners->lists[at].tid != tid) {
		auto_fd int dir = ix_procs_open(x, pid);

		list = owner_room(&all, &owners->nlists, &owners->cap_lists,
				  sizeof(*list), at);
		if (!list)
			return -ENOMEM;
		owners->lists = all;
		list->tid = tid;
		r = owner_list_read(owners, dir, list);
	}
	list = &owners->lists[at];
	*error = *error ? *error : list->error;
	for (size_t i = 0; i < list->n; i++)
		if (list->places[i].dev == f->dev && list->places[i].ino == f->ino &&
		    list->places[i].offset == f->offset)
			return 1;
	return r < 0 ? r : list->whole ? 0 : -ENODATA;
}

/* ---- both */

int ix_owner_find(struct ipcx *x, struct ix_owners *owners, const struct ix_futex *f,
		  const struct ix_lock *lock, struct ix_owner *ret_owner)
{
	const struct owner_thread key = { .own = lock->owner };
	struct ix_owner owner = { .pid = 0 };
	bool several = false;

	for (size_t i = 0; i < f->n && !owner.listed; i++) {
		int32_t pid = f->uses->users[f->mappers[i]->user].pid;
		const struct ix_owner_process *p;
		const struct owner_thread *t;
		int r = owner_process(x, owners, pid, &p);

		if (r < 0)
			return r;
		owner.unsure |= p->error != 0;
		owner.error = owner.error ? owner.error : p->error;
		t = p->n ? bsearch(&key, p->threads, p->n, sizeof(*t), owner_thread_order)
			 : NULL;
		if (!t)
			continue;
		r = lock->kind == IX_LOCK_ROBUST
			    ? owner_lists(x, owners, f, pid, t->tid, &owner.error)
			    : -ENODATA;
		if (r == -ENOMEM)
			return r;
		/* Another PID namespace may have the same number. */
		if (owner.pid && owner.pid != pid && r <= 0) {
			several = true;
			continue;
		}
		owner.pid = pid;
		owner.tid = t->tid;
		owner.listed = r > 0;
		owner.unlisted = r == 0;
	}
	if (several && !owner.listed)
		owner = (struct ix_owner){ .unsure = true, .error = owner.error };
	*ret_owner = owner;
	return 0;
}
