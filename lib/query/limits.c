/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits as a table: how a row is filled, and which notes are added for limits that
 * cannot be read.
 */
#include "query/limits.h"

#include <errno.h>
#include <string.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/mech.h"
#include "ns/ns.h"
#include "ns/run.h"

static const struct ix_kind limits_kind = {
	.name = "limits",
	.row_size = sizeof(struct ix_limit_row),
	IX_COLUMNS(IX_CONSTANT(IPCX_F_MECH, ix_derive_mech), IX_PLACE_COLUMNS,
		   IX_SHM_COLUMNS, IX_COL(IPCX_F_NAME, struct ix_limit_row, name),
		   IX_DERIVED(IPCX_F_LIMIT, ix_derive_limit),
		   IX_DERIVED(IPCX_F_USED, ix_derive_used),
		   IX_DERIVED(IPCX_F_PERCENT, ix_derive_percent),
		   IX_COL(IPCX_F_UNIT, struct ix_limit_row, unit),
		   IX_COL(IPCX_F_SOURCE, struct ix_limit_row, source),
		   IX_COL(IPCX_F_WHAT, struct ix_limit_row, what),
		   IX_DERIVED(IPCX_F_CEILING, ix_derive_ceiling)),
};

/* Some mechanisms' objects can be counted only by listing them. */
static int count_objects(struct ix_limits *s, const char *mech, uint64_t *ret_n)
{
	struct ipcx_query q = { .size = sizeof(q),
				.fields = IPCX_FIELDSET(IPCX_F_NAME),
				.flags = IPCX_NUMERIC };
	struct ipcx_table *t = NULL;
	const struct ipcx_note *note;
	int r = ipcx_mech_mask(mech, &q.mechs);

	if (r == 0)
		r = ipcx_scan(s->x, &q, &t);
	if (r < 0)
		return r;
	for (size_t i = 0; (note = ipcx_table_note(t, i)); i++) {
		/* An object that was not read would be missing from the count. */
		if (note->kind != IPCX_NOTE_UNAVAILABLE &&
		    note->kind != IPCX_NOTE_FAILED && note->kind != IPCX_NOTE_INCOMPLETE)
			continue;
		r = note->error ? note->error : -ENOTSUP;
		(void)snprintf(s->uncounted, sizeof(s->uncounted), "%s", note->text);
	}
	if (r == 0)
		*ret_n = ipcx_table_rows(t);
	ipcx_table_free(t);
	return r;
}

/* Read one total of a mechanism that has totals, from whatever source the mechanism
 * uses. */
static int limits_total_of(struct ix_limits *s, const char *mech, enum ipcx_field field,
			   uint64_t *ret_n)
{
	const struct ix_totals *totals;
	struct ipcx_table *t;
	unsigned number;
	void *row;
	int r = ipcx_mech_by_name(mech, (size_t)-1, &number);

	if (r < 0 || !(totals = ix_mech(number)->totals) ||
	    !ix_kind_has(totals->kind, field))
		return -ENODATA;
	r = ix_table_new(&t);
	if (r < 0)
		return r;
	r = ix_table_section(t, totals->kind, number);
	row = r < 0 ? NULL : ix_table_row(t);
	r = row ? totals->ask(s->x, t, row) : -ENOMEM;
	if (r == 0 && ix_is_unknown(t, row, field))
		r = -ENODATA;
	if (r == 0)
		*ret_n = ix_column_raw(ix_column(totals->kind, field), row);
	ipcx_table_free(t);
	return r;
}

struct ix_limits ix_limits_begin(struct ipcx *x)
{
	return (struct ix_limits){ .x = x,
				   .count = count_objects,
				   .total = limits_total_of };
}

void ix_limit_percent(struct ipcx_table *t, struct ix_limit_row *row,
		      const struct ix_reading *r, uint64_t part)
{
	row->divided = r->known && !r->unlimited && r->limit > 0;
	if (row->divided)
		row->percent = (double)part * 100.0 / (double)r->limit;
	else if (!r->known)
		ix_unknown(t, row, IPCX_F_PERCENT);
}

/*
 * Prefix the text with "unlimited: " to distinguish a limit that does not exist from one
 * that cannot be read.
 */
static ix_text what_text(struct ipcx_table *t, const struct ix_limit *l,
			 const struct ix_reading *r)
{
	char text[256];

	if (!r->known || !r->unlimited)
		return ix_table_text(t, l->what);
	(void)snprintf(text, sizeof(text), "unlimited: %s", l->what);
	return ix_table_text(t, text);
}

struct ix_limit_row *ix_limit_row(struct ipcx_table *t, const struct ix_kind *kind,
				  unsigned mech, const struct ix_limit *l,
				  const struct ix_reading *r)
{
	struct ix_limit_row *row;

	if (ix_table_section(t, kind, mech) < 0 || ix_table_dir(t, r->dev, r->ino) < 0)
		return NULL;
	row = ix_table_row(t);
	if (!row)
		return NULL;
	row->name = ix_table_text(t, l->name);
	row->unit = ix_table_text(t, l->unit);
	row->source = ix_table_text(t, l->source);
	row->what = what_text(t, l, r);
	if (!row->name || !row->unit || !row->source || !row->what)
		return NULL;
	row->limit = r->limit;
	row->limited = r->known && !r->unlimited;
	row->used = r->used;
	row->counted = r->counted;
	row->ceiling = r->ceiling;
	row->capped = r->capped;
	if (r->cap_error) {
		ix_unknown(t, row, IPCX_F_CEILING);
		ix_table_once(t, r->cap_error,
			      "the highest possible value of some limits is unknown");
	}
	if (!r->known)
		ix_unknown(t, row, IPCX_F_LIMIT);
	if (r->counted) {
		ix_limit_percent(t, row, r, r->used);
		return row;
	}
	/* A use that no source counts is empty; a use that could not be read is
	 * unknown. */
	if (!r->uncounted && !r->unlimited) {
		ix_unknown(t, row, IPCX_F_USED);
		ix_unknown(t, row, IPCX_F_PERCENT);
	}
	return row;
}

/* A limit, and its reading. */
struct look {
	const struct ix_limit *l;
	struct ix_reading r;
};

struct looks {
	struct look *all;
	size_t n, room;
	bool use;      /* also read how much of each limit is used */
	bool left_out; /* some limits are not those of a /dev/shm: see limits_here() */
	const struct ix_limit
		*unsure; /* the first limit whose existence is unknown, and the error */
	int unsure_error;
};

static int limits_look_at(struct ix_limits *s, const struct ix_limit *l,
			  struct looks *looks)
{
	if (looks->n == looks->room) {
		size_t room = looks->room ? 2 * looks->room : 64;
		struct look *more = reallocarray(looks->all, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		looks->all = more;
		looks->room = room;
	}
	looks->all[looks->n].l = l;
	ix_limit_read(s, l, looks->use, &looks->all[looks->n].r);
	looks->n++;
	return 0;
}

/* Whether to read the limit here: of a further /dev/shm of a namespace, only the limits
 * of its file system are read. */
static bool limits_here(const struct ix_limits *s, const struct ix_limit *l,
			struct looks *looks)
{
	bool here = !s->x->view.only_shm || ix_limit_of_shm(l);

	looks->left_out |= !here;
	return here;
}

static int look_at_all(struct ix_limits *s, struct looks *looks)
{
	const struct ix_limit *l;
	int r = 0;

	for (unsigned i = 0; r == 0 && (l = ix_limit(i)) != NULL; i++) {
		int listed = limits_here(s, l, looks) ? ix_limit_listed(s, l) : 0;

		if (listed > 0)
			r = limits_look_at(s, l, looks);
		if (listed >= 0 || looks->unsure)
			continue;
		looks->unsure = l;
		looks->unsure_error = listed;
	}
	return r;
}

static int look_at_named(struct ix_limits *s, const char *name, struct looks *looks)
{
	const struct ix_limit *l;
	bool known = false;
	int r = 0;

	for (unsigned i = 0; r == 0 && (l = ix_limit(i)) != NULL; i++) {
		if (!ix_limit_named(l, name))
			continue;
		known = true;
		if (limits_here(s, l, looks))
			r = limits_look_at(s, l, looks);
	}
	return r || known ? r : ix_limit_unknown(s->x, name);
}

/* Return the error because of which the limit or its use is unknown, or 0. */
static int trouble(const struct look *look)
{
	return look->r.error ? look->r.error : look->r.use_error;
}

static bool same_trouble(const struct look *a, const struct look *b)
{
	return trouble(a) == trouble(b) && !a->r.error == !b->r.error;
}

/* Return the text for the error of a limit or its use; a failed listing has a text of its
 * own. */
static const char *reason(const struct ix_limits *s, const struct look *look)
{
	if (!look->r.error && look->l->objects && s->uncounted[0])
		return s->uncounted;
	return ix_limit_why(trouble(look));
}

/*
 * List the names of all limits that are unknown for the same reason as limit number i; ""
 * if that reason is also an earlier limit's.
 */
static void names_alike(const struct looks *looks, size_t i, char *names, size_t size)
{
	size_t len = 0;

	names[0] = '\0';
	for (size_t j = 0; j < looks->n && len < size; j++) {
		if (!same_trouble(&looks->all[i], &looks->all[j]))
			continue;
		if (j < i)
			return;
		len += (size_t)snprintf(names + len, size - len, "%s%s", len ? ", " : "",
					looks->all[j].l->name);
	}
}

/* Note each reason once, with all limits that it concerns. */
static void note_unknown(struct ipcx_table *t, const struct ix_limits *s,
			 const struct looks *looks)
{
	char names[1024];

	for (size_t i = 0; i < looks->n; i++) {
		const struct look *look = &looks->all[i];

		/* When reading many namespaces, ignore those that end meanwhile. */
		if (!trouble(look) ||
		    (trouble(look) == -ESRCH && s->x->ns && s->x->ns->all))
			continue;
		names_alike(looks, i, names, sizeof(names));
		if (names[0])
			ix_table_note(t, IPCX_NOTE_UNAVAILABLE, IPCX_NO_MECH,
				      trouble(look), names, "%s: %s",
				      look->r.error ? "unknown" : "use unknown",
				      reason(s, look));
	}
}

static int limits_fill(struct ipcx_table *t, const struct ix_limits *s,
		       const struct looks *looks)
{
	for (size_t i = 0; i < looks->n; i++) {
		const struct look *look = &looks->all[i];
		unsigned mech = IPCX_NO_MECH;

		(void)ipcx_mech_by_name(look->l->mech, (size_t)-1, &mech);
		if (!ix_limit_row(t, &limits_kind, mech, look->l, &look->r))
			return -ENOMEM;
		ix_table_keep(t);
	}
	note_unknown(t, s, looks);
	if (looks->unsure)
		ix_table_note(t, IPCX_NOTE_UNAVAILABLE, IPCX_NO_MECH, looks->unsure_error,
			      looks->unsure->name,
			      "left out: whether there is such a pool is unknown: %s",
			      ix_limit_why(looks->unsure_error));
	return 0;
}

/* Copy the note that something other than objects takes space in the file system. */
static int note_space(struct ipcx *x, struct ipcx_table *t, const struct look *look)
{
	struct ipcx_query q = { .size = sizeof(q),
				.fields = IPCX_FIELDSET(IPCX_F_NAME),
				.flags = IPCX_NUMERIC };
	struct ipcx_table *objects;
	const struct ipcx_note *n;
	int r = ipcx_mech_mask(look->l->mech, &q.mechs);

	r = r < 0 ? r : ipcx_scan(x, &q, &objects);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; (n = ipcx_table_note(objects, i)); i++)
		if (ix_note_space(n))
			ix_table_hand_on(t, n);
	ipcx_table_free(objects);
	return 0;
}

static int note_spaces(struct ipcx *x, struct ipcx_table *t, const struct looks *looks)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < looks->n; i++)
		if (looks->all[i].l->space && looks->all[i].r.counted &&
		    looks->all[i].r.used)
			r = note_space(x, t, &looks->all[i]);
	return r;
}

/* Which limits are requested. */
struct choice {
	const char *const *names;
	bool use;
};

static int limits_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct choice *choice = arg;
	const char *const *names = choice->names;
	struct ix_limits s = ix_limits_begin(x);
	struct looks looks = { .use = choice->use };
	int r = 0;

	if (!names)
		r = look_at_all(&s, &looks);
	for (; names && *names && r == 0; names++)
		r = look_at_named(&s, *names, &looks);
	if (r == 0 && looks.left_out && x->view.denied && !x->ns->all)
		ix_table_note(t, IPCX_NOTE_UNAVAILABLE, IPCX_NO_MECH, -EPERM, "", "%s",
			      x->view.denied);
	if (r == 0)
		r = limits_fill(t, &s, &looks);
	if (r == 0 && choice->use)
		r = note_spaces(x, t, &looks);
	free(looks.all);
	return r == -ENOMEM ? ix_fail(x, r, "limits") : r;
}

static int limits(struct ipcx *x, struct choice choice, struct ipcx_table **ret_table)
{
	struct ix_ns_call e = {
		.run = limits_there, .arg = &choice, .looks = true, .parts = true
	};
	struct ipcx_table *t;
	int r = ix_table_new(&t);

	if (r < 0)
		return ix_fail(x, r, "limits");
	e.t = t;
	r = ix_ns_run(x, &e);
	return ix_table_hand(x, t, r, ret_table);
}

int ipcx_limits(struct ipcx *x, const char *const *names, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	return limits(x, (struct choice){ names, true }, ret_table);
}

int ipcx_limit_values(struct ipcx *x, const char *const *names,
		      struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	return limits(x, (struct choice){ names, false }, ret_table);
}
