/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why an object may not be removed or changed: our uid, its owner, and which capability
 * is needed. */
#include <stdio.h>
#include <unistd.h>

#include "core/columns.h"
#include "query/query.h"

/* Write why an object in a user namespace that is not ours may not be removed or
 * changed. */
static const char *denied_there(const struct ipcx *x, uint32_t owner, char *buf,
				size_t size)
{
	const struct ix_idmap *ids = x->view.ids;
	uint32_t us = ix_id_here(ids->users, ids->nusers, geteuid());

	if (owner == IX_UNMAPPED)
		(void)snprintf(
			buf, size,
			"not permitted: done as uid %u, in whose user namespace the owner does not exist",
			us);
	else
		(void)snprintf(buf, size,
			       "not permitted: done as uid %u, the owner is uid %u", us,
			       owner);
	return buf;
}

const char *ix_denied(const struct ipcx *x, const struct ix_kind *kind, const void *row,
		      char *buf, size_t size)
{
	const struct ix_column *uid = ix_column(kind, IPCX_F_UID),
			       *cuid = ix_column(kind, IPCX_F_CUID);
	unsigned owner = (unsigned)ix_column_raw(uid, row);
	int n;

	if (x->view.ids)
		return denied_there(x, owner, buf, size);
	n = snprintf(buf, size, "not permitted: you are uid %u, the owner is uid %u",
		     (unsigned)geteuid(), owner);

	if (n < 0 || (size_t)n >= size)
		return buf;
	if (cuid->size)
		(void)snprintf(buf + n, size - (size_t)n,
			       ", the creator uid %u (needs CAP_SYS_ADMIN)",
			       (unsigned)ix_column_raw(cuid, row));
	else
		(void)snprintf(buf + n, size - (size_t)n, " (needs CAP_FOWNER)");
	return buf;
}
