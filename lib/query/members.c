/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The users of an IPC namespace: its processes and its containers. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "core/box.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "ns/label.h"
#include "ns/ns.h"
#include "proc/stat.h"
#include "query/boxed.h"
#include "query/query.h"

/* ---- processes */

struct member_row {
	struct ix_row head;
	uint64_t mnt;
	int64_t started;
	int32_t pid;
	uint32_t uid;
	ix_text command;
	uint32_t boxes;
};

static void derive_owner(const struct ipcx_table *t, const struct ix_section *s,
			 const void *row, struct ipcx_value *v)
{
	(void)s;
	ix_derive_name(t, &t->users, ((const struct member_row *)row)->uid, v);
}

/* clang-format off */
static const struct ix_kind members_kind = {
	.name = "members",
	.row_size = sizeof(struct member_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_PID,       struct member_row, pid),
		IX_COL(IPCX_F_COMMAND,   struct member_row, command),
		IX_DERIVED_FROM(IPCX_F_OWNER,     struct member_row, uid, derive_owner),
		IX_COL(IPCX_F_UID,       struct member_row, uid),
		IX_COL_ZERO(IPCX_F_STARTED,   struct member_row, started),
		IX_BOX_COLUMNS(struct member_row, boxes),
		IX_COL_ZERO(IPCX_F_MNT_NS,    struct member_row, mnt)
	),
};
/* clang-format on */

static int add_member(struct ipcx *x, struct ipcx_table *t, const struct ix_containers *c,
		      uint32_t *lists, int32_t pid, uint64_t mnt)
{
	int proc = ix_procfd(x), len;
	char path[24], text[1024];
	struct member_row *row;
	struct ix_proc_stat ps;
	struct stat st;

	(void)snprintf(path, sizeof(path), "%d/stat", pid);
	len = ix_read_file(proc, path, text, sizeof(text));
	if (len == -ENOENT || len == -ESRCH)
		return 0; /* gone meanwhile */
	if (len >= 0 && ix_proc_stat_parse(text, (size_t)len, &ps) < 0)
		len = -EPROTO;
	row = ix_table_row(t);
	if (!row)
		return -ENOMEM;
	row->pid = pid;
	if (len >= 0) {
		row->command = ix_table_text(t, ps.comm);
		row->started = ix_proc_started(ps.start);
	} else {
		ix_unknown(t, row, IPCX_F_COMMAND);
		ix_unknown(t, row, IPCX_F_STARTED);
		ix_table_once(
			t, len,
			"command and start time of some processes could not be read");
	}
	(void)snprintf(path, sizeof(path), "%d", pid);
	if (fstatat(proc, path, &st, 0) == 0) {
		row->uid = st.st_uid;
	} else if (errno == ENOENT || errno == ESRCH) {
		return 0;
	} else {
		ix_unknown(t, row, IPCX_F_UID);
		ix_unknown(t, row, IPCX_F_OWNER);
		ix_table_once(t, -errno, "the users of some processes could not be read");
	}
	row->mnt = mnt;
	ix_boxed_of(x, c, pid, lists, t, row, &row->boxes);
	if (ix_name_id(x, t, false, row->uid) < 0)
		return -ENOMEM;
	ix_table_keep(t);
	return 0;
}

static int add_members(struct ipcx *x, struct ipcx_table *t, uint64_t ino)
{
	struct ix_containers *c = NULL;
	auto_free uint32_t *lists = NULL;
	struct ix_nslist l;
	int r = ix_discover(x, 0, &l);

	if (r < 0)
		return r;
	r = ix_containers_among(x, &l, &c);
	if (r == 0) {
		ix_gaps_note(ix_containers_gaps(c), t);
		lists = calloc(ix_containers_count(c) + 1, sizeof(*lists));
		r = lists ? 0 : -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < l.nentries; i++) {
		const struct ix_process_entry *entry = &l.entries[i];

		if (entry->pair != IX_HIDDEN && l.pairs[entry->pair].ipc == ino)
			r = add_member(x, t, c, lists, entry->pid,
				       l.pairs[entry->pair].mnt);
	}
	ix_containers_free(c);
	ix_nslist_free(&l);
	return r;
}

int ipcx_members(struct ipcx *x, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	uint64_t ino = x->ns && !x->ns->all ? ix_ns_target(x->ns)->ino
					    : ix_ns_own(x, "ipc");
	struct ipcx_table *t;
	int r = ix_ns_needed(x, x->ns);

	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = ix_table_section(t, &members_kind, IPCX_NO_MECH);
	if (r == 0)
		r = add_members(x, t, ino);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, t, r, ret_table);
}

/* ---- containers */

static int add_box(struct ipcx_table *t, const struct ix_container *c, uint64_t only)
{
	char label[IX_LABEL_MAX];
	struct ix_box box;

	if (only && c->ipc != only)
		return 0;
	ix_container_box(c, label, &box);
	return ix_box_add(t, &box);
}

int ipcx_containers(struct ipcx *x, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	uint64_t only = x->ns && !x->ns->all ? ix_ns_target(x->ns)->ino : 0;
	const struct ix_container *one;
	struct ix_containers *c;
	struct ipcx_table *t;
	int r = ix_ns_needed(x, x->ns);

	if (r == 0)
		r = ix_containers_all(x, &c);
	if (r < 0)
		return r;
	r = ix_table_new(&t);
	if (r < 0) {
		ix_containers_free(c);
		return ix_fail_plain(x, r, "out of memory");
	}
	ix_gaps_note(ix_containers_gaps(c), t);
	r = ix_table_section(t, &ix_boxes, IPCX_NO_MECH);
	for (size_t i = 0; r == 0 && (one = ix_containers_at(c, i)) != NULL; i++)
		r = add_box(t, one, only);
	ix_containers_free(c);
	return ix_table_hand(x, t, r < 0 ? ix_fail(x, r, "containers") : 0, ret_table);
}
