/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects that are in no directory are found through the processes that use them: this
 * knows processes and files, a mechanism knows what its rows say about such a file.
 */
#pragma once

#include <sys/stat.h>

#include "core/mech.h"

/* A file that processes have open or mapped, while it is being listed. */
struct ix_found {
	uint64_t dev, ino;
	bool in_files;                    /* a pipe in a file system: a FIFO */
	uint64_t page;                    /* size of its huge pages; 0: ordinary pages */
	uint64_t users, readers, writers; /* processes */
	bool complete;                    /* there are no further ones */
	bool unlinked;                    /* a file that had a name */
	int error;                        /* why st is unknown, or 0 */
	struct stat st;
};

/* Returns 0 or more, -ENOENT if it is no such object, or another -errno. */
typedef int ix_found_each(struct ix_scan *s, const struct ix_found *f, void *arg);

/*
 * Call each() for every file of the mechanism's kind that a process of the current
 * namespace uses, in ascending order of the inode; with a reference, for the file that it
 * names; with a device, for the files there that any process uses. The processes are
 * looked at once per scan for all mechanisms of s->unlisted. Returns 0; -ENOENT if the
 * reference names none; or another -errno, also of each(), with a text.
 */
int ix_found_all(struct ix_scan *s, const struct ipcx_ref *ref, uint64_t dev,
		 ix_found_each *each, void *arg);

/* Look at the processes already now. Returns 0, or -errno with a text. */
int ix_found_look(struct ix_scan *s, uint64_t dev);

/* These look at the file for which each() is called. They return 0 or more, or -errno:
 * -ESTALE if nobody has the file any more. */

/* Write the path under which the kernel shows the file; returns its length. */
int ix_found_name(struct ix_scan *s, char *buf, size_t size);

int ix_found_seals(struct ix_scan *s, unsigned *ret_seals);
int ix_found_pipe(struct ix_scan *s, uint64_t *ret_capacity, uint64_t *ret_buffered);

#define IX_KEEPERS 1024

/* Write the first users: "812 (postgres), 1044 (psql) and 3 more", with the names that
 * the processes chose, not escaped. */
void ix_found_keepers(struct ix_scan *s, char *buf, size_t size);

/* Free what is kept for a scan. */
void ix_found_end(struct ix_scan *s);
