/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control group that a process's memory is charged to, of version 1 or 2. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ix_memcg {
	bool v2;
	bool limited, counted, shared; /* limit, used, shmem are known */
	uint64_t limit;                /* the lowest of this and the groups above */
	uint64_t used, shmem;
	char path[512];  /* in its hierarchy, as the process's /proc file shows it */
	char above[512]; /* the group above that has the lowest limit; or empty */
};

/*
 * Find the memory controller's line in the text of /proc/PID/cgroup: "HIERARCHY:memory:
 * PATH" or, of version 2, "0::PATH". Returns 0, -ENOENT if there is no such line, or
 * -ENAMETOOLONG.
 */
int ix_memcg_path(const char *text, size_t len, bool *ret_v2, char *buf, size_t size);

/* Parse "KEY NUMBER" at the beginning of a line of memory.stat. Returns 0, -ENOENT or
 * -EINVAL. */
int ix_memcg_stat(const char *text, const char *key, uint64_t *ret_n);

/* Parse the number in a file: "max" and, in version 1, anything near 2^63 are no limit
 * (-ENODATA). Returns 0, -ENODATA or -EINVAL. */
int ix_memcg_number(const char *text, uint64_t *ret_n);

/*
 * Read the numbers of a group.
 *
 * @param root the directory that the mount points of the mountinfo are below
 * @param cgroup the text of /proc/PID/cgroup, len bytes
 * @param mountinfo the mounts, a text that is changed
 * @return 0; -ENOENT if no hierarchy with a memory controller is mounted, or the group is
 * not in the part of it that is mounted; another -errno
 */
int ix_memcg_read(int root, const char *cgroup, size_t len, char *mountinfo,
		  struct ix_memcg *ret_g);
