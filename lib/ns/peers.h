/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who sees which /dev/shm and /dev/mqueue. */
#pragma once

#include "ns/discover.h"
#include "ns/target.h"

/*
 * Whether those who share the place's IPC namespace are those who share its /dev/shm. 0
 * and "" when they are; else a sentence that says who differs.
 */
int ix_peers_differ(struct ipcx *x, const struct ix_target *p, char *buf, size_t size);
