/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a thread that waits for an object becomes a row. */
#include "query/waitrow.h"

#include <errno.h>

#include "core/columns.h"
#include "core/expr.h"
#include "proc/stat.h"

struct wait_row {
	struct ix_row head;
	uint32_t boxes;
	ix_text ref, command, wants, waker, verdict;
	ix_text call;
	int32_t pid, tid, held_by;
	uint32_t uid, cycle;
	uint16_t semnum;
	int16_t op;
	uint8_t state, basis, held_grade, grade;
	uint8_t has; /* HAS_… */
	bool undo;
	int64_t started, since, mtype;
	uint64_t timeout, offset;
};

#define HAS_OP      1U
#define HAS_MTYPE   2U
#define HAS_TIMEOUT 4U
#define HAS_OFFSET  8U

static bool waitrow_has(const void *row, unsigned what)
{
	return ((const struct wait_row *)row)->has & what;
}

static void waitrow_word(struct ipcx_value *v, const char *word)
{
	if (!word)
		return;
	v->type = IPCX_TYPE_STRING;
	v->as.private_s = word;
}

#define DERIVE(name)                                                                   \
	static void waitrow_derive_##name(const struct ipcx_table *t,                  \
					  const struct ix_section *s, const void *row, \
					  struct ipcx_value *v)

DERIVE(ref)
{
	(void)s;
	waitrow_word(v, ix_table_string(t, ((const struct wait_row *)row)->ref));
}

DERIVE(basis)
{
	static const char *const words[] = {
		[IX_BASIS_KERNEL] = "kernel",
		[IX_BASIS_MEMORY] = "memory",
		[IX_BASIS_INFERRED] = "inferred",
	};

	(void)t;
	(void)s;
	waitrow_word(v, words[((const struct wait_row *)row)->basis]);
}

DERIVE(state)
{
	(void)t;
	(void)s;
	waitrow_word(v, ((const struct wait_row *)row)->state == 'D' ? "D" : "S");
}

static void waitrow_uint(const void *row, unsigned what, uint64_t n, struct ipcx_value *v)
{
	if (!waitrow_has(row, what))
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = n;
}

static void waitrow_int(const void *row, unsigned what, int64_t n, struct ipcx_value *v)
{
	if (!waitrow_has(row, what))
		return;
	v->type = IPCX_TYPE_INT;
	v->as.i = n;
}

DERIVE(semnum)
{
	(void)t;
	(void)s;
	waitrow_uint(row, HAS_OP, ((const struct wait_row *)row)->semnum, v);
}

DERIVE(op)
{
	(void)t;
	(void)s;
	waitrow_int(row, HAS_OP, ((const struct wait_row *)row)->op, v);
}

DERIVE(undo)
{
	(void)t;
	(void)s;
	if (!waitrow_has(row, HAS_OP))
		return;
	v->type = IPCX_TYPE_BOOL;
	v->as.u = ((const struct wait_row *)row)->undo;
}

DERIVE(mtype)
{
	(void)t;
	(void)s;
	waitrow_int(row, HAS_MTYPE, ((const struct wait_row *)row)->mtype, v);
}

DERIVE(timeout)
{
	(void)t;
	(void)s;
	waitrow_uint(row, HAS_TIMEOUT, ((const struct wait_row *)row)->timeout, v);
}

DERIVE(offset)
{
	(void)t;
	(void)s;
	waitrow_uint(row, HAS_OFFSET, ((const struct wait_row *)row)->offset, v);
}

#define WORDS(member) \
	(IX_WORD_OF(struct wait_row, has) | IX_WORD_OF(struct wait_row, member))

/* clang-format off */
static const struct ix_kind waits_kind = {
	.name = "waits",
	.row_size = sizeof(struct wait_row),
	IX_COLUMNS(
		IX_CONSTANT(IPCX_F_MECH, ix_derive_mech),
		IX_CONSTANT(IPCX_F_NS,   ix_derive_ns),
		IX_DERIVED_FROM(IPCX_F_REF, struct wait_row, ref, waitrow_derive_ref),
		IX_COL(IPCX_F_PID,       struct wait_row, pid),
		IX_COL(IPCX_F_TID,       struct wait_row, tid),
		IX_COL(IPCX_F_COMMAND,   struct wait_row, command),
		IX_DERIVED_FROM(IPCX_F_OWNER, struct wait_row, uid, ix_derive_owner),
		IX_COL(IPCX_F_UID,       struct wait_row, uid),
		IX_COL_ZERO(IPCX_F_STARTED, struct wait_row, started),
		IX_BOX_COLUMNS(struct wait_row, boxes),
		IX_COL(IPCX_F_CALL,      struct wait_row, call),
		IX_COL(IPCX_F_WANTS,     struct wait_row, wants),
		IX_DERIVED_WORDS(IPCX_F_SEMNUM,  WORDS(semnum),  waitrow_derive_semnum),
		IX_DERIVED_WORDS(IPCX_F_OP,      WORDS(op),      waitrow_derive_op),
		IX_DERIVED_WORDS(IPCX_F_UNDO,    WORDS(undo),    waitrow_derive_undo),
		IX_DERIVED_WORDS(IPCX_F_MTYPE,   WORDS(mtype),   waitrow_derive_mtype),
		IX_DERIVED_WORDS(IPCX_F_OFFSET,  WORDS(offset),  waitrow_derive_offset),
		IX_DERIVED_WORDS(IPCX_F_TIMEOUT, WORDS(timeout), waitrow_derive_timeout),
		IX_DERIVED_FROM(IPCX_F_TASK_STATE, struct wait_row, state, waitrow_derive_state),
		IX_COL_ZERO(IPCX_F_HELD_BY,    struct wait_row, held_by),
		IX_COL_ZERO(IPCX_F_HELD_GRADE, struct wait_row, held_grade),
		IX_COL(IPCX_F_WAKER,           struct wait_row, waker),
		IX_COL(IPCX_F_VERDICT,         struct wait_row, verdict),
		IX_COL_ZERO(IPCX_F_GRADE,      struct wait_row, grade),
		IX_COL_ZERO(IPCX_F_CYCLE,      struct wait_row, cycle),
		IX_COL_ZERO(IPCX_F_SINCE,      struct wait_row, since),
		IX_DERIVED_FROM(IPCX_F_BASIS,  struct wait_row, basis, waitrow_derive_basis)
	),
};
/* clang-format on */

/* ---- rows */

static void waitrow_process(struct ix_waitrows *w, const struct ix_user *user,
			    struct wait_row *row)
{
	row->pid = user->pid;
	row->uid = user->uid;
	if (user->start) {
		row->command = ix_table_text(w->t, user->comm);
		row->started = ix_proc_started(user->start);
	} else {
		ix_unknown(w->t, row, IPCX_F_COMMAND);
		ix_unknown(w->t, row, IPCX_F_STARTED);
	}
	if (!user->has_uid) {
		ix_unknown(w->t, row, IPCX_F_UID);
		ix_unknown(w->t, row, IPCX_F_OWNER);
	}
	if (user->uid_error)
		ix_table_once(w->t, user->uid_error,
			      "the users of some processes could not be read");
}

static void waitrow_call(struct ix_waitrows *w, const struct ix_wait_entry *e,
			 struct wait_row *row)
{
	const struct ix_wait *wait = e->wait;

	row->tid = wait->tid;
	row->state = (uint8_t)wait->state;
	row->call = ix_table_text(w->t, wait->b.call);
	if (wait->has_timeout) {
		row->has |= HAS_TIMEOUT;
		row->timeout = wait->timeout;
	} else if (wait->timeout_unknown) {
		ix_unknown(w->t, row, IPCX_F_TIMEOUT);
	}
	if (wait->b.kind == IX_WAIT_FUTEX) {
		row->has |= HAS_OFFSET;
		row->offset = wait->offset;
	}
	if (wait->has_mtype) {
		row->has |= HAS_MTYPE;
		row->mtype = wait->mtype;
	}
	if (wait->b.kind == IX_WAIT_SEM && !e->op) {
		ix_unknown(w->t, row, IPCX_F_SEMNUM);
		ix_unknown(w->t, row, IPCX_F_OP);
		ix_unknown(w->t, row, IPCX_F_UNDO);
	}
	if (!e->op)
		return;
	row->has |= HAS_OP;
	row->semnum = e->op->num;
	row->op = e->op->op;
	row->undo = e->op->undo;
}

static void waitrow_fill(struct ix_waitrows *w, const struct ix_wait_entry *e,
			 struct wait_row *row)
{
	row->ref = ix_table_text(w->t, e->ref);
	waitrow_process(w, &e->user->user, row);
	waitrow_call(w, e, row);
	if (e->wants)
		row->wants = ix_table_text(w->t, e->wants);
	else
		ix_unknown(w->t, row, IPCX_F_WANTS);
	if (e->waker)
		row->waker = ix_table_text(w->t, e->waker);
	if (e->verdict)
		row->verdict = ix_table_text(w->t, e->verdict);
	row->held_by = e->held_by;
	row->held_grade = (uint8_t)e->held;
	row->grade = (uint8_t)e->grade;
	row->cycle = e->cycle;
	row->since = e->since;
	row->basis = (uint8_t)e->basis;
}

int ix_waitrows_add(struct ix_waitrows *w, const struct ix_wait_entry *e)
{
	const struct ix_section *section;
	struct wait_row *row;
	int r = ix_table_place(w->t, e->ns, NULL, false);

	if (r == 0)
		r = ix_table_section(w->t, &waits_kind, e->mech);
	row = r < 0 ? NULL : ix_table_row(w->t);
	if (!row)
		return -ENOMEM;
	section = ix_last_section(w->t);
	waitrow_fill(w, e, row);
	ix_number_here(w->x, section, row);
	if (w->names && e->user->user.has_uid)
		r = ix_name_id(w->x, w->t, false, row->uid);
	if (r == 0 && w->containers)
		r = ix_boxed_list(&w->boxed, w->x, w->t, &e->user->user, row,
				  &row->boxes);
	if (r < 0)
		return r;
	if (w->t->starved)
		return -ENOMEM;
	if (!w->where || ix_expr_row(w->where, w->t, section, row).says == 1)
		ix_table_keep(w->t);
	return 0;
}
