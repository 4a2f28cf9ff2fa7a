/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Opening POSIX shared memory to read or write its bytes. It is never mapped: a process
 * that may write to it may also truncate it, and access to the mapping beyond the end
 * raises SIGBUS.
 */
#include "mech/pshmmem.h"

#include <errno.h>
#include <fcntl.h>

#include "base/below.h"
#include "mech/posix.h"

static int pshmmem_failed(struct ipcx *x, const struct ipcx_ref *ref, int error)
{
	char text[IPCX_REF_MAX];

	(void)ipcx_ref_format(ref, text, sizeof(text));
	if (error == -ENOENT || error == -ENAMETOOLONG)
		return ix_fail_plain(x, -ENOENT, "%s: no such shared memory object",
				     text);
	if (error == -EACCES)
		return ix_fail_plain(
			x, error, "%s: cannot open: %s", text,
			ix_posix_denied(
				x, "not permitted by its mode (needs CAP_DAC_OVERRIDE)"));
	return ix_fail(x, error, "%s: cannot open", text);
}

static int pshmmem_is_none(struct ipcx *x, const struct ipcx_ref *ref,
			   const struct stat *st)
{
	char text[IPCX_REF_MAX];

	(void)ipcx_ref_format(ref, text, sizeof(text));
	return ix_fail_plain(x, -ENOENT, "%s: no such shared memory object: it %s", text,
			     S_ISREG(st->st_mode) ? "is a POSIX semaphore"
						  : ix_posix_what(st->st_mode));
}

/* Open the file; for reading with O_NOATIME, where that is permitted. */
static int pshmmem_open_file(const struct ix_posix_dir *dir, const char *file, bool write)
{
	int flags = (write ? O_WRONLY : O_RDONLY | O_NOATIME) | O_NONBLOCK;
	int fd = ix_open_entry(dir->fd, file, flags, dir->hostile);

	if (fd == -EPERM && !write)
		fd = ix_open_entry(dir->fd, file, flags & ~O_NOATIME, dir->hostile);
	return fd;
}

int ix_pshm_memory(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		   struct ix_memory *ret_memory)
{
	struct ix_posix_dir dir auto_posix_dir = IX_NO_DIR;
	const char *file = ref->name + 1;
	struct ix_memory m = IX_NO_MEMORY;
	auto_fd int fd = -1;
	struct stat before, st;
	int r = ix_posix_shm_dir(x, &dir);

	if (r < 0)
		return r;
	/* A file that is not regular is not even opened. */
	r = ix_posix_stat(&dir, file, &before);
	if (r < 0)
		return pshmmem_failed(x, ref, r);
	if (!S_ISREG(before.st_mode) || ix_posix_is_sem(file, &before))
		return pshmmem_is_none(x, ref, &before);
	fd = pshmmem_open_file(&dir, file, write);
	if (fd < 0)
		return pshmmem_failed(x, ref, fd);
	if (fstat(fd, &st) < 0)
		return pshmmem_failed(x, ref, -errno);
	if (st.st_dev != before.st_dev || st.st_ino != before.st_ino)
		return pshmmem_failed(x, ref, -ENOENT); /* replaced meanwhile */
	m.size = (uint64_t)st.st_size;
	m.fd = take_fd(&fd);
	*ret_memory = m;
	return 0;
}
