/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Totals over all System V segments: from SHM_INFO, or from the lines of
 * /proc/sysvipc/shm. */
#include "mech/shmtotals.h"

#include <errno.h>
#include <sys/shm.h>

#include "core/columns.h"
#include "core/limit.h"
#include "mech/sysvtext.h"

struct shm_totals {
	struct ix_row head;
	uint64_t objects, allocated, rss, swap;
};

/* clang-format off */
static const struct ix_kind totals_kind = {
	.name = "totals",
	.row_size = sizeof(struct shm_totals),
	IX_COLUMNS(
		IX_TOTALS_COLUMNS(struct shm_totals),
		IX_COL(IPCX_F_ALLOCATED, struct shm_totals, allocated),
		IX_COL(IPCX_F_RSS,       struct shm_totals, rss),
		IX_COL(IPCX_F_SWAP,      struct shm_totals, swap)
	),
};
/* clang-format on */

static void total_pages(struct ipcx_table *t, struct shm_totals *row,
			enum ipcx_field field, uint64_t *ret_n, unsigned long pages)
{
	if (__builtin_mul_overflow(pages, (uint64_t)sysconf(_SC_PAGESIZE), ret_n))
		ix_unknown(t, row, field);
}

/* Add up the lines of /proc/sysvipc/shm. */
static int shmtotals_add_up(struct ipcx *x, struct ipcx_table *t, struct shm_totals *row,
			    int error)
{
	struct ix_sysv_lines l auto_sysv_lines = { .n = 0 };
	const struct ix_kind *kind = ix_shm_sysv.kind;
	const struct ix_column *bytes = ix_column(kind, IPCX_F_SIZE),
			       *rss = ix_column(kind, IPCX_F_RSS),
			       *swap = ix_column(kind, IPCX_F_SWAP);
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (ix_sysv_lines(x, &ix_shm_sysv, &l) < 0 || !l.whole)
		return error;
	row->objects = l.n;
	for (size_t i = 0; i < l.n; i++) {
		const void *one = ix_sysv_line(&l, i);
		uint64_t size = ix_column_raw(bytes, one);

		if (__builtin_add_overflow(row->allocated,
					   ix_mul_sat(size / page + (size % page != 0),
						      page),
					   &row->allocated))
			ix_unknown(t, row, IPCX_F_ALLOCATED);
		row->rss += ix_column_raw(rss, one);
		row->swap += ix_column_raw(swap, one);
	}
	ix_unknown_all(t, row, &l.lacks);
	return 0;
}

/* A 32-bit program gets only the low 32 bits of these counters; objects are an int. */
#define SHMTOTALS_NARROW (sizeof(((struct shm_info *)NULL)->shm_tot) < sizeof(uint64_t))

static void cut(struct ipcx_table *t, struct shm_totals *row)
{
	static const enum ipcx_field fields[] = { IPCX_F_ALLOCATED, IPCX_F_RSS,
						  IPCX_F_SWAP };

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		ix_unknown(t, row, fields[i]);
	ix_table_note(t, IPCX_NOTE_INCOMPLETE, ix_last_section(t)->mech, -EOVERFLOW,
		      "/proc/sysvipc",
		      "cannot be read, and a 32-bit program gets only the lower 32 bits "
		      "of the kernel's counters");
}

static int shmtotals_ask_totals(struct ipcx *x, struct ipcx_table *t, void *data)
{
	struct shm_totals *row = data;
	struct shm_info info;

	if (SHMTOTALS_NARROW && shmtotals_add_up(x, t, row, -ENODATA) == 0)
		return 0;
	if (shmctl(0, SHM_INFO, (struct shmid_ds *)&info) < 0)
		return shmtotals_add_up(x, t, row, -errno);
	ix_total(t, row, IPCX_F_OBJECTS, &row->objects, info.used_ids);
	total_pages(t, row, IPCX_F_ALLOCATED, &row->allocated, info.shm_tot);
	total_pages(t, row, IPCX_F_RSS, &row->rss, info.shm_rss);
	total_pages(t, row, IPCX_F_SWAP, &row->swap, info.shm_swp);
	if (SHMTOTALS_NARROW)
		cut(t, row);
	return 0;
}

const struct ix_totals ix_shm_totals = { .kind = &totals_kind,
					 .ask = shmtotals_ask_totals };
