/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that monitors a container, as conmon or bubblewrap do: its name is that of
 * its file, it ignores its arguments, and its child runs the shell command in $BOX.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	const char *box = getenv("BOX");
	pid_t pid = box ? fork() : -1;

	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", box, (char *)NULL);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, NULL, 0) != pid;
}
