/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories that were the /dev/shm of a container: runtimes mount them in our mount
 * namespace, where they may stay after the container's last process has ended. */
#pragma once

#include "ns/discover.h"
#include "ns/ns.h"

/*
 * Add a target for each such directory that no process uses any more. If the mount table
 * has no such directory, nothing else is read. What could not be found out becomes a gap
 * of ns. Returns 0 or -ENOMEM.
 */
int ix_remains_add(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns);

/* Open a directory as a target: the root of a tmpfs, reached without symbolic links.
 * "shown" is the path for texts. Returns 0, or -errno with a text; -EINVAL if it is
 * something else. */
int ix_remains_open(struct ipcx *x, const char *path, const char *shown,
		    struct ix_target *ret_p);

/* Open one of many such targets. Returns 0, or -errno with a text; -ESRCH if it is gone.
 * The result uses the path of p without owning it. */
int ix_remains_again(struct ipcx *x, const struct ix_target *p, struct ix_target *ret_p);

/*
 * Whether objects may be removed from such a directory: root's runtime must have made it,
 * nobody else may have been able to put something there, and no process may use it.
 * Returns 0, or -errno with a text.
 */
int ix_remains_may_remove(struct ipcx *x, const struct ix_target *p);
