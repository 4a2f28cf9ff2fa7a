/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that a user named on the command line: the one way to open them. Where everybody
 * may make files and nobody may remove those of others (a sticky directory such as /tmp),
 * a name may have been laid there for us. So, whatever fs.protected_symlinks,
 * protected_regular and protected_fifos say:
 *
 *  - a symbolic link there is followed only when it is ours or the directory's owner's;
 *  - nothing is written into a file or FIFO there that is another user's.
 */
#pragma once

#include <sys/types.h>

/*
 * To write: a new file with this mode (0: there has to be one), or what is there, as it
 * is. Never waits: a FIFO that nobody reads is an error. Reading and writing then wait as
 * usual.
 *
 * @return a descriptor above 2, or -errno and a text that says why
 */
int ix_open_output(int dirfd, const char *path, mode_t mode, const char **ret_why);

/* To read. Whoever names a FIFO waits until it is written to. As above. */
int ix_open_input(int dirfd, const char *path, const char **ret_why);
