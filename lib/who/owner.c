/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The word of a lock holds the TID by which its owner knows itself. In another PID
 * namespace than that of /proc, it is the last number in the line "NSpid" of the thread.
 */
#include "who/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "proc/maps.h"
#include "proc/numbers.h"
#include "proc/status.h"
#include "who/procs.h"

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

static bool owner_has_task(int dir, int32_t tid)
{
	char path[24];
	struct stat st;

	(void)snprintf(path, sizeof(path), "task/%d", tid);
	return fstatat(dir, path, &st, 0) == 0;
}

static bool owner_gone(int error)
{
	return error == -ENOENT || error == -ESRCH;
}

/* Search the threads of a process in another PID namespace. Returns the TID in ours, 0,
 * or -errno. */
static int32_t owner_search(int dir, int32_t tid)
{
	int fd = ix_open(dir, "task", O_RDONLY | O_DIRECTORY);
	DIR *tasks auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	int r;

	if (!tasks) {
		if (fd >= 0)
			(void)close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	while ((r = ix_readdir(tasks, &d)) == 0 && d) {
		auto_fd int task = -1;
		int32_t own = 0;
		int levels;

		if (d->d_name[0] == '.')
			continue;
		task = ix_open(dirfd(tasks), d->d_name, O_PATH | O_DIRECTORY);
		levels = task < 0 ? task : owner_numbers(task, &own);
		if (levels > 0 && own == tid)
			return (int32_t)strtol(d->d_name, NULL, 10);
		if (levels < 0 && !owner_gone(levels))
			r = levels;
		if (r < 0)
			break;
	}
	return r;
}

static int32_t owner_thread(int dir, int32_t tid)
{
	int32_t own = 0;
	int levels = owner_numbers(dir, &own);

	if (levels < 0)
		return owner_gone(levels) ? 0 : levels;
	return levels > 1 ? owner_search(dir, tid) : owner_has_task(dir, tid) ? tid : 0;
}

/* Whether the lock is on the robust list of a thread: there, it has the address at which
 * the owner mapped the file. */
static bool owner_lists(struct ipcx *x, const struct ix_futex *f, int dir, int32_t tid)
{
	struct ix_maps maps auto_maps = { .fd = -1 };
	struct ix_mapping m;

	if (ix_proc_is_ours(x) <= 0 || ix_maps_open(dir, "maps", true, &maps) < 0)
		return false;
	while (ix_maps_next(&maps, &m) > 0)
		if (m.dev == f->dev && m.ino == f->ino && m.offset <= f->offset &&
		    f->offset - m.offset < m.end - m.start &&
		    ix_peek_robust(tid, m.start + (f->offset - m.offset)) > 0)
			return true;
	return false;
}

void ix_owner_find(struct ipcx *x, const struct ix_futex *f, const struct ix_lock *lock,
		   struct ix_owner *ret_owner)
{
	*ret_owner = (struct ix_owner){ .pid = 0 };
	for (size_t i = 0; i < f->n; i++) {
		int32_t pid = f->uses->users[f->mappers[i]->user].pid;
		auto_fd int dir = ix_procs_open(x, pid);
		int32_t tid = dir < 0 ? dir : owner_thread(dir, lock->owner);

		ret_owner->unsure |= tid < 0 && !owner_gone(tid);
		if (tid <= 0)
			continue;
		ret_owner->pid = pid;
		ret_owner->tid = tid;
		ret_owner->listed = lock->kind == IX_LOCK_ROBUST &&
				    owner_lists(x, f, dir, tid);
		/* Another PID namespace may have the same number. */
		if (ret_owner->listed || lock->kind != IX_LOCK_ROBUST)
			return;
	}
}
