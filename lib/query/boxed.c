/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which container a process of a row is in. */
#include "query/boxed.h"

#include <errno.h>
#include <stdlib.h>

#include "core/box.h"
#include "ns/label.h"
#include "who/procs.h"

bool ix_boxed_wanted(const struct ipcx_query *q)
{
	struct ipcx_fieldset read = ipcx_expr_fields(q->where);

	return ipcx_fieldset_empty(&q->fields) || ix_box_wanted(&q->fields) ||
	       ix_box_wanted(&read);
}

/* Search once. */
static int boxed_search(struct ix_boxed *b, struct ipcx *x, struct ipcx_table *t)
{
	b->searched = true;
	if (ix_containers_all(x, &b->c) < 0) {
		ix_table_once(t, x->said, "containers could not be searched for");
		return 0;
	}
	ix_gaps_note(ix_containers_gaps(b->c), t);
	b->lists = calloc(ix_containers_count(b->c) + 1, sizeof(*b->lists));
	return b->lists ? 0 : -ENOMEM;
}

int ix_boxed_list(struct ix_boxed *b, struct ipcx *x, struct ipcx_table *t,
		  const struct ix_user *user, void *row, uint32_t *ret_list)
{
	if (user->mnt && user->mnt == b->own_mnt)
		return 0;
	if (!b->searched && boxed_search(b, x, t) < 0)
		return -ENOMEM;
	ix_boxed_of(x, b->c, user->pid, b->lists, t, row, ret_list);
	return t->starved ? -ENOMEM : 0;
}

/* Whether there is something to tell: what is missing from the list, and which processes
 * may not be looked at, is told once for all; that a process ends is no failure. */
static bool boxed_failed(int r)
{
	return r < 0 && r != -ENODATA && r != -EACCES && r != -EPERM && r != -ENOENT &&
	       r != -ESRCH;
}

void ix_boxed_of(struct ipcx *x, const struct ix_containers *c, int32_t pid,
		 uint32_t *lists, struct ipcx_table *t, void *row, uint32_t *ret_list)
{
	const struct ipcx_fieldset fields = ix_box_fields();
	const struct ix_container *box = NULL;
	int r = c ? ix_container_of(x, c, pid, &box) : -ENODATA;

	if (box)
		*ret_list = ix_boxed_one(c, box, lists, t);
	else if (r < 0)
		ix_unknown_all(t, row, &fields);
	if (boxed_failed(r))
		ix_table_once(t, r, "the containers of some processes are unknown");
}

uint32_t ix_boxed_one(const struct ix_containers *c, const struct ix_container *box,
		      uint32_t *lists, struct ipcx_table *t)
{
	uint32_t *list = &lists[ix_containers_index(c, box)];
	char label[IX_LABEL_MAX];
	struct ix_box one;

	if (*list)
		return *list;
	ix_container_box(box, label, &one);
	*list = ix_box_list(t, &one, 1);
	return *list;
}

void ix_boxed_end(struct ix_boxed *b)
{
	ix_containers_free(b->c);
	free(b->lists);
	b->c = NULL;
	b->lists = NULL;
}
