/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LD_PRELOAD: at exit, write the state of descriptors 0 to 2 to the file
 * $CLOSED_REPORT. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((destructor)) static void end(void)
{
	const char *to = getenv("CLOSED_REPORT");
	char link[64], target[4096], path[32];
	int fd = to ? open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;

	for (int i = 0; fd >= 0 && i <= 2; i++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		(void)!write(fd, link,
			     (size_t)snprintf(link, sizeof(link), "%.60s\n",
					      n < 0 ? "-" : target));
	}
}
