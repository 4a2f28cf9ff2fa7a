/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: the owner of a named semaphore cuts its file just when it was opened. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

sem_t *sem_open(const char *name, int flags, ...)
{
	sem_t *(*real)(const char *, int) = (sem_t * (*)(const char *, int))
		dlsym(RTLD_NEXT, "sem_open");
	sem_t *sem = real(name, flags);
	char path[300];

	snprintf(path, sizeof(path), "/dev/shm/sem.%s", name + 1);
	if (truncate(path, 0) < 0)
		perror(path);
	return sem;
}
