/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run a command in the IPC namespace of a container: enter
 * docker:web ipcs -m */
#include <stdio.h>
#include <unistd.h>

#include <ipcx.h>

int main(int argc, char **argv)
{
	struct ipcx_ns *ns = NULL;
	struct ipcx *x;
	int r;

	if (argc < 3) {
		fputs("usage: enter WHERE COMMAND...\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_ns_open(x, argv[1], &ns);
	if (r == 0)
		r = ipcx_ns_enter(x, ns, 0);
	if (r < 0)
		fprintf(stderr, "enter: %s\n", ipcx_error(x));
	ipcx_ns_free(ns);
	ipcx_free(x);
	if (r < 0)
		return 1; /* perhaps partly moved: run nothing else */
	(void)execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
