/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Say why a call failed, from a line of a log: the reasons that
 * apply, and what to do. */
#include <ipcx.h>
#include <stdio.h>

static const char *why_text(const struct ipcx_table *t, size_t row,
			    enum ipcx_field f, struct ipcx_value *v)
{
	if (ipcx_row_get(t, row, f, v) < 0 ||
	    v->type != IPCX_TYPE_STRING)
		return "";
	return ipcx_value_string(v);
}

static size_t why_print(const struct ipcx_table *t)
{
	struct ipcx_value applies, text;
	size_t n = 0;

	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		if (ipcx_row_get(t, i, IPCX_F_APPLIES, &applies) <
			    0 ||
		    applies.type == IPCX_TYPE_NONE || !applies.as.u)
			continue; /* not so, or unknown */
		printf("%s", why_text(t, i, IPCX_F_CAUSE, &text));
		printf(": %s\n",
		       why_text(t, i, IPCX_F_EVIDENCE, &text));
		printf("%s\n", why_text(t, i, IPCX_F_FIX, &text));
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct ipcx_failed_call failed = { .size = sizeof(failed) };
	struct ipcx_table *t = NULL;
	struct ipcx *x;
	size_t n = 0;
	int r;

	if (argc < 2) {
		fputs("usage: why LINE [ARGUMENT=VALUE...]\n",
		      stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 2;
	failed.line = argv[1];
	failed.args = (const char *const *)argv + 2;
	failed.nargs = (size_t)argc - 2;
	r = ipcx_why(x, &failed, &t);
	if (r < 0)
		fprintf(stderr, "why: %s\n", ipcx_error(x));
	else
		n = why_print(t);
	ipcx_table_free(t);
	ipcx_free(x);
	return r < 0 ? 2 : n == 0;
}
