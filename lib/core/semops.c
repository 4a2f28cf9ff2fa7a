/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every mechanism of semaphores says of a wait that was in vain. */
#include "core/semops.h"

#include <errno.h>

int ix_sem_waited(struct ipcx *x, const char *name, int64_t timeout)
{
	return ix_fail_plain(x, -ETIMEDOUT, "%s: %s", name,
			     timeout == 0 ? "would have to wait" : "the time ran out");
}
