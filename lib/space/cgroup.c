/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of control groups (cgroups(7), and Documentation/admin-guide of the kernel).
 * Shared memory is charged to the group of the process that touched it first, and stays
 * charged there: so the limit of a group is one more reason for SIGBUS or SIGKILL.
 */
#include "space/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/below.h"
#include "base/file.h"
#include "base/mntinfo.h"
#include "base/num.h"
#include "base/older.h"
#include "base/util.h"
#include "core/ctx.h"

/* Version 1 shows the highest number of pages as the limit of a group without one
 * (PAGE_COUNTER_MAX), which depends on the size of a page. */
#define CGROUP_NO_LIMIT (UINT64_C(1) << 62)

/* Whether a list of controllers, separated by commas, has one. */
static bool cgroup_lists(const char *list, size_t len, const char *name)
{
	size_t n = strlen(name);

	while (len >= n) {
		const char *comma = memchr(list, ',', len);
		size_t word = comma ? (size_t)(comma - list) : len;

		if (word == n && !memcmp(list, name, n))
			return true;
		if (!comma)
			break;
		len -= word + 1;
		list += word + 1;
	}
	return false;
}

/* Take the line "HIERARCHY:CONTROLLERS:PATH". Returns 1 or 2, the version that it is
 * about if it has the memory controller, or 0. */
static int cgroup_line(const char *line, size_t len, const char **ret_path,
		       size_t *ret_len)
{
	const char *end = line + len, *list = memchr(line, ':', len), *path;

	path = list ? memchr(list + 1, ':', (size_t)(end - list - 1)) : NULL;
	if (!path || path + 1 == end || path[1] != '/')
		return 0;
	list++;
	*ret_path = path + 1;
	*ret_len = (size_t)(end - path - 1);
	if (list == path)
		return list - line == 2 && line[0] == '0' ? 2 : 0;
	return cgroup_lists(list, (size_t)(path - list), "memory") ? 1 : 0;
}

int ix_memcg_path(const char *text, size_t len, bool *ret_v2, char *buf, size_t size)
{
	const char *end = text + len, *found = NULL, *path;
	size_t found_len = 0, n;
	bool v2 = false;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		int version;

		stop = stop ? stop : end;
		version = cgroup_line(text, (size_t)(stop - text), &path, &n);
		/* Beside a hierarchy of version 1, version 2 has no memory controller. */
		if (version == 1 || (version == 2 && !found)) {
			found = path;
			found_len = n;
			v2 = version == 2;
		}
		text = stop + 1;
	}
	if (!found)
		return -ENOENT;
	if (found_len >= size)
		return -ENAMETOOLONG;
	memcpy(buf, found, found_len);
	buf[found_len] = '\0';
	*ret_v2 = v2;
	return 0;
}

int ix_memcg_stat(const char *text, const char *key, uint64_t *ret_n)
{
	size_t n = strlen(key);
	uint64_t value;

	while (text && (strncmp(text, key, n) != 0 || text[n] != ' ')) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	if (!text)
		return -ENOENT;
	text += n + 1;
	if (ix_take_u64(&text, strchr(text, '\0'), UINT64_MAX, &value) < 0 ||
	    (*text && *text != '\n'))
		return -EINVAL;
	*ret_n = value;
	return 0;
}

int ix_memcg_number(const char *text, uint64_t *ret_n)
{
	const char *p = text;
	uint64_t n;

	if (!strcmp(text, "max\n") || !strcmp(text, "max"))
		return -ENODATA;
	if (ix_take_u64(&p, strchr(p, '\0'), UINT64_MAX, &n) < 0 || (*p && *p != '\n'))
		return -EINVAL;
	if (n >= CGROUP_NO_LIMIT)
		return -ENODATA;
	*ret_n = n;
	return 0;
}

/* ---- files */

static int cgroup_file(int dir, const char *name, uint64_t *ret_n)
{
	char text[64];
	int len = ix_read_file(dir, name, text, sizeof(text));

	return len < 0 ? len : ix_memcg_number(text, ret_n);
}

static int cgroup_stat(int dir, const char *key, uint64_t *ret_n)
{
	char text[16384];
	int len = ix_read_file(dir, "memory.stat", text, sizeof(text));

	return len < 0 ? len : ix_memcg_stat(text, key, ret_n);
}

/* Version 1 computes the lowest limit itself. */
static void cgroup_read_v1(int dir, struct ix_memcg *g)
{
	uint64_t own = 0, lowest = 0;
	bool mine = cgroup_file(dir, "memory.limit_in_bytes", &own) == 0;

	g->limited = cgroup_stat(dir, "hierarchical_memory_limit", &lowest) == 0 &&
		     lowest < CGROUP_NO_LIMIT;
	if (!g->limited && mine)
		lowest = own;
	g->limited |= mine;
	g->limit = lowest;
	if (g->limited && !(mine && own == lowest))
		(void)snprintf(g->above, sizeof(g->above), "a group above");
	g->counted = cgroup_file(dir, "memory.usage_in_bytes", &g->used) == 0;
	g->shared = cgroup_stat(dir, "total_shmem", &g->shmem) == 0;
}

static void cgroup_read_v2(int dir, struct ix_memcg *g)
{
	g->limited = cgroup_file(dir, "memory.max", &g->limit) == 0;
	g->counted = cgroup_file(dir, "memory.current", &g->used) == 0;
	g->shared = cgroup_stat(dir, "shmem", &g->shmem) == 0;
}

/* The limits of the groups above, up to the root of what is mounted: "path" is relative
 * to that, and changed. */
static void cgroup_above(int top, char *path, struct ix_memcg *g)
{
	char *slash;

	while ((slash = strrchr(path, '/')) != NULL) {
		auto_fd int dir = -1;
		uint64_t limit;

		*slash = '\0';
		dir = ix_open_below(top, path[0] ? path : ".", O_PATH | O_DIRECTORY,
				    true);
		if (dir < 0 || cgroup_file(dir, "memory.max", &limit) < 0 ||
		    (g->limited && limit >= g->limit))
			continue;
		g->limited = true;
		g->limit = limit;
		(void)snprintf(g->above, sizeof(g->above), "%s", path[0] ? path : "/");
	}
}

/* Return the part of a group's path below the directory of the hierarchy that is mounted;
 * NULL if it is not below. */
static const char *cgroup_below(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (!strcmp(root, "/"))
		return path;
	if (strncmp(path, root, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path + n;
}

/* Open the group below one mount, and read it. Returns 0 or -errno. */
static int cgroup_at(int root, const struct ix_mntinfo *mount, struct ix_memcg *g)
{
	const char *below = cgroup_below(g->path, mount->root);
	auto_fd int top = -1, dir = -1;
	char path[sizeof(g->path)];

	/* "/..": the group is outside of this cgroup namespace. */
	if (!below || !strncmp(below, "/..", 3))
		return -ENOENT;
	top = ix_open_below(root, ix_relative(mount->target), O_PATH | O_DIRECTORY, true);
	dir = top < 0 ? top
		      : ix_open_below(top, ix_relative(below), O_PATH | O_DIRECTORY,
				      true);
	if (dir < 0)
		return dir;
	/* A hierarchy without the controller has no such file. */
	if (ix_access(dir, "memory.stat", F_OK, 0) < 0)
		return -ENOENT;
	if (!g->v2) {
		cgroup_read_v1(dir, g);
		return 0;
	}
	cgroup_read_v2(dir, g);
	(void)snprintf(path, sizeof(path), "%s", below[1] ? below : "");
	cgroup_above(top, path, g);
	return 0;
}

int ix_memcg_read(int root, const char *cgroup, size_t len, char *mountinfo,
		  struct ix_memcg *ret_g)
{
	struct ix_memcg g = { .v2 = false };
	struct ix_mntinfo mount;
	int r = ix_memcg_path(cgroup, len, &g.v2, g.path, sizeof(g.path)),
	    found = -ENOENT;

	if (r < 0)
		return r;
	while (found < 0 && (r = ix_mntinfo_next(&mountinfo, &mount)) > 0)
		if (!strcmp(mount.type, g.v2 ? "cgroup2" : "cgroup"))
			found = cgroup_at(root, &mount, &g);
	if (found < 0)
		return r < 0 ? r : found;
	*ret_g = g;
	return 0;
}
