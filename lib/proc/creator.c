/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Distinguishes the process recorded in an object from a later process with the same pid:
 * the recorded process must have started before the time that the object records. Start
 * times are field 22 of /proc/PID/stat, in ticks since boot (proc(5)).
 */
#include "proc/creator.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "proc/numbers.h"
#include "proc/stat.h"

#define NS INT64_C(1000000000)

/* Return the boot time in nanoseconds since the epoch, calculated from the current
 * setting of the clock. */
static int64_t boot_time(void)
{
	struct timespec wall, since;

	if (clock_gettime(CLOCK_REALTIME, &wall) < 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &since) < 0)
		return 0;
	return (wall.tv_sec - since.tv_sec) * NS + wall.tv_nsec - since.tv_nsec;
}

static void creator_unknown(struct ix_process *p, int why, int error)
{
	p->alive = IX_UNKNOWN;
	p->why = why;
	p->error = error;
}

/* The mount option hidepid hides a process's /proc directory, but not the process from
 * kill(2). */
static void not_readable(int32_t pid, int error, struct ix_process *p)
{
	if (kill(pid, 0) == 0 || errno == EPERM)
		creator_unknown(p, IX_WHY_ERROR, error == -ENOENT ? -EACCES : error);
}

/* "start" is in nanoseconds since boot. Objects record whole seconds, so a process that
 * started within the recorded second is taken to have started before. */
static void creator_judge(const struct ix_moment *when, int64_t start,
			  struct ix_process *p)
{
	int64_t boot = boot_time(), second = (boot + start) / NS;

	/* If the object seems older than the boot, the clock was set after the object was
	 * created. */
	if (!when->to || when->to < boot / NS)
		creator_unknown(p, IX_WHY_MOMENT, 0);
	else if (second > when->to)
		p->alive = IX_GONE;
	else if (second > when->from)
		creator_unknown(p, IX_WHY_MOMENT, 0);
	else
		p->alive = IX_ALIVE;
}

/* p is initialized to a process that has ended. */
static void creator_read_process(int proc, int32_t pid, const struct ix_moment *when,
				 struct ix_process *p)
{
	char path[32], text[1024];
	struct ix_proc_stat st;
	long ticks = sysconf(_SC_CLK_TCK);
	int len;

	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	len = ix_read_file(proc, path, text, sizeof(text));
	if (len >= 0 && ix_proc_stat_parse(text, (size_t)len, &st) < 0)
		len = -EPROTO;
	if (len < 0 || ticks <= 0) {
		not_readable(pid, len < 0 ? len : -EINVAL, p);
		return;
	}
	if (ix_proc_has_ended(&st))
		return;
	creator_judge(when,
		      (int64_t)(st.start / (uint64_t)ticks) * NS +
			      (int64_t)(st.start % (uint64_t)ticks) * NS / ticks,
		      p);
	if (p->alive == IX_ALIVE)
		(void)snprintf(p->comm, sizeof(p->comm), "%s", st.comm);
}

void ix_proc_then(struct ipcx *x, int32_t pid, const struct ix_moment *when,
		  struct ix_process *ret_process)
{
	struct ix_process p = { .alive = IX_GONE };
	int proc = ix_procfd(x), ours = proc < 0 ? 1 : ix_proc_is_ours(x);

	if (pid <= 0)
		creator_unknown(&p, IX_WHY_NO_NUMBER, 0);
	else if (proc < 0)
		not_readable(pid, proc, &p);
	else if (ours < 0)
		creator_unknown(&p, IX_WHY_ERROR, ours);
	else if (!ours)
		creator_unknown(&p, IX_WHY_NUMBERS, 0);
	else
		creator_read_process(proc, pid, when, &p);
	*ret_process = p;
}
