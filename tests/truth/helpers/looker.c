/* SPDX-License-Identifier: GPL-2.0-or-later */
/* looker N: find the threads that wait for objects of all mechanisms, N times; prints how
 * many rows there were. */
#include <ipcx.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct ipcx_query q = { .size = sizeof(q) };
	unsigned long rows = 0;
	struct ipcx *x;

	if (argc != 2 || ipcx_new(&x) < 0)
		return 2;
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		q.mechs |= IPCX_MECH_BIT(m);
	for (long n = strtol(argv[1], NULL, 10); n > 0; n--) {
		struct ipcx_unseen unseen = { .size = sizeof(unseen) };
		struct ipcx_table *t;

		if (ipcx_waits(x, &q, NULL, &unseen, &t) < 0) {
			fprintf(stderr, "looker: %s\n", ipcx_error(x));
			return 1;
		}
		rows += ipcx_table_rows(t);
		ipcx_table_free(t);
	}
	printf("%lu\n", rows);
	ipcx_free(x);
	return 0;
}
