/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: truncate the file of a named semaphore right after it is mapped, as its
 * owner could. */
#define _GNU_SOURCE
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* This function does not call the C library's mmap(): looking that up would come too
 * late. */
static void *map_and_cut(void *at, size_t len, int prot, int flags, int fd, off_t from)
{
	long map = syscall(SYS_mmap, at, len, prot, flags, fd, from);

	if (map != -1 && fd >= 0 && len == sizeof(sem_t) && (flags & MAP_SHARED) &&
	    ftruncate(fd, 0) < 0)
		perror("ftruncate");
	return (void *)map;
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t from)
{
	return map_and_cut(at, len, prot, flags, fd, from);
}

void *mmap64(void *at, size_t len, int prot, int flags, int fd, off_t from)
{
	return map_and_cut(at, len, prot, flags, fd, from);
}
