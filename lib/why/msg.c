/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why msgget(2), msgsnd(2), msgrcv(2) and msgctl(2) fail. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

#include "base/older.h"
#include "base/port.h"
#include "mech/msgchecks.h"
#include "mech/sysv.h"
#include "why/fix.h"
#include "why/mq.h"
#include "why/msgroom.h"
#include "why/sysv.h"

#ifndef MSG_EXCEPT
#define MSG_EXCEPT 020000
#endif

static void msg_full(struct ix_why *w, const char *limit, struct ix_reason *r)
{
	static const enum ipcx_field ended[2] = { IPCX_F_LSPID_ALIVE,
						  IPCX_F_LRPID_ALIVE };

	ix_sysv_why_full(w, limit, ended,
			 "qnum == 0 && waiters == 0 && lspid_alive == false && "
			 "lrpid_alive == false",
			 r);
}

static void msg_type(struct ix_why *w, struct ix_reason *r)
{
	if (!ix_args_has(&w->a, IX_ARG_MTYPE)) {
		ix_why_missing(r, "mtype");
		return;
	}
	ix_reason_set(r, ix_so(w->a.mtype < 1), "mtype is %" PRId64, w->a.mtype);
	if (r->applies == IX_SO)
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"set the first long of the message, its type, to 1 or more");
}

static void msg_length(struct ix_why *w, struct ix_reason *r)
{
	if (ix_args_has(&w->a, IX_ARG_LEN))
		ix_reason_set(r, ix_so(w->a.len > INT64_MAX),
			      "the buffer has %" PRIu64 " bytes", w->a.len);
	else
		ix_why_missing(r, "len");
}

static void msg_copy_flags(struct ix_why *w, struct ix_reason *r)
{
	bool copy = w->a.flags & MSG_COPY, nowait = w->a.flags & IPC_NOWAIT,
	     except = w->a.flags & MSG_EXCEPT;

	if (!ix_args_has(&w->a, IX_ARG_FLAGS)) {
		ix_why_missing(r, "flags");
		return;
	}
	ix_reason_set(r, ix_so(copy && (!nowait || except)), "the flags %s%s%s",
		      copy ? "have MSG_COPY" : "lack MSG_COPY",
		      copy && !nowait ? " without IPC_NOWAIT" : "",
		      copy && except ? " with MSG_EXCEPT" : "");
	if (r->applies == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "pass MSG_COPY|IPC_NOWAIT; mtype is then a position");
}

/* A kernel that can copy messages also has the sysctls that ask for an id. */
static void msg_copy_lacks(struct ix_why *w, struct ix_reason *r)
{
	int proc = ix_procfd(w->x);
	bool has = proc >= 0 && ix_access(proc, "sys/kernel/msg_next_id", F_OK, 0) == 0;

	if (ix_why_flag(w, MSG_COPY) == IX_SO_NOT)
		ix_reason_set(r, IX_SO_NOT, "the flags lack MSG_COPY");
	else if (has)
		ix_reason_set(r, IX_SO_NOT,
			      "kernel.msg_next_id exists: the kernel can copy messages");
	else if (proc < 0 || errno != ENOENT)
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: /proc cannot be read");
	else
		ix_reason_set(r, ix_why_flag(w, MSG_COPY),
			      "kernel.msg_next_id does not exist: the kernel cannot copy "
			      "messages");
}

static const char msg_cmds[][IX_TEXT(14)] = {
	"IPC_STAT", "MSG_STAT", "MSG_STAT_ANY", "IPC_INFO",
	"MSG_INFO", "IPC_RMID", "IPC_SET",
};

static void msg_cmd(struct ix_why *w, struct ix_reason *r)
{
	if (!ix_args_has(&w->a, IX_ARG_CMD)) {
		ix_why_missing(r, "cmd");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(msg_cmds); i++)
		if (!strcmp(msg_cmds[i], w->a.cmd)) {
			ix_reason_set(r, IX_SO_NOT, "%s is a command of msgctl(2)",
				      w->a.cmd);
			return;
		}
	ix_reason_set(r, IX_SO_UNKNOWN,
		      "cannot be told: the name of this cmd is not one of IPC_STAT, "
		      "IPC_SET, IPC_RMID");
}

static void msg_stat_denied(struct ix_why *w, struct ix_reason *r)
{
	if (ix_why_cmd(w, "IPC_STAT") == IX_SO_NOT &&
	    ix_why_cmd(w, "MSG_STAT") == IX_SO_NOT)
		ix_reason_set(r, IX_SO_NOT, "%s is not judged by the mode", w->a.cmd);
	else
		ix_sysv_why_denied(w, 0400, 0400, r);
}

/* qbytes= is another name of size=. */
static void msg_qbytes(struct ix_why *w, struct ix_reason *r)
{
	enum ix_so capable = ix_mq_resource(w), above;
	uint64_t most;

	if (ix_why_cmd(w, "IPC_SET") == IX_SO_NOT) {
		ix_reason_set(r, IX_SO_NOT, "%s sets no qbytes", w->a.cmd);
		return;
	}
	if (!ix_args_has(&w->a, IX_ARG_SIZE)) {
		ix_why_missing(r, "qbytes");
		return;
	}
	if (!ix_why_limit_now(w, "msgmnb", &most)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: msgmnb is not known");
		return;
	}
	above = ix_so(w->a.size > most);
	if (above == IX_SO && capable != IX_SO_NOT)
		above = capable == IX_SO ? IX_SO_NOT : IX_SO_UNKNOWN;
	ix_reason_set(r, above,
		      "%smsgmnb is %" PRIu64 ", qbytes %" PRIu64 " asked for; %s %s "
		      "CAP_SYS_RESOURCE",
		      above == IX_SO_UNKNOWN ? "cannot be told: " : "", most, w->a.size,
		      w->as.who,
		      capable == IX_SO       ? "with"
		      : capable == IX_SO_NOT ? "without"
					     : "perhaps with");
	if (above == IX_SO && w->a.size <= IX_MSG_QBYTES_MAX)
		ix_fix_command(r->fix, sizeof(r->fix), w->where,
			       "limits set msgmnb=%" PRIu64, w->a.size);
	else if (above == IX_SO)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "ask for less than 2 GiB: msgmnb cannot be raised further");
	ix_sysv_fix_as_root(r);
}

static void msg_untold(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	if (c->check == IX_MSG_NEW_OWNER && ix_why_cmd(w, "IPC_SET") == IX_SO_NOT)
		ix_reason_set(r, IX_SO_NOT, "%s sets no owner", w->a.cmd);
	else if (c->check == IX_MSG_NEW_OWNER)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the new owner is not known");
	else if (c->check == IX_MSG_SIGNAL)
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: signals leave no trace; the call goes on "
			      "by itself after signals without a handler");
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: how much memory was free then");
	if (c->check == IX_MSG_SIGNAL)
		(void)snprintf(r->fix, sizeof(r->fix),
			       "call it again when it fails with EINTR");
}

static void msg_key(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	if (c->check == IX_MSG_ELSEWHERE)
		ix_sysv_why_elsewhere(w, r);
	else if (c->check == IX_MSG_ABSENT)
		ix_sysv_why_absent(w, r);
	else if (c->check == IX_MSG_EXISTS)
		ix_sysv_why_exists(w, r);
	else if (c->check == IX_MSG_GET_DENIED)
		ix_sysv_why_get_denied(w, r);
	else if (c->check == IX_MSG_FULL)
		msg_full(w, c->subject, r);
	else
		msg_untold(w, c, r);
}

/* What is in the queue, and how it is asked for. */
static void msg_transfer(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	bool blocks = c->error == IX_BLOCKS;

	if (c->check == IX_MSG_LONG)
		ix_msg_why_long(w, r);
	else if (c->check == IX_MSG_TYPE)
		msg_type(w, r);
	else if (c->check == IX_MSG_SEND_DENIED)
		ix_sysv_why_denied(w, 0200, 0200, r);
	else if (c->check == IX_MSG_NO_BYTES)
		ix_msg_why_no_bytes(w, blocks, r);
	else if (c->check == IX_MSG_NO_NUMBER)
		ix_msg_why_no_number(w, blocks, r);
	else if (c->check == IX_MSG_LENGTH)
		msg_length(w, r);
	else if (c->check == IX_MSG_COPY_FLAGS)
		msg_copy_flags(w, r);
	else if (c->check == IX_MSG_COPY_LACKS)
		msg_copy_lacks(w, r);
	else if (c->check == IX_MSG_RECEIVE_DENIED)
		ix_sysv_why_denied(w, 0400, 0400, r);
	else if (c->check == IX_MSG_NONE)
		ix_msg_why_none(w, blocks, r);
	else if (c->check == IX_MSG_BUFFER)
		ix_msg_why_buffer(w, r);
	else
		msg_untold(w, c, r);
}

void ix_why_msg(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	if (c->check == IX_MSG_NO_ID)
		ix_sysv_why_no_id(w, r);
	else if (c->check == IX_MSG_ID_ELSEWHERE)
		ix_sysv_why_id_elsewhere(w, r);
	else if (c->check == IX_MSG_REMOVED)
		ix_sysv_why_removed(w, r);
	else if (c->check == IX_MSG_LOGOUT)
		ix_sysv_why_logout(w, r);
	else if (c->check == IX_MSG_CMD)
		msg_cmd(w, r);
	else if (c->check == IX_MSG_STAT_DENIED)
		msg_stat_denied(w, r);
	else if (c->check == IX_MSG_OWNER)
		ix_sysv_why_owner(w, r);
	else if (c->check == IX_MSG_QBYTES)
		msg_qbytes(w, r);
	else if (c->call == IX_MSGGET)
		msg_key(w, c, r);
	else
		msg_transfer(w, c, r);
}
