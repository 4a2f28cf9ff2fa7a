/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What newer system calls do, also where the kernel lacks them or a filter forbids them. */
#pragma once

#include <stddef.h>

/*
 * faccessat(2) with flags (faccessat2(2), Linux 5.8). The C library makes the new call
 * also without flags, but a filter may kill for it, or answer EPERM if it does not know
 * it. Returns 0 or -errno.
 */
int ix_access(int dirfd, const char *path, int how, int flags);

/* Random bytes, by getrandom(2) (Linux 3.17) or from /dev/urandom. Returns 0 or
 * -errno. */
int ix_random_bytes(void *buf, size_t size);

/* Open a file in memory that has no name: by memfd_create(2) (Linux 3.17), or in
 * /dev/shm. Returns a descriptor or -errno. */
int ix_open_nameless(void);
