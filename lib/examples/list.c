/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List objects that fulfil a condition: list shm 'nattch == 0' */
#include <inttypes.h>
#include <stdio.h>

#include <ipcx.h>

static void list_rows(const struct ipcx_table *t)
{
	const struct ipcx_note *note;
	struct ipcx_value ref, owner, age;

	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		if (ipcx_row_get(t, row, IPCX_F_REF, &ref) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_OWNER, &owner) < 0)
			continue;
		printf("%s %s", ipcx_value_string(&ref),
		       ipcx_value_string(&owner));
		if (ipcx_row_get(t, row, IPCX_F_AGE, &age) == 0 &&
		    age.type == IPCX_TYPE_UINT)
			printf(" %" PRIu64 " s", age.as.u);
		putchar('\n');
	}
	for (size_t i = 0; (note = ipcx_table_note(t, i)) != NULL;
	     i++)
		fprintf(stderr, "%s: %s\n", note->subject,
			note->text);
}

int main(int argc, char **argv)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_expr *where = NULL;
	struct ipcx_table *t = NULL;
	struct ipcx *x;
	int r;

	if (argc != 3 || ipcx_mech_mask(argv[1], &q.mechs) < 0) {
		fputs("usage: list MECHANISM|sysv|posix|all CONDITION\n",
		      stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_expr_parse(x, argv[2], &where, NULL);
	q.where = where;
	if (r == 0)
		r = ipcx_scan(x, &q, &t);
	if (r == 0)
		list_rows(t);
	else
		fprintf(stderr, "list: %s\n", ipcx_error(x));
	r = r < 0 || !ipcx_table_complete(t);
	ipcx_table_free(t);
	ipcx_expr_free(where);
	ipcx_free(x);
	return r;
}
