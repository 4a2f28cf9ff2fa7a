/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes one of those allocations fail that the linker redirects here (-Wl,--wrap). Also
 * has functions that list objects by direct system calls, without the library. */
#pragma once

#include "api.h"

#include <dirent.h>
#include <mqueue.h>
#include <regex.h>
#include <stdatomic.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

/* Which allocation must fail (1 is the first, 0 means none), and the number of
 * allocations so far. */
static atomic_long armed, points;

/* Return whether this allocation must fail. */
static inline bool fails(void)
{
	bool it;

	if (atomic_load(&armed) == 0)
		return false;
	it = atomic_fetch_add(&points, 1) + 1 == atomic_load(&armed);
	if (it)
		errno = ENOMEM;
	return it;
}

/* clang-format off */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
DIR *__real_fdopendir(int fd);
int __real_regcomp(regex_t *r, const char *text, int flags);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
DIR *__wrap_fdopendir(int fd);
int __wrap_regcomp(regex_t *r, const char *text, int flags);

void *__wrap_malloc(size_t n) { return fails() ? NULL : __real_malloc(n); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t n) { return fails() ? NULL : __real_realloc(p, n); }
void *__wrap_reallocarray(void *p, size_t n, size_t size) { return fails() ? NULL : __real_reallocarray(p, n, size); }
char *__wrap_strdup(const char *s) { return fails() ? NULL : __real_strdup(s); }
char *__wrap_strndup(const char *s, size_t n) { return fails() ? NULL : __real_strndup(s, n); }
DIR *__wrap_fdopendir(int fd) { return fails() ? NULL : __real_fdopendir(fd); }
int __wrap_regcomp(regex_t *r, const char *text, int flags) { return fails() ? REG_ESPACE : __real_regcomp(r, text, flags); }
/* clang-format on */

struct there {
	size_t shm, msg, sem, arrays_sum, files, queues, messages;
};

static inline size_t files_of(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static inline struct there look(void)
{
	struct there t = { .files = files_of("/dev/shm"),
			   .queues = files_of("/dev/mqueue") };
	struct shm_info shm;
	struct msginfo msg;
	struct seminfo sem;

	assert_true(shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&shm) >= 0);
	assert_true(msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&msg) >= 0);
	assert_true(semctl(0, 0, SEM_INFO, &sem) >= 0);
	t.shm = (size_t)shm.used_ids;
	t.msg = (size_t)msg.msgpool;
	t.messages = (size_t)msg.msgmap;
	t.sem = (size_t)sem.semusz;
	t.arrays_sum = (size_t)sem.semaem;
	return t;
}

static inline size_t objects(const struct there *t)
{
	return t->shm + t->msg + t->sem + t->files + t->queues;
}
