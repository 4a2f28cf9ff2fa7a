/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room in a queue: msg_qbytes is the limit of its bytes, and also of the number of its
 * messages, so that messages without bytes count (msg_fits_inqueue() in ipc/msg.c). */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <unistd.h>

#include "base/cap.h"
#include "mech/sysv.h"
#include "why/fix.h"
#include "why/msgroom.h"
#include "why/sysv.h"

struct room {
	const struct ipcx_table *t;
	char name[80], ref[IPCX_REF_MAX];
	uint64_t qnum, cbytes, qbytes;
	uint64_t msgmnb;    /* UINT64_MAX: unknown */
	char receiver[160]; /* "last received from by process 17, which has ended" */
};

static void room_receiver(struct ix_why *w, struct room *q)
{
	uint64_t pid, time = 0;
	char who[120];

	if (!ix_why_number(q->t, 0, IPCX_F_RTIME, &time)) {
		(void)snprintf(q->receiver, sizeof(q->receiver),
			       "no process has received from it yet");
		return;
	}
	if (!ix_why_number(q->t, 0, IPCX_F_LRPID, &pid))
		pid = 0;
	(void)ix_sysv_who(w, (int64_t)pid, (int64_t)time, (int64_t)time, who,
			  sizeof(who));
	(void)snprintf(q->receiver, sizeof(q->receiver), "last received from by %s", who);
}

/* Read the queue; false if it is not known, with the reason set. */
static bool room_read(struct ix_why *w, struct ix_reason *r, struct room *q)
{
	q->t = ix_sysv_object(w, IX_SO_NOT, r);
	if (!q->t)
		return false;
	(void)ix_sysv_named(q->t, q->name, sizeof(q->name));
	(void)ix_sysv_ref(q->t, q->ref, sizeof(q->ref));
	if (!ix_why_number(q->t, 0, IPCX_F_QNUM, &q->qnum) ||
	    !ix_why_number(q->t, 0, IPCX_F_CBYTES, &q->cbytes) ||
	    !ix_why_number(q->t, 0, IPCX_F_QBYTES, &q->qbytes)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: how full %s is could not be read",
			      q->name);
		return false;
	}
	if (!ix_why_limit_now(w, "msgmnb", &q->msgmnb))
		q->msgmnb = UINT64_MAX;
	room_receiver(w, q);
	return true;
}

/* Add a command to a fix that may have one. */
static void room_add(struct ix_reason *r, const char *command)
{
	size_t len = strlen(r->fix);

	(void)snprintf(r->fix + len, sizeof(r->fix) - len, "%s%s", len ? " && " : "",
		       command);
}

/*
 * How the queue gets room for "need" bytes or messages: with as much as new queues have,
 * if that is enough. More than msgmnb takes CAP_SYS_RESOURCE, which even root may lack;
 * then the limit, which root may raise, is raised first.
 */
static void room_fix(struct ix_why *w, const struct room *q, uint64_t need,
		     struct ix_reason *r)
{
	char command[IX_WHY_TEXT / 2];
	uint64_t to = q->msgmnb != UINT64_MAX ? MAX(need, q->msgmnb) : need;
	bool above = need > q->msgmnb &&
		     ix_cap_counts(ix_procfd(w->x), CAP_SYS_RESOURCE) != 1;

	if (need > IX_MSG_QBYTES_MAX) {
		(void)snprintf(r->fix, sizeof(r->fix),
			       "receive first: no queue can hold 2 GiB or more");
		return;
	}
	if ((above && geteuid() != 0) || !ix_sysv_caller_owns(q->t))
		(void)snprintf(r->fix, sizeof(r->fix), "as root: ");
	if (above) {
		ix_fix_command(command, sizeof(command), w->where,
			       "limits set msgmnb=%" PRIu64, to);
		(void)snprintf(r->fix + strlen(r->fix), sizeof(r->fix) - strlen(r->fix),
			       "%s && ", command);
	}
	ix_fix_command(command, sizeof(command), w->where, "set %s --qbytes %" PRIu64,
		       q->ref, to);
	(void)snprintf(r->fix + strlen(r->fix), sizeof(r->fix) - strlen(r->fix), "%s",
		       command);
}

void ix_msg_why_long(struct ix_why *w, struct ix_reason *r)
{
	uint64_t most, len = w->a.len;
	struct ix_reason object = { .applies = IX_SO_UNKNOWN };
	struct room q;
	char command[IX_WHY_TEXT / 2];

	if (!ix_args_has(&w->a, IX_ARG_LEN)) {
		ix_why_missing(r, "len");
		return;
	}
	if (!ix_why_limit_now(w, "msgmax", &most)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: msgmax is not known");
		return;
	}
	ix_reason_set(r, ix_so(len > most),
		      "msgmax is %" PRIu64 ", the message has %" PRIu64 " bytes", most,
		      len);
	if (r->applies != IX_SO)
		return;
	if (len > IX_MSG_QBYTES_MAX) {
		(void)snprintf(r->fix, sizeof(r->fix),
			       "split the message: none can have 2 GiB or more");
		return;
	}
	/* A message that may be sent also has to fit into the queue. */
	if (room_read(w, &object, &q) && len > q.qbytes)
		room_fix(w, &q, len, &object);
	ix_fix_command(command, sizeof(command), w->where, "limits set msgmax=%" PRIu64,
		       len);
	room_add(r, command);
	if (object.fix[0] && !strncmp(object.fix, "ipcx ", 5))
		room_add(r, object.fix);
	ix_sysv_fix_as_root(r);
}

/* Say it, with the reason why a raised limit did not help. */
static void room_say(const struct room *q, enum ix_so so, const char *asked,
		     struct ix_reason *r)
{
	char old[120] = "";

	if (so != IX_SO_NOT && q->msgmnb != UINT64_MAX && q->msgmnb > q->qbytes)
		(void)snprintf(old, sizeof(old),
			       "; msgmnb is %" PRIu64 " now, but that is for new queues",
			       q->msgmnb);
	ix_reason_set(r, so,
		      "%s%s holds %" PRIu64 " bytes in %" PRIu64
		      " messages, its qbytes is %" PRIu64 ", %s%s; %s",
		      so == IX_SO_UNKNOWN ? "cannot be told: " : "", q->name, q->cbytes,
		      q->qnum, q->qbytes, asked, old, q->receiver);
}

/* A call with IPC_NOWAIT does not wait. */
static bool room_never(const struct ix_why *w, bool blocks, struct ix_reason *r)
{
	bool nowait = ix_why_flag(w, IPC_NOWAIT) == IX_SO;

	if (blocks && nowait)
		ix_reason_set(r, IX_SO_NOT, "with IPC_NOWAIT the call does not wait");
	else if (!blocks && ix_args_has(&w->a, IX_ARG_FLAGS) && !nowait)
		ix_reason_set(r, IX_SO_NOT, "the flags lack IPC_NOWAIT: the call waits");
	else
		return false;
	return true;
}

void ix_msg_why_no_bytes(struct ix_why *w, bool blocks, struct ix_reason *r)
{
	bool sized = ix_args_has(&w->a, IX_ARG_LEN);
	uint64_t len = sized ? w->a.len : 1;
	char asked[80] = "len= is not known";
	struct room q;
	enum ix_so so;

	if (room_never(w, blocks, r) || !room_read(w, r, &q))
		return;
	so = ix_so(len > q.qbytes || q.cbytes > q.qbytes - len);
	/* Without len: only a message without bytes would fit into a full queue. */
	if (!sized && so == IX_SO_NOT)
		so = IX_SO_UNKNOWN;
	if (sized)
		(void)snprintf(asked, sizeof(asked),
			       "%" PRIu64 " bytes more are to go in%s", len,
			       len > q.qbytes ? ", more than it can ever hold" : "");
	room_say(&q, so, asked, r);
	if (so == IX_SO && len <= UINT64_MAX - q.cbytes)
		room_fix(w, &q, q.cbytes + len, r);
}

void ix_msg_why_no_number(struct ix_why *w, bool blocks, struct ix_reason *r)
{
	struct room q;

	if (room_never(w, blocks, r) || !room_read(w, r, &q))
		return;
	room_say(&q, ix_so(q.qnum >= q.qbytes), "which also limits their number", r);
	if (r->applies == IX_SO)
		room_fix(w, &q, q.qnum + 1, r);
}
