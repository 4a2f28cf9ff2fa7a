/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects against limits: would they fit, what share does one take, which limit was in
 * the way. The only place that puts the mechanisms' charges and the table of limits
 * together.
 */
#include "query/fit.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/esc.h"
#include "core/attr.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "core/mech.h"
#include "ns/there.h"
#include "query/limits.h"

#define COMMON_COLUMNS                                                \
	[IPCX_F_MECH] = IX_CONSTANT(ix_derive_mech),                  \
	[IPCX_F_NAME] = IX_COL(struct ix_limit_row, name),            \
	[IPCX_F_LIMIT] = IX_LIMIT_DERIVED(limit, ix_limit_get_limit), \
	[IPCX_F_NEEDED] = IX_COL(struct ix_limit_row, needed),        \
	[IPCX_F_UNIT] = IX_COL(struct ix_limit_row, unit),            \
	[IPCX_F_SOURCE] = IX_COL(struct ix_limit_row, source),        \
	[IPCX_F_WHAT] = IX_COL(struct ix_limit_row, what)

static const struct ix_kind needs_kind = {
	.name = "needs",
	.row_size = sizeof(struct ix_limit_row),
	IX_COLUMNS(
		COMMON_COLUMNS, [IPCX_F_USED] = IX_LIMIT_DERIVED(used, ix_limit_get_used),
		[IPCX_F_FITS] = IX_COL(struct ix_limit_row, fits),
		[IPCX_F_RAISE_TO] = IX_COL_ZERO(struct ix_limit_row, raise_to)),
};

/*
 * Without used: to count it takes a walk over all segments, and one object must stay
 * cheap.
 */
static const struct ix_kind shares_kind = {
	.name = "shares",
	.row_size = sizeof(struct ix_limit_row),
	IX_COLUMNS(COMMON_COLUMNS, [IPCX_F_PERCENT] = IX_LIMIT_DERIVED(
					   percent, ix_limit_get_percent)),
};

enum verdict {
	NO_ROOM,
	FITS,
	UNKNOWN,
};

/* What objects need of one limit, and what is left of it. */
struct need {
	const struct ix_limit *l;
	struct ix_reading r;
	uint64_t needed;
	bool unsized; /* how much is needed depends on what could not be read */
	bool each;
	enum verdict verdict;
	uint64_t raise_to; /* the smallest limit that would do, 0: unknown */
};

static enum verdict judge(const struct need *n)
{
	const struct ix_reading *r = &n->r;
	enum verdict full = r->soft ? UNKNOWN : NO_ROOM;

	if (!r->known || n->unsized)
		return UNKNOWN;
	if (r->unlimited)
		return FITS;
	if (n->needed > r->limit)
		return full;
	if (n->each)
		return FITS;
	if (!r->counted)
		return UNKNOWN;
	return r->used > r->limit - n->needed ? full : FITS;
}

static uint64_t raise_to(const struct need *n)
{
	uint64_t sum;

	if (n->verdict != NO_ROOM)
		return 0;
	if (n->each)
		return n->needed;
	if (!n->r.counted)
		return 0;
	return __builtin_add_overflow(n->r.used, n->needed, &sum) ? UINT64_MAX : sum;
}

/* Which limit it is, for these objects: each size of huge pages has its own. */
static const struct ix_limit *limit_of(const struct ix_charge *c,
				       const struct ipcx_attrs *a)
{
	uint64_t page = c->page ? c->page(a) : 0;

	return page ? ix_limit_of_pages(page) : ix_limit_by_name(c->limit);
}

/* What one object takes, in the unit of the limit; false when nobody knows. */
static bool take(const struct ix_charge *c, const struct ipcx_attrs *a,
		 const struct ix_reading *r, uint64_t *ret_amount)
{
	uint64_t amount = c->amount(a);

	if (c->page && !r->page)
		return false;
	*ret_amount = c->page ? amount / r->page + (amount % r->page != 0) : amount;
	return true;
}

static struct need weigh(struct ix_limits *s, const struct ix_charge *c,
			 const struct ipcx_attrs *a)
{
	uint64_t count = a->set & IPCX_A_COUNT ? a->count : 1;
	struct need n = { .l = limit_of(c, a), .each = c->each, .verdict = FITS };
	uint64_t amount = 0;

	/*
	 * Nothing needed, nothing read: a limit of huge pages does not concern a
	 * segment without.
	 */
	if (c->amount(a) == 0)
		return n;
	assert(n.l);
	ix_limit_read(s, n.l, !c->each, &n.r);
	n.unsized = !take(c, a, &n.r, &amount);
	n.needed = c->each ? amount : ix_mul_sat(count, amount);
	n.verdict = judge(&n);
	n.raise_to = raise_to(&n);
	return n;
}

/* Whether there is a limit behind each charge: huge pages of some sizes exist nowhere. */
static bool has_limits(const struct ix_mech *m, const struct ipcx_attrs *a)
{
	for (const struct ix_charge *c = m->charges; c && c->limit; c++)
		if (c->amount(a) && !limit_of(c, a))
			return false;
	return true;
}

/* "MECH:HOW MUCH" in the mechanism's own words. */
static int read_wish(struct ipcx *x, const char *wish, unsigned *ret_mech,
		     struct ipcx_attrs *ret_a)
{
	const char *colon = strchrnul(wish, ':');
	const struct ix_mech *m;
	char shown[256];
	unsigned mech;

	(void)ix_escape(shown, sizeof(shown), wish, IX_ESC_TEXT);
	if (colon == wish || ipcx_mech_by_name(wish, (size_t)(colon - wish), &mech) < 0)
		return ix_fail_plain(x, -EINVAL, "%s: begins with no mechanism", shown);
	m = ix_mech(mech);
	if (!m->wish || m->wish(*colon ? colon + 1 : colon, ret_a) < 0)
		return ix_fail_plain(x, -EINVAL, "%s: is not of the form %s:%s", shown,
				     m->info.name, m->info.need ? m->info.need : "");
	if (!has_limits(m, ret_a))
		return ix_fail_plain(x, -EINVAL, "%s: no machine has such huge pages",
				     shown);
	ret_a->mech = mech;
	*ret_mech = mech;
	return 0;
}

/* Why a limit or its use is unknown. */
static void note_unread(struct ipcx_table *t, unsigned mech, const struct ix_limit *l,
			const struct ix_reading *r)
{
	int error = r->error ? r->error : r->use_error;

	if (error)
		ix_table_note(t, IPCX_NOTE_INFO, mech, error, l->name, "%s: %s",
			      r->error ? "unknown" : "use unknown", ix_limit_why(error));
}

static int add_need(struct ipcx_table *t, unsigned mech, const struct need *n)
{
	struct ix_limit_row *row = ix_limit_row(t, &needs_kind, mech, n->l, &n->r);

	if (!row)
		return -ENOMEM;
	row->needed = n->needed;
	row->raise_to = n->raise_to;
	row->fits = n->verdict == FITS;
	if (n->verdict == UNKNOWN)
		ix_unknown(t, row, IPCX_F_FITS);
	if (n->unsized)
		ix_unknown(t, row, IPCX_F_NEEDED);
	ix_table_keep(t);
	note_unread(t, mech, n->l, &n->r);
	return 0;
}

static int fit_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct ix_limits s = ix_limits_begin(x);
	const struct ipcx_attrs *a = arg;
	int fits = 1, r = 0;

	for (const struct ix_charge *c = ix_mech(a->mech)->charges;
	     r == 0 && c && c->limit; c++) {
		struct need n = weigh(&s, c, a);

		if (n.verdict != FITS)
			fits = 0;
		if (n.needed || n.unsized)
			r = add_need(t, a->mech, &n);
	}
	return r < 0 ? ix_fail(x, r, "%s", ix_mech(a->mech)->info.name) : fits;
}

int ipcx_fit(struct ipcx *x, const char *wish, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, wish, ret_table);
	struct ipcx_attrs a = { .size = sizeof(a) };
	struct ipcx_table *t;
	int r = read_wish(x, wish, &a.mech, &a);

	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0)
		return ix_fail(x, r, "%s", ix_mech(a.mech)->info.name);
	r = ix_there(x, &(struct ix_errand){ .run = fit_there, .arg = &a, .t = t });
	return ix_table_hand(x, t, r, ret_table);
}

/*
 * The attributes of an object, as its row shows them. Answers with those that the row
 * cannot tell.
 */
static uint64_t attrs_of_row(const struct ipcx_table *t, size_t row, struct ipcx_attrs *a)
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
 * Whether an amount depends on attributes that are not known: does it change with them?
 */
static bool depends(const struct ix_charge *c, const struct ipcx_attrs *a,
		    uint64_t unknown)
{
	struct ipcx_attrs other = *a;
	const struct ix_attr *attr;

	for (unsigned i = 0; (attr = ix_attr(i)) != NULL; i++)
		if (unknown & attr->bit)
			ix_attr_set(attr, &other, (uint64_t)1 << 30);
	return c->amount(&other) != c->amount(a);
}

static int add_share(struct ix_limits *s, struct ipcx_table *t, const struct ix_charge *c,
		     const struct ipcx_attrs *a, uint64_t unknown)
{
	const struct ix_limit *l = limit_of(c, a);
	bool guess = depends(c, a, unknown);
	struct ix_limit_row *row;
	struct ix_reading r;
	uint64_t needed = 0;

	if (!l || (c->amount(a) == 0 && !guess))
		return 0;
	ix_limit_read(s, l, false, &r);
	if (!take(c, a, &r, &needed))
		guess = true;
	row = ix_limit_row(t, &shares_kind, a->mech, l, &r);
	if (!row)
		return -ENOMEM;
	row->head = (struct ix_row){ 0 };
	row->none = r.known && r.unlimited ? IX_LIMIT_NO_LIMIT : 0;
	if (!r.known)
		ix_unknown(t, row, IPCX_F_LIMIT);
	row->needed = needed;
	if (guess) {
		ix_unknown(t, row, IPCX_F_NEEDED);
		ix_unknown(t, row, IPCX_F_PERCENT);
	} else {
		ix_limit_percent(t, row, &r, needed);
	}
	ix_table_keep(t);
	note_unread(t, a->mech, l, &r);
	return 0;
}

/* An object whose shares are asked for. */
struct owner {
	const struct ix_mech *mech;
	struct ipcx_attrs attrs;
	uint64_t unknown;
};

static int shares_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	struct ix_limits s = ix_limits_begin(x);
	const struct owner *o = arg;
	int r = 0;

	for (const struct ix_charge *c = o->mech->charges; r == 0 && c && c->limit; c++)
		r = add_share(&s, t, c, &o->attrs, o->unknown);
	return r < 0 ? ix_fail(x, r, "shares") : 0;
}

int ipcx_shares(struct ipcx *x, const struct ipcx_table *t, size_t row,
		struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, t, ret_table);
	struct owner o = { .attrs.size = sizeof(o.attrs) };
	struct ipcx_table *shares = NULL;
	int r;

	if (row >= ipcx_table_rows(t))
		return ix_fail_plain(x, -EINVAL, "shares: there is no row %zu", row);
	o.attrs.mech = ipcx_row_mech(t, row);
	o.mech = ix_mech(o.attrs.mech);
	if (!o.mech)
		return ix_fail_plain(x, -ENODATA, "shares: %s take no share of a limit",
				     ipcx_table_kind(t));
	o.unknown = attrs_of_row(t, row, &o.attrs);
	r = ix_table_new(&shares);
	if (r < 0)
		return ix_fail(x, r, "shares");
	r = ix_there(x,
		     &(struct ix_errand){ .run = shares_there, .arg = &o, .t = shares });
	return ix_table_hand(x, shares, r, ret_table);
}

static void phrase(const struct need *n, char *buf, size_t size,
		   struct ipcx_hint *ret_hint)
{
	unsigned long long limit = n->r.limit, used = n->r.used, needed = n->needed;
	unsigned long long enough = n->raise_to;
	char taken[192] = "";
	int len;

	/*
	 * What nobody can count is at least described: its sum runs over more than can
	 * be seen.
	 */
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
	if (n->l->change && enough)
		(void)snprintf(buf, size, "raise it to %llu (%s)", enough, n->l->change);
	else if (n->l->change)
		(void)snprintf(buf, size, "raise it (%s)", n->l->change);
	else
		(void)snprintf(buf, size, "raise %s", n->l->source);
	if (!n->l->change && enough)
		*ret_hint = (struct ipcx_hint){ .kind = IPCX_HINT_SET_LIMIT,
						.subject = n->l->name,
						.value = enough };
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
		const struct ix_limit *l = limit_of(c, a);
		struct need n;

		if (!l || l->error != error)
			continue;
		n = weigh(&s, c, a);
		if (n.verdict == NO_ROOM) {
			phrase(&n, buf, size, ret_hint);
			return 0;
		}
		/*
		 * Not the kernel's open books, but its errno: the limit whose use
		 * nobody can see.
		 */
		if (n.verdict == UNKNOWN && n.r.known && !n.unsized && !maybe.l)
			maybe = n;
	}
	if (!maybe.l)
		return -ENOENT;
	phrase(&maybe, buf, size, ret_hint);
	return 0;
}
