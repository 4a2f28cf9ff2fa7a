/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel itself counts over all objects of a System V mechanism: the answers of
 * SHM_INFO, MSG_INFO and SEM_INFO as rows. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/mech.h"
#include "limits/limits.h"
#include "ns/there.h"

struct total_row {
	struct ix_row head;
	uint64_t objects, allocated, rss, swap, qnum, cbytes, nsems;
};

/* clang-format off */
#define COMMON                                                            \
	[IPCX_F_MECH]    = IX_CONSTANT(ix_derive_mech),                   \
	IX_PLACE_COLUMNS,                                                 \
	[IPCX_F_OBJECTS] = IX_COL(struct total_row, objects)

static const struct ix_kind shm_kind = {
	.name = "totals",
	.row_size = sizeof(struct total_row),
	IX_COLUMNS(
		COMMON,
		[IPCX_F_ALLOCATED] = IX_COL(struct total_row, allocated),
		[IPCX_F_RSS]       = IX_COL(struct total_row, rss),
		[IPCX_F_SWAP]      = IX_COL(struct total_row, swap)
	),
};

static const struct ix_kind msg_kind = {
	.name = "totals",
	.row_size = sizeof(struct total_row),
	IX_COLUMNS(
		COMMON,
		[IPCX_F_QNUM]   = IX_COL(struct total_row, qnum),
		[IPCX_F_CBYTES] = IX_COL(struct total_row, cbytes)
	),
};

static const struct ix_kind sem_kind = {
	.name = "totals",
	.row_size = sizeof(struct total_row),
	IX_COLUMNS(
		COMMON,
		[IPCX_F_NSEMS] = IX_COL(struct total_row, nsems)
	),
};

/* One number: where it stands in the kernel's answer, where in the row. */
struct total {
	enum ipcx_field field;
	uint16_t at;
	struct ix_info info;
	bool pages;
};

#define INT(call_, type, member)  { .call = (call_), .is_int = true, .offset = offsetof(type, member) }
#define LONG(call_, type, member) { .call = (call_), .offset = offsetof(type, member) }

static const struct total shm_totals[] = {
	{ IPCX_F_OBJECTS,   offsetof(struct total_row, objects),   INT(IX_SHM_USE, struct shm_info, used_ids), false },
	{ IPCX_F_ALLOCATED, offsetof(struct total_row, allocated), LONG(IX_SHM_USE, struct shm_info, shm_tot), true },
	{ IPCX_F_RSS,       offsetof(struct total_row, rss),       LONG(IX_SHM_USE, struct shm_info, shm_rss), true },
	{ IPCX_F_SWAP,      offsetof(struct total_row, swap),      LONG(IX_SHM_USE, struct shm_info, shm_swp), true },
	{ IPCX_NO_FIELD,    0,                                     { 0 },                                      false },
};

/* MSG_INFO and SEM_INFO put counters where IPC_INFO has limits (msgctl(2), semctl(2)). */
static const struct total msg_totals[] = {
	{ IPCX_F_OBJECTS, offsetof(struct total_row, objects), INT(IX_MSG_USE, struct msginfo, msgpool), false },
	{ IPCX_F_QNUM,    offsetof(struct total_row, qnum),    INT(IX_MSG_USE, struct msginfo, msgmap),  false },
	{ IPCX_F_CBYTES,  offsetof(struct total_row, cbytes),  INT(IX_MSG_USE, struct msginfo, msgtql),  false },
	{ IPCX_NO_FIELD,  0,                                   { 0 },                                    false },
};

static const struct total sem_totals[] = {
	{ IPCX_F_OBJECTS, offsetof(struct total_row, objects), INT(IX_SEM_USE, struct seminfo, semusz), false },
	{ IPCX_F_NSEMS,   offsetof(struct total_row, nsems),   INT(IX_SEM_USE, struct seminfo, semaem), false },
	{ IPCX_NO_FIELD,  0,                                   { 0 },                                   false },
};

static const struct {
	const char *mech;
	const struct ix_kind *kind;
	const struct total *totals;
} mechs[] = {
	{ "shm", &shm_kind, shm_totals },
	{ "msg", &msg_kind, msg_totals },
	{ "sem", &sem_kind, sem_totals },
};
/* clang-format on */

/* One number into the row. What is no count any more (an int that overflowed) is unknown.
 */
static int take(struct ix_limits *s, struct ipcx_table *t, const struct total *total,
		struct total_row *row)
{
	uint64_t n = 0;
	int r = ix_info_get(s, total->info, &n);

	if (r == 0 && total->pages &&
	    __builtin_mul_overflow(n, (uint64_t)sysconf(_SC_PAGESIZE), &n))
		r = -ERANGE;
	if (r < 0)
		ix_unknown(t, row, total->field);
	memcpy((char *)row + total->at, &n, sizeof(n));
	return r;
}

static int totals_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct ix_limits s = { .x = x };

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(mechs); i++) {
		unsigned mech = IPCX_NO_MECH;
		struct total_row *row;
		int r = 0;

		(void)ipcx_mech_by_name(mechs[i].mech, (size_t)-1, &mech);
		if (ix_table_section(t, mechs[i].kind, mech) < 0 ||
		    !(row = ix_table_row(t)))
			return ix_fail(x, -ENOMEM, "totals");
		for (const struct total *o = mechs[i].totals; o->field != IPCX_NO_FIELD;
		     o++) {
			int one = take(&s, t, o, row);

			if (one < 0 && one != -ERANGE)
				r = one;
		}
		if (r < 0)
			ix_table_note(t, IPCX_NOTE_UNAVAILABLE, mech, r, "", "%s",
				      ix_limit_why(r));
		else
			ix_table_keep(t);
	}
	return 0;
}

int ipcx_totals(struct ipcx *x, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ix_errand e = { .run = totals_there, .looks = true };
	struct ipcx_table *t;
	int r = ix_table_new(&t);

	if (r < 0)
		return ix_fail(x, r, "totals");
	e.t = t;
	r = ix_there(x, &e);
	return ix_table_hand(x, t, r, ret_table);
}
