/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the three System V mechanisms have in common: ids and keys, struct ipc_perm, the
 * two sources (system calls over the index range, or the text of /proc/sysvipc), and
 * creating, changing and removing.
 */
#pragma once

#include <sys/ipc.h>

#include "base/util.h"
#include "core/columns.h"
#include "core/mech.h"

/* The first member of every System V row. */
struct ix_sysv_row {
	struct ix_row row;
	/* ipcx_row_changed() compares 64-bit words: each holds either two members that
	 * usually differ between rows, or two that rarely do. */
	int32_t id;
	uint32_t key;
	uint32_t uid, gid;
	uint32_t cuid, cgid;
	uint32_t mode;  /* including the bits above 0777 that shm uses */
	uint32_t users; /* shm: processes that have attached it */
	int64_t ctime;
};

ix_derive ix_derive_sysv_ref;
ix_derive ix_derive_sysv_mode;
ix_derive ix_derive_id_index;
ix_derive ix_derive_id_seq;

/* The columns of struct ix_sysv_row, for a struct that begins with "struct ix_sysv_row
 * base". */
/* clang-format off */
#define IX_SYSV_COLUMNS(type)                                             \
	IX_CONSTANT(IPCX_F_MECH,          ix_derive_mech),             \
	IX_PLACE_COLUMNS,                                                 \
	IX_DERIVED_FROM(IPCX_F_REF,           type, base.id, ix_derive_sysv_ref), \
	IX_COL(IPCX_F_ID,            type, base.id),                   \
	IX_COL(IPCX_F_KEY,           type, base.key),                  \
	IX_DERIVED_FROM(IPCX_F_OWNER,         type, base.uid, ix_derive_owner), \
	IX_COL(IPCX_F_UID,           type, base.uid),                  \
	IX_DERIVED_FROM(IPCX_F_GROUP,         type, base.gid, ix_derive_group), \
	IX_COL(IPCX_F_GID,           type, base.gid),                  \
	IX_DERIVED_FROM(IPCX_F_CREATOR,       type, base.cuid, ix_derive_creator), \
	IX_COL(IPCX_F_CUID,          type, base.cuid),                 \
	IX_DERIVED_FROM(IPCX_F_CREATOR_GROUP, type, base.cgid, ix_derive_creator_group), \
	IX_COL(IPCX_F_CGID,          type, base.cgid),                 \
	IX_DERIVED_FROM(IPCX_F_MODE,          type, base.mode, ix_derive_sysv_mode), \
	IX_COL_ZERO(IPCX_F_CTIME,         type, base.ctime),           \
	IX_DERIVED_FROM(IPCX_F_AGE,           type, base.ctime, ix_derive_age), \
	IX_DERIVED_FROM(IPCX_F_ID_INDEX,      type, base.id, ix_derive_id_index), \
	IX_DERIVED_FROM(IPCX_F_ID_SEQ,        type, base.id, ix_derive_id_seq)
/* clang-format on */

/* A word of the heading of /proc/sysvipc: its field, and where the number is stored. */
struct ix_sysv_word {
	char heading[IX_TEXT(16)];
	enum ipcx_field field;
	uint16_t offset;
	uint8_t size;
	bool octal, negative;
};

#define IX_WORD(name, f, type, member)                                           \
	{                                                                        \
		.heading = name, .field = (f), .offset = offsetof(type, member), \
		.size = sizeof(((type *)0)->member)                              \
	}

/* The words that all three files have. */
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

/* One of the three mechanisms, as data and system calls. The calls return -errno on
 * failure. */
struct ix_sysv {
	const char *name; /* NAME in the paths /proc/sysvipc/NAME,
			     /proc/sys/kernel/NAME_next_id */
	const struct ix_kind *kind;
	const struct ix_sysv_word *words;              /* ended by an empty heading */
	const enum ipcx_field *text_only, *calls_only; /* fields that one source lacks */
	size_t ntext_only, ncalls_only;
	bool text_first; /* read the text whatever is asked for: calls lack a field that
			    rows have in other builds without being asked */

	/* Return the highest index in use (IPC_INFO), which is 0 also if there are no
	 * objects; and the number of objects: to count these, some mechanisms walk over
	 * all of them. */
	int (*highest)(void);
	int (*used)(void);
	bool used_is_costly;

	/* Fill a row: from the object in this slot (*_STAT_ANY), returning its id; the
	 * same with the older call, which needs read permission (*_STAT); or from this id
	 * (IPC_STAT). */
	int (*stat_slot)(int index, void *row);
	int (*stat_slot_own)(int index, void *row);
	bool careful; /* in a copy: whether stat_slot() kills is not known yet */
	int (*stat_id)(int id, void *row);

	/* Find or create (*get), remove (IPC_RMID), set owner, mode and the rest
	 * (IPC_SET). */
	int (*get)(uint32_t key, const struct ipcx_attrs *a, int flags);
	int (*rmid)(int id);
	int (*set)(const void *row, const struct ipcx_attrs *a);
};

/* The functions of struct ix_mech, with the mechanism's data. */
int ix_sysv_scan(struct ix_scan *s, const struct ix_sysv *v);
int ix_sysv_find(struct ix_scan *s, const struct ix_sysv *v, const struct ipcx_ref *ref);
int ix_sysv_create(struct ipcx *x, const struct ix_sysv *v, const struct ipcx_attrs *a,
		   struct ipcx_ref *ret_ref);

/* A copy of the mechanism for ix_sysv_look(). */
struct ix_sysv ix_sysv_safe(const struct ix_sysv *v);

/* stat_slot() where no filter kills for it; -ENOSYS where one does. Under a filter the
 * older call comes first, so that nobody has to ask as long as that is permitted. */
int ix_sysv_look(struct ix_sysv *v, int slot, void *row);

/* Fill the row of an id. If IPC_STAT is not permitted, fill the row from the id's slot,
 * provided that the object there has the same id. Returns 0 or -errno. */
int ix_sysv_stat(const struct ix_sysv *v, int id, void *row);

/* Return the slot of an id whose lowest "bits" bits are the slot. */
uint32_t ix_sysv_slot(int32_t id, unsigned bits);

/* Whether this -errno means that there is no object. */
bool ix_sysv_gone(int r);

/* Whether a field is wanted that only /proc/sysvipc has; whether the text is to be read,
 * for that or another reason; and the fields that rows from calls lack. */
bool ix_sysv_named_text(const struct ix_scan *s, const struct ix_sysv *v);
bool ix_sysv_wants_text(const struct ix_scan *s, const struct ix_sysv *v);
struct ix_lacking ix_sysv_calls_lack(const struct ix_sysv *v);

/* Add the note about fields that only /proc/sysvipc has: the text cannot be read
 * (-errno), or lists nothing (0, -ENODATA). If none of them is wanted, the note is only
 * the reason why they are unknown. */
void ix_sysv_text_only(struct ix_scan *s, const struct ix_sysv *v, int error);

int ix_sysv_may_use(const struct ix_sysv *v, const struct ipcx_attrs *a,
		    const struct ipcx_ref *ref);

/* struct ix_mech.may. */
int ix_sysv_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);
int ix_shm_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);
int ix_msg_may(struct ix_scan *s, const void *row, const struct ipcx_attrs *a);

/* msgctl_down() in ipc/msg.c takes an int: a larger number would be truncated. */
#define IX_MSG_QBYTES_MAX INT32_MAX

/* A bit of a segment's mode besides the permissions (SHM_LOCKED in ipc/shm.c). */
#define IX_SHM_LOCKED 02000U

/* Return the id that a reference refers to now, or -errno; -ENOENT if there is none. */
int ix_sysv_id(const struct ix_sysv *v, const struct ipcx_ref *ref);

/* Copy a struct ipc_perm into a row; and build one from a row and the attributes. */
void ix_sysv_perm(struct ix_sysv_row *row, int id, const struct ipc_perm *p);
void ix_sysv_perm_set(struct ipc_perm *p, const struct ix_sysv_row *row,
		      const struct ipcx_attrs *a);

/* Read all of /proc/sysvipc/NAME into the scan: rows whose slot is at least "from". "why"
 * is the -errno with which the calls failed, and so the reason for fields that the text
 * lacks; it is 0 if the calls did not fail. Returns the number of rows or -errno; -ENOENT
 * if there is no such file. */
int ix_sysv_text(struct ix_scan *s, const struct ix_sysv *v, uint64_t from,
		 int32_t only_id, int why);

/* The same; also tell whether the -errno is that of taking a row, so that the row was
 * found. */
int ix_sysv_text_until(struct ix_scan *s, const struct ix_sysv *v, uint64_t from,
		       int32_t only_id, int why, bool *ret_stopped);
