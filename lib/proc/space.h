/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which namespaces a process is in, compared with ours, and who made its user namespace.
 * All of it comes from the kernel: nothing of it can be chosen by the process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A namespace; ino is 0 when it may not be looked at or the process is gone. */
struct ix_space {
	uint64_t dev, ino;
};

static inline bool ix_space_same(const struct ix_space *a, const struct ix_space *b)
{
	return a->ino && a->ino == b->ino && a->dev == b->dev;
}

/* The namespace of a process, by its directory in /proc, of a type as ns/ there calls it.
 */
struct ix_space ix_space_of(int dir, const char *type);

/* Whose a user namespace is. */
enum ix_lineage {
	IX_USER_UNKNOWN, /* it may not be looked at */
	IX_USER_OURS,
	IX_USER_BELOW, /* below ours */
	IX_USER_APART, /* neither: above ours, or beside it */
};

struct ix_user_space {
	enum ix_lineage lineage;
	struct ix_space self;
	unsigned depth; /* how far below ours: 1 directly */
	uid_t maker;    /* below ours: who made it, or the outermost one around it that is
			   still below ours. Whoever is root in there has at most his rights    */
};

/* Of a process; ours is the caller's (user_namespaces(7); NS_GET_PARENT, NS_GET_OWNER_UID
 * of ioctl_nsfs(2)). */
struct ix_user_space ix_space_user(int dir, const struct ix_space *ours);

/* Whether the user namespace of a process is this one, or lies below it. */
bool ix_space_below(int dir, const struct ix_space *user);

/* The PID namespace of a process, or the one n levels around it; ino 0: there is none
 * that can be seen. */
struct ix_space ix_space_around(int dir, unsigned n);
