/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories that were the /dev/shm of a container as targets: found, opened by name,
 * and whether objects may be removed there. */
#include "ns/remains.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/below.h"
#include "base/cap.h"
#include "base/file.h"
#include "base/mntinfo.h"
#include "base/statx.h"
#include "ns/spots.h"

/* ---- opening */

static int not_a_place(struct ipcx *x, const char *shown)
{
	return ix_fail_plain(x, -EINVAL,
			     "%s: is not an IPC namespace, nor the root of a tmpfs",
			     shown);
}

/* Find the mount of an open directory, and check that the directory is its root and that
 * of its file system. Asks no file system. Returns 0 or -errno; -EINVAL if it is not. */
static int check_root(struct ipcx *x, int fd, struct ix_buf *text,
		      struct ix_mntinfo *ret_mount)
{
	struct ix_mntinfo m = { 0 };
	struct statx st;
	struct statfs fs;
	char *pos;
	int r;

	r = ix_statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &st);
	if (r < 0)
		return r;
	if (!(st.stx_mask & STATX_MNT_ID))
		return -ENOSYS;
	r = ix_mntinfo_read(ix_procfd(x), 0, text);
	pos = text->data;
	while (r >= 0 && (r = ix_mntinfo_next(&pos, &m)) > 0)
		if (m.id == st.stx_mnt_id)
			break;
	if (r <= 0)
		return r < 0 ? r : -ESTALE;
	if (strcmp(m.type, "tmpfs") != 0 || strcmp(m.root, "/") != 0 ||
	    !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return -EINVAL;
	if (fstatfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_type != TMPFS_MAGIC ||
	    m.dev != makedev(st.stx_dev_major, st.stx_dev_minor))
		return -EINVAL;
	*ret_mount = m;
	return 0;
}

int ix_remains_open(struct ipcx *x, const char *path, const char *shown,
		    struct ix_target *ret_p)
{
	auto_buf struct ix_buf text = { 0 };
	auto_fd int fd = ix_open_unlinked(path, O_PATH | O_DIRECTORY);
	struct ix_target p = IX_NO_TARGET;
	struct ix_mntinfo m = { .dev = 0 };
	int r;

	if (fd == -ENOTDIR)
		return not_a_place(x, shown);
	if (fd == -ELOOP)
		return ix_fail_plain(
			x, -EINVAL,
			"%s: is not an IPC namespace; a directory must be named without symbolic links",
			shown);
	if (fd < 0)
		return ix_fail(x, fd, "%s%s", shown, fd == -ENOSYS ? ": openat2" : "");
	r = check_root(x, fd, &text, &m);
	if (r == -EINVAL)
		return not_a_place(x, shown);
	if (r < 0)
		return ix_fail(x, r, "%s: its mount", shown);
	p.directory = strdup(m.target);
	if (!p.directory)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	p.shmfd = take_fd(&fd);
	p.dev = m.dev;
	*ret_p = p;
	return 0;
}

int ix_remains_again(struct ipcx *x, const struct ix_target *p, struct ix_target *ret_p)
{
	struct ix_target now = IX_NO_TARGET;
	int r = ix_remains_open(x, p->directory, p->directory, &now);

	if (r == 0 && now.dev == p->dev) {
		free(now.directory);
		now.directory = p->directory;
		now.doubt = p->doubt;
		*ret_p = now;
		return 0;
	}
	if (r == 0)
		ix_target_close(&now);
	return r == -ENOMEM ? r : ix_fail_plain(x, -ESRCH, "%s: is gone", p->directory);
}

/* ---- the list */

static int remains_place(struct ipcx_ns *ns, const struct ix_spot *spot, bool doubt)
{
	struct ix_target p = IX_NO_TARGET;

	p.oldest = INT32_MAX;
	p.dev = spot->dev;
	p.doubt = doubt;
	p.directory = strdup(spot->target);
	if (!p.directory)
		return -ENOMEM;
	ns->places[ns->n++] = p;
	return 0;
}

static int add_unused(struct ipcx_ns *ns, const struct ix_spots *s)
{
	struct ix_target *more =
		reallocarray(ns->places, ns->n + s->unused, sizeof(*more));
	int r = 0;

	if (!more)
		return -ENOMEM;
	ns->places = more;
	for (size_t i = 0; r == 0 && i < s->n; i++)
		if (!s->all[i].used)
			r = remains_place(ns, &s->all[i], ix_spots_doubt(s));
	return r;
}

int ix_remains_add(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns)
{
	struct ix_spots s = { .n = 0 };
	int r = x->lent ? 0 : ix_spots_read(x, &s);

	if (r == 0)
		r = ix_spots_users(x, l, &s);
	if (r == 0 && s.unused && ix_spots_doubt(&s))
		ix_gap(&ns->gaps, s.error ? s.error : -EACCES,
		       "directories of containers: whether a process still uses them is unknown (%s)",
		       ix_spots_doubt(&s));
	/* Objects in a directory that only a hidden process may use would not be listed
	 * otherwise. Without the right to inspect processes, nearly all are hidden. */
	if (r == 0 && s.unused && (!s.error || ix_cap_has(CAP_SYS_PTRACE) == 1))
		r = add_unused(ns, &s);
	else if (r < 0 && r != -ENOMEM)
		ix_gap(&ns->gaps, r,
		       "directories that containers have left could not be searched for (%s)",
		       ix_errno_text(r));
	ix_spots_free(&s);
	return r == -ENOMEM ? r : 0;
}

/* ---- whether objects may be removed */

static int remains_refuse(struct ipcx *x, const struct ix_target *p, const char *why)
{
	return ix_fail_plain(
		x, -EPERM,
		"%s: %s: objects are not removed there; remove its files with rm(1), or act in the namespace of a process that uses it",
		p->directory, why);
}

/* Check that only root can change the path: each directory is root's, and the last one
 * has the mount that is open. */
static int check_path(struct ipcx *x, const struct ix_target *p)
{
	auto_fd int dir = ix_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
	auto_free char *path = strdup(p->directory);
	char *pos = path, *word;
	struct stat st, want;

	if (!path)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	while ((word = strsep(&pos, "/")) != NULL) {
		int next;

		if (dir < 0 || fstat(dir, &st) < 0)
			return ix_fail(x, dir < 0 ? dir : -errno, "%s", p->directory);
		if (!*word)
			continue;
		if (st.st_uid != 0 || (st.st_mode & 022))
			return remains_refuse(
				x, p, "others than root can change a directory above it");
		next = ix_open(dir, word, O_PATH | O_DIRECTORY | O_NOFOLLOW);
		(void)close(dir);
		dir = next;
	}
	if (dir < 0 || fstat(dir, &st) < 0 || fstat(p->shmfd, &want) < 0)
		return ix_fail(x, dir < 0 ? dir : -errno, "%s", p->directory);
	if (st.st_dev != want.st_dev || st.st_ino != want.st_ino)
		return remains_refuse(x, p,
				      "something else has been mounted there since");
	return 0;
}

/* Check that no process uses the directory. */
static int check_unused(struct ipcx *x, const struct ix_target *p)
{
	struct ix_spots s = { .n = 0 };
	struct ix_nslist l;
	const struct ix_spot *spot;
	int r = ix_discover(x, 0, &l);

	if (r < 0)
		return r;
	r = ix_spots_read(x, &s);
	if (r == 0)
		r = ix_spots_users(x, &l, &s);
	ix_nslist_free(&l);
	spot = ix_spots_find(&s, p->dev);
	if (r < 0)
		r = ix_fail(x, r, "%s: who uses it", p->directory);
	else if (!spot)
		r = remains_refuse(x, p, "something else has been mounted there since");
	else if (spot->pid)
		r = ix_fail_plain(
			x, -EBUSY,
			"%s: process %d uses it: use the namespace of that process",
			p->directory, spot->pid);
	else if (spot->used)
		r = ix_fail_plain(x, -EBUSY, "%s: is also mounted on %s: it is in use",
				  p->directory, spot->other);
	else if (ix_spots_doubt(&s))
		r = ix_fail_plain(x, s.error ? s.error : -EACCES,
				  "%s: whether a process uses it is unknown: %s",
				  p->directory, ix_spots_doubt(&s));
	ix_spots_free(&s);
	return r;
}

int ix_remains_may_remove(struct ipcx *x, const struct ix_target *p)
{
	int r;

	if (x->lent || !ix_spot_path(p->directory))
		return remains_refuse(
			x, p,
			"is not a directory that a container runtime of root has made");
	r = check_path(x, p);
	return r < 0 ? r : check_unused(x, p);
}
