/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* List the objects of a container, or of another namespace: inside
 * docker:web */
#include <stdio.h>

#include <ipcx.h>

static int inside_list(struct ipcx *x)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_value ref, owner;
	struct ipcx_table *t;
	char name[64];
	int r = ipcx_mech_mask("all", &q.mechs);

	if (r == 0)
		r = ipcx_scan(x, &q, &t);
	if (r < 0)
		return r;
	ipcx_namespace(x, name, sizeof(name));
	printf("%zu objects in %s\n", ipcx_table_rows(t), name);
	for (size_t row = 0; row < ipcx_table_rows(t); row++)
		if (ipcx_row_get(t, row, IPCX_F_REF, &ref) == 0 &&
		    ipcx_row_get(t, row, IPCX_F_OWNER, &owner) == 0)
			printf("%s %s\n", ipcx_value_string(&ref),
			       ipcx_value_string(&owner));
	ipcx_table_free(t);
	return 0;
}

int main(int argc, char **argv)
{
	struct ipcx_ns *ns = NULL;
	struct ipcx *x;
	int r;

	if (argc != 2) {
		fputs("usage: inside CONTAINER|PID|PIN|FILE\n",
		      stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_ns_open(x, argv[1], &ns);
	if (r == 0) {
		ipcx_use(x, ns);
		r = inside_list(x);
	}
	if (r < 0)
		fprintf(stderr, "inside: %s\n", ipcx_error(x));
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
	ipcx_free(x);
	return r < 0;
}
