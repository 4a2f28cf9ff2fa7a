/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of containers, made from judged claims: if several claims are about the same
 * process, only the best claim is kept; claims of root come first; and the number of
 * names that another user can add is limited. The cost is linear in the number of claims,
 * apart from sorting.
 */
#include "container/containers.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/firstroot.h"
#include "base/util.h"
#include "container/claim.h"
#include "container/named.h"
#include "container/spec.h"
#include "core/box.h"
#include "proc/home.h"

/* Maximum number of names given by one user, or inside one container: more names could
 * only serve to hide the names that others give. */
#define SHARE_MAX 1000

static void end_entry(const struct ix_log_entry *e)
{
	const char *const texts[] = {
		e->c.id,     e->c.name,  e->c.pod,    e->c.pod_namespace, e->c.ipc_mode,
		e->c.cgroup, e->c.outer, e->c.pod_id, e->c.space,         e->c.unit
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		union {
			const char *read;
			char *owned;
		} text = { .read = texts[i] };

		free(text.owned);
	}
	free(e->label);
}

void ix_containers_free(struct ix_containers *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		end_entry(&c->all[i]);
	free(c->all);
	ix_cover_free(&c->cover);
	free(c);
}

const struct ix_container *ix_containers_at(const struct ix_containers *c, size_t i)
{
	return i < c->n ? &c->all[i].c : NULL;
}

size_t ix_containers_count(const struct ix_containers *c)
{
	return c->n;
}

size_t ix_containers_index(const struct ix_containers *c, const struct ix_container *one)
{
	const struct ix_log_entry *e =
		(const void *)((const char *)one - offsetof(struct ix_log_entry, c));

	return (size_t)(e - c->all);
}

void ix_container_box(const struct ix_container *c, char label[IX_LABEL_MAX],
		      struct ix_box *ret_box)
{
	ix_container_label(c, label, IX_LABEL_MAX);
	*ret_box = (struct ix_box){ .label = label,
				    .runtime = c->runtime,
				    .id = c->id,
				    .name = c->name,
				    .pod = c->pod,
				    .pod_namespace = c->pod_namespace,
				    .unit = c->unit,
				    .ipc_mode = c->ipc_mode,
				    .uid = c->uid,
				    .pid = c->pid,
				    .ns = c->ipc };
}

const struct ix_gaps *ix_containers_gaps(const struct ix_containers *c)
{
	return &c->gaps;
}

/* ---- adding */

static const char *containers_copy(const char *text, int *r)
{
	char *made = text && *text ? strdup(text) : NULL;

	if (text && *text && !made)
		*r = -ENOMEM;
	return made;
}

static enum ix_rank rank_of(const struct ix_search *s, const struct ix_giver *g)
{
	if (g->hidden)
		return IX_RANK_HIDDEN;
	if (g->inner)
		return IX_RANK_INNER;
	if (g->uid == 0)
		return IX_RANK_ROOT;
	return g->uid == s->caller ? IX_RANK_CALLER : IX_RANK_USER;
}

/* Whether a watcher is gVisor's shim. This is decided by argv[0], since the comm of every
 * shim is truncated by the kernel to the same text. */
static bool by_sandbox(const struct ix_search *s, const struct ix_giver *g)
{
	struct ix_words w;
	struct ix_proc p;
	bool found;

	if (!g->pid || !ix_search_proc(s, g->pid, &p) || !ix_search_shim(&p) ||
	    ix_words_of(g, &w) < 0)
		return false;
	found = w.n && strstr(w.all[0], "containerd-shim-runsc") != NULL;
	ix_words_free(&w);
	return found;
}

static int append(const struct ix_search *s, struct ix_containers *c,
		  const struct ix_container *found, const struct ix_giver *g,
		  const struct ix_claimed *claimed)
{
	struct ix_log_entry *e;
	int r = 0;

	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 32;
		struct ix_log_entry *more = reallocarray(c->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->all = more;
		c->cap = cap;
	}
	e = &c->all[c->n];
	*e = (struct ix_log_entry){
		.c = {
			.runtime = found->runtime,
			.id = containers_copy(found->id, &r),
			.name = containers_copy(found->name, &r),
			.pod = containers_copy(found->pod, &r),
			.pod_namespace = containers_copy(found->pod_namespace, &r),
			.pod_id = containers_copy(found->pod_id, &r),
			.space = containers_copy(found->space, &r),
			.unit = containers_copy(found->unit, &r),
			.kernel = found->kernel,
			.ipc_mode = containers_copy(found->ipc_mode, &r),
			.cgroup = containers_copy(found->cgroup, &r),
			.elsewhere = found->elsewhere || by_sandbox(s, g),
			.pid = claimed->proc.pid,
			.start = claimed->proc.start,
			.uid = g->uid,
			.rank = rank_of(s, g),
			/* Our own namespace is not that of objects elsewhere. */
			.ipc = found->elsewhere && ix_space_same(&claimed->ipc, &s->ipc)
				       ? 0
				       : claimed->ipc.ino,
		},
		.order = c->n,
		.pids = claimed->pids,
		.mnt = claimed->mnt,
		.giver = g->pid,
		.giver_pids = g->pids,
		.giver_mnt = g->mnt,
	};
	c->n++;
	return r;
}

int ix_container_add(const struct ix_search *s, struct ix_containers *c,
		     const struct ix_container *found, int64_t written,
		     const struct ix_giver *giver)
{
	struct ix_claimed claimed;
	int r = ix_claim_judge(s, found, written, giver, &claimed);

	if (r <= 0)
		return r;
	r = append(s, c, found, giver, &claimed);
	(void)close(claimed.dir);
	return r;
}

/* ---- keeping the best claim for each process, and sorting the claims by rank (root's
 * claims first) */

static int containers_compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int containers_by_pid(const void *a, const void *b)
{
	const struct ix_log_entry *p = a, *q = b;
	int r = containers_compare((uint64_t)p->c.pid, (uint64_t)q->c.pid);

	if (r == 0)
		r = containers_compare(p->c.rank, q->c.rank);
	return r ? r : containers_compare(p->order, q->order);
}

static int by_rank(const void *a, const void *b)
{
	const struct ix_log_entry *p = a, *q = b;
	int r = containers_compare(p->c.rank, q->c.rank);

	return r ? r : containers_compare(p->order, q->order);
}

static void containers_drop_doubles(struct ix_containers *c)
{
	size_t n = 0;

	if (c->n == 0)
		return;
	qsort(c->all, c->n, sizeof(*c->all), containers_by_pid);
	for (size_t i = 0; i < c->n; i++)
		if (n && c->all[n - 1].c.pid == c->all[i].c.pid) {
			/* Perhaps only the claim of a lower-level runtime says that the
			 * objects are elsewhere. */
			if (c->all[i].c.rank <= c->all[n - 1].c.rank)
				c->all[n - 1].c.elsewhere |= c->all[i].c.elsewhere;
			end_entry(&c->all[i]);
		} else {
			c->all[n++] = c->all[i];
		}
	c->n = n;
	qsort(c->all, c->n, sizeof(*c->all), by_rank);
}

/* ---- limits per giver */

/* Group the names that root did not give by their giver: a user, or somebody inside a
 * container. */
static int by_share(const void *a, const void *b)
{
	const struct ix_log_entry *p = a, *q = b;
	int r = containers_compare(p->c.rank, q->c.rank);

	if (r == 0)
		r = strcmp(p->c.outer ? p->c.outer : "", q->c.outer ? q->c.outer : "");
	if (r == 0)
		r = containers_compare(p->c.uid, q->c.uid);
	return r ? r : containers_compare(p->order, q->order);
}

static bool same_share(const struct ix_log_entry *p, const struct ix_log_entry *q)
{
	return p->c.rank == q->c.rank && p->c.uid == q->c.uid &&
	       !p->c.outer == !q->c.outer &&
	       (!p->c.outer || !strcmp(p->c.outer, q->c.outer));
}

static void say_cut(struct ix_containers *c, const struct ix_log_entry *e)
{
	c->gaps.names = true;
	if (e->c.outer)
		ix_gap(&c->gaps, -EOVERFLOW,
		       "more than %d containers are named inside '%.60s': the rest is shown without names",
		       SHARE_MAX, e->c.outer);
	else
		ix_gap(&c->gaps, -EOVERFLOW,
		       "user %u gives names to more than %d containers: the rest is shown without names",
		       e->c.uid, SHARE_MAX);
}

/* Returns whether entries have moved. */
static bool cut_shares(struct ix_containers *c)
{
	size_t n = 0, share = 0, left = 0;

	if (c->n <= SHARE_MAX)
		return false;
	qsort(c->all, c->n, sizeof(*c->all), by_share);
	for (size_t i = 0; i < c->n; i++) {
		struct ix_log_entry *e = &c->all[i];

		share = n && same_share(&c->all[n - 1], e) ? share + 1 : 1;
		if (share <= SHARE_MAX || e->c.rank <= IX_RANK_CALLER) {
			c->all[n++] = *e;
			continue;
		}
		if (left++ == 0)
			say_cut(c, e);
		end_entry(e);
	}
	c->n = n;
	qsort(c->all, c->n, sizeof(*c->all), by_rank);
	return true;
}

/* ---- making the list */

static int containers_list(const struct ix_search *s, struct ix_containers *c)
{
	bool moved;
	int r = 0;

	for (size_t i = 0; r == 0 && ix_runtime(i); i++)
		r = ix_runtime(i)->list(s, c);
	if (r < 0)
		return r;
	containers_drop_doubles(c);
	r = ix_modes_settle(s, c);
	if (r == 0)
		r = ix_cover_make(s, c);
	if (r == 0)
		r = ix_outers_find(s, c);
	if (r < 0)
		return r;
	moved = cut_shares(c);
	r = ix_containers_label(c);
	if (r < 0 || !moved)
		return r;
	ix_cover_free(&c->cover);
	return ix_cover_make(s, c);
}

static void say_astray(struct ix_containers *c, struct ipcx *x)
{
	auto_fd int dir = ix_home_open(x);

	c->gaps.names = true;
	ix_gap(&c->gaps, -EACCES,
	       "names of containers are missing: whose root directory was given could not be verified: %s",
	       ix_first_root_text(dir));
}

int ix_containers_new(struct ipcx *x, const int32_t *firsts, size_t n,
		      const struct ix_gaps *gaps, struct ix_containers **ret_c)
{
	struct ix_containers *c = calloc(1, sizeof(*c));
	struct ix_search s;
	int r = -ENOMEM;

	if (c) {
		c->gaps = *gaps;
		r = ix_search_begin(x, firsts, n, &c->gaps, &s);
	}
	if (r < 0) {
		free(c);
		return r;
	}
	if (s.astray)
		say_astray(c, x);
	r = containers_list(&s, c);
	ix_search_end(&s);
	if (r < 0) {
		ix_containers_free(c);
		return r;
	}
	*ret_c = c;
	return 0;
}
