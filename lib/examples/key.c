/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print the key that ftok(3) makes of a path: key PATH PROJ */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <ipcx.h>

int main(int argc, char **argv)
{
	struct ipcx *x;
	uint32_t key;
	int r;

	if (argc != 3) {
		fputs("usage: key PATH PROJ\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_key(x, argv[1], (int)strtol(argv[2], NULL, 0),
		     &key);
	if (r == 0)
		printf("0x%08" PRIx32 "\n", key);
	else
		fprintf(stderr, "key: %s\n", ipcx_error(x));
	ipcx_free(x);
	return r < 0;
}
