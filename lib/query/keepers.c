/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows "keepers": one for each holder of a namespace, with the command that makes it
 * let go. */
#include "query/keepers.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "core/columns.h"
#include "core/rows.h"
#include "ns/label.h"
#include "ns/target.h"
#include "proc/stat.h"

struct keeper_row {
	struct ix_row head;
	uint64_t mnt;
	int32_t pid, tid;
	uint32_t fd; /* plus 1 */
	uint32_t processes;
	ix_text kind, command, path, container, keeper, let_go;
};

static void keepers_derive_fd(const struct ipcx_table *t, const struct ix_section *s,
			      const void *row, struct ipcx_value *v)
{
	uint32_t fd = ((const struct keeper_row *)row)->fd;

	(void)t;
	(void)s;
	if (!fd)
		return;
	v->type = IPCX_TYPE_INT;
	v->as.i = (int64_t)fd - 1;
}

/* clang-format off */
static const struct ix_kind keepers_kind = {
	.name = "keepers",
	.row_size = sizeof(struct keeper_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_KIND,           struct keeper_row, kind),
		IX_COL_ZERO(IPCX_F_PID,       struct keeper_row, pid),
		IX_COL_ZERO(IPCX_F_TID,       struct keeper_row, tid),
		IX_COL(IPCX_F_COMMAND,        struct keeper_row, command),
		IX_DERIVED_FROM(IPCX_F_FD,    struct keeper_row, fd, keepers_derive_fd),
		IX_COL(IPCX_F_PATH,           struct keeper_row, path),
		IX_COL_ZERO(IPCX_F_MNT_NS,    struct keeper_row, mnt),
		IX_COL(IPCX_F_CONTAINER,      struct keeper_row, container),
		IX_COL_ZERO(IPCX_F_PROCESSES, struct keeper_row, processes),
		IX_COL(IPCX_F_KEEPER,         struct keeper_row, keeper),
		IX_COL(IPCX_F_LET_GO,         struct keeper_row, let_go)
	),
};
/* clang-format on */

/* ---- one row */

/* The command of a process or thread; "" if it has ended or may not be asked.
 * *ret_stays: a signal does not end it. Returns 0, or -errno if it could not be read. */
static int keepers_command(struct ipcx *x, const struct ix_keeper *one, char *buf,
			   size_t size, bool *ret_stays)
{
	char path[48], text[1024];
	struct ix_proc_stat st;
	int len;

	*buf = '\0';
	*ret_stays = one->pid == 1 || one->pid == getpid();
	if (one->tid)
		(void)snprintf(path, sizeof(path), "%d/task/%d/stat", one->pid, one->tid);
	else
		(void)snprintf(path, sizeof(path), "%d/stat", one->pid);
	len = ix_read_file(ix_procfd(x), path, text, sizeof(text));
	if (len <= 0 || ix_proc_stat_parse(text, (size_t)len, &st) < 0)
		return len == -ENOENT || len == -ESRCH ? 0 : MIN(len, 0);
	(void)snprintf(buf, size, "%s", st.comm);
	*ret_stays |= st.flags & IX_PROC_KTHREAD;
	return 0;
}

static void keepers_box(struct ipcx *x, struct ipcx_table *rows, const struct ix_kept *k,
			struct keeper_row *row, int32_t pid)
{
	const struct ix_container *box = NULL;
	int r = k->boxes ? ix_container_of(x, k->boxes, pid, &box) : -ENODATA;
	char label[IX_LABEL_MAX];

	if (box) {
		ix_container_label(box, label, sizeof(label));
		row->container = ix_table_text(rows, label);
	} else if (r < 0) {
		ix_unknown(rows, row, IPCX_F_CONTAINER);
	}
}

static int keepers_add(struct ipcx *x, struct ipcx_table *rows, const struct ix_kept *k,
		       const struct ix_keeper *one)
{
	char comm[64] = "", text[IX_KEEPER_LET_GO];
	bool here = one->mnt && one->mnt == k->own_mnt, stays = false;
	struct keeper_row *row = ix_table_row(rows);

	if (!row)
		return -ENOMEM;
	if (one->pid && keepers_command(x, one, comm, sizeof(comm), &stays) < 0)
		ix_unknown(rows, row, IPCX_F_COMMAND);
	row->kind = one->kind == IX_KEEPER_UNKNOWN
			    ? 0
			    : ix_table_text(rows, ix_keeper_kind(one->kind));
	row->pid = one->pid;
	row->tid = one->tid;
	row->fd = (uint32_t)(one->fd + 1);
	row->mnt = one->mnt;
	row->processes = one->kind == IX_KEEPER_PROCESS ? one->more : 0;
	row->path = ix_table_text(rows, one->path);
	row->command = ix_table_text(rows, comm[0] ? comm : NULL);
	if (one->pid)
		keepers_box(x, rows, k, row, one->pid);
	ix_keeper_words(one, comm[0] ? comm : NULL, here, text, sizeof(text));
	row->keeper = ix_table_text(rows, text);
	ix_keeper_let_go(one, here, text, sizeof(text));
	if (text[0] && (!stays || one->kind == IX_KEEPER_MOUNT))
		row->let_go = ix_table_text(rows, text);
	if (one->kind == IX_KEEPER_UNKNOWN)
		ix_unknown(rows, row, IPCX_F_KIND);
	ix_table_keep(rows);
	return rows->starved ? -ENOMEM : 0;
}

/* ---- the rows of one namespace */

/* Whether a mount is that of a pin, which has a row of its own. */
static bool keepers_is_pin(const struct ix_kept *k, const struct ix_keeper *one)
{
	char dir[IX_PINS_DIR];
	size_t len = ix_pins_dir(dir, sizeof(dir));
	const struct ix_pin *p = ix_pins_of(k->pins, one->ns);

	if (one->kind != IX_KEEPER_MOUNT || one->mnt != k->own_mnt || !p ||
	    strncmp(one->path, dir, len) != 0 || one->path[len] != '/')
		return false;
	for (; p < k->pins->all + k->pins->n && p->ino == one->ns; p++)
		if (!strcmp(p->name, one->path + len + 1))
			return true;
	return false;
}

static int keepers_pins(struct ipcx *x, struct ipcx_table *rows, const struct ix_kept *k,
			uint64_t ns)
{
	const struct ix_pin *p = ix_pins_of(k->pins, ns);
	int r = 0;

	for (; r == 0 && p && p < k->pins->all + k->pins->n && p->ino == ns; p++) {
		char name[IX_PIN_MAX + 1];

		memcpy(name, p->name, sizeof(name));
		r = keepers_add(x, rows, k,
				&(struct ix_keeper){ .ns = ns,
						     .kind = IX_KEEPER_PIN,
						     .mnt = k->own_mnt,
						     .fd = -1,
						     .path = name });
	}
	return r;
}

/* The oldest process first: where it is process 1 of a container, all end with it. */
static int keepers_processes(struct ipcx *x, struct ipcx_table *rows,
			     const struct ix_kept *k, const struct ix_nsseen *seen,
			     const struct ix_keeper *all, size_t n)
{
	struct ix_keeper one = {
		.ns = seen->ino, .kind = IX_KEEPER_PROCESS, .pid = seen->pid, .fd = -1
	};
	int r = seen->pid ? keepers_add(x, rows, k, &one) : 0;

	if (seen->processes > IX_KEEPERS_PROCESSES) {
		one.more = seen->processes - 1;
		one.pid = 0;
		return r == 0 ? keepers_add(x, rows, k, &one) : r;
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		if (all[i].kind == IX_KEEPER_PROCESS && all[i].pid != seen->pid &&
		    all[i].pid != getpid())
			r = keepers_add(x, rows, k, &all[i]);
	return r;
}

static int keepers_rest(struct ipcx *x, struct ipcx_table *rows, const struct ix_kept *k,
			const struct ix_nsseen *seen)
{
	const struct {
		enum ix_keeper_kind kind;
		uint32_t n;
	} counts[] = {
		{ IX_KEEPER_THREAD, seen->threads },
		{ IX_KEEPER_FD, seen->fds },
		{ IX_KEEPER_MOUNT, seen->mounts },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(counts); i++)
		if (counts[i].n > IX_KEEPERS_OTHERS)
			r = keepers_add(x, rows, k,
					&(struct ix_keeper){
						.ns = seen->ino,
						.kind = counts[i].kind,
						.fd = -1,
						.more = counts[i].n - IX_KEEPERS_OTHERS,
					});
	return r;
}

int ix_kept_list(struct ipcx *x, struct ipcx_table *t, const struct ix_kept *k,
		 const struct ix_nsseen *seen, uint32_t *ret_list)
{
	struct ipcx_table *rows = ix_rows_below(t, IX_BELOW_KEEPERS, &keepers_kind);
	size_t n, nmapped, first = rows ? rows->rows : 0;
	const struct ix_keeper *all = ix_keepers_of(&k->l->keepers, seen->ino, &n);
	const struct ix_keeper *mapped = ix_keepers_of(&k->mapped, seen->ino, &nmapped);
	int r = rows ? keepers_processes(x, rows, k, seen, all, n) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (all[i].kind != IX_KEEPER_PROCESS && !keepers_is_pin(k, &all[i]))
			r = keepers_add(x, rows, k, &all[i]);
	if (r == 0)
		r = keepers_rest(x, rows, k, seen);
	if (r == 0)
		r = keepers_pins(x, rows, k, seen->ino);
	for (size_t i = 0; r == 0 && i < nmapped; i++)
		r = keepers_add(x, rows, k, &mapped[i]);
	if (r == 0 && rows->rows == first)
		r = keepers_add(x, rows, k,
				&(struct ix_keeper){ .ns = seen->ino,
						     .kind = IX_KEEPER_UNKNOWN,
						     .fd = -1 });
	if (r == 0)
		*ret_list = ix_rows_list(t, IX_BELOW_KEEPERS, first, IPCX_F_KEEPER);
	return t->starved ? -ENOMEM : r;
}

/* ---- all namespaces */

#define KEEPERS_NOTES 8

/* Holders of which /proc does not show what they hold. */
static void keepers_vague(struct ipcx *x, struct ipcx_table *t, const struct ix_kept *k)
{
	size_t n;
	const struct ix_keeper *all = ix_keepers_of(&k->l->keepers, 0, &n);

	for (size_t i = 0; i < n && i < KEEPERS_NOTES; i++) {
		char comm[64], subject[IX_KEEPER_TEXT];
		bool stays;

		(void)keepers_command(x, &all[i], comm, sizeof(comm), &stays);
		ix_keeper_words(&all[i], comm[0] ? comm : NULL, true, subject,
				sizeof(subject));
		ix_table_note(
			t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, subject,
			all[i].path && all[i].path[0] == '/'
				? "%s keeps the IPC namespace in which it was opened; which one that is cannot be seen"
				: "%s may keep the IPC namespace in which it was opened; which one that is cannot be seen",
			all[i].path ? all[i].path : "");
	}
	if (n > KEEPERS_NOTES)
		ix_table_note(
			t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, NULL,
			"%zu more descriptors keep IPC namespaces; which ones cannot be seen",
			n - KEEPERS_NOTES);
}

int ix_kept_begin(struct ipcx *x, struct ipcx_table *t, bool all, struct ix_kept *k)
{
	int r = ix_containers_among(x, k->l, &k->boxes);

	if (r == 0)
		ix_gaps_note(ix_containers_gaps(k->boxes), t);
	if (r == 0)
		r = ix_kept_mapped(x, t, all, &k->mapped);
	ix_keepers_sort(&k->mapped);
	k->own_mnt = ix_ns_own(x, "mnt");
	if (k->l->denied)
		ix_table_once(
			t, -EACCES,
			"what some processes keep, by threads, descriptors and mappings, may not be looked at (needs CAP_SYS_PTRACE)");
	if (all)
		keepers_vague(x, t, k);
	return r;
}

void ix_kept_end(struct ix_kept *k)
{
	ix_containers_free(k->boxes);
	ix_keepers_free(&k->mapped);
	k->boxes = NULL;
}
