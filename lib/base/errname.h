/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Symbolic names of errnos; not every C library has strerrorname_np(3). */
#pragma once

/* Return "ENOSPC" for ENOSPC or -ENOSPC, NULL for an errno that is not in the list.
 * Static. */
const char *ix_errno_name(int error);
