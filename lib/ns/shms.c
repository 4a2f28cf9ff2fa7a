/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * POSIX shared memory and semaphores are files in the /dev/shm of a mount namespace. Most
 * mount namespaces whose processes share an IPC namespace also share its /dev/shm: they
 * belong to services of the host that have a few mounts of their own. Different /dev/shm
 * directories are distinguished by device and inode.
 */
#include "ns/shms.h"
#include "core/box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/dirid.h"

/* The /dev/shm of one mount namespace. */
struct look {
	uint64_t mnt;
	struct ix_dirid dirid;
};

/* The processes that share an IPC namespace and a mount namespace. */
struct group {
	const struct ix_nspair *pair;
	int32_t pid; /* the process that represents the group */
	uint64_t start;
	struct ix_dirid dirid;
};

static int shms_compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_ipc(const void *a, const void *b)
{
	const struct group *p = a, *q = b;
	int r = shms_compare(p->pair->ipc, q->pair->ipc);

	return r ? r : shms_compare(p->pair->mnt, q->pair->mnt);
}

/* Sort groups by their /dev/shm; of those with the same directory, the group with the
 * oldest process comes first. */
static int by_spot(const void *a, const void *b)
{
	const struct group *p = a, *q = b;
	int r = shms_compare(p->dirid.error == 0, q->dirid.error == 0);

	if (r == 0)
		r = shms_compare(p->dirid.dev, q->dirid.dev);
	if (r == 0)
		r = shms_compare(p->dirid.ino, q->dirid.ino);
	if (r == 0)
		r = shms_compare(p->pair->start, q->pair->start);
	return r ? r : shms_compare((uint64_t)p->pair->pid, (uint64_t)q->pair->pid);
}

static int by_mnt(const void *a, const void *b)
{
	return shms_compare(((const struct look *)a)->mnt, ((const struct look *)b)->mnt);
}

static void shms_look(struct ipcx *x, struct group *g, struct look *looks, size_t n)
{
	const struct look key = { .mnt = g->pair->mnt };
	struct look *l = bsearch(&key, looks, n, sizeof(key), by_mnt);

	if (!l || !l->mnt) { /* the mount namespace is unknown, so the result is not kept
			      * for other groups */
		g->dirid = ix_dirid_of(x, g->pair->pid, "dev/shm");
		return;
	}
	if (l->dirid.error == -EINPROGRESS)
		l->dirid = ix_dirid_of(x, g->pair->pid, "dev/shm");
	g->dirid = l->dirid;
}

static struct look *make_looks(const struct ix_nslist *l)
{
	struct look *looks = calloc(l->npairs + 1, sizeof(*looks));

	for (size_t i = 0; looks && i < l->npairs; i++)
		looks[i] = (struct look){ .mnt = l->pairs[i].mnt,
					  .dirid = { .error = -EINPROGRESS } };
	if (looks && l->npairs)
		qsort(looks, l->npairs, sizeof(*looks), by_mnt);
	return looks;
}

/* ---- targets */

/* If the oldest process of a group has ended, use another process of the group, which has
 * the same mounts. */
static void shms_again(struct ipcx *x, const struct ix_nslist *l, struct group *g)
{
	size_t pair = (size_t)(g->pair - l->pairs);

	for (size_t i = 0; g->pair->processes > 1 && i < l->nentries; i++) {
		if (l->entries[i].pair != pair)
			continue;
		g->dirid = ix_dirid_of(x, l->entries[i].pid, "dev/shm");
		g->pid = l->entries[i].pid;
		g->start = 0;
		if (g->dirid.error != -ESRCH)
			return;
	}
}

static int shms_by_ino(const void *a, const void *b)
{
	return shms_compare(((const struct ix_target *)a)->ino,
			    ((const struct ix_target *)b)->ino);
}

/* Return the /dev/shm of that target which represents the IPC namespace as a whole. */
static struct ix_dirid main_spot(struct ipcx *x, const struct ix_target *p,
				 const struct group *g, size_t n)
{
	if (p->self)
		return ix_dirid_below(x, p->rootfd, "dev/shm");
	for (size_t i = 0; i < n; i++)
		if (g[i].pair->pid == p->pid)
			return g[i].dirid;
	return (struct ix_dirid){ .error = -ESRCH };
}

static int shms_add(struct ipcx_ns *ns, const struct ix_target *first,
		    const struct group *g)
{
	struct ix_target p = IX_NO_TARGET;

	p.ino = first->ino;
	p.pid = g->pid;
	p.start = g->start;
	p.spare = g->pair->spare;
	p.oldest = first->oldest;
	p.only_shm = true;
	if (first->boxes && !(p.boxes = ix_boxes_new(first->boxes->all, first->boxes->n)))
		return -ENOMEM;
	ns->places[ns->n++] = p;
	return 0;
}

/* Add targets for the groups that share one IPC namespace: one for each different
 * /dev/shm. */
static int add_all(struct ipcx_ns *ns, const struct ix_target *first,
		   struct ix_dirid ours, struct group *g, size_t n)
{
	struct ix_dirid before = ours;
	int r = 0;

	qsort(g, n, sizeof(*g), by_spot);
	for (size_t i = 0; r == 0 && i < n; i++) {
		int error = g[i].dirid.error;

		if (error && error != -ENOENT && error != -ESRCH && error != -ENOTDIR)
			ix_gap(&ns->gaps, error,
			       "the /dev/shm of some processes is unknown (%s): objects may be missing",
			       ix_errno_text(error));
		if (error || ix_dirid_same(&g[i].dirid, &ours) ||
		    ix_dirid_same(&g[i].dirid, &before))
			continue;
		before = g[i].dirid;
		r = shms_add(ns, first, &g[i]);
	}
	return r;
}

static int shms_share(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns,
		      struct group *groups, struct look *looks)
{
	size_t mains = ns->n, n;
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->npairs; i += n) {
		struct ix_target key = IX_NO_TARGET, first;
		struct ix_target *found;

		key.ino = groups[i].pair->ipc;
		for (n = 1; i + n < l->npairs && groups[i + n].pair->ipc == key.ino;)
			n++;
		found = bsearch(&key, ns->places, mains, sizeof(key), shms_by_ino);
		if (n == 1 || !found)
			continue;
		first = *found;
		for (size_t k = i; k < i + n; k++) {
			/* The spare process, which replaces the oldest if that ends, must
			 * have the same /dev/shm. */
			if (groups[k].pair->pid == found->pid)
				found->spare = groups[k].pair->spare;
			shms_look(x, &groups[k], looks, l->npairs);
			if (groups[k].dirid.error == -ESRCH)
				shms_again(x, l, &groups[k]);
		}
		r = add_all(ns, &first, main_spot(x, &first, &groups[i], n), &groups[i],
			    n);
	}
	return r;
}

int ix_shms_add(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns)
{
	auto_free struct group *groups = NULL;
	auto_free struct look *looks = NULL;

	/* In the usual case there is nothing to compare. */
	if (l->npairs <= 1)
		return 0;
	groups = calloc(l->npairs, sizeof(*groups));
	looks = make_looks(l);
	if (!groups || !looks)
		return -ENOMEM;
	for (size_t i = 0; i < l->npairs; i++)
		groups[i] = (struct group){ .pair = &l->pairs[i],
					    .pid = l->pairs[i].pid,
					    .start = l->pairs[i].start };
	qsort(groups, l->npairs, sizeof(*groups), by_ipc);
	return shms_share(x, l, ns, groups, looks);
}
