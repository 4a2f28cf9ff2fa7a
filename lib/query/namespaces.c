/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IPC namespaces as rows: their properties, their processes, and what they hold. */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "ns/discover.h"
#include "ns/label.h"
#include "ns/ns.h"
#include "ns/pin.h"
#include "proc/stat.h"
#include "query/keepers.h"
#include "query/query.h"
#include "query/spaces.h"

static void derive_user(const struct ipcx_table *t, const struct ix_section *s,
			const void *row, struct ipcx_value *v)
{
	(void)s;
	ix_derive_name(t, &t->users, ((const struct ix_space_row *)row)->creator, v);
}

/* Without a process, there is no user of it. */
static void namespaces_derive_uid(const struct ipcx_table *t, const struct ix_section *s,
				  const void *row, struct ipcx_value *v)
{
	const struct ix_space_row *r = row;

	(void)t;
	(void)s;
	*v = (struct ipcx_value){ .type = r->pid ? IPCX_TYPE_UINT : IPCX_TYPE_NONE };
	v->as.u = r->uid;
}

static void namespaces_derive_owner(const struct ipcx_table *t,
				    const struct ix_section *s, const void *row,
				    struct ipcx_value *v)
{
	const struct ix_space_row *r = row;

	(void)s;
	*v = (struct ipcx_value){ .type = IPCX_TYPE_NONE };
	if (r->pid)
		ix_derive_name(t, &t->users, r->uid, v);
}

/* clang-format off */
static const struct ix_kind ns_kind = {
	.name = "namespaces",
	.row_size = sizeof(struct ix_space_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_NS,            struct ix_space_row, ns),
		IX_COL_ZERO(IPCX_F_NS_ID,         struct ix_space_row, id),
		IX_PLACE_BOX_COLUMNS(IX_DERIVED),
		IX_COL_ZERO(IPCX_F_PID,           struct ix_space_row, pid),
		IX_DERIVED(IPCX_F_OWNER,         namespaces_derive_owner),
		IX_DERIVED(IPCX_F_UID,           namespaces_derive_uid),
		IX_COL(IPCX_F_COMMAND,       struct ix_space_row, command),
		IX_COL(IPCX_F_PROCESSES,     struct ix_space_row, processes),
		IX_COL(IPCX_F_THREADS,       struct ix_space_row, threads),
		IX_COL(IPCX_F_MOUNTS,        struct ix_space_row, mounts),
		IX_COL(IPCX_F_FDS,           struct ix_space_row, fds),
		IX_COL(IPCX_F_KEPT_BY,       struct ix_space_row, kept_by),
		IX_CONSTANT(IPCX_F_DIRECTORY, ix_derive_directory),
		IX_COL(IPCX_F_KEEPERS,       struct ix_space_row, keepers),
		IX_COL(IPCX_F_PIN,           struct ix_space_row, pin),
		IX_COL_ZERO(IPCX_F_USER_NS,       struct ix_space_row, user_ns),
		IX_COL_ZERO(IPCX_F_USER_NS_PARENT, struct ix_space_row, user_ns_parent),
		IX_COL(IPCX_F_USER_NS_UID,   struct ix_space_row, creator),
		IX_DERIVED_FROM(IPCX_F_USER_NS_OWNER, struct ix_space_row, creator, derive_user),
		IX_COL(IPCX_F_OBJECTS,       struct ix_space_row, objects),
		IX_COL(IPCX_F_BYTES,         struct ix_space_row, bytes)
	),
};
/* clang-format on */

_Static_assert(sizeof(struct ix_space_row) % 8 == 0, "rows are compared by words");
_Static_assert(sizeof(struct ix_space_row) <= 128, "rows stay compact");

/* ---- rows */

static void put_kept_by(struct ipcx_table *t, struct ix_space_row *row,
			const struct ix_nsseen *seen)
{
	char text[64] = "";

	(void)snprintf(text, sizeof(text), "%s%s%s%s",
		       seen->processes ? ",processes" : "",
		       seen->threads ? ",threads" : "", seen->mounts ? ",mounts" : "",
		       seen->fds ? ",fds" : "");
	row->kept_by = ix_table_text(t, text[0] ? text + 1 : NULL);
	if (seen->listed && !text[0]) {
		ix_unknown(t, row, IPCX_F_KEPT_BY);
		ix_table_reason(
			t,
			"what keeps some namespaces that the kernel lists was not found");
	}
}

static void namespaces_sum_up(struct ipcx_table *t, struct ix_space_row *row,
			      const struct ix_held *held)
{
	if (held) {
		row->objects = held->objects;
		row->bytes = held->bytes;
	}
	if (!held || !held->whole)
		ix_unknown(t, row, IPCX_F_OBJECTS);
	if (!held || !held->whole || !held->weighed)
		ix_unknown(t, row, IPCX_F_BYTES);
}

/* Note a namespace that cannot be opened. It is still listed, with what is known. */
static void note_closed(struct ipcx *x, struct ipcx_table *t, const struct ix_target *p,
			int r)
{
	char subject[40];

	(void)snprintf(subject, sizeof(subject), "ipc:[%llu]",
		       (unsigned long long)p->ino);
	ix_table_note(t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH, r, subject, "%s",
		      x->error[0] ? x->error : ix_errno_text(r));
}

/* Add the row of a namespace; the namespace is opened for that. */
static int add_row(struct ipcx *x, struct ipcx_table *t, const struct ix_nsseen *seen,
		   const struct ix_target *p, const struct ix_spaces *how)
{
	struct ix_target now = IX_NO_TARGET;
	struct ix_space_row *row;
	int r = 0;

	if (p->nsfd < 0)
		r = ix_target_again(x, p, &now);
	if (r == -ESRCH)
		return 0; /* gone meanwhile */
	if (r < 0 && r != -ENOMEM)
		note_closed(x, t, p, r);
	if (ix_table_place(t, p->ino, p->boxes, how->unnamed) < 0 ||
	    ix_table_section(t, &ns_kind, IPCX_NO_MECH) < 0 || !(row = ix_table_row(t)))
		r = -ENOMEM;
	if (r != -ENOMEM) {
		row->ns = p->ino;
		row->pid = seen->pid;
		row->processes = seen->processes;
		row->threads = seen->threads;
		row->mounts = seen->mounts;
		row->fds = seen->fds;
		if (how->no_mounts && !seen->mounts) {
			ix_unknown(t, row, IPCX_F_MOUNTS);
			ix_unknown(t, row, IPCX_F_KEPT_BY);
		}
		if (how->no_pins)
			ix_unknown(t, row, IPCX_F_PIN);
		if (!how->thorough) {
			ix_unknown(t, row, IPCX_F_THREADS);
			ix_unknown(t, row, IPCX_F_FDS);
			ix_unknown(t, row, IPCX_F_KEEPERS);
			ix_table_reason(
				t,
				"threads that left the namespace of their process, and descriptors, were not looked for");
		}
		ix_space_process(x, t, row, seen->pid);
		put_kept_by(t, row, seen);
		row->pin = ix_table_text(t, ix_pins_name(how->pins, row->ns));
		ix_space_identity(t, row, p->nsfd >= 0 ? p : &now);
		namespaces_sum_up(t, row, ix_held_of(&how->held, row->ns));
		if (p->elsewhere) {
			ix_unknown(t, row, IPCX_F_OBJECTS);
			ix_unknown(t, row, IPCX_F_BYTES);
		}
		ix_number_here(x, ix_last_section(t), row);
		r = ix_name_id(x, t, false, row->creator);
		if (r >= 0 && row->pid)
			r = ix_name_id(x, t, false, row->uid);
		if (r >= 0 && how->thorough)
			r = ix_kept_list(x, t, how->kept, seen, &row->keepers);
		ix_table_keep(t);
		r = MIN(r, 0);
	}
	now.boxes = NULL; /* borrowed from p */
	ix_target_close(&now);
	return r;
}

static int add_rows(struct ipcx *x, struct ipcx_table *t, const struct ix_nslist *l,
		    const struct ipcx_ns *all, const struct ix_spaces *how)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < all->n; i++) {
		const struct ix_target *p = &all->places[i];

		if (!p->only_shm && !p->directory && (!how->only || how->only == p->ino))
			r = add_row(x, t, ix_nslist_find(l, p->ino), p, how);
	}
	return r;
}

static int list_them(struct ipcx *x, struct ix_nslist *l, struct ix_spaces *how,
		     struct ipcx_table *t)
{
	struct ipcx_ns *all, *before = x->ns;
	struct ipcx_table *usage = NULL;
	struct ix_pins pins = { .n = 0 };
	struct ix_kept kept = { .l = l, .pins = &pins };
	int r = ix_ns_all_of(x, l, &all);

	if (r < 0)
		return r;
	how->unnamed = all->gaps.names;
	how->no_mounts = l->no_mounts;
	how->pins = &pins;
	how->kept = &kept;
	r = ix_pins_read(&pins);
	if (r < 0 && r != -ENOMEM) {
		how->no_pins = true;
		ix_gap(&all->gaps, r, "pins could not be read (%s)", ix_errno_text(r));
		r = 0;
	}
	ix_gaps_note(&all->gaps, t);
	x->ns = how->only && before ? before : all;
	if (r == 0)
		r = ipcx_usage(x, &usage);
	if (r == 0)
		r = ix_held_sum(usage, &how->held);
	if (r == 0 && how->thorough) {
		x->ns = all;
		r = ix_kept_begin(x, t, !how->only, &kept);
		x->ns = how->only && before ? before : all;
	}
	if (r == 0) {
		ix_held_trouble(usage, t);
		r = add_rows(x, t, l, all, how);
		if (r == 0 && !how->only)
			r = ix_remains_rows(t, usage);
	}
	how->pins = NULL;
	how->kept = NULL;
	free(how->held.all);
	ix_kept_end(&kept);
	ix_pins_free(&pins);
	ipcx_table_free(usage);
	x->ns = before;
	ipcx_ns_free(all);
	return r;
}

int ipcx_namespaces(struct ipcx *x, unsigned flags, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	struct ix_spaces how = { .thorough = flags & IPCX_THOROUGH };
	struct ix_nslist l;
	struct ipcx_table *t;
	int r;

	if (flags & ~IPCX_THOROUGH)
		return ix_fail_plain(x, -EINVAL, "an unknown flag");
	r = ix_ns_needed(x, x->ns);
	if (r < 0)
		return r;
	r = ix_discover_some(
		x, how.thorough ? IX_SEEK_THREADS | IX_SEEK_FDS | IX_SEEK_KEEPERS : 0,
		&l);
	if (r < 0)
		return r;
	if (x->ns && !x->ns->all)
		how.only = ix_ns_target(x->ns)->ino;
	r = ix_table_new(&t);
	if (r < 0) {
		ix_nslist_free(&l);
		return ix_fail_plain(x, r, "out of memory");
	}
	r = list_them(x, &l, &how, t);
	ix_nslist_free(&l);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, t, r, ret_table);
}
