/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes contexts that use descriptors passed by the caller: of another root, another
 * /proc, another IPC namespace. A monitor that uses the host's /proc needs a descriptor
 * of the host's IPC namespace, too, because the IPC files in any /proc show the IPC
 * namespace of the process that reads them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/file.h"
#include "core/copyin.h"
#include "ns/ns.h"

static int duplicate(int fd, int *ret_fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy < 0)
		return -errno;
	*ret_fd = copy;
	return 0;
}

static int take_root(struct ipcx *x, int fd)
{
	struct stat st, own;

	if (fstat(fd, &st) < 0)
		return ix_fail(x, -errno, "root_fd");
	if (!S_ISDIR(st.st_mode))
		return ix_fail_plain(x, -EINVAL, "root_fd: is not a directory");
	x->lent = true;
	x->rooted = stat("/", &own) < 0 || own.st_dev != st.st_dev ||
		    own.st_ino != st.st_ino;
	return duplicate(fd, &x->rootfd);
}

/* The inode number of the root directory of every procfs (Linux). */
#define PROC_ROOT 1

static int take_proc(struct ipcx *x, int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return ix_fail(x, -errno, "proc_fd");
	if (fs.f_type != PROC_SUPER_MAGIC || !S_ISDIR(st.st_mode) ||
	    st.st_ino != PROC_ROOT)
		return ix_fail_plain(x, -EINVAL, "proc_fd: is not the root of a procfs");
	x->lent = true;
	return duplicate(fd, &x->procfd);
}

/* Open the IPC namespace, and the root directory that goes with it. */
static int take_place(struct ipcx *x, const struct ipcx_base *base,
		      struct ix_target *ret_p)
{
	struct ix_target p = IX_NO_TARGET;
	bool init = base->set & IPCX_BASE_INIT;
	int proc = init ? ix_procfd(x) : -1, fd = -1, r;

	if (init)
		fd = r = ix_open(proc, "1/ns/ipc", O_RDONLY);
	else
		r = duplicate(base->ns_fd, &fd);
	if (r < 0)
		return ix_fail(x, r, init ? "process 1: its IPC namespace" : "ns_fd");
	r = ix_target_of_fd(x, fd, init ? "process 1" : "ns_fd", &p);
	if (r < 0)
		return r;
	/* The mount table of process 1 lists the mounts below the root of process 1, not
	 * those below a root that the caller supplied. */
	p.pid = init && !(base->set & IPCX_BASE_ROOT) ? 1 : 0;
	if (base->set & IPCX_BASE_ROOT)
		p.rootfd = ix_open(x->rootfd, ".", O_PATH | O_DIRECTORY);
	else if (init)
		p.rootfd = ix_open(proc, "1/root", O_PATH | O_DIRECTORY);
	*ret_p = p;
	return 0;
}

static int ns_base_build(struct ipcx *x, const struct ipcx_base *base)
{
	struct ix_target p = IX_NO_TARGET;
	int r = 0;

	if (base->set & IPCX_BASE_ROOT)
		r = take_root(x, base->root_fd);
	if (r == 0 && (base->set & IPCX_BASE_PROC))
		r = take_proc(x, base->proc_fd);
	if (r < 0 || !(base->set & (IPCX_BASE_NS | IPCX_BASE_INIT)))
		return r;
	r = take_place(x, base, &p);
	if (r == 0)
		r = ix_ns_take(&p, &x->base);
	if (r < 0)
		return r;
	x->free_base = ipcx_ns_free;
	ipcx_use(x, NULL);
	return 0;
}

int ipcx_new_at(const struct ipcx_base *base, struct ipcx **ret_x)
{
	const uint64_t known = IPCX_BASE_ROOT | IPCX_BASE_PROC | IPCX_BASE_NS |
			       IPCX_BASE_INIT;
	struct ipcx_base own;
	struct ipcx *x = NULL;
	int r = ret_x ? ipcx_new(&x) : -EINVAL;

	if (r == 0)
		r = IX_COPY_IN(x, ipcx_base, IPCX_BASE_SIZE_0_1, base, &own);
	if (r == 0 && ((own.set & ~known) || own.reserved ||
		       ((own.set & IPCX_BASE_INIT) &&
			(!(own.set & IPCX_BASE_PROC) || (own.set & IPCX_BASE_NS)))))
		r = -EINVAL;
	if (r == 0)
		r = ns_base_build(x, &own);
	if (r < 0) {
		ipcx_free(x);
		return r;
	}
	*ret_x = x;
	return 0;
}
