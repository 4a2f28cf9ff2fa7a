/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attaching System V segments: shmat(2), what it may destroy, and the file that stands
 * behind an attached one.
 */
#include "mech/shmmem.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/shm.h>

#include "base/file.h"

/* The largest pages that there are. */
#define PAGE_MAX (UINT64_C(1) << 34)

/*
 * The segment as a file, which only CAP_CHECKPOINT_RESTORE and CAP_SYS_ADMIN may open
 * (proc_pid_map_files(5)): reading it leaves pages that nobody has touched unmade, where
 * reading the mapping makes each of them. Its name is the range of the mapping, whose end
 * depends on the size of its pages.
 */
static int open_behind(struct ipcx *x, const struct ix_memory *m)
{
	uint64_t from = (uintptr_t)m->map, page = (uint64_t)sysconf(_SC_PAGESIZE);
	int proc = ix_procfd(x), fd = -1;
	char path[80];

	for (; proc >= 0 && page <= PAGE_MAX; page *= 2) {
		uint64_t end = from + (m->size + page - 1) / page * page;

		(void)snprintf(path, sizeof(path), "self/map_files/%llx-%llx",
			       (unsigned long long)from, (unsigned long long)end);
		fd = ix_open(proc, path, O_RDONLY);
		if (fd != -ENOENT)
			break;
	}
	return fd < 0 ? -1 : fd;
}

static int failed(struct ipcx *x, const struct ipcx_ref *ref, int error)
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

/* With kernel.shm_rmid_forced a segment goes with its last attachment, which would be
 * ours. */
static bool would_go(struct ipcx *x, const struct shmid_ds *ds)
{
	int proc = ds->shm_nattch == 0 ? ix_procfd(x) : -1;
	char text[16];

	return proc >= 0 &&
	       ix_read_file(proc, "sys/kernel/shm_rmid_forced", text, sizeof(text)) > 0 &&
	       text[0] == '1';
}

static int refuse(struct ipcx *x, const struct ipcx_ref *ref)
{
	char text[IPCX_REF_MAX];

	(void)ipcx_ref_format(ref, text, sizeof(text));
	return ix_fail_plain(x, -EBUSY,
			     "%s: is left alone: nobody is attached and "
			     "kernel.shm_rmid_forced is 1, so looking would destroy it",
			     text);
}

int ix_shm_memory(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		  struct ix_memory *ret_memory)
{
	int id = ref->by == IPCX_BY_ID ? ref->id : shmget((key_t)ref->key, 0, 0);
	struct ix_memory m = IX_NO_MEMORY;
	struct shmid_ds ds;
	void *map;

	if (id < 0 || shmctl(id, IPC_STAT, &ds) < 0)
		return failed(x, ref, -errno);
	if (would_go(x, &ds))
		return refuse(x, ref);
	map = shmat(id, NULL, write ? 0 : SHM_RDONLY);
	if (map == (void *)-1)
		return failed(x, ref, -errno);
	/* Attached, it stays, and the id is its own: now its size is certain. */
	if (shmctl(id, IPC_STAT, &ds) < 0) {
		int r = failed(x, ref, -errno);

		(void)shmdt(map);
		return r;
	}
	m.map = map;
	m.size = ds.shm_segsz;
	m.fd = open_behind(x, &m);
	*ret_memory = m;
	return 0;
}
