/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which object a blocked call is about. */
#pragma once

#include "who/waiting.h"

/* Set the file of a wait: file, dev, ino … of struct ix_wait; nothing for a System V
 * queue or array, whose id is in the call. Returns 1; 0 if it cannot be
 * named; or -errno. */
int ix_object_find(struct ix_waits_pass *p, int task, struct ix_wait *wait);
