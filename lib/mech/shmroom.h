/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the used space of /dev/shm's file system is more than its objects hold: a full
 * tmpfs may list few objects, since files in directories, and unlinked files that are
 * still open or mapped, are not objects.
 */
#pragma once

#include "mech/posix.h"

struct ix_shm_room {
	bool counts; /* .used is known, and every file so far could be added */
	uint64_t used, listed;
	unsigned directories;
};

/* Before the directory is read: record the used space. */
void ix_shm_room_begin(const struct ix_posix_dir *dir, struct ix_shm_room *ret_room);

/* Add a file of the directory; st is NULL if its stat(2) failed. */
void ix_shm_room_add(struct ix_shm_room *room, const struct ix_posix_dir *dir,
		     const struct stat *st);

/* Call after all files were added: write a note if, both before and after the directory
 * was read, more space was in use than its objects hold. */
void ix_shm_room_note(struct ix_scan *s, const struct ix_posix_dir *dir,
		      const struct ix_shm_room *room);
