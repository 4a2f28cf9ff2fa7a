/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two kinds of semaphores answer to ipcx_sem_op() and ipcx_sem_set(). */
#pragma once

#include "core/ctx.h"

enum ix_sem_kind { IX_SEM_ARRAY, IX_SEM_NAMED };

/* Which kind of semaphore a reference names. -EINVAL with a text: none, or not where the
 * process is. */
int ix_sem_kind(struct ipcx *x, const struct ipcx_ref *ref);

/* Patience as a span or a moment. The kernel waits for the one, the C library until the
 * other. */
#define IX_SECOND INT64_C(1000000000)

/* The texts of a wait that was in vain. */
int ix_sem_waited(struct ipcx *x, const char *name, int64_t patience);

int ix_sysv_sem_op(struct ipcx *x, const struct ipcx_ref *ref,
		   const struct ipcx_sem_op *ops, size_t n, int64_t patience);
int ix_sysv_sem_set(struct ipcx *x, const struct ipcx_ref *ref, const uint32_t *nums,
		    const uint32_t *values, size_t n);
int ix_psem_op(struct ipcx *x, const struct ipcx_ref *ref, const struct ipcx_sem_op *ops,
	       size_t n, int64_t patience);
