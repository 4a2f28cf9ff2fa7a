/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The oldest process of a namespace. */
#pragma once

#include "ns/discover.h"

/* Find the oldest process of each pair and of each namespace in a list whose processes
 * are known. Returns 0 or -ENOMEM. */
int ix_oldest(struct ipcx *x, struct ix_nslist *l);
