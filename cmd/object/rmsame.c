/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm: check whether an object is still the object in the list of --from, and whether the
 * object was named before. */
#include <stdlib.h>
#include <string.h>

#include "object/meant.h"
#include "object/rm.h"

static bool number_is(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		      uint64_t n)
{
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type == IPCX_TYPE_UINT &&
	       v.as.u == n;
}

static bool text_is(const struct ipcx_table *t, size_t row, enum ipcx_field f,
		    const char *text)
{
	char now[IPCX_VALUE_MAX];
	struct ipcx_value v;

	return ipcx_row_get(t, row, f, &v) == 0 && v.type != IPCX_TYPE_NONE &&
	       ipcx_value_format(&v, now, sizeof(now)) > 0 && !strcmp(now, text);
}

/* Return why a row is not the object of the list; NULL if the row is that object. */
static const char *another(const struct ipcx_table *t, size_t row,
			   const struct rm_mark *mark, bool named)
{
	bool same = named ? number_is(t, row, IPCX_F_DEVICE, mark->device) &&
				    number_is(t, row, IPCX_F_INODE, mark->inode)
			  : (!*mark->key || text_is(t, row, IPCX_F_KEY, mark->key)) &&
				    (!mark->has_cuid ||
				     number_is(t, row, IPCX_F_CUID, mark->cuid));

	if (!same)
		return "is another object by now: left alone";
	if (text_is(t, row, IPCX_F_CTIME, mark->ctime))
		return NULL;
	return named ? "was changed since it was listed: left alone"
		     : "was changed since it was listed, or is another object by now: left "
		       "alone";
}

static bool is_row(const struct ipcx_table *t, size_t row, const struct ipcx_ref *ref)
{
	struct ipcx_ref own;

	return ipcx_row_ref(t, row, &own) == 0 && own.mech == ref->mech &&
	       own.id == ref->id && !strcmp(own.name, ref->name);
}

int rm_from_check(struct removal *rm, struct rm_batch *batch)
{
	struct ipcx_query look = {
		.size = sizeof(look),
		.refs = batch->refs,
		.nrefs = batch->n,
		.fields = IPCX_FIELDSET(IPCX_F_MECH),
		.flags = IPCX_NUMERIC,
	};
	size_t rows, row = 0, kept = 0;
	struct tally only_notes = rm->tally;
	int r = ipcx_scan(rm->app->x, &look, &batch->same);

	if (r < 0)
		return app_failed(rm->app, r);
	msg_table(batch->same, rm->app->verbose, &only_notes);
	rows = ipcx_table_rows(batch->same);
	only_notes.done = rm->tally.done; /* nothing yet */
	rm->tally = only_notes;
	/* The table has one row for each existing object, in the order of refs. */
	for (size_t i = 0; i < batch->n && row < rows; i++) {
		const struct ipcx_mech_info *m = ipcx_mech_info(batch->refs[i].mech);
		char name[IPCX_REF_MAX];
		const char *why;

		if (!is_row(batch->same, row, &batch->refs[i]))
			continue;
		why = another(batch->same, row++, &batch->marks[i], m->named);
		if (!why) {
			batch->refs[kept++] = batch->refs[i];
			continue;
		}
		(void)ipcx_ref_format(&batch->refs[i], name, sizeof(name));
		msg_object("failed", name, m->name, "%s", why);
		rm->tally.gaps++;
	}
	batch->n = kept;
	return 0;
}

/* Keep only those references of a batch for which again[] is false. */
static void drop(struct rm_batch *batch, const bool *again)
{
	size_t kept = 0;

	for (size_t i = 0; i < batch->n; i++)
		if (!again[i])
			batch->refs[kept++] = batch->refs[i];
	batch->n = kept;
}

int rm_each_once(struct removal *rm)
{
	auto_free const struct ipcx_ref **refs = NULL;
	auto_free bool *again = NULL;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < rm->nbatches; i++)
		n += rm->batches[i].n;
	if (n < 2)
		return 0;
	refs = calloc(n, sizeof(const struct ipcx_ref *));
	again = calloc(n, sizeof(*again));
	if (!refs || !again) {
		msg_error("out of memory");
		return EXIT_FAILED;
	}
	n = 0;
	for (size_t i = 0; i < rm->nbatches; i++)
		for (size_t k = 0; k < rm->batches[i].n; k++)
			refs[n++] = &rm->batches[i].refs[k];
	r = meant_again(rm->app, refs, n, again);
	n = 0;
	for (size_t i = 0; !r && i < rm->nbatches; i++) {
		size_t had = rm->batches[i].n;

		drop(&rm->batches[i], again + n);
		n += had;
	}
	return r;
}
