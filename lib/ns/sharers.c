/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An IPC namespace holds the objects of System V and the queues; POSIX shared memory and
 * semaphores stand in whatever file system a mount namespace has on /dev/shm. Containers
 * may share the one without the other.
 */
#include "ns/sharers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/below.h"
#include "base/file.h"

/* A container may have any number of mount namespaces whose file systems do not answer. */
#define STALLS_MAX 4

uint64_t ix_device_below(struct ipcx *x, int rootfd, const char *path)
{
	auto_fd int fd = x->stalls < STALLS_MAX
				 ? ix_open_below(rootfd, path, O_PATH | O_DIRECTORY, true)
				 : -EBUSY;
	struct statx st;

	if (fd == -ETIMEDOUT)
		x->stalls++;
	if (fd < 0 ||
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &st) < 0)
		return 0;
	return makedev(st.stx_dev_major, st.stx_dev_minor);
}

uint64_t ix_device_of(struct ipcx *x, int32_t pid, const char *path)
{
	int proc = ix_procfd(x);
	auto_fd int root = -1;
	char name[24];

	(void)snprintf(name, sizeof(name), "%d/root", pid);
	root = proc < 0 ? proc : ix_open(proc, name, O_PATH | O_DIRECTORY);
	return root < 0 ? 0 : ix_device_below(x, root, path);
}

/* Processes that have one of the two in common, and not the other. */
struct split {
	uint32_t only_ipc, only_shm;
	int32_t ipc_pid, shm_pid;
};

static void count(struct ipcx *x, const struct ix_nslist *l, const struct ix_place *p,
		  uint64_t dev, struct split *s)
{
	for (size_t i = 0; i < l->npairs; i++) {
		const struct ix_nspair *pair = &l->pairs[i];
		uint64_t theirs = ix_device_of(x, pair->pid, "dev/shm");

		if (!theirs)
			continue;
		if (pair->ipc == p->ino && theirs != dev) {
			s->only_ipc += pair->processes;
			s->ipc_pid = s->ipc_pid ? s->ipc_pid : pair->pid;
		} else if (pair->ipc != p->ino && theirs == dev) {
			s->only_shm += pair->processes;
			s->shm_pid = s->shm_pid ? s->shm_pid : pair->pid;
		}
	}
}

int ix_sharers_differ(struct ipcx *x, const struct ix_place *p, char *buf, size_t size)
{
	uint64_t dev = ix_device_below(x, p->rootfd, "dev/shm");
	struct split s = { 0 };
	struct ix_nslist l;
	int n = 0, r;

	buf[0] = '\0';
	if (!dev)
		return 0;
	r = ix_discover(x, 0, &l);
	if (r < 0)
		return r;
	count(x, &l, p, dev, &s);
	ix_nslist_free(&l);
	if (s.only_ipc)
		n = snprintf(
			buf, size,
			"%" PRIu32
			" other processes (such as %d) share its IPC namespace, but have another /dev/shm",
			s.only_ipc, s.ipc_pid);
	if (s.only_shm && (size_t)n < size)
		(void)snprintf(
			buf + n, size - (size_t)n,
			"%s%" PRIu32
			" other processes (such as %d) share its /dev/shm, but not its IPC namespace",
			n ? "; " : "", s.only_shm, s.shm_pid);
	return 0;
}
