/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* struct ix_mech.memory of System V segments. */
#pragma once

#include "core/mech.h"

int ix_shm_memory(struct ipcx *x, const struct ipcx_ref *ref, bool write,
		  struct ix_memory *ret_memory);
