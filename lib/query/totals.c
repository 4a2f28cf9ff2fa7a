/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's counters over all objects of a mechanism: a row for each mechanism that
 * has them, in the namespace where calls act. */
#include <errno.h>

#include "core/copyin.h"
#include "core/mech.h"
#include "limits/limits.h"
#include "ns/run.h"
#include "query/query.h"

static int totals_total_of(struct ipcx *x, struct ipcx_table *t, unsigned mech)
{
	const struct ix_totals *totals = ix_mech(mech)->totals;
	void *row;
	int r;

	if (ix_table_section(t, totals->kind, mech) < 0 || !(row = ix_table_row(t)))
		return ix_fail(x, -ENOMEM, "totals");
	r = totals->ask(x, t, row);
	if (r < 0)
		ix_unread_note(x, t, mech, r, ix_limit_why(r));
	else
		ix_table_keep(t);
	return 0;
}

static int totals_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	int r = 0;

	(void)arg;
	for (unsigned m = 0; r == 0 && ix_mech(m); m++)
		if (ix_mech(m)->totals)
			r = totals_total_of(x, t, m);
	return r;
}

int ipcx_totals(struct ipcx *x, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ix_ns_call e = { .run = totals_there, .looks = true };
	struct ipcx_table *t;
	int r = ix_table_new(&t);

	if (r < 0)
		return ix_fail(x, r, "totals");
	e.t = t;
	r = ix_ns_run(x, &e);
	return ix_table_hand(x, t, r, ret_table);
}
