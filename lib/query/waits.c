/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ipcx_waits(): threads that wait, the objects they wait for, who could end it. */
#include <errno.h>

#include "core/copyin.h"
#include "query/waitrow.h"

static int waits_check(struct ipcx *x, const struct ipcx_query *q,
		       const struct ipcx_unseen *unseen)
{
	if (q->same || q->max_rows || q->resume || (q->flags & ~IPCX_NUMERIC))
		return ix_fail_plain(
			x, -EINVAL,
			"the query has members that do not apply to threads that wait");
	return unseen ? IX_COPY_CHECK(x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, unseen) : 0;
}

int ipcx_waits(struct ipcx *x, const struct ipcx_query *q,
	       const struct ipcx_wait_opts *opts, struct ipcx_unseen *ret_unseen,
	       struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, q, ret_table);
	struct ipcx_query own;
	struct ipcx_wait_opts how = { .size = sizeof(how) };
	struct ipcx_table *t;
	int r = ix_query_in(x, q, false, &own);

	if (r == 0 && opts)
		r = IX_COPY_IN(x, ipcx_wait_opts, IPCX_WAIT_OPTS_SIZE_0_1, opts, &how);
	if (r == 0)
		r = waits_check(x, &own, ret_unseen);
	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, t, r, ret_table);
}
