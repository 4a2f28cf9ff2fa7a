/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finds a unit of systemd by its name: in the tree of cgroups, below slices only. Users
 * may make cgroups in what is delegated to them, so only directories of root are entered.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/util.h"
#include "container/unit.h"

/* A slice is called like its parent with one more part, so names limit the depth; slices
 * are few. */
#define DEPTH_MAX  32
#define SLICES_MAX 4096

struct hunt {
	const struct ix_search *s;
	const char *name;
	bool v1;
	size_t slices; /* how many were looked at */
	char path[4096];
	struct ix_proc found;
};

static bool hunt_slice(const char *name)
{
	size_t len = strlen(name), own = strlen(".slice");

	return len > own && !strcmp(name + len - own, ".slice");
}

/* The processes of a unit may be in cgroups below that of the unit. */
static int hunt_processes(struct hunt *h, int dir, unsigned depth)
{
	DIR *list auto_dir = NULL;
	const struct dirent *d;
	int fd, r = ix_unit_oldest(h->s, dir, 0, &h->found);

	if (r < 0 || h->found.pid || depth >= DEPTH_MAX)
		return r;
	fd = ix_open(dir, ".", O_RDONLY | O_DIRECTORY);
	list = fd < 0 ? NULL : fdopendir(fd);
	if (!list) {
		r = fd < 0 ? fd : -errno;
		if (fd >= 0)
			(void)close(fd);
		return r;
	}
	while (r == 0 && !h->found.pid && (r = ix_readdir(list, &d)) == 0 && d) {
		auto_fd int next = -1;

		if (d->d_type != DT_DIR || d->d_name[0] == '.' ||
		    h->slices++ >= SLICES_MAX)
			continue;
		next = ix_open(fd, d->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
		r = next < 0 ? 0 : hunt_processes(h, next, depth + 1);
	}
	return r;
}

static int hunt_in(struct hunt *h, size_t len, unsigned depth);

static int hunt_slices(struct hunt *h, int dir, size_t len, unsigned depth)
{
	int fd = ix_open(dir, ".", O_RDONLY | O_DIRECTORY), r = 0;
	DIR *list auto_dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (!list) {
		r = fd < 0 ? fd : -errno;
		if (fd >= 0)
			(void)close(fd);
		return r;
	}
	while (r == 0 && !h->found.pid && (r = ix_readdir(list, &d)) == 0 && d) {
		size_t more = strlen(d->d_name);

		if (d->d_type != DT_DIR || !hunt_slice(d->d_name) ||
		    len + more + 2 > sizeof(h->path) || h->slices++ >= SLICES_MAX)
			continue;
		h->path[len] = '/';
		memcpy(h->path + len + 1, d->d_name, more);
		r = hunt_in(h, len + 1 + more, depth + 1);
	}
	return r;
}

/* Look for the unit in the slice whose path has this length, and in the slices in it. */
static int hunt_in(struct hunt *h, size_t len, unsigned depth)
{
	const struct ix_unit_place p = { .path = h->path, .len = len, .v1 = h->v1 };
	uid_t uid = 0;
	auto_fd int dir = ix_unit_open(h->s->x, &p, len, &uid), unit = -1;
	struct stat st;

	if (dir < 0)
		return dir == -EPERM || (depth && dir == -ENOENT) ? 0 : dir;
	if (uid)
		return 0;
	unit = ix_open(dir, h->name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
	if (unit >= 0 && fstat(unit, &st) == 0 && st.st_uid == 0 &&
	    !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return hunt_processes(h, unit, 0);
	return depth < DEPTH_MAX ? hunt_slices(h, dir, len, depth) : 0;
}

static int hunt_all(struct hunt *h)
{
	int v1, v2;

	h->v1 = true;
	v1 = hunt_in(h, 0, 0);
	if (v1 == 0 && h->found.pid)
		return 0;
	h->v1 = false;
	v2 = hunt_in(h, 0, 0);
	if (v2 == 0 && h->found.pid)
		return 0;
	/* Only one of the hierarchies has to be mounted. */
	if (v1 == -ENODATA)
		return v2;
	return v2 == -ENODATA || v2 == 0 ? v1 : v2;
}

static int hunt_result(const struct ix_search *s, const struct hunt *h,
		       struct ix_unit *ret_unit)
{
	const struct ix_giver root = ix_giver_file(0);
	const struct ix_container found = { .pid = h->found.pid,
					    .start = h->found.start };
	struct ix_claimed claimed;

	if (!found.pid || ix_claim_judge(s, &found, 0, &root, &claimed) <= 0)
		return -ENOENT;
	(void)close(claimed.dir);
	if (!ix_space_same(&claimed.ipc, &s->ipc))
		return -ENOENT;
	*ret_unit = (struct ix_unit){
		.c = { .runtime = "systemd",
		       .pid = found.pid,
		       .start = found.start,
		       .ipc = claimed.ipc.ino },
	};
	(void)snprintf(ret_unit->name, sizeof(ret_unit->name), "%s", h->name);
	ret_unit->c.id = ret_unit->c.name = ret_unit->c.unit = ret_unit->name;
	return 0;
}

int ix_unit_find(struct ipcx *x, const char *name, struct ix_unit *ret_unit)
{
	struct ix_search s;
	struct hunt h = { .s = &s, .name = name };
	int r;

	if (!ix_unit_is(name, strlen(name)))
		return -ENOENT;
	r = ix_search_begin(x, NULL, 0, NULL, &s);
	if (r < 0)
		return r;
	r = hunt_all(&h);
	if (r == 0)
		r = hunt_result(&s, &h, ret_unit);
	else if (r != -ENOMEM)
		r = r == -EPERM ? -ENOENT : -ENODATA;
	ix_search_end(&s);
	return r;
}
