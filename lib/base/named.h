/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All files that are named on the command line are opened here. In a sticky
 * world-writable directory such as /tmp, another user may have planted a file or link
 * with that name. So, whatever fs.protected_symlinks, protected_regular and
 * protected_fifos say:
 *
 *  - a symbolic link there is followed only if it belongs to us or to the owner of the
 *    directory;
 *  - another user's file or FIFO there is not written to, unless that user owns the
 *    directory.
 */
#pragma once

#include <sys/types.h>

/*
 * Open a file for writing: create it with this mode (0: it must exist), or open an
 * existing one unchanged. The open itself never blocks: if the file is a FIFO without a
 * reader, it fails. Later writes block as usual.
 *
 * @return a descriptor above 2, or -errno with the reason in *ret_why
 */
int ix_open_output(int dirfd, const char *path, mode_t mode, const char **ret_why);

/* Open a file for reading. Blocks on a FIFO until there is a writer. Returns as above. */
int ix_open_input(int dirfd, const char *path, const char **ret_why);
