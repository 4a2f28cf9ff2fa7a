/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the three POSIX mechanisms have in common: an object is a file in one flat
 * directory. Rows, the directory's names, and how the intended file, and no other, is
 * checked, changed and removed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/columns.h"
#include "core/mech.h"

/* The first member of every POSIX row. */
struct ix_posix_row {
	struct ix_row row;
	ix_text ref, name; /* name is the tail of ref if ref needs no escapes */
	uint32_t uid, gid, mode;
	uint32_t users; /* processes that have it mapped or open */
	int64_t ctime, mtime;
	uint64_t dev, ino; /* identify the file; checked again before acting on it */
};

/* The columns of struct ix_posix_row, for a struct that begins with "struct ix_posix_row
 * base". */
/* clang-format off */
#define IX_POSIX_COLUMNS(type)                                            \
	IX_CONSTANT(IPCX_F_MECH,          ix_derive_mech),             \
	IX_PLACE_COLUMNS,                                                 \
	IX_COL(IPCX_F_REF,           type, base.ref),                  \
	IX_COL(IPCX_F_NAME,          type, base.name),                 \
	IX_DERIVED_FROM(IPCX_F_OWNER,         type, base.uid, ix_derive_owner), \
	IX_COL(IPCX_F_UID,           type, base.uid),                  \
	IX_DERIVED_FROM(IPCX_F_GROUP,         type, base.gid, ix_derive_group), \
	IX_COL(IPCX_F_GID,           type, base.gid),                  \
	IX_COL(IPCX_F_MODE,          type, base.mode),                 \
	IX_COL(IPCX_F_CTIME,         type, base.ctime),                \
	IX_COL_ZERO(IPCX_F_INODE,         type, base.ino),             \
	IX_COL_ZERO(IPCX_F_DEVICE,        type, base.dev),             \
	IX_DERIVED_FROM(IPCX_F_AGE,           type, base.ctime, ix_derive_age)
/* clang-format on */

/* ---- directories */

/* A directory of objects. struct ix_scan.dir points to it while its objects are read. */
struct ix_posix_dir {
	int fd; /* O_PATH, or -1 */
	dev_t dev;
	ino_t ino;
	bool hostile; /* its contents are not trusted */
};

#define IX_NO_DIR        \
	{                \
		.fd = -1 \
	}

/* Closes the directory at the end of the scope. */
#define auto_posix_dir __attribute__((cleanup(ix_posix_dir_end)))
void ix_posix_dir_end(const struct ix_posix_dir *dir);

/* Where glibc keeps shared memory and named semaphores, regardless of what is mounted
 * there. */
#define IX_SHM_DIR "/dev/shm"

/* Return the "not permitted: …" text for a file in IX_SHM_DIR that may not be opened. In
 * our own namespace it is the text "ours"; in another one, it says that the rights of the
 * user who mounted the directory decide. */
const char *ix_posix_denied(const struct ipcx *x, const char *ours);

/* Open IX_SHM_DIR. Returns 0 or -errno, with an error text. */
int ix_posix_shm_dir(struct ipcx *x, struct ix_posix_dir *ret_dir);

/* stat(2) a file in a directory without following links. Returns 0 or -errno; -EXDEV if
 * something is mounted on a file of a hostile directory. */
int ix_posix_stat(const struct ix_posix_dir *dir, const char *file, struct stat *ret_st);

/* If it is asked who uses the objects, find out whether the directory's file system shows
 * the same device in stat(2) and for mappings: file systems of memory do. */
void ix_posix_blurs(struct ix_scan *s, const struct ix_posix_dir *dir);

/* Reads the names in a directory, in large steps. */
struct ix_posix_names;

int ix_posix_names_open(const struct ix_posix_dir *dir,
			struct ix_posix_names **ret_names);

/* Returns 1 and the next name, valid until the next call ("." and ".." are left out); 0
 * at the end; or -errno. */
int ix_posix_names_next(struct ix_posix_names *n, const char **ret_name);

#define auto_posix_names __attribute__((cleanup(ix_posix_names_end)))
void ix_posix_names_end(struct ix_posix_names *const *n);

/* ---- what a file is */

/* glibc's prefix of a semaphore's file name. */
#define IX_SEM_PREFIX     "sem."
#define IX_SEM_PREFIX_LEN (sizeof(IX_SEM_PREFIX) - 1)

/* The sizes of a sem_t: with 64-bit atomics, and in 32-bit programs. */
#define IX_SEM_SIZE_64 32
#define IX_SEM_SIZE_32 16

/* Whether a file in IX_SHM_DIR has a semaphore's name; and whether it also has a
 * semaphore's size and type. */
bool ix_posix_sem_name(const char *file);
bool ix_posix_is_sem(const char *file, const struct stat *st);

/* "is a directory", "is a FIFO", … */
const char *ix_posix_what(mode_t mode);

/* ---- rows */

/* Return the scan's next row, filled from a stat; name has no slash. NULL when out of
 * memory. */
void *ix_posix_row(struct ix_scan *s, const char *name, const struct stat *st);

/* Build the reference of an object; name has no slash. */
void ix_posix_ref(unsigned mech, const char *name, struct ipcx_ref *ret_ref);

/* Copy the name of a row's object without its slash into buf (the table's strings move
 * when text is added). */
const char *ix_posix_name(const struct ix_scan *s, const struct ix_posix_row *row,
			  char buf[256]);

/* The note for a file for which ix_posix_stat() returned -EXDEV. */
#define IX_MOUNTED_ON "has something mounted on it"

/* Add a note about a file in IX_SHM_DIR. */
void ix_posix_note(struct ix_scan *s, enum ipcx_note_kind kind, int error,
		   const char *file, const char *text);

/* ---- one file */

/*
 * Check the name in the attributes, with or without its slash, of at most max bytes, and
 * build the object's reference. Returns 0, -EINVAL or -ENAMETOOLONG, with an error text.
 */
int ix_posix_take_name(struct ipcx *x, const struct ipcx_attrs *a, size_t max,
		       struct ipcx_ref *ret_ref);

/* stat(2) the row's file again. Returns 0, or -ENOENT if it is gone, was replaced, or is
 * not a regular file. */
int ix_posix_again(const struct ix_posix_dir *dir, const char *file,
		   const struct ix_posix_row *row, struct stat *ret_st);

/* Whether a stat describes the row's file, and that file is still a regular one. */
bool ix_posix_same(const struct ix_posix_row *row, const struct stat *st);

/* Remove a file that was just created and is open as fd, if the name still refers to that
 * file. Returns whether it was removed. */
bool ix_posix_take_back(const struct ix_posix_dir *dir, const char *file, int fd);

/* Set the owner of a new file, then its mode: before it belongs to the final owner, no
 * other user may open it. Returns 0 or -errno. */
int ix_posix_own(int fd, const struct ipcx_attrs *a);

/* Change the owner of an open file (which may be O_PATH) if the attributes contain one.
 * Returns 0 or -errno. */
int ix_posix_give(int fd, const struct ipcx_attrs *a);

/* Create the file of a named semaphore with this value, its owner and its mode. Returns
 * 0, -EEXIST or another -errno. */
int ix_psem_make(struct ipcx *x, const struct ix_posix_dir *dir, const char *file,
		 const struct ipcx_attrs *a, unsigned value);

/* Change mode and owner of the row's file, which the caller need not be permitted to
 * open. Returns 0 or -errno. */
int ix_posix_change(struct ipcx *x, const struct ix_posix_dir *dir, const char *file,
		    const struct ix_posix_row *row, const struct ipcx_attrs *a);

/*
 * The parts of struct ix_mech.may: whether the caller could unlink the row's file, or
 * change its owner and mode; the same judged by the owner alone, for a file that no
 * directory shows; and whether it could open the file for writing. Return 0 or the -errno
 * that the real call would give.
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

/* struct ix_mech.may_make: whether the caller may create a file in /dev/shm. */
int ix_posix_may_make(struct ipcx *x, const struct ipcx_attrs *a);

/* Whether the caller could open a file of the directory for the kinds of access in mode:
 * it does not matter whether their bits are those of user, group or others. Returns 0,
 * -errno, or -EAGAIN if the file is gone. */
int ix_posix_may_use(const struct ix_posix_dir *dir, const char *file, unsigned mode);

/* Check a file size against RLIMIT_FSIZE: beyond it the kernel would send SIGXFSZ, which
 * kills the program. Returns 0 or -EFBIG. */
int ix_posix_may_grow(uint64_t bytes);
