/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which container a process of a row is in. */
#include "query/boxed.h"

#include <errno.h>

#include "ns/label.h"
#include "who/procs.h"

int ix_boxed_label(struct ix_boxed *b, struct ipcx *x, struct ipcx_table *t,
		   const struct ix_user *user, void *row, ix_text *ret_label)
{
	const struct ix_container *box;
	char label[IX_LABEL_MAX];

	if (user->mnt && user->mnt == b->own_mnt)
		return 0;
	if (!b->searched) {
		b->searched = true;
		if (ix_containers_all(x, &b->c) < 0)
			ix_table_once(t, x->said, "containers could not be searched for");
		else
			ix_gaps_note(ix_containers_gaps(b->c), t);
	}
	box = b->c ? ix_container_of(x, b->c, user->pid) : NULL;
	if (box) {
		ix_container_label(box, label, sizeof(label));
		*ret_label = ix_table_text(t, label);
	} else if (!b->c || ix_containers_gaps(b->c)->names) {
		ix_unknown(t, row, IPCX_F_CONTAINER);
	}
	return t->starved ? -ENOMEM : 0;
}

void ix_boxed_end(struct ix_boxed *b)
{
	ix_containers_free(b->c);
	b->c = NULL;
}
