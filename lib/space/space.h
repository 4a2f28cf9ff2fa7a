/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Facts about the /dev/shm of each place: what kind of directory it is, how much fits and
 * how much is used, and by what. They are only read; nothing is opened but directories.
 */
#pragma once

#include "core/ctx.h"
#include "core/table.h"

/* What the memory of a /dev/shm is used by. */
enum ix_space_part {
	IX_SPACE_OBJECTS,     /* regular files in the directory itself */
	IX_SPACE_DIRECTORIES, /* everything in directories below it */
	IX_SPACE_OTHER,       /* links, sockets, FIFOs in the directory itself */
	IX_SPACE_NAMELESS,    /* the rest: files without a name that are open or mapped
			       * and, unless the directory is the root of its file
			       * system (whole), what is outside of it */
	IX_SPACE_PARTS,
};

/* How many of the biggest things in a /dev/shm are remembered. */
#define IX_SPACE_BIG 3

/*
 * One /dev/shm. The namespace and the containers are those of the row's section
 * (ix_row_value()). Sizes are in bytes.
 */
struct ix_space_shm {
	struct ix_row row;
	uint64_t dev, ino; /* the directory */
	int32_t error; /* 0; -ENOENT: there is none; another -errno: why nothing else is
			* known, with a text in "why". -EMEDIUMTYPE: it is another
			* process's, and not in memory, so it was not looked at */
	uint32_t mode; /* with the type and the sticky bit, as st_mode */
	uint32_t uid, gid;
	uint64_t size, used; /* of the file system; size 0 of a tmpfs: it has no limit,
			      * and what is used is not counted */
	uint64_t free;       /* what a program may still use */
	uint64_t inodes, inodes_used; /* inodes 0: no limit, not counted */

	/* Valid if walked, which only a tmpfs is. The bytes of nameless files follow from
	 * the others, and are known only if the size is; their number is in ix_memory()'s
	 * pass. */
	uint64_t bytes[IX_SPACE_PARTS];
	uint64_t big[IX_SPACE_BIG]; /* bytes of the biggest, in descending order; 0: there
				     * are no more */
	uint32_t files[IX_SPACE_PARTS];
	ix_text big_name[IX_SPACE_BIG]; /* names in the directory, not escaped */
	ix_text why;
	uint8_t big_part[IX_SPACE_BIG]; /* enum ix_space_part */
	uint8_t missed; /* bits of the parts some of which could not be read: they are at
			 * least what is here. So are nameless files, if any is missed */
	int32_t lost;   /* -errno of the first; 0: it was too deep, or too much */
	bool tmpfs : 1; /* in memory; else on a disk or another file system */
	bool read_only : 1; /* mounted so */
	bool link : 1;      /* /dev/shm is a symbolic link */
	bool whole : 1;     /* it is the root of its file system */
	bool remote : 1;    /* another process's, not our own */
	bool walked : 1;    /* the members about its contents are valid */
	bool again : 1;     /* a row above is the same directory */
};

_Static_assert(sizeof(struct ix_space_shm) <= 8 * IX_WORDS, "rows have that many words");

/* How much to find out: nothing but the size (a few calls); or also what is in it. */
enum ix_space_how { IX_SPACE_SIZE, IX_SPACE_CONTENTS };

/* Append a row about the /dev/shm of the current view (struct ix_view). What is wrong
 * with it is in the row. Returns 0 or -ENOMEM. */
int ix_space_here(struct ipcx *x, enum ix_space_how how, struct ipcx_table *t);

/* Append a row for each place in which calls act (ipcx_use()). Returns 0, or -errno with
 * a text; what could not be entered is a note. */
int ix_space_all(struct ipcx *x, enum ix_space_how how, struct ipcx_table *t);

/* Before rows are read in our own namespace: set their place. Returns 0, or -errno with a
 * text. */
int ix_space_home(struct ipcx *x, struct ipcx_table *t);

/* Return row number i of such a table; NULL if it is another row, or past the end. */
const struct ix_space_shm *ix_space_at(const struct ipcx_table *t, size_t i);

struct ix_posix_dir;

/* Find out what is in a directory, and fill the row; size and used are known. Returns 0
 * or -ENOMEM. */
int ix_space_walk(struct ipcx_table *t, const struct ix_posix_dir *dir,
		  struct ix_space_shm *s);
