/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of containers: what is believed of a claim, how one is found by its name, and
 * which one a process belongs to.
 */
#include "container/container.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/buf.h"
#include "base/esc.h"
#include "base/file.h"
#include "base/near.h"
#include "container/cgroup.h"
#include "container/state.h"

/* Ids that runtimes make have at least so many hexadecimal digits (podman's and Docker's:
 * 64). */
#define ID_MACHINE 32

struct ix_containers {
	struct entry {
		struct ix_container c;
		uint64_t pidns; /* of its first process; 0: not asked, or the caller's */
	} * all;
	size_t n, cap;
	struct key {
		const char *text; /* what its cgroup is called */
		size_t i;
	} * keys; /* sorted */
	size_t nkeys;
	uint64_t own_pidns;
};

static void end_entry(struct entry *e)
{
	const char *const texts[] = { e->c.id,       e->c.name,
				      e->c.pod,      e->c.pod_namespace,
				      e->c.ipc_mode, e->c.cgroup };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		union {
			const char *read;
			char *owned;
		} text = { .read = texts[i] };

		free(text.owned);
	}
}

void ix_containers_free(struct ix_containers *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		end_entry(&c->all[i]);
	free(c->all);
	free(c->keys);
	free(c);
}

const struct ix_container *ix_containers_at(const struct ix_containers *c, size_t i)
{
	return i < c->n ? &c->all[i].c : NULL;
}

/* ---- what is believed */

/* A process that started after the file that names it was written is another one, which
 * has the number by now. Both clocks are the machine's. */
static bool older(const struct ix_proc *p, int64_t written)
{
	struct timespec wall, since;
	long ticks = sysconf(_SC_CLK_TCK);

	if (ticks <= 0 || clock_gettime(CLOCK_REALTIME, &wall) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &since) < 0)
		return false;
	return wall.tv_sec - since.tv_sec + (int64_t)(p->start / (uint64_t)ticks) <=
	       written + 1;
}

/* Whether a process is in a cgroup of this name. */
static bool in_cgroup(struct ipcx *x, int32_t pid, const char *wanted)
{
	char path[24], text[16384], name[300];
	struct ix_cgroup_reader r;
	int proc = ix_procfd(x), len;

	(void)snprintf(path, sizeof(path), "%d/cgroup", pid);
	len = proc < 0 ? proc : ix_read_file(proc, path, text, sizeof(text));
	if (len <= 0)
		return false;
	r = ix_cgroup_read(text, (size_t)len);
	while (ix_cgroup_next(&r, name, sizeof(name)))
		if (!strcmp(name, wanted))
			return true;
	return false;
}

/* Whether a process is in a namespace of its own, not in ours. */
static bool elsewhere(const struct ix_search *s, const struct ix_proc *p,
		      const char *type)
{
	uint64_t ours, theirs;
	struct stat st;
	char path[32];
	int proc = ix_procfd(s->x);

	(void)snprintf(path, sizeof(path), "%d/ns/%s", p->pid, type);
	theirs = fstatat(proc, path, &st, 0) == 0 ? st.st_ino : 0;
	(void)snprintf(path, sizeof(path), "self/ns/%s", type);
	ours = fstatat(proc, path, &st, 0) == 0 ? st.st_ino : 0;
	return theirs && theirs != ours;
}

/*
 * What a user says of a process is believed of his own: those with his number, and those
 * in a user namespace that one of his made, where his container's users have others. A
 * container has a root of its own: a process that has ours is no container, whatever a
 * user says.
 */
static bool may_claim(const struct ix_search *s, const struct ix_proc *p, uid_t owner)
{
	if (owner != 0 && !elsewhere(s, p, "mnt"))
		return false;
	if (ix_search_owned(s, p->pid, owner))
		return true;
	/* The parent (conmon, a shim, bwrap) runs as the user himself. */
	if (p->parent <= 1 || !ix_search_owned(s, p->parent, owner))
		return false;
	return elsewhere(s, p, "user");
}

static const char *copy(const char *text, int *r)
{
	char *made = text && *text ? strdup(text) : NULL;

	if (text && *text && !made)
		*r = -ENOMEM;
	return made;
}

static int append(struct ix_containers *c, const struct ix_container *found,
		  const struct ix_proc *p)
{
	struct entry *e;
	int r = 0;

	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 32;
		struct entry *more = reallocarray(c->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->all = more;
		c->cap = cap;
	}
	e = &c->all[c->n++];
	*e = (struct entry){ .c = {
				     .runtime = found->runtime,
				     .id = copy(found->id, &r),
				     .name = copy(found->name, &r),
				     .pod = copy(found->pod, &r),
				     .pod_namespace = copy(found->pod_namespace, &r),
				     .ipc_mode = copy(found->ipc_mode, &r),
				     .cgroup = copy(found->cgroup, &r),
				     .pid = p->pid,
				     .start = p->start,
			     } };
	return r;
}

int ix_container_add(const struct ix_search *s, struct ix_containers *c,
		     const struct ix_container *found, int64_t written, uid_t owner)
{
	struct ix_proc p;

	if (found->pid <= 0 || !ix_search_proc(s, found->pid, &p) ||
	    (found->start && found->start != p.start) ||
	    (!found->start && written && !older(&p, written) &&
	     !(found->id && in_cgroup(s->x, p.pid, found->id))) ||
	    !may_claim(s, &p, owner))
		return 0;
	for (size_t i = 0; i < c->n; i++)
		if (c->all[i].c.pid == p.pid)
			return 0;
	return append(c, found, &p);
}

/* ---- making the list */

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct key *)a)->text, ((const struct key *)b)->text);
}

/* Others are told by a cgroup only of a container whose own process is in it: a name in a
 * state file alone would draw in whatever is called so. */
static int make_keys(struct ipcx *x, struct ix_containers *c)
{
	c->keys = calloc(c->n + 1, sizeof(*c->keys));
	if (!c->keys)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++) {
		const struct ix_container *one = &c->all[i].c;
		const char *text = one->cgroup ? one->cgroup : one->id;

		if (text && *text && in_cgroup(x, one->pid, text))
			c->keys[c->nkeys++] = (struct key){ .text = text, .i = i };
	}
	qsort(c->keys, c->nkeys, sizeof(*c->keys), by_text);
	return 0;
}

static uint64_t pid_ns(struct ipcx *x, const char *process)
{
	struct stat st;
	char path[32];
	int proc = ix_procfd(x);

	(void)snprintf(path, sizeof(path), "%s/ns/pid", process);
	return proc >= 0 && fstatat(proc, path, &st, 0) == 0 ? st.st_ino : 0;
}

/* Containers without a PID namespace of their own share the caller's. */
static void ask_pid_ns(struct ipcx *x, struct ix_containers *c)
{
	c->own_pidns = pid_ns(x, "self");
	for (size_t i = 0; i < c->n; i++) {
		char pid[16];

		(void)snprintf(pid, sizeof(pid), "%d", c->all[i].c.pid);
		c->all[i].pidns = pid_ns(x, pid);
		if (c->all[i].pidns == c->own_pidns)
			c->all[i].pidns = 0;
	}
}

int ix_containers_new(struct ipcx *x, const int32_t *firsts, size_t n,
		      struct ix_containers **ret_c)
{
	struct ix_containers *c = calloc(1, sizeof(*c));
	struct ix_search s;
	int r = c ? ix_search_begin(x, firsts, n, &s) : -ENOMEM;

	if (r < 0) {
		free(c);
		return r;
	}
	for (size_t i = 0; r == 0 && ix_runtime(i); i++)
		r = ix_runtime(i)->list(&s, c);
	ix_search_end(&s);
	if (r == 0)
		r = make_keys(x, c);
	if (r < 0) {
		ix_containers_free(c);
		return r;
	}
	ask_pid_ns(x, c);
	*ret_c = c;
	return 0;
}

/* ---- whose a process is */

static const struct ix_container *by_cgroup(const struct ix_containers *c,
					    const char *text, size_t len)
{
	struct ix_cgroup_reader r = ix_cgroup_read(text, len);
	char name[300];

	while (ix_cgroup_next(&r, name, sizeof(name))) {
		const struct key want = { .text = name }, *found;

		found = bsearch(&want, c->keys, c->nkeys, sizeof(want), by_text);
		if (found)
			return &c->all[found->i].c;
	}
	return NULL;
}

const struct ix_container *ix_container_of(struct ipcx *x, const struct ix_containers *c,
					   int32_t pid)
{
	const struct ix_container *found = NULL;
	char path[24], text[16384];
	int proc = ix_procfd(x), len;
	uint64_t ns;

	if (c->n == 0 || proc < 0)
		return NULL;
	(void)snprintf(path, sizeof(path), "%d/cgroup", pid);
	len = ix_read_file(proc, path, text, sizeof(text));
	if (len > 0)
		found = by_cgroup(c, text, (size_t)len);
	if (found)
		return found;
	(void)snprintf(path, sizeof(path), "%d", pid);
	ns = pid_ns(x, path);
	for (size_t i = 0; i < c->n && ns; i++)
		if (c->all[i].pidns == ns)
			return &c->all[i].c;
	return NULL;
}

/* ---- by name */

/* "RUNTIME:NAME" chooses; a name may have a colon of its own. */
static bool runtime_fits(const struct ix_container *c, const char **name)
{
	size_t len = strlen(c->runtime);

	if (!strncmp(*name, c->runtime, len) && (*name)[len] == ':') {
		*name += len + 1;
		return true;
	}
	return false;
}

/* Ids that are made by machines are cut by people; one that somebody chose is a name. */
static bool may_be_cut(const char *id)
{
	size_t len = strlen(id);

	return len >= ID_MACHINE && strspn(id, "0123456789abcdef") == len;
}

/* How well a name fits: 2 exactly, 1 as the beginning of the id, 0 not. */
static int fits(const struct ix_container *c, const char *text)
{
	const char *name = text;

	for (int with = runtime_fits(c, &name); with >= 0; with--) {
		if (!*name)
			continue;
		if ((c->name && !strcmp(c->name, name)) ||
		    (c->id && !strcmp(c->id, name)))
			return 2;
		if (c->id && may_be_cut(c->id) && !strncmp(c->id, name, strlen(name)))
			return 1;
		name = text;
	}
	return 0;
}

/* What tells it from the others: its name, unless another of that runtime has the same. */
static const char *handle(const struct ix_containers *c, const struct ix_container *one)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n && one->name; i++)
		n += c->all[i].c.name && c->all[i].c.runtime == one->runtime &&
		     !strcmp(c->all[i].c.name, one->name);
	return (n == 1 || !one->id) && one->name ? one->name : one->id ? one->id : "?";
}

static int ambiguous(struct ipcx *x, const struct ix_containers *c, const char *name,
		     int best)
{
	auto_buf struct ix_buf b = { 0 };
	char shown[600];

	for (size_t i = 0; i < c->n; i++) {
		const struct ix_container *one = &c->all[i].c;

		if (fits(one, name) != best)
			continue;
		(void)ix_escape(shown, sizeof(shown), handle(c, one), IX_ESC_TEXT);
		if (ix_buf_printf(&b, "%s%s:%s (process %d)", b.len ? ", " : "",
				  one->runtime, shown, one->pid) < 0)
			return ix_fail_plain(x, -ENOMEM, "out of memory");
	}
	(void)ix_escape(shown, sizeof(shown), name, IX_ESC_TEXT);
	return ix_fail_plain(x, -ENOTUNIQ, "'%s' may be any of %.1500s", shown, b.data);
}

static int unknown(struct ipcx *x, const struct ix_containers *c, const char *name)
{
	size_t len = strlen(name), least = ix_near(len) + 1;
	char shown[600], hint[600] = "";

	for (size_t i = 0; i < c->n; i++) {
		const char *known = c->all[i].c.name;
		size_t far = known ? ix_distance(name, len, known, strlen(known)) : least;

		if (far >= least)
			continue;
		least = far;
		(void)ix_escape(hint, sizeof(hint), known, IX_ESC_TEXT);
	}
	(void)ix_escape(shown, sizeof(shown), name, IX_ESC_TEXT);
	return ix_fail_plain(x, -ENOENT, "no container is called '%s'%s%s%s", shown,
			     *hint ? " (is it '" : "", hint, *hint ? "'?)" : "");
}

int ix_container_named(struct ipcx *x, const struct ix_containers *c, const char *name,
		       const struct ix_container **ret_container)
{
	const struct ix_container *found = NULL;
	size_t count = 0;
	int best = 1;

	for (size_t i = 0; i < c->n; i++) {
		int how = fits(&c->all[i].c, name);

		if (how > best)
			count = 0;
		if (how >= best) {
			best = how;
			found = &c->all[i].c;
			count++;
		}
	}
	if (count == 0)
		return unknown(x, c, name);
	if (count > 1)
		return ambiguous(x, c, name, best);
	*ret_container = found;
	return 0;
}
