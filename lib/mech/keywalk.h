/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files whose keys are computed: those that are named, and everything below them. */
#pragma once

#include <sys/stat.h>

#include "core/table.h"

/* Check a list of paths. Returns 0, or -EINVAL with a text. */
int ix_key_paths(struct ipcx *x, const char *const *paths, size_t n);

/* Note why a path is left out. */
void ix_key_note(struct ipcx_table *t, const char *path, int error);

/* Return an empty table for rows of this kind, or, when out of memory, NULL with the
 * context's error set. */
struct ipcx_table *ix_key_begin(struct ipcx *x, const struct ix_kind *kind);

/* Give the table to the caller of the library; r is the result of filling it. */
int ix_key_finish(struct ipcx *x, struct ipcx_table *t, int r,
		  struct ipcx_table **ret_table);

/* Return the key that ftok(3) makes of a file. */
static inline uint32_t ix_key_of(const struct stat *st, int proj)
{
	return (uint32_t)(proj & 0xff) << 24 | (uint32_t)(st->st_dev & 0xff) << 16 |
	       (uint32_t)(st->st_ino & 0xffff);
}

/* The rows of ipcx_keys(). Add one; the key is one that ftok(3) makes of the file. */
extern const struct ix_kind ix_key_kind;
int ix_key_add(struct ipcx_table *t, const char *path, const struct stat *st,
	       uint32_t key);

struct ix_key_walk {
	struct ipcx_table *t; /* notes are added to it */
	bool recursive;
	/* Called for each path; named: the caller of the library named it. st is NULL if
	 * a named path cannot be read: then return 1 if that is fine, or 0 for a note.
	 * Returns -errno to end the walk. */
	int (*visit)(struct ix_key_walk *w, const char *path, const struct stat *st,
		     bool named);
};

/* Visit the paths and, if recursive, everything below directories; symbolic links are
 * followed only to the named files. Returns 0 or -errno. */
int ix_key_walk(struct ix_key_walk *w, const char *const *paths, size_t n);
