/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuse DIRECTORY: mount a file system that never answers. Exits with 77 where this is
 * impossible. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char options[100];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (argc != 2 || fd < 0)
		return 77;
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (mount("stall", argv[1], "fuse", 0, options) < 0)
		return 77;
	(void)!write(STDOUT_FILENO, "up\n", 3);
	for (;;)
		(void)pause();
}
