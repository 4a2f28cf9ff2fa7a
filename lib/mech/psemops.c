/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for and posting POSIX named semaphores. The operations are left to the C
 * library: what it writes into the file, and how it wakes waiters, is private to it. But
 * sem_open(3) would look in the calling process's own /dev/shm; so the file is opened
 * here, in the right directory and with the right credentials, and mapped as sem_open(3)
 * does. Only psemcall.c accesses the mapping, since other processes may truncate the
 * file.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/below.h"
#include "core/waited.h"
#include "mech/posix.h"
#include "mech/psemcall.h"
#include "mech/semaphores.h"

static int no_such(struct ipcx *x, const char *name)
{
	return ix_fail_plain(x, -ENOENT, "%s: no such named semaphore", name);
}

static int psemops_failed(struct ipcx *x, const char *name, int error)
{
	if (error == -ENOENT)
		return no_such(x, name);
	if (error == -EACCES)
		return ix_fail_plain(
			x, error, "%s: %s", name,
			ix_posix_denied(
				x, "not permitted: needs read and write permission"));
	return ix_fail(x, error, "%s", name);
}

static int call_failed(struct ipcx *x, const char *name, int error)
{
	if (error == -EIO)
		return ix_fail_plain(
			x, error,
			"%s: its file was cut while it was used: it is no longer a semaphore",
			name);
	if (error == -EOVERFLOW)
		return ix_fail_plain(
			x, error,
			"%s: its value is already %d, the maximum (SEM_VALUE_MAX)", name,
			SEM_VALUE_MAX);
	if (error == -ESRCH)
		return ix_fail_plain(x, error, "%s: cannot create a process that waits",
				     name);
	if (error == -ECHILD)
		return ix_fail_plain(x, error, "%s: the process that waits was killed",
				     name);
	return ix_fail(x, error, "%s", name);
}

/* Check that the file is a semaphore of this C library's layout. Accessing a file that is
 * too short would raise SIGBUS. */
static int psemops_check(struct ipcx *x, const char *name, const char *file,
			 const struct stat *st)
{
	if (!ix_posix_is_sem(file, st))
		return ix_fail_plain(x, -ENOENT, "%s: its file is not a semaphore", name);
	if (st->st_size != sizeof(sem_t))
		return ix_fail_plain(
			x, -ENOTSUP,
			"%s: was created by a program with another word size (%lld bytes, not %zu)",
			name, (long long)st->st_size, sizeof(sem_t));
	return 0;
}

/*
 * Check that the calls of this C library wake those who wait. Each library marks what
 * processes share, so that the futex of a semaphore is found by all of them: in the same
 * place, but glibc by a bit that is set, musl by one that is not. Where the mark is
 * follows from what sem_init(3) writes.
 */
static int psemops_wakes(struct ipcx *x, const char *name, int fd)
{
	sem_t alone, shared, given;
	ssize_t n;

	memset(&alone, 0, sizeof(alone));
	memset(&shared, 0, sizeof(shared));
	if (sem_init(&alone, 0, 0) < 0 || sem_init(&shared, 1, 0) < 0)
		return psemops_failed(x, name, -errno);
	do
		n = pread(fd, &given, sizeof(given), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(given))
		return n < 0 ? psemops_failed(x, name, -errno)
			     : call_failed(x, name, -EIO);
	for (size_t i = 0; i < sizeof(sem_t); i++)
		if (((char *)&alone)[i] != ((char *)&shared)[i] &&
		    ((char *)&given)[i] == ((char *)&alone)[i])
			return ix_fail_plain(
				x, -ENOTSUP,
				"%s: is marked as not shared between processes, or was made with another C library (glibc, musl): waiters would not be woken",
				name);
	return 0;
}

/* Open the semaphore's file; a file that is not a semaphore is not even opened. */
static int psemops_open_file(struct ipcx *x, const struct ipcx_ref *ref, int *ret_fd)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	char file[IX_SEM_PREFIX_LEN + sizeof(ref->name)], name[IPCX_REF_MAX];
	struct stat before, st;
	auto_fd int fd = -1;
	int r = ix_posix_shm_dir(x, &dir);

	if (r < 0)
		return r;
	(void)ipcx_ref_format(ref, name, sizeof(name));
	(void)snprintf(file, sizeof(file), IX_SEM_PREFIX "%s", ref->name + 1);
	r = strlen(file) > NAME_MAX ? -ENOENT : ix_posix_stat(&dir, file, &before);
	if (r < 0)
		return psemops_failed(x, name, r);
	r = psemops_check(x, name, file, &before);
	if (r < 0)
		return r;
	fd = ix_open_entry(dir.fd, file, O_RDWR | O_NONBLOCK, dir.hostile);
	if (fd < 0)
		return psemops_failed(x, name, fd);
	if (fstat(fd, &st) < 0)
		return psemops_failed(x, name, -errno);
	if (st.st_dev != before.st_dev || st.st_ino != before.st_ino)
		return no_such(x, name); /* replaced meanwhile */
	r = psemops_check(x, name, file, &st);
	if (r == 0)
		r = psemops_wakes(x, name, fd);
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int map(struct ipcx *x, int fd, const char *name, sem_t **ret_sem)
{
	void *at = mmap(NULL, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return psemops_failed(x, name, -errno);
	*ret_sem = at;
	return 0;
}

static void unmap(sem_t *sem)
{
	(void)munmap(sem, sizeof(*sem));
}

/* The kernel does not record who took or posted a named semaphore. */
static int psemops_waited(struct ipcx *x, int fd, const char *name, int64_t timeout)
{
	char file[sizeof(sem_t)];
	uint32_t value = 1;

	if (pread(fd, file, sizeof(file), 0) != sizeof(file) ||
	    ix_psem_decode(file, sizeof(file), &value) < 0)
		value = 1;
	return ix_waited(x, name, value ? "was 0" : "is 0", timeout);
}

static int psemops_take(struct ipcx *x, int fd, sem_t *sem, const char *name,
			int64_t timeout)
{
	int r = ix_psem_call(sem, false, timeout);

	if (r == -EAGAIN || r == -ETIMEDOUT)
		return psemops_waited(x, fd, name, timeout);
	return r < 0 ? call_failed(x, name, r) : 0;
}

static int psemops_give(struct ipcx *x, sem_t *sem, const char *name)
{
	int r = ix_psem_call(sem, true, 0);

	return r < 0 ? call_failed(x, name, r) : 0;
}

static int psemops_operate(struct ipcx *x, const struct ipcx_ref *ref, int fd,
			   const struct ipcx_sem_op *ops, size_t n, int64_t timeout)
{
	char name[IPCX_REF_MAX];
	sem_t *sem = NULL;
	int r;

	if (n != 1 || ops->num != 0 || (ops->flags & IPCX_SEM_UNDO) ||
	    (ops->op != 1 && ops->op != -1))
		return ix_fail_plain(
			x, -EINVAL,
			"psem: a named semaphore is a single one, changes by 1 at a time, and has no undo");
	(void)ipcx_ref_format(ref, name, sizeof(name));
	r = map(x, fd, name, &sem);
	if (r < 0)
		return r;
	r = ops->op > 0 ? psemops_give(x, sem, name)
			: psemops_take(x, fd, sem, name, timeout);
	unmap(sem);
	return r;
}

/* ---- a token that is taken, and held until it is given back */

static int take_held(struct ipcx *x, const struct ipcx_ref *ref, int fd, int64_t timeout,
		     struct ipcx_psem_taken *ret_taken)
{
	sem_t *sem = NULL;
	int r;

	(void)ipcx_ref_format(ref, ret_taken->name, sizeof(ret_taken->name));
	r = map(x, fd, ret_taken->name, &sem);
	if (r < 0)
		return r;
	r = psemops_take(x, fd, sem, ret_taken->name, timeout);
	if (r < 0)
		unmap(sem);
	else
		ret_taken->sem = sem;
	return r;
}

static int give_held(struct ipcx *x, struct ipcx_psem_taken *taken)
{
	int r = psemops_give(x, taken->sem, taken->name);

	unmap(taken->sem);
	return r;
}

const struct ix_sem_ops ix_psem_sem = {
	.open = psemops_open_file,
	.op = psemops_operate,
	.take = take_held,
	.give = give_held,
};
