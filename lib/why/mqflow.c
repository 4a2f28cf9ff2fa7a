/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why mq_send(3), mq_receive(3) and mq_notify(3) fail or do not return. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "mech/posixchecks.h"
#include "why/fix.h"
#include "why/mq.h"

#define FLOW_PRIORITIES 32768 /* MQ_PRIO_MAX */

/* Get the queue and its capacity. */
static const struct ipcx_table *flow_queue(struct ix_why *w, uint64_t *ret_maxmsg,
					   uint64_t *ret_msgsize, uint64_t *ret_curmsgs,
					   struct ix_reason *r)
{
	int error;
	const struct ipcx_table *t = ix_why_object(w, false, &error);

	if (!t) {
		ix_mq_no_object(w, error, r);
		return NULL;
	}
	if (ix_why_number(t, 0, IPCX_F_MAXMSG, ret_maxmsg) &&
	    ix_why_number(t, 0, IPCX_F_MSGSIZE, ret_msgsize) &&
	    ix_why_number(t, 0, IPCX_F_CURMSGS, ret_curmsgs))
		return t;
	ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: the queue may not be opened");
	return NULL;
}

/* The length of a message, or of a buffer, against msgsize. */
static void flow_length(struct ix_why *w, bool buffer, struct ix_reason *r)
{
	uint64_t maxmsg, msgsize, curmsgs, len = w->a.len;
	bool so;

	if (!flow_queue(w, &maxmsg, &msgsize, &curmsgs, r))
		return;
	if (!ix_args_has(&w->a, IX_ARG_LEN)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: len= is not known; msgsize is %" PRIu64,
			      msgsize);
		return;
	}
	so = buffer ? len < msgsize : len > msgsize;
	ix_reason_set(r, ix_so(so),
		      "msgsize of the queue is %" PRIu64 ", the %s has %" PRIu64, msgsize,
		      buffer ? "buffer" : "message", len);
	if (!so)
		return;
	if (buffer)
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"receive into a buffer of at least mq_msgsize bytes: %" PRIu64,
			msgsize);
	else
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"send at most %" PRIu64
			" bytes, or create the queue anew with a larger msgsize: it cannot be changed",
			msgsize);
}

static void flow_priority(struct ix_why *w, struct ix_reason *r)
{
	bool so = w->a.mtype < 0 || w->a.mtype >= FLOW_PRIORITIES;

	if (!ix_args_has(&w->a, IX_ARG_MTYPE)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the priority (mtype=) is not known");
		return;
	}
	ix_reason_set(r, ix_so(so), "the priority is %" PRId64, w->a.mtype);
	if (so)
		(void)snprintf(r->fix, sizeof(r->fix), "use a priority from 0 to %d",
			       FLOW_PRIORITIES - 1);
}

/* Who could make the queue less full, or less empty. */
static void flow_others(struct ix_why *w, char way, char *buf, size_t size,
			bool *ret_none)
{
	char names[300];
	bool whole;
	int n = ix_place_holders(w, way, names, sizeof(names), &whole);
	const char *verb = way == 'r' ? "receiving" : "sending";

	*ret_none = n == 0 && whole;
	if (n > 0)
		(void)snprintf(buf, size, "open for %s: %s", verb, names);
	else if (n == 0)
		(void)snprintf(buf, size, "%s has it open for %s%s",
			       whole ? "nobody else" : "nobody who may be looked at",
			       verb, whole ? ", so that nobody will" : "");
	else
		(void)snprintf(buf, size, "who has it open cannot be told: %s",
			       ix_errno_text(n));
}

static void flow_full(struct ix_why *w, bool full, struct ix_reason *r)
{
	uint64_t maxmsg, msgsize, curmsgs;
	char others[400], ref[IPCX_REF_MAX + 16];
	bool so, none;

	if (!flow_queue(w, &maxmsg, &msgsize, &curmsgs, r))
		return;
	so = full ? curmsgs >= maxmsg : curmsgs == 0;
	if (!so) {
		ix_reason_set(r, IX_SO_NOT,
			      "the queue now holds %" PRIu64 " of %" PRIu64 " messages",
			      curmsgs, maxmsg);
		return;
	}
	flow_others(w, full ? 'r' : 'w', others, sizeof(others), &none);
	ix_reason_set(r, IX_SO, "the queue holds %" PRIu64 " of %" PRIu64 " messages; %s",
		      curmsgs, maxmsg, others);
	if (!ix_place_ref(w, ref, sizeof(ref)))
		return;
	if (full)
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "mq drain %s saved",
			       ref);
	else
		(void)snprintf(r->fix, sizeof(r->fix), "%s",
			       none ? "start the sender"
				    : "see what the sender waits for: ipcx waits");
}

/* How the process has the queue open. */
static void flow_direction(struct ix_why *w, struct ix_reason *r)
{
	bool reads = false, writes = false, send = w->call == IX_MQ_SEND, so;
	int n = ix_place_opened(w, &reads, &writes);

	if (n < 0) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s",
			      w->as.kind != IX_AS_PROCESS
				      ? "the process that called is not known"
			      : n == -EDESTADDRREQ ? "name= is not known"
						   : ix_errno_text(n));
		return;
	}
	if (n == 0) {
		ix_reason_set(r, IX_SO, "%s does not have the queue open", w->as.who);
		(void)snprintf(
			r->fix, sizeof(r->fix),
			"use the descriptor that mq_open() returned, and before mq_close()");
		return;
	}
	so = send ? !writes : !reads;
	if (w->call == IX_MQ_NOTIFY)
		so = false;
	ix_reason_set(r, ix_so(so), "%s has it open for %s", w->as.who,
		      reads && writes ? "both"
		      : reads         ? "receiving"
				      : "sending");
	if (so)
		(void)snprintf(r->fix, sizeof(r->fix), "open it with O_RDWR or %s",
			       send ? "O_WRONLY" : "O_RDONLY");
}

/* The file of the queue shows who is registered. */
static void flow_registered(struct ix_why *w, struct ix_reason *r)
{
	int error;
	const struct ipcx_table *t = ix_why_object(w, true, &error);
	struct ipcx_fieldset unknown;
	struct ipcx_value v;
	uint64_t pid;
	const char *how;

	if (!t) {
		ix_mq_no_object(w, error, r);
		return;
	}
	unknown = ipcx_row_unknown(t, 0);
	if (ipcx_fieldset_has(&unknown, IPCX_F_NOTIFY)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: the queue may not be opened");
		return;
	}
	how = ix_why_word(t, 0, IPCX_F_NOTIFY, &v);
	if (!how) {
		ix_reason_set(r, IX_SO_NOT, "no process is registered now");
		return;
	}
	if (!ix_why_number(t, 0, IPCX_F_NOTIFY_PID, &pid) || !pid) {
		ix_reason_set(r, IX_SO,
			      "a process of another PID namespace is registered (%s)",
			      how);
		(void)snprintf(r->fix, sizeof(r->fix),
			       "let it cancel with mq_notify(queue, NULL)");
		return;
	}
	ix_reason_set(r, IX_SO, "process %" PRIu64 " is registered (%s)", pid, how);
	(void)snprintf(r->fix, sizeof(r->fix),
		       "let process %" PRIu64
		       " cancel with mq_notify(queue, NULL) or close the queue",
		       pid);
}

void ix_mq_flow(struct ix_why *w, const struct ix_cause *c, struct ix_reason *r)
{
	switch ((unsigned)c->check) {
	case IX_MQC_MESSAGE:
	case IX_MQC_BUFFER:
		flow_length(w, c->check == IX_MQC_BUFFER, r);
		break;
	case IX_MQC_PRIORITY:
		flow_priority(w, r);
		break;
	case IX_MQC_FULL:
	case IX_MQC_EMPTY:
		flow_full(w, c->check == IX_MQC_FULL, r);
		break;
	case IX_MQC_DIRECTION:
		flow_direction(w, r);
		break;
	case IX_MQC_REGISTERED:
		flow_registered(w, r);
		break;
	}
}
