/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which capability is missing for entering a namespace, and whose rights apply to what a
 * target has mounted. */
#pragma once

#include <sys/stat.h>

#include "core/idmap.h"
#include "ns/target.h"

/*
 * Check that the caller may enter the target's IPC namespace or, if that is the caller's
 * own, make a mount namespace. Returns 0; *ret_user is -1 if no user namespace has to be
 * entered first, else its descriptor (close it): one that the caller created, "below"
 * itself or an ancestor of it (below is -1 if there is none). -EPERM with a text that
 * says what is missing. See user_namespaces(7), "Capabilities".
 */
int ix_rights(struct ipcx *x, const struct ix_target *p, int below, int *ret_user);

/*
 * Find out whose rights apply to the target's /dev/shm. The creator of those mounts chose
 * which files are there, and may have chosen files to which only we have access. Returns
 * 0; *ret_user is -1 if our own rights apply, else the user namespace (close it) as whose
 * root these files must be opened, created, changed and removed: the owner of the
 * process's mount namespace or, if that is ours, the process's own (it may have chosen
 * its root). -errno with a text if that is unknown.
 */
int ix_rights_mounted(struct ipcx *x, const struct ix_target *p, int *ret_user);

/* Which contents of such files a listing may show, since listing is done in our own
 * process, with our rights. Determined for the first such file, as most targets have
 * none. */
struct ix_showing {
	const struct ix_target *p;
	enum { IX_NOT_ASKED, IX_SHOW_ALL, IX_SHOW_MAPPED } how;
	struct ix_idmap map;
};

/* Whether the root whose rights apply could read a file; see struct ix_view.shows. */
bool ix_rights_show(struct ipcx *x, const struct stat *st);

/* Read how the ids of a user namespace map to ours, if the process of the target is in
 * it; otherwise the map is empty. */
void ix_rights_map(struct ipcx *x, const struct ix_target *p, int user,
		   struct ix_idmap *ret_map);
