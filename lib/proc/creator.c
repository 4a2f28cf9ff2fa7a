/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Telling a process from a later one with the same number: it must have started before
 * the moment at which the object says it was there. /proc/PID/stat, field 22, in ticks
 * since boot (proc(5)).
 */
#include "proc/creator.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "proc/numbers.h"
#include "proc/stat.h"

/* Seconds since the epoch at which the machine started, as the clock is set now. */
static int64_t boot_time(void)
{
	struct timespec wall, since;

	if (clock_gettime(CLOCK_REALTIME, &wall) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &since) < 0)
		return 0;
	return wall.tv_sec - since.tv_sec - (wall.tv_nsec < since.tv_nsec);
}

static enum ix_alive not_readable(int32_t pid)
{
	/* hidepid hides the directory, not the process. */
	if (kill(pid, 0) == 0 || errno == EPERM)
		return IX_UNKNOWN;
	return IX_GONE;
}

enum ix_alive ix_proc_then(struct ipcx *x, int32_t pid, int64_t when, char *buf,
			   size_t size)
{
	char path[32], text[1024];
	struct ix_proc_stat st;
	long ticks = sysconf(_SC_CLK_TCK);
	int proc = ix_procfd(x), len;

	if (size)
		buf[0] = '\0';
	if (pid <= 0)
		return IX_UNKNOWN;
	if (proc < 0)
		return not_readable(pid);
	if (ix_proc_is_ours(x) == 0)
		return IX_UNKNOWN;
	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	len = ix_read_file(proc, path, text, sizeof(text));
	if (len <= 0 || ix_proc_stat_parse(text, (size_t)len, &st) < 0)
		return not_readable(pid);
	/* ctime has whole seconds: a start in the same second counts as before. */
	if (ticks > 0 && boot_time() + (int64_t)(st.start / (uint64_t)ticks) > when)
		return IX_GONE;
	(void)snprintf(buf, size, "%s", st.comm);
	return IX_ALIVE;
}
