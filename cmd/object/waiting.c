/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "waits" and "show" print about threads that wait. */
#include "object/waiting.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>

#include "base/cap.h"
#include "base/file.h"
#include "base/util.h"
#include "unseen.h"

static const enum ipcx_field waits_fields[] = {
	IPCX_F_MECH,    IPCX_F_REF,        IPCX_F_NS,    IPCX_F_PID,
	IPCX_F_TID,     IPCX_F_COMMAND,    IPCX_F_OWNER, IPCX_F_UID,
	IPCX_F_STARTED, IPCX_F_CONTAINER,  IPCX_F_CALL,  IPCX_F_WANTS,
	IPCX_F_SEMNUM,  IPCX_F_OP,         IPCX_F_UNDO,  IPCX_F_MTYPE,
	IPCX_F_OFFSET,  IPCX_F_TIMEOUT,    IPCX_F_SINCE, IPCX_F_TASK_STATE,
	IPCX_F_HELD_BY, IPCX_F_HELD_GRADE, IPCX_F_WAKER, IPCX_F_VERDICT,
	IPCX_F_GRADE,   IPCX_F_CYCLE,      IPCX_F_BASIS
};
static const enum ipcx_field waits_columns[] = { IPCX_F_REF,     IPCX_F_PID,
						 IPCX_F_COMMAND, IPCX_F_CALL,
						 IPCX_F_WANTS,   IPCX_F_WAKER,
						 IPCX_F_VERDICT };
static const enum ipcx_field waits_columns_since[] = { IPCX_F_REF,     IPCX_F_PID,
						       IPCX_F_COMMAND, IPCX_F_CALL,
						       IPCX_F_WANTS,   IPCX_F_SINCE,
						       IPCX_F_WAKER,   IPCX_F_VERDICT };

/* How many of the fields name the object. */
#define ALL_OBJECT   3
#define TABLE_OBJECT 1

const struct shown waits_all = COLUMN_LIST_INIT(waits_fields);
const struct shown waits_table = COLUMN_LIST_INIT(waits_columns);
const struct shown waits_table_since = COLUMN_LIST_INIT(waits_columns_since);
const struct shown waits_all_below = { .list = waits_fields + ALL_OBJECT,
				       .n = ARRAY_SIZE(waits_fields) - ALL_OBJECT };
const struct shown waits_table_below = { .list = waits_columns + TABLE_OBJECT,
					 .n = ARRAY_SIZE(waits_columns) - TABLE_OBJECT };

uint64_t waits_number(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, f, &v) < 0)
		return 0;
	if (v.type == IPCX_TYPE_INT)
		return v.as.i > 0 ? (uint64_t)v.as.i : 0;
	return v.type == IPCX_TYPE_UINT || v.type == IPCX_TYPE_GRADE ? v.as.u : 0;
}

/* ---- what was not seen */

/* Whether something could not be read, which may be a count. */
static bool waits_unread(const struct ipcx_table *t)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		if (n->error && n->kind != IPCX_NOTE_MISSING)
			break;
	return n;
}

bool waits_all_seen(uint64_t mechs, const struct ipcx_table *t,
		    const struct ipcx_unseen *u)
{
	if (u->waiters)
		return false;
	return (!u->processes && !u->others) ||
	       (unseen_counted(mechs, IPCX_F_SEMNCNT) == mechs && !waits_unread(t));
}

/* The kernel counts waiters only for some mechanisms. */
static void waits_note_waiters(const struct ipcx_table *t, const struct ipcx_unseen *u)
{
	const char *whose = u->processes ? "to processes that may not be looked at"
			    : u->others  ? "to processes outside this PID namespace"
					 : "to no process that was found";
	uint64_t found = 0;

	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		found += ipcx_mech_has(ipcx_row_mech(t, i), IPCX_F_SEMNCNT);
	msg_note("%" PRIu64 " of %" PRIu64 " waiters found: %" PRIu64 " belong%s %s",
		 found, found + u->waiters, u->waiters, u->waiters == 1 ? "s" : "",
		 whose);
}

/* Yama, a security module, can forbid what the same user may otherwise do; with the value
 * 3 also what CAP_SYS_PTRACE permits. */
static void waits_note_yama(void)
{
	char text[16];

	if (ix_read_file(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text,
			 sizeof(text)) < 1)
		return;
	if (text[0] == '3' || (text[0] > '0' && ix_cap_has(CAP_SYS_PTRACE) <= 0))
		msg_note("your own processes are among them: "
			 "kernel.yama.ptrace_scope is %c",
			 text[0]);
}

static void waits_note_unseen(const struct selection *sel, const struct ipcx_table *t,
			      const struct ipcx_unseen *u)
{
	if (waits_all_seen(select_touched(sel), t, u))
		return;
	if (u->waiters)
		waits_note_waiters(t, u);
	unseen_note_processes(u);
	if (u->processes)
		waits_note_yama();
}

void waits_put_unseen(struct output *s, const struct selection *sel,
		      const struct ipcx_table *t, const struct ipcx_unseen *u)
{
	if (!unseen_facts(s, UNSEEN_WAITERS, u))
		waits_note_unseen(sel, t, u);
}
