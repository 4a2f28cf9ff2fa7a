/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a POSIX named semaphore is created, opened, inspected and removed under load. The C
 * library keeps no descriptor of a semaphore, so it is inspected through the path of its
 * file.
 */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>

#include "base/util.h"
#include "mech/drivers.h"
#include "mech/psemmake.h"

/* The files of a slot: the semaphore, and the draft that becomes the semaphore. */
enum file { WHOLE, DRAFT };

static const char *psemdriver_path_of(const struct ix_naming *names, uint32_t slot,
				      enum file which, char buf[IX_NAME + 16])
{
	char name[IX_NAME];

	(void)snprintf(buf, IX_NAME + 16, "/dev/shm/%s%s", which == WHOLE ? "sem." : "",
		       ix_slot_name(names, slot, name) + 1);
	return buf;
}

/*
 * Create the file as sem_open(3) does, but through a draft with a known name: a process
 * killed inside sem_open() leaves a file that cannot be recognised as ours.
 */
static int make_file(const struct ix_naming *names, const struct ix_object *object)
{
	char path[IX_NAME + 16], draft[IX_NAME + 16];
	auto_fd int fd = open(psemdriver_path_of(names, object->slot, DRAFT, draft),
			      O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			      IX_MODE);
	int r;

	if (fd < 0)
		return -errno;
	r = ix_psem_write(fd, object->value);
	if (r == 0 &&
	    link(draft, psemdriver_path_of(names, object->slot, WHOLE, path)) < 0)
		r = -errno;
	(void)unlink(draft);
	return r;
}

static int psemdriver_make(const struct ix_naming *names, struct ix_object *object)
{
	/* In a fresh namespace no draft need be recognised later: it vanishes with the
	 * namespace. */
	int flags = names->fresh ? O_CREAT | O_EXCL : 0;
	int r = names->fresh ? 0 : make_file(names, object);
	char name[IX_NAME];
	sem_t *sem;

	if (r < 0)
		return r;
	sem = sem_open(ix_slot_sem(names, object->slot, name), flags, IX_MODE,
		       object->value);
	if (sem == SEM_FAILED) {
		r = -errno;
		if (!names->fresh)
			(void)sem_unlink(name);
		return r;
	}
	object->id = -1;
	object->at = sem;
	object->size = sizeof(sem_t);
	return 0;
}

static int psemdriver_open_it(const struct ix_naming *names, struct ix_object *object)
{
	char name[IX_NAME];
	sem_t *sem;

	if (object->at)
		return 0;
	sem = sem_open(ix_slot_sem(names, object->slot, name), 0);
	if (sem == SEM_FAILED)
		return -errno;
	object->id = -1;
	object->at = sem;
	object->size = sizeof(sem_t);
	return 0;
}

static int psemdriver_look(const struct ix_naming *names, struct ix_object *object,
			   struct ix_seen *ret_seen)
{
	char path[IX_NAME + 16];
	struct stat st;
	int value = 0;

	if (lstat(psemdriver_path_of(names, object->slot, WHOLE, path), &st) < 0 ||
	    (object->at && sem_getvalue(object->at, &value) < 0))
		return -errno;
	ix_seen_file(&st, ret_seen);
	ret_seen->holds = (uint64_t)value;
	return 0;
}

static int psemdriver_change(const struct ix_naming *names, struct ix_object *object,
			     unsigned mode)
{
	char path[IX_NAME + 16];

	return chmod(psemdriver_path_of(names, object->slot, WHOLE, path), mode) < 0
		       ? -errno
		       : 0;
}

static int psemdriver_remove_it(const struct ix_naming *names, struct ix_object *object)
{
	char name[IX_NAME];

	return sem_unlink(ix_slot_sem(names, object->slot, name)) < 0 ? -errno : 0;
}

static void psemdriver_close_it(struct ix_object *object)
{
	if (object->at)
		(void)sem_close(object->at);
	object->at = NULL;
}

static bool psemdriver_is_there(const struct ix_naming *names,
				const struct ix_object *object)
{
	char path[IX_NAME + 16];
	struct stat st;

	return lstat(psemdriver_path_of(names, object->slot, WHOLE, path), &st) == 0;
}

/* Remove a file if it is ours; a missing or foreign file is left alone. */
static int sweep_one(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!ix_slot_has_file(&st))
		return 0;
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

static int psemdriver_sweep(const struct ix_naming *names, uint32_t slot, int id,
			    pid_t maker)
{
	char path[IX_NAME + 16];
	int r = names->fresh ? 0
			     : sweep_one(psemdriver_path_of(names, slot, DRAFT, path));

	(void)id;
	(void)maker;
	return r < 0 ? r : sweep_one(psemdriver_path_of(names, slot, WHOLE, path));
}

const struct ix_driver ix_psem_driver = {
	.make = psemdriver_make,
	.open = psemdriver_open_it,
	.stat = psemdriver_look,
	.change = psemdriver_change,
	.remove = psemdriver_remove_it,
	.close = psemdriver_close_it,
	.is_there = psemdriver_is_there,
	.sweep = psemdriver_sweep,
	.size = sizeof(sem_t),
	.churn = "named semaphores are created, inspected, changed, opened and removed",
	.churn_ops = IX_CHURN_OPS "open",
};
