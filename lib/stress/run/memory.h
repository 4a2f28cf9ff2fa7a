/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What control groups say of their memory, as text. */
#pragma once

#include <stdint.h>

/* The bytes of files' pages in a memory.stat; what stands before their names counts those
 * of the groups below as well: "total_" in version 1, "" in version 2. */
uint64_t ix_memory_files(const char *stat, const char *prefix);
