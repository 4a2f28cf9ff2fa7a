/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small table for tests of expressions: a row with a value of each type, a row whose
 * values are unknown, and a row of a limit, which has few fields.
 */
#pragma once

#include <string.h>

#include "core/columns.h"
#include "core/table.h"
#include "ipcx-stress.h"

#define NOW INT64_C(1795255200) /* 2026-11-21T10:00:00Z */

struct test_row {
	struct ix_row head;
	uint64_t size, rss, swap, limit;
	uint64_t nattch, p99;
	int64_t mtype, ctime, atime;
	double percent;
	uint32_t uid, cuid, key;
	int32_t lpid;
	ix_text name, status;
	uint32_t age;
	uint16_t mode;
	uint8_t dest, locked, grade, held_grade;
};

#define COLUMN(field, member) IX_COL(field, struct test_row, member)

static const struct ix_kind test_kind = {
	.name = "objects",
	.row_size = sizeof(struct test_row),
	IX_COLUMNS(COLUMN(IPCX_F_SIZE, size), COLUMN(IPCX_F_RSS, rss),
		   COLUMN(IPCX_F_SWAP, swap), COLUMN(IPCX_F_LIMIT, limit),
		   COLUMN(IPCX_F_NATTCH, nattch), COLUMN(IPCX_F_P99, p99),
		   COLUMN(IPCX_F_MTYPE, mtype), COLUMN(IPCX_F_CTIME, ctime),
		   IX_COL_ZERO(IPCX_F_ATIME, struct test_row, atime),
		   COLUMN(IPCX_F_USE_PERCENT, percent), COLUMN(IPCX_F_UID, uid),
		   COLUMN(IPCX_F_CUID, cuid), COLUMN(IPCX_F_KEY, key),
		   IX_COL_ZERO(IPCX_F_LPID, struct test_row, lpid),
		   COLUMN(IPCX_F_NAME, name),
		   IX_DERIVED_FROM(IPCX_F_OWNER, struct test_row, uid, ix_derive_owner),
		   IX_DERIVED_FROM(IPCX_F_CREATOR, struct test_row, cuid,
				   ix_derive_creator),
		   COLUMN(IPCX_F_STATUS, status), COLUMN(IPCX_F_AGE, age),
		   COLUMN(IPCX_F_MODE, mode), COLUMN(IPCX_F_DEST, dest),
		   COLUMN(IPCX_F_LOCKED, locked),
		   IX_COL_ZERO(IPCX_F_GRADE, struct test_row, grade),
		   IX_COL_ZERO(IPCX_F_HELD_GRADE, struct test_row, held_grade)),
};

static const struct ix_kind bare_kind = {
	.name = "limits",
	.row_size = sizeof(struct test_row),
	IX_COLUMNS(COLUMN(IPCX_F_LIMIT, limit)),
};

/*
 * Return rows 0 (all known), 1 (rss, owner, dest and grade unknown) and 2 (a limit), or
 * NULL if out of memory.
 */
static struct ipcx_table *test_table(void)
{
	struct ipcx_table *t;
	struct test_row row = {
		.size = UINT64_C(4) << 20,
		.rss = UINT64_C(1) << 20,
		.swap = UINT64_MAX,
		.limit = UINT64_MAX - 1,
		.nattch = 3,
		.p99 = 12345,
		.mtype = -7,
		.ctime = NOW,
		.percent = 12.5,
		.uid = 1000,
		.cuid = 0,
		.key = 0x4d2,
		.age = 5400,
		.mode = 0600,
		.dest = 1,
		.grade = IPCX_LIKELY,
	};

	if (ix_table_new(&t) < 0)
		return NULL;
	row.name = ix_table_text(t, "/tmp \xc3\xa4\"x\"");
	if (ix_names_add(&t->users, row.uid, ix_table_text(t, "bob")) < 0 ||
	    ix_names_add(&t->users, row.cuid, ix_table_text(t, "root")) < 0)
		return NULL;
	row.status = ix_table_text(t, "dest");
	for (int i = 0; i < 3; i++) {
		struct test_row *to;

		if (ix_table_section(t, i < 2 ? &test_kind : &bare_kind, IPCX_NO_MECH) <
		    0)
			break;
		to = ix_table_row(t);
		if (!to)
			break;
		*to = row;
		if (i == 1) {
			ix_unknown(t, to, IPCX_F_RSS);
			ix_unknown(t, to, IPCX_F_OWNER);
			ix_unknown(t, to, IPCX_F_DEST);
			ix_unknown(t, to, IPCX_F_GRADE);
		}
		ix_table_keep(t);
	}
	return t;
}
