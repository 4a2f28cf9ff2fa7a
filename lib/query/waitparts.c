/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The semaphores for which threads wait: their values tell which operation blocks. They
 * are read in the IPC namespace of their array. */
#include <errno.h>
#include <stdlib.h>

#include "ns/run.h"
#include "query/users.h"
#include "query/usersjoin.h"
#include "query/waitsjoin.h"

struct part_known {
	struct ix_part part;
	int64_t value;
	int32_t pid;
};

static int part_order(const void *a, const void *b)
{
	const struct ix_part *l = a, *r = b;

	if (l->ns != r->ns)
		return l->ns < r->ns ? -1 : 1;
	if (l->id != r->id)
		return l->id < r->id ? -1 : 1;
	return l->num < r->num ? -1 : l->num > r->num;
}

/* The arguments of part_there(). */
struct parts {
	const struct ix_mech *mech;
	const struct ix_part *all;
	size_t n;
	uint64_t home;
};

static uint64_t part_ns(const struct ipcx_table *t, size_t place, uint64_t home)
{
	return place && t->places[place - 1].ns ? t->places[place - 1].ns : home;
}

static int part_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct parts *p = arg;
	uint64_t ns = part_ns(t, t->nplaces, p->home);
	size_t first = 0, n = 0;

	while (first < p->n && p->all[first].ns != ns)
		first++;
	while (first + n < p->n && p->all[first + n].ns == ns)
		n++;
	return n ? p->mech->parts(x, t, p->all + first, n) : 0;
}

static int part_list(const struct waits_join *j, unsigned mech,
		     struct ix_part **ret_parts, size_t *ret_n)
{
	struct ix_part *parts;
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < j->n; i++)
		if (j->all[i].mech == mech)
			n += j->all[i].wait->nops;
	parts = calloc(n + 1, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < j->n; i++) {
		const struct ix_wait *w = j->all[i].wait;

		for (uint32_t k = 0; j->all[i].mech == mech && k < w->nops; k++)
			parts[n++] = (struct ix_part){
				.ns = j->all[i].ns,
				.id = (int32_t)w->b.object,
				.num = j->waits.semops[w->ops + k].num
			};
	}
	if (n)
		qsort(parts, n, sizeof(*parts), part_order);
	for (size_t i = 0; i < n; i++)
		if (!kept || part_order(&parts[kept - 1], &parts[i]) != 0)
			parts[kept++] = parts[i];
	*ret_parts = parts;
	*ret_n = kept;
	return 0;
}

/* Take what the table says of parts. */
static int part_table(const struct waits_join *j, const struct ipcx_table *t,
		      struct part_known **ret_known, size_t *ret_n)
{
	struct part_known *known = calloc(t->rows + 1, sizeof(*known));
	size_t n = 0;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		for (size_t row = s->first; row < s->first + s->count; row++)
			known[n++] = (struct part_known){
				.part = { .ns = part_ns(t, s->place, j->home),
					  .id = (int32_t)ix_users_number(t, row,
									 IPCX_F_ID),
					  .num = (uint32_t)ix_users_number(
						  t, row, IPCX_F_SEMNUM) },
				.value = (int64_t)ix_users_number(t, row, IPCX_F_VALUE),
				.pid = (int32_t)ix_users_number(t, row, IPCX_F_SEMPID),
			};
	}
	if (n)
		qsort(known, n, sizeof(*known), part_order);
	*ret_known = known;
	*ret_n = n;
	return 0;
}

/*
 * Find the operation that blocks, as the kernel does (perform_atomic_semop() in
 * ipc/sem.c): the first that cannot be done after those before it. If the values are
 * unknown, or have changed so that none blocks, it is the first that could block.
 */
static void part_op(const struct waits_join *j, struct wait_found *f,
		    const struct part_known *known, size_t n)
{
	const struct ix_wait *w = f->wait;
	const struct ix_semop *ops = j->waits.semops + w->ops;
	const struct part_known *at = NULL;
	bool sure = true;

	for (uint32_t i = 0; i < w->nops; i++) {
		const struct ix_part part = { f->ns, (int32_t)w->b.object, ops[i].num };
		int64_t value;

		if (ops[i].op <= 0 && !f->op)
			f->op = &ops[i];
		at = n ? bsearch(&part, known, n, sizeof(*known), part_order) : NULL;
		sure &= at != NULL;
		if (!sure)
			break;
		value = at->value;
		for (uint32_t k = 0; k < i; k++)
			value += ops[k].num == ops[i].num ? ops[k].op : 0;
		if (ops[i].op ? value + ops[i].op < 0 : value != 0) {
			f->op = &ops[i];
			break;
		}
	}
	if (!f->op || !n)
		return;
	at = bsearch(&(const struct ix_part){ f->ns, (int32_t)w->b.object, f->op->num },
		     known, n, sizeof(*known), part_order);
	if (!at)
		return;
	f->value = at->value;
	f->last = at->pid;
}

static void part_notes(const struct waits_join *j, const struct ipcx_table *t)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		if (n->kind == IPCX_NOTE_INCOMPLETE)
			ix_table_hand_on(j->out.t, n);
}

int ix_waits_parts(struct waits_join *j, unsigned mech)
{
	struct parts p = { .mech = ix_mech(mech), .home = j->home };
	auto_free struct ix_part *parts = NULL;
	auto_free struct part_known *known = NULL;
	struct ipcx_table *t = NULL;
	size_t n = 0;
	int r = part_list(j, mech, &parts, &p.n);

	p.all = parts;
	if (r == 0 && p.n)
		r = ix_table_new(&t);
	if (r == 0 && t) {
		r = ix_ns_run(j->out.x, &(struct ix_ns_call){ .run = part_there,
							      .arg = &p,
							      .t = t,
							      .looks = true });
		if (r < 0 && r != -ENOMEM)
			ix_table_once(j->out.t, 0, j->out.x->error);
		part_notes(j, t);
		r = r == -ENOMEM ? r : part_table(j, t, &known, &n);
	}
	for (size_t i = 0; r == 0 && i < j->n; i++)
		if (j->all[i].mech == mech && j->all[i].wait->nops)
			part_op(j, &j->all[i], known, n);
	ipcx_table_free(t);
	return r;
}
