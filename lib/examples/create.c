/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Create a semaphore array under a key, unless it exists: create KEY
 * SEMAPHORES */
#include <stdio.h>
#include <stdlib.h>

#include <ipcx.h>

int main(int argc, char **argv)
{
	uint32_t one = 1;
	struct ipcx_attrs attrs = {
		.size = sizeof(attrs),
		.set = IPCX_A_KEY | IPCX_A_NSEMS | IPCX_A_INIT |
		       IPCX_A_IF_MISSING,
		.init = &one,
		.ninit = 1,
	};
	struct ipcx_table *t = NULL;
	struct ipcx_value ref;
	struct ipcx *x;
	int r;

	if (argc != 3) {
		fputs("usage: create KEY SEMAPHORES\n", stderr);
		return 2;
	}
	attrs.key = (uint32_t)strtoul(argv[1], NULL, 0);
	attrs.nsems = strtoul(argv[2], NULL, 10);
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_mech_by_name("sem", (size_t)-1, &attrs.mech);
	if (r == 0)
		r = ipcx_create(x, &attrs, 1, &t);
	if (r == 0)
		r = ipcx_row_get(t, 0, IPCX_F_REF, &ref);
	if (r == 0)
		printf("%s\n", ipcx_value_string(&ref));
	else
		fprintf(stderr, "create: %s\n", ipcx_error(x));
	ipcx_table_free(t);
	ipcx_free(x);
	return r < 0;
}
