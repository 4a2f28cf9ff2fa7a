/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The confirmation before rm removes more than one object: show the objects, and make
 * sure that exactly the confirmed objects are removed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/esc.h"
#include "object/rm.h"

void rm_count(const struct ipcx_table *t, size_t *count)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		count[MIN(ipcx_row_mech(t, i), RM_MECHS_MAX - 1)]++;
}

void rm_list_counts(const size_t *count, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned m = 0; ipcx_mech_info(m) && at < size; m++)
		if (count[m])
			at += (size_t)snprintf(buf + at, size - at, "%s%zu %s",
					       at ? ", " : "", count[m],
					       ipcx_mech_info(m)->name);
}

/* Totals over all batches. */
struct sum {
	size_t count[RM_MECHS_MAX];
	size_t all, shown, attached, waited;
	size_t refused, denied; /* number of objects that cannot be removed; that may not
				   be removed */
	uint64_t bytes;
	struct rm_named_users users; /* the objects that are shown */
};

static void rmask_add_up(struct sum *sum, const struct ipcx_table *t)
{
	rm_count(t, sum->count);
	sum->all += ipcx_table_rows(t);
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		sum->bytes += rm_number(t, i, IPCX_F_SIZE) +
			      rm_number(t, i, IPCX_F_CBYTES);
		sum->attached += rm_number(t, i, IPCX_F_NATTCH) > 0;
		sum->waited += rm_number(t, i, IPCX_F_SEMNCNT) +
				       rm_number(t, i, IPCX_F_SEMZCNT) >
			       0;
	}
}

/* Print the first rows, up to RM_SHOWN in total. */
static int rmask_show(struct sum *sum, struct output *s, const struct ipcx_table *t)
{
	size_t n = MIN(ipcx_table_rows(t), RM_SHOWN - sum->shown);
	uint32_t *order = NULL;
	int r = n ? output_order(s, t, &order) : 0;

	if (r || !n)
		return r;
	if (sum->shown == 0)
		output_heading(s, NULL);
	output_put(s, &(struct output_rows){ .t = t, .order = order, .n = n });
	sum->shown += n;
	for (size_t i = 0; i < n; i++)
		rm_users_keep(&sum->users, t, order ? order[i] : i);
	free(order);
	return 0;
}

/* Count the objects that could not be removed. */
static void add_refused(struct sum *sum, const struct ipcx_table *listed,
			const struct ipcx_table *t)
{
	size_t all = ipcx_table_rows(listed), go = ipcx_table_rows(t);
	const struct ipcx_note *n;

	sum->refused += all > go ? all - go : 0;
	for (size_t i = 0; (n = ipcx_table_note(t, i)); i++)
		sum->denied += n->kind == IPCX_NOTE_FAILED &&
			       (n->error == -EPERM || n->error == -EACCES);
}

/* List a batch, so that the removal is limited to the listed objects, and show those that
 * can be removed. */
static int rmask_list(struct removal *rm, struct ipcx_query q, struct output *s,
		      struct sum *sum, struct ipcx_table **ret_listed)
{
	const struct ipcx_fieldset fields = output_query(s);
	struct ipcx_table *listed, *t;
	int r;

	q.max_rows = 0;
	r = ipcx_scan(rm->app->x, &q, &listed);
	if (r < 0)
		return app_failed(rm->app, r);
	ipcx_fieldset_merge(&q.fields, &fields);
	ipcx_fieldset_add(&q.fields, IPCX_F_SEMNCNT);
	ipcx_fieldset_add(&q.fields, IPCX_F_SEMZCNT);
	/* Show user names even if nothing else needs them. */
	q.flags = (q.flags & ~IPCX_NUMERIC) | output_flags(s) | IPCX_DRY_RUN;
	q.same = listed;
	r = ipcx_remove(rm->app->x, &q, &t);
	if (r < 0) {
		ipcx_table_free(listed);
		return app_failed(rm->app, r);
	}
	rmask_add_up(sum, t);
	add_refused(sum, listed, t);
	r = rmask_show(sum, s, t);
	ipcx_table_free(t);
	*ret_listed = listed;
	return r;
}

static int rmask_list_all(struct removal *rm, struct output *s, struct sum *sum)
{
	int r = 0;

	for (size_t i = 0; !r && i < rm->nbatches; i++) {
		struct rm_batch *b = &rm->batches[i];
		struct ipcx_table *before = b->same;

		if (!b->n)
			continue;
		r = rmask_list(rm, rm_named(rm, b), s, sum, &b->same);
		if (b->same != before)
			ipcx_table_free(before);
	}
	if (r || !rm->mechs)
		return r;
	return rmask_list(rm, rm_whole(rm, 0), s, sum, &rm->listed);
}

/* Print "32 objects, 128M; 3 attached (destroyed at the last detach); 1 waited on". */
static void show_sum(const struct sum *sum)
{
	const struct ipcx_value bytes = { .type = IPCX_TYPE_UINT, .as.u = sum->bytes };
	char *p;

	if (sum->all > sum->shown)
		out_format("and %zu more\n", sum->all - sum->shown);
	out_format("%zu object%s", sum->all, sum->all == 1 ? "" : "s");
	if (sum->bytes) {
		out_text(", ");
		p = out_room();
		out_done(cell_put(p, ipcx_field_info(IPCX_F_SIZE), &bytes,
				  &(struct cell_style){ .raw = false }));
	}
	if (sum->attached)
		out_format("; %zu attached (destroyed at the last detach)",
			   sum->attached);
	if (sum->waited)
		out_format("; %zu waited on", sum->waited);
	out_text("\n");
}

static void show_users(const char *ref, const char *mech, const char *text)
{
	char line[2 * IPCX_REF_MAX], escaped[4 * sizeof(line)];

	(void)mech;
	(void)snprintf(line, sizeof(line), "%s%s%s", ref ? ref : "", ref ? ": " : "",
		       text);
	(void)ix_escape(escaped, sizeof(escaped), line, IX_ESC_TEXT);
	out_paragraph(escaped);
}

/* Ask only if more than one object was named or selected, and at least one can be
 * removed. */
static bool rmask_asks(const struct sum *sum)
{
	return sum->all > 0 && sum->all + sum->refused > 1;
}

static int show_all(struct removal *rm, struct sum *sum)
{
	struct output s;
	enum ipcx_field fields[IPCX_NO_FIELD];
	const struct output_args args = { .bytes = rm->args->output.bytes,
					  .numeric = rm->args->output.numeric,
					  .sort = rm->args->output.sort,
					  .colour = rm->args->output.colour };
	uint64_t touched = rm->mechs;
	int r = output_open(&s, &args, "objects");

	for (size_t i = 0; i < rm->nbatches; i++)
		for (size_t k = 0; k < rm->batches[i].n; k++)
			touched |= IPCX_MECH_BIT(rm->batches[i].refs[k].mech);
	if (!r)
		r = output_fields(&s, NULL, rm_shown(touched, fields), select_knows,
				  &touched);
	if (!r)
		r = rmask_list_all(rm, &s, sum);
	if (!r && rmask_asks(sum)) {
		show_sum(sum);
		rm_users_print(rm, &sum->users, show_users);
	}
	return r;
}

/* Write " (3 more may not be removed: not permitted)". */
static void put_refused(const struct sum *sum, char *buf, size_t size)
{
	buf[0] = '\0';
	if (sum->refused && sum->refused == sum->denied)
		(void)snprintf(buf, size, " (%zu more may not be removed: not permitted)",
			       sum->refused);
	else if (sum->refused)
		(void)snprintf(buf, size, " (%zu more cannot be removed)", sum->refused);
}

int rm_ask(struct removal *rm)
{
	struct sum sum = { .all = 0 };
	char counts[200], ns[64], refused[80];
	int r;

	/* Ask on stderr, because stdout may be a file. */
	out_start(msg_descriptor(), NULL);
	r = show_all(rm, &sum);
	if (r || !rmask_asks(&sum))
		out_drop();
	out_start(0, NULL);
	if (r || !rmask_asks(&sum))
		return r;
	rm_list_counts(sum.count, counts, sizeof(counts));
	ipcx_namespace(rm->app->x, ns, sizeof(ns));
	put_refused(&sum, refused, sizeof(refused));
	if (!msg_ask("ipcx: remove %s%s from %s? [y/N] ", counts, refused, ns)) {
		msg_error("nothing was removed (--dry-run lists what would be removed)");
		return EXIT_FAILED;
	}
	return 0;
}
