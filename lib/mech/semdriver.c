/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a System V semaphore array is created, inspected and removed under load. */
#include <errno.h>

#include "core/semun.h"
#include "mech/drivers.h"

#define SIZE 1

static int semdriver_make(const struct ix_naming *names, struct ix_object *object)
{
	size_t size = object->size ? object->size : SIZE;
	int id = semget(ix_slot_key(names, object->slot), (int)size,
			IPC_CREAT | IPC_EXCL | IX_MODE);

	if (id < 0)
		return -errno;
	object->id = id;
	object->at = NULL;
	object->size = size;
	return 0;
}

static int semdriver_ask(int id, struct semid_ds *ds)
{
	return semctl(id, 0, IPC_STAT, (union semun){ .buf = ds }) < 0 ? -errno : 0;
}

static int semdriver_open_it(const struct ix_naming *names, struct ix_object *object)
{
	struct semid_ds ds = { 0 };
	int r;

	if (object->id < 0)
		object->id = semget(ix_slot_key(names, object->slot), 0, 0);
	if (object->id < 0)
		return -errno;
	if (!object->size) {
		r = semdriver_ask(object->id, &ds);
		if (r < 0)
			return r;
		object->size = ds.sem_nsems;
	}
	return 0;
}

static int semdriver_look(const struct ix_naming *names, struct ix_object *object,
			  struct ix_seen *ret_seen)
{
	struct semid_ds ds = { 0 };
	int r = semdriver_ask(object->id, &ds);

	(void)names;
	if (r < 0)
		return r;
	*ret_seen = (struct ix_seen){
		.mode = ds.sem_perm.mode & 0777,
		.uid = ds.sem_perm.uid,
		.key = ds.sem_perm.__key,
		.size = ds.sem_nsems,
	};
	return 0;
}

static int semdriver_change(const struct ix_naming *names, struct ix_object *object,
			    unsigned mode)
{
	struct semid_ds ds = { 0 };
	int r = semdriver_ask(object->id, &ds);

	(void)names;
	if (r < 0)
		return r;
	ds.sem_perm.mode = (unsigned short)mode;
	return semctl(object->id, 0, IPC_SET, (union semun){ .buf = &ds }) < 0 ? -errno
									       : 0;
}

static int semdriver_remove_it(const struct ix_naming *names, struct ix_object *object)
{
	(void)names;
	return semctl(object->id, 0, IPC_RMID) < 0 ? -errno : 0;
}

/* An id needs no closing. */
static void semdriver_close_it(struct ix_object *object)
{
	(void)object;
}

static bool semdriver_is_there(const struct ix_naming *names,
			       const struct ix_object *object)
{
	return semget(ix_slot_key(names, object->slot), 0, 0) >= 0 || errno == EACCES;
}

/* An array does not record its creator's pid. If the id of our array was never reported
 * (id < 0), no worker can have used that array; so an array that was operated on is not
 * ours. */
static int semdriver_sweep(const struct ix_naming *names, uint32_t slot, int id,
			   pid_t maker)
{
	int32_t key = ix_slot_key(names, slot);
	int at = id >= 0 ? id : semget(key, 0, 0);
	struct semid_ds ds = { 0 };
	int r = at < 0 ? -errno : semdriver_ask(at, &ds);

	(void)maker;
	if (r < 0)
		return r == -ENOENT || r == -EINVAL || r == -EIDRM ? 0 : r;
	if (!ix_slot_has(&ds.sem_perm, key, id) || (id < 0 && ds.sem_otime))
		return 0;
	if (semctl(at, 0, IPC_RMID) < 0 && errno != EINVAL && errno != EIDRM)
		return -errno;
	return 0;
}

const struct ix_driver ix_sem_driver = {
	.make = semdriver_make,
	.open = semdriver_open_it,
	.stat = semdriver_look,
	.change = semdriver_change,
	.remove = semdriver_remove_it,
	.close = semdriver_close_it,
	.is_there = semdriver_is_there,
	.sweep = semdriver_sweep,
	.size = SIZE,
	.keyed = true,
	.churn =
		"semaphore arrays are created, inspected, changed, found by key and removed",
	.churn_ops = IX_CHURN_OPS "open",
};
