/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories that containers have left, as rows among the namespaces: what is in them
 * takes memory as well, and no namespace has it. */
#include <errno.h>

#include "core/columns.h"
#include "core/mech.h"
#include "query/spaces.h"

struct remains_row {
	struct ix_row head;
	uint64_t ns, objects, bytes; /* ns is always 0: none */
	ix_text kept_by;
	uint32_t processes, mounts, reserved;
};

/* clang-format off */
static const struct ix_kind remains_kind = {
	.name = "namespaces",
	.row_size = sizeof(struct remains_row),
	IX_COLUMNS(
		IX_COL_ZERO(IPCX_F_NS,    struct remains_row, ns),
		IX_COL(IPCX_F_PROCESSES,  struct remains_row, processes),
		IX_COL(IPCX_F_MOUNTS,     struct remains_row, mounts),
		IX_COL(IPCX_F_KEPT_BY,    struct remains_row, kept_by),
		IX_CONSTANT(IPCX_F_SHM_DEVICE, ix_derive_shm_device),
		IX_CONSTANT(IPCX_F_DIRECTORY, ix_derive_directory),
		IX_COL(IPCX_F_OBJECTS,    struct remains_row, objects),
		IX_COL(IPCX_F_BYTES,      struct remains_row, bytes)
	),
};
/* clang-format on */

static void sum_up(const struct ipcx_table *usage, size_t first, size_t n,
		   struct ipcx_table *t, struct remains_row *row)
{
	for (size_t i = first; i < first + n; i++) {
		struct ipcx_value objects, bytes;

		if (ipcx_row_get(usage, i, IPCX_F_OBJECTS, &objects) == 0 &&
		    objects.type != IPCX_TYPE_NONE)
			row->objects += objects.as.u;
		else
			ix_unknown(t, row, IPCX_F_OBJECTS);
		if (ipcx_row_get(usage, i, IPCX_F_BYTES, &bytes) == 0 &&
		    bytes.type != IPCX_TYPE_NONE)
			row->bytes += bytes.as.u;
		else if (ix_mech(ipcx_row_mech(usage, i))->weight)
			ix_unknown(t, row, IPCX_F_BYTES);
	}
}

static int remains_row(struct ipcx_table *t, const struct ipcx_table *usage,
		       size_t *first, const struct ix_where *place)
{
	static const enum ipcx_field unseen[] = { IPCX_F_PROCESSES, IPCX_F_KEPT_BY };
	const struct ix_section *s = &usage->sections[*first];
	struct remains_row *row;

	if (ix_table_directory(t, ix_table_string(usage, place->directory),
			       place->unnamed) < 0 ||
	    ix_table_section(t, &remains_kind, IPCX_NO_MECH) < 0 ||
	    ix_table_dir(t, s->dev, s->ino) < 0 || !(row = ix_table_row(t)))
		return -ENOMEM;
	row->mounts = 1;
	if (!place->unnamed)
		row->kept_by = ix_table_text(t, "mounts");
	else
		for (size_t i = 0; i < ARRAY_SIZE(unseen); i++)
			ix_unknown(t, row, unseen[i]);
	for (; *first < usage->nsections && usage->sections[*first].place == s->place;
	     ++*first)
		sum_up(usage, usage->sections[*first].first,
		       usage->sections[*first].count, t, row);
	ix_table_keep(t);
	return t->starved ? -ENOMEM : 0;
}

int ix_remains_rows(struct ipcx_table *t, const struct ipcx_table *usage)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < usage->nsections;) {
		size_t place = usage->sections[i].place;

		if (place && usage->places[place - 1].directory)
			r = remains_row(t, usage, &i, &usage->places[place - 1]);
		else
			i++;
	}
	return r;
}
