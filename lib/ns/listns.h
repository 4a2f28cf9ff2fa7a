/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's own list of namespaces: listns(2), Linux 6.19. */
#pragma once

#include "ns/discover.h"

/*
 * Add to a list the IPC namespaces that the kernel lists and that no pass over /proc
 * found; each is opened by its handle. What is listed but cannot be opened is counted.
 * The kernel lists only what the caller may see, and only namespaces that a task, a
 * descriptor or a mount keeps; so nothing is taken away from the list. Returns 0 or
 * -ENOMEM.
 */
int ix_listns_join(struct ipcx *x, struct ix_nslist *l);
