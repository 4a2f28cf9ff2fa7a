/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the caller may remove or change a file: may_delete() in fs/namei.c,
 * setattr_prepare() in fs/attr.c; whether the file system may be written to at all; and
 * whether it tells who uses its files. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cap.h"
#include "base/older.h"
#include "base/statx.h"
#include "mech/posix.h"

/* Attributes with which no user, not even root, may change a file: chattr(1). */
#define FIXED (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)

void ix_posix_blurs(struct ix_scan *s, const struct ix_posix_dir *dir)
{
	struct statfs fs;

	if (s->judging)
		s->blurred = fstatfs(dir->fd, &fs) < 0 ||
			     ((unsigned)fs.f_type != TMPFS_MAGIC &&
			      (unsigned)fs.f_type != RAMFS_MAGIC);
}

/* Return the attributes of a file; 0 if statx(2) fails. */
static uint64_t attributes(int dirfd, const char *file, int flags)
{
	struct statx sx;

	if (ix_statx(dirfd, file, flags | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &sx) <
	    0)
		return 0;
	return sx.stx_attributes;
}

/* Check whether a file may be accessed in this way. Returns 0 or -errno. */
static int posixmay_may_write(int dirfd, const char *file, int how)
{
	return ix_access(dirfd, file, how, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
}

/* Read the properties of a directory, once per directory. */
static void ask_dir(struct ix_scan *s, const struct ix_posix_dir *dir)
{
	struct ix_may_dir *d = &s->may.dir;
	struct statvfs fs;
	struct stat st;

	if (d->asked && d->dev == dir->dev)
		return;
	*d = (struct ix_may_dir){ .asked = true, .dev = dir->dev };
	if (fstatvfs(dir->fd, &fs) < 0)
		d->read_only = -errno;
	else if (fs.f_flag & ST_RDONLY)
		d->read_only = -EROFS;
	d->write = posixmay_may_write(dir->fd, ".", W_OK | X_OK);
	if (d->write == 0 && fstat(dir->fd, &st) < 0)
		d->write = -errno;
	if (d->write == 0 && (attributes(dir->fd, "", AT_EMPTY_PATH) & STATX_ATTR_APPEND))
		d->write = -EPERM;
	d->owners_only = d->write == 0 && (st.st_mode & S_ISVTX) &&
			 !ix_may_as(s, st.st_uid);
}

static bool is_owner(struct ix_scan *s, uint32_t uid, uint32_t gid)
{
	return ix_may_as(s, uid) || ix_may_over_file(s, CAP_FOWNER, uid, gid);
}

int ix_posix_may_leave(struct ix_scan *s, const struct ix_posix_row *row)
{
	return is_owner(s, row->uid, row->gid) ? 0 : -EPERM;
}

int ix_posix_may_unlink(struct ix_scan *s, const struct ix_posix_dir *dir,
			const char *file, const struct ix_posix_row *row)
{
	uint64_t attrs;
	int r;

	ask_dir(s, dir);
	r = s->may.dir.read_only ? s->may.dir.read_only : s->may.dir.write;
	if (r == 0 && s->may.dir.owners_only)
		r = ix_posix_may_leave(s, row);
	if (r < 0)
		return r;
	attrs = attributes(dir->fd, file, 0);
	if (attrs & FIXED)
		return -EPERM;
	return attrs & STATX_ATTR_MOUNT_ROOT ? -EBUSY : 0;
}

/* ---- changing */

/* chown_ok() and chgrp_ok() */
static int may_give(struct ix_scan *s, const struct ix_posix_row *row,
		    const struct ipcx_attrs *a)
{
	bool ours = ix_may_as(s, row->uid), fine = true;

	if (((a->set & IPCX_A_UID) && !ix_may_name(s, false, a->uid)) ||
	    ((a->set & IPCX_A_GID) && !ix_may_name(s, true, a->gid)))
		return -EINVAL;
	if (a->set & IPCX_A_UID)
		fine = ours && a->uid == row->uid;
	if (fine && (a->set & IPCX_A_GID))
		fine = ours && (a->gid == row->gid || ix_may_be_in(s, a->gid));
	return fine || ix_may_over_file(s, CAP_CHOWN, row->uid, row->gid) ? 0 : -EPERM;
}

int ix_posix_may_set(struct ix_scan *s, const struct ix_posix_row *row,
		     const struct ipcx_attrs *a)
{
	uint32_t uid = a->set & IPCX_A_UID ? a->uid : row->uid,
		 gid = a->set & IPCX_A_GID ? a->gid : row->gid;
	int r = 0;

	if (a->set & (IPCX_A_UID | IPCX_A_GID))
		r = may_give(s, row, a);
	if (r == 0 && (a->set & IPCX_A_MODE) && !is_owner(s, uid, gid))
		r = -EPERM;
	return r;
}

int ix_posix_may_change(struct ix_scan *s, const struct ix_posix_dir *dir,
			const char *file, const struct ix_posix_row *row,
			const struct ipcx_attrs *a)
{
	uint64_t attrs;
	int r;

	if (!(a->set & (IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID)))
		return 0;
	ask_dir(s, dir);
	attrs = attributes(dir->fd, file, 0);
	if (s->may.dir.read_only < 0 && !(attrs & STATX_ATTR_MOUNT_ROOT))
		return s->may.dir.read_only;
	r = ix_posix_may_set(s, row, a);
	return r == 0 && (attrs & FIXED) ? -EPERM : r;
}

int ix_posix_may_write(const struct ix_posix_dir *dir, const char *file)
{
	int r = posixmay_may_write(dir->fd, file, W_OK);

	return r == 0 && (attributes(dir->fd, file, 0) & STATX_ATTR_APPEND) ? -EPERM : r;
}
