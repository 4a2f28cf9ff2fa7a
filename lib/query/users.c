/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ipcx_users(): a snapshot of objects, then one pass over /proc for exactly their files,
 * then the join of both by device and inode, or by the id of a segment.
 */
#include "query/usersjoin.h"

#include <errno.h>
#include <string.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "ns/ns.h"
#include "who/procs.h"

/* ---- the objects */

static struct ipcx_fieldset users_object_fields(const struct users_join *j)
{
	struct ipcx_fieldset fields = IPCX_FIELDSET(IPCX_F_REF, IPCX_F_ID, IPCX_F_KEY,
						    IPCX_F_NATTCH, IPCX_F_NAME,
						    IPCX_F_INODE, IPCX_F_DEVICE,
						    IPCX_F_NS, IPCX_F_CUID);
	struct ipcx_fieldset more = ix_users_recorded_fields();
	bool recorded = j->flags & IPCX_USERS_LAST;

	for (unsigned m = 0; ix_mech(m); m++) {
		const struct ix_traces *traces = ix_mech(m)->traces;

		recorded |= ix_users_asks(j->q, m) && traces && traces->none;
	}
	if (recorded)
		ipcx_fieldset_merge(&fields, &more);
	/* Reading this changes the times of a queue. */
	if (!(j->flags & IPCX_USERS_LAST))
		ipcx_fieldset_remove(&fields, IPCX_F_NOTIFY_PID);
	return fields;
}

static int users_scan(const struct users_join *j, struct ipcx_query *q,
		      struct ipcx_table **ret_objects)
{
	struct ix_scan s = { .verb = IX_LOOK, .once = true, .counts_unseen = true };

	q->fields = users_object_fields(j);
	q->flags = IPCX_NUMERIC;
	q->where = NULL;
	return ix_run(j->out.x, q, &s, ret_objects);
}

/* For the files of one directory, all mechanisms that have files there are listed: what
 * remains is unlinked. */
int ix_users_objects(const struct users_join *j, struct ipcx_table **ret_objects)
{
	struct ipcx_query q = *j->q;
	auto_free struct ipcx_ref *refs = calloc(q.nrefs + 1, sizeof(*refs));

	if (!refs)
		return -ENOMEM;
	for (unsigned m = 0; ix_mech(m); m++)
		if (ix_users_unlinked(j->q, m) && ix_mech(m)->mounted)
			for (unsigned k = 0; ix_mech(k); k++)
				q.mechs |= ix_mech(k)->mounted ? IPCX_MECH_BIT(k) : 0;
	q.nrefs = 0;
	for (size_t i = 0; i < j->q->nrefs; i++)
		if (!ix_users_by_inode(&j->q->refs[i]))
			refs[q.nrefs++] = j->q->refs[i];
	q.refs = q.nrefs ? refs : NULL;
	return users_scan(j, &q, ret_objects);
}

static void users_notes(struct users_join *j)
{
	const struct ipcx_note *n;

	for (size_t i = 0; (n = ipcx_table_note(j->objects, i)); i++)
		if (n->kind != IPCX_NOTE_INFO && n->kind != IPCX_NOTE_REASON &&
		    n->kind != IPCX_NOTE_SKIPPED &&
		    (n->mech == IPCX_NO_MECH || ix_users_asks(j->q, n->mech)))
			ix_table_hand_on(j->out.t, n);
}

/* ---- the pass over /proc */

static int users_dev(struct users_join *j, uint64_t dev)
{
	uint64_t *more;

	for (size_t i = 0; i < j->ndevs; i++)
		if (j->devs[i] == dev)
			return 0;
	if (!dev)
		return 0;
	more = reallocarray(j->devs, j->ndevs + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	j->devs = more;
	j->devs[j->ndevs++] = dev;
	return 0;
}

/* What to look for on behalf of one section of objects. Segments that nobody has attached
 * need no look. */
static int users_want(struct users_join *j, const struct ix_section *s,
		      struct ix_uses_what *what)
{
	const struct ix_traces *traces = ix_mech(s->mech)->traces;
	bool any = false;
	int r = 0;

	if (!traces || traces->none || !ix_users_asks(j->q, s->mech))
		return 0;
	for (size_t i = s->first; r == 0 && i < s->first + s->count; i++) {
		any |= !traces->by_id || ix_users_number(j->objects, i, IPCX_F_NATTCH);
		if (traces->kind == IX_USE_FILE)
			r = users_dev(j, ix_users_number(j->objects, i, IPCX_F_DEVICE));
	}
	if (r == 0 && s->dev && ix_users_unlinked(j->q, s->mech)) {
		any = true;
		r = users_dev(j, s->dev);
	}
	if (!any || r < 0)
		return r;
	what->kinds |= 1U << traces->kind;
	what->maps |= traces->mapped;
	what->fds |= traces->opened;
	return 0;
}

static int users_collect(struct users_join *j)
{
	struct ix_uses_what what = { .access = true, .pid = j->pid };
	size_t most = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < j->objects->nsections; i++)
		r = users_want(j, &j->objects->sections[i], &what);
	if (r < 0)
		return r;
	if (j->more) {
		what.kinds |= j->more->kinds;
		what.maps = what.fds = true;
	}
	if (!what.kinds && !j->pid)
		return 0;
	what.devs = j->devs;
	what.ndevs = j->ndevs;
	if (!j->devs)
		what.kinds &= ~(1U << IX_USE_FILE);
	r = ix_uses_collect(j->out.x, &what, &j->uses);
	if (r < 0)
		return r;
	most = j->uses.n + 1;
	j->matched = calloc(most, 1);
	j->found = calloc(most, sizeof(*j->found));
	j->inferred = calloc(most, sizeof(*j->inferred));
	return j->matched && j->found && j->inferred ? 0 : -ENOMEM;
}

/* ---- the join */

static enum ix_how users_how(const struct ix_use *use)
{
	return !use->fds ? IX_HOW_MAPPED : !use->mappings ? IX_HOW_OPEN : IX_HOW_BOTH;
}

int ix_users_add_use(struct users_join *j, struct ix_user_entry *e,
		     const struct ix_use *use, bool inferred)
{
	e->user = &j->uses.users[use->user];
	e->use = use;
	e->how = users_how(use);
	e->inferred = inferred;
	return ix_users_add(&j->out, e);
}

static int users_of_segment(struct users_join *j, size_t row, struct ix_user_entry *e)
{
	uint64_t nattch = ix_users_number(j->objects, row, IPCX_F_NATTCH), found = 0;
	const struct ix_segment seg = {
		.ns = e->ns,
		.id = (int32_t)ix_users_number(j->objects, row, IPCX_F_ID),
		.key = (uint32_t)ix_users_number(j->objects, row, IPCX_F_KEY),
		.nattch = nattch,
		.creator = e->ns == j->own_ipc ? (int64_t)ix_users_number(j->objects, row,
									  IPCX_F_CUID)
					       : -1,
	};
	size_t n = 0;
	int r = 0;

	if (nattch && j->found)
		n = ix_uses_of_segment(j->out.x, &j->uses, &seg, j->found, j->inferred,
				       &found);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = ix_users_add_use(j, e, j->found[i], j->inferred[i]);
	if (!j->pid && found < nattch)
		j->unseen.attaches += nattch - found;
	return r;
}

static int users_of_file(struct users_join *j, size_t row, const struct ix_traces *traces,
			 bool asked, struct ix_user_entry *e)
{
	size_t n;
	const struct ix_use *use =
		ix_uses_of(&j->uses, (enum ix_use_kind)traces->kind,
			   ix_users_number(j->objects, row, IPCX_F_DEVICE),
			   ix_users_number(j->objects, row, IPCX_F_INODE), &n);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		j->matched[use + i - j->uses.all] = 1;
		r = asked ? ix_users_add_use(j, e, &use[i], false) : 0;
	}
	return r;
}

static int users_of_row(struct users_join *j, size_t row)
{
	unsigned mech = ipcx_row_mech(j->objects, row);
	const struct ix_traces *traces = ix_mech(mech)->traces;
	bool asked;
	struct ix_user_entry e = { .mech = mech,
				   .ns = ix_users_number(j->objects, row, IPCX_F_NS) };
	char ref[IPCX_REF_MAX];
	struct ipcx_ref it;
	int r = 0;

	if (ipcx_row_ref(j->objects, row, &it) < 0 ||
	    ipcx_ref_format(&it, ref, sizeof(ref)) < 0)
		return 0;
	e.ref = ref;
	asked = ix_users_asks_row(j->q, &it, ix_users_number(j->objects, row, IPCX_F_KEY),
				  ix_users_number(j->objects, row, IPCX_F_DEVICE),
				  ix_users_number(j->objects, row, IPCX_F_INODE));
	if (traces && traces->by_id && asked)
		r = users_of_segment(j, row, &e);
	else if (traces && !traces->none && !traces->by_id)
		r = users_of_file(j, row, traces, asked, &e);
	if (r == 0 && asked && !j->pid &&
	    ((traces && traces->none) || (j->flags & IPCX_USERS_LAST)))
		r = ix_users_recorded(&j->out, j->objects, row, &e);
	return r;
}

/* ---- the call */

static int users_run(struct users_join *j)
{
	int r = ix_users_objects(j, &j->objects);

	if (r < 0)
		return r;
	users_notes(j);
	r = users_collect(j);
	for (size_t i = 0; r == 0 && i < j->objects->rows; i++)
		r = users_of_row(j, i);
	if (r == 0)
		r = ix_users_lost(j);
	if (r < 0)
		return r;
	j->unseen.processes = j->uses.denied + j->uses.missed;
	j->unseen.others = !j->pid && j->uses.others;
	return 0;
}

static void users_end(struct users_join *j, int r)
{
	ix_users_end(&j->out);
	if (r == 0 && j->more) {
		j->more->uses = j->uses;
		j->uses = (struct ix_uses){ .n = 0 };
	}
	ix_uses_free(&j->uses);
	ipcx_table_free(j->objects);
	free(j->matched);
	free(j->devs);
	free(j->found);
	free(j->inferred);
}

static int users_check(struct ipcx *x, const struct ipcx_query *q, pid_t pid,
		       unsigned flags, const struct ipcx_unseen *unseen)
{
	if (flags & ~IPCX_USERS_LAST)
		return ix_fail_plain(x, -EINVAL, "unknown flags");
	if (pid < 0)
		return ix_fail_plain(x, -EINVAL, "a process id is positive");
	if (q->same || q->max_rows || q->resume || (q->flags & ~IPCX_NUMERIC))
		return ix_fail_plain(
			x, -EINVAL,
			"the query has members that do not apply to processes");
	return unseen ? IX_COPY_CHECK(x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, unseen) : 0;
}

/* Whether the rows need a field: all do if the query names none. */
static bool users_field(const struct ipcx_query *q, enum ipcx_field f)
{
	struct ipcx_fieldset read = ipcx_expr_fields(q->where);

	return ipcx_fieldset_empty(&q->fields) || ipcx_fieldset_has(&q->fields, f) ||
	       ipcx_fieldset_has(&read, f);
}

int ix_users_and(struct ipcx *x, const struct ipcx_query *q, pid_t pid, unsigned flags,
		 struct ix_users_more *more, struct ipcx_unseen *ret_unseen,
		 struct ipcx_table **ret_table)
{
	struct ipcx_query own;
	struct users_join j = { .q = &own,
				.pid = pid,
				.flags = flags,
				.more = more,
				.unseen = { .size = sizeof(j.unseen) } };
	int r = ix_query_in(x, q, false, &own);

	if (r == 0)
		r = users_check(x, &own, pid, flags, ret_unseen);
	if (r < 0)
		return r;
	j.out = (struct ix_users){ .x = x, .where = own.where };
	r = ix_table_new(&j.out.t);
	if (r < 0)
		return ix_fail_plain(x, r, "out of memory");
	j.out.t->numeric = own.flags & IPCX_NUMERIC;
	j.out.names = !j.out.t->numeric && users_field(&own, IPCX_F_OWNER);
	j.out.containers = ix_boxed_wanted(&own);
	j.out.boxed.own_mnt = ix_ns_home(x, "mnt");
	j.own_ipc = ix_ns_own(x, "ipc");
	r = users_run(&j);
	if (r == -ENOMEM)
		r = ix_fail_plain(x, r, "out of memory");
	if (r == 0 && ret_unseen)
		(void)IX_COPY_OUT(x, ipcx_unseen, IPCX_UNSEEN_SIZE_0_1, &j.unseen,
				  ret_unseen);
	else if (r == 0 && !pid)
		ix_uses_note(&j.uses, j.out.t);
	users_end(&j, r);
	return ix_table_hand(x, j.out.t, r, ret_table);
}

int ipcx_users(struct ipcx *x, const struct ipcx_query *q, pid_t pid, unsigned flags,
	       struct ipcx_unseen *ret_unseen, struct ipcx_table **ret_table)
{
	IX_REQUIRE(x, q, ret_table);
	return ix_users_and(x, q, pid, flags, NULL, ret_unseen, ret_table);
}
