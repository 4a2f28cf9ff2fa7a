/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that a process has open or mapped, looked at through that process's /proc
 * directory. Only memfds and pipes' duplicated descriptors are ever opened, and closed at
 * once: opening a pipe or FIFO would make us its reader or writer and wake others.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Where the process has the file: a descriptor or, if that is -1, a mapping; and which
 * file it was found to be. */
struct ix_held {
	int fd;
	uint64_t start, end;
	uint64_t dev, ino;
};

/* All functions take the descriptor of the process's /proc directory, and return -ESTALE
 * if the process has another file there by now. */

/* Returns 0 or -errno; a mapped file needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN. */
int ix_held_stat(int dir, const struct ix_held *h, struct stat *ret_st);

/* Write the path under which the kernel shows the file, NUL-terminated. Returns its
 * length, -ENAMETOOLONG or another -errno. */
int ix_held_name(int dir, const struct ix_held *h, char *buf, size_t size);

/* Read the seals of a memfd (F_GET_SEALS) of "proc", the directory of all processes.
 * Returns 0 or -errno. */
int ix_held_seals(int proc, int dir, const struct ix_held *h, unsigned *ret_seals);

/* Read how many bytes a pipe can hold, and holds, from a duplicate of the descriptor of
 * process "pid", which must be a pid of our PID namespace. Returns 0 or -errno. */
int ix_held_pipe(int32_t pid, int dir, const struct ix_held *h, uint64_t *ret_capacity,
		 uint64_t *ret_buffered);
