/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory files (memfd_create(2)): files in a file system of the kernel's own that no
 * directory lists. They exist as long as a process has one open or mapped, so they are
 * found there. Their names are labels: any number of them may have the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "mech/nameless.h"
#include "who/uses.h"
#include "who/waits.h"

struct memfd_row {
	struct ix_posix_row base;
	uint64_t size, allocated, page, users;
	ix_text seals;
	uint32_t waiters;
	uint8_t use;
};

_Static_assert(sizeof(struct memfd_row) <= 128, "rows stay compact");

/* clang-format off */
static const struct ix_kind memfd_kind = {
	.name = "objects",
	.row_size = sizeof(struct memfd_row),
	IX_COLUMNS(
		IX_POSIX_COLUMNS(struct memfd_row),
		IX_COL(IPCX_F_SIZE,               struct memfd_row, size),
		IX_COL(IPCX_F_ALLOCATED,          struct memfd_row, allocated),
		IX_COL_ZERO(IPCX_F_HUGEPAGESIZE,  struct memfd_row, page),
		IX_COL(IPCX_F_MTIME,              struct memfd_row, base.mtime),
		IX_COL(IPCX_F_USER_COUNT,         struct memfd_row, users),
		IX_COL_COSTLY(IPCX_F_SEALS,       struct memfd_row, seals),
		IX_WAITERS_COLUMN(struct memfd_row),
		IX_USE_COLUMNS(struct memfd_row)
	),
};
/* clang-format on */

#define PREFIX "/memfd:"

static int memfd_keep(struct ix_scan *s, const struct ix_found *f, void *arg)
{
	const struct ipcx_fieldset counts = IPCX_FIELDSET(IPCX_F_USER_COUNT);
	size_t prefix = sizeof(PREFIX) - 1;
	struct memfd_row *row;
	char path[PATH_MAX];
	const char *name = ix_nameless_path(s, true, path, sizeof(path));

	(void)arg;
	if (name && strncmp(name, PREFIX, prefix) != 0)
		return -ENOENT; /* closed meanwhile, and its inode used again */
	row = ix_nameless_row(s, f, name ? name + prefix : NULL);
	if (!row)
		return -ENOMEM;
	if (!name)
		ix_unknown(s->t, row, IPCX_F_NAME);
	row->page = f->page;
	row->users = f->users;
	ix_nameless_counts(s, f, row, &counts);
	if (f->error) {
		ix_unknown(s->t, row, IPCX_F_SIZE);
		ix_unknown(s->t, row, IPCX_F_ALLOCATED);
		ix_unknown(s->t, row, IPCX_F_MTIME);
	} else {
		row->size = (uint64_t)f->st.st_size;
		row->allocated = (uint64_t)f->st.st_blocks * 512;
	}
	return ix_scan_keep(s);
}

static int memfd_scan(struct ix_scan *s)
{
	return ix_found_all(s, NULL, 0, memfd_keep, NULL);
}

static int memfd_find(struct ix_scan *s, const struct ipcx_ref *ref)
{
	return ix_found_all(s, ref, 0, memfd_keep, NULL);
}

static ix_text seal_names(struct ipcx_table *t, unsigned seals)
{
	static const struct {
		unsigned bit;
		char name[IX_TEXT(16)];
	} names[] = {
		{ F_SEAL_SEAL, "seal" },    { F_SEAL_SHRINK, "shrink" },
		{ F_SEAL_GROW, "grow" },    { F_SEAL_WRITE, "write" },
		{ 0x0010, "future-write" }, /* F_SEAL_FUTURE_WRITE */
		{ 0x0020, "exec" },         /* F_SEAL_EXEC, Linux 6.3 */
	};
	char text[80] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (seals & names[i].bit)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
						len ? "," : "", names[i].name);
	return ix_table_text(t, len ? text : NULL);
}

static int memfd_costly(struct ix_scan *s, void *data)
{
	struct memfd_row *row = data;
	unsigned seals;
	int r;

	if (!ipcx_fieldset_has(&s->costly, IPCX_F_SEALS))
		return 0;
	r = ix_found_seals(s, &seals);
	if (r == 0) {
		row->seals = seal_names(s->t, seals);
		return 0;
	}
	ix_unknown(s->t, row, IPCX_F_SEALS);
	ix_table_once(s->t, r, "the seals of some memory files could not be read");
	return 0;
}

static const enum ipcx_field shown[] = { IPCX_F_REF,  IPCX_F_NAME,      IPCX_F_OWNER,
					 IPCX_F_SIZE, IPCX_F_ALLOCATED, IPCX_F_USER_COUNT,
					 IPCX_F_AGE };

static const struct ix_traces traces = {
	.mapped = true, .opened = true, .kind = IX_USE_MEMFD, .waits = 1U << IX_WAIT_FUTEX
};

static const struct ix_sign signs[] = {
	{ IPCX_F_USER_COUNT, IPCX_USE_ATTACHED, "mapped or open" },
	{ IPCX_NO_FIELD, IPCX_USE_NONE, "nobody has it open" },
};

extern const struct ix_mech ix_mech_memfd;
const struct ix_mech ix_mech_memfd = {
	.info = {
		.name = "memfd",
		.label = "Memory files of processes",
		.object = "memory file",
		.group = "process",
		.named = true,
		.shown = shown,
		.nshown = ARRAY_SIZE(shown),
		.unlisted = true,
		.lasts = "it exists as long as a process has it open or mapped",
	},
	.weight = IPCX_F_SIZE,
	.by_inode = true,
	.traces = &traces,
	.signs = signs,
	.kind = &memfd_kind,
	.scan = memfd_scan,
	.find = memfd_find,
	.costly = memfd_costly,
};
