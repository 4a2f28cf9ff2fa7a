/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory is the root directory of a process if it has the same device and inode.
 * Only the host's process 1 is asked: a process 1 of a PID namespace below ours may be
 * that of a container, which must not pass for the host. */
#include "base/firstroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/statx.h"

static bool same_file(const struct statx *a, const struct statx *b)
{
	return a->stx_dev_major == b->stx_dev_major &&
	       a->stx_dev_minor == b->stx_dev_minor && a->stx_ino == b->stx_ino;
}

int ix_first_root(int proc, int root)
{
	struct statx given, its;
	struct stat st;
	int r;

	if (fstatat(proc, "thread-self/status", &st, 0) < 0)
		return errno == ENOENT ? -ENXIO : -errno;
	r = ix_statx(root, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &given);
	if (r == 0)
		r = ix_statx(proc, "1/root", AT_STATX_DONT_SYNC, STATX_INO, &its);
	if (r < 0)
		return r;
	return same_file(&given, &its) ? 0 : -EXDEV;
}

const char *ix_first_root_text(int error)
{
	switch (-error) {
	case EXDEV:
		return "process 1 has another root directory";
	case ENXIO:
		return "/proc does not show this process";
	case EACCES:
	case EPERM:
		return "the root directory of process 1 may not be looked at (needs CAP_SYS_PTRACE)";
	case ENOENT:
		return "/proc shows no process 1";
	default:
		return strerror(-error);
	}
}
