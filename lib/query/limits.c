/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits as a table: which limits are read, once for each namespace or once for the
 * machine, and which notes are added for limits that cannot be read.
 */
#include "query/limits.h"

#include <errno.h>
#include <string.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/mech.h"
#include "ns/ns.h"
#include "ns/run.h"
#include "query/limituse.h"

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
		   IX_DERIVED(IPCX_F_CEILING, ix_derive_ceiling),
		   IX_COL(IPCX_F_SCOPE, struct ix_limit_row, scope)),
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

/* Take a total from those that the caller gave. */
static int limits_given_total(struct ix_limits *s, const char *mech,
			      enum ipcx_field field, uint64_t *ret_n)
{
	return ix_given_find(s->given_from, s->ns, mech, field, ret_n);
}

struct ix_limits ix_limits_begin(struct ipcx *x)
{
	return (struct ix_limits){ .x = x,
				   .many = x->ns && x->ns->all,
				   .count = count_objects,
				   .total = limits_total_of };
}

/* What is known of a limit for the whole machine: if there are many namespaces, it is
 * read in the first of them. */
struct common {
	bool asked, read;
	int listed;
	struct ix_reading r;
};

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
	struct common *common; /* by the number of the limit */
	const struct ix_limit
		*unsure; /* the first limit whose existence is unknown, and the error */
	int unsure_error;
};

/* Read limit number i, unless it is the whole machine's and was read already. */
static void read_once(struct ix_limits *s, const struct ix_limit *l, unsigned i,
		      const struct looks *looks, struct ix_reading *ret_r)
{
	struct common *c = &looks->common[i];

	if (!l->machine || !s->many) {
		ix_limit_read(s, l, looks->use, ret_r);
		return;
	}
	if (!c->read)
		ix_limit_read(s, l, looks->use, &c->r);
	c->read = true;
	*ret_r = c->r;
}

static int limits_look_at(struct ix_limits *s, unsigned i, struct looks *looks)
{
	const struct ix_limit *l = ix_limit(i);

	if (looks->n == looks->room) {
		size_t room = looks->room ? 2 * looks->room : 64;
		struct look *more = reallocarray(looks->all, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		looks->all = more;
		looks->room = room;
	}
	looks->all[looks->n].l = l;
	read_once(s, l, i, looks, &looks->all[looks->n].r);
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

/* Whether the list of limits has limit number i: this is the same everywhere. */
static int limits_listed(struct ix_limits *s, unsigned i, const struct looks *looks)
{
	struct common *c = &looks->common[i];

	if (!c->asked)
		c->listed = ix_limit_listed(s, ix_limit(i));
	c->asked = true;
	return c->listed;
}

static int look_at_all(struct ix_limits *s, struct looks *looks)
{
	const struct ix_limit *l;
	int r = 0;

	for (unsigned i = 0; r == 0 && (l = ix_limit(i)) != NULL; i++) {
		int listed = limits_here(s, l, looks) ? limits_listed(s, i, looks) : 0;

		if (listed > 0)
			r = limits_look_at(s, i, looks);
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
	int r = 0;

	for (unsigned i = 0; r == 0 && (l = ix_limit(i)) != NULL; i++)
		if (ix_limit_named(l, name) && limits_here(s, l, looks))
			r = limits_look_at(s, i, looks);
	return r;
}

/* Checked before any namespace is entered: among many, -ENOENT of one means that it has
 * gone. */
static int limits_known(struct ipcx *x, const char *const *names)
{
	const struct ix_limit *l;

	for (; names && *names; names++) {
		unsigned i = 0;

		while ((l = ix_limit(i)) && !ix_limit_named(l, *names))
			i++;
		if (!l)
			return ix_limit_unknown(x, *names);
	}
	return 0;
}

/* Return the error because of which the limit or its use is unknown, or 0. */
static int trouble(const struct look *look)
{
	return look->r.error ? look->r.error : look->r.use_error;
}

static bool same_trouble(const struct look *a, const struct look *b)
{
	return trouble(a) == trouble(b) && !a->r.error == !b->r.error &&
	       ((trouble(a) != -ENOSYS && trouble(a) != -EOPNOTSUPP) ||
		ix_limit_kconfig(a->l) == ix_limit_kconfig(b->l));
}

/* Write the text for the error of a limit or its use; a failed listing has a text of its
 * own. */
static const char *reason(const struct ix_limits *s, const struct look *look, char *why,
			  size_t size)
{
	if (!look->r.error && look->l->objects && s->uncounted[0])
		return s->uncounted;
	(void)ix_limit_lacks(s->x, look->l, trouble(look), why, size);
	return why;
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
	char names[1024], why[160];

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
				      reason(s, look, why, sizeof(why)));
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
	const struct ix_given *given; /* or NULL */
	struct common *common;        /* by the number of the limit */
	struct ix_sysctls *sysctls;
};

static int limits_there(struct ipcx *x, void *arg, struct ipcx_table *t)
{
	const struct choice *choice = arg;
	const char *const *names = choice->names;
	struct ix_limits s = ix_limits_begin(x);
	struct looks looks = { .use = choice->use, .common = choice->common };
	int r = 0;

	if (choice->given) {
		s.given = limits_given_total;
		s.given_from = choice->given;
		s.ns = t->nplaces ? t->places[t->nplaces - 1].ns : 0;
	}
	if (s.many)
		ix_sysctls_next(choice->sysctls, &s);
	if (!names)
		r = look_at_all(&s, &looks);
	for (; names && *names && r == 0; names++)
		r = look_at_named(&s, *names, &looks);
	if (r == 0 && looks.left_out && x->view.denied && !x->ns->all)
		ix_table_note(t, IPCX_NOTE_UNAVAILABLE, IPCX_NO_MECH, -EPERM, "", "%s",
			      x->view.denied);
	if (r == 0 && !looks.n && x->view.shmfd && !s.many)
		r = ix_fail_plain(
			x, -ENOENT,
			"a directory has only the limits of its file system: dev_shm, dev_shm_inodes");
	if (r == 0)
		r = limits_fill(t, &s, &looks);
	if (r == 0 && choice->use)
		r = note_spaces(x, t, &looks);
	free(looks.all);
	ix_limits_end(&s);
	return r == -ENOMEM ? ix_fail(x, r, "limits") : r;
}

static int limits(struct ipcx *x, struct choice choice, struct ipcx_table **ret_table)
{
	struct ix_ns_call e = {
		.run = limits_there, .arg = &choice, .looks = true, .parts = true
	};
	auto_free struct common *common = NULL;
	struct ix_sysctls sysctls = { .mounted = false };
	struct ipcx_table *t;
	unsigned n = 0;
	int r = limits_known(x, choice.names);

	if (r < 0)
		return r;
	while (ix_limit(n))
		n++;
	choice.sysctls = &sysctls;
	choice.common = common = calloc(n, sizeof(*common));
	r = common ? ix_table_new(&t) : -ENOMEM;
	if (r < 0)
		return ix_fail(x, r, "limits");
	e.t = t;
	r = ix_ns_run(x, &e);
	ix_sysctls_end(&sysctls);
	return ix_table_hand(x, t, r, ret_table);
}

int ipcx_limits_given(struct ipcx *x, const char *const *names,
		      const struct ipcx_table *totals, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, totals, ret_table);
	struct ix_given given;
	int r;

	/* Sums of a part would be too small. */
	if (!ipcx_table_complete(totals))
		return ipcx_limits(x, names, ret_table);
	r = ix_given_read(totals, &given);
	if (r < 0)
		return ix_fail(x, r, "limits");
	r = limits(x, (struct choice){ .names = names, .use = true, .given = &given },
		   ret_table);
	ix_given_free(&given);
	return r;
}

int ipcx_limits(struct ipcx *x, const char *const *names, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	return limits(x, (struct choice){ .names = names, .use = true }, ret_table);
}

int ipcx_limit_values(struct ipcx *x, const char *const *names,
		      struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, ret_table);
	return limits(x, (struct choice){ .names = names }, ret_table);
}
