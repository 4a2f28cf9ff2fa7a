/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The memory of System V segments: from the text in /proc, which also says which of them
 * nobody has attached, or else the kernel's sums. */
#include <errno.h>
#include <sys/shm.h>
#include <unistd.h>

#include "core/columns.h"
#include "core/limit.h"
#include "core/mech.h"
#include "core/totals.h"
#include "limits/limits.h"
#include "mech/shmtotals.h"
#include "mech/sysvtext.h"
#include "space/memory.h"

/* In the mode of a segment that is removed (SHM_DEST in linux/shm.h). */
#define SEGMENTS_DEST 01000U

/* A kernel.shmall from here on is no limit (SHMALL in linux/shm.h); a kernel of 32 bits
 * begins with the second. */
#define SEGMENTS_NO_LIMIT   (UINT64_MAX - (UINT64_C(1) << 24))
#define SEGMENTS_NO_LIMIT32 (UINT32_MAX - (UINT32_C(1) << 24))

/* clang-format off */
static const struct ix_kind segments_kind = {
	.name = "segments",
	.row_size = sizeof(struct ix_mem_segments),
	IX_COLUMNS(
		IX_PLACE_COLUMNS,
		IX_COL(IPCX_F_OBJECTS, struct ix_mem_segments, sum[IX_MEM_ALL].n)
	),
};
/* clang-format on */

_Static_assert(sizeof(struct ix_mem_segments) <= 8 * IX_WORDS,
	       "rows have that many words");

/* Columns of a line of the text. */
struct segments_columns {
	const struct ix_column *size, *rss, *swap, *nattch, *mode;
};

static void segments_add(struct ix_mem_segment_sum *s, const struct segments_columns *c,
			 const void *line)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = ix_column_raw(c->size, line);

	s->n++;
	s->bytes += ix_mul_sat(size / page + (size % page != 0), page);
	s->rss += ix_column_raw(c->rss, line);
	s->swap += ix_column_raw(c->swap, line);
}

/* Returns 0; 1 if the text does not tell it all; or -errno. */
static int segments_text(struct ipcx *x, struct ix_mem_segments *s)
{
	const struct ix_kind *kind = ix_shm_sysv.kind;
	const struct segments_columns c = { ix_column(kind, IPCX_F_SIZE),
					    ix_column(kind, IPCX_F_RSS),
					    ix_column(kind, IPCX_F_SWAP),
					    ix_column(kind, IPCX_F_NATTCH),
					    ix_column(kind, IPCX_F_MODE) };
	struct ix_sysv_lines l auto_sysv_lines = { .n = 0 };
	int r = ix_sysv_lines(x, &ix_shm_sysv, &l);

	if (r < 0)
		return r;
	if (!l.whole || !ipcx_fieldset_empty(&l.lacks))
		return 1;
	for (size_t i = 0; i < l.n; i++) {
		const void *line = ix_sysv_line(&l, i);
		bool attached = ix_column_raw(c.nattch, line);

		segments_add(&s->sum[IX_MEM_ALL], &c, line);
		if (!attached)
			segments_add(&s->sum[IX_MEM_UNATTACHED], &c, line);
		else if (ix_column_raw(c.mode, line) & SEGMENTS_DEST)
			segments_add(&s->sum[IX_MEM_REMOVED], &c, line);
	}
	s->parts = true;
	return 0;
}

static int segments_number(const struct ipcx_table *t, enum ipcx_field f, uint64_t *ret_n)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, 0, f, &v) < 0 || v.type == IPCX_TYPE_NONE)
		return -ENODATA;
	*ret_n = v.as.u;
	return 0;
}

/* The sums that the kernel makes. */
static int segments_sums(struct ipcx *x, struct ix_mem_segment_sum *s)
{
	struct ipcx_table *t;
	void *row = NULL;
	int r = ix_table_new(&t);

	if (r < 0)
		return r;
	r = ix_table_section(t, ix_shm_totals.kind, IPCX_NO_MECH);
	row = r < 0 ? NULL : ix_table_row(t);
	r = row ? ix_shm_totals.ask(x, t, row) : -ENOMEM;
	if (r == 0) {
		ix_table_keep(t);
		r = segments_number(t, IPCX_F_OBJECTS, &s->n);
	}
	if (r == 0)
		r = segments_number(t, IPCX_F_ALLOCATED, &s->bytes);
	if (r == 0)
		r = segments_number(t, IPCX_F_RSS, &s->rss);
	if (r == 0)
		r = segments_number(t, IPCX_F_SWAP, &s->swap);
	ipcx_table_free(t);
	return r;
}

static void segments_limit(struct ipcx *x, struct ix_mem_segments *s)
{
	struct shminfo info;
	uint64_t most;

	/* The call gives a 32-bit program only the low 32 bits of the number. */
	if (sizeof(info.shmall) == sizeof(most)) {
		if (shmctl(0, IPC_INFO, (struct shmid_ds *)&info) < 0)
			return;
		most = info.shmall;
	} else if (ix_sysctl_read(x, ix_limit_by_name("shmall"), &most) < 0 ||
		   most == SEGMENTS_NO_LIMIT32) {
		return;
	}
	if (most < SEGMENTS_NO_LIMIT)
		s->most = ix_mul_sat(most, (uint64_t)sysconf(_SC_PAGESIZE));
}

int ix_mem_segments(struct ipcx *x, struct ipcx_table *t)
{
	struct ix_mem_segments *s = NULL;
	int r = ix_table_section(t, &segments_kind, IPCX_NO_MECH);

	s = r < 0 ? NULL : ix_table_row(t);
	if (!s)
		return -ENOMEM;
	segments_limit(x, s);
	r = segments_text(x, s);
	if (r) {
		for (unsigned i = 0; i < IX_MEM_PARTS; i++)
			s->sum[i] = (struct ix_mem_segment_sum){ .n = 0 };
		r = segments_sums(x, &s->sum[IX_MEM_ALL]);
	}
	if (r == -ENOMEM)
		return r;
	s->error = r;
	x->error[0] = '\0';
	ix_table_keep(t);
	return 0;
}

const struct ix_mem_segments *ix_mem_segments_at(const struct ipcx_table *t, size_t i)
{
	const struct ix_section *s;
	const void *row = ix_table_at(t, i, &s);

	return row && s->kind == &segments_kind ? row : NULL;
}
