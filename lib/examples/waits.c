/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List the threads that wait for an object, and why: waits sem:0 */
#include <inttypes.h>
#include <stdio.h>

#include <ipcx.h>

static const char *text(const struct ipcx_value *v)
{
	return v->type == IPCX_TYPE_STRING ? ipcx_value_string(v)
					   : "-";
}

static void waits_rows(const struct ipcx_table *t)
{
	struct ipcx_value tid, call, wants, waker, why;

	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		if (ipcx_row_get(t, row, IPCX_F_TID, &tid) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_CALL, &call) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_WANTS, &wants) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_WAKER, &waker) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_VERDICT, &why) < 0)
			continue;
		printf("%" PRId64 " %s %s, %s, %s\n", tid.as.i,
		       text(&call), text(&wants), text(&waker),
		       text(&why));
	}
}

int main(int argc, char **argv)
{
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_table *t = NULL;
	struct ipcx_ref ref;
	struct ipcx *x;
	int r;

	if (argc != 2) {
		fputs("usage: waits REFERENCE\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_ref_parse(x, argv[1], IPCX_NO_MECH, &ref);
	q.refs = &ref;
	if (r == 0)
		r = ipcx_waits(x, &q, NULL, &unseen, &t);
	if (r == 0)
		waits_rows(t);
	else
		fprintf(stderr, "waits: %s\n", ipcx_error(x));
	if (r == 0 &&
	    (unseen.waiters || unseen.processes || unseen.others))
		fputs("not everything could be seen\n", stderr);
	ipcx_table_free(t);
	ipcx_free(x);
	return r < 0;
}
