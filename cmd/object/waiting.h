/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads that wait for objects: the fields of their rows, and what could not be
 * seen. */
#pragma once

#include "cmd.h"
#include "ui/select.h"

/* The fields of a row: all, those of a table, and those of a table that looked twice. The
 * same without the fields that name the object, for rows below their object. */
extern const struct shown waits_all, waits_table, waits_table_since, waits_all_below,
	waits_table_below;

/* Return whether all threads that wait for objects of these mechanisms were found: t has
 * those that were. If the kernel counts them, and its counts may be read, that is known
 * even if some processes could not be looked at. */
bool waits_all_seen(uint64_t mechs, const struct ipcx_table *t,
		    const struct ipcx_unseen *u);

/* Return the number in a field of a row; 0 if it has none. */
uint64_t waits_number(const struct ipcx_table *t, size_t row, enum ipcx_field f);

/* Print what was not seen: as facts after all rows if the format has a place for them,
 * else as notes. */
void waits_put_unseen(struct output *s, const struct selection *sel,
		      const struct ipcx_table *t, const struct ipcx_unseen *u);

/* Print a text tree of who waits for whom: the waits in these n rows, and where they lead
 * (waitsgraph.c). spaces: the rows are of several namespaces. Returns 0, or an exit
 * status after a message. */
int waits_graph(const struct ipcx_table *t, const uint32_t *rows, size_t n, bool spaces);
