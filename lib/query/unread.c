/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notes about mechanisms and objects that could not be read. ENOSYS in such a note says
 * that the kernel was built without the mechanism, so that it has no objects; where a
 * filter hides the calls, there may be some.
 */
#include <errno.h>

#include "core/kconfig.h"
#include "query/query.h"

static const char *unread_text(const struct ix_scan *s, int r)
{
	return s->x->error[0] ? s->x->error : ix_errno_text(r);
}

void ix_unread_note(struct ipcx *x, struct ipcx_table *t, unsigned mech, int r,
		    const char *text)
{
	const struct ix_kconfig *k = ix_mech(mech)->kconfig;
	char why[160], names[64] = "";
	int lacks = ix_kconfig_lacks(x, k, why, sizeof(why));

	if (lacks < 0)
		ix_kconfig_names(k, names, sizeof(names));
	else
		lacks = r == -ENOSYS ? -EOPNOTSUPP : r;
	ix_table_note(t, IPCX_NOTE_UNAVAILABLE, mech, lacks, names, "%s",
		      names[0] ? why : text);
}

void ix_unread_mech(struct ix_scan *s, int r)
{
	ix_unread_note(s->x, s->t, s->mech, r, unread_text(s, r));
}

void ix_unread_object(struct ix_scan *s, int r, const char *subject)
{
	bool absent = r == -ENOSYS;
	char why[160];
	int lacks = absent ? ix_kconfig_lacks(s->x, ix_mech(s->mech)->kconfig, why,
					      sizeof(why))
			   : 0;

	ix_table_note(s->t, s->many ? IPCX_NOTE_UNAVAILABLE : IPCX_NOTE_FAILED, s->mech,
		      lacks < 0 ? lacks
		      : absent  ? -EOPNOTSUPP
				: r,
		      subject, "%s", lacks < 0 ? why : unread_text(s, r));
}
