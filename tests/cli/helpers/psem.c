// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * psem value|wait|post NAME: a named semaphore, used through the C library. The layout
 * depends on the word size, so that this is built with the word size of ipcx.
 */
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	sem_t *s = argc == 3 ? sem_open(argv[2], 0) : SEM_FAILED;
	int n = 0;

	if (s == SEM_FAILED)
		return 1;
	if (!strcmp(argv[1], "wait"))
		return sem_wait(s) < 0;
	if (!strcmp(argv[1], "post"))
		return sem_post(s) < 0;
	if (sem_getvalue(s, &n) < 0)
		return 1;
	printf("%d\n", n);
	return 0;
}
