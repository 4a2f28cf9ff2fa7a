/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels namespaces with their containers: a container belongs to the namespace that its
 * first process is in. */
#include "ns/label.h"
#include "core/box.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/util.h"

static int label_by_ino(const void *a, const void *b)
{
	const struct ix_target *p = a, *q = b;

	return (p->ino > q->ino) - (p->ino < q->ino);
}

int ix_containers_among(struct ipcx *x, const struct ix_nslist *l,
			struct ix_containers **ret_c)
{
	size_t n;
	int32_t *firsts = ix_nslist_firsts(x, l, &n);
	struct ix_gaps gaps = { .n = 0 };
	int r;

	ix_nslist_gaps(l, &gaps);
	r = firsts ? ix_containers_new(x, firsts, n, &gaps, ret_c) : -ENOMEM;
	free(firsts);
	return r;
}

int ix_containers_all(struct ipcx *x, struct ix_containers **ret_c)
{
	struct ix_nslist l;
	int r = ix_discover(x, 0, &l);

	if (r < 0)
		return r;
	r = ix_containers_among(x, &l, ret_c);
	ix_nslist_free(&l);
	return r < 0 ? ix_fail(x, r, "containers") : 0;
}

/* A container, and the number of the target that its first process is in. */
struct member {
	size_t place, order;
	const struct ix_container *c;
};

static int label_by_place(const void *a, const void *b)
{
	const struct member *p = a, *q = b;

	if (p->place != q->place)
		return p->place > q->place ? 1 : -1;
	return (p->order > q->order) - (p->order < q->order);
}

/* Give a target its containers. */
static int put_boxes(struct ix_target *p, const struct member *members, size_t n)
{
	auto_free struct ix_box *boxes = calloc(n, sizeof(*boxes));
	auto_free char *labels = malloc(n * IX_LABEL_MAX);

	if (!boxes || !labels)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		char *label = labels + i * IX_LABEL_MAX;

		ix_container_box(members[i].c, label, &boxes[i]);
		p->elsewhere |= members[i].c->elsewhere;
	}
	p->boxes = ix_boxes_new(boxes, n);
	return p->boxes ? 0 : -ENOMEM;
}

/* The containers of a target keep their order: those that root named come first. */
static int add_boxes(const struct ix_containers *all, struct ix_target *places, size_t n)
{
	auto_free struct member *members =
		calloc(ix_containers_count(all) + 1, sizeof(*members));
	const struct ix_container *c;
	size_t found = 0, run;
	int r = 0;

	if (!members)
		return -ENOMEM;
	qsort(places, n, sizeof(*places), label_by_ino);
	for (size_t i = 0; (c = ix_containers_at(all, i)) != NULL; i++) {
		struct ix_target key = IX_NO_TARGET, *p;

		key.ino = c->ipc;
		p = key.ino ? bsearch(&key, places, n, sizeof(*places), label_by_ino)
			    : NULL;
		if (p)
			members[found++] = (struct member){ (size_t)(p - places), i, c };
	}
	qsort(members, found, sizeof(*members), label_by_place);
	for (size_t i = 0; r == 0 && i < found; i += run) {
		for (run = 1;
		     i + run < found && members[i + run].place == members[i].place;)
			run++;
		r = put_boxes(&places[members[i].place], &members[i], run);
	}
	return r;
}

/* Report the containers whose objects are in a kernel of their own: the first one by
 * name, and how many others there are. */
static void label_note_elsewhere(const struct ix_containers *all, struct ix_gaps *g)
{
	const struct ix_container *c, *first = NULL;
	size_t more = 0;

	for (size_t i = 0; (c = ix_containers_at(all, i)) != NULL; i++) {
		if (!c->elsewhere)
			continue;
		more += first != NULL;
		first = first ? first : c;
	}
	if (first)
		ix_container_elsewhere(first, g);
	if (more)
		ix_gap(g, -EOPNOTSUPP,
		       "the objects of %zu more containers are not in this kernel (gVisor)",
		       more);
}

int ix_label_targets(struct ipcx *x, const struct ix_nslist *l, struct ipcx_ns *ns)
{
	struct ix_containers *all = NULL;
	int r = ix_containers_among(x, l, &all);

	if (r < 0)
		return r;
	r = add_boxes(all, ns->places, ns->n);
	ns->gaps = *ix_containers_gaps(all);
	label_note_elsewhere(all, &ns->gaps);
	ix_containers_free(all);
	return r;
}

static int label_one(struct ipcx *x, uint64_t ino, struct ix_target *ret_p,
		     struct ix_gaps *ret_gaps)
{
	struct ix_target p = IX_NO_TARGET;
	struct ix_containers *all = NULL;
	int r = ix_containers_all(x, &all);

	if (r < 0)
		return r;
	p.ino = ino;
	r = add_boxes(all, &p, 1);
	*ret_gaps = *ix_containers_gaps(all);
	ix_containers_free(all);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	*ret_p = p;
	return 0;
}

static int label_home(struct ipcx *x, struct ipcx_table *t)
{
	struct ix_target p = IX_NO_TARGET;
	auto_free struct ix_gaps *gaps = NULL;
	int r;

	if (!x->self.gaps) {
		gaps = malloc(sizeof(*gaps));
		r = gaps ? label_one(x, ix_ns_own(x, "ipc"), &p, gaps)
			 : ix_fail_plain(x, -ENOMEM, "out of memory");
		if (r < 0)
			return r;
		x->self.gaps = gaps;
		x->self.boxes = p.boxes;
		gaps = NULL;
	}
	ix_gaps_note(x->self.gaps, t);
	return 0;
}

int ix_label_target(struct ipcx *x, struct ipcx_ns *ns, struct ipcx_table *t)
{
	struct ix_target p = IX_NO_TARGET;
	int r = 0;

	if (!ns)
		return label_home(x, t);
	if (ns->all || ns->places[0].directory || (ns->places[0].boxes && !ns->labelled))
		return 0;
	if (!ns->labelled)
		r = label_one(x, ns->places[0].ino, &p, &ns->unlabelled);
	if (r < 0)
		return r;
	if (!ns->labelled) {
		ns->labelled = true;
		ns->gaps.names |= ns->unlabelled.names;
		ns->places[0].boxes = p.boxes;
	}
	ix_gaps_note(&ns->unlabelled, t);
	return 0;
}

/* A cheap test: it reads only one link, and its result is false for nearly all
 * programs. */
static bool is_runsc(const struct ix_target *p)
{
	char path[4096];
	int len = p->dirfd < 0 ? p->dirfd
			       : ix_read_link(p->dirfd, "exe", path, sizeof(path));
	const char *name;

	if (len <= 0)
		return false;
	name = strrchr(path, '/');
	return name && !strncmp(name + 1, "runsc", 5);
}

void ix_target_elsewhere(struct ipcx *x, struct ix_target *p, struct ix_gaps *g)
{
	const struct ix_container *c;
	struct ix_containers *all = NULL;

	if (!is_runsc(p) || ix_containers_all(x, &all) < 0)
		return;
	(void)ix_container_of(x, all, p->pid, &c);
	p->elsewhere = c && c->elsewhere && ix_target_lives(p) == 1;
	if (p->elsewhere)
		ix_container_elsewhere(c, g);
	ix_containers_free(all);
}

bool ix_target_claimed(struct ipcx *x, const struct ix_target *p)
{
	const struct ix_container *c = NULL;
	struct ix_containers *all = NULL;
	bool claimed;

	if (p->claimed || !p->pid)
		return p->claimed;
	if (ix_containers_all(x, &all) < 0)
		return false;
	(void)ix_container_of(x, all, p->pid, &c);
	claimed = c && c->rank == IX_RANK_ROOT && ix_target_lives(p) == 1;
	ix_containers_free(all);
	return claimed;
}
