/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pass over /proc. Everything about a process is read through one descriptor of its
 * /proc directory, which never refers to a later process with the same pid. What a
 * process does while it is read (exec, exit, a new mapping) can only make the answer a
 * little older or newer than the next process's.
 */
#include "who/uses.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "core/numbered.h"
#include "proc/fds.h"
#include "proc/maps.h"
#include "proc/stat.h"
#include "who/procs.h"

/* The state of a pass. */
struct uses_pass {
	struct ipcx *x;
	const struct ix_uses_what *what;
	struct ix_uses *u;
	uint64_t own_shm; /* the device of our /dev/shm, in case it is on a disk */
	bool first;       /* process 1 was seen */
	size_t begun;     /* uses[] before the current process */
};

static bool wants(const struct uses_pass *p, enum ix_use_kind kind)
{
	return p->what->kinds >> kind & 1;
}

/* Whether a file system may have files that are wanted. */
static bool wants_dev(const struct uses_pass *p, uint64_t dev)
{
	if (!p->what->devs)
		return major(dev) == 0 || dev == p->own_shm;
	for (size_t i = 0; i < p->what->ndevs; i++)
		if (p->what->devs[i] == dev)
			return true;
	return false;
}

/* ---- adding uses */

static struct ix_use *uses_add(struct ix_uses *u)
{
	if (u->n == u->cap) {
		size_t cap = u->cap ? 2 * u->cap : 256;
		struct ix_use *more = reallocarray(u->all, cap, sizeof(*more));

		if (!more)
			return NULL;
		u->all = more;
		u->cap = cap;
	}
	return &u->all[u->n++];
}

static int add_mapping(struct uses_pass *p, enum ix_use_kind kind,
		       const struct ix_mapping *m, uint32_t key)
{
	struct ix_use *use = uses_add(p->u);

	if (!use)
		return -ENOMEM;
	*use = (struct ix_use){
		.kind = kind,
		.user = (uint32_t)p->u->nusers,
		.dev = m->dev,
		.ino = m->ino,
		.address = m->start,
		.end = m->end,
		.mapped = m->end - m->start,
		.mappings = 1,
		.key = key,
		.fd = -1,
		.links = 1,
		.access = (uint8_t)((m->read ? IX_USE_R : 0) |
				    (m->write && m->shared ? IX_USE_W : 0)),
	};
	return 0;
}

/* The path of a mapping is that by which it was opened: the file may have other links, as
 * the file of a semaphore has after sem_open(3) created it. The kernel lets only
 * privileged processes ask for the file itself; for others, the mark remains. */
static void check_unlinked(int dir, struct ix_use *use)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "map_files/%" PRIx64 "-%" PRIx64, use->address,
		       use->end);
	if (fstatat(dir, path, &st, 0) < 0 || st.st_ino != use->ino)
		return;
	use->links = (uint32_t)st.st_nlink;
	use->size = (uint64_t)st.st_size;
	use->blocks = (uint64_t)st.st_blocks;
}

/* Keep the name of a file that seems to be unlinked, without the kernel's mark. */
static int keep_name(struct ix_uses *u, struct ix_use *use, char *name, size_t len)
{
	static const char mark[] = " (deleted)";
	const size_t n = sizeof(mark) - 1;

	if (len < n || memcmp(name + len - n, mark, n) != 0)
		return 0;
	name[len - n] = '\0';
	use->name = (uint32_t)u->names.len + 1;
	use->links = 0;
	return ix_buf_add(&u->names, name, len - n + 1);
}

static int add_file(struct uses_pass *p, int dir, struct ix_maps *maps,
		    const struct ix_mapping *m)
{
	char name[PATH_MAX + 64];
	int r = add_mapping(p, IX_USE_FILE, m, 0), len;

	if (r < 0 || !p->what->access)
		return r;
	len = ix_maps_name(maps, m, name, sizeof(name));
	if (len < 0)
		return len == -ESTALE || len == -ENOENT ? 0 : len;
	r = keep_name(p->u, &p->u->all[p->u->n - 1], name, (size_t)len);
	if (r == 0 && !p->u->all[p->u->n - 1].links)
		check_unlinked(dir, &p->u->all[p->u->n - 1]);
	return r;
}

/* The segment's key from the name of its file, "/SYSV0000162e (deleted)". */
static bool sysv_key(const char *name, uint32_t *ret_key)
{
	static const char head[] = "/SYSV";
	uint32_t key = 0;

	if (strncmp(name, head, sizeof(head) - 1) != 0)
		return false;
	name += sizeof(head) - 1;
	for (int i = 0; i < 8; i++) {
		char c = name[i];

		if (c >= '0' && c <= '9')
			key = key << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			key = key << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret_key = key;
	return name[8] == '\0' || name[8] == ' ';
}

#define MEMFD "/memfd:"

/* A mapping of the kernel's own memory: only the name tells what it is. Anonymous shared
 * memory is there, too, and its inodes may equal the ids of segments. */
static int add_nameless(struct uses_pass *p, struct ix_maps *maps,
			const struct ix_mapping *m)
{
	char name[32];
	uint32_t key;
	int len = ix_maps_name(maps, m, name, sizeof(name));

	if (len < 0)
		return len == -ESTALE || len == -ENOENT ? 0 : len;
	if (wants(p, IX_USE_SYSV) && m->shared && sysv_key(name, &key))
		return add_mapping(p, IX_USE_SYSV, m, key);
	if (wants(p, IX_USE_MEMFD) && !strncmp(name, MEMFD, sizeof(MEMFD) - 1))
		return add_mapping(p, IX_USE_MEMFD, m, 0);
	return 0;
}

static bool is_nameless(const struct uses_pass *p, uint64_t dev)
{
	for (size_t i = 0; i < p->u->ndevs; i++)
		if (p->u->devs[i].dev == dev)
			return true;
	return false;
}

/* Returns the number of mappings looked at, or -errno. */
static int read_maps(struct uses_pass *p, int dir, const char *path)
{
	const unsigned shared = 1U << IX_USE_SYSV | 1U << IX_USE_PIPE;
	struct ix_maps maps auto_maps = { .fd = -1 };
	struct ix_mapping m;
	int n = 0, r = ix_maps_open(dir, path, !(p->what->kinds & ~shared), &maps);

	if (r < 0)
		return r;
	while ((r = ix_maps_next(&maps, &m)) > 0) {
		n++;
		if (is_nameless(p, m.dev))
			r = add_nameless(p, &maps, &m);
		else if (wants(p, IX_USE_FILE) && wants_dev(p, m.dev))
			r = add_file(p, dir, &maps, &m);
		if (r < 0)
			break;
	}
	return r < 0 ? r : n;
}

/* What an open descriptor refers to; -1 if it is not wanted. */
static int kind_of(const struct uses_pass *p, const struct ix_fds *fds,
		   const struct ix_opened *o)
{
	char link[16], name[16];

	if (S_ISFIFO(o->mode))
		return wants(p, IX_USE_PIPE) ? IX_USE_PIPE : -1;
	if (!S_ISREG(o->mode))
		return -1;
	if (!is_nameless(p, o->dev))
		return wants(p, IX_USE_FILE) && wants_dev(p, o->dev) ? IX_USE_FILE : -1;
	if (!wants(p, IX_USE_MEMFD))
		return -1;
	(void)snprintf(link, sizeof(link), "%d", o->number);
	if (readlinkat(dirfd(fds->dir), link, name, sizeof(name)) <
		    (ssize_t)sizeof(MEMFD) - 1 ||
	    memcmp(name, MEMFD, sizeof(MEMFD) - 1) != 0)
		return -1;
	return IX_USE_MEMFD;
}

static void set_access(struct ix_use *use, int flags)
{
	if (flags & O_PATH)
		return;
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		use->access = IX_USE_R;
		break;
	case O_WRONLY:
		use->access = IX_USE_W;
		break;
	default:
		use->access = IX_USE_R | IX_USE_W;
	}
	use->readers = use->kind == IX_USE_PIPE && (use->access & IX_USE_R);
	use->writers = use->kind == IX_USE_PIPE && (use->access & IX_USE_W);
}

static int keep_link(struct ix_uses *u, struct ix_use *use, int dir, int number)
{
	char path[24], name[PATH_MAX + 64];
	int len;

	(void)snprintf(path, sizeof(path), "fd/%d", number);
	len = ix_read_link(dir, path, name, sizeof(name));
	return len < 0 ? 0 : keep_name(u, use, name, (size_t)len);
}

static int add_fd(struct uses_pass *p, int dir, enum ix_use_kind kind,
		  const struct ix_opened *o)
{
	struct ix_use *use;
	int flags, r;

	use = uses_add(p->u);
	if (!use)
		return -ENOMEM;
	*use = (struct ix_use){
		.kind = kind,
		.user = (uint32_t)p->u->nusers,
		.dev = o->dev,
		.ino = o->ino,
		.size = o->size,
		.blocks = o->blocks,
		.links = o->links,
		.fds = 1,
		.fd = o->number,
		.fifo = kind == IX_USE_PIPE && o->links > 0 && o->dev != p->u->pipe_dev,
	};
	if (!p->what->access && kind != IX_USE_PIPE)
		return 0;
	if (kind == IX_USE_FILE && !o->links) {
		r = keep_link(p->u, use, dir, o->number);
		if (r < 0)
			return r;
	}
	r = ix_fd_flags(dir, o->number, &flags);
	if (r == 0)
		set_access(use, flags);
	else if (r == -ENOENT)
		p->u->n--; /* closed meanwhile */
	else
		return r;
	return 0;
}

/* Returns the number of descriptors looked at, or -errno. */
static int read_fds(struct uses_pass *p, int dir, const char *path)
{
	struct ix_fds fds auto_fds = { .dir = NULL };
	struct ix_opened o;
	int n = 0, r = ix_fds_open(dir, path, &fds);

	if (r < 0)
		return r;
	while ((r = ix_fds_next(&fds, &o)) > 0) {
		int kind = kind_of(p, &fds, &o);

		n++;
		r = kind < 0 ? 0 : add_fd(p, dir, (enum ix_use_kind)kind, &o);
		if (r < 0)
			break;
	}
	return r < 0 ? r : n;
}

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
	return l->address < r->address ? -1 : l->address > r->address;
}

static void merge(struct ix_use *to, const struct ix_use *more)
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
	to->links = MIN(to->links, more->links);
	to->name = to->name ? to->name : more->name;
	if (to->fd < 0 && more->fd >= 0) {
		to->fd = more->fd;
		to->size = more->size;
		to->blocks = more->blocks;
		to->links = more->links;
	}
}

/* Make one use of all that the current process has of a file. */
static void merge_process(struct uses_pass *p)
{
	struct ix_use *all = p->u->all + p->begun;
	size_t n = p->u->n - p->begun, kept = 0;

	if (n == 0)
		return;
	qsort(all, n, sizeof(*all), by_file);
	for (size_t i = 1; i < n; i++) {
		struct ix_use *to = &all[kept];

		if (to->kind == all[i].kind && to->ino == all[i].ino &&
		    to->dev == all[i].dev && to->key == all[i].key)
			merge(to, &all[i]);
		else
			all[++kept] = all[i];
	}
	p->u->n = p->begun + kept + 1;
}

static int add_user(struct uses_pass *p, int dir, int32_t pid)
{
	struct ix_uses *u = p->u;

	if (u->nusers == u->cap_users) {
		size_t cap = u->cap_users ? 2 * u->cap_users : 64;
		struct ix_user *more = reallocarray(u->users, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		u->users = more;
		u->cap_users = cap;
	}
	ix_procs_describe(dir, pid, &u->users[u->nusers++]);
	return 0;
}

/* Read a process, or one thread of a process whose first thread has ended ("task/TID/").
 * Returns the number of mappings and descriptors that it has, or -errno. */
static int read_process(struct uses_pass *p, int dir, const char *thread)
{
	char path[48];
	int maps = 0, fds = 0;

	if (p->what->maps) {
		(void)snprintf(path, sizeof(path), "%smaps", thread);
		maps = read_maps(p, dir, path);
		if (maps < 0)
			return maps;
	}
	if (p->what->fds) {
		(void)snprintf(path, sizeof(path), "%sfd", thread);
		fds = read_fds(p, dir, path);
	}
	return fds < 0 ? fds : maps + fds;
}

/* Record why a process could not be read, unless it has ended, or is a thread of the
 * kernel. */
static int uses_unseen(struct uses_pass *p, int dir, int error)
{
	struct ix_proc_stat st;

	if (error == -ENOMEM)
		return error;
	if (error == -ENOENT || error == -ESRCH || ix_procs_stat(dir, &st) < 0 ||
	    ix_procs_is_empty(&st))
		return 0;
	if (error == -EACCES || error == -EPERM)
		p->u->denied++;
	else if (p->u->missed++ == 0)
		p->u->missed_error = error;
	return 0;
}

static int uses_of_process(struct uses_pass *p, int32_t pid)
{
	auto_fd int dir = ix_procs_open(p->x, pid);
	char thread[32];
	int r;

	if (dir < 0)
		return dir == -ENOENT || dir == -ESRCH ? 0 : dir;
	p->begun = p->u->n;
	r = read_process(p, dir, "");
	/* A process whose first thread has ended seems to have no memory and no
	 * descriptors. */
	if ((r == 0 || r == -ESRCH || r == -ENOENT) &&
	    ix_procs_thread(dir, thread, sizeof(thread)))
		r = read_process(p, dir, thread);
	if (r < 0) {
		p->u->n = p->begun;
		return uses_unseen(p, dir, r);
	}
	merge_process(p);
	return p->u->n == p->begun ? 0 : add_user(p, dir, pid);
}

/* ---- all processes */

static int uses_walk(struct uses_pass *p)
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

static void uses_devices(struct uses_pass *p)
{
	struct stat st;
	int root = ix_rootfd(p->x);

	p->u->ndevs = ix_procs_memory(p->u->devs, ARRAY_SIZE(p->u->devs));
	if (p->u->ndevs == 0 && (wants(p, IX_USE_SYSV) || wants(p, IX_USE_MEMFD))) {
		p->u->missed = 1; /* memfd_create(2) is filtered */
		p->u->missed_error = -ENOSYS;
	}
	if (wants(p, IX_USE_PIPE))
		p->u->pipe_dev = ix_procs_pipes();
	if (wants(p, IX_USE_FILE) && root >= 0 &&
	    fstatat(root, "dev/shm", &st, AT_NO_AUTOMOUNT) == 0)
		p->own_shm = st.st_dev;
}

int ix_uses_collect(struct ipcx *x, const struct ix_uses_what *what,
		    struct ix_uses *ret_uses)
{
	struct ix_uses u = { .n = 0 };
	struct uses_pass p = { .x = x, .what = what, .u = &u };
	int r = ix_procfd(x);

	if (r < 0)
		return ix_fail(x, r, "looking for processes in /proc");
	uses_devices(&p);
	if (what->pid) {
		auto_fd int dir = ix_procs_open(x, what->pid);

		r = dir < 0 ? dir : uses_of_process(&p, what->pid);
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
