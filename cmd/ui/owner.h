/* SPDX-License-Identifier: GPL-2.0-or-later */
/* USER[:GROUP] on the command line. */
#pragma once

#include "ipcx.h"

/* Resolve USER[:GROUP] into attributes (uid, gid and their bits). Returns 0, or an exit
 * status after a message: 2 if there is no such user or group, 1 if the look-up failed.
 */
int owner_read(const char *text, struct ipcx_attrs *attrs);
