/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a mechanism of semaphores answers to ipcx_sem_op(), ipcx_sem_set() and
 * ipcx_psem_take() (lib/data/semop.c). */
#pragma once

#include "core/ctx.h"

/* One that was taken, to be given back. */
struct ipcx_psem_taken {
	const struct ix_sem_ops *ops;
	void *sem; /* as the mechanism has it at hand */
	char name[IPCX_REF_MAX];
};

/* The member .sem of struct ix_mech. The calls answer -errno with a text. */
struct ix_sem_ops {
	/* Open what the calls work on, in the place and with the rights it is meant with:
	 * their fd, which the caller closes. NULL: the reference is enough, fd is -1. */
	int (*open)(struct ipcx *x, const struct ipcx_ref *ref, int *ret_fd);
	int (*op)(struct ipcx *x, const struct ipcx_ref *ref, int fd,
		  const struct ipcx_sem_op *ops, size_t n, int64_t timeout);
	/* NULL: its value cannot be set. */
	int (*set)(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		   const uint32_t *values, size_t n);
	/* Take one and have it at hand (fills sem and name); give it back and let it go.
	 * NULL: op() with an undo does as much. */
	int (*take)(struct ipcx *x, const struct ipcx_ref *ref, int fd, int64_t timeout,
		    struct ipcx_psem_taken *ret_taken);
	int (*give)(struct ipcx *x, struct ipcx_psem_taken *taken);
};

/* Patience as a span or a moment. The kernel waits for the one, the C library until the
 * other. */
#define IX_SECOND INT64_C(1000000000)

/* The texts of a wait that was in vain. */
int ix_sem_waited(struct ipcx *x, const char *name, int64_t timeout);
