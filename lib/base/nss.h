/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users and groups by name and number, from the sources in nsswitch.conf(5). Each query
 * has three results: found, no such entry, and lookup failed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Append the name of an id, with its NUL, to a pool. Returns 1 if the name was appended,
 * 0 if the id has no name, or -errno if the lookup failed. */
int ix_nss_name(bool group, uint32_t id, struct ix_buf *pool);

/*
 * Read the id of a user or group as chown(1) does: a name, or else a decimal number,
 * which is accepted even if no service answers. Returns 0, -ENOENT if there is no such
 * name, or another -errno if the lookup failed.
 */
int ix_nss_id(bool group, const char *text, uint32_t *ret_id);

/*
 * Find the groups that a login of this user sets: the primary one and, in an array to be
 * freed by the caller, all of them (at most IX_NSS_GROUPS). Returns 0, -ENOENT if the id
 * has no name, or another -errno.
 */
#define IX_NSS_GROUPS 65536
int ix_nss_groups(uint32_t uid, uint32_t *ret_gid, uint32_t **ret_groups, size_t *ret_n);

/* Describe the errno of a failed lookup. The text is static or thread-local. */
const char *ix_nss_why(int error);
