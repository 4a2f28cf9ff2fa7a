/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why semget(2), semop(2) and semctl(2) fail. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "core/semun.h"
#include "mech/semchecks.h"
#include "why/fix.h"
#include "why/semvalue.h"
#include "why/sysv.h"

/* ---- semget(2) */

static void sem_most(struct ix_why *w, struct ix_reason *r)
{
	if (ix_args_has(&w->a, IX_ARG_NSEMS) && w->a.nsems < 0)
		ix_reason_set(r, IX_SO_NOT, "nsems is %" PRId64, w->a.nsems);
	else
		ix_why_limit(w, "semmsl", r);
	ix_sysv_fix_as_root(r);
}

static void sem_none_asked(struct ix_why *w, struct ix_reason *r)
{
	bool new = ix_args_has(&w->a, IX_ARG_KEY) && !w->a.key &&
		   !ix_args_has(&w->a, IX_ARG_ID);
	int64_t nsems = w->a.nsems;
	char name[80];

	if (!ix_args_has(&w->a, IX_ARG_NSEMS)) {
		ix_why_missing(r, "nsems");
		return;
	}
	if (nsems > 0) {
		ix_reason_set(r, IX_SO_NOT, "nsems is %" PRId64, nsems);
		return;
	}
	if (nsems == 0 && !new) {
		const struct ipcx_table *t = ix_sysv_object(w, IX_SO, r);

		if (t)
			ix_reason_set(r, IX_SO_NOT, "%s exists, so 0 is fine",
				      ix_sysv_named(t, name, sizeof(name)));
		if (t || r->applies != IX_SO)
			return;
		if (ix_why_flag(w, IPC_CREAT) == IX_SO_NOT) {
			ix_reason_set(r, IX_SO_NOT,
				      "no array has the key, and the flags lack "
				      "IPC_CREAT: none is made");
			return;
		}
	}
	ix_reason_set(r, IX_SO, "nsems is %" PRId64 "%s", nsems,
		      nsems ? "" : ", and the array would be a new one");
	(void)snprintf(r->fix, sizeof(r->fix), "ask for at least 1 semaphore");
}

static void sem_smaller(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t = NULL;
	uint64_t has = 0;
	char name[80];

	if (ix_args_has(&w->a, IX_ARG_KEY) && !w->a.key && !ix_args_has(&w->a, IX_ARG_ID))
		ix_reason_set(r, IX_SO_NOT, "IPC_PRIVATE always makes a new array");
	else
		t = ix_sysv_object(w, IX_SO_NOT, r);
	if (!t)
		return;
	(void)ix_sysv_named(t, name, sizeof(name));
	if (!ix_why_number(t, 0, IPCX_F_NSEMS, &has)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: how many semaphores %s has", name);
		return;
	}
	if (!ix_args_has(&w->a, IX_ARG_NSEMS)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: %s has %" PRIu64
			      " semaphores; nsems= is not known",
			      name, has);
		return;
	}
	ix_reason_set(r, ix_so(w->a.nsems > (int64_t)has),
		      "%s has %" PRIu64 " semaphores, %" PRId64 " asked for", name, has,
		      w->a.nsems);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "ask for at most %" PRIu64
			       " (0 takes it as it is), or use another key",
			       has);
}

static void sem_full(struct ix_why *w, const char *limit, struct ix_reason *r)
{
	static const enum ipcx_field ended[2] = { IPCX_F_LPID_ALIVE, IPCX_NO_FIELD };

	if (ix_args_has(&w->a, IX_ARG_NSEMS) && w->a.nsems <= 0) {
		ix_reason_set(r, IX_SO_NOT, "nsems is %" PRId64 ", which fails before",
			      w->a.nsems);
		return;
	}
	ix_sysv_why_full(w, limit, ended, "waiters == 0 && lpid_alive == false", r);
	if (r->applies == IX_SO)
		(void)snprintf(r->evidence + strlen(r->evidence),
			       sizeof(r->evidence) - strlen(r->evidence),
			       "; an array does not record which process made it");
}

/* ---- semop(2) */

static void sem_many_ops(struct ix_why *w, struct ix_reason *r)
{
	uint64_t most;

	if (!ix_args_has(&w->a, IX_ARG_NSOPS)) {
		ix_why_missing(r, "nsops");
		return;
	}
	if (!ix_why_limit_now(w, "semopm", &most)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: semopm is not known");
		return;
	}
	ix_reason_set(r, ix_so(w->a.nsops < 0 || (uint64_t)w->a.nsops > most),
		      "semopm is %" PRIu64 ", the call has %" PRId64 " operations", most,
		      w->a.nsops);
	if (r->applies == IX_SO && w->a.nsops > 0 && w->a.nsops <= INT32_MAX)
		ix_fix_command(r->fix, sizeof(r->fix), w->where,
			       "limits set semopm=%" PRId64, w->a.nsops);
	ix_sysv_fix_as_root(r);
}

static void sem_no_ops(struct ix_why *w, struct ix_reason *r)
{
	const struct ix_args *a = &w->a;

	if (ix_args_has(a, IX_ARG_NSOPS))
		ix_reason_set(r, ix_so(a->nsops == 0), "nsops is %" PRId64, a->nsops);
	else if (ix_args_has(a, IX_ARG_OP) || ix_args_has(a, IX_ARG_SEMNUM))
		ix_reason_set(r, IX_SO_NOT, "the call has an operation");
	else
		ix_why_missing(r, "nsops");
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "pass the number of operations as nsops");
}

static void sem_time(struct ix_why *w, struct ix_reason *r)
{
	if (ix_args_has(&w->a, IX_ARG_TIMEOUT))
		ix_reason_set(r, IX_SO_NOT, "a time of %" PRIu64 " ns is valid",
			      w->a.timeout);
	else
		ix_why_missing(r, "timeout");
}

static void sem_lacks(struct ix_why *w, struct ix_reason *r)
{
	const struct ipcx_table *t;
	uint64_t has;
	char name[80];

	if (w->call == IX_SEMCTL && ix_args_has(&w->a, IX_ARG_CMD) &&
	    strncmp(w->a.cmd, "GET", 3) != 0 && strcmp(w->a.cmd, "SETVAL") != 0) {
		ix_reason_set(r, IX_SO_NOT, "%s takes no semnum", w->a.cmd);
		return;
	}
	t = ix_sysv_object(w, IX_SO_NOT, r);
	if (!t)
		return;
	(void)ix_sysv_named(t, name, sizeof(name));
	if (!ix_why_number(t, 0, IPCX_F_NSEMS, &has)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: how many semaphores %s has", name);
		return;
	}
	if (!ix_args_has(&w->a, IX_ARG_SEMNUM)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: semnum= is not known; %s has 0 to %" PRIu64,
			      name, has - 1);
		return;
	}
	ix_reason_set(r, ix_so(w->a.semnum < 0 || (uint64_t)w->a.semnum >= has),
		      "%s has %" PRIu64 " semaphores, 0 to %" PRIu64
		      "; semnum is %" PRId64,
		      name, has, has - 1, w->a.semnum);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "use a semnum from 0 to %" PRIu64
			       ", or make the array with more semaphores",
			       has - 1);
}

static void sem_op_denied(struct ix_why *w, struct ix_reason *r)
{
	if (!ix_args_has(&w->a, IX_ARG_OP)) {
		/* The call failed in this way: it needed one of the two. */
		ix_sysv_why_denied_one(w, r);
		return;
	}
	ix_sysv_why_denied(w, w->a.op ? 0200 : 0400, w->a.op ? 0200 : 0400, r);
}

static void sem_undo(struct ix_why *w, const char *what, struct ix_reason *r)
{
	if (ix_why_flag(w, SEM_UNDO) == IX_SO_NOT)
		ix_reason_set(r, IX_SO_NOT, "the flags lack SEM_UNDO");
	else
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s", what);
}

static void sem_signal(struct ix_reason *r)
{
	ix_reason_set(
		r, IX_SO_UNKNOWN,
		"cannot be told: signals leave no trace; nothing else but a debugger "
		"has this effect");
	(void)snprintf(r->fix, sizeof(r->fix), "call it again when it fails with EINTR");
}

/* ---- semctl(2) */

static const char sem_cmds[][IX_TEXT(14)] = {
	"GETVAL",   "GETPID",   "GETNCNT",      "GETZCNT",  "GETALL",
	"IPC_STAT", "SEM_STAT", "SEM_STAT_ANY", "IPC_INFO", "SEM_INFO",
	"SETVAL",   "SETALL",   "IPC_RMID",     "IPC_SET",
};

static void sem_cmd(struct ix_why *w, struct ix_reason *r)
{
	if (!ix_args_has(&w->a, IX_ARG_CMD)) {
		ix_why_missing(r, "cmd");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sem_cmds); i++)
		if (!strcmp(sem_cmds[i], w->a.cmd)) {
			ix_reason_set(r, IX_SO_NOT, "%s is a command of semctl(2)",
				      w->a.cmd);
			return;
		}
	ix_reason_set(
		r, IX_SO_UNKNOWN,
		"cannot be told: the name of this cmd is not one of GETVAL, SETVAL, "
		"GETALL, SETALL, GETPID, GETNCNT, GETZCNT, IPC_STAT, IPC_SET, IPC_RMID");
}

static void sem_ctl_denied(struct ix_why *w, struct ix_reason *r)
{
	const char *cmd = w->a.cmd;
	bool set;

	if (!ix_args_has(&w->a, IX_ARG_CMD)) {
		ix_sysv_why_denied_one(w, r);
		return;
	}
	set = !strcmp(cmd, "SETVAL") || !strcmp(cmd, "SETALL");
	if (!strcmp(cmd, "IPC_RMID") || !strcmp(cmd, "IPC_SET") ||
	    !strcmp(cmd, "SEM_STAT_ANY") || strstr(cmd, "_INFO"))
		ix_reason_set(r, IX_SO_NOT, "%s is not judged by the mode", cmd);
	else
		ix_sysv_why_denied(w, set ? 0200 : 0400, set ? 0200 : 0400, r);
}

static void sem_value(struct ix_why *w, struct ix_reason *r)
{
	if (!ix_args_has(&w->a, IX_ARG_VALUE)) {
		ix_why_missing(r, "value");
		return;
	}
	ix_reason_set(r, ix_so(w->a.value < 0 || w->a.value > IX_SEMVMX),
		      "the value is %" PRId64 ", possible are 0 to %d", w->a.value,
		      IX_SEMVMX);
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix), "use a value from 0 to %d",
			       IX_SEMVMX);
}

static void sem_new_owner(struct ix_why *w, struct ix_reason *r)
{
	if (ix_why_cmd(w, "IPC_SET") == IX_SO_NOT)
		ix_reason_set(r, IX_SO_NOT, "%s sets no owner", w->a.cmd);
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the new owner is not known");
}

static void sem_array_memory(struct ix_why *w, struct ix_reason *r)
{
	if (ix_why_cmd(w, "GETALL") == IX_SO_NOT && ix_why_cmd(w, "SETALL") == IX_SO_NOT)
		ix_reason_set(r, IX_SO_NOT, "%s takes no memory", w->a.cmd);
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: how much memory was free then");
}

static void sem_get(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	if (c->check == IX_SEM_MOST)
		sem_most(w, r);
	else if (c->check == IX_SEM_NONE_ASKED)
		sem_none_asked(w, r);
	else if (c->check == IX_SEM_SMALLER)
		sem_smaller(w, r);
	else if (c->check == IX_SEM_FULL)
		sem_full(w, c->subject, r);
	else if (c->check == IX_SEM_ELSEWHERE)
		ix_sysv_why_elsewhere(w, r);
	else if (c->check == IX_SEM_ABSENT)
		ix_sysv_why_absent(w, r);
	else if (c->check == IX_SEM_EXISTS)
		ix_sysv_why_exists(w, r);
	else if (c->check == IX_SEM_GET_DENIED)
		ix_sysv_why_get_denied(w, r);
}

static void sem_op(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	if (c->check == IX_SEM_MANY_OPS)
		sem_many_ops(w, r);
	else if (c->check == IX_SEM_NO_OPS)
		sem_no_ops(w, r);
	else if (c->check == IX_SEM_TIME)
		sem_time(w, r);
	else if (c->check == IX_SEM_OP_DENIED)
		sem_op_denied(w, r);
	else if (c->check == IX_SEM_ABOVE)
		ix_sem_why_above(w, r);
	else if (c->check == IX_SEM_UNDO_ABOVE)
		sem_undo(w, "how much the process had to undo is not recorded", r);
	else if (c->check == IX_SEM_UNDO_MEMORY)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: how much memory was free then");
	else if (c->check == IX_SEM_WAITS)
		ix_sem_why_waits(w, c->error == IX_BLOCKS, r);
	else if (c->check == IX_SEM_SIGNAL)
		sem_signal(r);
	else if (c->check == IX_SEM_DEBUGGER)
		ix_sysv_why_debugger(w, r);
	else if (c->check == IX_SEM_LOGOUT)
		ix_sysv_why_logout(w, r);
}

void ix_why_sem(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	if (c->check == IX_SEM_NO_ID)
		ix_sysv_why_no_id(w, r);
	else if (c->check == IX_SEM_ID_ELSEWHERE)
		ix_sysv_why_id_elsewhere(w, r);
	else if (c->check == IX_SEM_NUMBER || c->check == IX_SEM_CTL_NUMBER)
		sem_lacks(w, r);
	else if (c->check == IX_SEM_REMOVED)
		ix_sysv_why_removed(w, r);
	else if (c->check == IX_SEM_CMD)
		sem_cmd(w, r);
	else if (c->check == IX_SEM_CTL_DENIED)
		sem_ctl_denied(w, r);
	else if (c->check == IX_SEM_OWNER)
		ix_sysv_why_owner(w, r);
	else if (c->check == IX_SEM_VALUE)
		sem_value(w, r);
	else if (c->check == IX_SEM_NEW_OWNER)
		sem_new_owner(w, r);
	else if (c->check == IX_SEM_ARRAY_MEMORY)
		sem_array_memory(w, r);
	else if (c->call == IX_SEMGET)
		sem_get(w, c, r);
	else
		sem_op(w, c, r);
}
