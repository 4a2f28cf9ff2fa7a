/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files about namespaces share. */
#pragma once

#include "core/table.h"
#include "ns/pin.h"
#include "ns/target.h"

struct ix_kept;

/* What one namespace holds. */
struct ix_held {
	uint64_t ns, objects, bytes;
	bool whole, weighed; /* objects and bytes are known */
};

struct ix_helds {
	struct ix_held *all; /* sorted by namespace; the user frees it */
	size_t n;
};

/* Sum up the result of ipcx_usage(). Returns 0 or -ENOMEM. */
int ix_held_sum(const struct ipcx_table *usage, struct ix_helds *ret_sums);

/* Return the sums of a namespace; NULL if nothing is known of it. */
const struct ix_held *ix_held_of(const struct ix_helds *sums, uint64_t ns);

/* Hand on the notes about what could not be read. */
void ix_held_trouble(const struct ipcx_table *from, struct ipcx_table *to);

/* How to list namespaces. */
struct ix_spaces {
	bool thorough;
	bool unnamed;   /* there may be containers that are not known */
	bool no_mounts; /* mounts are unknown */
	bool no_pins;   /* pins are unknown */
	uint64_t only;  /* list only this namespace; 0: all */
	struct ix_helds held;
	const struct ix_pins *pins;
	const struct ix_kept *kept; /* if thorough */
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
	uint32_t keepers; /* number of a list */
	uint32_t reserved;
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
