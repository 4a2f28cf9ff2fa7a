/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds the container that a process belongs to. Cgroups are used only for containers
 * that root named, and compared by the whole path that the kernel shows for the
 * container's first process, since users can choose the names of other cgroups. PID
 * namespaces cannot be forged.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "container/cgroup.h"
#include "container/claim.h"
#include "container/containers.h"
#include "container/unit.h"

void ix_cover_free(struct ix_cover *v)
{
	for (size_t i = 0; i < v->ncgroups; i++)
		free(v->cgroups[i].text);
	free(v->cgroups);
	free(v->by_pid);
	free(v->by_pids);
	free(v->by_mnt);
	*v = (struct ix_cover){ .n = 0 };
}

/* ---- cgroups */

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct ix_key *)a)->text, ((const struct ix_key *)b)->text);
}

static int cover_add_key(struct ix_cover *v, const char *text, size_t len, size_t i)
{
	struct ix_key *more =
		reallocarray(v->cgroups, v->ncgroups + 1, sizeof(*v->cgroups));

	if (!more)
		return -ENOMEM;
	v->cgroups = more;
	more[v->ncgroups].text = strndup(text, len);
	more[v->ncgroups].i = i;
	if (!more[v->ncgroups].text)
		return -ENOMEM;
	v->ncgroups++;
	return 0;
}

/* In each hierarchy, take the path down to the component that is the container's name. */
static int cover_cgroups(struct ix_containers *c, size_t i, const char *text, size_t len)
{
	const struct ix_container *one = &c->all[i].c;
	const char *wanted = one->cgroup ? one->cgroup : one->id, *line = NULL;
	struct ix_cgroup_reader r = ix_cgroup_read(text, len);
	char name[300];
	int e = 0;

	if (!wanted || !*wanted)
		return 0;
	while (e == 0 && ix_cgroup_next(&r, name, sizeof(name))) {
		if (r.line == line ||
		    (strcmp(name, wanted) != 0 && !ix_cgroup_whole(&r, wanted)))
			continue;
		line = r.line;
		e = cover_add_key(&c->cover, line, (size_t)(r.stop - line), i);
	}
	return e;
}

/* Read in which cgroups, and so in which systemd unit, the container's first process
 * is. */
static int cover_read(const struct ix_search *s, struct ix_containers *c, size_t i,
		      struct ix_unit_checked *checked)
{
	struct ix_log_entry *e = &c->all[i];
	bool unit = !e->placed && !e->c.unit, keys = e->c.rank == IX_RANK_ROOT;
	auto_fd int dir = unit || keys ? ix_search_open(s, e->c.pid) : -1;
	char text[16384];
	int len = dir < 0 ? dir : ix_read_file(dir, "cgroup", text, sizeof(text));

	e->placed = true;
	if (unit || keys)
		ix_search_missed(s, len);
	if (len > 0 && unit)
		e->c.unit = ix_unit_of(s, text, (size_t)len, checked);
	return len > 0 && keys ? cover_cgroups(c, i, text, (size_t)len) : 0;
}

static const struct ix_log_entry *find_cgroup(const struct ix_containers *c, char *text,
					      size_t len)
{
	struct ix_cgroup_reader r = ix_cgroup_read(text, len);
	char name[300];

	if (c->cover.ncgroups == 0)
		return NULL;
	while (ix_cgroup_next(&r, name, sizeof(name))) {
		size_t at = (size_t)(r.line - text), stop = (size_t)(r.stop - text);
		char before = text[stop];
		const struct ix_key want = { .text = text + at }, *found;

		text[stop] = '\0';
		found = bsearch(&want, c->cover.cgroups, c->cover.ncgroups, sizeof(want),
				by_text);
		text[stop] = before;
		if (found)
			return &c->all[found->i];
	}
	return NULL;
}

/* ---- numbers as keys */

typedef uint64_t key_fn(const struct ix_log_entry *e);

static uint64_t pid_key(const struct ix_log_entry *e)
{
	return (uint64_t)e->c.pid;
}

static uint64_t pids_key(const struct ix_log_entry *e)
{
	return e->pids.ino;
}

static uint64_t mounts_key(const struct ix_log_entry *e)
{
	return e->mnt.ino;
}

struct order {
	const struct ix_containers *c;
	key_fn *key;
};

/* Entries with equal keys keep the order of the list: containers named by root come
 * first. */
static int cover_by_key(const void *a, const void *b, void *arg)
{
	const struct order *o = arg;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	uint64_t x = o->key(&o->c->all[i]), y = o->key(&o->c->all[k]);

	return x != y ? (x > y) - (x < y) : (i > k) - (i < k);
}

/* Return the first entry that has this key, or NULL. */
static const struct ix_log_entry *cover_find(const struct ix_containers *c,
					     const size_t *v, size_t n, key_fn *key,
					     uint64_t want)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (key(&c->all[v[mid]]) < want)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && key(&c->all[v[low]]) == want ? &c->all[v[low]] : NULL;
}

/* A sandbox inside a container may stay in the PID namespace of that container. */
static bool begins_pids(const struct ix_containers *c, const struct ix_log_entry *e)
{
	return e->pids.ino && !ix_space_same(&e->pids, &c->cover.own_pids) &&
	       !ix_space_same(&e->pids, &e->giver_pids);
}

int ix_cover_make(const struct ix_search *s, struct ix_containers *c)
{
	struct ix_unit_checked checked = { .len = 0 };
	struct ix_cover *v = &c->cover;
	int r = 0;

	*v = (struct ix_cover){ .own_pids = s->pids, .n = c->n };
	v->by_pid = calloc(c->n + 1, sizeof(*v->by_pid));
	v->by_pids = calloc(c->n + 1, sizeof(*v->by_pids));
	v->by_mnt = calloc(c->n + 1, sizeof(*v->by_mnt));
	if (!v->by_pid || !v->by_pids || !v->by_mnt)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < c->n; i++) {
		const struct ix_log_entry *e = &c->all[i];

		v->by_pid[i] = i;
		if (begins_pids(c, e))
			v->by_pids[v->npids++] = i;
		if (e->mnt.ino && e->c.rank != IX_RANK_INNER)
			v->by_mnt[v->nmnt++] = i;
		r = cover_read(s, c, i, &checked);
	}
	qsort_r(v->by_pid, v->n, sizeof(size_t), cover_by_key,
		&(struct order){ c, pid_key });
	qsort_r(v->by_pids, v->npids, sizeof(size_t), cover_by_key,
		&(struct order){ c, pids_key });
	qsort_r(v->by_mnt, v->nmnt, sizeof(size_t), cover_by_key,
		&(struct order){ c, mounts_key });
	if (v->ncgroups)
		qsort(v->cgroups, v->ncgroups, sizeof(*v->cgroups), by_text);
	return r;
}

/* ---- looking up */

const struct ix_log_entry *ix_cover_pids(const struct ix_containers *c,
					 const struct ix_space *pids)
{
	const struct ix_log_entry *e =
		cover_find(c, c->cover.by_pids, c->cover.npids, pids_key, pids->ino);

	return e && ix_space_same(&e->pids, pids) ? e : NULL;
}

const struct ix_log_entry *ix_cover_mnt(const struct ix_containers *c,
					const struct ix_space *mnt)
{
	const struct ix_log_entry *e =
		cover_find(c, c->cover.by_mnt, c->cover.nmnt, mounts_key, mnt->ino);

	return e && ix_space_same(&e->mnt, mnt) ? e : NULL;
}

/* Like ix_container_of(), for a process that is not the first one of a container. */
static int cover_look(struct ipcx *x, const struct ix_containers *c, int32_t pid,
		      const struct ix_log_entry **ret_found)
{
	int proc = ix_procfd(x), len, r = 0;
	auto_fd int dir = -1;
	char name[16], text[16384];
	struct ix_space pids = { .ino = 0 };

	if (proc < 0)
		return proc;
	(void)snprintf(name, sizeof(name), "%d", pid);
	dir = ix_open(proc, name, O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	len = ix_read_file(dir, "cgroup", text, sizeof(text) - 1);
	if (len > 0)
		*ret_found = find_cgroup(c, text, (size_t)len);
	if (!*ret_found && c->cover.npids) {
		pids = ix_space_of(dir, "pid");
		r = pids.ino ? 0 : -errno;
	}
	if (pids.ino)
		*ret_found = ix_cover_pids(c, &pids);
	if (*ret_found)
		return 1;
	/* A kernel without control groups has no such file. */
	return len < 0 && len != -ENOENT ? len : r;
}

int ix_container_of(struct ipcx *x, const struct ix_containers *c, int32_t pid,
		    const struct ix_container **ret_container)
{
	const struct ix_log_entry *found =
		cover_find(c, c->cover.by_pid, c->cover.n, pid_key, (uint64_t)pid);
	int r = found ? 1 : 0;

	if (!found && c->n)
		r = cover_look(x, c, pid, &found);
	*ret_container = found ? &found->c : NULL;
	return r == 0 && c->gaps.names ? -ENODATA : r;
}
