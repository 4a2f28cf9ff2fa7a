/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print how a key may have been made of paths: ways KEY PATH... */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ipcx.h>

static const char *ways_text(const struct ipcx_table *t, size_t row,
			     enum ipcx_field f, struct ipcx_value *v)
{
	if (ipcx_row_get(t, row, f, v) < 0 || !ipcx_value_string(v))
		return "?";
	return ipcx_value_string(v);
}

int main(int argc, char **argv)
{
	const char *const *paths = (const char *const *)argv + 2;
	struct ipcx_value path, way;
	struct ipcx_table *t = NULL;
	struct ipcx *x;
	int r;

	if (argc < 3) {
		fputs("usage: ways KEY PATH...\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_key_ways(x, (uint32_t)strtoul(argv[1], NULL, 0),
			  paths, (size_t)argc - 2, 0, &t);
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		printf("%s: %s\n",
		       ways_text(t, i, IPCX_F_PATH, &path),
		       ways_text(t, i, IPCX_F_WAY, &way));
	if (r < 0)
		fprintf(stderr, "ways: %s\n", ipcx_error(x));
	ipcx_table_free(t);
	ipcx_free(x);
	return r < 0;
}
