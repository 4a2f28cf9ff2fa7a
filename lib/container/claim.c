/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges claims by the rules in claim.h. Everything about a process is read through one
 * descriptor of its /proc directory, so that everything that is read describes the same
 * process. */
#include "container/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "container/cgroup.h"
#include "proc/stat.h"
#include "proc/status.h"

/* A watcher has one child or, if it watches a pod, one child per container. */
#define CHILDREN_MAX 256

/* ---- givers */

struct ix_giver ix_giver_file(uid_t uid)
{
	return (struct ix_giver){ .uid = uid, .files = uid, .ours = true, .dir = -1 };
}

void ix_giver_end(const struct ix_giver *g)
{
	if (g->dir >= 0)
		(void)close(g->dir);
}

/* Get the user who controls a process: for a setuid program, this is the user who started
 * it. */
static bool giver_uid(int dir, uid_t *ret_uid, unsigned *ret_level)
{
	auto_buf struct ix_buf b = { 0 };
	struct ix_status_ids ids;
	struct ix_status_pids pids;

	if (ix_status_read(dir, "status", &b) < 0 ||
	    ix_status_uids(b.data, b.len, &ids) < 0)
		return false;
	*ret_uid = ids.real ? ids.real : ids.effective ? ids.effective : ids.saved;
	*ret_level = ix_status_pids(b.data, b.len, &pids) == 0 ? pids.levels : 0;
	return true;
}

/* Whether the executable is one of these files; the list ends with NULL. */
static bool is_program(int dir, const char *const paths[])
{
	char path[256];

	if (ix_read_link(dir, "exe", path, sizeof(path)) <= 0)
		return false;
	while (*paths && strcmp(path, *paths) != 0)
		paths++;
	return *paths != NULL;
}

/* The user who starts a setuid program (sudo) chooses the program's command line and, by
 * means of a link, its name. So a watcher of root must run an executable that is owned by
 * root, has no setuid or setgid bit, and is not writable by everybody; or one of the
 * setuid programs that are watchers themselves. */
static bool is_roots_own(int dir, const char *const setuid[])
{
	struct stat st;

	return fstatat(dir, "exe", &st, 0) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == 0 && !(st.st_mode & S_IWOTH) &&
	       (!(st.st_mode & (S_ISUID | S_ISGID)) || is_program(dir, setuid));
}

static bool same_root(const struct ix_search *s, int dir)
{
	struct stat ours, theirs;
	int root = ix_rootfd(s->x);

	return root >= 0 && fstat(root, &ours) == 0 &&
	       fstatat(dir, "root", &theirs, 0) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

/* Find out from the namespaces of a watcher for which user it gives names, and set g->uid
 * to that user; until this call, g->uid is the watcher's own user id. Returns false if
 * the watcher's user namespace is neither ours nor below ours. */
static bool giver_place(const struct ix_search *s, const char *const setuid[],
			struct ix_giver *g)
{
	struct ix_user_space user = ix_space_user(g->dir, &s->user);
	bool same_pids;

	g->pids = ix_search_space(s, g->dir, "pid");
	g->mnt = ix_search_space(s, g->dir, "mnt");
	same_pids = ix_space_same(&g->pids, &s->pids);
	if (user.lineage == IX_USER_APART)
		return false;
	g->hidden = user.lineage == IX_USER_UNKNOWN || !g->pids.ino || !g->mnt.ino;
	if (g->hidden)
		return true;
	if (user.lineage == IX_USER_OURS) {
		g->ours = same_pids && ix_space_same(&g->mnt, &s->mnt);
		g->inner = !g->ours;
		return g->uid || !g->ours || is_roots_own(g->dir, setuid);
	}
	g->user = user.self;
	g->uid = user.maker;
	/* A watcher in namespaces that root created is in a container. An unprivileged
	 * user, however, needs a user namespace to start a container; the watcher is then
	 * in a user namespace directly below ours, but has our root directory. */
	g->inner = !same_pids || user.maker == 0 || user.depth > 1 ||
		   !same_root(s, g->dir);
	return true;
}

bool ix_giver_setuid(const struct ix_search *s, const struct ix_proc *p,
		     const char *const paths[], struct ix_giver *ret_g)
{
	struct ix_giver g = { .pid = p->pid };
	struct ix_proc now;

	g.dir = ix_search_open(s, p->pid);
	if (g.dir < 0)
		return false;
	if (!ix_search_read(s, g.dir, p->pid, &now) || now.start != p->start ||
	    !giver_uid(g.dir, &g.files, &g.level))
		goto none;
	g.uid = g.files;
	if (!giver_place(s, paths, &g) || (s->caller && g.uid && g.uid != s->caller))
		goto none;
	*ret_g = g;
	return true;
none:
	(void)close(g.dir);
	return false;
}

bool ix_giver_watcher(const struct ix_search *s, const struct ix_proc *p,
		      struct ix_giver *ret_g)
{
	return ix_giver_setuid(s, p, (const char *const[]){ NULL }, ret_g);
}

/* ---- translating pids of another PID namespace */

static int32_t claim_number_there(const struct ix_search *s, int32_t pid, unsigned level)
{
	auto_fd int dir = ix_search_open(s, pid);
	auto_buf struct ix_buf b = { 0 };
	int32_t number;

	return dir >= 0 && ix_status_read(dir, "status", &b) == 0 &&
			       ix_status_pid_at(b.data, b.len, level - 1, &number) == 0
		       ? number
		       : 0;
}

int32_t ix_giver_process(const struct ix_search *s, const struct ix_giver *g,
			 int64_t number)
{
	int32_t children[CHILDREN_MAX];
	size_t n;

	if (number <= 0 || number > INT32_MAX)
		return 0;
	if (!g->pid || ix_space_same(&g->pids, &s->pids))
		return (int32_t)number;
	n = g->level ? ix_search_children(s, g->pid, children, CHILDREN_MAX) : 0;
	for (size_t i = 0; i < n; i++)
		if (claim_number_there(s, children[i], g->level) == number)
			return children[i];
	return 0;
}

/* ---- whether a process is the one that the claim means */

/* A state file cannot mean a process that started after the file was written: that
 * process has reused the pid. Both times come from the clocks of this machine. */
bool ix_claim_older(const struct ix_proc *p, int64_t written)
{
	struct timespec wall, since;
	long ticks = sysconf(_SC_CLK_TCK);

	if (ticks <= 0 || clock_gettime(CLOCK_REALTIME, &wall) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &since) < 0)
		return false;
	return wall.tv_sec - since.tv_sec + (int64_t)(p->start / (uint64_t)ticks) <=
	       written + 1;
}

static bool is_in_cgroup(int dir, const char *wanted)
{
	char text[16384], name[300];
	struct ix_cgroup_reader r;
	int len = ix_read_file(dir, "cgroup", text, sizeof(text));

	if (len <= 0)
		return false;
	r = ix_cgroup_read(text, (size_t)len);
	while (ix_cgroup_next(&r, name, sizeof(name)))
		if (!strcmp(name, wanted))
			return true;
	return false;
}

/*
 * Some runtimes write the state file before the process starts. So a process that started
 * after the file was written is accepted if it is in the container's cgroup. A user to
 * whom a part of the cgroup tree is delegated can choose cgroup names there, so the
 * cgroup proves something only if nobody but root can have put the process into it.
 */
static bool put_there(const struct ix_search *s, const struct ix_claimed *c,
		      const char *id)
{
	struct ix_user_space user = ix_space_user(c->dir, &s->user);

	return id && c->mnt.ino && !ix_space_same(&c->mnt, &s->mnt) &&
	       (user.lineage == IX_USER_OURS ||
		(user.lineage == IX_USER_BELOW && user.maker == 0)) &&
	       is_in_cgroup(c->dir, id);
}

static bool claim_meant(const struct ix_search *s, const struct ix_claimed *c,
			const struct ix_container *found, int64_t written)
{
	if (found->start)
		return found->start == c->proc.start;
	return !written || ix_claim_older(&c->proc, written) ||
	       put_there(s, c, found->id);
}

/* ---- whether the giver may name the process */

static bool is_uid(int dir, uid_t uid)
{
	uid_t now;
	unsigned level;

	return giver_uid(dir, &now, &level) && now == uid;
}

/* Whether a user may name the process, by the rules in claim.h. */
static bool users_own(const struct ix_search *s, const struct ix_giver *g,
		      const struct ix_claimed *c)
{
	struct ix_user_space user = ix_space_user(c->dir, &s->user);

	if (!c->mnt.ino || ix_space_same(&c->mnt, &s->mnt))
		return false;
	if (user.lineage == IX_USER_BELOW && user.maker == g->uid)
		return true;
	/* A setuid watcher may make a user namespace as root (firejail). */
	return (user.lineage == IX_USER_OURS ||
		(user.lineage == IX_USER_BELOW && user.maker == 0)) &&
	       g->pid && is_uid(c->dir, g->uid);
}

static bool is_givers(const struct ix_search *s, const struct ix_giver *g,
		      const struct ix_claimed *c)
{
	bool home = ix_space_same(&c->ipc, &s->ipc);
	struct ix_proc now;

	/* If the watcher's pid was reused, the child's pid may have been reused, too. */
	if (g->pid &&
	    (c->proc.parent != g->pid || !ix_search_read(s, g->dir, g->pid, &now)))
		return false;
	if (g->hidden)
		return !c->ipc.ino;
	if (home && (!g->ours || (g->uid && g->uid != s->caller)))
		return false;
	if (g->user.ino && !ix_space_below(c->dir, &g->user))
		return false;
	return g->inner || !g->uid || users_own(s, g, c);
}

int ix_claim_judge(const struct ix_search *s, const struct ix_container *found,
		   int64_t written, const struct ix_giver *g,
		   struct ix_claimed *ret_claimed)
{
	struct ix_claimed c;

	c.dir = found->pid > 0 && !s->astray ? ix_search_open(s, found->pid) : -1;
	if (c.dir < 0)
		return 0;
	c.ipc = ix_search_space(s, c.dir, "ipc");
	c.mnt = ix_search_space(s, c.dir, "mnt");
	c.pids = ix_search_space(s, c.dir, "pid");
	if (ix_search_read(s, c.dir, found->pid, &c.proc) &&
	    claim_meant(s, &c, found, written) && is_givers(s, g, &c)) {
		*ret_claimed = c;
		return 1;
	}
	(void)close(c.dir);
	return 0;
}
