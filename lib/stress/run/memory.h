/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parsing memory.stat of control groups. */
#pragma once

#include <stdint.h>

/* Return the bytes of file pages in a memory.stat, including child groups: prefix is
 * "total_" for version 1, "" for version 2. */
uint64_t ix_memory_files(const char *stat, const char *prefix);
