/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of ipcx_memory(). */
#include <stdarg.h>
#include <stdio.h>

#include "core/columns.h"
#include "space/memory.h"

static void mem_put(const void *row, enum ix_mem_number which, uint64_t n,
		    struct ipcx_value *v)
{
	const struct ix_mem_row *r = row;

	if (!(r->has >> which & 1))
		return; /* none */
	v->type = IPCX_TYPE_UINT;
	v->as.u = n;
}

#define MEM_DERIVE(member, which)                                                    \
	static void mem_derive_##member(const struct ipcx_table *t,                  \
					const struct ix_section *s, const void *row, \
					struct ipcx_value *v)                        \
	{                                                                            \
		(void)t;                                                             \
		(void)s;                                                             \
		mem_put(row, which, ((const struct ix_mem_row *)row)->member, v);    \
	}

MEM_DERIVE(limit, IX_MEM_LIMIT)
MEM_DERIVE(used, IX_MEM_USED)
MEM_DERIVE(resident, IX_MEM_RESIDENT)
MEM_DERIVE(swap, IX_MEM_SWAP)
MEM_DERIVE(objects, IX_MEM_OBJECTS)
MEM_DERIVE(inodes, IX_MEM_INODES)
MEM_DERIVE(inodes_used, IX_MEM_INODES_USED)

static void mem_derive_percent(const struct ipcx_table *t, const struct ix_section *s,
			       const void *row, struct ipcx_value *v)
{
	const struct ix_mem_row *r = row;

	(void)t;
	(void)s;
	if (!(r->has >> IX_MEM_PERCENT & 1))
		return;
	v->type = IPCX_TYPE_REAL;
	v->as.d = r->percent;
}

#define MEM_WORDS(member) \
	(IX_WORD_OF(struct ix_mem_row, member) | IX_WORD_OF(struct ix_mem_row, has))

/* clang-format off */
static const struct ix_kind mem_kind = {
	.name = "memory",
	.row_size = sizeof(struct ix_mem_row),
	IX_COLUMNS(
		IX_PLACE_COLUMNS,
		IX_COL(IPCX_F_PLACE, struct ix_mem_row, place),
		IX_COL(IPCX_F_KIND,  struct ix_mem_row, kind),
		IX_DERIVED_WORDS(IPCX_F_LIMIT,       MEM_WORDS(limit),       mem_derive_limit),
		IX_DERIVED_WORDS(IPCX_F_USED,        MEM_WORDS(used),        mem_derive_used),
		IX_DERIVED_WORDS(IPCX_F_PERCENT,     MEM_WORDS(percent),     mem_derive_percent),
		IX_DERIVED_WORDS(IPCX_F_RESIDENT,    MEM_WORDS(resident),    mem_derive_resident),
		IX_DERIVED_WORDS(IPCX_F_SWAP,        MEM_WORDS(swap),        mem_derive_swap),
		IX_DERIVED_WORDS(IPCX_F_OBJECTS,     MEM_WORDS(objects),     mem_derive_objects),
		IX_DERIVED_WORDS(IPCX_F_INODES,      MEM_WORDS(inodes),      mem_derive_inodes),
		IX_DERIVED_WORDS(IPCX_F_INODES_USED, MEM_WORDS(inodes_used), mem_derive_inodes_used),
		IX_COL(IPCX_F_WHAT,  struct ix_mem_row, what)
	),
};
/* clang-format on */

static const enum ipcx_field mem_fields[] = {
	[IX_MEM_LIMIT] = IPCX_F_LIMIT,
	[IX_MEM_USED] = IPCX_F_USED,
	[IX_MEM_RESIDENT] = IPCX_F_RESIDENT,
	[IX_MEM_SWAP] = IPCX_F_SWAP,
	[IX_MEM_OBJECTS] = IPCX_F_OBJECTS,
	[IX_MEM_INODES] = IPCX_F_INODES,
	[IX_MEM_INODES_USED] = IPCX_F_INODES_USED,
	[IX_MEM_PERCENT] = IPCX_F_PERCENT,
};

struct ix_mem_put ix_mem_begin(struct ipcx_table *t, const char *place, const char *kind)
{
	struct ix_mem_put p = { .t = t };

	if (ix_table_section(t, &mem_kind, IPCX_NO_MECH) == 0)
		p.row = ix_table_row(t);
	if (!p.row)
		return p;
	p.row->place = ix_table_text(t, place);
	p.row->kind = ix_table_text(t, kind);
	return p;
}

void ix_mem_number(const struct ix_mem_put *p, enum ix_mem_number which, uint64_t n)
{
	struct ix_mem_row *row = p->row;

	if (!row)
		return;
	row->has |= 1U << which;
	switch (which) {
	case IX_MEM_LIMIT:
		row->limit = n;
		break;
	case IX_MEM_USED:
		row->used = n;
		break;
	case IX_MEM_RESIDENT:
		row->resident = n;
		break;
	case IX_MEM_SWAP:
		row->swap = n;
		break;
	case IX_MEM_OBJECTS:
		row->objects = n;
		break;
	case IX_MEM_INODES:
		row->inodes = n;
		break;
	case IX_MEM_INODES_USED:
		row->inodes_used = n;
		break;
	case IX_MEM_PERCENT:
		row->percent = (double)n;
		break;
	}
}

void ix_mem_unknown(const struct ix_mem_put *p, enum ix_mem_number which)
{
	if (p->row)
		ix_unknown(p->t, p->row, mem_fields[which]);
}

void ix_mem_what(const struct ix_mem_put *p, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	if (!p->row)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	p->row->what = ix_table_text(p->t, text[0] ? text : NULL);
}

int ix_mem_end(const struct ix_mem_put *p)
{
	struct ix_mem_row *row = p->row;

	if (!row)
		return -ENOMEM;
	if ((row->has >> IX_MEM_LIMIT & 1) && (row->has >> IX_MEM_USED & 1) &&
	    row->limit) {
		row->percent = (double)row->used * 100.0 / (double)row->limit;
		row->has |= 1U << IX_MEM_PERCENT;
	}
	ix_table_keep(p->t);
	return 0;
}
