/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Translate user and group ids between another user namespace and the caller's
 * (user_namespaces(7), /proc/PID/uid_map). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What the kernel shows for an unmapped id (/proc/sys/kernel/overflowuid). */
#define IX_UNMAPPED 65534

/* The most lines that the kernel accepts in a map (UID_GID_MAP_MAX_EXTENTS). */
#define IX_IDMAP_MAX 340

struct ix_idrange {
	uint32_t inside, outside, count;
};

struct ix_idmap {
	struct ix_idrange users[IX_IDMAP_MAX], groups[IX_IDMAP_MAX];
	size_t nusers, ngroups;
};

/* Parse the text of a uid_map or gid_map. Returns the number of ranges, or -EPROTO. */
int ix_idmap_parse(const char *text, size_t len,
		   struct ix_idrange ret_ranges[IX_IDMAP_MAX]);

/* The same as ix_idmap_parse(), for the text of a file below dirfd. Returns 0 or -errno.
 */
int ix_idmap_read(int dirfd, const char *path, struct ix_idrange ret_ranges[IX_IDMAP_MAX],
		  size_t *ret_n);

/* Translate an id of the other user namespace to an id of our user namespace; IX_UNMAPPED
 * if it is not mapped. */
uint32_t ix_id_here(const struct ix_idrange *ranges, size_t n, uint32_t there);

/* Translate an id of our user namespace to an id of the other user namespace. Returns 0,
 * or -EOVERFLOW if it is not mapped. */
int ix_id_there(const struct ix_idrange *ranges, size_t n, uint32_t here,
		uint32_t *ret_there);
