/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USER[:GROUP] of a command line. */
#pragma once

#include "ipcx.h"

/* Resolve it into attributes (uid, gid and their bits). 0, or an exit status after a
 * message: 2 where there is no such user, 1 where nobody could tell. */
int owner_read(const char *text, struct ipcx_attrs *attrs);
