/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Namespaces that are kept by an attached segment. A process that leaves its IPC
 * namespace keeps the segments it has attached, and each of them keeps its namespace. A
 * mapping shows the id and the key of its segment, not its namespace: a mapping of which
 * the process's namespace has no segment, or more mappings of one than the kernel counts,
 * belong to another namespace. That is the one whose segment has attaches that no process
 * in it accounts for; if there are several such, it may be any of them, and if there is
 * none, nothing else keeps that namespace, so that it cannot be found.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ns/ns.h"
#include "query/keepers.h"
#include "query/usersjoin.h"
#include "who/uses.h"

struct kept_segment {
	uint64_t ns, nattch, found;
	int32_t id;
	uint32_t key;
	uint32_t users;
	const struct ix_use *use; /* of the only user */
};

struct kept_stray {
	const struct ix_use *use;
	bool surely; /* it is certain that it is of another namespace */
};

struct kept_maps {
	struct ix_uses uses;
	struct ipcx_table *objects;
	struct kept_segment *segments; /* sorted by ns, then id */
	struct kept_segment **by_id;   /* sorted by id */
	size_t n;
	uint64_t *whole; /* namespaces whose segments are all known, sorted */
	size_t nwhole;
	struct kept_stray *strays;
	size_t nstrays;
};

static int kept_by_number(const void *a, const void *b)
{
	const uint64_t *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

static int kept_by_place(const void *a, const void *b)
{
	const struct kept_segment *p = a, *q = b;

	if (p->ns != q->ns)
		return p->ns > q->ns ? 1 : -1;
	return (p->id > q->id) - (p->id < q->id);
}

static int kept_by_id(const void *a, const void *b)
{
	const struct kept_segment *p = *(struct kept_segment *const *)a;
	const struct kept_segment *q = *(struct kept_segment *const *)b;

	return (p->id > q->id) - (p->id < q->id);
}

/* ---- the segments of all namespaces */

static int kept_scan(struct ipcx *x, struct kept_maps *m)
{
	struct ix_scan s = { .verb = IX_LOOK, .once = true, .counts_unseen = true };
	struct ipcx_query q = { .size = sizeof(q),
				.fields = IPCX_FIELDSET(IPCX_F_ID, IPCX_F_KEY,
							IPCX_F_NATTCH),
				.flags = IPCX_NUMERIC };

	for (unsigned i = 0; ix_mech(i); i++)
		if (ix_mech(i)->traces && ix_mech(i)->traces->by_id)
			q.mechs |= IPCX_MECH_BIT(i);
	return ix_run(x, &q, &s, &m->objects);
}

static int kept_segments(struct kept_maps *m)
{
	const struct ipcx_table *t = m->objects;

	m->segments = calloc(t->rows + 1, sizeof(*m->segments));
	m->by_id = calloc(t->rows + 1, sizeof(struct kept_segment *));
	m->whole = calloc(t->nsections + 1, sizeof(*m->whole));
	if (!m->segments || !m->by_id || !m->whole)
		return -ENOMEM;
	for (size_t i = 0; i < t->nsections; i++) {
		const struct ix_section *s = &t->sections[i];
		uint64_t ns = s->place ? t->places[s->place - 1].ns : 0;

		if (!s->uncounted)
			m->whole[m->nwhole++] = ns;
		for (size_t k = s->first; k < s->first + s->count; k++)
			m->segments[m->n++] = (struct kept_segment){
				.ns = ns,
				.id = (int32_t)ix_users_number(t, k, IPCX_F_ID),
				.key = (uint32_t)ix_users_number(t, k, IPCX_F_KEY),
				.nattch = ix_users_number(t, k, IPCX_F_NATTCH),
			};
	}
	qsort(m->segments, m->n, sizeof(*m->segments), kept_by_place);
	qsort(m->whole, m->nwhole, sizeof(*m->whole), kept_by_number);
	for (size_t i = 0; i < m->n; i++)
		m->by_id[i] = &m->segments[i];
	qsort(m->by_id, m->n, sizeof(*m->by_id), kept_by_id);
	return 0;
}

/* ---- the mappings */

/* When a segment is removed, the kernel sets its key to 0; the name of its file
 * remains. */
static bool kept_fits(const struct kept_segment *s, const struct ix_use *use)
{
	return (uint64_t)s->id == use->ino && (s->key == use->key || s->key == 0);
}

static void kept_stray(struct kept_maps *m, const struct ix_use *use, bool surely)
{
	m->strays[m->nstrays++] = (struct kept_stray){ .use = use, .surely = surely };
}

static int kept_find_strays(struct kept_maps *m)
{
	m->strays = calloc(m->uses.n + m->n + 1, sizeof(*m->strays));
	if (!m->strays)
		return -ENOMEM;
	for (size_t i = 0; i < m->uses.n; i++) {
		const struct ix_use *use = &m->uses.all[i];
		const struct kept_segment key = { .ns = m->uses.users[use->user].ipc,
						  .id = (int32_t)use->ino };
		struct kept_segment *own =
			bsearch(&key, m->segments, m->n, sizeof(key), kept_by_place);

		if (use->kind != IX_USE_SYSV || !key.ns)
			continue;
		if (own && kept_fits(own, use)) {
			own->found += use->mappings;
			own->users++;
			own->use = use;
		} else if (bsearch(&key.ns, m->whole, m->nwhole, sizeof(key.ns),
				   kept_by_number)) {
			kept_stray(m, use, true);
		}
	}
	for (size_t i = 0; i < m->n; i++)
		if (m->segments[i].users == 1 &&
		    m->segments[i].found > m->segments[i].nattch)
			kept_stray(m, m->segments[i].use, false);
	return 0;
}

/* ---- which namespace a mapping keeps */

static int kept_add(const struct kept_maps *m, struct ix_keepers *mapped,
		    const struct kept_segment *s, const struct ix_use *use, bool perhaps)
{
	return ix_keepers_add(mapped, &(struct ix_keeper){
					      .ns = s->ns,
					      .kind = IX_KEEPER_MAPPING,
					      .pid = m->uses.users[use->user].pid,
					      .fd = -1,
					      .id = s->id,
					      .perhaps = perhaps,
				      });
}

/* Return the first segment with an id, in the order of by_id. */
static size_t kept_first(const struct kept_maps *m, uint64_t id)
{
	size_t low = 0, high = m->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if ((uint64_t)m->by_id[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool kept_lacks(const struct kept_maps *m, const struct kept_segment *s,
		       const struct ix_use *use)
{
	return s->ns != m->uses.users[use->user].ipc && s->found < s->nattch &&
	       kept_fits(s, use);
}

/* Returns how many namespaces it may be, or -ENOMEM. */
static int kept_match(const struct kept_maps *m, struct ix_keepers *mapped,
		      const struct ix_use *use)
{
	size_t first = kept_first(m, use->ino), n = 0;
	int r = 0;

	for (size_t i = first; i < m->n && (uint64_t)m->by_id[i]->id == use->ino; i++)
		n += kept_lacks(m, m->by_id[i], use);
	for (size_t i = first;
	     r == 0 && i < m->n && (uint64_t)m->by_id[i]->id == use->ino; i++)
		if (kept_lacks(m, m->by_id[i], use))
			r = kept_add(m, mapped, m->by_id[i], use, n > 1);
	return r < 0 ? r : n > 0;
}

static void kept_note(struct ipcx_table *t, const struct ix_user *user)
{
	char subject[32];

	(void)snprintf(subject, sizeof(subject), "process %d", user->pid);
	ix_table_note(
		t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH, 0, subject,
		"has attached a segment of an IPC namespace that nothing else was found to keep: that namespace exists, and cannot be listed");
}

#define KEPT_NOTES 8

static int kept_join(struct kept_maps *m, struct ipcx_table *t, bool all,
		     struct ix_keepers *mapped)
{
	uint32_t last = UINT32_MAX;
	size_t notes = 0;

	for (size_t i = 0; i < m->nstrays; i++) {
		const struct kept_stray *s = &m->strays[i];
		int r = kept_match(m, mapped, s->use);

		if (r < 0)
			return r;
		if (r > 0 || !s->surely || !all || s->use->user == last)
			continue;
		last = s->use->user;
		if (notes++ < KEPT_NOTES)
			kept_note(t, &m->uses.users[last]);
	}
	if (notes > KEPT_NOTES)
		ix_table_note(
			t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH, 0, NULL,
			"%zu more processes have attached segments of IPC namespaces that cannot be listed",
			notes - KEPT_NOTES);
	return 0;
}

int ix_kept_mapped(struct ipcx *x, struct ipcx_table *t, bool all,
		   struct ix_keepers *mapped)
{
	const struct ix_uses_what what = { .kinds = 1U << IX_USE_SYSV,
					   .maps = true,
					   .shared = true };
	struct kept_maps m = { .n = 0 };
	int r = ix_uses_collect(x, &what, &m.uses);

	if (r < 0) {
		if (r != -ENOMEM)
			ix_table_once(t, r, "attached segments could not be looked for");
		return r == -ENOMEM ? r : 0;
	}
	if (m.uses.missed)
		ix_table_once(t, m.uses.missed_error,
			      "the mappings of some processes could not be looked at");
	if (m.uses.n)
		r = kept_scan(x, &m);
	if (r == 0 && m.objects)
		r = kept_segments(&m);
	if (r == 0 && m.objects)
		r = kept_find_strays(&m);
	if (r == 0 && m.objects)
		r = kept_join(&m, t, all, mapped);
	ix_uses_free(&m.uses);
	ipcx_table_free(m.objects);
	free(m.segments);
	free(m.by_id);
	free(m.whole);
	free(m.strays);
	return r;
}
