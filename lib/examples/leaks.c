/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print, as CSV, the segments that no process has attached and whose
 * creator is dead. */
#include <stdio.h>
#include <string.h>

#include <ipcx.h>

static const enum ipcx_field columns[] = {
	IPCX_F_REF,  IPCX_F_OWNER, IPCX_F_MODE,
	IPCX_F_SIZE, IPCX_F_CPID,  IPCX_F_CTIME
};
#define N (sizeof(columns) / sizeof(columns[0]))

/* Quote strings: they may contain any bytes. */
static void leaks_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"')
			putchar('"');
		putchar(*s);
	}
	putchar('"');
}

static void leaks_csv(const struct ipcx_table *t)
{
	char text[IPCX_VALUE_MAX];
	struct ipcx_value v;

	for (size_t i = 0; i < N; i++)
		printf("%s%s", i ? "," : "",
		       ipcx_field_info(columns[i])->name);
	putchar('\n');
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		for (size_t i = 0; i < N; i++) {
			if (i)
				putchar(',');
			if (ipcx_row_get(t, row, columns[i], &v) < 0)
				continue;
			if (v.type == IPCX_TYPE_STRING)
				leaks_string(ipcx_value_string(&v));
			else if (ipcx_value_format(&v, text,
						   sizeof(text)) > 0)
				fputs(text, stdout);
		}
		putchar('\n');
	}
}

int main(void)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_expr *leaked = NULL;
	struct ipcx_table *t = NULL;
	struct ipcx *x;
	int r = ipcx_new(&x);

	if (r < 0) {
		fprintf(stderr, "leaks: %s\n", strerror(-r));
		return 1;
	}
	q.fields = ipcx_fieldset_of(columns, N);
	r = ipcx_mech_mask("shm", &q.mechs);
	if (r == 0)
		r = ipcx_expr_parse(x, "nattch == 0 && !cpid_alive",
				    &leaked, NULL);
	q.where = leaked;
	if (r == 0)
		r = ipcx_scan(x, &q, &t);
	if (r == 0)
		leaks_csv(t);
	else
		fprintf(stderr, "leaks: %s\n", ipcx_error(x));
	ipcx_table_free(t);
	ipcx_expr_free(leaked);
	ipcx_free(x);
	return r < 0;
}
