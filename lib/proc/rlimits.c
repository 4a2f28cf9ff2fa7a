/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/PID/limits (proc_pid_limits() in fs/proc/base.c): a line of headings, then one
 * for each limit in the order of RLIMIT_…: a name of 25 columns, the soft and the hard
 * limit, and a unit.
 */
#include "proc/rlimits.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"

#define NAME_WIDTH 25

static const char names[IX_RLIMITS][IX_TEXT(24)] = {
	"Max cpu time",         "Max file size",      "Max data size",
	"Max stack size",       "Max core file size", "Max resident set",
	"Max processes",        "Max open files",     "Max locked memory",
	"Max address space",    "Max file locks",     "Max pending signals",
	"Max msgqueue size",    "Max nice priority",  "Max realtime priority",
	"Max realtime timeout",
};

static int rlimits_take(const char **p, const char *end, uint64_t *ret_n)
{
	static const char unlimited[] = "unlimited";
	size_t n = sizeof(unlimited) - 1;

	while (*p < end && **p == ' ')
		(*p)++;
	if ((size_t)(end - *p) > n && !memcmp(*p, unlimited, n)) {
		*p += n;
		*ret_n = UINT64_MAX;
	} else if (ix_take_u64(p, end, UINT64_MAX, ret_n) < 0) {
		return -EPROTO;
	}
	return *p < end && **p == ' ' ? 0 : -EPROTO;
}

static int rlimits_line(const char *p, const char *end, const char *name,
			struct ix_rlimit *ret)
{
	size_t n = strlen(name);

	if (end - p <= NAME_WIDTH || memcmp(p, name, n) != 0 || p[n] != ' ')
		return -EPROTO;
	p += NAME_WIDTH;
	if (rlimits_take(&p, end, &ret->soft) < 0)
		return -EPROTO;
	return rlimits_take(&p, end, &ret->hard);
}

int ix_rlimits_parse(const char *text, size_t len, struct ix_rlimit ret[IX_RLIMITS])
{
	const char *end = text + len, *p = memchr(text, '\n', len);
	struct ix_rlimit all[IX_RLIMITS];

	for (size_t i = 0; i < IX_RLIMITS; i++) {
		const char *line = p ? p + 1 : end, *stop;

		stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop || rlimits_line(line, stop, names[i], &all[i]) < 0)
			return -EPROTO;
		p = stop;
	}
	memcpy(ret, all, sizeof(all));
	return 0;
}
