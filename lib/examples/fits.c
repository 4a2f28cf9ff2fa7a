/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Check whether new objects would fit into the limits: fits shm:40G
 */
#include <inttypes.h>
#include <stdio.h>

#include <ipcx.h>

static void fits_obstacles(const struct ipcx_table *t)
{
	struct ipcx_value name, fits, raise;

	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		if (ipcx_row_get(t, row, IPCX_F_NAME, &name) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_FITS, &fits) < 0 ||
		    ipcx_row_get(t, row, IPCX_F_RAISE_TO, &raise) <
			    0)
			continue;
		if (fits.type == IPCX_TYPE_NONE)
			printf("%s: unknown\n",
			       ipcx_value_string(&name));
		else if (!fits.as.u && raise.type == IPCX_TYPE_UINT)
			printf("%s: raise it to %" PRIu64 "\n",
			       ipcx_value_string(&name), raise.as.u);
		else if (!fits.as.u)
			printf("%s: too small\n",
			       ipcx_value_string(&name));
	}
}

int main(int argc, char **argv)
{
	struct ipcx_table *t = NULL;
	struct ipcx *x;
	int r;

	if (argc != 2) {
		fputs("usage: fits MECHANISM:AMOUNT\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 2;
	r = ipcx_fit(x, argv[1], &t);
	if (r < 0)
		fprintf(stderr, "fits: %s\n", ipcx_error(x));
	else
		fits_obstacles(t);
	if (r == 1)
		printf("fits\n");
	ipcx_table_free(t);
	ipcx_free(x);
	return r < 0 ? 2 : !r;
}
