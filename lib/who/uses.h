/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which processes have which files mapped or open, found in one pass over /proc. An
 * object is recognised by the device and inode of its file; a System V segment by the
 * kernel's own memory file system, the name /SYSVKEY and an inode that equals its id in
 * the IPC namespace of the process. A name in /proc is what the process's mount namespace
 * calls a file, so names identify nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/ctx.h"
#include "core/gaps.h"

/* What a file is. */
enum ix_use_kind {
	IX_USE_SYSV, /* a System V segment */
	IX_USE_MEMFD,
	IX_USE_FILE, /* a regular file in any file system */
	IX_USE_PIPE, /* a pipe or FIFO */
	IX_USE_ANON, /* memory that is mapped shared, without a file (mmap(2)) */
	IX_USE_KINDS,
};

#define IX_USE_R 1U
#define IX_USE_W 2U

/* One process that uses one file. */
struct ix_use {
	enum ix_use_kind kind;
	uint32_t user; /* index in users[] */
	uint64_t dev, ino;
	uint64_t address, mapped; /* start of the first mapping; bytes of all */
	uint64_t end;             /* end of the first mapping */
	uint64_t size, blocks;    /* of the file, if sized */
	uint32_t mappings, fds;
	uint32_t key;   /* IX_USE_SYSV */
	int32_t fd;     /* a descriptor, or -1 */
	uint32_t links; /* from a descriptor: 0 if the file is unlinked */
	uint8_t access; /* IX_USE_R | IX_USE_W */
	bool fifo;      /* IX_USE_PIPE: in a file system */
	bool sized;     /* size and blocks are known */
	uint32_t name;  /* offset in names plus 1, of a file that is unlinked; or 0 */
	bool readers, writers; /* IX_USE_PIPE: has it open for reading, writing */
};

/* A process with at least one use. */
struct ix_user {
	int32_t pid;
	uint32_t uid; /* effective user id; valid if has_uid */
	bool has_uid;
	int uid_error;  /* -errno: why it could not be read; or 0 */
	uint64_t start; /* ticks since boot; 0: unknown */
	uint64_t ipc;   /* inode of its IPC namespace; 0: unknown */
	uint64_t mnt;   /* inode of its mount namespace; 0: unknown */
	char comm[64];
};

struct ix_uses {
	struct ix_use *all; /* sorted by kind, ino, dev, user */
	size_t n, cap;
	struct ix_buf names;
	struct ix_user *users; /* in the order of /proc */
	size_t nusers, cap_users;
	struct ix_memory_dev {
		uint64_t dev;
		uint64_t page; /* size of its huge pages; 0: ordinary pages */
	} devs[8]; /* the kernel's own memory file systems: of segments and memfds */
	size_t ndevs;
	uint64_t pipe_dev; /* the device of pipes without a name */
	uint64_t denied;   /* processes that may not be looked at */
	uint64_t missed;   /* processes that could not be read for another reason */
	int missed_error;
	bool others; /* more processes may exist than were looked at */
};

struct ix_use_file {
	uint64_t dev, ino;
};

/* What to look for. */
struct ix_uses_what {
	unsigned kinds; /* bit mask of 1U << IX_USE_… */
	bool maps, fds; /* where */
	bool access;    /* also how descriptors of files were opened */
	bool sizes;  /* also how much memory is behind mappings of memfds and the like */
	int32_t pid; /* this process only; 0: all */
	/* For IX_USE_FILE: only files on these devices; NULL: all files except those on
	 * disks. */
	const uint64_t *devs;
	size_t ndevs;
	/* Only these files, sorted by ix_use_file_order(); NULL: all. */
	const struct ix_use_file *files;
	size_t nfiles;
	bool shared; /* only mappings that are shared: far fewer have to be read */
	bool strict; /* a process whose threads may have descriptors of their own that
			cannot be found is one that could not be looked at */
};

int ix_use_file_order(const void *a, const void *b);

/* Look through /proc. Returns 0; -ENOMEM; -ESRCH if there is no process "pid"; or
 * another -errno, with a text. */
int ix_uses_collect(struct ipcx *x, const struct ix_uses_what *what,
		    struct ix_uses *ret_uses);
void ix_uses_free(struct ix_uses *u);

/* Whether every process that may exist was looked at. */
static inline bool ix_uses_complete(const struct ix_uses *u)
{
	return !u->denied && !u->missed && !u->others;
}

/* Return the uses of one file, *ret_n of them. */
const struct ix_use *ix_uses_of(const struct ix_uses *u, enum ix_use_kind kind,
				uint64_t dev, uint64_t ino, size_t *ret_n);

/* A System V segment, as the kernel describes it. */
struct ix_segment {
	uint64_t ns; /* its IPC namespace */
	int32_t id;
	uint32_t key;
	uint64_t nattch;
	int64_t creator; /* uid in our user namespace; -1: unknown */
	bool any_key;    /* used internally */
};

/*
 * Return the uses of a System V segment in an IPC namespace: id and key must match, and
 * the process must be in that namespace, or must have been when it attached: uses that
 * are known by elimination only are marked in ret_inferred[]. ret[] and ret_inferred[]
 * have room for ix_uses_segment_most(). *ret_found is the number of distinct attaches; if
 * it is at least nattch, nothing is unseen. Returns the number of uses.
 */
size_t ix_uses_of_segment(struct ipcx *x, const struct ix_uses *u,
			  const struct ix_segment *seg, const struct ix_use **ret,
			  bool *ret_inferred, uint64_t *ret_found);
size_t ix_uses_segment_most(const struct ix_uses *u, int32_t id);

/* Return the path by which a process opened a file that is unlinked; "" if unknown. */
static inline const char *ix_uses_name(const struct ix_uses *u, const struct ix_use *use)
{
	return use->name ? u->names.data + use->name - 1 : "";
}

/* Return the size of the huge pages on a file system of segments and memfds; 0 for
 * ordinary pages. */
uint64_t ix_uses_page(const struct ix_uses *u, uint64_t dev);

/* Add to a table, once, why uses may be missing. */
void ix_uses_note(const struct ix_uses *u, struct ipcx_table *t);
