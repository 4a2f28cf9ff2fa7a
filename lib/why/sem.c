/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why semget(2), semop(2) and semctl(2) fail. */
#include "why/why.h"

void ix_why_sem(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	(void)w;
	(void)c;
	(void)r;
}
