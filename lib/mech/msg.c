/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System V message queues: msgget(2), msgctl(2), msgrcv(2), /proc/sysvipc/msg. */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/msg.h>

#include "base/calls.h"
#include "base/num.h"
#include "core/limit.h"
#include "mech/causes.h"
#include "mech/charges.h"
#include "mech/drivers.h"
#include "mech/kconfigs.h"
#include "mech/msgpeek.h"
#include "mech/queues.h"
#include "mech/sysvtext.h"
#include "who/waits.h"

struct msg_row {
	struct ix_sysv_row base;
	uint64_t cbytes, qnum, qbytes;
	int64_t stime, rtime;
	int32_t lspid, lrpid;
	uint32_t waiters;
	uint8_t lspid_alive, lrpid_alive, use;
};

_Static_assert(sizeof(struct msg_row) <= 128, "rows stay compact");

static void derive_use(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v)
{
	const struct msg_row *q = row;

	(void)t;
	(void)s;
	/* qbytes limits the bytes and also the number of messages (ipc/msg.c). */
	if (ix_is_unknown(t, row, IPCX_F_QBYTES) || q->qbytes == 0)
		return;
	v->type = IPCX_TYPE_REAL;
	v->as.d = (double)MAX(q->cbytes, q->qnum) * 100.0 / (double)q->qbytes;
}

/* clang-format off */
static const struct ix_kind msg_kind = {
	.name = "objects",
	.row_size = sizeof(struct msg_row),
	IX_COLUMNS(
		IX_SYSV_COLUMNS(struct msg_row),
		IX_COL(IPCX_F_CBYTES,      struct msg_row, cbytes),
		IX_COL(IPCX_F_QNUM,        struct msg_row, qnum),
		IX_COL(IPCX_F_QBYTES,      struct msg_row, qbytes),
		IX_DERIVED_WORDS(IPCX_F_USE_PERCENT, IX_WORD_OF(struct msg_row, cbytes) |
							IX_WORD_OF(struct msg_row, qnum) |
							IX_WORD_OF(struct msg_row, qbytes), derive_use),
		IX_COL_ZERO(IPCX_F_LSPID,       struct msg_row, lspid),
		IX_COL_ZERO(IPCX_F_LRPID,       struct msg_row, lrpid),
		IX_DERIVED_FROM(IPCX_F_LSPID_ALIVE, struct msg_row, lspid_alive, ix_derive_lspid_alive),
		IX_DERIVED_FROM(IPCX_F_LRPID_ALIVE, struct msg_row, lrpid_alive, ix_derive_lrpid_alive),
		IX_DERIVED_WORDS(IPCX_F_IDLE,        IX_WORD_OF(struct msg_row, base.ctime) |
							IX_WORD_OF(struct msg_row, stime) |
							IX_WORD_OF(struct msg_row, rtime), ix_derive_idle),
		IX_COL_ZERO(IPCX_F_STIME,       struct msg_row, stime),
		IX_COL_ZERO(IPCX_F_RTIME,       struct msg_row, rtime),
		IX_WAITERS_COLUMN(struct msg_row),
		IX_NO_USERS_COLUMNS(struct msg_row)
	),
};

static const struct ix_sysv_word words[] = {
	IX_SYSV_WORDS(struct msg_row),
	IX_WORD("msqid",  IPCX_F_ID,     struct msg_row, base.id),
	IX_WORD("cbytes", IPCX_F_CBYTES, struct msg_row, cbytes),
	IX_WORD("qnum",   IPCX_F_QNUM,   struct msg_row, qnum),
	IX_WORD("lspid",  IPCX_F_LSPID,  struct msg_row, lspid),
	IX_WORD("lrpid",  IPCX_F_LRPID,  struct msg_row, lrpid),
	IX_WORD("stime",  IPCX_F_STIME,  struct msg_row, stime),
	IX_WORD("rtime",  IPCX_F_RTIME,  struct msg_row, rtime),
	{ .heading = "" },
};
/* clang-format on */

static int msg_highest(void)
{
	struct msginfo info;
	int r = msgctl(0, IPC_INFO, (struct msqid_ds *)&info);

	return r < 0 ? -errno : r;
}

static int msg_used(void)
{
	struct msginfo info;

	return msgctl(0, MSG_INFO, (struct msqid_ds *)&info) < 0 ? -errno : info.msgpool;
}

static int msg_stat_by(int which, int how, void *data)
{
	struct msg_row *row = data;
	struct msqid_ds ds;
	int id = msgctl(which, how, &ds);

	if (id < 0)
		return -errno;
	if (how == IPC_STAT)
		id = which;
	ix_sysv_perm(&row->base, id, &ds.msg_perm);
	row->base.ctime = ds.msg_ctime;
	row->cbytes = ds.__msg_cbytes;
	row->qnum = ds.msg_qnum;
	row->qbytes = ds.msg_qbytes;
	row->stime = ds.msg_stime;
	row->rtime = ds.msg_rtime;
	row->lspid = ds.msg_lspid;
	row->lrpid = ds.msg_lrpid;
	return id;
}

static void msg_try(const void *unused)
{
	struct msqid_ds ds;

	(void)unused;
	(void)msgctl(-1, MSG_STAT_ANY, &ds);
}

int ix_msg_stat(int id, struct msqid_ds *ret_ds)
{
	if (msgctl(id, IPC_STAT, ret_ds) == 0)
		return 0;
	if (errno != EACCES)
		return -errno;
	return ix_call_survives(msg_try, NULL) && msgctl(id, MSG_STAT_ANY, ret_ds) == id
		       ? 0
		       : -EACCES;
}

static int msg_stat_slot(int index, void *row)
{
	return msg_stat_by(index, MSG_STAT_ANY, row);
}

static int msg_stat_slot_own(int index, void *row)
{
	return msg_stat_by(index, MSG_STAT, row);
}

static int msg_stat_id(int id, void *row)
{
	return msg_stat_by(id, IPC_STAT, row);
}

static int msg_get(uint32_t key, const struct ipcx_attrs *a, int flags)
{
	int id = msgget((key_t)key, flags);

	(void)a;
	return id < 0 ? -errno : id;
}

static int msg_rmid(int id)
{
	return msgctl(id, IPC_RMID, NULL) < 0 ? -errno : 0;
}

static int msg_set(const void *data, const struct ipcx_attrs *a)
{
	const struct msg_row *row = data;
	struct msqid_ds ds = { 0 };

	if ((a->set & IPCX_A_QBYTES) && a->qbytes > IX_MSG_QBYTES_MAX)
		return -EOVERFLOW;
	ds.msg_qbytes = a->set & IPCX_A_QBYTES ? a->qbytes : row->qbytes;
	/* IPC_SET sets qbytes, too, and a row from /proc/sysvipc has none. */
	if (!(a->set & IPCX_A_QBYTES) && row->qbytes == 0) {
		int r = ix_msg_stat(row->base.id, &ds);

		if (r < 0)
			return r;
	}
	ix_sysv_perm_set(&ds.msg_perm, &row->base, a);
	return msgctl(row->base.id, IPC_SET, &ds) < 0 ? -errno : 0;
}

static const enum ipcx_field calls_only[] = { IPCX_F_QBYTES, IPCX_F_USE_PERCENT };

/* clang-format off */
static const struct ix_sysv sysv = {
	.name = "msg", .kind = &msg_kind, .words = words, .calls_only = calls_only, .ncalls_only = ARRAY_SIZE(calls_only),
	.highest = msg_highest, .used = msg_used,
	.stat_slot = msg_stat_slot, .stat_slot_own = msg_stat_slot_own, .stat_id = msg_stat_id,
	.get = msg_get, .rmid = msg_rmid, .set = msg_set,
};
/* clang-format on */

static int msg_scan(struct ix_scan *s)
{
	return ix_sysv_scan(s, &sysv);
}

static int msg_find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	return ix_sysv_find(s, &sysv, ref);
}

static int msg_may_use(struct ipcx *x, const struct ipcx_attrs *a,
		       const struct ipcx_ref *ref)
{
	(void)x;
	return ix_sysv_may_use(&sysv, a, ref);
}

static int msg_create(struct ipcx *x, const struct ipcx_attrs *a,
		      struct ipcx_ref *ret_ref)
{
	return ix_sysv_create(x, &sysv, a, ret_ref);
}

static int msg_remove_row(struct ix_scan *s, const void *data)
{
	(void)s;
	return msg_rmid(((const struct ix_sysv_row *)data)->id);
}

static int msg_change(struct ix_scan *s, const void *data, const struct ipcx_attrs *a)
{
	(void)s;
	return msg_set(data, a);
}

static int msg_contents(struct ipcx *x, const struct ipcx_ref *ref, struct ipcx_table *t)
{
	int id = ix_sysv_id(&sysv, ref), r;
	char name[IPCX_REF_MAX];
	struct msg_row q = { .qnum = 0 };

	(void)ipcx_ref_format(ref, name, sizeof(name));
	if (id == -ENOENT)
		return ix_fail_plain(x, -ENOENT, "%s: no such queue", name);
	if (id < 0)
		return ix_fail(x, id, "%s", name);
	r = msg_stat_id(id, &q);
	if (r == -EACCES)
		return ix_fail_plain(
			x, r,
			"msg:%d: its messages may not be looked at: needs read permission",
			id);
	if (r == -EINVAL || r == -EIDRM)
		return ix_fail_plain(x, -ENOENT, "msg:%d: no such queue", id);
	if (r < 0)
		return ix_fail(x, r, "msg:%d: cannot look at its messages", id);
	return ix_msg_peek(x, t, id, q.qnum, q.cbytes);
}

/* ---- totals */

struct msg_totals {
	struct ix_row head;
	uint64_t objects, qnum, cbytes;
};

/* clang-format off */
static const struct ix_kind totals_kind = {
	.name = "totals",
	.row_size = sizeof(struct msg_totals),
	IX_COLUMNS(
		IX_TOTALS_COLUMNS(struct msg_totals),
		IX_COL(IPCX_F_QNUM,   struct msg_totals, qnum),
		IX_COL(IPCX_F_CBYTES, struct msg_totals, cbytes)
	),
};
/* clang-format on */

/* Add up the lines of /proc/sysvipc/msg. */
static int msg_add_up(struct ipcx *x, struct msg_totals *row, int error)
{
	struct ix_sysv_lines l auto_sysv_lines = { .n = 0 };

	if (ix_sysv_lines(x, &sysv, &l) < 0 || !l.whole)
		return error;
	row->objects = l.n;
	for (size_t i = 0; i < l.n; i++) {
		const struct msg_row *one = ix_sysv_line(&l, i);

		row->qnum += one->qnum;
		row->cbytes += one->cbytes;
	}
	return 0;
}

/* MSG_INFO stores counters in the members in which IPC_INFO stores limits (msgctl(2)). */
static int msg_ask_totals(struct ipcx *x, struct ipcx_table *t, void *data)
{
	struct msg_totals *row = data;
	struct msginfo info;

	if (msgctl(0, MSG_INFO, (struct msqid_ds *)&info) < 0)
		return msg_add_up(x, row, -errno);
	ix_total(t, row, IPCX_F_OBJECTS, &row->objects, info.msgpool);
	ix_total(t, row, IPCX_F_QNUM, &row->qnum, info.msgmap);
	ix_total(t, row, IPCX_F_CBYTES, &row->cbytes, info.msgtql);
	return 0;
}

static const struct ix_totals totals = { .kind = &totals_kind, .ask = msg_ask_totals };

/* clang-format off */
static const enum ipcx_field shown[] = {
	IPCX_F_ID, IPCX_F_KEY, IPCX_F_OWNER, IPCX_F_MODE, IPCX_F_CBYTES, IPCX_F_QNUM, IPCX_F_QBYTES,
	IPCX_F_USE_PERCENT, IPCX_F_AGE,
};

static const struct ix_traces traces = {
	.none = "processes do not attach to a message queue",
	.waits = 1U << IX_WAIT_MSG,
	.sender = { IPCX_F_LSPID, IPCX_F_STIME, "last sender" },
	.receiver = { IPCX_F_LRPID, IPCX_F_RTIME, "last receiver" },
};

static const struct ix_sign signs[] = {
	{ IPCX_F_QNUM,        IPCX_USE_HOLDS,    "holds messages" },
	{ IPCX_F_LSPID_ALIVE, IPCX_USE_ATTACHED, "its last sender still runs" },
	{ IPCX_F_LRPID_ALIVE, IPCX_USE_ATTACHED, "its last receiver still runs" },
	{ IPCX_F_WAITERS,     IPCX_USE_ATTACHED, "waited on" },
	{ IPCX_NO_FIELD,      IPCX_USE_UNKNOWN,  "use between calls is not recorded" },
};

extern const struct ix_mech ix_mech_msg;
const struct ix_mech ix_mech_msg = {
	.info = {
		.name = "msg", .label = "System V message queues", .object = "message queue", .group = "sysv",
		.create = IPCX_A_KEY | IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_QBYTES | IPCX_A_ID |
			  IPCX_A_COUNT | IPCX_A_IF_MISSING,
		.change = IPCX_A_MODE | IPCX_A_UID | IPCX_A_GID | IPCX_A_QBYTES,
		.need = "COUNT[xQBYTES]",
		.shown = shown, .nshown = ARRAY_SIZE(shown),
		.message_label = "type", .message_least = 1,
	},
	.weight = IPCX_F_CBYTES,
	.traces = &traces, .signs = signs,
	.unrecorded = "whether an empty queue that nobody waits for is in use is unknown: who will send or receive is not recorded",
	.kind = &msg_kind, .kconfig = &ix_kconfig_sysv,
	.charges = ix_msg_charges, .request = ix_msg_wish,
	.scan = msg_scan, .find = msg_find, .contents = msg_contents, .create = msg_create, .may_use = msg_may_use, .remove = msg_remove_row, .change = msg_change, .may = ix_msg_may,
	.totals = &totals,
	.queue = &ix_msg_queue,
	.driver = &ix_msg_driver,
	.causes = ix_msg_causes,
};
/* clang-format on */
