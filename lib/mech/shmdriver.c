/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a System V segment is created, attached, inspected and removed under load. */
#include <errno.h>
#include <sys/shm.h>

#include "mech/drivers.h"

#define SIZE 65536

static int shmdriver_make(const struct ix_naming *names, struct ix_object *object)
{
	size_t size = object->size ? object->size : SIZE;
	int id = shmget(ix_slot_key(names, object->slot), size,
			IPC_CREAT | IPC_EXCL | IX_MODE);

	if (id < 0)
		return -errno;
	object->id = id;
	object->at = NULL;
	object->size = size;
	return 0;
}

static int shmdriver_open_it(const struct ix_naming *names, struct ix_object *object)
{
	struct shmid_ds ds;
	void *at;

	if (object->at)
		return 0;
	if (object->id < 0)
		object->id = shmget(ix_slot_key(names, object->slot), 0, 0);
	if (object->id < 0)
		return -errno;
	if (!object->size) {
		if (shmctl(object->id, IPC_STAT, &ds) < 0)
			return -errno;
		object->size = ds.shm_segsz;
	}
	at = shmat(object->id, NULL, 0);
	if (at == (void *)-1)
		return -errno;
	object->at = at;
	return 0;
}

static int shmdriver_look(const struct ix_naming *names, struct ix_object *object,
			  struct ix_seen *ret_seen)
{
	struct shmid_ds ds;

	(void)names;
	if (shmctl(object->id, IPC_STAT, &ds) < 0)
		return -errno;
	*ret_seen = (struct ix_seen){
		.mode = ds.shm_perm.mode & 0777,
		.uid = ds.shm_perm.uid,
		.key = ds.shm_perm.__key,
		.size = ds.shm_segsz,
		.holds = ds.shm_nattch,
	};
	return 0;
}

static int shmdriver_change(const struct ix_naming *names, struct ix_object *object,
			    unsigned mode)
{
	struct shmid_ds ds;

	(void)names;
	if (shmctl(object->id, IPC_STAT, &ds) < 0)
		return -errno;
	ds.shm_perm.mode = (unsigned short)mode;
	return shmctl(object->id, IPC_SET, &ds) < 0 ? -errno : 0;
}

static int shmdriver_remove_it(const struct ix_naming *names, struct ix_object *object)
{
	(void)names;
	return shmctl(object->id, IPC_RMID, NULL) < 0 ? -errno : 0;
}

static void shmdriver_close_it(struct ix_object *object)
{
	if (object->at)
		(void)shmdt(object->at);
	object->at = NULL;
}

static bool shmdriver_is_there(const struct ix_naming *names,
			       const struct ix_object *object)
{
	return shmget(ix_slot_key(names, object->slot), 0, 0) >= 0 || errno == EACCES;
}

static int shmdriver_sweep(const struct ix_naming *names, uint32_t slot, int id,
			   pid_t maker)
{
	int32_t key = ix_slot_key(names, slot);
	int at = id >= 0 ? id : shmget(key, 0, 0);
	struct shmid_ds ds;

	if (at < 0 || shmctl(at, IPC_STAT, &ds) < 0)
		return errno == ENOENT || errno == EINVAL || errno == EIDRM ? 0 : -errno;
	if (!ix_slot_has(&ds.shm_perm, key, id) || (id < 0 && ds.shm_cpid != maker))
		return 0;
	if (shmctl(at, IPC_RMID, NULL) < 0 && errno != EINVAL && errno != EIDRM)
		return -errno;
	return 0;
}

const struct ix_driver ix_shm_driver = {
	.make = shmdriver_make,
	.open = shmdriver_open_it,
	.stat = shmdriver_look,
	.change = shmdriver_change,
	.remove = shmdriver_remove_it,
	.close = shmdriver_close_it,
	.is_there = shmdriver_is_there,
	.sweep = shmdriver_sweep,
	.size = SIZE,
	.mapped = true,
	.keyed = true,
	.churn = "segments are created, inspected, changed, attached and removed",
	.churn_ops = IX_CHURN_OPS "attach",
};
