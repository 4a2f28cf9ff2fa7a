/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A second look at what seems to be forgotten. On a busy machine objects come and go
 * while all processes are read: what had a user in the listing, and was removed before
 * the processes were read, has none any more, but was not forgotten. So this listing is
 * read after the processes, and only if there is something to report.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

struct ix_doctor_again {
	uint64_t ns, age, idle;
	unsigned mech;
	bool attached;
	char *ref;
};

static int again_order(const void *a, const void *b)
{
	const struct ix_doctor_again *l = a, *r = b;

	if (l->mech != r->mech)
		return l->mech < r->mech ? -1 : 1;
	if (l->ns != r->ns)
		return l->ns < r->ns ? -1 : 1;
	return strcmp(l->ref, r->ref);
}

static bool again_row(const struct ipcx_table *t, size_t row, struct ix_doctor_again *one)
{
	struct ipcx_value v;

	*one = (struct ix_doctor_again){
		.ns = ix_doctor_number(t, row, IPCX_F_NS, 0),
		.age = ix_doctor_number(t, row, IPCX_F_AGE, 0),
		.idle = ix_doctor_number(t, row, IPCX_F_IDLE, 0),
		.mech = ipcx_row_mech(t, row),
		.attached = ix_doctor_number(t, row, IPCX_F_NATTCH, 0) != 0,
		.ref = strdup(ix_doctor_word(t, row, IPCX_F_REF, &v)),
	};
	return one->ref;
}

static int again_read(struct ix_doctor *d)
{
	struct ipcx_table *t = NULL;
	const struct ipcx_table *users;
	int r = ix_doctor_users(d, &users);

	if (r == 0)
		r = ix_doctor_scan(d, &t);
	if (r < 0)
		return r;
	d->again = calloc(t->rows + 1, sizeof(*d->again));
	for (; d->again && d->nagain < t->rows; d->nagain++)
		if (!again_row(t, d->nagain, &d->again[d->nagain]))
			break;
	r = d->again && d->nagain == t->rows ? 0 : -ENOMEM;
	if (d->nagain)
		qsort(d->again, d->nagain, sizeof(*d->again), again_order);
	ipcx_table_free(t);
	return r;
}

int ix_doctor_still(struct ix_doctor *d, size_t row, bool *ret_still)
{
	struct ix_doctor_again before;
	const struct ix_doctor_again *now;
	int r = d->again ? 0 : again_read(d);

	if (r < 0)
		return r;
	if (!again_row(d->objects, row, &before))
		return -ENOMEM;
	now = bsearch(&before, d->again, d->nagain, sizeof(*d->again), again_order);
	/* What is younger than before is another object of the same name. */
	*ret_still = now && !now->attached && now->age >= before.age &&
		     now->idle >= before.idle;
	free(before.ref);
	return 0;
}

void ix_doctor_again_free(struct ix_doctor *d)
{
	for (size_t i = 0; i < d->nagain; i++)
		free(d->again[i].ref);
	free(d->again);
}
