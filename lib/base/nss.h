/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users and groups by name and by number, as nsswitch.conf(5) says where they are known.
 * Each question has three answers: yes, no, and that it could not be answered.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* The name of an id, appended to a pool with its NUL: 1, 0 when it has none, or -errno
 * when nobody could tell. */
int ix_nss_name(bool group, uint32_t id, struct ix_buf *pool);

/*
 * The id of a user or group as chown(1) reads it: a name, or else a decimal number, which
 * needs no answer from any service. 0; -ENOENT when there is no such name; any other
 * -errno when nobody could tell.
 */
int ix_nss_id(bool group, const char *text, uint32_t *ret_id);

/* Why nobody could tell, for such an errno. Static or thread-local. */
const char *ix_nss_why(int error);
