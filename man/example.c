/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The example of libipcx(3): segments that nobody has attached. */
#include <inttypes.h>
#include <stdio.h>

#include <ipcx.h>

static void print_row(const struct ipcx_table *t, size_t row)
{
	struct ipcx_value ref, size, dtime;

	if (ipcx_row_get(t, row, IPCX_F_REF, &ref) < 0 ||
	    ipcx_row_get(t, row, IPCX_F_SIZE, &size) < 0 ||
	    ipcx_row_get(t, row, IPCX_F_DTIME, &dtime) < 0)
		return;
	printf("%s %" PRIu64 " %s\n", ipcx_value_string(&ref), size.as.u,
	       dtime.type == IPCX_TYPE_NONE ? "never attached" : "left");
}

static void print_table(const struct ipcx_table *t)
{
	const struct ipcx_note *note;

	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		print_row(t, i);
	for (size_t i = 0; (note = ipcx_table_note(t, i)) != NULL; i++)
		fprintf(stderr, "%s: %s\n", note->subject, note->text);
}

int main(void)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_expr *idle = NULL;
	struct ipcx_table *t = NULL;
	struct ipcx *x;
	int r = ipcx_new(&x);

	if (r < 0)
		return 1;
	r = ipcx_mech_mask("shm", &q.mechs);
	if (r == 0)
		r = ipcx_expr_parse(x, "nattch == 0", &idle, NULL);
	q.where = idle;
	if (r == 0)
		r = ipcx_scan(x, &q, &t);
	if (r == 0)
		print_table(t);
	else
		fprintf(stderr, "%s\n", ipcx_error(x));
	ipcx_table_free(t);
	ipcx_expr_free(idle);
	ipcx_free(x);
	return r < 0;
}
