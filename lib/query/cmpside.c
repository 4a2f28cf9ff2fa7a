/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By which key or name programs find an object. */
#include "query/cmpside.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/columns.h"
#include "query/query.h"

/* Return the mechanisms of which a side may have objects that were not read. */
static uint64_t uncounted(const struct ipcx_ns *ns, const struct ipcx_table *t)
{
	uint64_t mechs = ns->places->elsewhere ? UINT64_MAX : 0;

	for (size_t i = 0; i < t->nsections; i++)
		if (t->sections[i].uncounted)
			mechs |= IPCX_MECH_BIT(t->sections[i].mech);
	return mechs;
}

/* How programs find an object: "shm:0x000004d2", "mq:/jobs"; "" if it has no key or
 * name. */
static void public_name(const struct ipcx_table *t, size_t row, char *buf, size_t size)
{
	struct ipcx_value v;

	buf[0] = '\0';
	if (ipcx_row_get(t, row, IPCX_F_KEY, &v) == 0) {
		if (v.type == IPCX_TYPE_KEY && v.as.u)
			(void)snprintf(buf, size, "%s:0x%08" PRIx64,
				       ipcx_mech_info(ipcx_row_mech(t, row))->name,
				       v.as.u);
	} else if (ipcx_row_get(t, row, IPCX_F_REF, &v) == 0) {
		(void)snprintf(buf, size, "%s", ipcx_value_string(&v));
	}
}

static int cmpside_by_name(const void *a, const void *b)
{
	return strcmp(((const struct ix_cmp_object *)a)->name,
		      ((const struct ix_cmp_object *)b)->name);
}

int ix_cmp_sorted(const struct ipcx_ns *ns, const struct ipcx_table *t,
		  struct ix_cmp_side *ret_side)
{
	struct ix_cmp_object *all = calloc(t->rows + 1, sizeof(*all));
	size_t n = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < t->rows; i++) {
		public_name(t, i, all[n].name, sizeof(all[n].name));
		all[n].mech = ipcx_row_mech(t, i);
		n += all[n].name[0] != '\0';
	}
	qsort(all, n, sizeof(*all), cmpside_by_name);
	*ret_side =
		(struct ix_cmp_side){ .all = all, .n = n, .uncounted = uncounted(ns, t) };
	return 0;
}
