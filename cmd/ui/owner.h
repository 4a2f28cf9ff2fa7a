/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USER[:GROUP] of a command line. */
#pragma once

#include "ipcx.h"

/* Resolve it into attributes (uid, gid and their bits). 0, or exit status 2 after a
 * message. */
int owner_read(const char *text, struct ipcx_attrs *attrs);
