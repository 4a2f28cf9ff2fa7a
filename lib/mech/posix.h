/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the three POSIX mechanisms have in common: an object is a file in one flat
 * directory. Rows, the directory's names, and how a file is checked, changed and removed
 * without ever touching another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/columns.h"
#include "core/mech.h"

/* The beginning of every POSIX row. */
struct ix_posix_row {
	struct ix_row row;
	ix_text ref, name; /* the name is the end of the reference where that needs no
			      escapes */
	uint32_t uid, gid, mode;
	int64_t ctime, mtime;
	uint64_t dev,
		ino; /* which file this is: checked again before anything is done to it */
};

/* The columns that follow from it. The row's struct begins with "struct ix_posix_row
 * base". */
/* clang-format off */
#define IX_POSIX_COLUMNS(type)                                            \
	[IPCX_F_MECH]          = IX_CONSTANT(ix_derive_mech),             \
	IX_PLACE_COLUMNS,                                                 \
	[IPCX_F_REF]           = IX_COL(type, base.ref),                  \
	[IPCX_F_NAME]          = IX_COL(type, base.name),                 \
	[IPCX_F_OWNER]         = IX_DERIVED_FROM(type, base.uid, ix_derive_owner), \
	[IPCX_F_UID]           = IX_COL(type, base.uid),                  \
	[IPCX_F_GROUP]         = IX_DERIVED_FROM(type, base.gid, ix_derive_group), \
	[IPCX_F_GID]           = IX_COL(type, base.gid),                  \
	[IPCX_F_MODE]          = IX_COL(type, base.mode),                 \
	[IPCX_F_CTIME]         = IX_COL(type, base.ctime),                \
	[IPCX_F_INODE]         = IX_COL_ZERO(type, base.ino),             \
	[IPCX_F_DEVICE]        = IX_COL_ZERO(type, base.dev),             \
	[IPCX_F_AGE]           = IX_DERIVED_FROM(type, base.ctime, ix_derive_age)
/* clang-format on */

/* ---- directories */

/* A directory of objects. struct ix_scan.dir points to one while its objects are looked
 * at. */
struct ix_posix_dir {
	int fd; /* O_PATH, or -1 */
	dev_t dev;
	ino_t ino;
	bool hostile; /* what is in it may have been made to harm us */
};

#define IX_NO_DIR        \
	{                \
		.fd = -1 \
	}

/* A directory that closes itself. */
#define auto_posix_dir __attribute__((cleanup(ix_posix_dir_end)))
void ix_posix_dir_end(const struct ix_posix_dir *dir);

/* Where glibc keeps shared memory and named semaphores, whatever is mounted there. */
#define IX_SHM_DIR "/dev/shm"

/* "not permitted: …" for a file in it that may not be opened: whose rights were not
 * enough, or what ours would need. */
const char *ix_posix_denied(const struct ipcx *x, const char *ours);

/* Open IX_SHM_DIR. 0 or -errno, with a text. */
int ix_posix_shm_dir(struct ipcx *x, struct ix_posix_dir *ret_dir);

/* What a file in it is, not followed. 0 or -errno; -EXDEV when something is mounted on it
 * in a place where that may be anything. */
int ix_posix_stat(const struct ix_posix_dir *dir, const char *file, struct stat *ret_st);

/* The names in a directory, read in large steps. */
struct ix_posix_names;

int ix_posix_names_open(const struct ix_posix_dir *dir,
			struct ix_posix_names **ret_names);

/* 1 and the next name, good until the next call ("." and ".." are left out); 0 at the
 * end; -errno. */
int ix_posix_names_next(struct ix_posix_names *n, const char **ret_name);

#define auto_posix_names __attribute__((cleanup(ix_posix_names_end)))
void ix_posix_names_end(struct ix_posix_names *const *n);

/* ---- what a file is */

/* What glibc puts before a semaphore's name. */
#define IX_SEM_PREFIX     "sem."
#define IX_SEM_PREFIX_LEN (sizeof(IX_SEM_PREFIX) - 1)

/* The sizes of a sem_t: of programs with 64-bit atomics, and of 32-bit programs. */
#define IX_SEM_SIZE_64 32
#define IX_SEM_SIZE_32 16

/* Whether a file in IX_SHM_DIR bears a semaphore's name, and whether it is one by size
 * and type too. */
bool ix_posix_sem_name(const char *file);
bool ix_posix_is_sem(const char *file, const struct stat *st);

/* "is a directory", "is a FIFO", … */
const char *ix_posix_what(mode_t mode);

/* ---- rows */

/* The next row of this scan, filled from a stat; the name is without its slash. NULL when
 * memory is out. */
void *ix_posix_row(struct ix_scan *s, const char *name, const struct stat *st);

/* The reference of an object; the name is without its slash. */
void ix_posix_ref(unsigned mech, const char *name, struct ipcx_ref *ret_ref);

/* The name of a row's object without its slash, in buf (256 bytes: the pool moves when
 * text is added). */
const char *ix_posix_name(const struct ix_scan *s, const struct ix_posix_row *row,
			  char buf[256]);

/* What is said of a file that ix_posix_stat() answered -EXDEV for. */
#define IX_MOUNTED_ON "has something mounted on it"

/* A note about a file in IX_SHM_DIR. */
void ix_posix_note(struct ix_scan *s, enum ipcx_note_kind kind, int error,
		   const char *file, const char *text);

/* ---- one file */

/*
 * The name that the caller gave, without its slash; ret_ref names the object. At most max
 * bytes. 0, -EINVAL or -ENAMETOOLONG, with a text.
 */
int ix_posix_take_name(struct ipcx *x, const struct ipcx_attrs *a, size_t max,
		       struct ipcx_ref *ret_ref);

/* The file as it is now. 0; -ENOENT when it is gone, or another has its name, or it is no
 * regular file. */
int ix_posix_again(const struct ix_posix_dir *dir, const char *file,
		   const struct ix_posix_row *row, struct stat *ret_st);

/* Whether a stat is that of the row's file, still a regular one. */
bool ix_posix_same(const struct ix_posix_row *row, const struct stat *st);

/* Remove a file that was made a moment ago, which fd has open, if its name still is its
 * name. Whether it is. */
bool ix_posix_take_back(const struct ix_posix_dir *dir, const char *file, int fd);

/* Give a file just made its owner, then its mode: until it is the owner's, nobody else
 * may open it. */
int ix_posix_own(int fd, const struct ipcx_attrs *a);

/* Change the owner of an open file, O_PATH included, where the attributes say so. */
int ix_posix_give(int fd, const struct ipcx_attrs *a);

/* Make the file of a named semaphore with this value, and its owner and mode. 0, -EEXIST,
 * -errno. */
int ix_psem_make(struct ipcx *x, const struct ix_posix_dir *dir, const char *file,
		 const struct ipcx_attrs *a, unsigned value);

/* Change mode and owner of the row's file, which need not be one that may be opened. */
int ix_posix_change(struct ipcx *x, const struct ix_posix_dir *dir, const char *file,
		    const struct ix_posix_row *row, const struct ipcx_attrs *a);

/*
 * may() of struct ix_mech, in parts: whether the caller could unlink a row's file, or
 * change its owner and mode; the same where no directory shows it, by the owner alone;
 * and whether it could be opened to write to it. 0 or -errno, as the calls would say.
 */
int ix_posix_may_unlink(struct ix_scan *s, const struct ix_posix_dir *dir,
			const char *file, const struct ix_posix_row *row);
int ix_posix_may_change(struct ix_scan *s, const struct ix_posix_dir *dir,
			const char *file, const struct ix_posix_row *row,
			const struct ipcx_attrs *a);
int ix_posix_may_leave(struct ix_scan *s, const struct ix_posix_row *row);
int ix_posix_may_set(struct ix_scan *s, const struct ix_posix_row *row,
		     const struct ipcx_attrs *a);
int ix_posix_may_write(const struct ix_posix_dir *dir, const char *file);

/* may_make() of struct ix_mech: whether /dev/shm lets the caller make a file. */
int ix_posix_may_make(struct ipcx *x, const struct ipcx_attrs *a);

/* Whether the caller could open a file of the directory with the rights that a mode asks
 * for, whoever's they are: 0, -errno, -EAGAIN when it has gone. */
int ix_posix_may_use(const struct ix_posix_dir *dir, const char *file, unsigned mode);

/* Whether RLIMIT_FSIZE lets a file have so many bytes: 0 or -EFBIG. The kernel would send
 * SIGXFSZ, which ends the program. */
int ix_posix_may_grow(uint64_t bytes);
