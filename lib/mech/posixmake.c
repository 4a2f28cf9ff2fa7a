/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the directory permits the creation of objects that are files. */
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/older.h"
#include "mech/posix.h"

/* The same permission check that the kernel makes for openat(2) with O_CREAT. */
int ix_posix_may_make(struct ipcx *x, const struct ipcx_attrs *a)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	int r = ix_posix_shm_dir(x, &dir);

	(void)a;
	if (r < 0)
		return 0; /* the error text is set: a creation would fail, too */
	r = ix_access(dir.fd, ".", W_OK | X_OK, AT_EACCESS);
	if (r == 0)
		return 1;
	if (r == -EROFS)
		(void)ix_fail_plain(x, r, IX_SHM_DIR " is mounted read-only");
	else if (r == -EACCES)
		(void)ix_fail_plain(x, r, "%s",
				    ix_posix_denied(x, "not permitted: " IX_SHM_DIR
						       " may not be written to"));
	else
		(void)ix_fail(x, r, IX_SHM_DIR);
	return r == -EROFS || r == -EACCES || r == -EPERM ? 0 : r;
}

int ix_posix_may_use(const struct ix_posix_dir *dir, const char *file, unsigned mode)
{
	int how = (mode & 0444 ? R_OK : 0) | (mode & 0222 ? W_OK : 0);

	int r = ix_access(dir->fd, file, how, AT_EACCESS | AT_SYMLINK_NOFOLLOW);

	return r == -ENOENT ? -EAGAIN : r;
}
