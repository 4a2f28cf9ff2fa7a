// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * psem value|wait|post|make NAME: a named semaphore, used through the C library. The
 * layout depends on the word size and the C library, so that this is built with those of
 * ipcx. "make" creates it with the value 0, prints "ready", waits for it, and stays until
 * the end of standard input.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

/* The file is called "sem.NAME"; musl does not put "sem." in front itself. */
#ifdef __GLIBC__
#define PREFIX "/"
#else
#define PREFIX "/sem."
#endif

static int make(const char *name)
{
	sem_t *s = sem_open(name, O_CREAT | O_EXCL, 0600, 0);

	if (s == SEM_FAILED)
		return 1;
	printf("ready\n");
	fflush(stdout);
	if (sem_wait(s) < 0)
		return 1;
	while (getchar() != EOF)
		;
	return 0;
}

int main(int argc, char **argv)
{
	char name[300];
	sem_t *s;
	int n = 0;

	if (argc != 3)
		return 1;
	snprintf(name, sizeof(name), PREFIX "%s", argv[2] + 1);
	if (!strcmp(argv[1], "make"))
		return make(name);
	s = sem_open(name, 0);
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
