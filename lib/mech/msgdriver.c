/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a System V message queue is created, inspected and removed under load. */
#include <errno.h>
#include <sys/msg.h>

#include "mech/drivers.h"

/* The size of a message; a queue has no size of its own, only a limit on bytes. */
#define SIZE 64

static int msgdriver_make(const struct ix_naming *names, struct ix_object *object)
{
	int id = msgget(ix_slot_key(names, object->slot), IPC_CREAT | IPC_EXCL | IX_MODE);

	if (id < 0)
		return -errno;
	object->id = id;
	object->at = NULL;
	if (!object->size)
		object->size = SIZE;
	return 0;
}

static int msgdriver_open_it(const struct ix_naming *names, struct ix_object *object)
{
	if (object->id < 0)
		object->id = msgget(ix_slot_key(names, object->slot), 0);
	if (object->id < 0)
		return -errno;
	if (!object->size)
		object->size = SIZE;
	return 0;
}

static int msgdriver_look(const struct ix_naming *names, struct ix_object *object,
			  struct ix_seen *ret_seen)
{
	struct msqid_ds ds;

	(void)names;
	if (msgctl(object->id, IPC_STAT, &ds) < 0)
		return -errno;
	*ret_seen = (struct ix_seen){
		.mode = ds.msg_perm.mode & 0777,
		.uid = ds.msg_perm.uid,
		.key = ds.msg_perm.__key,
		.size = object->size,
		.holds = ds.msg_qnum,
	};
	return 0;
}

static int msgdriver_change(const struct ix_naming *names, struct ix_object *object,
			    unsigned mode)
{
	struct msqid_ds ds;

	(void)names;
	if (msgctl(object->id, IPC_STAT, &ds) < 0)
		return -errno;
	ds.msg_perm.mode = (unsigned short)mode;
	return msgctl(object->id, IPC_SET, &ds) < 0 ? -errno : 0;
}

static int msgdriver_remove_it(const struct ix_naming *names, struct ix_object *object)
{
	(void)names;
	return msgctl(object->id, IPC_RMID, NULL) < 0 ? -errno : 0;
}

/* An id needs no closing. */
static void msgdriver_close_it(struct ix_object *object)
{
	(void)object;
}

static bool msgdriver_is_there(const struct ix_naming *names,
			       const struct ix_object *object)
{
	return msgget(ix_slot_key(names, object->slot), 0) >= 0 || errno == EACCES;
}

/* A queue does not record its creator's pid. If the id of our queue was never reported
 * (id < 0), no worker can have used that queue; so a queue to which a message was sent is
 * not ours. */
static int msgdriver_sweep(const struct ix_naming *names, uint32_t slot, int id,
			   pid_t maker)
{
	int32_t key = ix_slot_key(names, slot);
	int at = id >= 0 ? id : msgget(key, 0);
	struct msqid_ds ds;

	(void)maker;
	if (at < 0 || msgctl(at, IPC_STAT, &ds) < 0)
		return errno == ENOENT || errno == EINVAL || errno == EIDRM ? 0 : -errno;
	if (!ix_slot_has(&ds.msg_perm, key, id) || (id < 0 && ds.msg_stime))
		return 0;
	if (msgctl(at, IPC_RMID, NULL) < 0 && errno != EINVAL && errno != EIDRM)
		return -errno;
	return 0;
}

const struct ix_driver ix_msg_driver = {
	.make = msgdriver_make,
	.open = msgdriver_open_it,
	.stat = msgdriver_look,
	.change = msgdriver_change,
	.remove = msgdriver_remove_it,
	.close = msgdriver_close_it,
	.is_there = msgdriver_is_there,
	.sweep = msgdriver_sweep,
	.size = SIZE,
	.keyed = true,
	.churn = "queues are created, inspected, changed, found by key and removed",
	.churn_ops = IX_CHURN_OPS "open",
};
