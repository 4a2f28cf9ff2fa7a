/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the names of mappings and descriptors in /proc say about files that have no path
 * of their own: the kernel's memory, and files that are unlinked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a mapping shows a name that the process gave to it instead of a path
 * (PR_SET_VMA_ANON_NAME of prctl(2)); the kernel allows that for unlinked files only. */
bool ix_name_is_given(const char *name);

bool ix_name_is_memfd(const char *name);

/* The segment's key from the name of its file, "/SYSV0000162e (deleted)". Returns false
 * for other names. */
bool ix_name_sysv_key(const char *name, uint32_t *ret_key);

/* Cut the mark of an unlinked file, " (deleted)", off a path. Returns its last component,
 * or NULL if there is no mark. */
const char *ix_name_cut_mark(char *name, size_t len);
