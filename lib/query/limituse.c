/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much of limits is used according to totals that the caller has already, so that the
 * kernel need not count the objects once more while it holds a lock. */
#include "query/limituse.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"

/* The totals that are uses of limits (struct ix_limit, .total), and the sums of groups
 * that have the same value. */
static const struct {
	enum ipcx_field total, sum;
} same[IX_GIVEN_TOTALS] = {
	{ IPCX_F_OBJECTS, IPCX_F_COUNT },
	{ IPCX_F_ALLOCATED, IPCX_F_ALLOCATED },
	{ IPCX_F_NSEMS, IPCX_F_SEMAPHORE_COUNT },
};

static int given_order(const struct ix_given_row *a, const struct ix_given_row *b)
{
	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return (a->mech > b->mech) - (a->mech < b->mech);
}

static int given_compare(const void *a, const void *b)
{
	return given_order(a, b);
}

/* Read a sum; returns whether it is known. */
static bool given_number(const struct ipcx_table *t, size_t row, enum ipcx_field f,
			 uint64_t *ret_n)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return false;
	*ret_n = v.as.u;
	return v.as.u != UINT64_MAX; /* a sum that was cut off there */
}

static bool given_row(const struct ipcx_table *t, size_t row, struct ix_given_row *g)
{
	struct ipcx_value v;

	*g = (struct ix_given_row){ .ns = 0 };
	if (ipcx_row_get(t, row, IPCX_F_MECH, &v) < 0 || v.type == IPCX_TYPE_NONE ||
	    ipcx_mech_by_name(ipcx_value_string(&v), (size_t)-1, &g->mech) < 0)
		return false;
	(void)given_number(t, row, IPCX_F_NS, &g->ns);
	for (unsigned k = 0; k < IX_GIVEN_TOTALS; k++)
		if (given_number(t, row, same[k].total, &g->totals[k]) ||
		    given_number(t, row, same[k].sum, &g->totals[k]))
			g->known |= (uint8_t)(1U << k);
	return true;
}

/* Add up the rows of the same mechanism and namespace: a part that is unknown makes the
 * sum unknown. */
static void given_merge(struct ix_given *g)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->n; i++) {
		struct ix_given_row *row = &g->rows[i], *last;

		if (!kept || given_order(&g->rows[kept - 1], row)) {
			g->rows[kept++] = *row;
			continue;
		}
		last = &g->rows[kept - 1];
		last->known &= row->known;
		for (unsigned k = 0; k < IX_GIVEN_TOTALS; k++)
			if (__builtin_add_overflow(last->totals[k], row->totals[k],
						   &last->totals[k]))
				last->known &= (uint8_t) ~(1U << k);
	}
	g->n = kept;
}

int ix_given_read(const struct ipcx_table *totals, struct ix_given *ret)
{
	size_t n = ipcx_table_rows(totals);
	struct ix_given g = { .rows = calloc(n + 1, sizeof(*g.rows)) };

	if (!g.rows)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		g.n += given_row(totals, i, &g.rows[g.n]);
		g.by_ns |= g.n && g.rows[g.n - 1].ns;
	}
	qsort(g.rows, g.n, sizeof(*g.rows), given_compare);
	given_merge(&g);
	*ret = g;
	return 0;
}

int ix_given_find(const struct ix_given *g, uint64_t ns, const char *mech,
		  enum ipcx_field total, uint64_t *ret_n)
{
	struct ix_given_row key = { .ns = g->by_ns ? ns : 0 };
	const struct ix_given_row *row;

	if (ipcx_mech_by_name(mech, (size_t)-1, &key.mech) < 0)
		return -ENODATA;
	row = bsearch(&key, g->rows, g->n, sizeof(*g->rows), given_compare);
	for (unsigned k = 0; row && k < IX_GIVEN_TOTALS; k++) {
		if (same[k].total != total || !(row->known & 1U << k))
			continue;
		*ret_n = row->totals[k];
		return 0;
	}
	return -ENODATA;
}

void ix_given_free(struct ix_given *g)
{
	free(g->rows);
}
