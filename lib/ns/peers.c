/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An IPC namespace holds System V objects and POSIX message queues; POSIX shared memory
 * and semaphores are in whatever file system a mount namespace has on /dev/shm.
 * Containers may share the IPC namespace without the /dev/shm, or the /dev/shm without
 * the IPC namespace.
 */
#include "ns/peers.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/dirid.h"

/* How many processes share only the IPC namespace, and how many only the /dev/shm, with
 * an example of each. */
struct split {
	uint32_t only_ipc, only_shm;
	int32_t ipc_pid, shm_pid;
};

static void sharers_count(struct ipcx *x, const struct ix_nslist *l,
			  const struct ix_target *p, const struct ix_dirid *shm,
			  struct split *s)
{
	for (size_t i = 0; i < l->npairs; i++) {
		const struct ix_nspair *pair = &l->pairs[i];
		struct ix_dirid theirs = ix_dirid_of(x, pair->pid, "dev/shm");
		bool same = ix_dirid_same(&theirs, shm);

		if (theirs.error)
			continue;
		if (pair->ipc == p->ino && !same) {
			s->only_ipc += pair->processes;
			s->ipc_pid = s->ipc_pid ? s->ipc_pid : pair->pid;
		} else if (pair->ipc != p->ino && same) {
			s->only_shm += pair->processes;
			s->shm_pid = s->shm_pid ? s->shm_pid : pair->pid;
		}
	}
}

int ix_peers_differ(struct ipcx *x, const struct ix_target *p, char *buf, size_t size)
{
	struct ix_dirid shm;
	struct split s = { 0 };
	struct ix_nslist l;
	int n = 0, r;

	buf[0] = '\0';
	shm = ix_dirid_below(x, p->rootfd, "dev/shm");
	if (shm.error)
		return 0;
	r = ix_discover(x, 0, &l);
	if (r < 0)
		return r;
	sharers_count(x, &l, p, &shm, &s);
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
