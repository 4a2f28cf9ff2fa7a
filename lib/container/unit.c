/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the names of systemd units in the paths of cgroups, and checks in the file system
 * of cgroups who could choose these names (systemd.unit(5), systemd.slice(5)). */
#include "container/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/below.h"
#include "base/file.h"
#include "base/num.h"
#include "base/util.h"

#define TREES "sys/fs/cgroup"

/* The file cgroup.procs of a unit is not longer than this: 100,000 processes. */
#define PROCS_MAX ((size_t)1 << 20)

/* ---- names */

bool ix_unit_place(const char *text, size_t len, bool v1, struct ix_unit_place *ret_p)
{
	static const char v1_head[] = ":name=systemd:/", v2_head[] = "0::/";
	const char *head = v1 ? v1_head : v2_head, *end = text + len;
	size_t n = strlen(head);

	for (const char *line = text, *stop; line < end; line = stop + 1) {
		const char *at = line;

		stop = memchr(line, '\n', (size_t)(end - line));
		stop = stop ? stop : end;
		while (v1 && at < stop && *at >= '0' && *at <= '9')
			at++;
		if ((size_t)(stop - at) < n || memcmp(at, head, n) != 0)
			continue;
		*ret_p = (struct ix_unit_place){ .path = at + n - 1,
						 .len = (size_t)(stop - at) - n + 1,
						 .v1 = v1 };
		return true;
	}
	return false;
}

static bool unit_ends(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len > n && !memcmp(text + len - n, with, n);
}

/* The names of units consist of these characters; all others are written as \xNN. */
static bool is_name(const char *text, size_t len)
{
	static const char others[] = ":-_.\\@";

	for (size_t i = 0; i < len; i++)
		if (!(text[i] >= '0' && text[i] <= '9') &&
		    !((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z') &&
		    (!text[i] || !strchr(others, text[i])))
			return false;
	return len > 0 && len < IX_UNIT_MAX;
}

bool ix_unit_is(const char *text, size_t len)
{
	static const char kinds[][IX_TEXT(12)] = { ".service", ".scope", ".socket",
						   ".mount", ".swap" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (unit_ends(text, len, kinds[i]))
			return is_name(text, len);
	return false;
}

bool ix_unit_outermost(const struct ix_unit_place *p, size_t from,
		       struct ix_unit_part *ret_part)
{
	for (size_t to; from < p->len; from = to) {
		size_t len;

		while (from < p->len && p->path[from] == '/')
			from++;
		to = from;
		while (to < p->len && p->path[to] != '/')
			to++;
		len = to - from;
		if (unit_ends(p->path + from, len, ".slice") &&
		    is_name(p->path + from, len))
			continue;
		if (!ix_unit_is(p->path + from, len))
			return false;
		*ret_part = (struct ix_unit_part){ from, to };
		return true;
	}
	return false;
}

void ix_unit_name(const struct ix_unit_place *p, const struct ix_unit_part *part,
		  char buf[IX_UNIT_MAX])
{
	size_t from = part->from + (p->path[part->from] == '_');

	(void)snprintf(buf, IX_UNIT_MAX, "%.*s", (int)(part->to - from), p->path + from);
}

/* ---- who owns the cgroups */

/* Whether users other than the owner may write. */
static bool unit_is_open(const struct stat *st)
{
	return (st->st_mode & S_IWOTH) || ((st->st_mode & S_IWGRP) && st->st_gid != 0);
}

static int unit_check(int fd, uid_t *uid)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (*uid == 0)
		*uid = st.st_uid;
	return unit_is_open(&st) ? -EPERM : 0;
}

/* Open the root of the hierarchy. If both versions are mounted, v2 is a directory beside
 * those of v1. */
static int unit_tree(struct ipcx *x, bool v1)
{
	int root = ix_rootfd(x), fd;
	struct stat st;

	if (root < 0)
		return root;
	fd = ix_open_below(root, v1 ? TREES "/systemd" : TREES, O_PATH | O_DIRECTORY,
			   false);
	if (fd < 0 || v1 || fstatat(fd, "cgroup.procs", &st, 0) == 0)
		return fd;
	(void)close(fd);
	return ix_open_below(root, TREES "/unified", O_PATH | O_DIRECTORY, false);
}

int ix_unit_open(struct ipcx *x, const struct ix_unit_place *p, size_t upto,
		 uid_t *ret_uid)
{
	auto_fd int fd = unit_tree(x, p->v1);
	uid_t uid = 0;
	int r = fd == -ENOENT ? -ENODATA : fd < 0 ? fd : unit_check(fd, &uid);

	for (size_t at = 0, to; r == 0 && at < upto; at = to) {
		char name[IX_UNIT_MAX];
		int next;

		while (at < upto && p->path[at] == '/')
			at++;
		to = at;
		while (to < upto && p->path[to] != '/')
			to++;
		if (to == at)
			break;
		if (to - at >= sizeof(name))
			return -ENAMETOOLONG;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(to - at), p->path + at);
		if (!strcmp(name, "..")) /* outside our cgroup namespace */
			return -EPERM;
		next = ix_open(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
		if (next < 0)
			return next;
		(void)close(fd);
		fd = next;
		r = unit_check(fd, &uid);
	}
	if (r < 0)
		return r;
	*ret_uid = uid;
	return take_fd(&fd);
}

/* A directory that is gone, or in which users may write, is a definite answer. */
void ix_unit_lost(const struct ix_search *s, int r)
{
	if (r < 0 && r != -ENOENT && r != -ESRCH && r != -ENODEV && r != -EPERM &&
	    s->gaps)
		ix_gap(s->gaps, r,
		       "the control groups of systemd's units could not be checked (%s): names of units may be missing",
		       ix_errno_text(r));
}

/* Whether only root may move processes into a cgroup: "tasks" exists in cgroup v1. */
static bool is_roots(int dir)
{
	struct stat st;

	if (fstatat(dir, "cgroup.procs", &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_uid ||
	    unit_is_open(&st))
		return false;
	return fstatat(dir, "tasks", &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	       (st.st_uid == 0 && !unit_is_open(&st));
}

int ix_unit_oldest(const struct ix_search *s, int dir, int32_t rather,
		   struct ix_proc *ret_oldest)
{
	auto_buf struct ix_buf b = { 0 };
	auto_fd int fd = ix_open(dir, "cgroup.procs", O_RDONLY | O_NOFOLLOW);
	int r = fd < 0 ? fd : ix_read_all(fd, PROCS_MAX, &b);
	const char *p = b.data, *end = p + b.len;
	struct ix_proc oldest = { .pid = 0 };
	uint64_t pid;

	if (r < 0)
		return r;
	if (!is_roots(dir))
		return -EPERM;
	while (b.len && ix_take_u64(&p, end, INT32_MAX, &pid) == 0) {
		struct ix_proc one;

		p += p < end;
		/* 0 is a process that has no pid in our PID namespace. */
		if (!pid)
			return -EPERM;
		if (ix_search_proc(s, (int32_t)pid, &one) &&
		    (!oldest.pid || one.start < oldest.start ||
		     (one.start == oldest.start && one.pid == rather)))
			oldest = one;
	}
	*ret_oldest = oldest;
	return 0;
}

/* ---- the unit of a container */

static bool roots_name(const struct ix_search *s, const struct ix_unit_place *p,
		       size_t upto, struct ix_unit_checked *checked)
{
	uid_t uid = 0;
	int fd;

	if (checked->len == upto && checked->len && checked->v1 == p->v1 &&
	    !memcmp(checked->path, p->path, upto))
		return checked->ok;
	fd = ix_unit_open(s->x, p, upto, &uid);
	ix_unit_lost(s, fd);
	checked->len = 0;
	checked->ok = fd >= 0 && uid == 0;
	if (upto <= sizeof(checked->path)) {
		memcpy(checked->path, p->path, upto);
		checked->len = upto;
		checked->v1 = p->v1;
	}
	if (fd >= 0)
		(void)close(fd);
	return checked->ok;
}

char *ix_unit_of(const struct ix_search *s, const char *text, size_t len,
		 struct ix_unit_checked *checked)
{
	struct ix_unit_place p;
	struct ix_unit_part part;
	char name[IX_UNIT_MAX];

	if (!(ix_unit_place(text, len, true, &p) && ix_unit_outermost(&p, 0, &part)) &&
	    !(ix_unit_place(text, len, false, &p) && ix_unit_outermost(&p, 0, &part)))
		return NULL;
	if (!roots_name(s, &p, part.from, checked))
		return NULL;
	ix_unit_name(&p, &part, name);
	return strdup(name);
}
