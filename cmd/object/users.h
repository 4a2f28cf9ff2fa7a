/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes that use objects: the fields of their rows, and what could not be
 * seen. */
#pragma once

#include "cmd.h"
#include "ui/select.h"

/* The fields of a row: all, and those of a table. The same without the fields that name
 * the object, for rows below their object. */
extern const struct shown users_all, users_table, users_all_below, users_table_below;

/* Return whether processes attach to the objects of a mechanism, so that their rows show
 * who uses it. */
static inline bool users_attach(unsigned mech)
{
	return ipcx_mech_can(mech) & IPCX_CAN_ATTACH;
}

/* Return whether all users of objects of these mechanisms were seen. If the kernel counts
 * them, that is known even if some processes could not be looked at. */
bool users_all_seen(uint64_t mechs, const struct ipcx_unseen *u);

/* Return the sum of what was not seen in two passes over the same processes. */
struct ipcx_unseen users_unseen_sum(const struct ipcx_unseen *a,
				    const struct ipcx_unseen *b);

/* Print what was not seen of the users of a selection: as facts after all rows if the
 * format has a place for them, else as notes. If pid is not 0, only that process was
 * looked at. */
void users_put_unseen(struct app *app, struct output *s, const struct selection *sel,
		      int32_t pid, const struct ipcx_unseen *u);
