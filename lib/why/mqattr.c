/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why a queue of that size or one more queue is refused: mqueue_create_attr() and
 * mq_attr_ok() of ipc/mqueue.c. CAP_SYS_RESOURCE lifts the limits of the namespace, and
 * counts only in the first user namespace.
 */
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cap.h"
#include "core/limit.h"
#include "mech/posixchecks.h"
#include "why/fix.h"
#include "why/mq.h"
#include "why/mqhidden.h"

/* PROC_USER_INIT_INO of the kernel. */
#define MQ_FIRST_USERNS 0xEFFFFFFD

enum ix_so ix_mq_resource(struct ix_why *w)
{
	enum ix_so has = ix_as_capable(&w->as, CAP_SYS_RESOURCE);
	int proc = ix_procfd(w->x), first;
	char path[32];
	struct stat st;

	if (has != IX_SO || w->as.kind == IX_AS_USER)
		return has;
	if (proc < 0)
		return IX_SO_UNKNOWN;
	if (w->as.kind == IX_AS_SELF) {
		first = ix_userns_first(proc);
		return first < 0 ? IX_SO_UNKNOWN : ix_so(first == 1);
	}
	(void)snprintf(path, sizeof(path), "%" PRId32 "/ns/user", w->as.pid);
	return fstatat(proc, path, &st, 0) < 0 ? IX_SO_UNKNOWN
					       : ix_so(st.st_ino == MQ_FIRST_USERNS);
}

bool ix_mq_limit(struct ix_why *w, const char *name, uint64_t *ret_limit,
		 uint64_t *ret_used)
{
	const char *names[] = { name, NULL };
	struct ipcx_table *t;
	bool known;

	*ret_used = 0;
	if (ipcx_limits(w->x, names, &t) < 0)
		return false;
	known = ipcx_table_rows(t) && ix_why_number(t, 0, IPCX_F_LIMIT, ret_limit);
	if (known)
		(void)ix_why_number(t, 0, IPCX_F_USED, ret_used);
	ipcx_table_free(t);
	return known;
}

/* Whether the call creates a queue at all. */
static bool mq_creates(struct ix_why *w, struct ix_reason *r)
{
	int error;

	if (ix_why_object(w, false, &error)) {
		ix_reason_set(r, IX_SO_NOT,
			      "the queue exists: its attributes are not changed");
		return false;
	}
	if (ix_place_known(w) && !ix_place_creates(w)) {
		ix_reason_set(r, IX_SO_NOT, "without O_CREAT, none is created");
		return false;
	}
	return true;
}

static void mq_least(struct ix_reason *r, const char *word, int64_t n)
{
	ix_reason_set(r, IX_SO, "%s is %" PRId64, word, n);
	(void)snprintf(r->fix, sizeof(r->fix), "ask for 1 or more");
}

/* maxmsg and msgsize are each within the limit of the namespace, or the hard one. */
static void mq_each(struct ix_why *w, bool count, struct ix_reason *r)
{
	const char *word = count ? "maxmsg" : "msgsize";
	const char *name = count ? "mqueue_msg_max" : "mqueue_msgsize_max";
	int64_t n = count ? w->a.maxmsg : w->a.msgsize;
	uint64_t hard = count ? IX_MQ_MAXMSG : IX_MQ_MSGSIZE, limit, used;
	enum ix_so over = ix_mq_resource(w);

	if (!mq_creates(w, r))
		return;
	if (!ix_args_has(&w->a, count ? IX_ARG_MAXMSG : IX_ARG_MSGSIZE)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s= is not known", word);
		return;
	}
	if (n < 1) {
		mq_least(r, word, n);
		return;
	}
	if (!ix_mq_limit(w, name, &limit, &used)) {
		ix_reason_set(r, IX_SO_UNKNOWN, "cannot be told: %s could not be read",
			      name);
		return;
	}
	if ((uint64_t)n <= limit || (uint64_t)n > hard)
		over = IX_SO_NOT;
	ix_reason_set(r,
		      over == IX_SO_UNKNOWN
			      ? over
			      : ix_so(over == IX_SO_NOT && ((uint64_t)n > limit)),
		      "%s%s is %" PRIu64 ", %" PRId64
		      " asked for; %s CAP_SYS_RESOURCE, which allows %" PRIu64,
		      over == IX_SO_UNKNOWN ? "cannot be told: " : "", name, limit, n,
		      ix_mq_resource(w) == IX_SO ? "the caller has" : "the caller lacks",
		      hard);
	if (r->applies != IX_SO)
		return;
	if ((uint64_t)n <= hard)
		ix_fix_command(r->fix, sizeof(r->fix), w->where, "limits set %s=%" PRId64,
			       name, n);
	else
		(void)snprintf(r->fix, sizeof(r->fix),
			       "ask for %" PRIu64 " or less: no limit can be higher",
			       hard);
}

/* The kernel counts the bytes of all messages, and their records, in one number. */
static void mq_product(struct ix_why *w, struct ix_reason *r)
{
	uint64_t maxmsg = (uint64_t)w->a.maxmsg, msgsize = (uint64_t)w->a.msgsize, bytes;
	bool known = ix_args_has(&w->a, IX_ARG_MAXMSG) &&
		     ix_args_has(&w->a, IX_ARG_MSGSIZE);
	bool over;

	/* Both hard limits together stay far below 2^64. */
	over = __builtin_mul_overflow(maxmsg, msgsize, &bytes) ||
	       (sizeof(long) < 8 && bytes > UINT32_MAX);
	if (known)
		ix_reason_set(r, ix_so(over), "%" PRIu64 " times %" PRIu64 " bytes",
			      maxmsg, msgsize);
	else
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: maxmsg= and msgsize= are not known");
	if (known && over)
		(void)snprintf(r->fix, sizeof(r->fix), "ask for less");
}

/* Queues without a name count, too, as long as they are open. */
static void mq_queues(struct ix_why *w, struct ix_reason *r)
{
	uint64_t limit, used;
	enum ix_so over = ix_mq_resource(w);
	struct ix_mq_hidden h = { .uid = IX_MQ_ANYBODY };

	if (!mq_creates(w, r))
		return;
	if (!ix_mq_limit(w, "mqueue_queues_max", &limit, &used)) {
		ix_reason_set(r, IX_SO_UNKNOWN,
			      "cannot be told: mqueue_queues_max could not be read");
		return;
	}
	if (over == IX_SO) {
		ix_reason_set(
			r, IX_SO_NOT,
			"the caller has CAP_SYS_RESOURCE, so the number is not limited");
		return;
	}
	ix_mq_hidden_here(w, &h);
	over = used + h.queues >= limit ? IX_SO : h.whole ? IX_SO_NOT : IX_SO_UNKNOWN;
	ix_reason_set(r, over,
		      "%smqueue_queues_max is %" PRIu64 "; %" PRIu64
		      " queues have a name, %" PRIu64 " are open without one%s",
		      over == IX_SO_UNKNOWN ? "cannot be told: " : "", limit, used,
		      h.queues, h.whole ? "" : " (of those that may be seen)");
	if (over == IX_SO)
		ix_fix_command(r->fix, sizeof(r->fix), w->where,
			       "limits set mqueue_queues_max=%" PRIu64,
			       used + h.queues + 1);
}

void ix_mq_attributes(struct ix_why *w, unsigned check, struct ix_reason *r)
{
	switch (check) {
	case IX_MQC_MAXMSG:
	case IX_MQC_MSGSIZE:
		mq_each(w, check == IX_MQC_MAXMSG, r);
		return;
	case IX_MQC_PRODUCT:
		mq_product(w, r);
		return;
	case IX_MQC_UNMAPPED:
		if (mq_creates(w, r))
			ix_place_unmapped(w, r);
		return;
	}
	mq_queues(w, r);
}
