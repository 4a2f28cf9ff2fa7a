/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deduplicate what the operands name: an object named by several words is listed, changed
 * and removed once. Otherwise the second removal would report the object as missing. */
#include "object/meant.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "nsopt.h"

static int meant_no_memory(void)
{
	msg_error("out of memory");
	return EXIT_FAILED;
}

/* Report missing or unreadable objects among these references. Notes about the mechanism
 * are not printed: the listing of the mechanism prints them. */
static int meant_look(struct app *app, const struct ipcx_ref *refs, size_t n,
		      struct tally *tally)
{
	const struct ipcx_query q = { .size = sizeof(q),
				      .refs = refs,
				      .nrefs = n,
				      .fields = IPCX_FIELDSET(IPCX_F_MECH),
				      .flags = IPCX_NUMERIC };
	struct tally reported = *tally;
	struct ipcx_table *t;
	int r = ipcx_scan(app->x, &q, &t);

	if (r < 0)
		return app_failed(app, r);
	msg_table(t, app->verbose, &reported);
	tally->missing = reported.missing;
	tally->failed = reported.failed;
	tally->gaps = reported.gaps;
	ipcx_table_free(t);
	return 0;
}

int meant_whole(struct app *app, struct selection *sel, struct tally *tally)
{
	auto_free struct ipcx_ref *inside = NULL;
	size_t n = 0, kept = 0;

	if (!sel->mechs || !sel->nrefs)
		return 0;
	inside = calloc(sel->nrefs, sizeof(*inside));
	if (!inside)
		return meant_no_memory();
	for (size_t i = 0; i < sel->nrefs; i++) {
		const struct ipcx_ref *ref = &sel->refs[i];

		if (sel->mechs & IPCX_MECH_BIT(ref->mech))
			inside[n++] = *ref;
		else
			sel->refs[kept++] = *ref;
	}
	sel->nrefs = kept;
	/* With --ns all a reference may exist in any namespace: report nothing. */
	return n && !ns_all(app) ? meant_look(app, inside, n, tally) : 0;
}

/* ---- duplicate references */

struct item {
	const struct ipcx_ref *ref;
	size_t at;
};

static int meant_order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int meant_compare(const struct ipcx_ref *a, const struct ipcx_ref *b)
{
	int r = meant_order(a->mech, b->mech);

	r = r ? r : meant_order((int64_t)a->by, (int64_t)b->by);
	r = r ? r : meant_order(a->id, b->id);
	r = r ? r : meant_order(a->key, b->key);
	r = r ? r : (a->device > b->device) - (a->device < b->device);
	r = r ? r : (a->inode > b->inode) - (a->inode < b->inode);
	return r ? r : strcmp(a->name, b->name);
}

/* Equal references keep their order. */
static int by_ref(const void *a, const void *b)
{
	const struct item *left = a, *right = b;
	int r = meant_compare(left->ref, right->ref);

	return r ? r : (left->at > right->at) - (left->at < right->at);
}

static int meant_find(const void *ref, const void *item)
{
	return meant_compare(ref, ((const struct item *)item)->ref);
}

static const struct item *item_of(const struct item *items, size_t n,
				  const struct ipcx_ref *ref)
{
	return bsearch(ref, items, n, sizeof(*items), meant_find);
}

/* Mark the keys whose object is also named by id. */
static int again_by_key(struct app *app, const struct ipcx_ref *keys, size_t nkeys,
			const struct item *items, size_t n, bool *again)
{
	const struct ipcx_query q = { .size = sizeof(q),
				      .refs = keys,
				      .nrefs = nkeys,
				      .fields = IPCX_FIELDSET(IPCX_F_KEY),
				      .flags = IPCX_NUMERIC };
	struct ipcx_table *t;
	int r = ipcx_scan(app->x, &q, &t);

	if (r < 0)
		return app_failed(app, r);
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_ref ref, key = { .by = IPCX_BY_KEY };
		const struct item *named;
		struct ipcx_value v;

		if (ipcx_row_ref(t, i, &ref) < 0 || !item_of(items, n, &ref) ||
		    ipcx_row_get(t, i, IPCX_F_KEY, &v) < 0 || v.type != IPCX_TYPE_KEY)
			continue;
		key.mech = ref.mech;
		key.key = (uint32_t)v.as.u;
		named = item_of(items, n, &key);
		if (named)
			again[named->at] = true;
	}
	ipcx_table_free(t);
	return 0;
}

/* Return the mechanisms that have references of this kind. */
static uint64_t named_by(const struct item *items, size_t n, enum ipcx_by by)
{
	uint64_t mechs = 0;

	for (size_t i = 0; i < n; i++)
		if (items[i].ref->by == by)
			mechs |= IPCX_MECH_BIT(items[i].ref->mech);
	return mechs;
}

int meant_again(struct app *app, const struct ipcx_ref *const *refs, size_t n,
		bool *ret_again)
{
	auto_free struct item *items = calloc(n + 1, sizeof(*items));
	auto_free struct ipcx_ref *keys = NULL;
	size_t kept = 0, nkeys = 0;
	bool sorted = true;
	uint64_t both;

	if (!items)
		return meant_no_memory();
	for (size_t i = 0; i < n; i++) {
		items[i] = (struct item){ .ref = refs[i], .at = i };
		ret_again[i] = false;
		sorted = sorted && (i == 0 || meant_compare(refs[i - 1], refs[i]) < 0);
	}
	if (!sorted)
		qsort(items, n, sizeof(*items), by_ref);
	for (size_t i = 0; i < n; i++)
		if (kept && !meant_compare(items[kept - 1].ref, items[i].ref))
			ret_again[items[i].at] = true;
		else
			items[kept++] = items[i];
	both = named_by(items, kept, IPCX_BY_KEY) & named_by(items, kept, IPCX_BY_ID);
	if (!both)
		return 0;
	keys = calloc(kept, sizeof(*keys));
	if (!keys)
		return meant_no_memory();
	for (size_t i = 0; i < kept; i++)
		if (items[i].ref->by == IPCX_BY_KEY &&
		    (both & IPCX_MECH_BIT(items[i].ref->mech)))
			keys[nkeys++] = *items[i].ref;
	return again_by_key(app, keys, nkeys, items, kept, ret_again);
}

int meant_once(struct app *app, struct selection *sel)
{
	auto_free const struct ipcx_ref **refs = NULL;
	auto_free bool *again = NULL;
	size_t kept = 0;
	int r;

	if (sel->nrefs < 2)
		return 0;
	refs = calloc(sel->nrefs, sizeof(const struct ipcx_ref *));
	again = calloc(sel->nrefs, sizeof(*again));
	if (!refs || !again)
		return meant_no_memory();
	for (size_t i = 0; i < sel->nrefs; i++)
		refs[i] = &sel->refs[i];
	r = meant_again(app, refs, sel->nrefs, again);
	if (r)
		return r;
	for (size_t i = 0; i < sel->nrefs; i++)
		if (!again[i])
			sel->refs[kept++] = sel->refs[i];
	sel->nrefs = kept;
	return 0;
}
