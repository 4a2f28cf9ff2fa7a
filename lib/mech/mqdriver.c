/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a POSIX message queue is created, opened, inspected and removed under load: with
 * mq_open(3) alone, since no mqueue file system need be mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>

#include "base/util.h"
#include "mech/drivers.h"

/* The lowest possible value of fs.mqueue.msgsize_max. */
#define SIZE 128

/* The default of fs.mqueue.msg_max, which can be lowered down to 1. */
#define DEPTH 10

static int mqdriver_make(const struct ix_naming *names, struct ix_object *object)
{
	struct mq_attr attr = {
		.mq_maxmsg = DEPTH,
		.mq_msgsize = (long)(object->size ? object->size : SIZE),
	};
	const int flags = O_RDWR | O_CREAT | O_EXCL;
	char name[IX_NAME];
	mqd_t fd;

	(void)ix_slot_name(names, object->slot, name);
	fd = mq_open(name, flags | O_CLOEXEC, IX_MODE, &attr);
	if (fd < 0 && errno == EINVAL) {
		attr.mq_maxmsg = 1;
		fd = mq_open(name, flags | O_CLOEXEC, IX_MODE, &attr);
	}
	if (fd < 0)
		return -errno;
	object->id = fd;
	object->at = NULL;
	object->size = (size_t)attr.mq_msgsize;
	return 0;
}

static int mqdriver_open_it(const struct ix_naming *names, struct ix_object *object)
{
	struct mq_attr attr;
	char name[IX_NAME];

	if (object->id < 0)
		object->id = mq_open(ix_slot_name(names, object->slot, name),
				     O_RDWR | O_CLOEXEC);
	if (object->id < 0)
		return -errno;
	if (!object->size) {
		if (mq_getattr(object->id, &attr) < 0)
			return -errno;
		object->size = (size_t)attr.mq_msgsize;
	}
	return 0;
}

static int mqdriver_look(const struct ix_naming *names, struct ix_object *object,
			 struct ix_seen *ret_seen)
{
	struct mq_attr attr;
	int r = mq_getattr(object->id, &attr) < 0 ? -errno : 0;

	if (r == 0)
		r = ix_look_file(names, object, ret_seen);
	if (r < 0)
		return r;
	ret_seen->size = (uint64_t)attr.mq_msgsize;
	ret_seen->holds = (uint64_t)attr.mq_curmsgs;
	ret_seen->room = (uint64_t)attr.mq_maxmsg;
	return 0;
}

static int mqdriver_remove_it(const struct ix_naming *names, struct ix_object *object)
{
	char name[IX_NAME];

	return mq_unlink(ix_slot_name(names, object->slot, name)) < 0 ? -errno : 0;
}

static void mqdriver_close_it(struct ix_object *object)
{
	if (object->id >= 0)
		(void)mq_close(object->id);
	object->id = -1;
}

static bool mqdriver_is_there(const struct ix_naming *names,
			      const struct ix_object *object)
{
	char name[IX_NAME];
	auto_fd int fd = mq_open(ix_slot_name(names, object->slot, name),
				 O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 || errno == EACCES; /* errors other than EACCES prove nothing */
}

static int mqdriver_sweep(const struct ix_naming *names, uint32_t slot, int id,
			  pid_t maker)
{
	char name[IX_NAME];
	auto_fd int fd = mq_open(ix_slot_name(names, slot, name),
				 O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	(void)id;
	(void)maker;
	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!ix_slot_has_file(&st))
		return 0;
	return mq_unlink(name) < 0 && errno != ENOENT ? -errno : 0;
}

const struct ix_driver ix_mq_driver = {
	.make = mqdriver_make,
	.open = mqdriver_open_it,
	.stat = mqdriver_look,
	.change = ix_change_file,
	.remove = mqdriver_remove_it,
	.close = mqdriver_close_it,
	.is_there = mqdriver_is_there,
	.sweep = mqdriver_sweep,
	.size = SIZE,
	.churn =
		"POSIX queues are created, inspected, changed, opened by name and removed",
	.churn_ops = IX_CHURN_OPS "open",
};
