/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects against limits: whether they would fit, and which limit was hit. Only this file
 * and shares.c combine the mechanisms' charges with the table of limits.
 */
#include "query/fit.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/esc.h"
#include "core/attr.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "core/kconfig.h"
#include "core/mech.h"
#include "ns/run.h"
#include "query/limits.h"
#include "query/query.h"

/* A right has no amount. */
void ix_derive_needed(const struct ipcx_table *t, const struct ix_section *s,
		      const void *row, struct ipcx_value *v)
{
	const struct ix_limit_row *r = row;

	(void)t;
	(void)s;
	if (r->right)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = r->needed;
}

static const struct ix_kind needs_kind = {
	.name = "needs",
	.row_size = sizeof(struct ix_limit_row),
	IX_COLUMNS(IX_NEED_COLUMNS, IX_DERIVED(IPCX_F_USED, ix_derive_used),
		   IX_COL(IPCX_F_FITS, struct ix_limit_row, fits),
		   IX_COL_ZERO(IPCX_F_RAISE_TO, struct ix_limit_row, raise_to),
		   IX_DERIVED(IPCX_F_CEILING, ix_derive_ceiling)),
};

enum verdict {
	NO_ROOM,
	FITS,
	UNKNOWN,
};

/* What objects need of one limit, and the limit's reading. */
struct need {
	const struct ix_limit *l;
	struct ix_reading r;
	uint64_t needed;
	bool unsized; /* the amount depends on something that could not be read */
	bool each;
	uint64_t seen; /* lower bound of the use, if no source counts all of it */
	enum verdict verdict;
	uint64_t raise_to; /* the smallest limit that would suffice; 0: unknown or none */
};

/* Judge whether the objects fit if the use is known only to within r->blur. Of the limit,
 * more than 0 must remain. */
static enum verdict judge_blurred(const struct need *n)
{
	const struct ix_reading *r = &n->r;
	uint64_t left = r->limit - n->needed, taken;

	if (__builtin_add_overflow(r->used, r->reserve, &taken))
		return NO_ROOM;
	if (taken >= left)
		return taken - left > r->blur ? NO_ROOM : UNKNOWN;
	return left - taken > r->blur ? FITS : UNKNOWN;
}

static enum verdict fit_judge(const struct need *n)
{
	const struct ix_reading *r = &n->r;
	bool most = r->capped && n->needed > r->ceiling;
	enum verdict full = r->soft && !most ? UNKNOWN : NO_ROOM;

	if (!r->known || n->unsized)
		return UNKNOWN;
	if (r->unlimited)
		return FITS;
	if (n->needed > r->limit)
		return full;
	if (n->each)
		return FITS;
	if (r->spare)
		return n->needed <= r->spare ? FITS : UNKNOWN;
	if (!r->counted)
		return n->seen > r->limit - n->needed ? full : UNKNOWN;
	if (r->blur)
		return judge_blurred(n);
	return r->used > r->limit - n->needed ? full : FITS;
}

static uint64_t fit_raise_to(const struct need *n)
{
	uint64_t sum = n->needed;

	if (n->verdict != NO_ROOM || n->l->fixed || (!n->each && !n->r.counted))
		return 0;
	if (!n->each && __builtin_add_overflow(n->r.used, n->needed, &sum))
		return 0;
	/* A hard rlimit can be raised with CAP_SYS_RESOURCE. */
	if (n->r.capped && sum > n->r.ceiling && n->l->read != IX_READ_RLIMIT)
		return 0;
	return sum;
}

/* Return the limit for these objects: each size of huge pages has its own. */
const struct ix_limit *ix_charge_limit(const struct ix_charge *c,
				       const struct ipcx_attrs *a)
{
	uint64_t page = c->page ? c->page(a) : 0;

	return page ? ix_limit_of_pages(page) : ix_limit_by_name(c->limit);
}

/* Compute what one object takes, in the unit of the limit. Returns false if unknown. */
bool ix_charge_take(const struct ix_charge *c, const struct ipcx_attrs *a,
		    const struct ix_reading *r, uint64_t *ret_amount)
{
	uint64_t amount = c->amount(a);

	if (c->page && !r->page)
		return false;
	*ret_amount = c->page ? amount / r->page + (amount % r->page != 0) : amount;
	return true;
}

/* Set the attributes of an object from its row. Returns the attributes that are
 * unknown. */
uint64_t ix_attrs_of_row(const struct ipcx_table *t, size_t row, struct ipcx_attrs *a)
{
	const struct ix_attr *attr;
	struct ipcx_value v;
	uint64_t unknown = 0;

	for (unsigned i = 0; (attr = ix_attr(i)) != NULL; i++) {
		bool flag = attr->size == 0;

		if (attr->field == IPCX_NO_FIELD ||
		    ipcx_row_get(t, row, attr->field, &v) < 0)
			continue;
		if (v.type == IPCX_TYPE_NONE)
			unknown |= attr->bit;
		else if (attr->fits)
			ix_attr_set(attr, a, v.as.u);
		else if (flag && v.type == IPCX_TYPE_BOOL && v.as.u)
			a->set |= attr->bit;
	}
	return unknown;
}

/*
 * Sum up how much of a per-user limit is taken by those of the caller's objects that are
 * visible here: a lower bound, since the user may have more in other namespaces. 0 if
 * nothing can be read.
 */
static uint64_t seen_use(struct ix_limits *s, const struct ix_charge *c, unsigned mech)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech),
				.flags = IPCX_NUMERIC };
	struct ipcx_table *t = NULL;
	uint64_t sum = 0;

	if (ipcx_scan(s->x, &q, &t) < 0)
		return 0;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_attrs a = { .size = sizeof(a), .mech = mech };
		struct ipcx_value uid;
		uint64_t one;

		if (ipcx_row_get(t, i, IPCX_F_UID, &uid) < 0 ||
		    uid.type == IPCX_TYPE_NONE || uid.as.u != geteuid() ||
		    ix_attrs_of_row(t, i, &a))
			continue;
		one = c->amount(&a);
		if (__builtin_add_overflow(sum, one, &sum))
			sum = UINT64_MAX;
	}
	ipcx_table_free(t);
	return sum;
}

static struct need fit_weigh(struct ix_limits *s, const struct ix_charge *c,
			     const struct ipcx_attrs *a)
{
	uint64_t count = a->set & IPCX_A_COUNT ? a->count : 1;
	struct need n = { .l = ix_charge_limit(c, a), .each = c->each, .verdict = FITS };
	uint64_t amount = 0;

	/*
	 * Do not read a limit of which nothing is needed: a segment without huge pages
	 * must not depend on their limit.
	 */
	if (c->amount(a) == 0)
		return n;
	assert(n.l);
	ix_limit_read(s, n.l, !c->each, &n.r);
	ix_limit_with_rights(s->x, n.l, &n.r);
	n.each |= n.r.single;
	n.unsized = !ix_charge_take(c, a, &n.r, &amount);
	n.needed = n.each ? amount : ix_mul_sat(count, amount);
	if (!n.each && n.r.known && !n.r.unlimited && n.r.uncounted && !n.r.spare)
		n.seen = seen_use(s, c, a->mech);
	n.verdict = fit_judge(&n);
	n.raise_to = fit_raise_to(&n);
	return n;
}

/* Whether there is a limit for each charge. There is none for a huge page size that no
 * machine supports. */
static bool has_limits(const struct ix_mech *m, const struct ipcx_attrs *a)
{
	for (const struct ix_charge *c = m->charges; c && c->limit; c++)
		if (c->amount(a) && !ix_charge_limit(c, a))
			return false;
	return true;
}

/* Parse "MECH:AMOUNT"; each mechanism has its own syntax of AMOUNT. */
static int read_wish(struct ipcx *x, const char *request, unsigned *ret_mech,
		     struct ipcx_attrs *ret_a)
{
	const char *colon = strchrnul(request, ':');
	const struct ix_mech *m;
	char shown[256];
	unsigned mech;

	(void)ix_escape(shown, sizeof(shown), request, IX_ESC_TEXT);
	if (colon == request ||
	    ipcx_mech_by_name(request, (size_t)(colon - request), &mech) < 0)
		return ix_fail_plain(x, -EINVAL, "%s: does not begin with a mechanism",
				     shown);
	m = ix_mech(mech);
	if (!m->create)
		return ix_cannot_be(x, m, "created");
	if (!m->request || m->request(*colon ? colon + 1 : colon, ret_a) < 0)
		return ix_fail_plain(x, -EINVAL, "%s: is not of the form %s:%s", shown,
				     m->info.name, m->info.need ? m->info.need : "");
	if (!has_limits(m, ret_a))
		return ix_fail_plain(x, -EINVAL, "%s: no machine has such huge pages",
				     shown);
	if (ix_kconfig_lacks(x, m->kconfig, shown, sizeof(shown)) == -ENOSYS)
		return ix_fail_plain(x, -ENOSYS, "%s: %s", m->info.name, shown);
	ret_a->mech = mech;
	*ret_mech = mech;
	return 0;
}

static int add_need(struct ipcx *x, struct ipcx_table *t, unsigned mech,
		    const struct need *n)
{
	struct ix_limit_row *row = ix_limit_row(t, &needs_kind, mech, n->l, &n->r);

	if (!row)
		return -ENOMEM;
	row->needed = n->needed;
	row->raise_to = n->raise_to;
	row->fits = n->verdict == FITS;
	if (n->l->fixed && n->r.known && !n->r.unlimited) {
		row->capped = true;
		row->ceiling = n->r.limit;
	}
	if (n->verdict == UNKNOWN)
		ix_unknown(t, row, IPCX_F_FITS);
	if (n->unsized)
		ix_unknown(t, row, IPCX_F_NEEDED);
	ix_table_keep(t);
	ix_note_unread(x, t, mech, n->l, &n->r);
	return 0;
}

/* Add a row for the right to create such an object, if not every user has it. Returns 1;
 * 0 if the right is missing or unknown; -errno. */
static int add_right(struct ipcx *x, struct ipcx_table *t, const struct ipcx_attrs *a)
{
	static const struct ix_reading nothing = { .uncounted = true,
						   .known = true,
						   .unlimited = true };
	const struct ix_mech *m = ix_mech(a->mech);
	struct ix_limit right = {
		.name = "permission",
		.what = "the right to make one here",
	};
	struct ix_limit_row *row;
	int r = -ENODATA;

	if (m->may_make) {
		x->error[0] = '\0';
		(void)snprintf(right.source, sizeof(right.source), "%s", m->right);
		r = m->may_make(x, a);
	}
	if (r == -ENODATA)
		return 1;
	row = ix_limit_row(t, &needs_kind, a->mech, &right, &nothing);
	if (!row)
		return -ENOMEM;
	row->what = ix_table_text(t, right.what);
	row->right = true;
	row->fits = r == 1;
	if (r < 0)
		ix_unknown(t, row, IPCX_F_FITS);
	ix_table_keep(t);
	if (r != 1)
		ix_table_note(t, r < 0 ? IPCX_NOTE_INCOMPLETE : IPCX_NOTE_INFO, a->mech,
			      r, right.name, "%s", x->error);
	return r == 1;
}

static int fit_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct ix_limits s = ix_limits_begin(x);
	const struct ipcx_attrs *a = arg;
	int fits = add_right(x, t, a), r = MIN(fits, 0);

	for (const struct ix_charge *c = ix_mech(a->mech)->charges;
	     r == 0 && c && c->limit; c++) {
		struct need n = fit_weigh(&s, c, a);

		if (n.verdict != FITS)
			fits = 0;
		if (n.needed || n.unsized)
			r = add_need(x, t, a->mech, &n);
	}
	return r < 0 ? ix_fail(x, r, "%s", ix_mech(a->mech)->info.name) : fits;
}

int ix_fit_of(struct ipcx *x, struct ipcx_attrs *a, struct ipcx_table **ret_table)
{
	struct ipcx_table *t;
	int r = ix_table_new(&t);

	if (r < 0)
		return ix_fail(x, r, "%s", ix_mech(a->mech)->info.name);
	r = ix_ns_run(x, &(struct ix_ns_call){ .run = fit_there,
					       .arg = a,
					       .t = t,
					       .mounted = ix_mech(a->mech)->mounted });
	return ix_table_hand(x, t, r, ret_table);
}

int ipcx_fit(struct ipcx *x, const char *request, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, request, ret_table);
	struct ipcx_attrs a = { .size = sizeof(a) };
	int r = read_wish(x, request, &a.mech, &a);

	return r < 0 ? r : ix_fit_of(x, &a, ret_table);
}

static void phrase(const struct need *n, char *buf, size_t size,
		   struct ipcx_hint *ret_hint)
{
	unsigned long long limit = n->r.limit, used = n->r.used, needed = n->needed;
	unsigned long long enough = n->raise_to;
	char taken[192] = "";
	int len;

	/* If the use cannot be counted, at least describe the limit. */
	if (!n->each && n->r.counted)
		(void)snprintf(taken, sizeof(taken), " (%llu used)", used);
	else if (!n->each)
		(void)snprintf(taken, sizeof(taken), " (%s)", n->l->what);
	len = snprintf(buf, size, "%s is %llu%s, %llu needed: ", n->l->name, limit, taken,
		       needed);
	if (len < 0 || (size_t)len >= size)
		return;
	buf += len;
	size -= (size_t)len;
	if (n->l->fixed)
		(void)snprintf(buf, size, "%s", n->l->change);
	else if (n->l->read == IX_READ_RLIMIT && n->r.capped && needed > n->r.ceiling)
		(void)snprintf(
			buf, size,
			"raise it (%s), which needs CAP_SYS_RESOURCE above its hard limit of %llu",
			n->l->change, (unsigned long long)n->r.ceiling);
	else if (n->verdict == NO_ROOM && n->r.capped && !enough && needed > limit)
		(void)snprintf(buf, size, "it cannot be raised above %llu",
			       (unsigned long long)n->r.ceiling);
	else if (*n->l->change && enough)
		(void)snprintf(buf, size, "raise it to %llu (%s)", enough, n->l->change);
	else if (*n->l->change)
		(void)snprintf(buf, size, "raise it (%s)", n->l->change);
	else
		(void)snprintf(buf, size, "raise %s", n->l->source);
	if (!*n->l->change && enough)
		*ret_hint = (struct ipcx_hint){ .kind = IPCX_HINT_SET_LIMIT,
						.subject = n->l->name,
						.value = enough };
}

/* Whether this errno can mean that the limit was hit. A size above size_max can also fail
 * with ENOSPC, as it cannot be rounded up to pages. */
static bool runs_into(const struct ix_limit *l, int error)
{
	return l->error == error || (l->read == IX_READ_CONSTANT && error == -ENOSPC);
}

int ix_explain(struct ipcx *x, unsigned mech, const struct ipcx_attrs *a, int error,
	       char *buf, size_t size, struct ipcx_hint *ret_hint)
{
	struct ix_limits s = ix_limits_begin(x);
	const struct ix_mech *m = ix_mech(mech);
	struct need maybe = { 0 };

	if (error > 0)
		error = -error;
	for (const struct ix_charge *c = m ? m->charges : NULL; c && c->limit; c++) {
		const struct ix_limit *l = ix_charge_limit(c, a);
		struct need n;

		if (!l || !runs_into(l, error))
			continue;
		n = fit_weigh(&s, c, a);
		if (n.verdict == NO_ROOM) {
			phrase(&n, buf, size, ret_hint);
			return 0;
		}
		/*
		 * Usage is unknown, but the errno matches: remember this limit as a
		 * guess.
		 */
		if (n.verdict == UNKNOWN && n.r.known && !n.unsized && !maybe.l)
			maybe = n;
	}
	if (!maybe.l)
		return -ENOENT;
	phrase(&maybe, buf, size, ret_hint);
	return 0;
}
