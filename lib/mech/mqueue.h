/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of POSIX message queues share: their directory, the text in a queue's
 * file, and acting on a queue. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mech/posix.h"

/*
 * Open the directory that holds the queues of the caller's IPC namespace. 0; -ENOENT when
 * none can be had, -EXDEV when the only one belongs to another namespace, -errno; all
 * with a text. Adds a note where what is mounted is not what is shown.
 */
int ix_mqueue_dir(struct ix_scan *s, struct ix_posix_dir *ret_dir);

/* What a queue's file says (mq_overview(7)). */
struct ix_mq_status {
	uint64_t qsize; /* bytes of all messages */
	int32_t notify; /* SIGEV_…, SIGEV_SIGNAL (0) too when nobody is registered */
	int32_t signo;  /* with SIGEV_SIGNAL */
	int32_t pid; /* who is registered; 0: nobody, or somebody in another PID namespace
		      */
};

/* Read the text; words that it may get in the future are passed over. 0 or -EINVAL. */
int ix_mq_status(const char *text, size_t len, struct ix_mq_status *ret);

/* mq_open(3) without making anything and without waiting: a descriptor of the caller's
 * namespace's queue, or -errno. */
int ix_mq_open(const char *name, int flags);

/* The functions of struct ix_mech. */
int ix_mq_may_use(struct ipcx *x, const struct ipcx_attrs *a, const struct ipcx_ref *ref);
int ix_mq_create(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref);
int ix_mq_remove(struct ix_scan *s, const void *row);
int ix_mq_change(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);
int ix_mq_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);
