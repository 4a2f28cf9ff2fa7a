/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* statx(2), on every C library and every kernel. */
#pragma once

#include "base/port.h"

/*
 * statx(2). Before Linux 4.11, and under a seccomp(2) filter that does not know the call,
 * fstatat(2) is asked instead: stx_mask is then STATX_BASIC_STATS, and there are neither
 * attributes nor the id of a mount. Returns 0 or -errno.
 */
int ix_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *ret_st);
