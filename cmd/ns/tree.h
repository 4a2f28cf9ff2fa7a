/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPC namespaces as a tree. */
#pragma once

#include "commands.h"

/*
 * Print n rows of a table of IPC namespaces (all if rows is NULL) as a tree below their
 * user namespaces, which are the rows of "users". Returns 0, or an exit status after a
 * message.
 */
int ns_tree(const struct ipcx_table *t, const struct ipcx_table *users,
	    const uint32_t *rows, size_t n);
