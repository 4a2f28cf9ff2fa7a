/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the users and groups of another user namespace are numbered in the caller's
 * (user_namespaces(7), /proc/PID/uid_map). */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What the kernel gives for an id that has no number (/proc/sys/kernel/overflowuid). */
#define IX_UNMAPPED 65534

/* The kernel takes at most so many lines (UID_GID_MAP_MAX_EXTENTS). */
#define IX_IDMAP_MAX 340

struct ix_idrange {
	uint32_t inside, outside, count;
};

struct ix_idmap {
	struct ix_idrange users[IX_IDMAP_MAX], groups[IX_IDMAP_MAX];
	size_t nusers, ngroups;
};

/* Read the text of a uid_map or gid_map. Answers the number of ranges, or -EPROTO. */
int ix_idmap_parse(const char *text, size_t len,
		   struct ix_idrange ret_ranges[IX_IDMAP_MAX]);

/* The same of a file below dirfd. 0 or -errno. */
int ix_idmap_read(int dirfd, const char *path, struct ix_idrange ret_ranges[IX_IDMAP_MAX],
		  size_t *ret_n);

/* The number here of an id there; IX_UNMAPPED without one. */
uint32_t ix_id_here(const struct ix_idrange *ranges, size_t n, uint32_t there);

/* The number there of an id here: 0, or -EOVERFLOW without one. */
int ix_id_there(const struct ix_idrange *ranges, size_t n, uint32_t here,
		uint32_t *ret_there);
