/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all System V segments together come to, and how one is read for that. */
#pragma once

#include "core/totals.h"
#include "mech/sysv.h"

extern const struct ix_totals ix_shm_totals;
extern const struct ix_sysv ix_shm_sysv;
