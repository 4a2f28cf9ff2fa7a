/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of /proc/PID/limits: the resource limits of any process, which prlimit(2)
 * tells only to its owner. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define IX_RLIMITS 16 /* RLIM_NLIMITS */

struct ix_rlimit {
	uint64_t soft, hard; /* UINT64_MAX: unlimited */
};

/* Parse the text; ret[] is indexed by RLIMIT_…. Returns 0, or -EPROTO if a line is
 * malformed, missing or not at its place. */
int ix_rlimits_parse(const char *text, size_t len, struct ix_rlimit ret[IX_RLIMITS]);
