/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where file systems are mounted, as the caller's mount namespace has them. */
#pragma once

#include <stddef.h>

/*
 * The mount point of the file system of this type that was mounted last, of those that
 * are not covered by another mount on the same place. 0, -ENOENT when there is none (or
 * no /proc to read it from), -ENAMETOOLONG when buf is too small, -ENOPKG when libmount
 * is not installed, -ENOMEM.
 */
int ix_mnt_find(const char *fstype, char *buf, size_t size);
