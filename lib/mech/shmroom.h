/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether what the file system of /dev/shm counts as used is what its objects hold: a
 * tmpfs that is full may show hardly any, as what is in directories, and files without a
 * name that are open or mapped, are no objects.
 */
#pragma once

#include "mech/posix.h"

struct ix_shm_room {
	bool counts; /* used is known, and what was added so far is all */
	uint64_t used, listed;
	unsigned directories;
};

/* Before the directory is read: what is used. */
void ix_shm_room_begin(const struct ix_posix_dir *dir, struct ix_shm_room *ret_room);

/* A file in it; NULL: one of which nothing is known. */
void ix_shm_room_add(struct ix_shm_room *room, const struct ix_posix_dir *dir,
		     const struct stat *st);

/* After all were added: a note when more is used, then and now. */
void ix_shm_room_note(struct ix_scan *s, const struct ix_posix_dir *dir,
		      const struct ix_shm_room *room);
