/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fast output of rows. Most cells (owner, mode, times) equal those of the row above, so a
 * row is written as a copy of that row with only the changed cells replaced. So a listing
 * takes little more time than the kernel needs for it.
 */
#include <string.h>

#include "base/util.h"
#include "ui/out.h"
#include "ui/output.h"

/* Rows that are longer, or have more columns than a mask has bits, are never copied. */
#define LINE_MAX_COPIED 8192
#define COLUMNS_MAX     64

static bool can_copy(const struct output_last *last, const struct output_rows *rows,
		     size_t row, const char *p, size_t n)
{
	/* If p is not after the last row, the buffer was flushed meanwhile. With a sort
	 * order, the row above is not the previous row of the table. */
	return last->text && last->table == rows->t && !rows->order && row > 0 &&
	       last->row == row - 1 && p > last->text && n <= COLUMNS_MAX &&
	       last->starts[n] <= LINE_MAX_COPIED;
}

/* Return a mask of the columns whose value may differ from the row above. */
static uint64_t changed_columns(const struct output_last *last,
				const struct ipcx_table *t, size_t row)
{
	struct ipcx_fieldset fields = ipcx_row_changed(t, row);
	uint64_t columns = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(fields.bits); i++)
		for (uint64_t bits = fields.bits[i] & last->shown.bits[i]; bits;
		     bits &= bits - 1)
			columns |=
				UINT64_C(1)
				<< last->place[64 * i + (unsigned)__builtin_ctzll(bits)];
	return columns;
}

static char *line_put_cell(struct output *s, const struct output_rows *rows, size_t i,
			   const struct output_column *c, size_t k, output_cell *cell,
			   char *p)
{
	struct ipcx_value v;

	(void)output_get(rows, i, c->field, &v);
	return cell(s, c, k, &v, p);
}

/* Shift the starts of the cells after k by as many bytes as cell k has grown. */
static void move_starts(struct output_last *last, size_t k, size_t n, ptrdiff_t by)
{
	for (size_t i = k + 1; i <= n; i++)
		last->starts[i] = (uint32_t)(last->starts[i] + by);
}

static void copy_line(struct output *s, const struct output_rows *rows, size_t i,
		      struct output_column *const *columns, size_t n, output_cell *cell,
		      char *line)
{
	struct output_last *last = &s->last;
	const char *above = last->text; /* text of the row above, minus the shift of the
					   cells so far */
	size_t from = 0;
	char *p = line;

	for (uint64_t mask = changed_columns(last, rows->t, rows->first + i); mask;
	     mask &= mask - 1) {
		size_t k = (size_t)__builtin_ctzll(mask);
		size_t run = last->starts[k] - last->starts[from];
		ptrdiff_t by;
		char *end;

		memcpy(p, above + last->starts[from], run);
		p += run;
		end = line_put_cell(s, rows, i, columns[k], k, cell, p);
		by = (end - p) - (ptrdiff_t)(last->starts[k + 1] - last->starts[k]);
		if (by)
			move_starts(last, k, n, by);
		above -= by;
		p = end;
		from = k + 1;
	}
	memcpy(p, above + last->starts[from], last->starts[n] - last->starts[from]);
	out_done(p + (last->starts[n] - last->starts[from]));
	last->text = line;
	last->row++;
}

static void whole_line(struct output *s, const struct output_rows *rows, size_t i,
		       struct output_column *const *columns, size_t n, output_cell *cell,
		       char *line)
{
	struct output_last *last = &s->last;
	uint32_t *now = last->starts;
	bool kept = n <= COLUMNS_MAX;
	char *p = line;

	last->shown = (struct ipcx_fieldset){ { 0 } };
	for (size_t k = 0; k < n; k++) {
		enum ipcx_field f = columns[k]->field;
		char *room;

		out_done(p);
		room = out_room(); /* strings may be long and numerous */
		kept = kept && room == p;
		p = room;
		if (kept)
			now[k] = (uint32_t)(p - line);
		last->place[f] = (uint8_t)k;
		ipcx_fieldset_add(&last->shown, f);
		p = line_put_cell(s, rows, i, columns[k], k, cell, p);
	}
	out_done(p);
	if (kept)
		now[n] = (uint32_t)(p - line);
	last->text = kept ? line : NULL;
	last->table = rows->t;
	last->row = rows->first + i;
}

void output_line(struct output *s, const struct output_rows *rows, size_t i,
		 struct output_column *const *columns, size_t n, output_cell *cell)
{
	char *line = out_room();

	if (can_copy(&s->last, rows, rows->first + i, line, n))
		copy_line(s, rows, i, columns, n, cell, line);
	else
		whole_line(s, rows, i, columns, n, cell, line);
}
