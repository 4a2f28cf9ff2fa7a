/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why shm_open(3), sem_open(3), and access to what is in /dev/shm fail. */
#include "why/why.h"

void ix_why_posix(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	(void)w;
	(void)c;
	(void)r;
}
