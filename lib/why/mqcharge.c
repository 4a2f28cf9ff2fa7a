/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RLIMIT_MSGQUEUE: the kernel counts the bytes of all queues of a user, in all IPC
 * namespaces and with those that have no name any more, and tells nobody. The sum is made
 * by looking at each; what cannot be seen makes it a lower bound.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "why/mq.h"
#include "why/mqhidden.h"

struct charge_sum {
	uint64_t queues, bytes;
	bool whole;
};

/* The queues with a name, in all namespaces. */
static void charge_named(struct ix_why *w, struct charge_sum *s)
{
	struct ipcx_ns *all, *before = w->x->ns;
	struct ipcx_table *t = NULL;
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(ix_why_mech(w)),
				.flags = IPCX_NUMERIC };
	int r;

	s->whole = false;
	if (ipcx_ns_open(w->x, "all", &all) < 0)
		return;
	ipcx_use(w->x, all);
	r = ipcx_scan(w->x, &q, &t);
	ipcx_use(w->x, before);
	ipcx_ns_free(all);
	if (r < 0)
		return;
	s->whole = ipcx_table_complete(t);
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		uint64_t uid, maxmsg, msgsize;

		if (!ix_why_number(t, i, IPCX_F_UID, &uid)) {
			s->whole = false;
			continue;
		}
		if (uid != w->as.uid)
			continue;
		s->queues++;
		if (ix_why_number(t, i, IPCX_F_MAXMSG, &maxmsg) &&
		    ix_why_number(t, i, IPCX_F_MSGSIZE, &msgsize))
			s->bytes += ix_mq_bytes(maxmsg, msgsize);
		else
			s->whole = false;
	}
	ipcx_table_free(t);
}

/* What the new queue needs. Returns whether both attributes are known. */
static bool charge_needed(struct ix_why *w, uint64_t *ret_least, uint64_t *ret_usual)
{
	uint64_t maxmsg = 10, msgsize = 8192, max, used;
	bool known = ix_args_has(&w->a, IX_ARG_MAXMSG) &&
		     ix_args_has(&w->a, IX_ARG_MSGSIZE);

	/* Defaults are never above the maximum. */
	(void)ix_mq_limit(w, "mqueue_msg_default", &maxmsg, &used);
	(void)ix_mq_limit(w, "mqueue_msgsize_default", &msgsize, &used);
	if (ix_mq_limit(w, "mqueue_msg_max", &max, &used))
		maxmsg = MIN(maxmsg, max);
	if (ix_mq_limit(w, "mqueue_msgsize_max", &max, &used))
		msgsize = MIN(msgsize, max);
	*ret_usual = ix_mq_bytes(maxmsg, msgsize);
	*ret_least = ix_mq_bytes(1, 1);
	if (known && w->a.maxmsg > 0 && w->a.msgsize > 0)
		*ret_least = *ret_usual =
			ix_mq_bytes((uint64_t)w->a.maxmsg, (uint64_t)w->a.msgsize);
	return known;
}

static bool charge_over(uint64_t used, uint64_t needed, uint64_t limit)
{
	return needed > limit || used > limit - needed;
}

static void charge_say(struct ix_why *w, const struct charge_sum *s, uint64_t hidden,
		       uint64_t limit, struct ix_reason *r)
{
	uint64_t least, usual;
	bool known = charge_needed(w, &least, &usual);
	enum ix_so over = ix_so(charge_over(s->bytes, least, limit));
	const char *but = "";

	if (over == IX_SO_NOT && !known) {
		over = IX_SO_UNKNOWN;
		but = charge_over(s->bytes, usual, limit)
			      ? "; maxmsg= and msgsize= are not known, but a queue of the default size does not fit"
			      : "; maxmsg= and msgsize= are not known";
	} else if (over == IX_SO_NOT && !s->whole) {
		over = IX_SO_UNKNOWN;
		but = "; not all namespaces and processes could be looked into";
	}
	ix_reason_set(r, over,
		      "%sRLIMIT_MSGQUEUE (%s) is %" PRIu64 ", uid %" PRIu32
		      " has %" PRIu64 " queues with %" PRIu64 " bytes (%" PRIu64
		      " of them without a name), %s%" PRIu64 " needed%s",
		      over == IX_SO_UNKNOWN ? "cannot be told: " : "", w->as.who, limit,
		      w->as.uid, s->queues, s->bytes, hidden, known ? "" : "by default ",
		      usual, but);
	if (over == IX_SO)
		ix_place_rlimit(w, RLIMIT_MSGQUEUE, s->bytes + usual, r);
}

void ix_mq_charge(struct ix_why *w, struct ix_reason *r)
{
	struct charge_sum s = { .whole = false };
	struct ix_mq_hidden h = { .uid = w->as.uid };
	int error;

	if (ix_why_object(w, false, &error)) {
		ix_reason_set(r, IX_SO_NOT, "the queue exists: opening it takes nothing");
		return;
	}
	if (ix_place_known(w) && !ix_place_creates(w)) {
		ix_reason_set(r, IX_SO_NOT, "without O_CREAT, none is created");
		return;
	}
	if (!w->as.ids_known || !w->as.limits_known) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: RLIMIT_MSGQUEUE (%s) is not known",
			      w->as.who);
		return;
	}
	charge_named(w, &s);
	ix_mq_hidden(w, &h);
	s.queues += h.queues;
	s.bytes += h.bytes;
	s.whole &= h.whole;
	charge_say(w, &s, h.queues, w->as.limits[RLIMIT_MSGQUEUE].soft, r);
}
