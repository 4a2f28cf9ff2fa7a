/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Totals over all System V segments, and the description of the mechanism, which the
 * totals need. */
#pragma once

#include "core/totals.h"
#include "mech/sysv.h"

extern const struct ix_totals ix_shm_totals;
extern const struct ix_sysv ix_shm_sysv;
