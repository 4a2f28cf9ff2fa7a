/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The .sem of each semaphore mechanism. */
#pragma once

#include "core/semops.h"

extern const struct ix_sem_ops ix_sem_sem, ix_psem_sem;

struct ix_part;

/* The .parts of System V semaphore arrays. */
int ix_sem_parts(struct ipcx *x, struct ipcx_table *t, const struct ix_part *parts,
		 size_t n);

/* Read the value of a named semaphore from the contents of its file. Returns 0, or
 * -EINVAL for a value that no semaphore has. */
int ix_psem_decode(const char *file, size_t size, uint32_t *ret_value);
