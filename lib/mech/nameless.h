/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of files that are in no directory: their reference is the device and inode. */
#pragma once

#include "mech/posix.h"
#include "who/found.h"

/* Return the scan's next row, filled from a file that was found, with its name, which may
 * be NULL; fields that could not be read are marked as unknown. NULL when out of memory.
 */
void *ix_nameless_row(struct ix_scan *s, const struct ix_found *f, const char *name);

/* Read the path under which the kernel shows the file, without " (deleted)" at its end if
 * the file is unlinked. Returns buf; NULL if it cannot be read. */
const char *ix_nameless_path(struct ix_scan *s, bool unlinked, char *buf, size_t size);

/* Mark counts of processes as unknown if there may be further ones. */
void ix_nameless_counts(struct ix_scan *s, const struct ix_found *f, void *row,
			const struct ipcx_fieldset *counts);
