/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A library that leaves a trace when it is loaded. */
#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) static void tell(void)
{
	int fd = open("/dev/shm/loaded", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0)
		close(fd);
}
