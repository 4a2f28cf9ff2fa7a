/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why shmget(2), shmat(2), shmdt(2) and shmctl(2) fail. */
#include "why/why.h"

void ix_why_shm(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	(void)w;
	(void)c;
	(void)r;
}
