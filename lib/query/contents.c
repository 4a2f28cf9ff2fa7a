/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contents of one object, as its mechanism lists them. */
#include <errno.h>

#include "core/copyin.h"
#include "core/kconfig.h"
#include "core/mech.h"
#include "ns/run.h"

static int contents_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct ipcx_ref *ref = arg;

	x->error[0] = '\0';
	return ix_mech(ref->mech)->contents(x, ref, t);
}

int ipcx_contents(struct ipcx *x, const struct ipcx_ref *ref,
		  struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ref, ret_table);
	struct ipcx_ref copy = *ref;
	const struct ix_mech *m = ix_mech(ref->mech);
	struct ipcx_table *t;
	int r = ix_ref_check(x, ref);

	if (r < 0)
		return r;
	if (!m->contents)
		return ix_fail_plain(x, -ENODATA,
				     "%s: a %s has no contents that can be listed",
				     m->info.name, m->info.object);
	r = ix_ref_check_open(x, ref);
	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = ix_ns_run(x, &(struct ix_ns_call){ .run = contents_there,
					       .arg = &copy,
					       .t = t,
					       .mounted = m->mounted });
	if (r == -ENOMEM && !x->error[0])
		r = ix_fail_plain(x, r, "out of memory");
	r = ix_kconfig_said(x, ref, r);
	return ix_table_hand(x, t, r, ret_table);
}
