/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which namespaces a process is in, compared with ours, and who created its user
 * namespace. This information comes from the kernel, so the process cannot forge it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A namespace; "ino" is 0 if we may not read the namespace or the process is gone. */
struct ix_space {
	uint64_t dev, ino;
};

static inline bool ix_space_same(const struct ix_space *a, const struct ix_space *b)
{
	return a->ino && a->ino == b->ino && a->dev == b->dev;
}

/* Return a namespace of the process with this /proc directory; "type" is the name of a
 * file in /proc/PID/ns. */
struct ix_space ix_space_of(int dir, const char *type);

/* How a user namespace relates to ours. */
enum ix_lineage {
	IX_USER_UNKNOWN, /* we may not read it */
	IX_USER_OURS,
	IX_USER_BELOW, /* below ours */
	IX_USER_APART, /* neither ours nor below ours: an ancestor of ours, or in another
			* branch */
};

struct ix_user_space {
	enum ix_lineage lineage;
	struct ix_space self;
	unsigned depth; /* number of levels below ours; 1 for a direct child */
	uid_t maker;    /* for IX_USER_BELOW: the creator of the user namespace directly
			 * below ours that is, or contains, this one; here, even root has
			 * at most the rights of that creator */
};

/* Describe the user namespace of a process; "ours" is the caller's user namespace
 * (user_namespaces(7); NS_GET_PARENT, NS_GET_OWNER_UID of ioctl_nsfs(2)). */
struct ix_user_space ix_space_user(int dir, const struct ix_space *ours);

/* Whether the user namespace of a process is the given one or a descendant of the given
 * one. */
bool ix_space_below(int dir, const struct ix_space *user);

/* Return the PID namespace of a process, or that namespace's ancestor n levels up. In the
 * result, "ino" is 0 if there is no such namespace that we may see. */
struct ix_space ix_space_around(int dir, unsigned n);
