/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Write a text at the beginning of a segment and read it again:
 * memory shm:5 TEXT */
#include <stdio.h>
#include <string.h>

#include <ipcx.h>

static int memory_open(struct ipcx *x, const char *text,
		       unsigned flags, struct ipcx_mem **ret_mem)
{
	struct ipcx_ref ref;
	int r = ipcx_ref_parse(x, text, IPCX_NO_MECH, &ref);

	return r < 0 ? r : ipcx_mem_open(x, &ref, flags, ret_mem);
}

int main(int argc, char **argv)
{
	struct ipcx_mem *m = NULL;
	char text[256];
	struct ipcx *x;
	size_t len;
	int r;

	if (argc != 3 || (len = strlen(argv[2])) >= sizeof(text)) {
		fputs("usage: memory REFERENCE TEXT\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = memory_open(x, argv[1], IPCX_MEM_WRITE, &m);
	if (r == 0)
		r = ipcx_mem_write(m, 0, argv[2], len);
	ipcx_mem_close(m);
	m = NULL;
	if (r == 0)
		r = memory_open(x, argv[1], 0, &m);
	if (r == 0)
		r = ipcx_mem_read(m, 0, text, len);
	if (r == 0)
		printf("%.*s\n", (int)len, text);
	else
		fprintf(stderr, "memory: %s\n", ipcx_error(x));
	ipcx_mem_close(m);
	ipcx_free(x);
	return r < 0;
}
