/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which capability is missing for entering a namespace, and whose rights apply to what a
 * target has mounted. */
#pragma once

#include <sys/stat.h>

#include "core/idmap.h"
#include "ns/target.h"

/*
 * Check that the caller may enter the target's IPC namespace or, if that is the caller's
 * own, make a mount namespace. Returns 0, or -EPERM with a text that says what is
 * missing. *ret_user is -1 if no user namespace has to be entered first; else it is a
 * descriptor (to be closed by the caller) of a user namespace that the caller created:
 * "below" itself or an ancestor of it ("below" may be -1: none). See user_namespaces(7),
 * "Capabilities".
 */
int ix_rights(struct ipcx *x, const struct ix_target *p, int below, int *ret_user);

/*
 * Find out whose rights apply to the target's /dev/shm. The user who mounted this
 * /dev/shm decided which files are there, and may have chosen files to which only we have
 * access. Returns 0, or -errno with a text if this is unknown. *ret_user is -1 if our own
 * rights apply; else it is a descriptor (to be closed by the caller) of the user
 * namespace whose root must open, create, change and remove these files. It is the user
 * namespace that owns the process's mount namespace or, if this owner is ours, the user
 * namespace of the process itself (since the process may have chosen its root directory).
 */
int ix_rights_mounted(struct ipcx *x, const struct ix_target *p, int *ret_user);

/* Which contents of the files in the target's /dev/shm a listing may show, since the
 * listing is made by our own process, with our rights. This is found out at the first
 * such file, as most targets have no files there. */
struct ix_showing {
	const struct ix_target *p;
	enum { IX_NOT_ASKED, IX_SHOW_ALL, IX_SHOW_MAPPED } how;
	struct ix_idmap map;
};

/* Whether a file could be read by that root whose rights apply; see "shows" in struct
 * ix_view. */
bool ix_rights_show(struct ipcx *x, const struct stat *st);

/* Read how the ids of a user namespace map to ours, if the target's process is in that
 * user namespace; otherwise the map is empty. */
void ix_rights_map(struct ipcx *x, const struct ix_target *p, int user,
		   struct ix_idmap *ret_map);
