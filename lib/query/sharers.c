/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who shares an IPC namespace, its /dev/shm or its /dev/mqueue: processes may share any
 * of the three without the others. */
#include <errno.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/dirid.h"
#include "ns/discover.h"
#include "ns/ns.h"
#include "query/query.h"

struct share_row {
	struct ix_row head;
	uint64_t ns, mnt;
	uint32_t processes;
	int32_t pid;
	ix_text shm, mqueue;
};

/* What other processes may share with a namespace. */
struct common {
	uint64_t ns;
	struct ix_dirid shm, mqueue;
};

/* clang-format off */
static const struct ix_kind shares_kind = {
	.name = "sharers",
	.row_size = sizeof(struct share_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_NS,            struct share_row, ns),
		IX_COL_ZERO(IPCX_F_MNT_NS,        struct share_row, mnt),
		IX_COL(IPCX_F_PID,           struct share_row, pid),
		IX_COL(IPCX_F_PROCESSES,     struct share_row, processes),
		IX_COL(IPCX_F_SHM_DEVICE,    struct share_row, shm),
		IX_COL(IPCX_F_MQUEUE_DEVICE, struct share_row, mqueue)
	),
};
/* clang-format on */

/* Whether it is unknown which directory a process sees. A missing directory (ENOENT) or
 * an ended process (ESRCH) does not count as unknown. */
static bool sharers_is_unknown(const struct ix_dirid *s)
{
	return s->error && s->error != -ENOENT && s->error != -ESRCH;
}

static void note_unknown_dir(struct ipcx_table *t, const struct ix_dirid *s,
			     const char *what)
{
	if (sharers_is_unknown(s))
		ix_table_once(t, s->error, what);
}

static int sharers_add(struct ipcx *x, struct ipcx_table *t, const struct ix_nspair *p,
		       const struct common *self)
{
	struct ix_dirid shm = ix_dirid_of(x, p->pid, "dev/shm");
	struct ix_dirid mqueue = ix_dirid_of(x, p->pid, "dev/mqueue");
	struct share_row *row;
	char text[IX_DIRID_TEXT];

	/* Add the notes also for processes of which nothing is known to be shared: what
	 * is unknown might be shared. */
	note_unknown_dir(t, &shm,
			 "what is mounted on /dev/shm of some processes is unknown");
	note_unknown_dir(t, &mqueue,
			 "what is mounted on /dev/mqueue of some processes is unknown");
	if (p->ipc != self->ns && !ix_dirid_same(&shm, &self->shm) &&
	    !ix_dirid_same(&mqueue, &self->mqueue))
		return 0;
	row = ix_table_row(t);
	if (!row)
		return -ENOMEM;
	row->ns = p->ipc;
	row->mnt = p->mnt;
	row->shm = shm.error ? 0 : ix_table_text(t, ix_dirid_text(&shm, text));
	row->mqueue = mqueue.error ? 0 : ix_table_text(t, ix_dirid_text(&mqueue, text));
	if (sharers_is_unknown(&shm))
		ix_unknown(t, row, IPCX_F_SHM_DEVICE);
	if (sharers_is_unknown(&mqueue))
		ix_unknown(t, row, IPCX_F_MQUEUE_DEVICE);
	row->pid = p->pid;
	row->processes = p->processes;
	ix_table_keep(t);
	return 0;
}

static int add_sharers(struct ipcx *x, struct ipcx_table *t)
{
	const struct ix_target *p = x->ns && !x->ns->all ? ix_ns_target(x->ns) : NULL;
	int root = p ? p->rootfd : ix_rootfd(x);
	const struct common self = {
		.ns = p ? p->ino : ix_ns_own(x, "ipc"),
		.shm = ix_dirid_below(x, root < 0 ? -ESRCH : root, "dev/shm"),
		.mqueue = ix_dirid_below(x, root < 0 ? -ESRCH : root, "dev/mqueue"),
	};
	struct ix_gaps gaps = { .n = 0 };
	struct ix_nslist l;
	int r = ix_discover(x, 0, &l);

	if (r < 0)
		return r;
	ix_nslist_gaps(&l, &gaps);
	ix_gaps_note(&gaps, t);
	note_unknown_dir(t, &self.shm, "what is mounted on its /dev/shm is unknown");
	note_unknown_dir(t, &self.mqueue,
			 "what is mounted on its /dev/mqueue is unknown");
	for (size_t i = 0; r == 0 && i < l.npairs; i++)
		r = sharers_add(x, t, &l.pairs[i], &self);
	ix_nslist_free(&l);
	return r;
}

int ipcx_sharers(struct ipcx *x, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ipcx_table *t;
	int r = ix_ns_needed(x, x->ns);

	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = ix_table_section(t, &shares_kind, IPCX_NO_MECH);
	if (r == 0)
		r = add_sharers(x, t);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, t, r, ret_table);
}
