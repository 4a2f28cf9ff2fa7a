/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a container left in memory. Most runtimes mount the tmpfs for a container's
 * /dev/shm in the host's mount namespace, below a directory of the container, and bind it
 * into the container. If the runtime was killed, that mount stays, and with it the
 * objects and their memory. Such a mount is in use if any mount namespace has the same
 * file system on another path, such as /dev/shm.
 */
#include "ns/spots.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/mntinfo.h"
#include "core/dirid.h"
#include "core/numbered.h"
#include "ns/target.h"

/* The ends of the paths on which runtimes mount these directories (fnmatch(3)). The
 * beginning differs: each runtime can be told to keep its state elsewhere. */
static const char patterns[][52] = {
	"containers/*/mounts/shm",                   /* Docker */
	"containers/*/shm",                          /* Docker before 1.13 */
	"containers/*/*/shm",                        /* nerdctl */
	"io.containerd.grpc.v1.cri/sandboxes/*/shm", /* containerd, for Kubernetes */
	"storage/*-containers/*/userdata/shm",       /* Podman, CRI-O */
	"pods/*/volumes/kubernetes.io~empty-dir/*",  /* kubelet */
};

/* Return the last words of a path; NULL if it has fewer. */
static const char *last_words(const char *path, size_t n)
{
	const char *p = strchr(path, '\0');

	while (n && p > path)
		n -= *--p == '/';
	return n ? NULL : p + 1;
}

/* Return the end of a path that one of the patterns matches, or NULL. */
static const char *spot_end(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		size_t words = 1;
		const char *end;

		for (const char *p = patterns[i]; *p; p++)
			words += *p == '/';
		end = last_words(path, words);
		if (end && fnmatch(patterns[i], end, FNM_PATHNAME) == 0)
			return end;
	}
	return NULL;
}

bool ix_spot_path(const char *path)
{
	return spot_end(path) != NULL;
}

/* Whether a mount elsewhere is only a copy of one here, as each mount namespace that is
 * made from ours has, and not the use that a container makes of it. */
static bool is_copy(const char *target, const char *here)
{
	const char *end = spot_end(target);

	return end && !strcmp(end, spot_end(here));
}

/* ---- who uses them */

void ix_spots_free(struct ix_spots *s)
{
	ix_buf_free(&s->text);
	free(s->all);
}

static int by_dev(const void *a, const void *b)
{
	const struct ix_spot *p = a, *q = b;

	if (p->dev != q->dev)
		return p->dev > q->dev ? 1 : -1;
	return (p->order > q->order) - (p->order < q->order);
}

struct ix_spot *ix_spots_find(const struct ix_spots *s, uint64_t dev)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->all[middle].dev == dev)
			return &s->all[middle];
		if (s->all[middle].dev < dev)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void take_use(struct ix_spots *s, uint64_t dev, int32_t pid)
{
	struct ix_spot *spot = ix_spots_find(s, dev);

	if (!spot || spot->used)
		return;
	spot->used = true;
	spot->pid = pid;
	s->unused--;
}

/* Keep one spot for each file system that is mounted on the path of a runtime. If it is
 * also mounted on another path here, it is in use. */
static void spots_merge(struct ix_spots *s)
{
	size_t kept = 0;

	if (s->n)
		qsort(s->all, s->n, sizeof(*s->all), by_dev);
	for (size_t i = 0, next; i < s->n; i = next) {
		struct ix_spot one = { .target = NULL };

		for (next = i; next < s->n && s->all[next].dev == s->all[i].dev; next++) {
			const struct ix_spot *spot = &s->all[next];

			one.dev = spot->dev;
			if (!ix_spot_path(spot->target) ||
			    (one.target && !is_copy(spot->target, one.target)))
				one.other = spot->target;
			else
				one.target = spot->target;
		}
		one.used = one.other != NULL;
		s->unused += one.target && !one.used;
		if (one.target)
			s->all[kept++] = one;
	}
	s->n = kept;
}

int ix_spots_read(struct ipcx *x, struct ix_spots *s)
{
	struct ix_mntinfo m;
	size_t room = 0, order = 0;
	int r = ix_mntinfo_read(ix_procfd(x), 0, &s->text);
	char *pos = s->text.data;

	while (r == 0 && (r = ix_mntinfo_next(&pos, &m)) > 0) {
		r = 0;
		if (strcmp(m.type, "tmpfs") != 0 || strcmp(m.root, "/") != 0)
			continue;
		if (s->n == room) {
			struct ix_spot *more;

			room = room ? 2 * room : 16;
			more = reallocarray(s->all, room, sizeof(*more));
			if (!more)
				return -ENOMEM;
			s->all = more;
		}
		s->all[s->n++] = (struct ix_spot){ .dev = m.dev,
						   .target = m.target,
						   .order = order++ };
	}
	if (r == 0)
		spots_merge(s);
	return r;
}

/* The processes of one mount namespace. */
struct group {
	uint64_t mnt;
	int32_t pid, spare;
};

static int spots_by_mnt(const void *a, const void *b)
{
	const struct group *p = a, *q = b;

	return (p->mnt > q->mnt) - (p->mnt < q->mnt);
}

/* Returns the mount namespaces other than our own. */
static struct group *groups_of(struct ipcx *x, const struct ix_nslist *l, size_t *ret_n)
{
	struct group *all = calloc(l->npairs + 1, sizeof(*all));
	uint64_t own = ix_ns_own(x, "mnt");
	size_t n = 0, kept = 0;

	for (size_t i = 0; all && i < l->npairs; i++)
		if (!own || l->pairs[i].mnt != own)
			all[n++] = (struct group){ .mnt = l->pairs[i].mnt,
						   .pid = l->pairs[i].pid,
						   .spare = l->pairs[i].spare };
	if (n)
		qsort(all, n, sizeof(*all), spots_by_mnt);
	for (size_t i = 0; i < n; i++)
		if (!kept || !all[i].mnt || all[i].mnt != all[kept - 1].mnt)
			all[kept++] = all[i];
	*ret_n = kept;
	return all;
}

static void look_at_shm(struct ipcx *x, const struct group *g, struct ix_spots *s)
{
	struct ix_dirid shm = ix_dirid_of(x, g->pid, "dev/shm");

	if (!shm.error)
		take_use(s, shm.dev, g->pid);
}

/* A container may have the file system on any path. */
static void look_at_mounts(struct ipcx *x, const struct group *g, struct ix_spots *s)
{
	auto_buf struct ix_buf text = { 0 };
	struct ix_mntinfo m;
	int proc = ix_procfd(x), r = ix_mntinfo_read(proc, g->pid, &text);
	char *pos;

	/* EINVAL: it is a zombie (mounts_open_common() in the kernel). */
	if ((r == -ENOENT || r == -ESRCH || r == -EINVAL) && g->spare != g->pid)
		r = ix_mntinfo_read(proc, g->spare, &text);
	if (r == -ENOENT || r == -ESRCH || r == -EINVAL)
		return; /* gone meanwhile */
	pos = text.data;
	while (r >= 0 && (r = ix_mntinfo_next(&pos, &m)) > 0) {
		const struct ix_spot *spot = ix_spots_find(s, m.dev);

		if (spot && !is_copy(m.target, spot->target))
			take_use(s, m.dev, g->pid);
	}
	if (r < 0 && !s->error)
		s->error = r;
}

int ix_spots_users(struct ipcx *x, const struct ix_nslist *l, struct ix_spots *s)
{
	auto_free struct group *groups = NULL;
	size_t n;

	if (!s->unused)
		return 0;
	groups = groups_of(x, l, &n);
	if (!groups)
		return -ENOMEM;
	for (size_t i = 0; s->unused && i < n; i++)
		look_at_shm(x, &groups[i], s);
	for (size_t i = 0; s->unused && i < n; i++)
		look_at_mounts(x, &groups[i], s);
	if (!s->error && l->hidden)
		s->error = -EACCES;
	if (!s->error && l->missed)
		s->error = l->missed_error ? l->missed_error : -EIO;
	s->outside = !ix_numbers_all(x);
	return 0;
}

const char *ix_spots_doubt(const struct ix_spots *s)
{
	if (s->error)
		return ix_errno_text(s->error);
	return s->outside ? "processes outside of this PID namespace cannot be seen"
			  : NULL;
}
