/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print what is wrong with the objects here, and which command puts
 * it right; objects count as forgotten after N seconds: doctor N */
#include <stdio.h>
#include <stdlib.h>

#include <ipcx.h>

static const char *text(const struct ipcx_table *t, size_t row,
			enum ipcx_field f, struct ipcx_value *v)
{
	if (ipcx_row_get(t, row, f, v) < 0 ||
	    v->type != IPCX_TYPE_STRING)
		return "-";
	return ipcx_value_string(v);
}

int main(int argc, char **argv)
{
	const struct ipcx_doctor_opts opts = {
		.size = sizeof(opts),
		.idle_ns = argc > 1 ? strtoull(argv[1], NULL, 10) *
					      1000000000
				    : 0
	};
	struct ipcx_unseen unseen = { .size = sizeof(unseen) };
	struct ipcx_value what, fix;
	struct ipcx_table *t;
	struct ipcx *x;

	if (ipcx_new(&x) < 0)
		return 1;
	if (ipcx_doctor(x, &opts, &unseen, &t) < 0) {
		fprintf(stderr, "%s\n", ipcx_error(x));
		ipcx_free(x);
		return 1;
	}
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		printf("%s\n  %s\n", text(t, i, IPCX_F_WHAT, &what),
		       text(t, i, IPCX_F_FIX, &fix));
	if (unseen.processes || unseen.others)
		printf("not all processes could be seen\n");
	ipcx_table_free(t);
	ipcx_free(x);
	return 0;
}
