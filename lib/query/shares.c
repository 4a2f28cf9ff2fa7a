/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which share of each limit one object takes. */
#include <errno.h>

#include "core/attr.h"
#include "core/copyin.h"
#include "core/mech.h"
#include "ns/run.h"
#include "query/fit.h"

/*
 * Read the limits without their use: counting that walks over all segments, and a query
 * of one object must stay cheap.
 */
static const struct ix_kind shares_kind = {
	.name = "shares",
	.row_size = sizeof(struct ix_limit_row),
	IX_COLUMNS(IX_NEED_COLUMNS, IX_DERIVED(IPCX_F_PERCENT, ix_derive_percent)),
};

/* Whether an amount depends on unknown attributes, that is, changes when they change. */
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

static void add_fields(const struct ix_charge *c, struct ipcx_fieldset *fields)
{
	static const struct ipcx_attrs nothing = { .size = sizeof(nothing) };
	const struct ix_attr *attr;

	for (unsigned i = 0; !c->making && (attr = ix_attr(i)) != NULL; i++)
		if (attr->fits && depends(c, &nothing, attr->bit))
			ipcx_fieldset_add(fields, attr->field);
}

struct ipcx_fieldset ipcx_share_fields(uint64_t mechs)
{
	struct ipcx_fieldset fields = { { 0 } };
	const struct ix_mech *m;

	for (unsigned i = 0; (m = ix_mech(i)) != NULL; i++)
		for (const struct ix_charge *c = m->charges;
		     (mechs & IPCX_MECH_BIT(i)) && c && c->limit; c++)
			add_fields(c, &fields);
	return fields;
}

static int shares_add_share(struct ix_limits *s, struct ipcx_table *t,
			    const struct ix_charge *c, const struct ipcx_attrs *a,
			    uint64_t unknown)
{
	const struct ix_limit *l = ix_charge_limit(c, a);
	bool guess = depends(c, a, unknown);
	struct ix_limit_row *row;
	struct ix_reading r;
	uint64_t needed = 0;

	if (!l || c->making || (c->amount(a) == 0 && !guess))
		return 0;
	ix_limit_read(s, l, false, &r);
	if (!ix_charge_take(c, a, &r, &needed))
		guess = true;
	row = ix_limit_row(t, &shares_kind, a->mech, l, &r);
	if (!row)
		return -ENOMEM;
	row->head = (struct ix_row){ 0 };
	row->divided = false;
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
	ix_note_unread(s->x, t, a->mech, l, &r);
	return 0;
}

/* The object whose shares are requested. */
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
		r = shares_add_share(&s, t, c, &o->attrs, o->unknown);
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
	o.unknown = ix_attrs_of_row(t, row, &o.attrs);
	r = ix_table_new(&shares);
	if (r < 0)
		return ix_fail(x, r, "shares");
	r = ix_ns_run(x, &(struct ix_ns_call){ .run = shares_there,
					       .arg = &o,
					       .t = shares,
					       .parts = o.mech->mounted });
	return ix_table_hand(x, shares, r, ret_table);
}
