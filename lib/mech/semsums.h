/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over the semaphores of a System V array. */
#pragma once

#include "core/mech.h"

struct ix_semsums {
	uint32_t semncnt, semzcnt;
	int32_t lpid;
};

/* Read the sums that the scan requests, and mark those fields of row that stay unknown.
 * Returns 0, or -EIDRM if the array is gone. */
int ix_sem_sums(struct ix_scan *s, int id, uint64_t nsems, void *row,
		struct ix_semsums *ret_sums);
