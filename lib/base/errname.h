/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The symbols of errnos; strerrorname_np(3) is not everywhere. */
#pragma once

/* "ENOSPC" for ENOSPC or -ENOSPC; NULL for one that is not in the list. Static. */
const char *ix_errno_name(int error);
