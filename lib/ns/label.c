/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels namespaces with their containers: a container belongs to the namespace that its
 * first process is in. */
#include "ns/label.h"

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

/* The labels of one namespace while they are collected: a text of up to 8192 bytes (a
 * table cell can hold more in every format), and the number of labels that were left
 * out. */
#define LABELS_MAX 8192

struct labels {
	struct ix_buf text;
	size_t more;
};

static int add_label(struct labels *l, struct ix_target *p, const struct ix_container *c)
{
	char label[IX_LABEL_MAX];

	ix_container_label(c, label, sizeof(label));
	if (l->text.len == 0)
		p->giver = c->uid;
	p->elsewhere |= c->elsewhere;
	if (l->text.len + strlen(label) > LABELS_MAX) {
		l->more++;
		return 0;
	}
	return ix_buf_printf(&l->text, "%s%s", l->text.len ? "," : "", label);
}

static int add_labels(const struct ix_containers *all, struct ix_target *places, size_t n,
		      struct labels *labels)
{
	const struct ix_container *c;
	int r = 0;

	qsort(places, n, sizeof(*places), label_by_ino);
	for (size_t i = 0; r >= 0 && (c = ix_containers_at(all, i)) != NULL; i++) {
		struct ix_target key = IX_NO_TARGET, *found;

		key.ino = c->ipc;
		found = key.ino ? bsearch(&key, places, n, sizeof(*places), label_by_ino)
				: NULL;
		if (found)
			r = add_label(&labels[found - places], found, c);
	}
	for (size_t i = 0; i < n; i++) {
		if (labels[i].more && r >= 0)
			r = ix_buf_printf(&labels[i].text, ",+%zu", labels[i].more);
		places[i].label = TAKE(labels[i].text.data);
	}
	return MIN(r, 0);
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
	struct labels *labels;
	int r = ix_containers_among(x, l, &all);

	if (r < 0)
		return r;
	labels = calloc(ns->n + 1, sizeof(*labels));
	r = labels ? add_labels(all, ns->places, ns->n, labels) : -ENOMEM;
	ns->gaps = *ix_containers_gaps(all);
	label_note_elsewhere(all, &ns->gaps);
	free(labels);
	ix_containers_free(all);
	return r;
}

static int label_one(struct ipcx *x, uint64_t ino, struct ix_target *ret_p,
		     struct ix_gaps *ret_gaps)
{
	struct ix_target p = IX_NO_TARGET;
	struct labels labels = { .more = 0 };
	struct ix_containers *all = NULL;
	int r = ix_containers_all(x, &all);

	if (r < 0)
		return r;
	p.ino = ino;
	r = add_labels(all, &p, 1, &labels);
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
	int r = 0;

	if (!x->self.asked)
		r = label_one(x, ix_ns_own(x, "ipc"), &p, &x->self.gaps);
	if (r < 0)
		return r;
	if (!x->self.asked) {
		x->self.asked = true;
		x->self.label = p.label;
		x->self.giver = p.giver;
	}
	ix_gaps_note(&x->self.gaps, t);
	return 0;
}

int ix_label_target(struct ipcx *x, struct ipcx_ns *ns, struct ipcx_table *t)
{
	struct ix_target p = IX_NO_TARGET;
	int r = 0;

	if (!ns)
		return label_home(x, t);
	if (ns->all || (ns->places[0].label && !ns->labelled))
		return 0;
	if (!ns->labelled)
		r = label_one(x, ns->places[0].ino, &p, &ns->unlabelled);
	if (r < 0)
		return r;
	if (!ns->labelled) {
		ns->labelled = true;
		ns->gaps.names |= ns->unlabelled.names;
		ns->places[0].label = p.label;
		ns->places[0].giver = p.giver;
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
	c = ix_container_of(x, all, p->pid);
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
	c = ix_container_of(x, all, p->pid);
	claimed = c && c->rank == IX_RANK_ROOT && ix_target_lives(p) == 1;
	ix_containers_free(all);
	return claimed;
}
