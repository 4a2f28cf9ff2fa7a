/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keep the IPC namespace of a process alive: pin PID NAME */
#include <stdio.h>

#include <ipcx.h>

int main(int argc, char **argv)
{
	struct ipcx_ns *ns = NULL;
	struct ipcx *x;
	int r;

	if (argc != 3) {
		fputs("usage: pin PID NAME\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_ns_open(x, argv[1], &ns);
	if (r == 0)
		r = ipcx_ns_pin(x, ns, argv[2]);
	if (r < 0)
		fprintf(stderr, "pin: %s\n", ipcx_error(x));
	else if (r == 1)
		fputs("pin: it ends with this mount namespace\n",
		      stderr);
	ipcx_ns_free(ns);
	ipcx_free(x);
	return r < 0;
}
