/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about namespaces share. */
#pragma once

#include "core/table.h"
#include "ns/pin.h"
#include "ns/target.h"

/* How to list namespaces. */
struct ix_spaces {
	bool thorough;
	bool unnamed;   /* there may be containers that are not known */
	bool no_mounts; /* mounts are unknown */
	bool no_pins;   /* pins are unknown */
	uint64_t only;  /* list only this namespace; 0: all */
	const struct ipcx_table *usage;
	const struct ix_pins *pins;
};

/* Add a row for each directory without a namespace that "usage" (ipcx_usage()) has.
 * Returns 0 or -ENOMEM. */
int ix_remains_rows(struct ipcx_table *t, const struct ipcx_table *usage);

/* A row of an IPC namespace. */
struct ix_space_row {
	struct ix_row head;
	uint64_t ns, id, user_ns, user_ns_parent, objects, bytes;
	uint32_t processes, threads, mounts, fds;
	int32_t pid;
	uint32_t uid;     /* of the oldest process; 0 without one */
	uint32_t creator; /* of the user namespace */
	ix_text command, kept_by, pin;
};

/* Fill the fields about the oldest process of a namespace: its command and user. */
void ix_space_process(struct ipcx *x, struct ipcx_table *t, struct ix_space_row *row,
		      int32_t pid);

/* Fill the fields that take a descriptor of the namespace; they are unknown if the
 * namespace could not be opened. */
void ix_space_identity(struct ipcx_table *t, struct ix_space_row *row,
		       const struct ix_target *p);

/* A user namespace, as far as it could be read. */
struct ix_userspace {
	uint64_t ino;    /* 0: unknown */
	uint64_t parent; /* inode number of its parent; 0: it has none, or the parent may
			  * not be seen from the caller's user namespace */
	bool first;      /* the initial user namespace, which has no parent */
	uint32_t uid;    /* its creator */
};

/* Read the identity, parent and creator of a user namespace. Returns 0; -ENOTTY if this
 * kernel does not tell all of it; another -errno. What was read before the error is set. */
int ix_userspace_read(int fd, struct ix_userspace *found);
