/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes one snapshot of all processes that may be the first process of a container,
 * together with their possible watchers, and decides whose state files to read. */
#include "container/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "container/claim.h"
#include "proc/home.h"
#include "proc/stat.h"
#include "proc/status.h"

/* A watcher with helpers beside the container has no more children than this. */
#define INNER_MAX 32

/* ---- processes */

static int search_by_pid(const void *a, const void *b)
{
	const struct ix_proc *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

void ix_search_missed(const struct ix_search *s, int error)
{
	/* A process that has ended is not missed, and one that may not be looked at is
	 * counted where processes are listed. */
	if (error >= 0 || !s->gaps || error == -ENOENT || error == -ESRCH ||
	    error == -EACCES || error == -EPERM)
		return;
	s->gaps->names = true;
	ix_gap(s->gaps, error,
	       "some processes could not be looked at (%s): names of containers may be missing",
	       ix_errno_text(error));
}

struct ix_space ix_search_space(const struct ix_search *s, int dir, const char *type)
{
	struct ix_space space = ix_space_of(dir, type);

	ix_search_missed(s, space.ino ? 0 : -errno);
	return space;
}

int ix_search_open(const struct ix_search *s, int32_t pid)
{
	int proc = ix_procfd(s->x), fd;
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", pid);
	fd = proc < 0 ? proc : ix_open(proc, name, O_PATH | O_DIRECTORY);
	ix_search_missed(s, fd);
	return fd;
}

static bool read_stat(const struct ix_search *s, int dir, const char *path, int32_t pid,
		      struct ix_proc *ret_p)
{
	char text[1024];
	struct ix_proc_stat st;
	int len = ix_read_file(dir, path, text, sizeof(text));

	ix_search_missed(s, len);
	if (len < 0 || ix_proc_stat_parse(text, (size_t)len, &st) < 0 || st.state == 'Z')
		return false;
	*ret_p = (struct ix_proc){ .pid = pid, .parent = st.parent, .start = st.start };
	(void)snprintf(ret_p->comm, sizeof(ret_p->comm), "%.15s", st.comm);
	return true;
}

bool ix_search_read(const struct ix_search *s, int dir, int32_t pid,
		    struct ix_proc *ret_p)
{
	return read_stat(s, dir, "stat", pid, ret_p);
}

static bool read_proc(const struct ix_search *s, int32_t pid, struct ix_proc *ret_p)
{
	int proc = ix_procfd(s->x);
	char path[24];

	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	return proc >= 0 && read_stat(s, proc, path, pid, ret_p);
}

static void search_drop_doubles(struct ix_search *s)
{
	size_t n = 0;

	if (s->nprocs)
		qsort(s->procs, s->nprocs, sizeof(*s->procs), search_by_pid);
	for (size_t i = 0; i < s->nprocs; i++)
		if (n == 0 || s->procs[n - 1].pid != s->procs[i].pid)
			s->procs[n++] = s->procs[i];
	s->nprocs = n;
}

/* The watcher of a container is the parent of the container's first process. */
static int read_procs(struct ix_search *s, const int32_t *firsts, size_t n)
{
	int32_t before = 0; /* the parent added before: several processes in a row may
			     * have the same one, such as process 1 */

	s->procs = calloc(2 * n + 1, sizeof(*s->procs));
	if (!s->procs)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct ix_proc *p = &s->procs[s->nprocs];

		if (!read_proc(s, firsts[i], p))
			continue;
		s->nprocs++;
		if (p->parent && p->parent != before)
			s->nprocs += read_proc(s, p->parent, &s->procs[s->nprocs]);
		before = p->parent;
	}
	search_drop_doubles(s);
	return 0;
}

bool ix_search_proc(const struct ix_search *s, int32_t pid, struct ix_proc *ret_p)
{
	const struct ix_proc key = { .pid = pid }, *p = NULL;

	if (s->nprocs)
		p = bsearch(&key, s->procs, s->nprocs, sizeof(key), search_by_pid);
	if (!p)
		return read_proc(s, pid, ret_p);
	*ret_p = *p;
	return true;
}

/* The file "children" exists only with CONFIG_PROC_CHILDREN; without this file, search
 * the snapshot. */
size_t ix_search_children(const struct ix_search *s, int32_t parent, int32_t *ret_pids,
			  size_t max)
{
	char path[48], text[4096];
	int proc = ix_procfd(s->x), len;
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "%d/task/%d/children", parent, parent);
	len = proc < 0 ? proc : ix_read_file(proc, path, text, sizeof(text) - 1);
	if (len > 0)
		n = ix_children_parse(text, (size_t)len, ret_pids, max);
	for (size_t i = 0; len <= 0 && i < s->nprocs && n < max; i++)
		if (s->procs[i].parent == parent)
			ret_pids[n++] = s->procs[i].pid;
	return n;
}

bool ix_search_child(const struct ix_search *s, int32_t parent, struct ix_proc *ret_p)
{
	int32_t pid;

	return ix_search_children(s, parent, &pid, 1) == 1 && read_proc(s, pid, ret_p);
}

bool ix_search_inner(const struct ix_search *s, int32_t parent, struct ix_proc *ret_p)
{
	int32_t pids[INNER_MAX];
	size_t n = ix_search_children(s, parent, pids, INNER_MAX);

	for (size_t i = 0; i < n; i++) {
		auto_fd int dir = ix_search_open(s, pids[i]);
		struct ix_space mnt = { .ino = 0 };

		if (dir >= 0)
			mnt = ix_space_of(dir, "mnt");
		if (mnt.ino && !ix_space_same(&mnt, &s->mnt) &&
		    ix_search_read(s, dir, pids[i], ret_p))
			return true;
	}
	return false;
}

bool ix_search_shim(const struct ix_proc *p)
{
	return !strncmp(p->comm, "containerd-shim", 15);
}

bool ix_search_bundle(const struct ix_giver *shim, char *buf, size_t size)
{
	return ix_read_link(shim->dir, "cwd", buf, size) > 0 && *buf == '/' &&
	       strstr(buf, IX_TASKS "/") != NULL;
}

/* ---- users whose state is read */

static int add_user(struct ix_search *s, uid_t uid)
{
	uid_t *more = reallocarray(s->users, s->nusers + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	s->users = more;
	s->users[s->nusers++] = uid;
	return 0;
}

/* Root reads the state of all users, other users only their own. */
static int find_users(struct ix_search *s)
{
	const struct ix_giver root = ix_giver_file(0);
	struct ix_state_list l;
	const char *name;
	uint64_t uid;
	int r = 0;

	if (s->caller)
		return add_user(s, s->caller);
	l = ix_state_list(s, "run/user", &root);
	while (r == 0 && (name = ix_state_next(&l)) != NULL)
		if (ix_parse_u64(name, UINT32_MAX - 1, &uid) == 0)
			r = add_user(s, (uid_t)uid);
	ix_state_list_end(&l);
	return r;
}

/* If /proc is missing or belongs to another PID namespace, no process is regarded as
 * being in our namespaces. */
static void look_around(struct ix_search *s)
{
	auto_fd int dir = ix_home_open(s->x);

	s->astray = dir < 0 && s->x->rooted;
	ix_search_missed(s, dir);
	if (dir < 0)
		return;
	s->user = ix_search_space(s, dir, "user");
	s->pids = ix_search_space(s, dir, "pid");
	s->mnt = ix_search_space(s, dir, "mnt");
	s->ipc = ix_search_space(s, dir, "ipc");
}

int ix_search_begin(struct ipcx *x, const int32_t *firsts, size_t n, struct ix_gaps *gaps,
		    struct ix_search *ret_s)
{
	struct ix_search s = { .x = x, .gaps = gaps, .caller = geteuid() };
	int r = read_procs(&s, firsts, n);

	if (r == 0)
		look_around(&s);
	if (r == 0)
		r = find_users(&s);
	if (r < 0) {
		ix_search_end(&s);
		return r;
	}
	*ret_s = s;
	return 0;
}

void ix_search_end(struct ix_search *s)
{
	free(s->procs);
	free(s->users);
	*s = (struct ix_search){ 0 };
}
