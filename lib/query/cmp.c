/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether programs in two places can communicate: which of the namespaces, directories
 * and objects that they need are shared, and what else differs. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/dirid.h"
#include "ns/label.h"
#include "ns/ns.h"
#include "query/cmpside.h"
#include "query/meet.h"
#include "query/query.h"

struct cmp_row {
	struct ix_row head;
	ix_text name, first, second, follows, fix;
	uint8_t same;
};

/* clang-format off */
static const struct ix_kind cmp_kind = {
	.name = "comparison",
	.row_size = sizeof(struct cmp_row),
	IX_COLUMNS(
		IX_COL(IPCX_F_NAME,    struct cmp_row, name),
		IX_COL(IPCX_F_FIRST,   struct cmp_row, first),
		IX_COL(IPCX_F_SECOND,  struct cmp_row, second),
		IX_COL(IPCX_F_SAME,    struct cmp_row, same),
		IX_COL(IPCX_F_FOLLOWS, struct cmp_row, follows),
		IX_COL(IPCX_F_FIX,     struct cmp_row, fix)
	),
};
/* clang-format on */

_Static_assert(sizeof(struct cmp_row) % 8 == 0, "rows are compared by words");

/* Whether both sides share something; the worst answer is the first. */
enum same {
	OTHER,
	SAME,
	UNKNOWN,
};

/* A comparison in progress: its table, and its two sides. */
struct cmp {
	struct ipcx *x;
	struct ipcx_ns *side[2];
	struct ipcx_table *t;
	bool same_ipc;
	enum same shm;
	struct ix_containers *boxes; /* NULL: not looked for yet */
	struct ix_meet_side sides[2];
	bool unplaced;  /* the container of one of them is unknown */
	enum same meet; /* the combined result of all comparisons so far */
};

/* A row in which the sides differ: how to start them so that they meet. */
static int cmp_add_fix(struct cmp *c, const char *name, const char *first,
		       const char *second, enum same same, const char *follows,
		       const char *fix)
{
	struct cmp_row *row = ix_table_row(c->t);

	if (!row)
		return -ENOMEM;
	row->name = ix_table_text(c->t, name);
	row->first = ix_table_text(c->t, first);
	row->second = ix_table_text(c->t, second);
	row->same = same == SAME;
	if (same == UNKNOWN)
		ix_unknown(c->t, row, IPCX_F_SAME);
	row->follows = ix_table_text(c->t, follows);
	row->fix = ix_table_text(c->t, fix);
	ix_table_keep(c->t);
	return c->t->starved ? -ENOMEM : 0;
}

static int cmp_add(struct cmp *c, const char *name, const char *first, const char *second,
		   enum same same, const char *follows)
{
	return cmp_add_fix(c, name, first, second, same, follows, NULL);
}

/* Write how the sides share this, if they do not. Only then containers are looked for. */
static int cmp_fix(struct cmp *c, enum ix_meet what, enum same same, char *buf,
		   const char **ret_fix)
{
	int r;

	*ret_fix = NULL;
	if (same != OTHER)
		return 0;
	if (!c->boxes) {
		r = ix_containers_all(c->x, &c->boxes);
		for (int i = 0; r == 0 && i < 2; i++) {
			c->sides[i].pid = c->side[i]->places->pid;
			c->sides[i].self = c->side[i]->places->self;
			if (ix_meet_look(c->x, c->boxes, &c->sides[i]) < 0)
				c->unplaced = true;
		}
		if (r < 0)
			return r;
	}
	if (c->unplaced)
		return 0;
	ix_meet_text(what, &c->sides[0], &c->sides[1], buf, IX_MEET_MAX);
	*ret_fix =
		what == IX_MEET_QUEUES && c->same_ipc
			? "mount a file system of type mqueue at /dev/mqueue in the place that lacks it, from inside of it"
			: buf;
	return 0;
}

/* ---- what is shared */

/* Add an item to the result: one difference makes it OTHER; without a difference, one
 * unknown item makes it UNKNOWN. */
static void cmp_count(struct cmp *c, enum same same)
{
	if (same == OTHER || c->meet == SAME)
		c->meet = same;
}

static int cmp_ns(struct cmp *c)
{
	static const char *const follows[] = {
		"a System V key or id, or mq_open(3) of a name, refers to different objects on each side",
		"keys and ids of System V, names of queues and limits are the same",
	};
	const struct ix_target *a = c->side[0]->places, *b = c->side[1]->places;
	enum same same = a->ino == b->ino && a->id == b->id ? SAME : OTHER;
	char first[40], second[40], fix[IX_MEET_MAX];
	const char *text;
	int r = cmp_fix(c, IX_MEET_IPC, same, fix, &text);

	(void)snprintf(first, sizeof(first), "ipc:[%" PRIu64 "]", a->ino);
	(void)snprintf(second, sizeof(second), "ipc:[%" PRIu64 "]", b->ino);
	c->same_ipc = same == SAME;
	cmp_count(c, same);
	return r < 0 ? r
		     : cmp_add_fix(c, "IPC namespace", a->ino ? first : NULL,
				   b->ino ? second : NULL, same, follows[same], text);
}

static int cmp_dir(struct cmp *c, const char *name, const char *path, const char *type,
		   const char *const follows[2], enum ix_meet what, enum same *ret_same)
{
	struct ix_dirid dirids[2];
	char text[2][IX_DIRID_TEXT], fix[IX_MEET_MAX];
	bool neither, unknown = false;
	const char *how;
	int r;

	for (int i = 0; i < 2; i++) {
		int root = c->side[i]->places->rootfd;

		dirids[i] = ix_dirid_below(c->x, root < 0 ? -ESRCH : root, path);
		/* Without a mount of this type the directory shows nothing. */
		if (type && !dirids[i].error &&
		    !ix_dirid_may_be(c->x, c->side[i]->places->pid, root, path, type))
			dirids[i].error = -ENOENT;
		if (!dirids[i].error || dirids[i].error == -ENOENT)
			continue;
		unknown = true;
		if (dirids[i].error != -ESRCH)
			ix_table_note(c->t, IPCX_NOTE_INCOMPLETE, IPCX_NO_MECH,
				      dirids[i].error, name, "of a side is unknown: %s",
				      ix_errno_text(dirids[i].error));
	}
	neither = dirids[0].error == -ENOENT && dirids[1].error == -ENOENT;
	*ret_same = unknown                                            ? UNKNOWN
		    : neither || ix_dirid_same(&dirids[0], &dirids[1]) ? SAME
								       : OTHER;
	r = cmp_fix(c, what, *ret_same, fix, &how);
	if (r < 0)
		return r;
	return cmp_add_fix(
		c, name, ix_dirid_text(&dirids[0], text[0]),
		ix_dirid_text(&dirids[1], text[1]), *ret_same,
		unknown ? "unknown: no process is known on one side, or it may not be inspected"
		: neither ? "neither side has one"
			  : follows[*ret_same],
		how);
}

static int cmp_dirs(struct cmp *c)
{
	static const char *const shm[] = {
		"shm_open(3) and sem_open(3) of a name find different objects on each side; MIT-SHM works if the IPC namespace is the same",
		"shm_open(3) and sem_open(3) of a name find the same object",
	};
	static const char *const mqueue[] = {
		"each side lists different queues there; mq_open(3) does not use this directory",
		"the same queues are listed there",
	};
	enum same queues = SAME;
	int r = cmp_dir(c, "/dev/shm", "dev/shm", NULL, shm, IX_MEET_SHM, &c->shm);

	if (r == 0)
		r = cmp_dir(c, "/dev/mqueue", "dev/mqueue", "mqueue", mqueue,
			    IX_MEET_QUEUES, &queues);
	cmp_count(c, c->shm);
	cmp_count(c, queues);
	return r;
}

/* X11's MIT-SHM hands a shmid from client to server. */
static int cmp_mit_shm(struct cmp *c)
{
	enum same same = c->same_ipc ? SAME : OTHER;
	char fix[IX_MEET_MAX];
	const char *text;
	int r = cmp_fix(c, IX_MEET_IPC, same, fix, &text);

	if (r < 0)
		return r;
	return cmp_add_fix(
		c, "MIT-SHM", NULL, NULL, same,
		c->same_ipc
			? "an X client on one side and a server on the other can use it"
			: "an X client on one side and a server on the other cannot use it (BadAccess, or the wrong segment): disable it, or share the IPC namespace",
		text);
}

/* ---- gaps of either side are gaps of the comparison */

/* Copy the notes about gaps. Two things are not gaps: what this kernel does not support,
 * and what a side lacks because it has no root directory. */
static void take_gaps(struct cmp *c, const struct ipcx_table *from)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(from, i)); i++) {
		struct ipcx_note gap = *n;

		if (n->kind == IPCX_NOTE_INFO || n->kind == IPCX_NOTE_SKIPPED ||
		    (n->error == -ENOSYS && strncmp(n->text, "/dev/", 5) != 0) ||
		    n->error == -ENOENT || n->error == -ENXIO)
			continue;
		gap.kind = IPCX_NOTE_INCOMPLETE;
		ix_table_hand_on(c->t, &gap);
	}
}

/* ---- limits that differ */

static int limits_of(struct cmp *c, int side, struct ipcx_table **ret_t)
{
	int r;

	ipcx_use(c->x, c->side[side]);
	r = ipcx_limit_values(c->x, NULL, ret_t);
	if (r == 0)
		take_gaps(c, *ret_t);
	return r;
}

static const char *cmp_text_of(const struct ipcx_table *t, size_t row,
			       enum ipcx_field field, struct ipcx_value *v)
{
	return ipcx_row_get(t, row, field, v) == 0 && v->type == IPCX_TYPE_STRING
		       ? ipcx_value_string(v)
		       : "";
}

/* Write a limit's number, or "-" if there is no limit. Returns whether the limit is
 * known. */
static bool cmp_number(const struct ipcx_table *t, size_t row, char *buf, size_t size)
{
	struct ipcx_fieldset unknown = ipcx_row_unknown(t, row);
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };
	bool known = ipcx_row_get(t, row, IPCX_F_LIMIT, &v) == 0 &&
		     !ipcx_fieldset_has(&unknown, IPCX_F_LIMIT);

	if (v.type == IPCX_TYPE_NONE)
		(void)snprintf(buf, size, "%s", known ? "-" : "unknown");
	else
		(void)snprintf(buf, size, "%" PRIu64, v.as.u);
	return known;
}

/* Find the row of the same limit: at the same index, unless a side lacks some limits. */
static size_t cmp_row_of(const struct ipcx_table *t, const char *name, size_t at)
{
	struct ipcx_value v;

	if (at < t->rows && !strcmp(cmp_text_of(t, at, IPCX_F_NAME, &v), name))
		return at;
	for (size_t i = 0; i < t->rows; i++)
		if (!strcmp(cmp_text_of(t, i, IPCX_F_NAME, &v), name))
			return i;
	return t->rows;
}

static int cmp_limit(struct cmp *c, const struct ipcx_table *a, size_t i,
		     const struct ipcx_table *b)
{
	char first[32], second[32], name[80];
	struct ipcx_value v;
	const char *what = cmp_text_of(a, i, IPCX_F_NAME, &v);
	bool known = cmp_number(a, i, first, sizeof(first));

	known &= cmp_number(b, cmp_row_of(b, what, i), second, sizeof(second));
	if (known && !strcmp(first, second))
		return 0;
	(void)snprintf(name, sizeof(name), "limit %s", what);
	return cmp_add(c, name, first, second, known ? OTHER : UNKNOWN,
		       known ? NULL : "unknown: it could not be read on both sides");
}

static int cmp_limits(struct cmp *c)
{
	struct ipcx_table *a = NULL, *b = NULL;
	int r = limits_of(c, 0, &a);

	if (r == 0)
		r = limits_of(c, 1, &b);
	for (size_t i = 0; r == 0 && a && b && i < a->rows; i++)
		r = cmp_limit(c, a, i, b);
	ipcx_table_free(a);
	ipcx_table_free(b);
	return r;
}

/* ---- objects that others can find: those with a key or a name */

static int objects_of(struct cmp *c, int side, struct ipcx_table **ret_t)
{
	struct ipcx_query q = { .size = sizeof(q),
				.fields = IPCX_FIELDSET(IPCX_F_REF, IPCX_F_KEY),
				.flags = IPCX_NUMERIC };
	int r;

	/* Skip mechanisms whose objects both sides share, as these are the same, and
	 * those of which it is unknown whether they are shared. */
	for (unsigned m = 0; ix_mech(m); m++)
		if (!ix_mech(m)->info.unlisted &&
		    (ix_mech(m)->mounted ? c->shm == OTHER : !c->same_ipc))
			q.mechs |= IPCX_MECH_BIT(m);
	ipcx_use(c->x, c->side[side]);
	r = ipcx_scan(c->x, &q, ret_t);
	if (r == 0)
		take_gaps(c, *ret_t);
	return r;
}

/* Add an object that only one side is known to have; the other side may have it too, if
 * that side was not read completely. */
static int add_alone(struct cmp *c, const struct ix_cmp_object *f, bool second,
		     const struct ix_cmp_side *other)
{
	bool unknown = other->uncounted & IPCX_MECH_BIT(f->mech);
	const char *there = unknown ? "unknown" : NULL;

	return cmp_add(c, f->name, second ? there : "exists", second ? "exists" : there,
		       unknown ? UNKNOWN : OTHER,
		       unknown ? "unknown: the other side could not be read completely"
			       : "only one side has it");
}

static int merge(struct cmp *c, const struct ix_cmp_side *a, const struct ix_cmp_side *b)
{
	size_t i = 0, j = 0;
	int r = 0;

	while (r == 0 && (i < a->n || j < b->n)) {
		int order = i == a->n   ? 1
			    : j == b->n ? -1
					: strcmp(a->all[i].name, b->all[j].name);

		if (order < 0)
			r = add_alone(c, &a->all[i], false, b);
		else if (order > 0)
			r = add_alone(c, &b->all[j], true, a);
		else
			r = cmp_add(c, a->all[i].name, "exists", "exists", OTHER,
				    "two different objects: not shared by the sides");
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

static int cmp_objects(struct cmp *c)
{
	struct ipcx_table *first = NULL, *second = NULL;
	struct ix_cmp_side a = { .n = 0 }, b = { .n = 0 };
	int r = objects_of(c, 0, &first);

	if (r == 0)
		r = objects_of(c, 1, &second);
	if (r == 0)
		r = ix_cmp_sorted(c->side[0], first, &a);
	if (r == 0)
		r = ix_cmp_sorted(c->side[1], second, &b);
	if (r == 0)
		r = merge(c, &a, &b);
	free(a.all);
	free(b.all);
	ipcx_table_free(first);
	ipcx_table_free(second);
	return r;
}

static int cmp_compare(struct cmp *c)
{
	int r = ix_table_section(c->t, &cmp_kind, IPCX_NO_MECH);

	if (r == 0)
		r = cmp_ns(c);
	if (r == 0)
		r = cmp_dirs(c);
	if (r == 0)
		r = cmp_mit_shm(c);
	if (r == 0 && c->meet == OTHER)
		r = cmp_limits(c);
	if (r == 0 && c->meet == OTHER)
		r = cmp_objects(c);
	return r;
}

int ipcx_compare(struct ipcx *x, struct ipcx_ns *first, struct ipcx_ns *second,
		 struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, first, second, ret_table);
	struct cmp c = { .x = x, .side = { first, second }, .meet = SAME };
	struct ipcx_ns *before = x->ns;
	int r;

	if (first->all || second->all)
		return ix_fail_plain(x, -EINVAL,
				     "two namespaces can be compared, not all");
	r = ix_ns_no_directory(x, first);
	if (r == 0)
		r = ix_ns_no_directory(x, second);
	if (r < 0)
		return r;
	r = ix_table_new(&c.t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = cmp_compare(&c);
	ix_containers_free(c.boxes);
	ipcx_use(x, before);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, c.t, r < 0 ? r : (int)c.meet, ret_table);
}
