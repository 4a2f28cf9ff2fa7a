/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Count objects repeatedly, reusing the same memory: watch MECHANISM
 * TIMES */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ipcx.h>

static int watch_once(struct ipcx_scanner *s)
{
	const struct ipcx_table *slice;
	size_t n = 0;
	int r;

	do {
		r = ipcx_scanner_next(s, &slice);
		if (r >= 0)
			n += ipcx_table_rows(slice);
	} while (r > 0);
	if (r == 0)
		printf("%zu\n", n);
	return r;
}

int main(int argc, char **argv)
{
	struct ipcx_query q = { .size = sizeof(q), .max_rows = 512 };
	struct ipcx_scanner *s = NULL;
	struct ipcx *x;
	int r;

	if (argc != 3 || ipcx_mech_mask(argv[1], &q.mechs) < 0) {
		fputs("usage: watch MECHANISM TIMES\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_scanner_new(x, &q, &s);
	for (long n = strtol(argv[2], NULL, 10); r == 0 && n > 0;
	     n--) {
		r = watch_once(s);
		if (r == 0 && n > 1)
			sleep(1);
	}
	if (r < 0)
		fprintf(stderr, "watch: %s\n", ipcx_error(x));
	ipcx_scanner_free(s);
	ipcx_free(x);
	return r < 0;
}
