/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm --unused: find objects that are known to be unused, and report the others. */
#include <stdio.h>
#include <string.h>

#include "object/rm.h"

#define UNUSED "in_use == false"
#define USED   "in_use == true"

/* The most reasons that are told apart. */
#define REASONS_MAX 32

int rm_unused_where(struct app *app, const struct opt_list *texts,
		    struct ipcx_expr **ret_where)
{
	struct opt_list all = *texts;

	if (all.n == OPT_LIST_MAX)
		return msg_usage("--where is given more than %d times", OPT_LIST_MAX - 1);
	all.all[all.n++] = UNUSED;
	return select_condition(app->x, "--unused", &all, ret_where);
}

/* Objects of a mechanism that are kept because it is unknown whether they are in use. */
struct unknown {
	unsigned mech;
	char reason[IPCX_VALUE_MAX]; /* "" if the notes say why */
	size_t n;
};

/* Which objects are kept, and why. */
struct kept {
	struct ipcx_expr *used, *where;
	size_t used_n, named_n;
	struct unknown unknown[REASONS_MAX];
	size_t reasons;
};

/* Write why an object is, or may be, in use; "" if its row does not say. */
static void rmunused_reason(const struct ipcx_table *t, size_t row, char *buf,
			    size_t size)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, IPCX_F_IN_USE_REASON, &v) < 0 ||
	    v.type != IPCX_TYPE_STRING || ipcx_value_format(&v, buf, size) < 0)
		buf[0] = '\0';
}

static void rmunused_note_used(struct kept *k, const struct ipcx_table *t, size_t row)
{
	const struct ipcx_mech_info *m = ipcx_mech_info(ipcx_row_mech(t, row));
	char name[IPCX_REF_MAX], reason[IPCX_VALUE_MAX];
	struct ipcx_ref ref;
	uint64_t n;

	k->named_n++;
	if (k->named_n > RM_SHOWN || ipcx_row_ref(t, row, &ref) < 0 ||
	    ipcx_ref_format(&ref, name, sizeof(name)) < 0)
		return;
	n = rm_number(t, row, IPCX_F_NATTCH);
	rmunused_reason(t, row, reason, sizeof(reason));
	if (n)
		msg_object("info", name, m->name, "attached %ju time%s: kept",
			   (uintmax_t)n, n == 1 ? "" : "s");
	else
		msg_object("info", name, m->name, "in use (%s): kept", reason);
}

static void rmunused_count_unknown(struct kept *k, const struct ipcx_table *t, size_t row)
{
	unsigned mech = ipcx_row_mech(t, row);
	char reason[IPCX_VALUE_MAX];
	struct unknown *u = k->unknown;

	rmunused_reason(t, row, reason, sizeof(reason));
	while (u < k->unknown + k->reasons &&
	       (u->mech != mech || strcmp(u->reason, reason) != 0))
		u++;
	if (u == k->unknown + REASONS_MAX)
		u--;
	if (u == k->unknown + k->reasons) {
		u->mech = mech;
		memcpy(u->reason, reason, sizeof(reason));
		k->reasons++;
	}
	u->n++;
}

static void rmunused_look_at(struct removal *rm, struct kept *k,
			     const struct ipcx_query *q, const struct ipcx_table *t)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		/* An unused object was removed, or a message says why not. */
		if (ipcx_expr_match(rm->query.where, t, i) == 1)
			continue;
		if (ipcx_expr_match(k->used, t, i) != 1)
			rmunused_count_unknown(k, t, i);
		else if (q->nrefs)
			rmunused_note_used(k, t, i);
		else
			k->used_n++;
	}
}

static int rmunused_look(struct removal *rm, struct kept *k, struct ipcx_query q)
{
	q.where = k->where;
	q.same = NULL; /* `same` has only unused objects: those that the user confirmed */
	q.flags &= IPCX_NUMERIC;
	q.fields = ipcx_expr_fields(rm->query.where);
	ipcx_fieldset_add(&q.fields, IPCX_F_IN_USE_REASON);
	ipcx_fieldset_add(&q.fields, IPCX_F_NATTCH);
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
		rmunused_look_at(rm, k, &q, t);
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
	for (const struct unknown *u = k->unknown; u < k->unknown + k->reasons; u++) {
		const char *name = ipcx_mech_info(u->mech)->name;

		msg_object("incomplete", name, name,
			   "%zu kept: unknown whether %s in use%s%s%s", u->n,
			   u->n == 1 ? "it is" : "they are", u->reason[0] ? " (" : "",
			   u->reason, u->reason[0] ? ")" : "");
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
