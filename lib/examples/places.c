/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List the IPC namespaces of this machine, with the number of
 * objects in each. */
#include <inttypes.h>
#include <stdio.h>

#include <ipcx.h>

int main(void)
{
	struct ipcx_value ns, container, objects;
	struct ipcx_table *t;
	struct ipcx *x;
	int r;

	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_namespaces(x, 0, &t);
	if (r < 0) {
		fprintf(stderr, "places: %s\n", ipcx_error(x));
		ipcx_free(x);
		return 1;
	}
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		if (ipcx_row_get(t, row, IPCX_F_NS, &ns) == 0)
			printf("ipc:[%" PRIu64 "]", ns.as.u);
		if (ipcx_row_get(t, row, IPCX_F_CONTAINER,
				 &container) == 0 &&
		    container.type == IPCX_TYPE_STRING)
			printf(" %s", ipcx_value_string(&container));
		if (ipcx_row_get(t, row, IPCX_F_OBJECTS, &objects) ==
			    0 &&
		    objects.type == IPCX_TYPE_UINT)
			printf(" %" PRIu64 " objects", objects.as.u);
		putchar('\n');
	}
	if (!ipcx_table_complete(t))
		fputs("places: some namespaces may be missing\n",
		      stderr);
	ipcx_table_free(t);
	ipcx_free(x);
	return 0;
}
