/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the three System V mechanisms have in common: ids and keys, the permission record,
 * the two sources (system calls over the index range, or the text of /proc/sysvipc), the
 * ways to make, change and remove.
 */
#pragma once

#include <sys/ipc.h>

#include "core/columns.h"
#include "core/mech.h"

/* The beginning of every System V row. */
struct ix_sysv_row {
	struct ix_row row;
	/* Two by two in the words that ipcx_row_changed() compares: what differs from row
	 * to row, and what hardly does. */
	int32_t id;
	uint32_t key;
	uint32_t uid, gid;
	uint32_t cuid, cgid;
	uint32_t mode; /* with the bits above 0777 that shm uses */
	uint32_t reserved;
	int64_t ctime;
};

ix_derive ix_derive_sysv_ref;
ix_derive ix_derive_sysv_mode;
ix_derive ix_derive_id_index;
ix_derive ix_derive_id_seq;

/* The columns that follow from it. The row's struct begins with "struct ix_sysv_row
 * base". */
/* clang-format off */
#define IX_SYSV_COLUMNS(type)                                             \
	[IPCX_F_MECH]          = IX_CONSTANT(ix_derive_mech),             \
	IX_PLACE_COLUMNS,                                                 \
	[IPCX_F_REF]           = IX_DERIVED_FROM(type, base.id, ix_derive_sysv_ref), \
	[IPCX_F_ID]            = IX_COL(type, base.id),                   \
	[IPCX_F_KEY]           = IX_COL(type, base.key),                  \
	[IPCX_F_OWNER]         = IX_DERIVED_FROM(type, base.uid, ix_derive_owner), \
	[IPCX_F_UID]           = IX_COL(type, base.uid),                  \
	[IPCX_F_GROUP]         = IX_DERIVED_FROM(type, base.gid, ix_derive_group), \
	[IPCX_F_GID]           = IX_COL(type, base.gid),                  \
	[IPCX_F_CREATOR]       = IX_DERIVED_FROM(type, base.cuid, ix_derive_creator), \
	[IPCX_F_CUID]          = IX_COL(type, base.cuid),                 \
	[IPCX_F_CREATOR_GROUP] = IX_DERIVED_FROM(type, base.cgid, ix_derive_creator_group), \
	[IPCX_F_CGID]          = IX_COL(type, base.cgid),                 \
	[IPCX_F_MODE]          = IX_DERIVED_FROM(type, base.mode, ix_derive_sysv_mode), \
	[IPCX_F_CTIME]         = IX_COL_ZERO(type, base.ctime),           \
	[IPCX_F_AGE]           = IX_DERIVED_FROM(type, base.ctime, ix_derive_age), \
	[IPCX_F_ID_INDEX]      = IX_DERIVED_FROM(type, base.id, ix_derive_id_index), \
	[IPCX_F_ID_SEQ]        = IX_DERIVED_FROM(type, base.id, ix_derive_id_seq)
/* clang-format on */

/* A word of the heading of /proc/sysvipc: the field it feeds, and where that is stored. */
struct ix_sysv_word {
	const char *heading;
	enum ipcx_field field;
	uint16_t offset;
	uint8_t size;
	bool octal, negative;
};

#define IX_WORD(name, f, type, member)                                             \
	{                                                                          \
		.heading = (name), .field = (f), .offset = offsetof(type, member), \
		.size = sizeof(((type *)0)->member)                                \
	}

/* The words that every one of the three files has. */
/* clang-format off */
#define IX_SYSV_WORDS(type)                                               \
	{ .heading = "key", .field = IPCX_F_KEY, .negative = true,        \
	  .offset = offsetof(type, base.key), .size = 4 },                \
	{ .heading = "perms", .field = IPCX_F_MODE, .octal = true,        \
	  .offset = offsetof(type, base.mode), .size = 4 },               \
	IX_WORD("uid", IPCX_F_UID, type, base.uid),                       \
	IX_WORD("gid", IPCX_F_GID, type, base.gid),                       \
	IX_WORD("cuid", IPCX_F_CUID, type, base.cuid),                    \
	IX_WORD("cgid", IPCX_F_CGID, type, base.cgid),                    \
	{ .heading = "ctime", .field = IPCX_F_CTIME, .negative = true,    \
	  .offset = offsetof(type, base.ctime), .size = 8 }
/* clang-format on */

/* One of the three, as data and system calls. Calls answer -errno. */
struct ix_sysv {
	const char *name; /* of its files: /proc/sysvipc/NAME,
			     /proc/sys/kernel/NAME_next_id */
	const struct ix_kind *kind;
	const struct ix_sysv_word *words;              /* ended by .heading = NULL */
	const enum ipcx_field *text_only, *calls_only; /* fields of one source alone */
	size_t ntext_only, ncalls_only;

	/* The highest index in use (*_INFO's IPC_INFO), which may be 0 for none at all;
	 * and how many objects there are, which for some takes a walk over all of them. */
	int (*highest)(void);
	int (*used)(void);
	bool used_is_dear;

	/* Fill a row: of the object in this slot (*_STAT_ANY), answering its id; the same
	 * by the older call that wants read permission (*_STAT); or of this id
	 * (IPC_STAT). */
	int (*stat_slot)(int index, void *row);
	int (*stat_slot_own)(int index, void *row);
	int (*stat_id)(int id, void *row);

	/* Find or make (*get), remove (IPC_RMID), write owner, mode and what else there
	 * is (IPC_SET). */
	int (*get)(uint32_t key, const struct ipcx_attrs *a, int flags);
	int (*rmid)(int id);
	int (*set)(const void *row, const struct ipcx_attrs *a);
};

/* The functions of struct ix_mech, given the data. */
int ix_sysv_scan(struct ix_scan *s, const struct ix_sysv *v);
int ix_sysv_find(struct ix_scan *s, const struct ix_sysv *v, const struct ipcx_ref *ref);
int ix_sysv_create(struct ipcx *x, const struct ix_sysv *v, const struct ipcx_attrs *a,
		   struct ipcx_ref *ret_ref);

/* The row of an id. Where IPC_STAT is refused the slot tells, if the id in it is the same
 * one. 0 or -errno. */
int ix_sysv_stat(const struct ix_sysv *v, int id, void *row);

/* Where an object of this id is, when ids have so many bits of slot. */
uint32_t ix_sysv_slot(int32_t id, unsigned bits);

/* Whether an answer means that there is nothing. */
bool ix_sysv_gone(int r);

/* Whether a field is wanted that only the text has; and those fields, for rows that come
 * from calls. */
bool ix_sysv_wants_text(const struct ix_scan *s, const struct ix_sysv *v);
struct ix_lacking ix_sysv_calls_lack(const struct ix_sysv *v);

/* The note on them: the text cannot be read (-errno), or tells nothing (0, -ENODATA). */
void ix_sysv_text_only(struct ix_scan *s, int error);

int ix_sysv_may_use(const struct ix_sysv *v, const struct ipcx_attrs *a,
		    const struct ipcx_ref *ref);

/* may() of struct ix_mech. */
int ix_sysv_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);
int ix_shm_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);
int ix_msg_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);

/* msgctl_down() in ipc/msg.c takes an int: more than that would be another number. */
#define IX_MSG_QBYTES_MAX INT32_MAX

/* A bit of a segment's mode beside the permissions (SHM_LOCKED in ipc/shm.c). */
#define IX_SHM_LOCKED 02000U

/* The id that a reference means now. -ENOENT */
int ix_sysv_id(const struct ix_sysv *v, const struct ipcx_ref *ref);

/* Copy the permission record of any of the three into a row, and the attributes into one.
 */
void ix_sysv_perm(struct ix_sysv_row *row, int id, const struct ipc_perm *p);
void ix_sysv_perm_set(struct ipc_perm *p, const struct ix_sysv_row *row,
		      const struct ipcx_attrs *a);

/* Read all of /proc/sysvipc/NAME: rows whose slot is at least from. why: what keeps calls
 * from telling (-errno), as a reason for what the text does not have; 0: nothing does.
 * -ENOENT when the file is not there. */
int ix_sysv_text(struct ix_scan *s, const struct ix_sysv *v, uint64_t from,
		 int32_t only_id, int why);
