/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a line of a log says of a failed call. */
#include <errno.h>
#include <string.h>

#include "base/errname.h"
#include "base/num.h"
#include "why/why.h"

int ix_why_line(struct ix_why *w, const char *line)
{
	(void)line;
	return ix_fail_plain(w->x, -ENODATA, "nothing known");
}

int ix_why_error(const char *text)
{
	uint64_t n;

	if (!strcmp(text, "SIGBUS"))
		return IX_SIGBUS;
	if (!strcmp(text, "blocks"))
		return IX_BLOCKS;
	if (ix_parse_u64(text, 133, &n) == 0)
		return -(int)n;
	for (int e = 1; e < 134; e++) {
		const char *name = ix_errno_name(e);

		if (name && !strcmp(name, text))
			return -e;
	}
	return 0;
}

const char *ix_why_error_name(int error)
{
	const char *name = error == IX_SIGBUS   ? "SIGBUS"
			   : error == IX_BLOCKS ? "blocks"
						: ix_errno_name(error);

	return name ? name : "";
}
