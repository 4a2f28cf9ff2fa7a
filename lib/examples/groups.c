/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sum up the segments of each owner, in slices: the memory that this
 * needs does not depend on the number of segments. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <ipcx.h>

static int groups_read(struct ipcx *x, struct ipcx_groups *g)
{
	struct ipcx_query q = { .size = sizeof(q), .max_rows = 512 };
	int r = ipcx_mech_mask("shm", &q.mechs);

	q.fields = ipcx_fieldset_of(
		(const enum ipcx_field[]){ IPCX_F_OWNER }, 1);
	while (r == 0) {
		struct ipcx_table *t;

		r = ipcx_scan(x, &q, &t);
		if (r < 0)
			break;
		for (size_t i = 0; r == 0 && i < ipcx_table_rows(t);
		     i++)
			r = ipcx_groups_add(g, t, i);
		q.resume = ipcx_table_resume(t);
		ipcx_table_free(t);
		if (!q.resume)
			break;
	}
	return r;
}

static uint64_t groups_number(const struct ipcx_table *t, size_t row,
			      enum ipcx_field f)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 ? v.as.u : 0;
}

int main(void)
{
	const enum ipcx_field by = IPCX_F_OWNER;
	struct ipcx_groups *g = NULL;
	struct ipcx_table *t = NULL;
	struct ipcx_value owner;
	struct ipcx *x;
	int r = ipcx_new(&x);

	if (r < 0) {
		fprintf(stderr, "groups: %s\n", strerror(-r));
		return 1;
	}
	r = ipcx_groups_new(x, &by, 1, &g);
	if (r == 0)
		r = groups_read(x, g);
	if (r == 0)
		r = ipcx_groups_table(g, &t);
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		if (ipcx_row_get(t, i, by, &owner) == 0)
			printf("%s: %" PRIu64 " segments, %" PRIu64
			       " bytes\n",
			       owner.type == IPCX_TYPE_NONE
				       ? "?"
				       : ipcx_value_string(&owner),
			       groups_number(t, i, IPCX_F_COUNT),
			       groups_number(t, i, IPCX_F_BYTES));
	if (r < 0)
		fprintf(stderr, "groups: %s\n", ipcx_error(x));
	ipcx_table_free(t);
	ipcx_groups_free(g);
	ipcx_free(x);
	return r < 0;
}
