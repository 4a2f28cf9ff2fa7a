/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of a mountinfo (proc_pid_mountinfo(5)). */
#pragma once

#include <stdint.h>

#include "base/buf.h"

/* One mount. The texts are parts of the buffer that was read. */
struct ix_mntinfo {
	uint64_t id; /* STATX_MNT_ID */
	uint64_t dev;
	const char *root;   /* the directory of the file system that is mounted */
	const char *target; /* the mount point, below the root of the process */
	const char *type;
};

/* Read the mountinfo of a process, or of this thread if pid is 0, for ix_mntinfo_next().
 * Returns 0 or -errno. */
int ix_mntinfo_read(int proc, int pid, struct ix_buf *ret_b);

/* Parse the next line; *pos is the beginning of the text at first, and moves on. The
 * escapes of paths are replaced in place. Returns 1; 0 at the end; -EPROTO if the line is
 * malformed. */
int ix_mntinfo_next(char **pos, struct ix_mntinfo *ret_mount);
