/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operations that a semaphore mechanism provides for ipcx_sem_op(), ipcx_sem_set()
 * and ipcx_psem_take() (lib/data/semop.c). */
#pragma once

#include "core/ctx.h"

/* A semaphore that was taken and must be given back. */
struct ipcx_psem_taken {
	const struct ix_sem_ops *ops;
	void *sem; /* the mechanism's handle */
	char name[IPCX_REF_MAX];
};

/* The member .sem of struct ix_mech. The operations return 0, or -errno with a text. */
struct ix_sem_ops {
	/* Open the object in the namespace that calls act in (ipcx_use()), with the
	 * rights that are needed there; the caller closes *ret_fd. NULL: the reference
	 * suffices, and fd is -1. */
	int (*open)(struct ipcx *x, const struct ipcx_ref *ref, int *ret_fd);
	int (*op)(struct ipcx *x, const struct ipcx_ref *ref, int fd,
		  const struct ipcx_sem_op *ops, size_t n, int64_t timeout);
	/* NULL: values cannot be set. */
	int (*set)(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		   const uint32_t *values, size_t n);
	/* take() takes a semaphore and keeps it open (it sets sem and name); give() gives
	 * the semaphore back and closes it. NULL: op() with an undo does the same. */
	int (*take)(struct ipcx *x, const struct ipcx_ref *ref, int fd, int64_t timeout,
		    struct ipcx_psem_taken *ret_taken);
	int (*give)(struct ipcx *x, struct ipcx_psem_taken *taken);
};

/* Nanoseconds per second, to convert timeouts: the kernel takes durations, the C library
 * absolute times. */
#define IX_SECOND INT64_C(1000000000)
