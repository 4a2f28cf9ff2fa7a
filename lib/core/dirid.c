/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Identify directories below untrusted roots, and the file systems they are on. */
#include "core/dirid.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/below.h"
#include "base/esc.h"
#include "base/file.h"
#include "base/mnt.h"
#include "base/statx.h"

/* After this number of file systems that did not answer, no more are tried: a container
 * may have any number of mount namespaces with such file systems. */
#define STALLS_MAX 4

int ix_dirid_open(struct ipcx *x, int rootfd, const char *path, int flags)
{
	int fd = x->stalls < STALLS_MAX ? ix_open_below(rootfd, path, flags, true)
					: -EBUSY;

	if (fd == -ETIMEDOUT)
		x->stalls++;
	return fd;
}

struct ix_dirid ix_dirid_below(struct ipcx *x, int rootfd, const char *path)
{
	auto_fd int fd = rootfd < 0
				 ? rootfd
				 : ix_dirid_open(x, rootfd, path, O_PATH | O_DIRECTORY);
	struct statx st;
	int r;

	if (fd < 0)
		return (struct ix_dirid){ .error = fd == -ENOTDIR ? -ENOENT : fd };
	r = ix_statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &st);
	if (r < 0)
		return (struct ix_dirid){ .error = r };
	return (struct ix_dirid){ .dev = makedev(st.stx_dev_major, st.stx_dev_minor),
				  .ino = st.stx_ino };
}

int ix_dirid_root(int dir, const char *link)
{
	int root = dir < 0 ? dir : ix_open_link(dir, link, O_PATH | O_DIRECTORY);

	/* "No such directory" must not be reported for a process that has ended. */
	return root == -ENOENT ? -ESRCH : root;
}

struct ix_dirid ix_dirid_of(struct ipcx *x, int32_t pid, const char *path)
{
	auto_fd int root = -1;
	char name[24];

	(void)snprintf(name, sizeof(name), "%d/root", pid);
	root = ix_dirid_root(ix_procfd(x), name);
	return ix_dirid_below(x, root, path);
}

bool ix_dirid_same(const struct ix_dirid *a, const struct ix_dirid *b)
{
	return !a->error && !b->error && a->dev == b->dev && a->ino == b->ino;
}

const char *ix_dirid_text(const struct ix_dirid *s, char buf[IX_DIRID_TEXT])
{
	if (s->error)
		return s->error == -ENOENT ? "none" : "unknown";
	(void)snprintf(buf, IX_DIRID_TEXT, "%u:%u/%" PRIu64, major(s->dev), minor(s->dev),
		       s->ino);
	return buf;
}

static uint64_t mount_of(int fd, unsigned how)
{
	struct statx st;

	return ix_statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, how, &st) == 0 &&
			       (st.stx_mask & how)
		       ? st.stx_mnt_id
		       : 0;
}

int ix_dirid_is(struct ipcx *x, int32_t pid, int rootfd, const char *path,
		const char *type)
{
	auto_fd int fd = ix_dirid_open(x, rootfd, path, O_PATH | O_DIRECTORY);
	uint64_t id = fd < 0 ? 0 : mount_of(fd, STATX_MNT_ID);
	char found[32];
	int r;

	if (!id)
		return fd < 0 ? fd : -ENOSYS;
	r = ix_mnt_type(ix_procfd(x), pid ? pid : getpid(), id, found, sizeof(found));
	return r < 0 ? r : !strcmp(found, type);
}

bool ix_dirid_may_be(struct ipcx *x, int32_t pid, int rootfd, const char *path,
		     const char *type)
{
	return ix_dirid_is(x, pid, rootfd, path, type) != 0;
}

/* Whether the process has ended in the meantime. This must be asked separately: reading
 * the mountinfo of a zombie fails with EINVAL (fs/proc_namespace.c), but EINVAL has other
 * causes, too. */
static bool has_ended(struct ipcx *x, int32_t pid)
{
	char path[24], text[64];
	int r;

	(void)snprintf(path, sizeof(path), "%d/ns/mnt", pid);
	r = ix_read_link(ix_procfd(x), path, text, sizeof(text));
	return r == -ENOENT || r == -ESRCH;
}

int ix_dirid_in_memory(struct ipcx *x, int32_t pid, int fd, const char *what)
{
	uint64_t unique = mount_of(fd, STATX_MNT_ID_UNIQUE), id;
	char type[32], whose[40] = "the root given";
	int r;

	if (pid)
		(void)snprintf(whose, sizeof(whose), "process %d", pid);
	if (unique && unique == x->view.in_memory)
		return 0;
	id = mount_of(fd, STATX_MNT_ID);
	r = id ? ix_mnt_type(ix_procfd(x), pid, id, type, sizeof(type)) : -ENOSYS;
	if (r < 0 && pid && has_ended(x, pid))
		return ix_fail_plain(x, -ESRCH, "process %d: no such process (any more)",
				     pid);
	if (r < 0)
		return ix_fail(x, r, "%s of %s: its file system", what, whose);
	if (!strcmp(type, "tmpfs") || !strcmp(type, "ramfs")) {
		x->view.in_memory = unique;
		return 0;
	}
	return ix_fail_plain(
		x, -EMEDIUMTYPE,
		"%s of %s is on a file system of type %s, not in memory: it is not read from outside",
		what, whose, type);
}

int ix_dirid_elsewhere(struct ipcx *x, int fd, const char *path, char *buf, size_t size)
{
	struct ix_dirid ours = ix_dirid_below(x, ix_rootfd(x), path);
	struct ix_dirid theirs = ix_dirid_below(x, fd, ".");
	int r;

	if (theirs.error)
		return theirs.error;
	if (ix_dirid_same(&ours, &theirs))
		return 0;
	r = ix_mnt_of_device(theirs.dev, buf, size);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

int ix_dirid_refused(struct ipcx *x, int32_t pid, const char *what, const char *target)
{
	char shown[128];

	(void)ix_escape(shown, sizeof(shown), target, IX_ESC_TEXT);
	return ix_fail_plain(
		x, -EPERM,
		"%s of process %d is also mounted here, on %s: only objects that are named individually are changed there",
		what, pid, shown);
}
