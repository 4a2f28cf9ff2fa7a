/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls that may never return, because a user's program has to answer: a file
 * system (FUSE), or memory of another process. */
#pragma once

#include <stdbool.h>

/* What a thread is to do. The thread may outlive the caller's request: the one of both
 * that finishes last calls "end", which frees the struct; it stays valid until then. */
struct ix_side_call {
	void (*run)(struct ix_side_call *e);
	void (*end)(struct ix_side_call *e);
	/* Asked after two seconds, and again every two: whether it will not finish. NULL:
	 * it should have finished. */
	bool (*stuck)(struct ix_side_call *e);
};

/* Make a call in a thread. Returns 0 once it has run, so that the caller can read the
 * result and then call "end"; -ETIMEDOUT if it is stuck: it is left to its thread; or
 * another -errno: it has not run and has been ended. */
int ix_side_run(struct ix_side_call *e);
