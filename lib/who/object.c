/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A descriptor is looked at by statx(2) on its link, a futex by the mapping that has its
 * address: nothing is opened. A FIFO that open(2) waits for has no descriptor yet: its
 * path is looked up below the thread's root directory, with O_PATH, which wakes nobody.
 * The kernel knows the path, as the thread's call has come to its end.
 */
#include "who/object.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/below.h"
#include "base/file.h"
#include "base/statx.h"
#include "proc/maps.h"
#include "who/names.h"

static bool object_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

/* ---- descriptors */

static int object_stat(int task, uint64_t fd, struct statx *ret_st)
{
	char path[32];

	if (fd > INT_MAX)
		return -ENOENT;
	(void)snprintf(path, sizeof(path), "fd/%d", (int)fd);
	return ix_statx(task, path, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, ret_st);
}

static void object_file(struct ix_wait *wait, enum ix_use_kind kind,
			const struct statx *st)
{
	wait->file = kind;
	wait->dev = makedev(st->stx_dev_major, st->stx_dev_minor);
	wait->ino = st->stx_ino;
	wait->unlinked = st->stx_nlink == 0;
}

/* The descriptor of a message queue; it is one if its device and inode are. */
static int object_queue(int task, struct ix_wait *wait)
{
	struct statx st;
	int r = object_stat(task, wait->b.object, &st);

	if (r < 0)
		return object_gone(r) ? 0 : r;
	object_file(wait, IX_USE_FILE, &st);
	return S_ISREG(st.stx_mode);
}

static int object_pipe(const struct ix_waits_pass *p, int task, struct ix_wait *wait)
{
	const uint64_t fds[] = { wait->b.object, wait->b.other };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		struct statx st;
		int r = object_stat(task, fds[i], &st);

		if (r < 0 && !object_gone(r))
			return r;
		if (r < 0 || !S_ISFIFO(st.stx_mode))
			continue;
		object_file(wait, IX_USE_PIPE, &st);
		wait->fifo = wait->dev != p->w->pipe_dev;
		wait->b.sends |= i == 1;
		return 1;
	}
	return 0;
}

/* ---- FIFOs that are being opened */

/* Make the path absolute, as the thread sees it. Returns its length or -errno. */
static int object_path(struct ix_waits_pass *p, int task, const struct ix_wait *wait,
		       char *buf, size_t size)
{
	char path[PATH_MAX], link[32] = "cwd";
	int len = ix_waiting_reads(p)
			  ? ix_waiting_heard(p, ix_peek_path(wait->tid, &wait->b, path,
							     sizeof(path)))
			  : -EXDEV;
	int base = 0;

	if (len < 0)
		return len;
	if (path[0] != '/') {
		if (wait->b.dirfd != AT_FDCWD)
			(void)snprintf(link, sizeof(link), "fd/%d", wait->b.dirfd);
		base = ix_read_link(task, link, buf, size);
		if (base < 0)
			return base;
	}
	len = snprintf(buf + base, size - (size_t)base, "/%s", path);
	return (size_t)(base + len) < size ? base + len : -ENAMETOOLONG;
}

/* Whatever else is slow to open is no FIFO. That the file cannot be found means nothing:
 * the path is what the thread's memory says. */
static int object_opened(struct ix_waits_pass *p, int task, struct ix_wait *wait)
{
	char path[2 * PATH_MAX];
	auto_fd int root = -1, fd = -1;
	struct statx st;

	if (object_path(p, task, wait, path, sizeof(path)) < 0 ||
	    ix_waiting_heard(p, ix_peek_flags(wait->tid, &wait->b, &wait->b.flags)) < 0)
		return 0;
	root = ix_open_link(task, "root", O_PATH | O_DIRECTORY);
	fd = root < 0 ? root : ix_open_cached(root, path, O_PATH);
	if (fd < 0 ||
	    ix_statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) <
		    0 ||
	    !S_ISFIFO(st.stx_mode))
		return 0;
	object_file(wait, IX_USE_PIPE, &st);
	wait->fifo = true;
	wait->from_memory = true;
	return 1;
}

/* ---- futexes */

static bool object_is_memory(const struct ix_waits *w, uint64_t dev)
{
	for (size_t i = 0; i < w->ndevs; i++)
		if (w->devs[i].dev == dev)
			return true;
	return false;
}

/* Memory that has no file is told apart by name. A name that the process gave to it hides
 * whether it is a memfd. */
static int object_name(struct ix_waits *w, struct ix_wait *wait, struct ix_maps *maps,
		       const struct ix_mapping *m)
{
	char name[PATH_MAX + 64];
	int len = ix_maps_name(maps, m, name, sizeof(name));
	const char *last;

	if (len < 0)
		return len == -ESTALE || object_gone(len) ? 0
		       : len == -ENAMETOOLONG             ? 1
							  : len;
	wait->file = IX_USE_FILE;
	if (object_is_memory(w, m->dev)) {
		wait->file = ix_name_sysv_key(name, &wait->key) ? IX_USE_SYSV
								: IX_USE_MEMFD;
		return wait->file == IX_USE_SYSV || ix_name_is_memfd(name);
	}
	wait->unlinked = ix_name_is_given(name);
	last = wait->unlinked ? "" : ix_name_cut_mark(name, (size_t)len);
	if (!last)
		return 1;
	wait->unlinked = true;
	if (w->names.len > UINT32_MAX / 2)
		return 1;
	wait->name = (uint32_t)w->names.len + 1;
	return ix_buf_add(&w->names, last, strlen(last) + 1) < 0 ? -ENOMEM : 1;
}

/* The words are read where the file is mapped: as many as the mapping has. */
static void object_lock(struct ix_waits_pass *p, struct ix_wait *wait,
			const struct ix_mapping *m)
{
	uint32_t words[IX_LOCK_WORDS];
	size_t n = MIN((size_t)(m->end - wait->b.object) / sizeof(*words),
		       (size_t)IX_LOCK_WORDS);

	int r = -EXDEV;

	if (!n || !p->ours)
		return;
	if (ix_waiting_reads(p))
		r = ix_waiting_heard(p, ix_peek(wait->tid, wait->b.object, words,
						n * sizeof(*words)));
	if (r > 0)
		ix_lock_parse(&wait->b, words, n, &wait->lock);
	wait->lock_unread = r < 0 && !object_gone(r);
}

static int object_futex(struct ix_waits_pass *p, int task, struct ix_wait *wait)
{
	struct ix_maps maps auto_maps = { .fd = -1 };
	struct ix_mapping m;
	int r = ix_maps_open(task, "maps", true, &maps);

	if (r == 0)
		r = ix_maps_at(&maps, wait->b.object, &m);
	if (r <= 0)
		return r < 0 && !object_gone(r) ? r : 0;
	wait->dev = m.dev;
	wait->ino = m.ino;
	wait->offset = m.offset + (wait->b.object - m.start);
	r = object_name(p->w, wait, &maps, &m);
	if (r > 0)
		object_lock(p, wait, &m);
	return r;
}

int ix_object_find(struct ix_waits_pass *p, int task, struct ix_wait *wait)
{
	switch (wait->b.kind) {
	case IX_WAIT_SEM:
	case IX_WAIT_MSG:
		return 1;
	case IX_WAIT_MQ:
		return object_queue(task, wait);
	case IX_WAIT_FUTEX:
		return object_futex(p, task, wait);
	case IX_WAIT_PIPE:
		return object_pipe(p, task, wait);
	case IX_WAIT_OPEN:
		return object_opened(p, task, wait);
	case IX_WAIT_NONE:
		break;
	}
	return 0;
}
