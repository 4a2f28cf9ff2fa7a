/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: the PID namespace of this process looks like the first one, which shows all
 * processes that exist. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>

/* The inode of the first PID namespace. */
#define FIRST 0xEFFFFFFCU

static void lie(int r, const char *path, ino_t *ino)
{
	if (r == 0 && strcmp(path, "thread-self/ns/pid") == 0)
		*ino = FIRST;
}

int fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	int (*real)(int, const char *, struct stat *, int) = dlsym(RTLD_NEXT, "fstatat");
	int r = real(dirfd, path, st, flags);

	lie(r, path, &st->st_ino);
	return r;
}

int fstatat64(int dirfd, const char *path, struct stat64 *st, int flags)
{
	int (*real)(int, const char *, struct stat64 *, int) =
		dlsym(RTLD_NEXT, "fstatat64");
	int r = real(dirfd, path, st, flags);

	lie(r, path, (ino_t *)&st->st_ino);
	return r;
}
