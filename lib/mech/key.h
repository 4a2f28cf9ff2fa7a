/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layout of System V ids. */
#pragma once

#include "core/ctx.h"

/* How many bits of an id are the index of its slot: 15, or 24 where the kernel was
 * started with ipcmni_extend. */
unsigned ix_id_bits(struct ipcx *x);
