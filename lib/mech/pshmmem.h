/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* struct ix_mech.memory of POSIX shared memory. */
#pragma once

#include "core/mech.h"

int ix_pshm_memory(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		   struct ix_memory *ret_memory);
