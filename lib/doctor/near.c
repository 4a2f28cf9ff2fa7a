/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Limits of which little is left, and who uses the most of each. Use is taken from the
 * objects that the doctor has listed anyway; only for limits that are nearly reached.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/limit.h"
#include "core/mech.h"
#include "doctor/doctor.h"
#include "doctor/most.h"
#include "why/why.h"

/* In percent: from here on, a limit is nearly reached. */
#define NEAR 80

/* What an object adds to the use of a limit. */
enum near_count { NEAR_OBJECTS, NEAR_SEMAPHORES, NEAR_PAGES, NEAR_NOTHING };

/* clang-format off */
static const struct {
	char limit[IX_TEXT(24)];
	uint8_t count;
	char fails[IX_TEXT(48)]; /* the call that fails when it is reached, and how */
} near_limits[] = {
	{ "shmall",            NEAR_PAGES,      "shmget() will fail with ENOSPC" },
	{ "shmmni",            NEAR_OBJECTS,    "shmget() will fail with ENOSPC" },
	{ "msgmni",            NEAR_OBJECTS,    "msgget() will fail with ENOSPC" },
	{ "semmns",            NEAR_SEMAPHORES, "semget() will fail with ENOSPC" },
	{ "semmni",            NEAR_OBJECTS,    "semget() will fail with ENOSPC" },
	{ "mqueue_queues_max", NEAR_OBJECTS,    "mq_open() will fail with ENOSPC" },
	{ "memory",            NEAR_NOTHING,    "shmget() will fail with ENOMEM" },
};
/* clang-format on */

static uint64_t near_amount(const struct ipcx_table *t, size_t row, unsigned count)
{
	uint64_t n = 0, page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (count == NEAR_OBJECTS)
		return 1;
	if (count == NEAR_SEMAPHORES)
		(void)ix_why_number(t, row, IPCX_F_NSEMS, &n);
	else if (ix_why_number(t, row, IPCX_F_SIZE, &n))
		n = n / page + (n % page != 0);
	return n;
}

/* Whether a limit is that of the objects of a section. */
static bool near_here(const struct ipcx_table *limits, size_t row,
		      const struct ipcx_table *t, const struct ix_section *s)
{
	uint64_t a, b;

	return s->count && (!ix_why_number(limits, row, IPCX_F_NS, &a) ||
			    !ix_why_number(t, s->first, IPCX_F_NS, &b) || a == b);
}

/* Add up what each owner and command has of the objects in the namespace of a limit. */
static int near_sum(struct ix_doctor *d, const struct ipcx_table *limits, size_t row,
		    unsigned count, struct ix_most *m)
{
	const struct ipcx_table *t;
	const struct ix_section *of, *s;
	int r = ix_doctor_objects(d, &t);

	(void)ix_table_at(limits, row, &of);
	for (size_t i = 0; r == 0 && i < t->nsections; i++) {
		s = &t->sections[i];
		if (s->mech != of->mech || !near_here(limits, row, t, s))
			continue;
		for (size_t k = s->first; r == 0 && k < s->first + s->count; k++)
			r = ix_most_add(m, t, k, near_amount(t, k, count));
	}
	if (r == -ENOMEM)
		return ix_fail(d->x, r, "doctor");
	return r;
}

/* How the limit is raised, or what else to do. */
static void near_fix(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
		     const char *limit, uint64_t max, char *buf, size_t size)
{
	char where[IX_DOCTOR_TEXT];
	uint64_t ceiling;
	struct ipcx_value v;

	if (!ix_why_number(t, row, IPCX_F_CEILING, &ceiling))
		(void)snprintf(buf, size, "%s",
			       "remove what nobody uses, add swap, or set "
			       "vm.overcommit_memory=1");
	else if (ceiling > max)
		ix_fix_command(buf, size,
			       ix_doctor_where(d, t, row, where, sizeof(where)),
			       "limits set %s=%" PRIu64, limit,
			       max > ceiling / 2 ? ceiling : MAX(2 * max, 1));
	else
		ix_fix_command(buf, size,
			       ix_doctor_where(d, t, row, where, sizeof(where)),
			       "rm %s --unused --all --dry-run",
			       ix_why_word(t, row, IPCX_F_MECH, &v));
}

static int near_say(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
		    const char *limit, unsigned which)
{
	char what[IX_DOCTOR_TEXT], evidence[IX_DOCTOR_TEXT] = "", fix[IX_DOCTOR_TEXT];
	struct ix_most m = { .n = 0 };
	struct ix_found f = { .finding = "limit",
			      .grade = IPCX_CERTAIN,
			      .about = t,
			      .row = row,
			      .ref = limit,
			      .what = what,
			      .evidence = evidence,
			      .fix = fix };
	struct ipcx_value v;
	const char *unit = ix_why_word(t, row, IPCX_F_UNIT, &v);
	uint64_t max = 0, used = 0;
	int r = 0;

	(void)ix_why_number(t, row, IPCX_F_LIMIT, &max);
	(void)ix_why_number(t, row, IPCX_F_USED, &used);
	(void)snprintf(what, sizeof(what), "%" PRIu64 " %% of %s is used: %s%s",
		       100 * used / max, limit, used < max ? "soon " : "",
		       near_limits[which].fails);
	if (near_limits[which].count != NEAR_NOTHING)
		r = near_sum(d, t, row, near_limits[which].count, &m);
	(void)snprintf(evidence, sizeof(evidence),
		       "%" PRIu64 " of %" PRIu64 " %s are in use", used, max,
		       unit ? unit : "");
	if (r == 0)
		ix_most_say(&m, used, evidence, sizeof(evidence));
	near_fix(d, t, row, limit, max, fix, sizeof(fix));
	ix_most_free(&m);
	return r < 0 ? r : ix_doctor_add(d, &f);
}

/* Whether at least NEAR percent are used; without an overflow. */
static bool near_reached(uint64_t used, uint64_t max)
{
	if (!used || !max || used > UINT64_MAX / 100)
		return false;
	return max > UINT64_MAX / NEAR ? used / NEAR >= max / 100
				       : used * 100 >= max * NEAR;
}

static int near_row(struct ix_doctor *d, const struct ipcx_table *t, size_t row)
{
	struct ipcx_value v;
	const char *name = ix_why_word(t, row, IPCX_F_NAME, &v);
	uint64_t max, used;

	for (unsigned i = 0; name && i < ARRAY_SIZE(near_limits); i++) {
		if (strcmp(name, near_limits[i].limit) != 0)
			continue;
		if (ix_why_number(t, row, IPCX_F_LIMIT, &max) &&
		    ix_why_number(t, row, IPCX_F_USED, &used) && near_reached(used, max))
			return near_say(d, t, row, near_limits[i].limit, i);
	}
	return 0;
}

/* ---- shmall and shmmax contradict each other */

/* A shmmax from here on is no promise: the kernel's default is nearly 2^64. */
#define NEAR_ANY (UINT64_C(1) << 60)

static int near_shmall(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
		       uint64_t shmmax, uint64_t shmall)
{
	char what[IX_DOCTOR_TEXT], evidence[IX_DOCTOR_TEXT], fix[IX_DOCTOR_TEXT],
		where[IX_DOCTOR_TEXT];
	struct ix_found f = { .finding = "shmall",
			      .grade = IPCX_CERTAIN,
			      .about = t,
			      .row = row,
			      .ref = "shmall",
			      .what = what,
			      .evidence = evidence,
			      .fix = fix };
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), needs = shmmax / page;

	if (shmmax >= NEAR_ANY || shmall >= needs)
		return 0;
	(void)snprintf(what, sizeof(what),
		       "a segment cannot be as large as shmmax says: shmall allows less "
		       "for all segments together");
	(void)snprintf(evidence, sizeof(evidence),
		       "shmmax is %" PRIu64 " bytes; shmall is %" PRIu64
		       " pages of %" PRIu64 " bytes, that is %" PRIu64 " bytes",
		       shmmax, shmall, page, shmall * page);
	ix_fix_command(fix, sizeof(fix), ix_doctor_where(d, t, row, where, sizeof(where)),
		       "limits set shmall=%" PRIu64, needs + (shmmax % page != 0));
	return ix_doctor_add(d, &f);
}

/* ---- RLIMIT_MSGQUEUE: the kernel does not report its use, but each queue's share is
 * known */

static const struct ix_charge *near_charge(unsigned mech)
{
	const struct ix_charge *c = ix_mech(mech)->charges;

	while (c && c->limit && strcmp(c->limit, "rlimit_msgqueue") != 0)
		c++;
	return c && c->limit ? c : NULL;
}

static int near_queues_sum(struct ix_doctor *d, unsigned mech, struct ix_most *m)
{
	const struct ix_charge *charge = near_charge(mech);
	struct ipcx_attrs a = { .size = sizeof(a),
				.mech = mech,
				.set = IPCX_A_MAXMSG | IPCX_A_MSGSIZE };
	const struct ipcx_table *t;
	const struct ix_section *s;
	int r = ix_doctor_objects(d, &t);

	for (size_t i = 0; r == 0 && charge && i < t->nsections; i++) {
		s = &t->sections[i];
		if (s->mech != mech)
			continue;
		for (size_t k = s->first; r == 0 && k < s->first + s->count; k++)
			if (ix_why_number(t, k, IPCX_F_MAXMSG, &a.maxmsg) &&
			    ix_why_number(t, k, IPCX_F_MSGSIZE, &a.msgsize))
				r = ix_most_add(m, t, k, charge->amount(&a));
	}
	return r == -ENOMEM ? ix_fail(d->x, r, "doctor") : r;
}

/*
 * Of other users, the limit is not known: it belongs to each process. Most processes have
 * the same, so that only who is just below it is worth a finding; who is above it has
 * another one.
 */
static int near_queues_of(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
			  uint64_t max, const struct ix_most_user *u)
{
	char what[IX_DOCTOR_TEXT], evidence[IX_DOCTOR_TEXT], owner[128];
	bool ours = u->uid == geteuid();
	struct ix_found f = { .finding = "limit",
			      .grade = ours ? IPCX_LIKELY : IPCX_POSSIBLE,
			      .about = t,
			      .row = row,
			      .ref = "rlimit_msgqueue",
			      .what = what,
			      .evidence = evidence,
			      .fix = "raise RLIMIT_MSGQUEUE of these programs "
				     "(LimitMSGQUEUE= of a service, ulimit -q in bash), "
				     "or remove queues" };

	if (!near_reached(u->sum, max) || (u->sum > max && !ours))
		return 0;
	ix_most_owner(u, owner, sizeof(owner));
	(void)snprintf(what, sizeof(what),
		       "queues of %s use %" PRIu64 " %% of RLIMIT_MSGQUEUE: %smq_open() "
		       "will fail with EMFILE",
		       owner, 100 * u->sum / max, u->sum < max ? "soon " : "");
	(void)snprintf(evidence, sizeof(evidence),
		       "%zu queues that can be seen count %" PRIu64
		       " bytes; the limit of "
		       "this process is %" PRIu64 " bytes%s",
		       u->count, u->sum, max,
		       ours ? "" : ", and those of others may differ");
	return ix_doctor_add(d, &f);
}

static int near_queues(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
		       uint64_t max)
{
	struct ix_most m = { .by_user = true };
	const struct ix_section *s;
	int r;

	(void)ix_table_at(t, row, &s);
	r = near_queues_sum(d, s->mech, &m);
	if (r == 0)
		ix_most_group(&m);
	for (size_t i = 0; r == 0 && i < m.n; i++)
		r = near_queues_of(d, t, row, max, &m.users[i]);
	ix_most_free(&m);
	return r;
}

/* ---- all limits */

/* The limits of one namespace stand together. */
struct near_pair {
	uint64_t shmmax, ns;
	bool known, queues;
};

static int near_special(struct ix_doctor *d, const struct ipcx_table *t, size_t row,
			struct near_pair *p)
{
	struct ipcx_value v;
	const char *name = ix_why_word(t, row, IPCX_F_NAME, &v);
	uint64_t max, ns = 0;

	if (!name || !ix_why_number(t, row, IPCX_F_LIMIT, &max))
		return 0;
	(void)ix_why_number(t, row, IPCX_F_NS, &ns);
	if (!strcmp(name, "shmmax")) {
		p->shmmax = max;
		p->ns = ns;
		p->known = true;
	} else if (!strcmp(name, "shmall") && p->known && p->ns == ns) {
		return near_shmall(d, t, row, p->shmmax, max);
	} else if (!strcmp(name, "rlimit_msgqueue") && !p->queues) {
		p->queues = true;
		return near_queues(d, t, row, max);
	}
	return 0;
}

int ix_doctor_near(struct ix_doctor *d)
{
	struct near_pair pair = { .known = false };
	const struct ipcx_table *t;
	int r = ix_doctor_limits(d, &t);

	for (size_t i = 0; r == 0 && i < ipcx_table_rows(t); i++) {
		r = near_row(d, t, i);
		if (r == 0)
			r = near_special(d, t, i, &pair);
	}
	return r;
}
