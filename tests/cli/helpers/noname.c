/* SPDX-License-Identifier: GPL-2.0-or-later */
/* noname PROGRAM [NAME]: run a program with no arguments at all, or with NAME as
 * argv[0]. */
#include <stdio.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	execve(argv[1], argv + 2, environ);
	perror(argv[1]);
	return 125;
}
