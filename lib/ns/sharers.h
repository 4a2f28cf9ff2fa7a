/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who sees which /dev/shm and /dev/mqueue. */
#pragma once

#include "ns/discover.h"
#include "ns/place.h"

/* The device number of the file system on a directory ("dev/shm") below a root that
 * others made; 0 when that cannot be told. Asks no file system, and waits in vain for a
 * few that are in the way at most, until the next discovery. */
uint64_t ix_device_below(struct ipcx *x, int rootfd, const char *path);

/* The same of a process. */
uint64_t ix_device_of(struct ipcx *x, int32_t pid, const char *path);

/*
 * Whether those who share the place's IPC namespace are those who share its /dev/shm. 0
 * and "" when they are; else a sentence that says who differs.
 */
int ix_sharers_differ(struct ipcx *x, const struct ix_place *p, char *buf, size_t size);
