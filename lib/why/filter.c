/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that a filter refuses, or that the kernel does not have. */
#include "why/why.h"

void ix_why_filter(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	(void)c;
	ix_reason_set(r, w->as.filtered == IX_SO_NOT ? IX_SO_NOT : IX_SO_UNKNOWN, "%s",
		      w->as.filtered == IX_SO_NOT
			      ? "no seccomp filter is active"
			      : "cannot be told: a seccomp filter may be active");
}
