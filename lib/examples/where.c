/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print where shared memory is: bytes in memory, place and kind. */
#include <inttypes.h>
#include <stdio.h>

#include <ipcx.h>

static void where_rows(const struct ipcx_table *t)
{
	struct ipcx_value place, kind, resident;

	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		if (ipcx_row_get(t, row, IPCX_F_PLACE, &place) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_KIND, &kind) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_RESIDENT,
				 &resident) < 0 ||
		    resident.type == IPCX_TYPE_NONE)
			continue;
		printf("%" PRIu64 " %s: %s\n", resident.as.u,
		       ipcx_value_string(&place),
		       ipcx_value_string(&kind));
	}
}

int main(void)
{
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_table *t = NULL;
	struct ipcx *x;
	int r;

	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_memory(x, &unseen, &t);
	if (r == 0)
		where_rows(t);
	else
		fprintf(stderr, "where: %s\n", ipcx_error(x));
	if (r == 0 && (unseen.processes || unseen.others))
		fputs("not everything could be seen\n", stderr);
	ipcx_table_free(t);
	ipcx_free(x);
	return r < 0;
}
