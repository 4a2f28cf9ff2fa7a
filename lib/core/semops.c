/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by all semaphore mechanisms: the error text for a wait that timed out. */
#include "core/semops.h"

#include <errno.h>

int ix_sem_waited(struct ipcx *x, const char *name, int64_t timeout)
{
	return ix_fail_plain(x, -ETIMEDOUT, "%s: %s", name,
			     timeout == 0 ? "would have to wait" : "the time ran out");
}
