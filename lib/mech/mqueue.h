/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the sources for POSIX message queues share: the queues' directory, the text in a
 * queue's file, and operations on a queue. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mech/posix.h"

/*
 * Open the directory that holds the queues of the caller's IPC namespace. Returns 0;
 * -ENODATA or -ENOPKG if no such directory is available, -EXDEV if the only such
 * directory belongs to another namespace, or another -errno; all with an error text. Adds
 * a note if /dev/mqueue shows another namespace's queues.
 */
int ix_mqueue_dir(struct ix_scan *s, struct ix_posix_dir *ret_dir);

/* Find the device of the mqueue file system of the caller's IPC namespace, which tells
 * whose queues a mounted one shows. Returns 0 or, if that is unknown, -errno. */
int ix_mqueue_device(struct ipcx *x, uint64_t *ret_dev);

/* The contents of a queue's file (mq_overview(7)). */
struct ix_mq_status {
	uint64_t qsize; /* bytes of all messages */
	int32_t notify; /* SIGEV_…; SIGEV_SIGNAL (0) also if no process is registered */
	int32_t signo;  /* with SIGEV_SIGNAL */
	int32_t pid; /* the registered process; 0: none, or one outside our PID namespace */
};

/* Parse the text; unknown words are ignored. Returns 0 or -EINVAL. */
int ix_mq_status(const char *text, size_t len, struct ix_mq_status *ret);

/* Open an existing queue of the caller's namespace with O_NONBLOCK. Returns a descriptor
 * or -errno. */
int ix_mq_open(const char *name, int flags);

/* The functions of struct ix_mech. */
int ix_mq_may_use(struct ipcx *x, const struct ipcx_attrs *a, const struct ipcx_ref *ref);
int ix_mq_create(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ret_ref);
int ix_mq_remove(struct ix_scan *s, const void *row);
int ix_mq_change(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);
int ix_mq_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);
