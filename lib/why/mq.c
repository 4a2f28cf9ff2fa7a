/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why calls on POSIX message queues fail. */
#include "why/why.h"

void ix_why_mq(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	(void)w;
	(void)c;
	(void)r;
}
