/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For base/mnt.c: what needs a table of all mounts. base/mnttable.c asks libmount;
 * base/mnttable_own.c stands for it where libmount is not wanted or cannot be linked.
 * ix_mnt_bind_private() of base/mnt.h is defined beside these functions.
 */
#pragma once

#include "base/mnt.h"

/* Find a mount point as ix_mnt_find() does, in the text of a mountinfo. The text may be
 * changed. */
int ix_mnttable_find(char *text, size_t len, const char *fstype, char *buf, size_t size);

/* Add the nsfs mounts in the text of a mountinfo to a list. The text may be changed.
 * Returns 0, -ENOPKG, -ENOMEM or -EPROTO. */
int ix_mnttable_nsfs(char *text, size_t len, struct ix_mnt_list *l);

/* Add a copy of a mount to a list. Returns 0 or -ENOMEM. */
int ix_mnt_keep(struct ix_mnt_list *l, const char *root, const char *target);

/* Copy a mount point; returns 0 or -ENAMETOOLONG. */
int ix_mnt_copy(const char *target, char *buf, size_t size);
