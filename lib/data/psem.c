/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for and posting POSIX named semaphores. That is the C library's to do: what it
 * writes into the file, and how it wakes, is its own. sem_open(3) maps whatever stands
 * there, so the file is looked at first: one that is too short would end us by SIGBUS.
 */
#include <errno.h>
#include <limits.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/copyin.h"
#include "data/semop.h"
#include "mech/posix.h"

struct ipcx_psem_taken {
	sem_t *sem;
	char name[IPCX_REF_MAX];
};

/* Whether there is a semaphore of this C library's kind. */
static int look(struct ipcx *x, const struct ipcx_ref *ref, const char *name)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	char file[IX_SEM_PREFIX_LEN + sizeof(ref->name)];
	struct stat st;
	int r = ix_posix_shm_dir(x, &dir);

	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), IX_SEM_PREFIX "%s", ref->name + 1);
	r = strlen(file) > NAME_MAX ? -ENOENT : ix_posix_stat(&dir, file, &st);
	if (r == -ENOENT)
		return ix_fail_plain(x, r, "%s: no such named semaphore", name);
	if (r < 0)
		return ix_fail(x, r, "%s", name);
	if (!ix_posix_is_sem(file, &st))
		return ix_fail_plain(x, -ENOENT, "%s: its file is no semaphore", name);
	if (st.st_size != sizeof(sem_t))
		return ix_fail_plain(
			x, -ENOTSUP,
			"%s: was made by programs of another word size (%lld bytes, not %zu)",
			name, (long long)st.st_size, sizeof(sem_t));
	return 0;
}

static int open_it(struct ipcx *x, const struct ipcx_ref *ref, char name[IPCX_REF_MAX],
		   sem_t **ret_sem)
{
	sem_t *sem;
	int r;

	(void)ipcx_ref_format(ref, name, IPCX_REF_MAX);
	r = look(x, ref, name);
	if (r < 0)
		return r;
	sem = sem_open(ref->name, 0);
	if (sem != SEM_FAILED) {
		*ret_sem = sem;
		return 0;
	}
	if (errno == ENOENT)
		return ix_fail_plain(x, -ENOENT, "%s: no such named semaphore", name);
	if (errno == EACCES)
		return ix_fail_plain(x, -EACCES,
				     "%s: not permitted: needs read and write permission",
				     name);
	return ix_fail(x, -errno, "%s", name);
}

/* Take one. The deadline is a moment of a clock that nobody can set. */
static int take(struct ipcx *x, sem_t *sem, const char *name, int64_t patience)
{
	struct timespec until;
	int r;

	if (patience == 0) {
		r = sem_trywait(sem);
	} else if (patience < 0) {
		r = sem_wait(sem);
	} else {
		if (clock_gettime(CLOCK_MONOTONIC, &until) < 0)
			return ix_fail(x, -errno, "%s", name);
		until.tv_sec += patience / IX_SECOND;
		until.tv_nsec += patience % IX_SECOND;
		until.tv_sec += until.tv_nsec / IX_SECOND;
		until.tv_nsec %= IX_SECOND;
		r = sem_clockwait(sem, CLOCK_MONOTONIC, &until);
	}
	if (r == 0)
		return 0;
	if (errno == EAGAIN || errno == ETIMEDOUT)
		return ix_sem_waited(x, name, patience);
	return ix_fail(x, -errno, "%s", name);
}

static int give(struct ipcx *x, sem_t *sem, const char *name)
{
	if (sem_post(sem) == 0)
		return 0;
	if (errno == EOVERFLOW)
		return ix_fail_plain(
			x, -EOVERFLOW,
			"%s: holds %d already, the most there is (SEM_VALUE_MAX)", name,
			SEM_VALUE_MAX);
	return ix_fail(x, -errno, "%s", name);
}

int ix_psem_op(struct ipcx *x, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
	       size_t n, int64_t patience)
{
	char name[IPCX_REF_MAX];
	sem_t *sem;
	int r;

	if (n != 1 || ops->num != 0 || ops->undo || (ops->op != 1 && ops->op != -1))
		return ix_fail_plain(
			x, -EINVAL,
			"psem: a named semaphore is one, goes up or down by 1, and has no undo");
	r = open_it(x, ref, name, &sem);
	if (r < 0)
		return r;
	r = ops->op > 0 ? give(x, sem, name) : take(x, sem, name, patience);
	(void)sem_close(sem);
	return r;
}

/* ---- held over some time */

int ipcx_psem_take(struct ipcx *x, const struct ipcx_ref *ref, int64_t patience,
		   struct ipcx_psem_taken **ret_taken)
{
	IX_REQUIRE(x, ref, ret_taken);
	auto_free struct ipcx_psem_taken *taken = NULL;
	int r = ix_sem_kind(x, ref);

	if (r < 0)
		return r;
	if (r != IX_SEM_NAMED)
		return ix_fail_plain(x, -EINVAL, "%s: is no named semaphore",
				     ix_mech(ref->mech)->info.name);
	taken = calloc(1, sizeof(*taken));
	if (!taken)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	r = open_it(x, ref, taken->name, &taken->sem);
	if (r < 0)
		return r;
	r = take(x, taken->sem, taken->name, patience);
	if (r < 0) {
		(void)sem_close(taken->sem);
		return r;
	}
	*ret_taken = TAKE(taken);
	return 0;
}

int ipcx_psem_give(struct ipcx *x, struct ipcx_psem_taken *taken)
{
	IX_REQUIRE(x, taken);
	int r = give(x, taken->sem, taken->name);

	(void)sem_close(taken->sem);
	free(taken);
	return r;
}
