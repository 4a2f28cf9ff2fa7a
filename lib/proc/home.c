/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A debug container has the host's root directory mounted somewhere. There, "our own
 * namespaces" are of no use: the runtimes whose files and processes name containers are
 * in the namespaces of the host. These are the namespaces of process 1, and that it is
 * the host's process 1 is seen by its root directory: the same device and inode as the
 * root that was given.
 */
#include "proc/home.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/firstroot.h"

int ix_home_open(struct ipcx *x)
{
	int proc = ix_procfd(x), r;

	if (proc < 0)
		return proc;
	if (!x->rooted)
		return ix_open(proc, "self", O_PATH | O_DIRECTORY);
	/* Process 1 stays the same as long as its PID namespace exists. */
	r = ix_first_root(proc, x->rootfd);
	return r < 0 ? r : ix_open(proc, "1", O_PATH | O_DIRECTORY);
}

uint64_t ix_home_ns(struct ipcx *x, const char *type)
{
	auto_fd int dir = ix_home_open(x);
	char path[24];
	struct stat st;

	(void)snprintf(path, sizeof(path), "ns/%s", type);
	return dir >= 0 && fstatat(dir, path, &st, 0) == 0 ? st.st_ino : 0;
}
