/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run a critical section, guarded by a semaphore whose initial value
 * is 1: guard sem:0x4d2 */
#include <errno.h>
#include <stdio.h>

#include <ipcx.h>

int main(int argc, char **argv)
{
	/* With IPCX_SEM_UNDO, the kernel gives the semaphore back if
	 * this process dies in the section. */
	struct ipcx_sem_op enter = { sizeof(enter), 0, -1,
				     IPCX_SEM_UNDO };
	struct ipcx_sem_op leave = { sizeof(leave), 0, 1,
				     IPCX_SEM_UNDO };
	struct ipcx_ref ref;
	struct ipcx *x;
	int r;

	if (argc != 2) {
		fputs("usage: guard REFERENCE\n", stderr);
		return 2;
	}
	if (ipcx_new(&x) < 0)
		return 1;
	r = ipcx_ref_parse(x, argv[1], IPCX_NO_MECH, &ref);
	if (r == 0)
		r = ipcx_sem_op(x, &ref, &enter, 1,
				INT64_C(1000000000));
	if (r == 0) {
		printf("in the section\n");
		r = ipcx_sem_op(x, &ref, &leave, 1, 0);
	} else if (r == -ETIMEDOUT) {
		fprintf(stderr,
			"guard: another process is in the section\n");
	}
	if (r < 0)
		fprintf(stderr, "guard: %s\n", ipcx_error(x));
	ipcx_free(x);
	return r < 0;
}
