/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether programs in two places meet: which of the things that they need for it the
 * places share, and what differs where they do not.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/spot.h"
#include "ns/ns.h"
#include "query/query.h"

struct cmp_row {
	struct ix_row head;
	ix_text name, first, second, follows;
	uint8_t same;
};

/* clang-format off */
static const struct ix_kind cmp_kind = {
	.name = "comparison",
	.row_size = sizeof(struct cmp_row),
	IX_COLUMNS(
		[IPCX_F_NAME]    = IX_COL(struct cmp_row, name),
		[IPCX_F_FIRST]   = IX_COL(struct cmp_row, first),
		[IPCX_F_SECOND]  = IX_COL(struct cmp_row, second),
		[IPCX_F_SAME]    = IX_COL(struct cmp_row, same),
		[IPCX_F_FOLLOWS] = IX_COL(struct cmp_row, follows)
	),
};
/* clang-format on */

_Static_assert(sizeof(struct cmp_row) % 8 == 0, "rows are compared by words");

/* Whether both sides have the same of something: in this order the worse one counts. */
enum same {
	OTHER,
	SAME,
	UNKNOWN,
};

/* A comparison at work: the table, and the two sides. */
struct cmp {
	struct ipcx *x;
	struct ipcx_ns *side[2];
	struct ipcx_table *t;
	bool same_ipc;
	enum same shm;
	enum same meet; /* all that was compared so far */
};

static int add(struct cmp *c, const char *name, const char *first, const char *second,
	       enum same same, const char *follows)
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
	ix_table_keep(c->t);
	return c->t->starved ? -ENOMEM : 0;
}

/* ---- what is shared */

/* One that differs says all; one that is not known leaves the rest open. */
static void count(struct cmp *c, enum same same)
{
	if (same == OTHER || c->meet == SAME)
		c->meet = same;
}

static int cmp_ns(struct cmp *c)
{
	const struct ix_place *a = c->side[0]->places, *b = c->side[1]->places;
	bool same = a->ino == b->ino && a->id == b->id;
	char first[40], second[40];

	(void)snprintf(first, sizeof(first), "ipc:[%" PRIu64 "]", a->ino);
	(void)snprintf(second, sizeof(second), "ipc:[%" PRIu64 "]", b->ino);
	c->same_ipc = same;
	count(c, same ? SAME : OTHER);
	return add(
		c, "IPC namespace", first, second, same ? SAME : OTHER,
		same ? "keys and ids of System V, names of queues and limits are the same"
		     : "a key or id of System V, and mq_open(3) of a name, mean other objects on each side");
}

static int cmp_dir(struct cmp *c, const char *name, const char *path, const char *type,
		   const char *const follows[2], enum same *ret_same)
{
	struct ix_spot spots[2];
	char text[2][IX_SPOT_TEXT];
	bool neither, unknown = false;

	for (int i = 0; i < 2; i++) {
		int root = c->side[i]->places->rootfd;

		spots[i] = ix_spot_below(c->x, root < 0 ? -ESRCH : root, path);
		/* A directory in which nobody mounted anything shows nothing. */
		if (type && !spots[i].error &&
		    !ix_spot_may_be(c->x, c->side[i]->places->pid, root, path, type))
			spots[i].error = -ENOENT;
		unknown |= spots[i].error && spots[i].error != -ENOENT;
	}
	neither = spots[0].error == -ENOENT && spots[1].error == -ENOENT;
	*ret_same = unknown                                         ? UNKNOWN
		    : neither || ix_spot_same(&spots[0], &spots[1]) ? SAME
								    : OTHER;
	return add(
		c, name, ix_spot_text(&spots[0], text[0]),
		ix_spot_text(&spots[1], text[1]), *ret_same,
		unknown ? "cannot be told: no process stands for one side, or it may not be looked at"
		: neither ? "neither side has one"
			  : follows[*ret_same]);
}

static int cmp_dirs(struct cmp *c)
{
	static const char *const shm[] = {
		"shm_open(3) and sem_open(3) of a name find other objects on each side; MIT-SHM works if the IPC namespace is the same",
		"shm_open(3) and sem_open(3) of a name find the same object",
	};
	static const char *const mqueue[] = {
		"what is listed there are other queues; mq_open(3) does not look there",
		"the same queues are listed there",
	};
	enum same queues = SAME;
	int r = cmp_dir(c, "/dev/shm", "dev/shm", NULL, shm, &c->shm);

	if (r == 0)
		r = cmp_dir(c, "/dev/mqueue", "dev/mqueue", "mqueue", mqueue, &queues);
	count(c, c->shm);
	count(c, queues);
	return r;
}

/* X11's MIT-SHM hands a shmid from client to server. */
static int cmp_mit_shm(struct cmp *c)
{
	return add(
		c, "MIT-SHM", NULL, NULL, c->same_ipc ? SAME : OTHER,
		c->same_ipc
			? "an X client on one side and a server on the other can use it"
			: "an X client on one side and a server on the other cannot: BadAccess, or a foreign segment; switch it off");
}

/* ---- limits that differ */

static int limits_of(struct cmp *c, int side, struct ipcx_table **ret_t)
{
	ipcx_use(c->x, c->side[side]);
	return ipcx_limits(c->x, NULL, ret_t);
}

static void number(const struct ipcx_table *t, size_t row, char *buf, size_t size)
{
	struct ipcx_value v;

	if (ipcx_row_get(t, row, IPCX_F_LIMIT, &v) < 0 || v.type == IPCX_TYPE_NONE)
		(void)snprintf(buf, size, "-");
	else
		(void)snprintf(buf, size, "%" PRIu64, v.as.u);
}

static int cmp_limits(struct cmp *c)
{
	struct ipcx_table *a = NULL, *b = NULL;
	int r = limits_of(c, 0, &a);

	if (r == 0)
		r = limits_of(c, 1, &b);
	for (size_t i = 0; r == 0 && a && b && i < a->rows && i < b->rows; i++) {
		char first[32], second[32], name[80];
		struct ipcx_value v;

		number(a, i, first, sizeof(first));
		number(b, i, second, sizeof(second));
		if (!strcmp(first, second) || ipcx_row_get(a, i, IPCX_F_NAME, &v) < 0)
			continue;
		(void)snprintf(name, sizeof(name), "limit %s", ipcx_value_string(&v));
		r = add(c, name, first, second, OTHER, NULL);
	}
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

	/* What they share holds the same objects on both sides; what nobody knows is not
	 * compared. */
	for (unsigned m = 0; ix_mech(m); m++)
		if (ix_mech(m)->mounted ? c->shm == OTHER : !c->same_ipc)
			q.mechs |= IPCX_MECH_BIT(m);
	ipcx_use(c->x, c->side[side]);
	return ipcx_scan(c->x, &q, ret_t);
}

/* How programs find an object: "shm:0x000004d2", "mq:/jobs"; "" for a private one. */
static void public_name(const struct ipcx_table *t, size_t row, char *buf, size_t size)
{
	struct ipcx_value v;

	buf[0] = '\0';
	if (ipcx_row_get(t, row, IPCX_F_KEY, &v) == 0) {
		if (v.type == IPCX_TYPE_KEY && v.as.u)
			(void)snprintf(buf, size, "%s:0x%08" PRIx64,
				       ipcx_mech_info(ipcx_row_mech(t, row))->name,
				       v.as.u);
	} else if (ipcx_row_get(t, row, IPCX_F_REF, &v) == 0) {
		(void)snprintf(buf, size, "%s", ipcx_value_string(&v));
	}
}

/* An object of one side, to be sorted by how it is found. */
struct found {
	char name[IPCX_REF_MAX];
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

static struct found *sorted(const struct ipcx_table *t, size_t *ret_n)
{
	struct found *all = calloc(t->rows + 1, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; all && i < t->rows; i++) {
		public_name(t, i, all[n].name, sizeof(all[n].name));
		n += all[n].name[0] != '\0';
	}
	if (all)
		qsort(all, n, sizeof(*all), by_name);
	*ret_n = n;
	return all;
}

static int merge(struct cmp *c, const struct found *a, size_t na, const struct found *b,
		 size_t nb)
{
	size_t i = 0, j = 0;
	int r = 0;

	while (r == 0 && (i < na || j < nb)) {
		int order = i == na ? 1 : j == nb ? -1 : strcmp(a[i].name, b[j].name);
		const char *name = order <= 0 ? a[i].name : b[j].name;

		r = add(c, name, order <= 0 ? "exists" : NULL,
			order >= 0 ? "exists" : NULL, OTHER,
			order ? "only one side has it"
			      : "two objects: the sides do not meet in it");
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

static int cmp_objects(struct cmp *c)
{
	auto_free struct found *a = NULL, *b = NULL;
	struct ipcx_table *first = NULL, *second = NULL;
	size_t na = 0, nb = 0;
	int r = objects_of(c, 0, &first);

	if (r == 0)
		r = objects_of(c, 1, &second);
	if (r == 0) {
		a = sorted(first, &na);
		b = sorted(second, &nb);
		r = a && b ? merge(c, a, na, b, nb) : -ENOMEM;
	}
	ipcx_table_free(first);
	ipcx_table_free(second);
	return r;
}

static int compare(struct cmp *c)
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
	r = ix_table_new(&c.t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	r = compare(&c);
	ipcx_use(x, before);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	return ix_table_hand(x, c.t, r < 0 ? r : (int)c.meet, ret_table);
}
