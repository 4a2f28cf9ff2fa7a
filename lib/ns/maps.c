/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each map is written by a process of its own: to the file of /proc if the kernel permits
 * that, else by newuidmap(1) or newgidmap(1), which may map what /etc/subuid and
 * /etc/subgid grant. Whatever a helper reports, only the map that is read back counts.
 */
#include "ns/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cap.h"
#include "base/file.h"
#include "base/nss.h"
#include "base/num.h"
#include "core/copyin.h"
#include "ns/step.h"

/* The most bytes that are read of a file of subordinate ids. */
#define SUBIDS_MAX ((size_t)16 << 20)

/* "4294967295 4294967295 4294967295\n", for each range */
#define MAP_TEXT_MAX (IX_IDMAP_MAX * 33 + 1)

static const struct maps_kind {
	const char *what, *file, *program, *subids;
	int cap;
	uint64_t automatic; /* the flag of struct ipcx_ns_map */
} kinds[2] = {
	{ "users", "uid_map", "/usr/bin/newuidmap", "/etc/subuid", CAP_SETUID,
	  IPCX_MAP_AUTO_USERS },
	{ "groups", "gid_map", "/usr/bin/newgidmap", "/etc/subgid", CAP_SETGID,
	  IPCX_MAP_AUTO_GROUPS },
};

#define GROUPS 1 /* index of kinds and sides */

static uint32_t own_id(size_t i)
{
	return i == GROUPS ? getegid() : geteuid();
}

/* ---- the wanted maps */

static int by_inside(const void *a, const void *b)
{
	const struct ix_idrange *one = a, *two = b;

	return (one->inside > two->inside) - (one->inside < two->inside);
}

static int by_outside(const void *a, const void *b)
{
	const struct ix_idrange *one = a, *two = b;

	return (one->outside > two->outside) - (one->outside < two->outside);
}

/* 4294967295 is not an id. */
static bool is_range(const struct ix_idrange *r)
{
	return r->count && r->inside <= UINT32_MAX - r->count &&
	       r->outside <= UINT32_MAX - r->count;
}

/* Check the ranges, and leave them sorted by the ids inside. */
static int maps_check(struct ipcx *x, const struct maps_kind *k, struct ix_maps_side *s)
{
	struct ix_idrange *r = s->ranges;

	for (size_t i = 0; i < s->n; i++)
		if (!is_range(&r[i]))
			return ix_fail_plain(x, -EINVAL,
					     "cannot map %s %u:%u:%u: not a range of ids",
					     k->what, r[i].inside, r[i].outside,
					     r[i].count);
	qsort(r, s->n, sizeof(*r), by_outside);
	for (size_t i = 1; i < s->n; i++)
		if (r[i].outside - r[i - 1].outside < r[i - 1].count)
			return ix_fail_plain(x, -EINVAL,
					     "cannot map %s: %u outside is mapped twice",
					     k->what, r[i].outside);
	qsort(r, s->n, sizeof(*r), by_inside);
	for (size_t i = 1; i < s->n; i++)
		if (r[i].inside - r[i - 1].inside < r[i - 1].count)
			return ix_fail_plain(x, -EINVAL,
					     "cannot map %s: %u inside is mapped twice",
					     k->what, r[i].inside);
	return 0;
}

/* A line of subuid(5), "NAME:FIRST:COUNT" or "UID:FIRST:COUNT". */
static bool subids_line(const char *line, const char *name, const char *uid,
			struct ix_idrange *ret_range)
{
	const char *p = strchr(line, ':'), *end = line + strlen(line);
	size_t len = p ? (size_t)(p - line) : 0;
	uint64_t first, count;

	if (!p || ((strlen(name) != len || strncmp(line, name, len) != 0) &&
		   (strlen(uid) != len || strncmp(line, uid, len) != 0)))
		return false;
	p++;
	if (len == 0 || ix_take_u64(&p, end, UINT32_MAX, &first) < 0 || *p++ != ':' ||
	    ix_take_u64(&p, end, UINT32_MAX, &count) < 0 || *p)
		return false;
	*ret_range = (struct ix_idrange){ 0, (uint32_t)first, (uint32_t)count };
	return is_range(ret_range);
}

/* The first block of ids that the file grants us becomes 0 and what follows. */
static int maps_automatic(struct ipcx *x, const struct maps_kind *k,
			  struct ix_maps_side *s)
{
	auto_fd int fd = ix_open(AT_FDCWD, k->subids, O_RDONLY | O_NONBLOCK);
	auto_buf struct ix_buf text = { 0 }, name = { 0 };
	int known = ix_nss_name(false, geteuid(), &name), r = fd < 0 ? fd : 0;
	char uid[16], *next;

	if (r == 0)
		r = ix_read_all(fd, SUBIDS_MAX, &text);
	if (r == 0)
		r = ix_buf_add(&text, "", 1);
	if (r < 0 && r != -ENOENT)
		return ix_fail(x, r, "%s", k->subids);
	(void)snprintf(uid, sizeof(uid), "%u", geteuid());
	for (char *line = text.data; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!subids_line(line, known > 0 ? name.data : "", uid, &s->ranges[0]))
			continue;
		s->n = 1;
		return 0;
	}
	if (known < 0)
		return ix_fail_plain(x, known,
				     "%s: the name of user %s cannot be found out: %s",
				     k->subids, uid, ix_nss_why(known));
	return ix_fail_plain(x, -ENOENT, "%s grants no ids to user %s", k->subids, uid);
}

static int maps_given(struct ipcx *x, const struct maps_kind *k,
		      const struct ipcx_id_range *given, size_t n, struct ix_maps_side *s)
{
	auto_free struct ipcx_id_range *own = calloc(n, sizeof(*own));
	int r;

	if (!own)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	r = IX_COPY_IN_ALL(x, ipcx_id_range, IPCX_ID_RANGE_SIZE_0_1, given, n, own);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (own[i].reserved)
			return ix_fail_plain(x, -EINVAL,
					     "cannot map %s: a reserved member is set",
					     k->what);
		s->ranges[i] =
			(struct ix_idrange){ own[i].inner, own[i].outer, own[i].count };
	}
	s->n = n;
	return 0;
}

/* How the map is to be written, and which id we have in it. */
static int maps_decide(struct ipcx *x, size_t i, struct ix_maps_side *s)
{
	const struct maps_kind *k = &kinds[i];
	uint32_t own = own_id(i);
	int may = ix_cap_has(k->cap);

	if (may < 0)
		return ix_fail(x, may, "our capabilities");
	s->id = 0;
	if (s->ranges[0].inside != 0 && ix_id_there(s->ranges, s->n, own, &s->id) < 0)
		return ix_fail_plain(
			x, -EINVAL,
			"cannot map %s: neither 0 inside nor %u outside, which is ours, is mapped",
			k->what, own);
	s->may = may;
	s->by_file = may || (s->n == 1 && s->ranges[0].count == 1 &&
			     s->ranges[0].outside == own);
	if (s->by_file || access(k->program, X_OK) == 0)
		return 0;
	if (errno != ENOENT)
		return ix_fail(x, -errno, "cannot map %s: %s", k->what, k->program);
	return ix_fail_plain(
		x, -ENOPKG,
		"cannot map %s other than our own: %s is not installed (package uidmap)",
		k->what, k->program);
}

int ix_maps_read(struct ipcx *x, const struct ipcx_ns_map *map, struct ix_maps *ret_m)
{
	const struct ipcx_id_range *given[2] = { map->users, map->groups };
	const size_t n[2] = { map->nusers, map->ngroups };
	int r = 0;

	ret_m->go = -1;
	ret_m->user = geteuid();
	for (size_t i = 0; r == 0 && i < 2; i++) {
		struct ix_maps_side *s = &ret_m->sides[i];
		bool automatic = map->flags & kinds[i].automatic;

		if (n[i] > IX_IDMAP_MAX || (n[i] && (!given[i] || automatic)))
			return ix_fail_plain(
				x, -EINVAL,
				"cannot map %s: NULL, more than %d ranges, or both ranges and an automatic map",
				kinds[i].what, IX_IDMAP_MAX);
		s->ranges[0] = (struct ix_idrange){ 0, own_id(i), 1 };
		s->n = 1;
		s->helper = -1;
		if (automatic)
			r = maps_automatic(x, &kinds[i], s);
		else if (n[i])
			r = maps_given(x, &kinds[i], given[i], n[i], s);
		if (r == 0)
			r = maps_check(x, &kinds[i], s);
		if (r == 0)
			r = maps_decide(x, i, s);
	}
	return r;
}

/* ---- in a helper, which is in the old user namespace */

static int write_file(size_t i, const struct ix_maps_side *s, int process)
{
	char text[MAP_TEXT_MAX];
	size_t len = 0;
	int r = 0;

	/* Without a capability, the kernel demands this before the map. ENOENT: Linux
	 * before 3.19. */
	if (i == GROUPS && !s->may)
		r = ix_write_file(process, "setgroups", "deny");
	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t k = 0; k < s->n; k++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u %u %u\n",
					s->ranges[k].inside, s->ranges[k].outside,
					s->ranges[k].count);
	return ix_write_file(process, kinds[i].file, text);
}

/* The program runs with the rights of root: it gets no environment, and nothing of ours
 * but /dev/null. What it says goes there; its exit status is enough. */
static int run_program(const char *program, const struct ix_maps_side *s, char *pid)
{
	char words[IX_IDMAP_MAX * 3][12], *argv[IX_IDMAP_MAX * 3 + 3], *none[] = { NULL };
	auto_fd int null = ix_open(AT_FDCWD, "/dev/null", O_RDWR);
	char name[32];
	size_t n = 0;

	if (null < 0)
		return null;
	(void)snprintf(name, sizeof(name), "%s", program);
	argv[0] = name;
	argv[1] = pid;
	for (size_t i = 0; i < s->n; i++) {
		const uint32_t numbers[] = { s->ranges[i].inside, s->ranges[i].outside,
					     s->ranges[i].count };

		for (size_t k = 0; k < ARRAY_SIZE(numbers); k++, n++) {
			(void)snprintf(words[n], sizeof(words[n]), "%u", numbers[k]);
			argv[n + 2] = words[n];
		}
	}
	argv[n + 2] = NULL;
	for (int fd = 0; fd < 3; fd++)
		if (dup3(null, fd, 0) < 0)
			return -errno;
	(void)execve(program, argv, none);
	return -errno;
}

static int helper_run(size_t i, const struct ix_maps_side *s, int process, char *pid,
		      int go)
{
	ssize_t n;
	char byte;

	do
		n = read(go, &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return -ECANCELED;
	return s->by_file ? write_file(i, s, process)
			  : run_program(kinds[i].program, s, pid);
}

/* ---- around it */

int ix_maps_begin(struct ipcx *x, struct ix_maps *m)
{
	auto_fd int process = ix_open(ix_procfd(x), "self", O_PATH | O_DIRECTORY);
	auto_fd int wait = -1;
	int ends[2], r;
	char pid[16];

	if (process < 0)
		return ix_fail(x, process, "/proc/self");
	/* The number under which the other programs find us: in the /proc that they
	 * use. */
	r = ix_read_link(AT_FDCWD, "/proc/self", pid, sizeof(pid));
	if (r < 0)
		return ix_fail(x, r, "/proc/self");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return ix_fail(x, -errno, "cannot make a pipe");
	wait = ends[0];
	m->go = ends[1];
	for (size_t i = 0; i < 2; i++) {
		struct ix_maps_side *s = &m->sides[i];

		s->helper = fork();
		if (s->helper == 0) {
			(void)close(m->go);
			_exit(-helper_run(i, s, process, pid, wait));
		}
		if (s->helper < 0)
			return ix_fail(x, -errno, "cannot make a process");
	}
	return 0;
}

/* Returns the exit status; 0 if it is unknown because SIGCHLD is ignored: then the map
 * that is read back decides. */
static int helper_end(struct ix_maps_side *s)
{
	int status = 0;

	while (waitpid(s->helper, &status, 0) < 0)
		if (errno != EINTR)
			break;
	s->helper = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int maps_verify(struct ipcx *x, size_t i, struct ix_maps *m)
{
	const struct maps_kind *k = &kinds[i];
	struct ix_maps_side *s = &m->sides[i];
	int status = helper_end(s), r;
	struct ix_idrange found[IX_IDMAP_MAX];
	char path[32];
	size_t n = 0;

	if (status && !s->by_file)
		return ix_fail_plain(
			x, -EPERM,
			"cannot map %s: %s refuses it; %s says which ids user %u may map",
			k->what, k->program, k->subids, m->user);
	if (status)
		return ix_fail_plain(x, status == EINVAL ? -EIO : -status,
				     "cannot map %s: %s", k->what, ix_step_text(-status));
	(void)snprintf(path, sizeof(path), "thread-self/%s", k->file);
	r = ix_idmap_read(ix_procfd(x), path, found, &n);
	if (r < 0)
		r = IX_STEP_UNVERIFIED;
	qsort(found, n, sizeof(*found), by_inside);
	if (r == 0 && (n != s->n || memcmp(found, s->ranges, n * sizeof(*found)) != 0))
		r = IX_STEP_ELSEWHERE;
	return r < 0 ? ix_fail_plain(x, r, "cannot map %s: %s", k->what, ix_step_text(r))
		     : 0;
}

int ix_maps_become(struct ipcx *x, struct ix_maps *m)
{
	int r = write(m->go, "gg", 2) == 2 ? 0 : -EIO;

	if (r < 0)
		return ix_fail(x, r, "cannot tell the processes that write the maps");
	for (size_t i = 0; r == 0 && i < 2; i++)
		r = maps_verify(x, i, m);
	if (r < 0)
		return r;
	r = ix_step_drop_groups(x);
	if (r == 0)
		r = ix_step_become(m->sides[0].id, m->sides[GROUPS].id);
	return r < 0 ? ix_fail_plain(x, r == -EINVAL ? -EIO : r,
				     "cannot become user %u and group %u there: %s",
				     m->sides[0].id, m->sides[GROUPS].id, ix_step_text(r))
		     : 0;
}

void ix_maps_end(struct ix_maps *m)
{
	if (m->go >= 0)
		(void)close(m->go);
	m->go = -1;
	for (size_t i = 0; i < 2; i++)
		if (m->sides[i].helper > 0)
			(void)helper_end(&m->sides[i]);
}
