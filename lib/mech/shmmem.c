/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attaching System V segments: shmat(2), when that may destroy the segment, and the file
 * behind an attached one.
 */
#include "mech/shmmem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/shm.h>

#include "base/file.h"
#include "base/older.h"

/* The size of the largest pages, in bytes. */
#define PAGE_MAX (UINT64_C(1) << 34)

/*
 * Open the segment as a file, which needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN
 * (proc_pid_map_files(5)): reading it does not allocate untouched pages, as reading the
 * mapping does. The file's name is the address range of the mapping, whose end depends on
 * the page size.
 *
 * A process with these capabilities may also truncate that file. Then the mapping is only
 * as long as the rest of the file (ipc/shm.c, do_shmat()), while shm_segsz stays the
 * same. The addresses after the mapping belong to other memory of ours, so no file has
 * the expected name: -ENOENT.
 */
static int open_behind(struct ipcx *x, const struct ix_memory *m)
{
	uint64_t from = (uintptr_t)m->map, page = (uint64_t)sysconf(_SC_PAGESIZE);
	int proc = ix_procfd(x), fd = -ENOENT;
	char path[80];

	if (proc < 0 || ix_access(proc, "self/map_files", F_OK, 0) < 0)
		return -ENOSYS; /* no /proc, or not a procfs */
	for (; fd == -ENOENT && page <= PAGE_MAX; page *= 2) {
		uint64_t end = from + (m->size + page - 1) / page * page;

		(void)snprintf(path, sizeof(path), "self/map_files/%llx-%llx",
			       (unsigned long long)from, (unsigned long long)end);
		fd = ix_open(proc, path, O_RDONLY);
	}
	return fd;
}

static int shmmem_failed(struct ipcx *x, const struct ipcx_ref *ref, int error)
{
	char text[IPCX_REF_MAX];

	(void)ipcx_ref_format(ref, text, sizeof(text));
	switch (-error) {
	case EINVAL:
	case EIDRM:
	case ENOENT:
		return ix_fail_plain(x, -ENOENT, "%s: no such shared memory segment",
				     text);
	case EACCES:
		return ix_fail_plain(
			x, error,
			"%s: cannot attach: not permitted by its mode (needs CAP_IPC_OWNER)",
			text);
	case ENOMEM:
		return ix_fail_plain(x, error,
				     "%s: cannot attach: no room in the address space "
				     "(ulimit -v, vm.max_map_count)",
				     text);
	default:
		return ix_fail(x, error, "%s: cannot attach", text);
	}
}

/* With kernel.shm_rmid_forced the last detach removes a segment, and that detach would be
 * ours. */
static bool would_go(struct ipcx *x, const struct shmid_ds *ds)
{
	int proc = ds->shm_nattch == 0 ? ix_procfd(x) : -1;
	char text[16];

	return proc >= 0 &&
	       ix_read_file(proc, "sys/kernel/shm_rmid_forced", text, sizeof(text)) > 0 &&
	       text[0] == '1';
}

static int shmmem_refuse(struct ipcx *x, const struct ipcx_ref *ref)
{
	char text[IPCX_REF_MAX];

	(void)ipcx_ref_format(ref, text, sizeof(text));
	return ix_fail_plain(x, -EBUSY,
			     "%s: is left alone: no process is attached and "
			     "kernel.shm_rmid_forced is 1, so looking would destroy it",
			     text);
}

/* Now that it is attached, the segment stays and its id cannot be reused: read its final
 * size. */
static int look_behind(struct ipcx *x, const struct ipcx_ref *ref, int id,
		       struct ix_memory *m)
{
	char text[IPCX_REF_MAX];
	struct shmid_ds ds;
	int fd;

	if (shmctl(id, IPC_STAT, &ds) < 0)
		return shmmem_failed(x, ref, -errno);
	m->size = ds.shm_segsz;
	fd = open_behind(x, m);
	if (fd == -ENOENT) {
		(void)ipcx_ref_format(ref, text, sizeof(text));
		return ix_fail_plain(
			x, -EIO,
			"%s: cannot attach: is shorter than its size (truncated through /proc/PID/map_files)",
			text);
	}
	m->fd = fd < 0 ? -1 : fd;
	return 0;
}

int ix_shm_memory(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		  struct ix_memory *ret_memory)
{
	int id = ref->by == IPCX_BY_ID ? ref->id : shmget((key_t)ref->key, 0, 0);
	struct ix_memory m = IX_NO_MEMORY;
	struct shmid_ds ds;
	void *map;
	int r;

	if (id < 0 || shmctl(id, IPC_STAT, &ds) < 0)
		return shmmem_failed(x, ref, -errno);
	if (would_go(x, &ds))
		return shmmem_refuse(x, ref);
	map = shmat(id, NULL, write ? 0 : SHM_RDONLY);
	if (map == (void *)-1)
		return shmmem_failed(x, ref, -errno);
	m.map = map;
	r = look_behind(x, ref, id, &m);
	if (r < 0) {
		(void)shmdt(map);
		return r;
	}
	*ret_memory = m;
	return 0;
}
