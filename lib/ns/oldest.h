/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the oldest process of a namespace. */
#pragma once

#include "ns/discover.h"

/* Find the oldest process of each pair and of each namespace in a list, after all
 * processes were added to the list. Returns 0 or -ENOMEM. */
int ix_oldest(struct ipcx *x, struct ix_nslist *l);
