/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Derived columns (owner names, ages, the mechanism's name), computed when a field is
 * read so that rows stay small. */
#include "core/columns.h"

#include <string.h>

#include "base/num.h"
#include "core/dirid.h"
#include "core/mech.h"

void ix_derive_mech(const struct ipcx_table *t, const struct ix_section *s,
		    const void *row, struct ipcx_value *v)
{
	const struct ix_mech *m = ix_mech(s->mech);

	(void)t;
	(void)row;
	if (!m)
		return;
	v->type = IPCX_TYPE_STRING;
	v->as.private_s = m->info.name;
}

void ix_derive_ns(const struct ipcx_table *t, const struct ix_section *s, const void *row,
		  struct ipcx_value *v)
{
	(void)row;
	if (!s->place || !t->places[s->place - 1].ns)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = t->places[s->place - 1].ns;
}

void ix_derive_shm_device(const struct ipcx_table *t, const struct ix_section *s,
			  const void *row, struct ipcx_value *v)
{
	const struct ix_dirid dirid = { .dev = s->dev, .ino = s->ino };
	char text[IX_DIRID_TEXT];

	(void)t;
	(void)row;
	if (s->ino)
		ix_value_text(v, ix_dirid_text(&dirid, text));
}

void ix_derive_directory(const struct ipcx_table *t, const struct ix_section *s,
			 const void *row, struct ipcx_value *v)
{
	(void)row;
	if (!s->place || !t->places[s->place - 1].directory)
		return;
	v->type = IPCX_TYPE_STRING;
	v->as.private_s = ix_table_string(t, t->places[s->place - 1].directory);
}

/* Set v to the name if there is one, else to the number; --owner accepts both. */
void ix_derive_name(const struct ipcx_table *t, const struct ix_names *names, uint32_t id,
		    struct ipcx_value *v)
{
	const struct ix_name *n = ix_names_find(names, id);

	v->type = IPCX_TYPE_STRING;
	if (n && ix_name_is_known(n)) {
		v->as.private_s = t->pool.data + n->off - 1;
		return;
	}
	*ix_put_u64(v->private_text, id) = '\0';
	v->as.private_s = NULL;
}

void ix_derive_owner(const struct ipcx_table *t, const struct ix_section *s,
		     const void *row, struct ipcx_value *v)
{
	ix_derive_name(t, &t->users,
		       (uint32_t)ix_column_raw(ix_section_column(s, IPCX_F_UID), row), v);
}

void ix_derive_group(const struct ipcx_table *t, const struct ix_section *s,
		     const void *row, struct ipcx_value *v)
{
	ix_derive_name(t, &t->groups,
		       (uint32_t)ix_column_raw(ix_section_column(s, IPCX_F_GID), row), v);
}

void ix_derive_creator(const struct ipcx_table *t, const struct ix_section *s,
		       const void *row, struct ipcx_value *v)
{
	ix_derive_name(t, &t->users,
		       (uint32_t)ix_column_raw(ix_section_column(s, IPCX_F_CUID), row),
		       v);
}

void ix_derive_creator_group(const struct ipcx_table *t, const struct ix_section *s,
			     const void *row, struct ipcx_value *v)
{
	ix_derive_name(t, &t->groups,
		       (uint32_t)ix_column_raw(ix_section_column(s, IPCX_F_CGID), row),
		       v);
}

void ix_derive_age(const struct ipcx_table *t, const struct ix_section *s,
		   const void *row, struct ipcx_value *v)
{
	int64_t then = (int64_t)ix_column_raw(ix_section_column(s, IPCX_F_CTIME), row);

	if (then == 0)
		return;
	v->type = IPCX_TYPE_UINT;
	/* If the object was created after t->now, its age is 0. A ctime in the future was
	 * already marked unknown (query/times.c). */
	v->as.u = then < t->now ? (uint64_t)t->now - (uint64_t)then : 0;
}

/* If the clock was set back, idle is 0 rather than negative. */
void ix_derive_idle(const struct ipcx_table *t, const struct ix_section *s,
		    const void *row, struct ipcx_value *v)
{
	static const enum ipcx_field times[] = { IPCX_F_CTIME, IPCX_F_ATIME, IPCX_F_DTIME,
						 IPCX_F_MTIME, IPCX_F_STIME, IPCX_F_RTIME,
						 IPCX_F_OTIME };
	const struct ix_column *attached = ix_section_column(s, IPCX_F_NATTCH);
	int64_t last = 0;

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		const struct ix_column *c = ix_section_column(s, times[i]);

		if (c->size == sizeof(last))
			last = MAX(last, (int64_t)ix_column_raw(c, row));
	}
	if (attached->size && ix_column_raw(attached, row))
		last = t->now;
	if (last == 0)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = last < t->now ? (uint64_t)(t->now - last) : 0;
}

void ix_derive_none(const struct ipcx_table *t, const struct ix_section *s,
		    const void *row, struct ipcx_value *v)
{
	(void)t;
	(void)s;
	(void)row;
	(void)v;
}

void ix_derive_in_use(const struct ipcx_table *t, const struct ix_section *s,
		      const void *row, struct ipcx_value *v)
{
	uint64_t raw = ix_column_raw(ix_section_column(s, IPCX_F_IN_USE), row);

	(void)t;
	if (!raw || raw == IX_USE_UNCLEAR)
		return;
	v->type = IPCX_TYPE_BOOL;
	v->as.u = ix_mech(s->mech)->signs[raw - 1].field != IPCX_NO_FIELD;
}

void ix_derive_in_use_reason(const struct ipcx_table *t, const struct ix_section *s,
			     const void *row, struct ipcx_value *v)
{
	uint64_t raw = ix_column_raw(ix_section_column(s, IPCX_F_IN_USE_REASON), row);

	(void)t;
	if (!raw)
		return;
	v->type = IPCX_TYPE_STRING;
	v->as.private_s = raw == IX_USE_UNCLEAR ? "cannot be found out"
						: ix_mech(s->mech)->signs[raw - 1].reason;
}

void ix_derive_hugepagesize(const struct ipcx_table *t, const struct ix_section *s,
			    const void *row, struct ipcx_value *v)
{
	uint64_t raw = ix_column_raw(ix_section_column(s, IPCX_F_HUGEPAGESIZE), row);

	(void)t;
	if (!raw)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = UINT64_C(1) << raw;
}

static void derive_alive(const struct ix_section *s, const void *row, enum ipcx_field f,
			 struct ipcx_value *v)
{
	uint64_t raw = ix_column_raw(ix_section_column(s, f), row);

	if (!raw)
		return;
	v->type = IPCX_TYPE_BOOL;
	v->as.u = raw == IX_STILL_RUNS;
}

void ix_derive_cpid_alive(const struct ipcx_table *t, const struct ix_section *s,
			  const void *row, struct ipcx_value *v)
{
	(void)t;
	derive_alive(s, row, IPCX_F_CPID_ALIVE, v);
}

void ix_derive_lpid_alive(const struct ipcx_table *t, const struct ix_section *s,
			  const void *row, struct ipcx_value *v)
{
	(void)t;
	derive_alive(s, row, IPCX_F_LPID_ALIVE, v);
}

void ix_derive_lspid_alive(const struct ipcx_table *t, const struct ix_section *s,
			   const void *row, struct ipcx_value *v)
{
	(void)t;
	derive_alive(s, row, IPCX_F_LSPID_ALIVE, v);
}

void ix_derive_lrpid_alive(const struct ipcx_table *t, const struct ix_section *s,
			   const void *row, struct ipcx_value *v)
{
	(void)t;
	derive_alive(s, row, IPCX_F_LRPID_ALIVE, v);
}
