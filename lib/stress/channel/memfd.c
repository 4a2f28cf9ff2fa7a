/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A memfd as shared memory, to compare with the mechanisms' segments: it has no name and
 * needs no removal. */
#include "stress/channel/memfd.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/calls.h"
#include "base/util.h"

int ix_memfd_open(size_t size, struct ix_object *ret_object)
{
	auto_fd int fd = (int)IX_CALL(SYS_memfd_create, "ipcx-stress", MFD_CLOEXEC);
	void *at;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return -errno;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret_object = (struct ix_object){ .id = take_fd(&fd), .at = at, .size = size };
	return 0;
}

void ix_memfd_close(struct ix_object *object)
{
	if (object->at)
		(void)munmap(object->at, object->size);
	if (object->id >= 0)
		(void)close(object->id);
	object->at = NULL;
	object->id = -1;
}
