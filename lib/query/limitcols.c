/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Columns of rows about limits whose numbers may be absent. */
#include "query/limits.h"

static void limitcols_put_number(struct ipcx_value *v, bool there, uint64_t n)
{
	if (!there)
		return; /* none */
	v->type = IPCX_TYPE_UINT;
	v->as.u = n;
}

void ix_derive_limit(const struct ipcx_table *t, const struct ix_section *s,
		     const void *row, struct ipcx_value *v)
{
	const struct ix_limit_row *r = row;

	(void)t;
	(void)s;
	limitcols_put_number(v, r->limited, r->limit);
}

void ix_derive_used(const struct ipcx_table *t, const struct ix_section *s,
		    const void *row, struct ipcx_value *v)
{
	const struct ix_limit_row *r = row;

	(void)t;
	(void)s;
	limitcols_put_number(v, r->counted, r->used);
}

void ix_derive_ceiling(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v)
{
	const struct ix_limit_row *r = row;

	(void)t;
	(void)s;
	limitcols_put_number(v, r->capped, r->ceiling);
}

void ix_derive_percent(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v)
{
	const struct ix_limit_row *r = row;

	(void)t;
	(void)s;
	if (!r->divided)
		return;
	v->type = IPCX_TYPE_REAL;
	v->as.d = r->percent;
}
