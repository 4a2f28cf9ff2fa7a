/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For base/mnt.c: the part of it that needs a table of all mounts. ix_mnt_find() and
 * ix_mnt_bind_private() of base/mnt.h are defined beside these functions. */
#pragma once

#include "base/mnt.h"

/* Add the nsfs mounts in the text of a mountinfo to a list. Returns 0, -ENOPKG, -ENOMEM
 * or -EPROTO. */
int ix_mnttable_nsfs(char *text, size_t len, struct ix_mnt_list *l);

/* Add a copy of a mount to a list. Returns 0 or -ENOMEM. */
int ix_mnt_keep(struct ix_mnt_list *l, const char *root, const char *target);
