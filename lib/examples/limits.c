/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Show a limit, or set it: limits shmmni [VALUE] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ipcx.h>

static int limits_failed(const struct ipcx *x)
{
	fprintf(stderr, "limits: %s\n", ipcx_error(x));
	return ipcx_failure(x) == IPCX_FAILURE_MISSING ? 2 : 1;
}

static int limits_show(struct ipcx *x, const char *name)
{
	const char *const names[] = { name, NULL };
	struct ipcx_value limit, used;
	struct ipcx_table *t;

	if (ipcx_limits(x, names, &t) < 0)
		return limits_failed(x);
	if (ipcx_row_get(t, 0, IPCX_F_LIMIT, &limit) == 0 &&
	    limit.type == IPCX_TYPE_UINT)
		printf("%" PRIu64, limit.as.u);
	if (ipcx_row_get(t, 0, IPCX_F_USED, &used) == 0 &&
	    used.type == IPCX_TYPE_UINT)
		printf(", %" PRIu64 " used", used.as.u);
	putchar('\n');
	ipcx_table_free(t);
	return 0;
}

int main(int argc, char **argv)
{
	struct ipcx *x;
	int status = 0;

	if (argc != 2 && argc != 3) {
		fputs("usage: limits NAME [VALUE]\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	if (argc == 3 &&
	    ipcx_limit_set(x, argv[1], strtoull(argv[2], NULL, 10)) <
		    0)
		status = limits_failed(x);
	if (status == 0)
		status = limits_show(x, argv[1]);
	ipcx_free(x);
	return status;
}
