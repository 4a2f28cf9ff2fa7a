/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services of systemd that have an IPC namespace of their own (PrivateIPC=). The manager,
 * a process called "systemd", is the parent of the first process of the service, and has
 * put this process into the cgroup of the unit.
 *
 * The manager of the system gives names as root only if nobody else can have put the
 * process there, and if the process is the oldest in the unit: a program that the unit
 * started for another user may create namespaces, too. Otherwise the name is that of the
 * user to whom the cgroup or the process belongs. Scopes are not listed, because systemd
 * does not start their processes.
 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/util.h"
#include "container/unit.h"

/* Where the manager keeps its own processes, below the cgroup that it manages. */
#define OWN_SCOPE "/init.scope"

#define SERVICE ".service"

#define CGROUP_MAX 16384

struct manager {
	struct ix_giver g;
	int32_t pid; /* 0: none yet */
	bool known;  /* g is set */
	bool v1;
	char *root; /* the path of the cgroup that it manages, without the last slash */
};

static void manager_end(struct manager *m)
{
	if (m->known)
		ix_giver_end(&m->g);
	free(m->root);
	*m = (struct manager){ .pid = 0 };
}

/* Read which cgroup the manager manages. */
static int manager_root(struct manager *m)
{
	char text[CGROUP_MAX];
	int len = ix_read_file(m->g.dir, "cgroup", text, sizeof(text));
	size_t own = strlen(OWN_SCOPE);
	struct ix_unit_place p;

	if (len <= 0)
		return len;
	m->v1 = ix_unit_place(text, (size_t)len, true, &p);
	if (!m->v1 && !ix_unit_place(text, (size_t)len, false, &p))
		return -ENOENT;
	if (p.len >= own && !memcmp(p.path + p.len - own, OWN_SCOPE, own))
		p.len -= own;
	if (p.len && p.path[p.len - 1] == '/')
		p.len--;
	m->root = strndup(p.path, p.len);
	return m->root ? 0 : -ENOMEM;
}

/* Look at a manager, unless it is the same one as before: many services have one. */
static int manager_of(const struct ix_search *s, const struct ix_proc *p,
		      struct manager *m)
{
	int r;

	if (m->pid == p->pid)
		return 0;
	manager_end(m);
	m->pid = p->pid;
	m->known = ix_giver_watcher(s, p, &m->g);
	r = m->known && !m->g.hidden ? manager_root(m) : 0;
	return r == -ENOMEM ? r : 0;
}

/* ---- who gives the name */

/* Return the user to whom a slice belongs: user-UID.slice; 0 if there is none. */
static uid_t slice_user(const struct ix_unit_place *p, size_t upto)
{
	static const char head[] = "/user-";
	uint64_t uid = 0;

	for (size_t at = 0; at + sizeof(head) < upto; at++) {
		const char *number = p->path + at + sizeof(head) - 1;

		if (!memcmp(p->path + at, head, sizeof(head) - 1) &&
		    ix_take_u64(&number, p->path + upto, UINT32_MAX - 1, &uid) == 0 &&
		    *number == '.')
			return (uid_t)uid;
	}
	return 0;
}

/* A process in a user namespace that a user created belongs to that user. */
static uid_t space_user(const struct ix_search *s, int dir)
{
	struct ix_user_space user = ix_space_user(dir, &s->user);

	return user.lineage == IX_USER_BELOW ? user.maker : 0;
}

/*
 * Find out who gives the name of a unit of the system's manager.
 *
 * @return 1 and the user; 0 if the process may not be called like this; -errno
 */
static int systemd_owner(const struct ix_search *s, const struct ix_proc *p, int dir,
			 const struct ix_unit_place *at, const struct ix_unit_part *unit,
			 uid_t *ret_uid)
{
	uid_t uid = 0;
	auto_fd int fd = ix_unit_open(s->x, at, unit->to, &uid);
	struct ix_proc oldest;
	int r;

	if (fd < 0)
		return fd == -EPERM ? 0 : fd;
	if (!uid)
		uid = slice_user(at, unit->to);
	if (!uid)
		uid = space_user(s, dir);
	*ret_uid = uid;
	if (uid)
		return 1;
	if (unit->to != at->len)
		return 0;
	r = ix_unit_oldest(s, fd, p->pid, &oldest);
	if (r < 0)
		return r == -EPERM ? 0 : r;
	return oldest.pid == p->pid;
}

/* ---- units */

static int read_unit(const struct ix_search *s, struct ix_containers *c,
		     const struct ix_proc *p, const struct manager *m)
{
	struct ix_container found = { .runtime = "systemd" };
	struct ix_giver g = m->g;
	auto_fd int dir = ix_search_open(s, p->pid);
	char text[CGROUP_MAX], name[IX_UNIT_MAX];
	struct ix_space ipc = dir < 0 ? s->ipc : ix_space_of(dir, "ipc");
	int len = !ipc.ino || ix_space_same(&ipc, &s->ipc)
			  ? 0
			  : ix_read_file(dir, "cgroup", text, sizeof(text));
	size_t root = strlen(m->root), own = strlen(SERVICE);
	struct ix_unit_place at;
	struct ix_unit_part unit;
	int r;

	if (len <= 0 || !ix_unit_place(text, (size_t)len, m->v1, &at) || at.len <= root ||
	    memcmp(at.path, m->root, root) != 0 || at.path[root] != '/' ||
	    !ix_unit_outermost(&at, root, &unit))
		return 0;
	ix_unit_name(&at, &unit, name);
	if (strlen(name) < own || strcmp(name + strlen(name) - own, SERVICE) != 0)
		return 0;
	if (g.ours && !g.uid) {
		r = systemd_owner(s, p, dir, &at, &unit, &g.uid);
		ix_unit_lost(s, r);
		if (r <= 0 || (s->caller && g.uid && g.uid != s->caller))
			return 0;
	}
	found.id = found.name = found.unit = found.cgroup = name;
	found.pid = p->pid;
	found.start = p->start;
	return ix_container_add(s, c, &found, 0, &g);
}

static int systemd_list(const struct ix_search *s, struct ix_containers *c)
{
	struct manager m = { .pid = 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->nprocs; i++) {
		struct ix_proc parent;

		if (!s->procs[i].parent ||
		    !ix_search_proc(s, s->procs[i].parent, &parent) ||
		    strcmp(parent.comm, "systemd") != 0)
			continue;
		r = manager_of(s, &parent, &m);
		if (r == 0 && m.root)
			r = read_unit(s, c, &s->procs[i], &m);
	}
	manager_end(&m);
	return r;
}

extern const struct ix_runtime ix_runtime_systemd;
const struct ix_runtime ix_runtime_systemd = { .name = "systemd", .list = systemd_list };
