/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with the objects of a machine: which kinds of findings there are, and the
 * order in which they are told. */
#include "doctor/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "ns/label.h"
#include "ns/ns.h"

struct doctor_row {
	struct ix_row head;
	uint64_t count, bytes;
	ix_text ref, finding, what, evidence, fix;
	uint8_t grade;
};

/* clang-format off */
static const struct ix_kind doctor_kind = {
	.name = "findings",
	.row_size = sizeof(struct doctor_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_FINDING,     struct doctor_row, finding),
		IX_CONSTANT(IPCX_F_MECH,   ix_derive_mech),
		IX_COL(IPCX_F_REF,         struct doctor_row, ref),
		IX_PLACE_COLUMNS,
		IX_CONSTANT(IPCX_F_DIRECTORY, ix_derive_directory),
		IX_COL(IPCX_F_GRADE,       struct doctor_row, grade),
		IX_COL_ZERO(IPCX_F_COUNT,  struct doctor_row, count),
		IX_COL_ZERO(IPCX_F_BYTES,  struct doctor_row, bytes),
		IX_COL(IPCX_F_WHAT,        struct doctor_row, what),
		IX_COL(IPCX_F_EVIDENCE,    struct doctor_row, evidence),
		IX_COL(IPCX_F_FIX,         struct doctor_row, fix)
	),
};
/* clang-format on */

_Static_assert(sizeof(struct doctor_row) % 8 == 0, "rows are compared by words");

/* ---- findings */

static int doctor_order(const void *a, const void *b)
{
	const struct ix_doctor_row *l = a, *r = b;

	if (l->grade != r->grade)
		return l->grade > r->grade ? -1 : 1;
	return l->n < r->n ? -1 : l->n > r->n;
}

/* ---- rows */

static ix_text doctor_pooled(struct ix_doctor *d, size_t at)
{
	return at ? ix_table_text(d->t, d->pool.data + at - 1) : 0;
}

/* Begin the section of a finding: that of the place and mechanism of what it is about. */
static int doctor_section(struct ix_doctor *d, const struct ix_doctor_row *f,
			  const struct ix_where **last)
{
	const struct ix_section *s = NULL;
	const struct ix_where *place = NULL;
	int r = 0;

	if (f->about)
		(void)ix_table_at(f->about, f->row, &s);
	if (s && s->place)
		place = &f->about->places[s->place - 1];
	if (place && place != *last && !d->x->ns)
		r = ix_table_place(d->t, place->ns, d->x->self.boxes,
				   d->x->self.gaps && d->x->self.gaps->names);
	else if (place && place != *last)
		r = ix_table_same_place(d->t, f->about, place);
	else if (!place && *last)
		r = ix_table_place(d->t, 0, NULL, false);
	*last = place;
	return r < 0 ? r
		     : ix_table_section(d->t, &doctor_kind, s ? s->mech : IPCX_NO_MECH);
}

static int doctor_put(struct ix_doctor *d, const struct ix_doctor_row *f,
		      const struct ix_where **last)
{
	struct doctor_row *row;
	struct ipcx_value v;
	int r = doctor_section(d, f, last);

	row = r < 0 ? NULL : ix_table_row(d->t);
	if (!row)
		return -ENOMEM;
	row->grade = (uint8_t)f->grade;
	row->count = f->count;
	row->bytes = f->bytes;
	row->ref = doctor_pooled(d, f->ref);
	if (!f->ref && f->about)
		row->ref = ix_table_text(d->t, ix_doctor_word(f->about, f->row,
							      IPCX_F_REF, &v));
	row->finding = doctor_pooled(d, f->finding);
	row->what = doctor_pooled(d, f->what);
	row->evidence = doctor_pooled(d, f->evidence);
	row->fix = doctor_pooled(d, f->fix);
	ix_table_keep(d->t);
	return d->t->starved ? -ENOMEM : 0;
}

static int doctor_rows(struct ix_doctor *d)
{
	const struct ix_where *last = NULL;
	int r = ix_table_section(d->t, &doctor_kind, IPCX_NO_MECH);

	/* Containers in our own namespace are searched for only now. */
	if (r == 0 && d->nfound && !d->x->ns)
		r = ix_label_target(d->x, NULL, d->t);
	if (d->nfound)
		qsort(d->found, d->nfound, sizeof(*d->found), doctor_order);
	for (size_t i = 0; i < d->nfound && r == 0; i++)
		r = doctor_put(d, &d->found[i], &last);
	return r;
}

/* ---- the examination */

/* A table of these functions would have to be relocated at every start. */
static int doctor_examine(struct ix_doctor *d)
{
	int r;

	if (d->what_if)
		return ix_doctor_settings(d);
	r = ix_doctor_leaked(d);
	r = r < 0 ? r : ix_doctor_segments(d);
	r = r < 0 ? r : ix_doctor_queues(d);
	r = r < 0 ? r : ix_doctor_arrays(d);
	r = r < 0 ? r : ix_doctor_files(d);
	r = r < 0 ? r : ix_doctor_nameless(d);
	r = r < 0 ? r : ix_doctor_near(d);
	r = r < 0 ? r : ix_doctor_shm(d);
	r = r < 0 ? r : ix_doctor_settings(d);
	return r < 0 ? r : ix_doctor_keys(d);
}

static int doctor_answer(struct ix_doctor *d, const struct ipcx_doctor_opts *opts)
{
	int r;

	d->what_if = opts->what_if;
	d->idle_s = opts->idle_ns ? opts->idle_ns / 1000000000 : 86400;
	d->all = d->x->ns && d->x->ns->all;
	d->home = ix_ns_own(d->x, "ipc");
	d->unseen.size = sizeof(d->unseen);
	r = doctor_examine(d);
	if (r == 0)
		r = doctor_rows(d);
	return r == -ENOMEM ? ix_fail_plain(d->x, r, "out of memory") : r;
}

static void doctor_end(struct ix_doctor *d)
{
	ipcx_table_free(d->objects);
	ipcx_table_free(d->users);
	ipcx_table_free(d->waits);
	ipcx_table_free(d->limits);
	ipcx_table_free(d->spaces);
	ix_uses_free(&d->files);
	ix_doctor_again_free(d);
	free(d->uses);
	free(d->found);
	ix_buf_free(&d->pool);
}

int ipcx_doctor(struct ipcx *x, const struct ipcx_doctor_opts *opts,
		struct ipcx_unseen *ret_unseen, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ipcx_doctor_opts how = { .size = sizeof(how) };
	struct ix_doctor d = { .x = x };
	int r = 0;

	if (opts)
		r = IX_COPY_IN(x, ipcx_doctor_opts, IPCX_DOCTOR_OPTS_SIZE_0_1, opts,
			       &how);
	if (r == 0 && ret_unseen)
		r = IX_COPY_CHECK(x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, ret_unseen);
	if (r < 0)
		return r;
	r = ix_table_new(&d.t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = doctor_answer(&d, &how);
	if (r == 0 && ret_unseen)
		(void)IX_COPY_OUT(x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, &d.unseen,
				  ret_unseen);
	doctor_end(&d);
	return ix_table_hand(x, d.t, r, ret_table);
}
