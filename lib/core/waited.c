/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The error text of a call that would block: the same for semaphores and queues. */
#include "core/waited.h"

#include <errno.h>

int ix_waited(struct ipcx *x, const char *name, const char *facts, int64_t timeout)
{
	return ix_fail_plain(x, -ETIMEDOUT, "%s: %s: %s", name, facts,
			     timeout == 0 ? "would have to wait" : "the time ran out");
}
