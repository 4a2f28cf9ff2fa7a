/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Semaphores, locks and queues for which threads wait and will hardly be woken: the
 * verdicts of ipcx_waits(), gathered by object or cycle. What is only possible there is
 * left out: idle workers look like that. And semaphores that programs of two word sizes
 * share.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mech.h"
#include "doctor/doctor.h"

/* Threads that wait for one thing, and will hardly be woken. */
struct stuck {
	const struct ipcx_table *w;
	size_t row; /* of the first, in the table of waits */
	uint64_t cycle, n;
	enum ipcx_grade grade;
};

static int stuck_numbers(uint64_t l, uint64_t r)
{
	return (l > r) - (l < r);
}

static int stuck_same(const struct stuck *l, const struct stuck *r)
{
	static const enum ipcx_field fields[] = { IPCX_F_NS, IPCX_F_SEMNUM };
	struct ipcx_value v, w;
	int order;

	if (l->cycle || r->cycle)
		return stuck_numbers(l->cycle, r->cycle);
	order = stuck_numbers(ipcx_row_mech(l->w, l->row), ipcx_row_mech(r->w, r->row));
	for (size_t i = 0; order == 0 && i < ARRAY_SIZE(fields); i++)
		order = stuck_numbers(ix_doctor_number(l->w, l->row, fields[i], 0),
				      ix_doctor_number(r->w, r->row, fields[i], 0));
	return order ? order
		     : strcmp(ix_doctor_word(l->w, l->row, IPCX_F_REF, &v),
			      ix_doctor_word(r->w, r->row, IPCX_F_REF, &w));
}

static int stuck_as_found(const void *a, const void *b)
{
	const struct stuck *l = a, *r = b;

	return l->row < r->row ? -1 : l->row > r->row;
}

static int stuck_order(const void *a, const void *b)
{
	int order = stuck_same(a, b);

	return order ? order : stuck_as_found(a, b);
}

static int stuck_look(const struct ipcx_table *w, size_t row, struct ix_buf *all)
{
	struct stuck one = {
		.w = w,
		.row = row,
		.n = 1,
		.cycle = ix_doctor_number(w, row, IPCX_F_CYCLE, 0),
		.grade = (enum ipcx_grade)ix_doctor_number(w, row, IPCX_F_GRADE, 0),
	};

	return one.grade < IPCX_LIKELY ? 0 : ix_buf_add(all, &one, sizeof(one));
}

/* Every user can let many threads wait for many things: sorting makes the groups. */
static size_t stuck_group(struct ix_buf *buf)
{
	struct stuck *all = (void *)buf->data;
	size_t n = buf->len / sizeof(*all), to = 0;

	if (!n)
		return 0;
	qsort(all, n, sizeof(*all), stuck_order);
	for (size_t i = 1; i < n; i++) {
		if (stuck_same(&all[i], &all[to]) != 0) {
			all[++to] = all[i];
			continue;
		}
		all[to].n++;
		all[to].grade = MAX(all[to].grade, all[i].grade);
	}
	qsort(all, to + 1, sizeof(*all), stuck_as_found);
	return to + 1;
}

/* A semaphore that its holder took with it can be given back by hand; a lock in memory,
 * and a cycle, cannot. */
static void stuck_fix(struct ix_doctor *d, const struct stuck *s, char *buf, size_t size)
{
	const struct ipcx_table *w = d->waits;
	unsigned mech = ipcx_row_mech(w, s->row);
	char where[IX_DOCTOR_TEXT], quoted[2 * IPCX_REF_MAX];
	const char *ns = ix_doctor_where(d, w, s->row, where, sizeof(where));
	struct ipcx_value v, name;
	const char *ref = ix_fix_quoted(quoted, sizeof(quoted),
					ix_doctor_word(w, s->row, IPCX_F_REF, &v));

	if (!s->cycle && mech == ix_doctor_mech("sem"))
		ix_fix_command(buf, size, ns, "sem post %s:%" PRIu64, ref,
			       ix_doctor_number(w, s->row, IPCX_F_SEMNUM, 0));
	else if (!s->cycle && mech == ix_doctor_mech("psem"))
		ix_fix_command(buf, size, ns, "psem post %s", ref);
	else if (!s->cycle &&
		 (mech == ix_doctor_mech("msg") || mech == ix_doctor_mech("mq")))
		ix_fix_command(buf, size, ns, "show %s", ref);
	else
		(void)snprintf(buf, size,
			       "end one of the processes that wait, such as %" PRIu64
			       " (%s), and start it again",
			       ix_doctor_number(w, s->row, IPCX_F_PID, 0),
			       ix_doctor_word(w, s->row, IPCX_F_COMMAND, &name));
}

static int stuck_tell(struct ix_doctor *d, const struct stuck *s)
{
	const struct ipcx_table *w = d->waits;
	char what[200], evidence[500], fix[IX_DOCTOR_TEXT];
	struct ipcx_value command, wants, verdict;

	(void)snprintf(what, sizeof(what),
		       s->cycle ? "%" PRIu64 " thread%s wait%s for each other"
				: "%" PRIu64
				  " thread%s wait%s for what hardly comes any more",
		       s->n, s->n == 1 ? "" : "s", s->n == 1 ? "s" : "");
	(void)snprintf(evidence, sizeof(evidence),
		       "process %" PRIu64 " (%s) waits for %s: %s",
		       ix_doctor_number(w, s->row, IPCX_F_PID, 0),
		       ix_doctor_word(w, s->row, IPCX_F_COMMAND, &command),
		       ix_doctor_word(w, s->row, IPCX_F_WANTS, &wants),
		       ix_doctor_word(w, s->row, IPCX_F_VERDICT, &verdict));
	stuck_fix(d, s, fix, sizeof(fix));
	return ix_doctor_add(d, &(struct ix_found){ .finding = s->cycle ? "deadlock"
									: "stuck",
						    .grade = s->grade,
						    .about = w,
						    .row = s->row,
						    .what = what,
						    .evidence = evidence,
						    .fix = fix,
						    .count = 1 });
}

/* ---- word sizes */

#define ARRAYS_4G (UINT64_C(1) << 32)

/*
 * Whether some users of a named semaphore have 32-bit addresses and others do not. Only a
 * program that asks for it (MAP_32BIT) gets a mapping below 4 GiB in a 64-bit process,
 * and sem_open(3) does not.
 */
static int arrays_mixed(struct ix_doctor *d, size_t row)
{
	size_t first, n = ix_doctor_users_of(d, row, &first), low = n, high = n;
	char evidence[240];
	struct ipcx_value l, h;

	for (size_t i = first; i < first + n; i++) {
		uint64_t at = ix_doctor_number(d->users, i, IPCX_F_ADDRESS, 0);

		if (at && at < ARRAYS_4G)
			low = MIN(low, i - first);
		else if (at)
			high = MIN(high, i - first);
	}
	if (low == n || high == n)
		return 0;
	(void)snprintf(evidence, sizeof(evidence),
		       "process %" PRIu64 " (%s) has 32-bit addresses, process %" PRIu64
		       " (%s) has 64-bit addresses",
		       ix_doctor_number(d->users, first + low, IPCX_F_PID, 0),
		       ix_doctor_word(d->users, first + low, IPCX_F_COMMAND, &l),
		       ix_doctor_number(d->users, first + high, IPCX_F_PID, 0),
		       ix_doctor_word(d->users, first + high, IPCX_F_COMMAND, &h));
	return ix_doctor_add(
		d,
		&(struct ix_found){
			.finding = "word-size",
			.grade = IPCX_LIKELY,
			.about = d->objects,
			.row = row,
			.what = "32-bit and 64-bit programs share the semaphore: in glibc, its counter is "
				"elsewhere in each, so that they do not wake each other",
			.evidence = evidence,
			.fix = "run all of these programs with one word size",
			.count = 1 });
}

int ix_doctor_arrays(struct ix_doctor *d)
{
	auto_buf struct ix_buf all = { 0 };
	const struct ipcx_table *t, *users, *w;
	unsigned psem = ix_doctor_mech("psem");
	size_t n;
	int r = ix_doctor_objects(d, &t);

	if (r == 0)
		r = ix_doctor_users(d, &users);
	if (r == 0)
		r = ix_doctor_waits(d, &w);
	for (size_t i = 0; r == 0 && i < w->rows; i++)
		r = stuck_look(w, i, &all);
	n = r == 0 ? stuck_group(&all) : 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = stuck_tell(d, (const struct stuck *)(const void *)all.data + i);
	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];

		for (size_t row = s->first;
		     r == 0 && s->mech == psem && row < s->first + s->count; row++)
			r = arrays_mixed(d, row);
	}
	return r;
}
