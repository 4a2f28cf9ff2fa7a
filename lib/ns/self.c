/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which IPC namespace the calling thread is in (namespaces(7)): thread-self, since
 * setns(2) moves single threads. */
#include <unistd.h>

#include "core/ctx.h"

void ipcx_namespace(struct ipcx *x, char *buf, size_t size)
{
	int proc = ix_procfd(x);
	ssize_t n = -1;

	if (proc >= 0 && size > 0)
		n = readlinkat(proc, "thread-self/ns/ipc", buf, size - 1);
	if (n < 0)
		(void)snprintf(buf, size, "ipc:[?]");
	else
		buf[n] = '\0';
}
