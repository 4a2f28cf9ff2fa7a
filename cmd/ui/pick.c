/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Select the rows of a table that match the condition. */
#include <errno.h>
#include <stdlib.h>

#include "base/nss.h"
#include "base/util.h"
#include "ui/exit.h"
#include "ui/msg.h"
#include "ui/output.h"
#include "ui/select.h"

bool output_wanted(const struct output_args *args)
{
	return args->json || args->format || args->fields || args->sort || args->where.n;
}

int output_condition(struct ipcx *x, const struct output_args *args,
		     bool (*known)(enum ipcx_field field, const void *data),
		     const void *data, const struct ipcx_expr **ret_expr)
{
	static struct ipcx_expr *kept; /* one per run */
	struct ipcx_fieldset read;
	int r = select_condition(x, "--where", &args->where, &kept);

	*ret_expr = kept;
	if (r || !kept || !known)
		return r;
	read = ipcx_expr_fields(kept);
	for (unsigned f = 0; f < ipcx_field_count(); f++)
		if (ipcx_fieldset_has(&read, (enum ipcx_field)f) &&
		    !known((enum ipcx_field)f, data))
			return output_no_field("--where: ",
					       ipcx_field_info((enum ipcx_field)f)->name,
					       -1, known, data);
	return 0;
}

/* Return whether a field that the condition reads is unknown in a row, rather than
 * absent. */
static bool reads_unknown(const struct ipcx_expr *where, const struct ipcx_table *t,
			  size_t row)
{
	struct ipcx_fieldset reads = ipcx_expr_fields(where),
			     unknown = ipcx_row_unknown(t, row);

	for (size_t i = 0; i < ARRAY_SIZE(reads.bits); i++)
		if (reads.bits[i] & unknown.bits[i])
			return true;
	return false;
}

/* Keep those of the n rows that match the condition, in their order; return their number.
 * */
static size_t keep_matching(struct output *s, const struct ipcx_table *t, uint32_t *rows,
			    size_t n)
{
	size_t kept = 0;
	int why = 0;

	for (size_t i = 0; i < n; i++) {
		int match = ipcx_expr_match(s->where, t, rows[i]);

		if (match == 1)
			rows[kept++] = rows[i];
		else if (match < 0 && errno)
			why = errno;
		else if (match < 0)
			s->unknown += reads_unknown(s->where, t, rows[i]);
	}
	if (why)
		msg_error(
			"rows that could not be checked against the condition are omitted: %s",
			ix_nss_why(why));
	s->unjudged |= why != 0;
	return kept;
}

int output_pick(struct output *s, const struct ipcx_table *t, uint32_t **ret_rows,
		size_t *ret_n)
{
	size_t n = ipcx_table_rows(t);
	uint32_t *rows;
	int r = output_order(s, t, &rows);

	if (r)
		return r;
	if (s->where && !rows) {
		rows = malloc((n + 1) * sizeof(*rows));
		if (!rows) {
			msg_error("out of memory");
			return EXIT_FAILED;
		}
		for (size_t i = 0; i < n; i++)
			rows[i] = (uint32_t)i;
	}
	*ret_n = s->where ? keep_matching(s, t, rows, n) : n;
	*ret_rows = rows;
	return 0;
}

int output_status(const struct output *s, int r)
{
	if (r != EXIT_DONE || !s->unjudged)
		return r;
	return s->rows ? EXIT_PART : EXIT_FAILED;
}
