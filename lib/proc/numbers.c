/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer is found once per context. NSpid in /proc/thread-self/status lists our pid
 * in the PID namespace of that /proc and in each namespace below, down to ours: a single
 * pid means that /proc belongs to our PID namespace. */
#include "proc/numbers.h"

#include <errno.h>

#include "proc/status.h"

int ix_proc_is_ours(struct ipcx *x)
{
	struct ix_status_pids pids = { .levels = 1 };
	auto_buf struct ix_buf b = { 0 };
	int proc = ix_procfd(x), r;

	if (proc < 0)
		return 0;
	if (x->numbers != IX_NUMBERS_NOT_ASKED)
		return x->numbers == IX_NUMBERS_OURS;
	r = ix_status_read(proc, "thread-self/status", &b);
	if (r == 0)
		r = ix_status_pids(b.data, b.len, &pids);
	if (r == -ENODATA) /* Linux before 4.1 has no NSpid: assume that /proc is ours */
		r = 0;
	if (r < 0 && r != -ENOENT) /* ENOENT: this process is not visible in that /proc */
		return r;
	x->numbers = r == 0 && pids.levels == 1 ? IX_NUMBERS_OURS : IX_NUMBERS_OTHERS;
	return x->numbers == IX_NUMBERS_OURS;
}
