/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pass over /proc. Everything about a process is read through one descriptor of its
 * /proc directory, which never refers to a later process with the same pid. What a
 * process does while it is read (exec, exit, a new mapping) can only make the answer a
 * little older or newer than the next process's.
 */
#include "who/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "core/numbered.h"
#include "proc/stat.h"
#include "who/procs.h"

/* How many uses of a process are merged at once. */
#define USES_MERGE 4096

/* A process that executes another program while it is read is read again, this often at
 * most. */
#define USES_TRIES 10

/* ---- one process */

static int by_file(const void *a, const void *b)
{
	const struct ix_use *l = a, *r = b;

	if (l->kind != r->kind)
		return l->kind < r->kind ? -1 : 1;
	if (l->ino != r->ino)
		return l->ino < r->ino ? -1 : 1;
	if (l->dev != r->dev)
		return l->dev < r->dev ? -1 : 1;
	if (l->user != r->user)
		return l->user < r->user ? -1 : 1;
	if (l->key != r->key)
		return l->key < r->key ? -1 : 1;
	return l->address < r->address ? -1 : l->address > r->address;
}

static void uses_merge(struct ix_use *to, const struct ix_use *more)
{
	if (!to->mappings) {
		to->address = more->address;
		to->end = more->end;
	}
	to->mappings += more->mappings;
	to->mapped += more->mapped;
	to->fds += more->fds;
	to->access |= more->access;
	to->readers |= more->readers;
	to->writers |= more->writers;
	if (to->fd < 0)
		to->links = MIN(to->links, more->links);
	to->name = to->name ? to->name : more->name;
	if (to->fd < 0 && more->fd >= 0) {
		to->fd = more->fd;
		to->links = more->links;
	}
	if (more->sized && !to->sized) {
		to->size = more->size;
		to->blocks = more->blocks;
		to->sized = true;
	}
}

/* Forget the names of uses that were merged into others. */
static int keep_names(struct ix_uses_pass *p)
{
	struct ix_buf *names = &p->u->names;
	auto_buf struct ix_buf kept = { 0 };

	if (names->len == p->begun_names)
		return 0;
	for (size_t i = p->begun; i < p->u->n; i++) {
		struct ix_use *use = &p->u->all[i];
		size_t at = kept.len;

		if (!use->name)
			continue;
		if (ix_buf_str(&kept, ix_uses_name(p->u, use)) < 0 ||
		    ix_buf_add(&kept, "", 1) < 0)
			return -ENOMEM;
		use->name = (uint32_t)(p->begun_names + at + 1);
	}
	names->len = p->begun_names;
	return kept.len ? ix_buf_add(names, kept.data, kept.len) : 0;
}

int ix_uses_merge(struct ix_uses_pass *p)
{
	size_t n = p->u->n - p->begun, kept = 0;
	struct ix_use *all = n ? p->u->all + p->begun : NULL;

	if (!all)
		return 0;
	qsort(all, n, sizeof(*all), by_file);
	for (size_t i = 1; i < n; i++) {
		struct ix_use *to = &all[kept];

		if (to->kind == all[i].kind && to->ino == all[i].ino &&
		    to->dev == all[i].dev && to->key == all[i].key)
			uses_merge(to, &all[i]);
		else
			all[++kept] = all[i];
	}
	p->u->n = p->begun + kept + 1;
	p->most = MAX((size_t)USES_MERGE, 2 * (kept + 1));
	return keep_names(p);
}

static bool uses_is_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

/* Count a process that cannot be looked at. */
static int uses_unseen(struct ix_uses_pass *p, int error)
{
	if (error == -ENOMEM)
		return error;
	if (error == -EACCES || error == -EPERM)
		p->u->denied++;
	else if (p->u->missed++ == 0)
		p->u->missed_error = error;
	return 0;
}

/* Add the process, or forget what it used if it has ended meanwhile. */
static int uses_add_user(struct ix_uses_pass *p, int dir, int32_t pid)
{
	struct ix_uses *u = p->u;
	int r;

	if (u->nusers == u->cap_users) {
		size_t cap = u->cap_users ? 2 * u->cap_users : 64;
		struct ix_user *more = reallocarray(u->users, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		u->users = more;
		u->cap_users = cap;
	}
	r = ix_procs_describe(dir, pid, &u->users[u->nusers]);
	if (r == 0) {
		u->nusers++;
		return 0;
	}
	u->n = p->begun;
	return uses_is_gone(r) ? 0 : uses_unseen(p, r);
}

/* Read a process, by one of its threads: "dir" is the directory of the process, "thread"
 * that of the thread. Returns the number of its mappings and descriptors, or -errno. */
static int read_process(struct ix_uses_pass *p, int dir, int thread, int32_t tid)
{
	int maps = 0, fds = 0, r;

	if (p->what->maps) {
		maps = ix_uses_read_maps(p, thread);
		if (maps < 0)
			return maps;
	}
	if (p->what->fds) {
		fds = ix_uses_read_fds(p, thread);
		r = fds < 0 ? fds : ix_uses_read_threads(p, dir, tid);
		if (r < 0)
			return r;
	}
	return maps + fds;
}

/* Read a process whose first thread seems to have no memory and no descriptors, which is
 * so after this thread has ended. "seemed" is what reading it returned. */
static int read_by_thread(struct ix_uses_pass *p, int dir, int seemed)
{
	struct ix_proc_stat st;
	auto_fd int thread = -1;
	int32_t tid;
	int r = ix_procs_stat(dir, &st);

	if (r < 0)
		return uses_is_gone(r) ? 0 : r;
	if (ix_procs_is_empty(&st))
		return 0;
	thread = ix_procs_thread(dir, &st, &tid);
	if (thread < 0)
		return thread == -ESRCH ? 0 : thread == -ENODATA ? seemed : thread;
	return read_process(p, dir, thread, tid);
}

/* Return why a part of a process could not be looked at; 0 if it has ended since. */
static int uses_trouble(const struct ix_uses_pass *p, int dir)
{
	struct ix_proc_stat st;
	int r = p->trouble ? ix_procs_stat(dir, &st) : 0;

	return uses_is_gone(r) || (r == 0 && p->trouble && ix_procs_is_empty(&st))
		       ? 0
		       : p->trouble;
}

/* Read a process. Returns 0 or -errno, for which it cannot be looked at. */
static int read_whole(struct ix_uses_pass *p, int dir, int32_t pid)
{
	int r = 0;

	for (int tries = 0; tries < USES_TRIES; tries++) {
		p->u->n = p->begun;
		p->u->names.len = p->begun_names;
		p->trouble = 0;
		r = read_process(p, dir, dir, pid);
		if (r > 0 || (r == 0 && p->what->maps))
			return uses_trouble(p, dir);
		if (r == -ENOMEM)
			return r;
		r = read_by_thread(p, dir, r);
		if (r >= 0)
			return uses_trouble(p, dir);
		if (!uses_is_gone(r))
			return r;
	}
	return -EBUSY; /* it has no peace */
}

static int uses_of_process(struct ix_uses_pass *p, int32_t pid)
{
	auto_fd int dir = ix_procs_open(p->x, pid);
	int r;

	if (dir < 0)
		return uses_is_gone(dir) ? 0 : uses_unseen(p, dir);
	p->begun = p->u->n;
	p->begun_names = p->u->names.len;
	p->most = USES_MERGE;
	r = read_whole(p, dir, pid);
	if (r < 0)
		r = uses_unseen(p, r);
	if (r == 0)
		r = ix_uses_merge(p);
	if (r == 0 && p->u->n > p->begun)
		r = uses_add_user(p, dir, pid);
	return r;
}

/* ---- all processes */

static int uses_walk(struct ix_uses_pass *p)
{
	struct ix_procs_walk walk auto_procs_walk = { .dir = NULL };
	int32_t pid;
	int r = ix_procs_walk_open(p->x, &walk);

	while (r == 0 && (r = ix_procs_walk_next(&walk, &pid)) > 0) {
		p->first |= pid == 1;
		r = uses_of_process(p, pid);
	}
	return r;
}

static void uses_devices(struct ix_uses_pass *p)
{
	struct stat st;
	int root = ix_rootfd(p->x);

	p->u->ndevs = ix_procs_memory(p->u->devs, ARRAY_SIZE(p->u->devs));
	if (p->u->ndevs == 0 &&
	    (p->what->kinds &
	     (1U << IX_USE_SYSV | 1U << IX_USE_MEMFD | 1U << IX_USE_ANON))) {
		p->u->missed = 1; /* memfd_create(2) is filtered */
		p->u->missed_error = -ENOSYS;
	}
	if (ix_uses_wants(p, IX_USE_PIPE))
		p->u->pipe_dev = ix_procs_pipes();
	if (ix_uses_wants(p, IX_USE_FILE) && root >= 0 &&
	    fstatat(root, "dev/shm", &st, AT_NO_AUTOMOUNT) == 0)
		p->own_shm = st.st_dev;
}

int ix_uses_collect(struct ipcx *x, const struct ix_uses_what *what,
		    struct ix_uses *ret_uses)
{
	struct ix_uses u = { .n = 0 };
	struct ix_uses_pass p = { .x = x, .what = what, .u = &u };
	int r = ix_procfd(x);

	if (r < 0)
		return ix_fail(x, r, "looking for processes in /proc");
	uses_devices(&p);
	if (what->pid) {
		auto_fd int dir = ix_procs_open(x, what->pid);

		r = dir < 0 ? dir : uses_of_process(&p, what->pid);
		u.others = true;
	} else {
		r = uses_walk(&p);
		u.others = !p.first || !ix_numbers_all(x);
	}
	if (r < 0) {
		ix_uses_free(&u);
		return r == -ESRCH || r == -ENOENT
			       ? ix_fail_plain(x, -ESRCH, "there is no process %d",
					       what->pid)
			       : ix_fail(x, r, "looking for processes in /proc");
	}
	if (u.n)
		qsort(u.all, u.n, sizeof(*u.all), by_file);
	*ret_uses = u;
	return 0;
}

void ix_uses_free(struct ix_uses *u)
{
	free(u->all);
	free(u->users);
	ix_buf_free(&u->names);
	*u = (struct ix_uses){ .n = 0 };
}
