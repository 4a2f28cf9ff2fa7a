/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds namespaces without a process: those kept alive by a mount of the namespace's file
 * in some mount namespace. Threads and descriptors are in opened.c. */
#include "ns/holders.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/mnt.h"
#include "base/statx.h"
#include "core/dirid.h"
#include "ns/target.h"

/* ---- mount namespaces */

static size_t holders_slot_of(const struct ix_holders *h, uint64_t ino)
{
	size_t i = (size_t)(ino * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (h->slots - 1);

	while (h->mnts[i].ino && h->mnts[i].ino != ino)
		i = (i + 1) & (h->slots - 1);
	return i;
}

static int holders_grow(struct ix_holders *h)
{
	struct ix_holders big = { .slots = h->slots ? 2 * h->slots : 64 };

	big.mnts = calloc(big.slots, sizeof(*big.mnts));
	if (!big.mnts)
		return -ENOMEM;
	for (size_t i = 0; i < h->slots; i++)
		if (h->mnts[i].ino)
			big.mnts[holders_slot_of(&big, h->mnts[i].ino)] = h->mnts[i];
	free(h->mnts);
	h->mnts = big.mnts;
	h->slots = big.slots;
	return 0;
}

static int keep_mntns(struct ix_holders *h, uint64_t ino, int32_t pid)
{
	size_t i;

	if (!ino || ino == h->last)
		return 0;
	h->last = ino;
	if (2 * h->n >= h->slots && holders_grow(h) < 0)
		return -ENOMEM;
	i = holders_slot_of(h, ino);
	if (h->mnts[i].ino)
		return 0;
	h->mnts[i] = (struct ix_mntns){ .ino = ino, .pid = pid };
	h->n++;
	return 0;
}

void ix_holders_free(struct ix_holders *h)
{
	free(h->mnts);
	*h = (struct ix_holders){ 0 };
}

/* ---- pairs of namespaces */

static size_t holders_pair_slot(const struct ix_nslist *l, uint64_t ipc, uint64_t mnt)
{
	uint64_t both = ipc * UINT64_C(0x9e3779b97f4a7c15) + mnt;
	size_t i = (size_t)(both * UINT64_C(0x9e3779b97f4a7c15) >> 32) &
		   (l->pair_slots - 1);

	for (; l->pair_index[i]; i = (i + 1) & (l->pair_slots - 1)) {
		const struct ix_nspair *p = &l->pairs[l->pair_index[i] - 1];

		if (p->ipc == ipc && p->mnt == mnt)
			break;
	}
	return i;
}

static int holders_grow_pairs(struct ix_nslist *l)
{
	size_t slots = l->pair_slots ? 2 * l->pair_slots : 64;
	uint32_t *index = calloc(slots, sizeof(*index));
	struct ix_nspair *pairs = reallocarray(l->pairs, slots / 2, sizeof(*pairs));

	if (pairs)
		l->pairs = pairs;
	if (!index || !pairs) {
		free(index);
		return -ENOMEM;
	}
	free(l->pair_index);
	l->pair_index = index;
	l->pair_slots = slots;
	l->cap_pairs = slots / 2;
	for (size_t i = 0; i < l->npairs; i++)
		index[holders_pair_slot(l, pairs[i].ipc, pairs[i].mnt)] = (uint32_t)i + 1;
	return 0;
}

/* Fast path: most processes are in the same pair as the process before. */
static int keep_pair(struct ix_nslist *l, uint64_t ipc, uint64_t mnt, int32_t pid)
{
	size_t i = l->last_pair, slot;

	if (i >= l->npairs || l->pairs[i].ipc != ipc || l->pairs[i].mnt != mnt) {
		if (l->npairs == l->cap_pairs && holders_grow_pairs(l) < 0)
			return -ENOMEM;
		slot = holders_pair_slot(l, ipc, mnt);
		if (!l->pair_index[slot]) {
			l->pairs[l->npairs++] =
				(struct ix_nspair){ .ipc = ipc, .mnt = mnt, .pid = pid };
			l->pair_index[slot] = (uint32_t)l->npairs;
		}
		i = l->pair_index[slot] - 1;
	}
	l->last_pair = i;
	l->pairs[i].processes++;
	l->pairs[i].spare = pid;
	return 0;
}

/* ---- keeping a descriptor of each namespace that has no process */

static bool is_ipc(int fd, uint64_t ino)
{
	uint64_t now, id;

	return ix_ns_identity(fd, CLONE_NEWIPC, &now, &id) == 0 && now == ino;
}

void ix_holders_hold(struct ix_nsseen *seen, int fd)
{
	if (fd < 0)
		return;
	if (seen->fd < 0 && is_ipc(fd, seen->ino))
		seen->fd = fd;
	else
		(void)close(fd);
}

int ix_holders_keep(const struct ix_holders *h, struct ix_nslist *l,
		    const struct ix_keeper *one)
{
	return h->how & IX_SEEK_KEEPERS ? ix_keepers_add(&l->keepers, one) : 0;
}

/* ---- mounts */

/* Something else may be mounted there by now, such as a device or a file system that
 * never responds. */
int ix_holders_open_nsfs(int proc, int held)
{
	char path[40];
	struct stat nsfs;
	struct statx st;
	int r;

	if (fstatat(proc, "self/ns/ipc", &nsfs, 0) < 0)
		return -errno;
	r = ix_statx(held, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &st);
	if (r < 0)
		return r;
	if (makedev(st.stx_dev_major, st.stx_dev_minor) != nsfs.st_dev)
		return -EINVAL;
	(void)snprintf(path, sizeof(path), "thread-self/fd/%d", held);
	return ix_open(proc, path, O_RDONLY);
}

/* Open a path below the root of a process that sees the mount. */
static int holders_open_mounted(struct ipcx *x, int32_t pid, const char *path)
{
	int proc = ix_procfd(x);
	auto_fd int root = -1, held = -1;
	char name[24];

	(void)snprintf(name, sizeof(name), "%d/root", pid);
	root = ix_open_link(proc, name, O_PATH | O_DIRECTORY);
	if (root < 0)
		return root;
	held = ix_dirid_open(x, root, path, O_PATH);
	return held < 0 ? held : ix_holders_open_nsfs(proc, held);
}

static int holders_mount(struct ipcx *x, struct ix_nslist *l, const struct ix_holders *h,
			 const struct ix_mntns *in, const struct ix_mnt *m)
{
	uint64_t ino = ix_ns_number("ipc", m->root, strlen(m->root));
	struct ix_nsseen *seen = ino ? ix_nslist_add(l, ino) : NULL;

	if (!ino)
		return 0;
	if (!seen)
		return -ENOMEM;
	if (!seen->processes && seen->fd < 0)
		ix_holders_hold(seen, holders_open_mounted(x, in->pid, m->target));
	if (seen->mounts++ >= IX_KEEPERS_OTHERS)
		return 0;
	return ix_holders_keep(h, l,
			       &(struct ix_keeper){ .ns = ino,
						    .kind = IX_KEEPER_MOUNT,
						    .mnt = in->ino,
						    .pid = in->pid,
						    .fd = -1,
						    .path = m->target });
}

static int mounts_of(struct ipcx *x, struct ix_nslist *l, const struct ix_holders *h,
		     const struct ix_mntns *in)
{
	struct ix_mnt_list mounts;
	int proc = ix_procfd(x), r = ix_mnt_nsfs(proc, in->pid, &mounts);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		/* EINVAL means that the process has ended. */
		if (r == -ENOPKG)
			l->no_mounts = true;
		else if (r != -EINVAL)
			ix_nslist_shut(l, r);
		return 0;
	}
	for (size_t i = 0; r == 0 && i < mounts.n; i++)
		r = holders_mount(x, l, h, in, &mounts.all[i]);
	ix_mnt_list_free(&mounts);
	return r;
}

int ix_holders_mounted(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < h->slots; i++)
		if (h->mnts[i].ino)
			r = mounts_of(x, l, h, &h->mnts[i]);
	return r;
}

int ix_holders_of(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h, int32_t pid,
		  uint64_t ino)
{
	int proc = ix_procfd(x), r;
	uint64_t mnt;
	char path[24];

	(void)snprintf(path, sizeof(path), "%d/ns/mnt", pid);
	mnt = ix_ns_link(proc, path, "mnt");
	if (!mnt)
		ix_nslist_missed(l, -errno);
	r = keep_mntns(h, mnt, pid);
	if (r == 0)
		r = keep_pair(l, ino, mnt, pid);
	return r == 0 ? ix_holders_opened(x, l, h, pid, ino) : r;
}

int ix_holders_left(struct ipcx *x, struct ix_nslist *l, struct ix_holders *h,
		    int32_t pid)
{
	return ix_holders_opened(x, l, h, pid, 0);
}
