/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which capability is missing for entering a namespace; and whose rights count for what
 * is mounted in a place. */
#pragma once

#include <sys/stat.h>

#include "core/idmap.h"
#include "ns/target.h"

/*
 * Whether the caller may enter the IPC namespace of a place, or, where that is his own,
 * make a mount namespace for the rest of it. 0, with -1 when he may as he is, otherwise
 * the user namespace that he has to enter first (close it): one of his own making, in or
 * above the one below (-1: there is none). -EPERM with a text that says what is missing.
 * user_namespaces(7), "Capabilities".
 */
int ix_rights(struct ipcx *x, const struct ix_target *p, int below, int *ret_user);

/*
 * Whose rights over what a place has on /dev/shm count: whoever made those mounts chose
 * which files stand there, and may show us some that he has no rights over himself. 0,
 * with -1 when they are as good as ours; otherwise the user namespace (close it) as whose
 * root these files are to be opened, made, changed and removed: the one that owns the
 * mount namespace of the process, or, where that is ours, the one that the process is in
 * (it may have chosen its root). -errno with a text when that cannot be told.
 */
int ix_rights_mounted(struct ipcx *x, const struct ix_target *p, int *ret_user);

/* For looks, which nobody else does for us: what of the contents of such files may be
 * told. Asked for the first of them, not before: most places are asked for none. */
struct ix_showing {
	const struct ix_target *p;
	enum { IX_NOT_ASKED, IX_SHOW_ALL, IX_SHOW_MAPPED } how;
	struct ix_idmap map;
};

/* Whether the root whose rights count could read a file: struct ix_view.shows. */
bool ix_rights_show(struct ipcx *x, const struct stat *st);

/* How the users of a user namespace are numbered here, when the process of the place is
 * in it. Without that nobody there has a number here. */
void ix_rights_map(struct ipcx *x, const struct ix_target *p, int user,
		   struct ix_idmap *ret_map);
