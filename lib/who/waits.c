/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pass over all threads. One line of text tells for nearly all of them that they do
 * not wait for an object; a process with one thread, as most have, is not listed.
 */
#include "who/waits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/sidethread.h"
#include "core/numbered.h"
#include "proc/numbers.h"
#include "who/waiting.h"

/* The longest path: PID/syscall. */
#define WAITS_PATH 32

static bool waits_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

/* Whether a thread has ended, but not its process: such a thread is in no call and has no
 * stack. */
static bool waits_ended(const struct ix_syscall *call)
{
	return call->nr == -1 && call->sp == 0;
}

/* Read the line of one thread, of IX_WAITING_LINE bytes at most. Returns its length if
 * the thread may wait, 0 if not, -ESRCH if it has ended, or another -errno. */
static int waits_thread(const struct ix_waits_pass *p, int dir, const char *path,
			char *text)
{
	struct ix_syscall call = { .sp = 1 };
	int len = ix_waiting_line(dir, path, text, IX_WAITING_LINE);
	int r = len < 0 ? len : ix_syscall_parse(text, (size_t)len, &call);

	if (r > 0)
		return ix_waiting_may(p, &call) ? len : 0;
	return r == 0 && waits_ended(&call) ? -ESRCH : r;
}

/* Look at a thread that may wait. */
static int waits_look(struct ix_waits_pass *p, int dir, const char *path, char *text,
		      int len)
{
	auto_fd int task = ix_open(dir, path, O_PATH | O_DIRECTORY);
	int32_t tid = (int32_t)strtol(path, NULL, 10);
	int r = task < 0 ? task : ix_waiting_look(p, task, tid, text, len);

	return waits_gone(r) ? 0 : r;
}

/* Read all threads of a process. Stores their number. */
static int waits_threads(struct ix_waits_pass *p, int dir, struct ix_waiter *who)
{
	int fd = ix_open(dir, "task", O_RDONLY | O_DIRECTORY), r = 0;
	DIR *tasks auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (!tasks) {
		if (fd >= 0)
			(void)close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	who->threads = who->entries = 0;
	while (r >= 0 && !p->left && (r = ix_readdir(tasks, &d)) == 0 && d) {
		char path[sizeof(d->d_name) + sizeof("/syscall")], text[IX_WAITING_LINE];

		if (d->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/syscall", d->d_name);
		r = waits_thread(p, dirfd(tasks), path, text);
		who->threads += !waits_gone(r);
		who->entries++;
		if (r > 0)
			r = waits_look(p, dirfd(tasks), d->d_name, text, r);
		else if (waits_gone(r))
			r = 0;
	}
	return r;
}

/* ---- one process */

static int waits_add_user(struct ix_waits_pass *p, int dir, int32_t pid,
			  struct ix_waiter *who, size_t begun)
{
	struct ix_waits *w = p->w;
	int r;

	if (w->nusers == w->cap_users) {
		size_t cap = w->cap_users ? 2 * w->cap_users : 64;
		struct ix_waiter *more = reallocarray(w->users, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->users = more;
		w->cap_users = cap;
	}
	r = ix_procs_describe(dir, pid, &who->user);
	if (r < 0) {
		w->n = begun;
		return waits_gone(r) ? 0 : r;
	}
	w->users[w->nusers++] = *who;
	return 0;
}

/* Read a process; "text" is the line of its only thread, or NULL. */
static int waits_read(struct ix_waits_pass *p, int dir, int32_t pid, char *text, int len)
{
	size_t begun = p->w->n;
	struct ix_waiter who = { .threads = 1, .entries = 1 };
	int r = text ? ix_waiting_look(p, dir, pid, text, len)
		     : waits_threads(p, dir, &who);

	/* Whether the other threads of a process wait is unknown then. */
	if (r < 0 && p->w->n > begun && r != -ENOMEM)
		who.threads = 0;
	if (p->w->n > begun) {
		int added = waits_add_user(p, dir, pid, &who, begun);

		r = r < 0 ? r : added;
	}
	return r;
}

/* Count a process that cannot be looked at; not if it has no memory: then it is in no
 * call either. */
static int waits_unseen(struct ix_waits_pass *p, int dir, int error)
{
	struct ix_proc_stat st;

	if (error == -ENOMEM)
		return error;
	if (waits_gone(error) || ix_procs_stat(dir, &st) < 0 || ix_procs_is_empty(&st))
		return 0;
	if (error == -EACCES || error == -EPERM)
		p->w->denied++;
	else if (p->w->missed++ == 0)
		p->w->missed_error = error;
	return 0;
}

/* Whether a process has one thread only: its directory "task" has a link for each. */
static bool waits_single(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, 0) < 0 || st.st_nlink <= 3;
}

static int waits_process(struct ix_waits_pass *p, int32_t pid)
{
	int proc = ix_procfd(p->x), r = 1;
	char path[WAITS_PATH], text[IX_WAITING_LINE];
	auto_fd int dir = -1;
	bool single;

	p->pid = pid;
	(void)snprintf(path, sizeof(path), "%d/task", pid);
	single = waits_single(proc, path);
	if (single) {
		(void)snprintf(path, sizeof(path), "%d/syscall", pid);
		r = waits_thread(p, proc, path, text);
		if (r == 0 || waits_gone(r))
			return 0;
	}
	dir = ix_procs_open(p->x, pid);
	if (dir < 0)
		return waits_gone(dir) ? 0 : dir;
	if (r > 0)
		r = waits_read(p, dir, pid, single ? text : NULL, r);
	return r < 0 ? waits_unseen(p, dir, r) : 0;
}

/* ---- all processes */

static int waits_walk(struct ix_waits_pass *p)
{
	struct ix_procs_walk walk auto_procs_walk = { .dir = NULL };
	int32_t pid;
	int r = ix_procs_walk_open(p->x, &walk);

	while (r == 0 && !p->left && (r = ix_procs_walk_next(&walk, &pid)) > 0) {
		p->first |= pid == 1;
		r = waits_process(p, pid);
	}
	return r;
}

/* ---- in a thread that can be abandoned */

/* A pass in a thread of its own, with a copy of all that it needs: after it was
 * abandoned, the caller's data is gone. */
struct waits_side {
	struct ix_side_call call;
	struct ix_waits_pass p;
	struct ix_waits_what what;
	struct ix_waits w;
	unsigned beat; /* when it was asked last whether it is stuck */
	bool asked;
	int32_t *silent; /* the caller's, who waits: the process that does not answer */
	int r;
	uint64_t spaces[];
};

static void side_walk(struct ix_side_call *e)
{
	struct waits_side *w = (struct waits_side *)e;

	w->r = waits_walk(&w->p);
}

static void side_walk_end(struct ix_side_call *e)
{
	struct waits_side *w = (struct waits_side *)e;

	ix_waits_free(&w->w);
	free(w);
}

/* Whether the same read still goes on. */
static bool waits_stuck(struct ix_side_call *e)
{
	struct waits_side *w = (struct waits_side *)e;
	unsigned beat = w->p.beat;

	w->p.left = w->p.reading && w->asked && beat == w->beat;
	w->asked = true;
	w->beat = beat;
	if (w->p.left)
		*w->silent = w->p.pid;
	return w->p.left;
}

static struct waits_side *waits_side_new(const struct ix_waits_pass *p)
{
	size_t n = p->what->nspaces;
	struct waits_side *w = calloc(1, sizeof(*w) + n * sizeof(*w->spaces));

	if (!w)
		return NULL;
	w->call = (struct ix_side_call){ side_walk, side_walk_end, waits_stuck };
	memcpy(&w->p, p, sizeof(w->p));
	w->what = *p->what;
	w->what.spaces = w->spaces;
	for (size_t i = 0; i < n; i++)
		w->spaces[i] = p->what->spaces[i];
	w->w = *p->w;
	w->p.what = &w->what;
	w->p.w = &w->w;
	return w;
}

/* Walk once; if a process does not answer, note which one. Returns -ETIMEDOUT then. */
static int waits_try(struct ix_waits_pass *p)
{
	struct waits_side *w = waits_side_new(p);
	int32_t silent = 0;
	int r = -ENOMEM;

	if (w) {
		w->silent = &silent;
		r = ix_side_run(&w->call);
	}
	if (silent)
		p->silent[p->stalled++] = silent;
	if (r < 0)
		return r;
	r = w->r;
	*p->w = w->w;
	p->first = w->p.first;
	w->w = (struct ix_waits){ .n = 0 };
	side_walk_end(&w->call);
	return r;
}

static int waits_aside(struct ix_waits_pass *p)
{
	int r;

	do
		r = waits_try(p);
	while (r == -ETIMEDOUT);
	return r;
}

/* Not every kernel has the file (CONFIG_HAVE_ARCH_TRACEHOOK). */
static int waits_possible(struct ipcx *x)
{
	char text[IX_WAITING_LINE];
	int r = ix_waiting_line(ix_procfd(x), "thread-self/syscall", text, sizeof(text));

	return r == -ENOENT ? ix_fail_plain(x, -ENOSYS,
					    "this kernel does not tell in which calls "
					    "threads wait (/proc/PID/syscall)")
	       : r < 0      ? ix_fail(x, r, "looking for threads in /proc")
			    : 0;
}

int ix_waits_collect(struct ipcx *x, const struct ix_waits_what *what,
		     struct ix_waits *ret_waits)
{
	struct ix_waits w = { .n = 0 };
	struct ix_waits_pass p = { .x = x, .what = what, .w = &w };
	int r = ix_procfd(x);

	r = r < 0 ? ix_fail(x, r, "looking for threads in /proc") : waits_possible(x);
	if (r < 0)
		return r;
	p.ours = ix_proc_is_ours(x) > 0;
	/* In a program of 32 bits, too: the kernel may have 64. */
	p.wide_known = ix_abi_here(false, &p.wide);
	p.narrow_known = ix_abi_here(true, &p.narrow);
	if (ix_waits_wants(what, IX_WAIT_FUTEX)) {
		w.ndevs = ix_procs_memory(w.devs, ARRAY_SIZE(w.devs));
		w.missed = w.ndevs == 0; /* memfd_create(2) is filtered */
		w.missed_error = -ENOSYS;
	}
	if (ix_waits_wants(what, IX_WAIT_PIPE))
		w.pipe_dev = ix_procs_pipes();
	r = waits_aside(&p);
	w.others = !p.first || !ix_numbers_all(x);
	if (r < 0) {
		ix_waits_free(&w);
		return ix_fail(x, r, "looking for threads in /proc");
	}
	*ret_waits = w;
	return 0;
}

void ix_waits_free(struct ix_waits *w)
{
	free(w->all);
	free(w->users);
	free(w->semops);
	ix_buf_free(&w->names);
	*w = (struct ix_waits){ .n = 0 };
}

/* ---- once more */

/* Whether a thread did something since it was found. Returns 1, 0, or -errno. */
static int waits_moved(struct ipcx *x, const struct ix_waits *w,
		       const struct ix_wait *wait)
{
	const struct ix_user *user = &w->users[wait->user].user;
	uint64_t line = 0, switches = 0;
	auto_fd int task = -1;
	char path[WAITS_PATH];
	int r;

	(void)snprintf(path, sizeof(path), "%d/task/%d", user->pid, wait->tid);
	task = ix_open(ix_procfd(x), path, O_PATH | O_DIRECTORY);
	r = task < 0 ? task : ix_waiting_mark(task, &line, &switches);
	if (r < 0)
		return waits_gone(r) ? 1 : r;
	return line != wait->line || switches != wait->switches;
}

/* A thread that was created while the others of its process were looked at can act. The
 * directory "task" has a link for each thread, and two more. */
static void waits_recount(struct ipcx *x, struct ix_waits *w, struct ix_waiter *who)
{
	char path[WAITS_PATH];
	struct stat st;
	int r;

	(void)snprintf(path, sizeof(path), "%d/task", who->user.pid);
	r = fstatat(ix_procfd(x), path, &st, 0) < 0 ? -errno : 0;
	if (r < 0 || st.st_nlink != who->entries + 2)
		who->threads = 0;
	if (r < 0 && !waits_gone(r) && w->missed++ == 0)
		w->missed_error = r;
}

void ix_waits_again(struct ipcx *x, struct ix_waits *w)
{
	size_t counted = SIZE_MAX;

	for (size_t i = 0; i < w->n; i++) {
		struct ix_wait *wait = &w->all[i];
		int r;

		if (!wait->again)
			continue;
		if (wait->user != counted)
			waits_recount(x, w, &w->users[wait->user]);
		counted = wait->user;
		/* Several waits of one thread follow each other. */
		if (i && w->all[i - 1].again && w->all[i - 1].tid == wait->tid) {
			wait->moved = w->all[i - 1].moved;
			continue;
		}
		r = waits_moved(x, w, wait);
		wait->moved |= r != 0;
		if (r < 0 && w->missed++ == 0)
			w->missed_error = r;
	}
}
