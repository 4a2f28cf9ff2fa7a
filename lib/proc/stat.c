/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsing /proc/PID/stat: the command stands in parentheses and may hold any byte, so the
 * last ')' ends it. */
#include "proc/stat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"

/* Field 3 (state) is the first after the command; field 22 is the start time. */
#define FIELDS_TO_START 19

int ix_proc_stat_parse(const char *text, size_t len, struct ix_proc_stat *ret_st)
{
	const char *open = memchr(text, '(', len), *shut = memrchr(text, ')', len), *p;
	struct ix_proc_stat st = { .state = '\0' };
	char number[IX_NUM_MAX];
	size_t n;

	if (!open || !shut || shut < open || (size_t)(shut - text) + 3 > len)
		return -EPROTO;
	n = MIN((size_t)(shut - open - 1), sizeof(st.comm) - 1);
	memcpy(st.comm, open + 1, n);
	st.state = shut[2];
	p = shut + 2;
	for (int i = 0; i < FIELDS_TO_START; i++) {
		p = memchr(p, ' ', (size_t)(text + len - p));
		if (!p)
			return -EPROTO;
		p++;
		if (i == 0)
			for (const char *d = p; d < text + len && *d >= '0' && *d <= '9';
			     d++)
				st.parent = 10 * (st.parent % 100000000) + (*d - '0');
	}
	n = 0;
	while (p + n < text + len && n < sizeof(number) - 1 && p[n] >= '0' && p[n] <= '9')
		n++;
	memcpy(number, p, n);
	number[n] = '\0';
	if (ix_parse_u64(number, UINT64_MAX, &st.start) < 0)
		return -EPROTO;
	*ret_st = st;
	return 0;
}
