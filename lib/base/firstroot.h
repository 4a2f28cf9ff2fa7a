/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose root directory a directory is. */
#pragma once

/*
 * Whether a directory is the root directory of process 1 of a procfs, and that procfs
 * shows our own process, so that its PID namespace is ours or contains ours. Asks neither
 * file system. Returns 0; -EXDEV if process 1 has another root directory; -ENXIO if the
 * procfs does not show our process; or another -errno if this is unknown.
 */
int ix_first_root(int proc, int root);

/* Return the reason for a failure of ix_first_root(). */
const char *ix_first_root_text(int error);
