/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which process of a namespace was there first. */
#pragma once

#include "ns/discover.h"

/* Find the eldest process of each pair and of each namespace of a list whose processes
 * are known. 0 or -ENOMEM. */
int ix_oldest(struct ipcx *x, struct ix_nslist *l);
