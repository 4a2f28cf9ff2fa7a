/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits of POSIX shared memory and semaphores, and the errno beyond each. */
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include "mech/drivers.h"
#include "stress/engine/objectlog.h"
#include "stress/load/limits.h"

/* ---- pshm */

/* Ask for more memory than the file system has. A tmpfs refuses this before it allocates
 * a page; other file systems would fill up before they refuse, and in a namespace in use
 * that would affect other processes. */
static bool space(struct ix_worker *w, struct ix_object *own)
{
	struct ix_seen seen;
	struct statfs fs;
	int error;

	if (!w->task->names.fresh || fstatfs(own->id, &fs) < 0 ||
	    fs.f_type != TMPFS_MAGIC || fs.f_blocks == 0)
		return false;
	error = posix_fallocate(own->id, 0,
				(off_t)((fs.f_blocks + 1) * (uint64_t)fs.f_bsize));
	if (error == EINTR || error == EFBIG) /* RLIMIT_FSIZE may be lower */
		return true;
	(void)ix_expect(w, "allocating more than the file system has", error, ENOSPC);
	if (ix_pshm_driver.stat(&w->task->names, own, &seen) == 0)
		ix_expect_number(w, "its size after that", seen.size, own->size);
	error = posix_fallocate(own->id, 0, (off_t)own->size);
	if (error != EINTR && error != ENOSPC) /* others may have used up the space */
		(void)ix_expect(w, "allocating its size again", error, 0);
	return true;
}

static bool memory_exists(struct ix_worker *w, struct ix_object *own)
{
	const int new = O_RDWR | O_CREAT | O_EXCL;
	char name[IX_NAME];
	int fd = shm_open(ix_slot_name(&w->task->names, own->slot, name), new | O_CLOEXEC,
			  0600);

	(void)ix_expect(w, "creating memory that exists", IX_ERROR(fd), EEXIST);
	fd = shm_open(ix_slot_name(&w->task->names, ix_spare(w), name),
		      O_RDWR | O_CLOEXEC, 0);
	(void)ix_expect(w, "opening memory that does not exist", IX_ERROR(fd), ENOENT);
	(void)ix_expect(w, "unlinking memory that does not exist",
			IX_ERROR(shm_unlink(name)), ENOENT);
	return true;
}

/* Some C libraries fail with EINVAL for a name that is too long. */
static bool name_of_memory(struct ix_worker *w, struct ix_object *own)
{
	char longest[IX_LONG_NAME];
	int error = IX_ERROR(shm_open(ix_long_name(longest), O_RDWR | O_CLOEXEC, 0));

	(void)own;
	if (error != EINVAL)
		(void)ix_expect(w, "a name that is too long", error, ENAMETOOLONG);
	error = IX_ERROR(shm_open("/", O_RDWR | O_CLOEXEC, 0));
	(void)ix_expect(w, "an empty name", error, EINVAL);
	return true;
}

static bool access_of_memory(struct ix_worker *w, struct ix_object *own)
{
	char name[IX_NAME];
	auto_fd int fd = shm_open(ix_slot_name(&w->task->names, own->slot, name),
				  O_RDONLY | O_CLOEXEC, 0);

	if (!ix_expect(w, "opening it read-only", IX_ERROR(fd), 0))
		return true;
	(void)ix_expect(w, "writing to memory opened read-only",
			IX_ERROR(pwrite(fd, "", 1, 0)), EBADF);
	(void)ix_expect(w, "truncating memory opened read-only",
			IX_ERROR(ftruncate(fd, 1)), EINVAL);
	return true;
}

const struct ix_probes ix_probes_pshm = {
	.driver = &ix_pshm_driver,
	.size = 4096,
	.probe = {
		{ .run = space },
		{ .run = memory_exists },
		{ .run = name_of_memory },
		{ .run = access_of_memory },
	},
};

/* ---- psem */

static bool value_of_token(struct ix_worker *w, struct ix_object *own)
{
	struct ix_object full = { .slot = ix_spare(w), .value = SEM_VALUE_MAX };
	struct ix_object more = { .slot = ix_spare(w), .value = SEM_VALUE_MAX + 1U };
	int error = -ix_make(w->task, &ix_psem_driver, &more), value = -1;

	(void)own;
	if (!ix_expect(w, "creating with a value above SEM_VALUE_MAX", error, EINVAL) &&
	    error == 0) {
		(void)ix_remove(w->task, &ix_psem_driver, &more);
		ix_psem_driver.close(&more);
	}
	error = -ix_make(w->task, &ix_psem_driver, &full);
	if (!ix_expect(w, "creating with the value SEM_VALUE_MAX", error, 0))
		return true;
	(void)ix_expect(w, "posting at SEM_VALUE_MAX", IX_ERROR(sem_post(full.at)),
			EOVERFLOW);
	(void)sem_getvalue(full.at, &value);
	ix_expect_number(w, "the highest value", (uint64_t)value, SEM_VALUE_MAX);
	(void)ix_remove(w->task, &ix_psem_driver, &full);
	ix_psem_driver.close(&full);
	return true;
}

static bool no_token(struct ix_worker *w, struct ix_object *own)
{
	(void)ix_expect(w, "sem_trywait at 0", IX_ERROR(sem_trywait(own->at)), EAGAIN);
	(void)ix_expect(w, "sem_post", IX_ERROR(sem_post(own->at)), 0);
	(void)ix_expect(w, "sem_trywait at 1", IX_ERROR(sem_trywait(own->at)), 0);
	(void)ix_expect(w, "sem_trywait at 0 again", IX_ERROR(sem_trywait(own->at)),
			EAGAIN);
	return true;
}

static bool no_time(struct ix_worker *w, struct ix_object *own)
{
	/* Use no deadline in the future: if the clock were set back, the call would
	 * block. */
	const struct timespec invalid = { .tv_nsec = 1000000000 }, past = { 0 };
	int error;

	error = IX_ERROR(sem_timedwait(own->at, &past));
	if (error != EINTR)
		(void)ix_expect(w, "waiting with a past deadline", error, ETIMEDOUT);
	error = IX_ERROR(sem_timedwait(own->at, &invalid));
	if (error != EINTR)
		(void)ix_expect(w, "waiting with an invalid deadline", error, EINVAL);
	return true;
}

static bool name_of_token(struct ix_worker *w, struct ix_object *own)
{
	char name[IX_NAME], longest[IX_LONG_NAME];
	sem_t *sem = sem_open(ix_long_name(longest), 0);
	int error = sem == SEM_FAILED ? errno : 0;

	if (error != EINVAL)
		(void)ix_expect(w, "a name that is too long", error, ENAMETOOLONG);
	sem = sem_open(ix_slot_sem(&w->task->names, own->slot, name), O_CREAT | O_EXCL,
		       0600, 0);
	(void)ix_expect(w, "creating a semaphore that exists",
			sem == SEM_FAILED ? errno : 0, EEXIST);
	sem = sem_open(ix_slot_sem(&w->task->names, ix_spare(w), name), 0);
	(void)ix_expect(w, "opening a semaphore that does not exist",
			sem == SEM_FAILED ? errno : 0, ENOENT);
	return true;
}

const struct ix_probes ix_probes_psem = {
	.driver = &ix_psem_driver,
	.probe = {
		{ .run = value_of_token },
		{ .run = no_token },
		{ .run = no_time },
		{ .run = name_of_token },
	},
};
