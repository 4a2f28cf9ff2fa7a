/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Queues that are full or forgotten, or have a limit of former times. That a queue is
 * full is no fault while somebody reads it, so a finding also needs that nobody does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mech.h"
#include "doctor/doctor.h"

/* One queue. */
struct queue {
	const struct ipcx_table *t;
	size_t row;
	bool posix;
	uint64_t messages, percent;
	size_t senders, receivers; /* threads that wait */
	char wanted[80];           /* of the first sender: "812 (cat)" */
};

/* The threads that wait for one queue. */
struct queue_wait {
	uint64_t ns;
	const char *ref;
	size_t row;
};

struct queue_waits {
	struct queue_wait *all;
	size_t n;
};

static int queue_wait_order(const void *a, const void *b)
{
	const struct queue_wait *l = a, *r = b;

	if (l->ns != r->ns)
		return l->ns < r->ns ? -1 : 1;
	return strcmp(l->ref, r->ref);
}

/* The texts belong to the table: those of short strings would not. */
static int queue_waits_read(const struct ipcx_table *w, const unsigned mechs[2],
			    struct queue_waits *q, struct ix_buf *texts)
{
	struct ipcx_value v;
	size_t n = 0;

	q->all = calloc(w->rows + 1, sizeof(*q->all));
	if (!q->all)
		return -ENOMEM;
	for (size_t i = 0; i < w->rows; i++) {
		unsigned mech = ipcx_row_mech(w, i);

		if (mech != mechs[0] && mech != mechs[1])
			continue;
		q->all[n++] =
			(struct queue_wait){ .ns = ix_doctor_number(w, i, IPCX_F_NS, 0),
					     .row = i };
		if (ix_buf_str(texts, ix_doctor_word(w, i, IPCX_F_REF, &v)) < 0 ||
		    ix_buf_add(texts, "", 1) < 0)
			return -ENOMEM;
	}
	q->n = n;
	for (size_t i = 0, at = 0; i < n; i++) {
		q->all[i].ref = texts->data + at;
		at += strlen(texts->data + at) + 1;
	}
	if (n)
		qsort(q->all, n, sizeof(*q->all), queue_wait_order);
	return 0;
}

/* Count who waits for a queue. */
static void queue_waiters(const struct ix_doctor *d, const struct queue_waits *w,
			  struct queue *q)
{
	struct ipcx_value v;
	const struct queue_wait key = {
		.ns = ix_doctor_number(q->t, q->row, IPCX_F_NS, 0),
		.ref = ix_doctor_word(q->t, q->row, IPCX_F_REF, &v),
	};
	const struct queue_wait *at =
		w->n ? bsearch(&key, w->all, w->n, sizeof(key), queue_wait_order) : NULL;

	while (at && at > w->all && queue_wait_order(at - 1, &key) == 0)
		at--;
	for (; at && at < w->all + w->n && queue_wait_order(at, &key) == 0; at++) {
		struct ipcx_value call, command;
		const char *name = ix_doctor_word(d->waits, at->row, IPCX_F_CALL, &call);

		if (!strstr(name, "snd") && !strstr(name, "send")) {
			q->receivers++;
			continue;
		}
		if (q->senders++ == 0)
			(void)snprintf(q->wanted, sizeof(q->wanted), "%" PRIu64 " (%s)",
				       ix_doctor_number(d->waits, at->row, IPCX_F_PID, 0),
				       ix_doctor_word(d->waits, at->row, IPCX_F_COMMAND,
						      &command));
	}
}

/* ---- who is left */

static bool queue_unknown(const struct queue *q, enum ipcx_field f)
{
	struct ipcx_fieldset unknown = ipcx_row_unknown(q->t, q->row);

	return ipcx_fieldset_has(&unknown, f);
}

/* Whether a process that the queue records has ended: 1; 0 if it lives, or that is
 * unknown. There may have been none: then when is 0. */
static bool queue_ended(const struct queue *q, enum ipcx_field pid, enum ipcx_field alive,
			enum ipcx_field when)
{
	if (queue_unknown(q, pid) || queue_unknown(q, alive) || queue_unknown(q, when))
		return false;
	if (ix_doctor_number(q->t, q->row, when, 0) == 0)
		return true;
	return ix_doctor_number(q->t, q->row, pid, 0) &&
	       ix_doctor_truth(q->t, q->row, alive) == 0;
}

/* Whether nobody is left who reads a queue: proven as far as the kernel records it. */
static bool queue_unread(const struct ix_doctor *d, const struct queue *q)
{
	size_t first, n = ix_doctor_users_of(d, q->row, &first);

	if (q->receivers)
		return false;
	if (!q->posix)
		return queue_ended(q, IPCX_F_LRPID, IPCX_F_LRPID_ALIVE, IPCX_F_RTIME);
	if (!ix_doctor_saw_all(d))
		return false;
	for (size_t i = 0; i < n; i++) {
		struct ipcx_value v;

		if (strchr(ix_doctor_word(d->users, first + i, IPCX_F_ACCESS, &v), 'r'))
			return false;
	}
	return true;
}

static void queue_reader(const struct queue *q, char *buf, size_t size)
{
	uint64_t pid = ix_doctor_number(q->t, q->row, IPCX_F_LRPID, 0);

	if (q->posix)
		(void)snprintf(buf, size, "no process has it open for reading");
	else if (!pid)
		(void)snprintf(buf, size, "nobody has ever received from it");
	else
		(void)snprintf(buf, size,
			       "the last to receive was process %" PRIu64
			       ", which has ended",
			       pid);
}

/* ---- full, forgotten */

static int queue_full(struct ix_doctor *d, const struct queue *q)
{
	char what[160], evidence[400], reader[100], fix[IX_DOCTOR_TEXT],
		where[IX_DOCTOR_TEXT];
	char quoted[2 * IPCX_REF_MAX];
	struct ipcx_value v, mech;

	queue_reader(q, reader, sizeof(reader));
	(void)snprintf(what, sizeof(what),
		       "the queue is full, and nobody is left who reads it");
	(void)snprintf(evidence, sizeof(evidence),
		       "%" PRIu64 " messages, %" PRIu64 " %% of its room; %s",
		       q->messages, q->percent, reader);
	if (q->senders)
		(void)snprintf(evidence + strlen(evidence),
			       sizeof(evidence) - strlen(evidence),
			       "; %zu thread%s wait%s to send, first process %s",
			       q->senders, q->senders == 1 ? "" : "s",
			       q->senders == 1 ? "s" : "", q->wanted);
	ix_fix_command(fix, sizeof(fix),
		       ix_doctor_where(d, q->t, q->row, where, sizeof(where)),
		       "%s drain %s messages.jsonl",
		       ix_doctor_word(q->t, q->row, IPCX_F_MECH, &mech),
		       ix_fix_quoted(quoted, sizeof(quoted),
				     ix_doctor_word(q->t, q->row, IPCX_F_REF, &v)));
	return ix_doctor_add(d, &(struct ix_found){ .finding = "full",
						    .grade = IPCX_LIKELY,
						    .about = q->t,
						    .row = q->row,
						    .what = what,
						    .evidence = evidence,
						    .fix = fix,
						    .count = 1 });
}

static bool queue_is_forgotten(const struct ix_doctor *d, const struct queue *q)
{
	size_t first;

	if (!q->messages || q->senders || q->receivers ||
	    ix_doctor_number(q->t, q->row, IPCX_F_IDLE, 0) < d->idle_s)
		return false;
	if (q->posix)
		return ix_doctor_saw_all(d) && !ix_doctor_users_of(d, q->row, &first);
	return queue_ended(q, IPCX_F_LRPID, IPCX_F_LRPID_ALIVE, IPCX_F_RTIME) &&
	       queue_ended(q, IPCX_F_LSPID, IPCX_F_LSPID_ALIVE, IPCX_F_STIME);
}

static int queue_forgotten(struct ix_doctor *d, const struct queue *q)
{
	char what[120], evidence[320], fix[IX_DOCTOR_TEXT], where[IX_DOCTOR_TEXT],
		span[32];
	char quoted[2 * IPCX_REF_MAX];
	struct ipcx_value v, mech;
	bool still;
	int r = ix_doctor_still(d, q->row, &still);

	if (r < 0 || !still)
		return r;
	(void)snprintf(what, sizeof(what), "%" PRIu64 " message%s %s been forgotten",
		       q->messages, q->messages == 1 ? "" : "s",
		       q->messages == 1 ? "has" : "have");
	(void)snprintf(evidence, sizeof(evidence), "%s; not used for %s",
		       q->posix ? "no process has the queue open"
				: "the last to send and to receive have ended",
		       ix_doctor_span(ix_doctor_number(q->t, q->row, IPCX_F_IDLE, 0),
				      span, sizeof(span)));
	ix_fix_command(fix, sizeof(fix),
		       ix_doctor_where(d, q->t, q->row, where, sizeof(where)),
		       "%s drain %s messages.jsonl",
		       ix_doctor_word(q->t, q->row, IPCX_F_MECH, &mech),
		       ix_fix_quoted(quoted, sizeof(quoted),
				     ix_doctor_word(q->t, q->row, IPCX_F_REF, &v)));
	return ix_doctor_add(d, &(struct ix_found){ .finding = "forgotten",
						    .grade = q->posix ? IPCX_LIKELY
								      : IPCX_POSSIBLE,
						    .about = q->t,
						    .row = q->row,
						    .what = what,
						    .evidence = evidence,
						    .fix = fix,
						    .count = 1 });
}

/* ---- limits of former times */

/* Return a limit of a row's namespace; 0 if it is unknown. */
static uint64_t queue_limit(const struct ix_doctor *d, const struct queue *q,
			    const char *name)
{
	uint64_t ns = ix_doctor_number(q->t, q->row, IPCX_F_NS, 0);
	struct ipcx_value v;

	for (size_t i = 0; d->limits && i < d->limits->rows; i++)
		if (!strcmp(ix_doctor_word(d->limits, i, IPCX_F_NAME, &v), name) &&
		    (!d->all || ix_doctor_number(d->limits, i, IPCX_F_NS, ns) == ns))
			return ix_doctor_number(d->limits, i, IPCX_F_LIMIT, 0);
	return 0;
}

/* Room that a program chose for itself is no fault: only what is nearly used up is. */
static int queue_small(struct ix_doctor *d, const struct queue *q)
{
	char evidence[160], fix[IX_DOCTOR_TEXT], where[IX_DOCTOR_TEXT];
	uint64_t qbytes = ix_doctor_number(q->t, q->row, IPCX_F_QBYTES, 0), msgmnb;
	const struct ipcx_table *limits;
	struct ipcx_value v;
	int r;

	if (q->posix || (q->percent < 80 && !q->senders))
		return 0;
	r = ix_doctor_limits(d, &limits);
	if (r < 0)
		return r;
	msgmnb = queue_limit(d, q, "msgmnb");
	if (!qbytes || qbytes >= msgmnb)
		return 0;
	(void)snprintf(evidence, sizeof(evidence),
		       "its msg_qbytes is %" PRIu64 ", msgmnb is %" PRIu64 "; %" PRIu64
		       " %% are used",
		       qbytes, msgmnb, q->percent);
	ix_fix_command(fix, sizeof(fix),
		       ix_doctor_where(d, q->t, q->row, where, sizeof(where)),
		       "set %s --qbytes %" PRIu64,
		       ix_doctor_word(q->t, q->row, IPCX_F_REF, &v), msgmnb);
	return ix_doctor_add(
		d,
		&(struct ix_found){
			.finding = "qbytes",
			.grade = IPCX_POSSIBLE,
			.about = q->t,
			.row = q->row,
			.what = "the queue is nearly full, and has less room than new queues get: "
				"raising msgmnb did not change it",
			.evidence = evidence,
			.fix = fix,
			.count = 1 });
}

static int queue_look(struct ix_doctor *d, struct queue *q, const struct queue_waits *w)
{
	enum ipcx_field messages = q->posix ? IPCX_F_CURMSGS : IPCX_F_QNUM;
	struct ipcx_value v;
	bool full;
	int r = 0;

	q->messages = ix_doctor_number(q->t, q->row, messages, 0);
	if (ipcx_row_get(q->t, q->row, IPCX_F_USE_PERCENT, &v) == 0 &&
	    v.type == IPCX_TYPE_REAL)
		q->percent = (uint64_t)v.as.d;
	/* As many empty messages as bytes fit into a queue of System V. */
	if (!q->posix &&
	    q->messages >= ix_doctor_number(q->t, q->row, IPCX_F_QBYTES, UINT64_MAX))
		q->percent = 100;
	if (!q->messages)
		return 0;
	queue_waiters(d, w, q);
	full = q->percent >= 95 || q->senders;
	if (full && queue_unread(d, q))
		r = queue_full(d, q);
	else if (queue_is_forgotten(d, q))
		r = queue_forgotten(d, q);
	return r < 0 ? r : queue_small(d, q);
}

int ix_doctor_queues(struct ix_doctor *d)
{
	const unsigned mechs[] = { ix_doctor_mech("msg"), ix_doctor_mech("mq") };
	auto_buf struct ix_buf texts = { 0 };
	struct queue_waits waits = { .n = 0 };
	const struct ipcx_table *t, *users, *w;
	int r = ix_doctor_objects(d, &t);

	if (r == 0)
		r = ix_doctor_users(d, &users);
	if (r == 0)
		r = ix_doctor_waits(d, &w);
	if (r == 0)
		r = queue_waits_read(w, mechs, &waits, &texts);
	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		if (s->mech != mechs[0] && s->mech != mechs[1])
			continue;
		for (size_t row = s->first; r == 0 && row < s->first + s->count; row++) {
			struct queue q = { .t = t,
					   .row = row,
					   .posix = s->mech == mechs[1] };

			r = queue_look(d, &q, &waits);
		}
	}
	free(waits.all);
	return r;
}
