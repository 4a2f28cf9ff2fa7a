/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Columns that several kinds of rows derive in the same way from their stored columns. */
#pragma once

#include "core/box.h"

typedef void ix_derive(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v);

ix_derive ix_derive_mech;          /* the section's mechanism */
ix_derive ix_derive_ns;            /* the namespace that the row was read in */
ix_derive ix_derive_shm_device;    /* the directory of the section's objects */
ix_derive ix_derive_directory;     /* its path, if the rows are from a directory */
ix_derive ix_derive_owner;         /* from IPCX_F_UID: the name, or the number as text */
ix_derive ix_derive_group;         /* from IPCX_F_GID */
ix_derive ix_derive_creator;       /* from IPCX_F_CUID */
ix_derive ix_derive_creator_group; /* from IPCX_F_CGID */
ix_derive ix_derive_age;           /* computed from IPCX_F_CTIME; never negative */

ix_derive ix_derive_idle; /* time since the latest of the stored times; 0 while the object
			     is attached */
ix_derive ix_derive_none; /* no value in any row; ix_mech.no_idle has the reason */

/* Values of a one-byte member that says whether a process still runs; 0 means that there
 * was no process. */
enum { IX_RUNS_NO_MORE = 1, IX_STILL_RUNS };

ix_derive ix_derive_cpid_alive, ix_derive_lpid_alive, ix_derive_lspid_alive,
	ix_derive_lrpid_alive;

/* Values of a one-byte member that says whether the object is in use: 0, not found out;
 * otherwise the index in ix_mech.signs plus 1, or IX_USE_UNCLEAR if no sign was found,
 * but some could not be read. */
#define IX_USE_UNCLEAR 255

ix_derive ix_derive_in_use, ix_derive_in_use_reason;
ix_derive ix_derive_hugepagesize; /* from the binary logarithm; 0: no huge pages */

/* clang-format off */
/* The columns that tell whether an object is in use, for a struct with the members
 * "uint8_t use" and, of another name in some, "uint32_t users". */
#define IX_USE_COLUMNS(type)                                                                        \
	IX_COL_(IPCX_F_IN_USE,        type, use, .derive = ix_derive_in_use, .costly = true),        \
	IX_COL_(IPCX_F_IN_USE_REASON, type, use, .derive = ix_derive_in_use_reason, .costly = true)
/* The column that tells how many threads wait for an object, for a struct with the member
 * "uint32_t waiters": they are looked for in /proc. Where the kernel counts them, the column
 * is derived instead. */
#define IX_WAITERS_COLUMN(type) IX_COL_COSTLY(IPCX_F_WAITERS, type, waiters)
#define IX_USERS_COLUMNS(type, users)                                                               \
	IX_COL_COSTLY(IPCX_F_USER_COUNT, type, users),                                               \
	IX_USE_COLUMNS(type)
/* The same if processes do not attach to objects. */
#define IX_NO_USERS_COLUMNS(type)                                                                   \
	{ .field = IPCX_F_USER_COUNT, .derive = ix_derive_none, .constant = true, .costly = true },  \
	IX_USE_COLUMNS(type)
/* clang-format on */

/* Columns that belong to every kind of row that is read in a namespace. */
#define IX_PLACE_COLUMNS \
	IX_CONSTANT(IPCX_F_NS, ix_derive_ns), IX_PLACE_BOX_COLUMNS(IX_CONSTANT)

/* The columns of rows that are files in a /dev/shm: which one it is. */
#define IX_SHM_COLUMNS                                        \
	IX_CONSTANT(IPCX_F_SHM_DEVICE, ix_derive_shm_device), \
		IX_CONSTANT(IPCX_F_DIRECTORY, ix_derive_directory)

/* Set v to the name of an id if the table has one, else to the number as text. */
void ix_derive_name(const struct ipcx_table *t, const struct ix_names *names, uint32_t id,
		    struct ipcx_value *v);

/* Return the stored number of a column, even if it is a zero that means "no value". */
static inline uint64_t ix_column_raw(const struct ix_column *c, const void *row)
{
	const char *p = (const char *)row + c->offset;

	switch (c->size) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		return *(const uint16_t *)(const void *)p;
	case 4:
		return *(const uint32_t *)(const void *)p;
	default:
		return *(const uint64_t *)(const void *)p;
	}
}
