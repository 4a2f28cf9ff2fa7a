/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a pass over the threads in /proc, and the close look at one thread that is
 * in a call. */
#pragma once

#include <errno.h>

#include "who/waits.h"

/* How many processes may fail to answer. */
#define IX_WAITING_STALLED 3

struct ix_waits_pass {
	struct ipcx *x;
	const struct ix_waits_what *what;
	struct ix_waits *w;
	bool ours; /* the pids in /proc are those of our PID namespace, so that memory can
		      be read by pid */
	int32_t pid; /* the current process */
	/* Processes whose memory did not answer: it is not read again, and if there are
	 * more than these, no memory is. */
	unsigned stalled;
	int32_t silent[IX_WAITING_STALLED];
	/* The pass runs in a thread, which is abandoned if a read does not return. */
	_Atomic bool reading, left;
	_Atomic unsigned beat;         /* counts reads */
	bool first;                    /* process 1 was seen */
	bool wide_known, narrow_known; /* there are tables for these programs */
	enum ix_abi wide, narrow;
};

/* Whether the memory of the current process is read; if so, the read follows. */
static inline bool ix_waiting_reads(struct ix_waits_pass *p)
{
	if (!p->ours || p->stalled >= IX_WAITING_STALLED)
		return false;
	for (unsigned i = 0; i < p->stalled; i++)
		if (p->silent[i] == p->pid)
			return false;
	p->beat++;
	p->reading = true;
	return true;
}

/* Take note that reading memory returned, and return its result. */
static inline int ix_waiting_heard(struct ix_waits_pass *p, int r)
{
	p->reading = false;
	return r;
}

/* The longest line: a number, eight addresses. */
#define IX_WAITING_LINE 256

/* Read the line of a thread; "path" is relative to dir. Returns its length or -errno. */
int ix_waiting_line(int dir, const char *path, char *buf, size_t size);

/* Whether a call may be one that waits for an object of a wanted kind. */
bool ix_waiting_may(const struct ix_waits_pass *p, const struct ix_syscall *call);

/* Look closely at a thread, whose /proc directory is "task" and whose line was "text" of
 * "len" bytes: if it waits for objects of a wanted kind, add its waits; their user is the
 * next one to be added. Changes the text. Returns 0 or -errno. */
int ix_waiting_look(struct ix_waits_pass *p, int task, int32_t tid, char *text, int len);

/* Read what tells whether a thread has slept since: a hash of its line, and how often it
 * was taken off its CPU. Returns 0 or -errno. */
int ix_waiting_mark(int task, uint64_t *ret_line, uint64_t *ret_switches);
