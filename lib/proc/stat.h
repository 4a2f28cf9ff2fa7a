/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of /proc/PID/stat. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ix_proc_stat {
	char comm[64]; /* may contain any bytes, also ')' and blanks */
	char state;
	int32_t parent; /* 0 if we cannot see the parent */
	uint32_t flags; /* PF_… (include/linux/sched.h) */
	uint64_t threads;
	uint64_t start; /* ticks since boot */
};

#define IX_PROC_KTHREAD 0x00200000U /* PF_KTHREAD: a thread of the kernel */
#define IX_PROC_EXITING 0x00000004U /* PF_EXITING: its memory may be gone already */

/* Whether the process has ended, even if its parent has not yet asked for its status. */
static inline bool ix_proc_has_ended(const struct ix_proc_stat *st)
{
	return (st->state == 'Z' || st->state == 'X' || st->state == 'x') &&
	       st->threads <= 1;
}

/* Returns 0 or -EPROTO. */
int ix_proc_stat_parse(const char *text, size_t len, struct ix_proc_stat *ret_st);

/* Convert a start time in ticks since boot to seconds since the epoch; 0 if unknown. */
int64_t ix_proc_started(uint64_t ticks);
