/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why msgget(2), msgsnd(2), msgrcv(2) and msgctl(2) fail. */
#include "why/why.h"

void ix_why_msg(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	(void)w;
	(void)c;
	(void)r;
}
