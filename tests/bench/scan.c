// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scan KIND: take snapshots through libipcx in an endless loop without a pause: the
 * most that a monitoring program can disturb others.
 */

#include <stdio.h>

#include <ipcx.h>

int main(int argc, char **argv)
{
	struct ipcx_query query = { .size = sizeof(query) };
	struct ipcx_table *table;
	struct ipcx *x;
	int r;

	if (argc != 2 || ipcx_new(&x))
		return 2;
	r = ipcx_mech_mask(argv[1], &query.mechs);
	while (!r) {
		r = ipcx_scan(x, &query, &table);
		if (r)
			break;
		if (!ipcx_table_rows(table))
			r = 1;
		ipcx_table_free(table);
	}
	fprintf(stderr, "scan: %s: %s\n", argv[1],
		r > 0 ? "nothing there" : ipcx_error(x));
	ipcx_free(x);
	return 1;
}
