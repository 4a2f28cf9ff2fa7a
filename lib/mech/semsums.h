/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the semaphores of an array of System V say together. */
#pragma once

#include "core/mech.h"

struct ix_semsums {
	uint32_t semncnt, semzcnt;
	int32_t lpid;
};

/* Read what a scan wants of them: those fields of row that are not known are marked. 0;
 * -EIDRM: the array is gone. */
int ix_sem_sums(struct ix_scan *s, int id, uint64_t nsems, void *row,
		struct ix_semsums *ret_sums);
