/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses /proc/PID/stat: the command is in parentheses and may hold any byte, so it ends
 * at the last ')'. */
#include "proc/stat.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "base/util.h"

/* After the command comes field 3 (state), then field 4 (the parent): how many fields
 * later come the flags (field 9), the number of threads (20) and the start time (22). */
#define TO_FLAGS   5
#define TO_THREADS 16
#define TO_START   18

/* Parse what follows the command: the state, then numbers, each preceded by a blank. */
static int parse_rest(const char *p, const char *end, struct ix_proc_stat *st)
{
	uint64_t n = 0;

	if (end - p < 3 || p[0] != ' ' || p[2] != ' ')
		return -EPROTO;
	st->state = p[1];
	p += 3;
	if (ix_take_u64(&p, end, INT32_MAX, &n) < 0)
		return -EPROTO;
	st->parent = (int32_t)n;
	for (int i = 1; i <= TO_START; i++) {
		p = memchr(p, ' ', (size_t)(end - p));
		if (!p)
			return -EPROTO;
		p++;
		if ((i == TO_FLAGS || i == TO_THREADS) &&
		    ix_take_u64(&p, end, UINT32_MAX, &n) < 0)
			return -EPROTO;
		if (i == TO_FLAGS)
			st->flags = (uint32_t)n;
		else if (i == TO_THREADS)
			st->threads = n;
	}
	/* In a complete text, more fields follow; a number at the very end of the text
	 * may be truncated. */
	if (ix_take_u64(&p, end, UINT64_MAX, &n) < 0 || p == end)
		return -EPROTO;
	st->start = n;
	return *p == ' ' || *p == '\n' ? 0 : -EPROTO;
}

int ix_proc_stat_parse(const char *text, size_t len, struct ix_proc_stat *ret_st)
{
	const char *open = memchr(text, '(', len), *shut = memrchr(text, ')', len);
	struct ix_proc_stat st = { .state = '\0' };
	size_t n;

	if (!open || !shut || shut < open || parse_rest(shut + 1, text + len, &st) < 0)
		return -EPROTO;
	n = MIN((size_t)(shut - open - 1), sizeof(st.comm) - 1);
	memcpy(st.comm, open + 1, n);
	*ret_st = st;
	return 0;
}

int64_t ix_proc_started(uint64_t ticks)
{
	long per = sysconf(_SC_CLK_TCK);
	struct timespec wall, since;
	const int64_t second = 1000000000;
	int64_t ns;

	if (per <= 0 || clock_gettime(CLOCK_REALTIME, &wall) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &since) < 0)
		return 0;
	/* Without the fractions, the result would depend on when it is computed. */
	ns = wall.tv_nsec - since.tv_nsec +
	     (int64_t)(ticks % (uint64_t)per) * (second / per);
	return wall.tv_sec - since.tv_sec + (int64_t)(ticks / (uint64_t)per) +
	       (ns + second) / second - 1;
}
