/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The open descriptors of a process. What they refer to is found by statx(2) on the links
 * in /proc/PID/fd: nothing is opened, so no time moves and nobody who waits for a FIFO's
 * other end wakes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ix_opened {
	int number;
	uint64_t dev, ino, size, blocks; /* blocks of 512 bytes */
	uint32_t links;
	mode_t mode; /* type and permissions */
};

/* The directory, read by getdents64(2): what fdopendir(3) asks beforehand costs a tenth
 * of a look at a process. */
struct ix_fds {
	int dir;
	size_t at, len; /* bytes of buf */
	_Alignas(8) char buf[2048];
	int shut; /* why a descriptor could not be looked at; 0: all could */
};

/* Begin to read the descriptors of a process or thread: "path" ("fd", "task/TID/fd") is
 * relative to its /proc directory. Returns 0 or -errno. */
int ix_fds_open(int dir, const char *path, struct ix_fds *ret_fds);

/* Return 1 and the next descriptor, 0 at the end, or -errno. A descriptor that cannot be
 * looked at is left out, and the reason stored in f->shut; one whose file system does not
 * tell about its file is left out, too: such a file is not one in memory. */
int ix_fds_next(struct ix_fds *f, struct ix_opened *ret_opened);

#define auto_fds __attribute__((cleanup(ix_fds_close)))
void ix_fds_close(struct ix_fds *f);

/* Read the flags (O_RDONLY, O_PATH, …) with which a descriptor was opened, from
 * /proc/PID/fdinfo. Returns 0 or -errno. */
int ix_fd_flags(int dir, int number, int *ret_flags);

/* Parse the text of fdinfo. Returns 0 or -EPROTO. */
int ix_fd_flags_parse(const char *text, size_t len, int *ret_flags);
