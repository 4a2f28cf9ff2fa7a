/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How POSIX shared memory is created, mapped, inspected and removed under load. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/util.h"
#include "mech/drivers.h"

#define SIZE 65536

static int pshmdriver_make(const struct ix_naming *names, struct ix_object *object)
{
	size_t size = object->size ? object->size : SIZE;
	char name[IX_NAME];
	auto_fd int fd = shm_open(ix_slot_name(names, object->slot, name),
				  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, IX_MODE);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) < 0) {
		int error = errno;

		(void)shm_unlink(name);
		return -error;
	}
	object->id = take_fd(&fd);
	object->at = NULL;
	object->size = size;
	return 0;
}

static int pshmdriver_open_it(const struct ix_naming *names, struct ix_object *object)
{
	char name[IX_NAME];
	struct stat st;
	void *at;

	if (object->at)
		return 0;
	if (object->id < 0)
		object->id = shm_open(ix_slot_name(names, object->slot, name),
				      O_RDWR | O_CLOEXEC, 0);
	if (object->id < 0)
		return -errno;
	if (!object->size) {
		if (fstat(object->id, &st) < 0)
			return -errno;
		object->size = (size_t)st.st_size;
	}
	at = mmap(NULL, object->size, PROT_READ | PROT_WRITE, MAP_SHARED, object->id, 0);
	if (at == MAP_FAILED)
		return -errno;
	object->at = at;
	return 0;
}

static int pshmdriver_remove_it(const struct ix_naming *names, struct ix_object *object)
{
	char name[IX_NAME];

	return shm_unlink(ix_slot_name(names, object->slot, name)) < 0 ? -errno : 0;
}

static void pshmdriver_close_it(struct ix_object *object)
{
	if (object->at)
		(void)munmap(object->at, object->size);
	if (object->id >= 0)
		(void)close(object->id);
	object->at = NULL;
	object->id = -1;
}

/* lstat(2) the file at the path that shm_open(3) uses, without opening whatever has that
 * name. */
static int pshmdriver_find(const struct ix_naming *names, uint32_t slot,
			   struct stat *ret_st)
{
	char name[IX_NAME], path[IX_NAME + 16];

	(void)snprintf(path, sizeof(path), "/dev/shm%s", ix_slot_name(names, slot, name));
	return lstat(path, ret_st) < 0 ? -errno : 0;
}

static bool pshmdriver_is_there(const struct ix_naming *names,
				const struct ix_object *object)
{
	struct stat st;

	return pshmdriver_find(names, object->slot, &st) == 0;
}

static int pshmdriver_sweep(const struct ix_naming *names, uint32_t slot, int id,
			    pid_t maker)
{
	char name[IX_NAME];
	struct stat st;
	int r = pshmdriver_find(names, slot, &st);

	(void)id;
	(void)maker;
	if (r < 0 || !ix_slot_has_file(&st))
		return r == -ENOENT ? 0 : r;
	r = shm_unlink(ix_slot_name(names, slot, name)) < 0 ? -errno : 0;
	return r == -ENOENT ? 0 : r;
}

const struct ix_driver ix_pshm_driver = {
	.make = pshmdriver_make,
	.open = pshmdriver_open_it,
	.stat = ix_look_file,
	.change = ix_change_file,
	.remove = pshmdriver_remove_it,
	.close = pshmdriver_close_it,
	.is_there = pshmdriver_is_there,
	.sweep = pshmdriver_sweep,
	.size = SIZE,
	.mapped = true,
	.churn = "POSIX shared memory is created, inspected, changed, mapped and removed",
	.churn_ops = IX_CHURN_OPS "attach",
};
