/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm --unused: find objects that are known to be unused, and report the others. */
#include <stdio.h>

#include "object/rm.h"

/* Matches segments that are not attached and arrays that no process waits on. An object
 * that lacks these fields, or whose values are unknown, matches neither this condition
 * nor its negation. */
#define UNUSED "nattch == 0 || (semncnt == 0 && semzcnt == 0)"

/* Matches objects that are known to be in use, also of mechanisms whose objects can never
 * be known to be unused. */
#define USED "nattch > 0 || semncnt > 0 || semzcnt > 0 || qnum > 0 || curmsgs > 0"

int rm_unused_where(struct app *app, const struct opt_list *texts,
		    struct ipcx_expr **ret_where)
{
	struct opt_list all = *texts;

	if (all.n == OPT_LIST_MAX)
		return msg_usage("--where is given more than %d times", OPT_LIST_MAX - 1);
	all.all[all.n++] = UNUSED;
	return select_condition(app->x, "--unused", &all, ret_where);
}

/* Which objects are kept, and why. */
struct kept {
	struct ipcx_expr *used, *where;
	size_t used_n, named_n;
	size_t unknown[RM_MECHS_MAX];
};

static void rmunused_note_used(struct kept *k, const struct ipcx_table *t, size_t row)
{
	const struct ipcx_mech_info *m = ipcx_mech_info(ipcx_row_mech(t, row));
	char name[IPCX_REF_MAX];
	struct ipcx_ref ref;
	uint64_t n;

	k->named_n++;
	if (k->named_n > RM_SHOWN || ipcx_row_ref(t, row, &ref) < 0 ||
	    ipcx_ref_format(&ref, name, sizeof(name)) < 0)
		return;
	n = rm_number(t, row, IPCX_F_NATTCH);
	if (n)
		msg_object("info", name, m->name, "attached %ju time%s: kept",
			   (uintmax_t)n, n == 1 ? "" : "s");
	else
		msg_object("info", name, m->name, "in use: kept");
}

static int rmunused_look(struct removal *rm, struct kept *k, struct ipcx_query q)
{
	q.where = k->where;
	q.same = NULL; /* `same` has only unused objects: those that the user confirmed */
	q.flags &= IPCX_NUMERIC;
	q.fields = ipcx_expr_fields(k->used);
	q.max_rows = RM_SLICE;
	do {
		struct ipcx_table *t;
		int r = ipcx_scan(rm->app->x, &q, &t);

		if (r < 0)
			return app_failed(rm->app, r);
		/* Ignore the notes for named objects: the objects that were removed are
		 * missing now, as intended. */
		if (q.mechs) {
			struct tally notes = { 0 };

			msg_table(t, rm->app->verbose, &notes);
			rm->tally.gaps += notes.gaps;
		}
		for (size_t i = 0; i < ipcx_table_rows(t); i++) {
			/* An unused object was removed, or a message says why not. */
			if (ipcx_expr_match(rm->query.where, t, i) == 1)
				continue;
			if (ipcx_expr_match(k->used, t, i) != 1)
				k->unknown[MIN(ipcx_row_mech(t, i), RM_MECHS_MAX - 1)]++;
			else if (q.nrefs)
				rmunused_note_used(k, t, i);
			else
				k->used_n++;
		}
		q.resume = ipcx_table_resume(t);
		ipcx_table_free(t);
	} while (q.resume);
	return 0;
}

static void rmunused_note_sums(struct removal *rm, const struct kept *k)
{
	if (k->named_n > RM_SHOWN)
		msg_note("%zu more in use: kept", k->named_n - RM_SHOWN);
	if (k->used_n && rm->app->verbose)
		msg_note("%zu in use: kept", k->used_n);
	for (unsigned m = 0; ipcx_mech_info(m) && m < RM_MECHS_MAX; m++) {
		const char *name = ipcx_mech_info(m)->name;

		if (!k->unknown[m])
			continue;
		msg_object("incomplete", name, name,
			   "%zu kept: unknown whether %s in use", k->unknown[m],
			   k->unknown[m] == 1 ? "it is" : "they are");
		rm->tally.gaps++;
	}
}

int rm_unused_report(struct removal *rm, const struct opt_list *texts)
{
	struct kept k = { .used_n = 0 };
	const struct opt_list used = { .all = { USED }, .n = 1 };
	int r = select_condition(rm->app->x, "--where", texts, &k.where);

	if (!r)
		r = select_condition(rm->app->x, "--unused", &used, &k.used);
	for (size_t i = 0; !r && i < rm->nbatches; i++)
		if (rm->batches[i].n)
			r = rmunused_look(rm, &k, rm_named(rm, &rm->batches[i]));
	if (!r && rm->mechs)
		r = rmunused_look(rm, &k, rm_whole(rm, 0));
	if (!r)
		rmunused_note_sums(rm, &k);
	ipcx_expr_free(k.used);
	ipcx_expr_free(k.where);
	return r;
}
