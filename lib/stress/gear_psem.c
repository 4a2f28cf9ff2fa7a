/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a POSIX named semaphore is made, opened, looked at and removed under load. The C
 * library keeps no descriptor of it: what there is to see is seen by its file's path.
 */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>

#include "stress/gears.h"

static int make(const struct ix_task *t, struct ix_thing *thing)
{
	char name[IX_NAME];
	sem_t *sem = sem_open(ix_slot_name(t, thing->slot, name), O_CREAT | O_EXCL,
			      IX_MODE, thing->value);

	if (sem == SEM_FAILED)
		return -errno;
	thing->id = -1;
	thing->at = sem;
	thing->size = sizeof(sem_t);
	return 0;
}

static int open_it(const struct ix_task *t, struct ix_thing *thing)
{
	char name[IX_NAME];
	sem_t *sem;

	if (thing->at)
		return 0;
	sem = sem_open(ix_slot_name(t, thing->slot, name), 0);
	if (sem == SEM_FAILED)
		return -errno;
	thing->id = -1;
	thing->at = sem;
	thing->size = sizeof(sem_t);
	return 0;
}

static const char *path_of(const struct ix_task *t, uint32_t slot, char buf[IX_NAME + 16])
{
	char name[IX_NAME];

	(void)snprintf(buf, IX_NAME + 16, "/dev/shm/sem.%s",
		       ix_slot_name(t, slot, name) + 1);
	return buf;
}

static int look(const struct ix_task *t, struct ix_thing *thing, struct ix_seen *ret_seen)
{
	char path[IX_NAME + 16];
	struct stat st;
	int value = 0;

	if (lstat(path_of(t, thing->slot, path), &st) < 0 ||
	    (thing->at && sem_getvalue(thing->at, &value) < 0))
		return -errno;
	ix_seen_file(&st, ret_seen);
	ret_seen->holds = (uint64_t)value;
	return 0;
}

static int change(const struct ix_task *t, struct ix_thing *thing, unsigned mode)
{
	char path[IX_NAME + 16];

	return chmod(path_of(t, thing->slot, path), mode) < 0 ? -errno : 0;
}

static int remove_it(const struct ix_task *t, struct ix_thing *thing)
{
	char name[IX_NAME];

	return sem_unlink(ix_slot_name(t, thing->slot, name)) < 0 ? -errno : 0;
}

static void close_it(struct ix_thing *thing)
{
	if (thing->at)
		(void)sem_close(thing->at);
	thing->at = NULL;
}

static bool is_there(const struct ix_task *t, const struct ix_thing *thing)
{
	char path[IX_NAME + 16];
	struct stat st;

	return lstat(path_of(t, thing->slot, path), &st) == 0 || errno != ENOENT;
}

static int sweep(const struct ix_task *t, uint32_t slot, int id, pid_t maker)
{
	char name[IX_NAME], path[IX_NAME + 16];
	struct stat st;

	(void)id;
	(void)maker;
	if (lstat(path_of(t, slot, path), &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!ix_slot_has_file(&st))
		return 0;
	if (sem_unlink(ix_slot_name(t, slot, name)) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

const struct ix_gear ix_gear_psem = {
	.mech = "psem",
	.make = make,
	.open = open_it,
	.stat = look,
	.change = change,
	.remove = remove_it,
	.close = close_it,
	.is_there = is_there,
	.sweep = sweep,
	.size = sizeof(sem_t),
};
