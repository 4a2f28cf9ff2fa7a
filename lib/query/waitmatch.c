/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the threads that wait do so for the objects that are asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/columns.h"
#include "query/users.h"
#include "query/usersjoin.h"
#include "query/waitsjoin.h"

/* What identifies the object of a wait. */
struct match_key {
	unsigned group; /* MATCH_… */
	uint64_t ns;    /* of a System V object */
	uint64_t dev, ino;
};

enum { MATCH_SEM, MATCH_MSG, MATCH_FILE }; /* MATCH_FILE + enum ix_use_kind */

struct match_entry {
	struct match_key key;
	size_t wait;
};

static struct match_key match_key_of(const struct ix_wait *w)
{
	struct match_key key = { .group = MATCH_FILE + (unsigned)w->file };

	if (w->b.kind == IX_WAIT_SEM || w->b.kind == IX_WAIT_MSG) {
		key.group = w->b.kind == IX_WAIT_SEM ? MATCH_SEM : MATCH_MSG;
		key.ns = w->ipc;
		key.ino = (uint32_t)w->b.object;
		return key;
	}
	key.ino = w->ino;
	if (w->file == IX_USE_SYSV)
		key.ns = w->ipc;
	else
		key.dev = w->dev;
	return key;
}

static int match_compare(const struct match_key *l, const struct match_key *r)
{
	if (l->group != r->group)
		return l->group < r->group ? -1 : 1;
	if (l->ino != r->ino)
		return l->ino < r->ino ? -1 : 1;
	if (l->ns != r->ns)
		return l->ns < r->ns ? -1 : 1;
	return l->dev == r->dev ? 0 : l->dev < r->dev ? -1 : 1;
}

static int match_order(const void *a, const void *b)
{
	const struct match_entry *l = a, *r = b;
	int by_key = match_compare(&l->key, &r->key);

	return by_key ? by_key : l->wait < r->wait ? -1 : l->wait > r->wait;
}

/* Whether some thread waits in a way that is one of this mechanism. */
static bool match_hits(const struct ix_waits *w, const struct ix_traces *traces)
{
	for (size_t i = 0; traces && i < w->n; i++) {
		const struct ix_wait *wait = &w->all[i];

		if ((traces->waits >> wait->b.kind & 1) &&
		    (wait->b.kind == IX_WAIT_SEM || wait->b.kind == IX_WAIT_MSG ||
		     traces->kind == (unsigned)wait->file))
			return true;
	}
	return false;
}

/* ---- the objects */

static struct ipcx_fieldset match_fields(const struct waits_join *j)
{
	struct ipcx_fieldset fields =
		IPCX_FIELDSET(IPCX_F_REF, IPCX_F_ID, IPCX_F_KEY, IPCX_F_NAME,
			      IPCX_F_INODE, IPCX_F_DEVICE, IPCX_F_NS, IPCX_F_OTIME,
			      IPCX_F_CTIME, IPCX_F_NATTCH, IPCX_F_CUID);

	for (unsigned m = 0; ix_mech(m); m++) {
		const struct ix_traces *traces = ix_mech(m)->traces;

		if (!traces || !traces->sender.pid)
			continue;
		ipcx_fieldset_add(&fields, traces->sender.pid);
		ipcx_fieldset_add(&fields, traces->sender.at);
		ipcx_fieldset_add(&fields, traces->receiver.pid);
		ipcx_fieldset_add(&fields, traces->receiver.at);
	}
	if (j->counts) {
		ipcx_fieldset_add(&fields, IPCX_F_SEMNCNT);
		ipcx_fieldset_add(&fields, IPCX_F_SEMZCNT);
	}
	return fields;
}

/* Whether a thread waits in a way that may be one of a mechanism that is asked for. */
static bool match_any(const struct waits_join *j)
{
	for (unsigned m = 0; ix_mech(m); m++)
		if (ix_users_asks(j->q, m) && match_hits(&j->waits, ix_mech(m)->traces))
			return true;
	return false;
}

/* Which mechanisms have to be listed: if there is anything to tell, all with hits, as
 * those who could end a wait may wait elsewhere; if threads may be unseen, those whose
 * waiters the kernel counts; for unlinked files, all that have files in the same
 * directory. */
static uint64_t match_mechs(const struct waits_join *j)
{
	uint64_t mechs = 0;
	bool mounted = false, any = match_any(j);

	for (unsigned m = 0; ix_mech(m); m++) {
		const struct ix_mech *mech = ix_mech(m);

		if (mech->info.unlisted)
			continue;
		if ((any && match_hits(&j->waits, mech->traces)) ||
		    (j->early && (j->q->mechs & IPCX_MECH_BIT(m))) ||
		    (j->counts && (j->q->mechs & IPCX_MECH_BIT(m)) &&
		     ix_kind_has(mech->kind, IPCX_F_SEMNCNT)))
			mechs |= IPCX_MECH_BIT(m);
		mounted |= mech->mounted && (mechs & IPCX_MECH_BIT(m));
	}
	for (unsigned m = 0; mounted && ix_mech(m); m++)
		if (ix_mech(m)->mounted)
			mechs |= IPCX_MECH_BIT(m);
	return mechs;
}

int ix_waits_list(struct waits_join *j)
{
	struct ix_scan s = { .verb = IX_LOOK, .once = true, .counts_unseen = true };
	struct ipcx_query q = *j->q;
	auto_free struct ipcx_ref *refs = calloc(q.nrefs + 1, sizeof(*refs));

	if (!refs)
		return -ENOMEM;
	q.nrefs = 0;
	for (size_t i = 0; i < j->q->nrefs; i++)
		if (!ix_users_by_inode(&j->q->refs[i]) ||
		    ix_mech(j->q->refs[i].mech)->by_inode)
			refs[q.nrefs++] = j->q->refs[i];
	q.refs = q.nrefs ? refs : NULL;
	q.mechs = match_mechs(j);
	q.fields = match_fields(j);
	q.flags = IPCX_NUMERIC;
	q.where = NULL;
	if (!q.nrefs && !q.mechs)
		return 0;
	j->listed = true;
	return ix_run(j->out.x, &q, &s, &j->objects);
}

/* ---- the join */

static int match_add(struct waits_join *j, const struct ix_wait *wait,
		     const struct ipcx_ref *it, uint64_t ns, size_t row, bool asked)
{
	char ref[IPCX_REF_MAX];
	struct wait_found *f;

	if (ipcx_ref_format(it, ref, sizeof(ref)) < 0)
		return 0;
	if (j->n == j->cap) {
		size_t cap = j->cap ? 2 * j->cap : 64;
		struct wait_found *more = reallocarray(j->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		j->all = more;
		j->cap = cap;
	}
	f = &j->all[j->n];
	*f = (struct wait_found){ .wait = wait,
				  .mech = it->mech,
				  .ns = ns,
				  .row = row,
				  .asked = asked,
				  .value = -1,
				  .ref = strdup(ref) };
	j->n += f->ref != NULL;
	return f->ref ? 0 : -ENOMEM;
}

/* Whether a segment's key is that of its file, which keeps the key when the segment is
 * removed. */
static bool match_is_segment(const struct waits_join *j, size_t row,
			     const struct ix_wait *w)
{
	uint64_t key = ix_users_number(j->objects, row, IPCX_F_KEY);

	return w->file != IX_USE_SYSV || w->b.kind != IX_WAIT_FUTEX || !key ||
	       key == w->key;
}

static size_t match_first(const struct match_entry *sorted, size_t n,
			  const struct match_key *key)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (match_compare(&sorted[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct match_key match_row_key(const struct waits_join *j, size_t row,
				      const struct ix_traces *traces)
{
	struct match_key key = { .group = MATCH_FILE + traces->kind };
	bool array = traces->waits >> IX_WAIT_SEM & 1;

	if (array || traces->waits >> IX_WAIT_MSG & 1)
		key.group = array ? MATCH_SEM : MATCH_MSG;
	if (key.group < MATCH_FILE || traces->by_id) {
		key.ns = ix_users_number(j->objects, row, IPCX_F_NS);
		key.ino = (uint32_t)ix_users_number(j->objects, row, IPCX_F_ID);
	} else {
		key.dev = ix_users_number(j->objects, row, IPCX_F_DEVICE);
		key.ino = ix_users_number(j->objects, row, IPCX_F_INODE);
	}
	return key;
}

static int match_row(struct waits_join *j, const struct match_entry *sorted, size_t row,
		     uint8_t *matched)
{
	unsigned mech = ipcx_row_mech(j->objects, row);
	const struct ix_traces *traces = mech == IPCX_NO_MECH ? NULL
							      : ix_mech(mech)->traces;
	uint64_t ns = ix_users_number(j->objects, row, IPCX_F_NS);
	struct match_key key;
	struct ipcx_ref it;
	bool asked;
	int r = 0;

	if (!traces || !traces->waits || ipcx_row_ref(j->objects, row, &it) < 0)
		return 0;
	key = match_row_key(j, row, traces);
	asked = ix_users_asks_row(j->q, &it, ix_users_number(j->objects, row, IPCX_F_KEY),
				  key.dev, key.ino);
	for (size_t i = match_first(sorted, j->waits.n, &key);
	     r == 0 && i < j->waits.n && match_compare(&sorted[i].key, &key) == 0; i++) {
		const struct ix_wait *w = &j->waits.all[sorted[i].wait];

		if (matched[sorted[i].wait] || !match_is_segment(j, row, w) ||
		    !(traces->waits >> w->b.kind & 1))
			continue;
		matched[sorted[i].wait] = 1;
		r = match_add(j, w, &it, ns, row, asked);
	}
	return r;
}

/* Whether an object that belongs to the processes that use it is in a namespace that is
 * asked for. */
static bool match_here(const struct waits_join *j, const struct ix_wait *w)
{
	return j->everywhere || !w->ipc || !j->home || w->ipc == j->home;
}

/* The reference of a file without a name: the file systems of most memfds and of pipes go
 * without saying. */
static void match_inode(const struct waits_join *j, const struct ix_wait *w,
			struct ipcx_ref *it)
{
	bool common = w->dev == j->waits.pipe_dev ||
		      (j->waits.ndevs && w->dev == j->waits.devs[0].dev);

	it->device = common && ix_mech(it->mech)->one_device ? 0 : w->dev;
	it->inode = w->ino;
}

/* Pipes, memfds and files without a name are in no listing. */
static int match_rest(struct waits_join *j, const struct ix_wait *w)
{
	struct ipcx_ref it = { .by = IPCX_BY_INODE, .mech = IPCX_NO_MECH };
	uint64_t ns = w->ipc;

	if (w->b.kind == IX_WAIT_SEM || w->b.kind == IX_WAIT_MSG ||
	    w->file == IX_USE_SYSV)
		return 0;
	if (w->file == IX_USE_FILE && w->unlinked && j->objects)
		it.mech = ix_users_lost_mech(j->objects, w->dev,
					     w->name ? j->waits.names.data + w->name - 1
						     : "",
					     &ns);
	for (unsigned m = 0; w->file != IX_USE_FILE && ix_mech(m); m++)
		if (ix_mech(m)->info.unlisted && ix_mech(m)->traces->kind == w->file &&
		    match_here(j, w))
			it.mech = m;
	if (it.mech == IPCX_NO_MECH)
		return 0;
	match_inode(j, w, &it);
	return match_add(j, w, &it, ns, SIZE_MAX,
			 ix_users_asks_row(j->q, &it, 0, w->dev, w->ino));
}

/* A FIFO that nobody could open so far is found only by those who wait for the other end.
 */
static bool match_exists(const struct waits_join *j, const struct ipcx_note *n)
{
	for (size_t i = 0; n->kind == IPCX_NOTE_MISSING && i < j->n; i++)
		if (!strcmp(j->all[i].ref, n->subject))
			return true;
	return false;
}

static void match_notes(const struct waits_join *j)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(j->objects, i)); i++)
		if (n->kind != IPCX_NOTE_INFO && n->kind != IPCX_NOTE_REASON &&
		    n->kind != IPCX_NOTE_SKIPPED &&
		    (n->mech == IPCX_NO_MECH || (j->mechs & IPCX_MECH_BIT(n->mech))) &&
		    !match_exists(j, n))
			ix_table_hand_on(j->out.t, n);
}

struct match_place {
	struct match_key key;
	uint64_t offset;
	size_t found;
};

static int match_place_order(const void *a, const void *b)
{
	const struct match_place *l = a, *r = b;
	int by_key = match_compare(&l->key, &r->key);

	return by_key ? by_key : l->offset < r->offset ? -1 : l->offset > r->offset;
}

/* Number the places for which threads wait. */
static int match_number(struct waits_join *j)
{
	auto_free struct match_place *places = calloc(j->n + 1, sizeof(*places));
	uint32_t number = 0;

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < j->n; i++)
		places[i] = (struct match_place){ match_key_of(j->all[i].wait),
						  j->all[i].wait->offset, i };
	if (j->n)
		qsort(places, j->n, sizeof(*places), match_place_order);
	for (size_t i = 0; i < j->n; i++) {
		number += !i || match_place_order(&places[i - 1], &places[i]) != 0;
		j->all[places[i].found].object = number;
	}
	return 0;
}

int ix_waits_match(struct waits_join *j)
{
	auto_free struct match_entry *sorted = calloc(j->waits.n + 1, sizeof(*sorted));
	auto_free uint8_t *matched = calloc(j->waits.n + 1, 1);
	int r = sorted && matched ? 0 : -ENOMEM;

	if (r == 0 && !j->listed)
		r = ix_waits_list(j);
	for (size_t i = 0; r == 0 && i < j->waits.n; i++)
		sorted[i] = (struct match_entry){ match_key_of(&j->waits.all[i]), i };
	if (r == 0)
		qsort(sorted, j->waits.n, sizeof(*sorted), match_order);
	for (size_t row = 0; r == 0 && j->objects && row < j->objects->rows; row++)
		r = match_row(j, sorted, row, matched);
	for (size_t i = 0; r == 0 && i < j->waits.n; i++)
		if (!matched[sorted[i].wait])
			r = match_rest(j, &j->waits.all[sorted[i].wait]);
	if (r == 0 && j->objects)
		match_notes(j);
	return r < 0 ? r : match_number(j);
}
