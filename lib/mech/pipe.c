/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pipes and FIFOs that are open. A pipe has no name and ends with its last descriptor; of
 * a FIFO, which is a file, only the open ones are found. They are never opened: that
 * would make us a reader or writer, and wake those who wait for one. What a pipe holds is
 * read from a duplicated descriptor, only if the query names that field.
 */
#include <errno.h>
#include <limits.h>

#include "mech/nameless.h"
#include "who/uses.h"
#include "who/waits.h"

struct pipe_row {
	struct ix_posix_row base;
	uint64_t users, readers, writers, capacity, buffered;
	uint32_t waiters;
	uint8_t use;
};

_Static_assert(sizeof(struct pipe_row) <= 128, "rows stay compact");

/* clang-format off */
static const struct ix_kind pipe_kind = {
	.name = "objects",
	.row_size = sizeof(struct pipe_row),
	IX_COLUMNS(
		IX_POSIX_COLUMNS(struct pipe_row),
		IX_COL(IPCX_F_READERS,         struct pipe_row, readers),
		IX_COL(IPCX_F_WRITERS,         struct pipe_row, writers),
		IX_COL(IPCX_F_USER_COUNT,      struct pipe_row, users),
		IX_COL(IPCX_F_MTIME,           struct pipe_row, base.mtime),
		IX_COL_COSTLY(IPCX_F_CAPACITY, struct pipe_row, capacity),
		IX_COL_COSTLY(IPCX_F_BUFFERED, struct pipe_row, buffered),
		IX_WAITERS_COLUMN(struct pipe_row),
		IX_USE_COLUMNS(struct pipe_row)
	),
};
/* clang-format on */

static int pipe_keep(struct ix_scan *s, const struct ix_found *f, void *arg)
{
	const struct ipcx_fieldset counts =
		IPCX_FIELDSET(IPCX_F_USER_COUNT, IPCX_F_READERS, IPCX_F_WRITERS);
	const char *name = NULL;
	struct pipe_row *row;
	char path[PATH_MAX];

	(void)arg;
	if (f->in_files)
		name = ix_nameless_path(s, f->st.st_nlink == 0, path, sizeof(path));
	row = ix_nameless_row(s, f, name);
	if (!row)
		return -ENOMEM;
	if (f->in_files && !name)
		ix_unknown(s->t, row, IPCX_F_NAME);
	row->users = f->users;
	row->readers = f->readers;
	row->writers = f->writers;
	ix_nameless_counts(s, f, row, &counts);
	return ix_scan_keep(s);
}

static int pipe_scan(struct ix_scan *s)
{
	return ix_found_all(s, NULL, 0, pipe_keep, NULL);
}

static int pipe_find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	return ix_found_all(s, ref, 0, pipe_keep, NULL);
}

static int pipe_costly(struct ix_scan *s, void *data)
{
	struct pipe_row *row = data;
	int r;

	if (!ipcx_fieldset_has(&s->costly, IPCX_F_CAPACITY) &&
	    !ipcx_fieldset_has(&s->costly, IPCX_F_BUFFERED))
		return 0;
	r = ix_found_pipe(s, &row->capacity, &row->buffered);
	if (r == 0)
		return 0;
	ix_unknown(s->t, row, IPCX_F_CAPACITY);
	ix_unknown(s->t, row, IPCX_F_BUFFERED);
	ix_table_once(s->t, r, "what some pipes hold could not be read (ptrace(2))");
	return 0;
}

static const enum ipcx_field shown[] = { IPCX_F_REF,     IPCX_F_NAME,
					 IPCX_F_OWNER,   IPCX_F_READERS,
					 IPCX_F_WRITERS, IPCX_F_USER_COUNT,
					 IPCX_F_AGE };

static const struct ix_traces traces = { .opened = true,
					 .kind = IX_USE_PIPE,
					 .waits = 1U << IX_WAIT_PIPE |
						  1U << IX_WAIT_OPEN };

static const struct ix_sign signs[] = {
	{ IPCX_F_USER_COUNT, IPCX_USE_ATTACHED, "open" },
	{ IPCX_NO_FIELD, IPCX_USE_NONE, "nobody has it open" },
};

extern const struct ix_mech ix_mech_pipe;
const struct ix_mech ix_mech_pipe = {
	.info = {
		.name = "pipe",
		.label = "Pipes and FIFOs that are open",
		.object = "pipe",
		.group = "process",
		.named = true,
		.shown = shown,
		.nshown = ARRAY_SIZE(shown),
		.unlisted = true,
		.lasts = "it exists as long as a process has it open",
	},
	.one_device = true,
	.by_inode = true,
	.traces = &traces,
	.signs = signs,
	.kind = &pipe_kind,
	.scan = pipe_scan,
	.find = pipe_find,
	.costly = pipe_costly,
};
