/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "who" and "show" print about the processes that use objects. */
#include "object/users.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "unseen.h"

static const enum ipcx_field users_fields[] = {
	IPCX_F_MECH,      IPCX_F_REF,     IPCX_F_NS,     IPCX_F_PID,
	IPCX_F_COMMAND,   IPCX_F_OWNER,   IPCX_F_UID,    IPCX_F_STARTED,
	IPCX_F_CONTAINER, IPCX_F_HOW,     IPCX_F_ACCESS, IPCX_F_MAPPINGS,
	IPCX_F_FDS,       IPCX_F_ADDRESS, IPCX_F_MAPPED, IPCX_F_BASIS
};
static const enum ipcx_field users_columns[] = { IPCX_F_REF,      IPCX_F_PID,
						 IPCX_F_COMMAND,  IPCX_F_OWNER,
						 IPCX_F_HOW,      IPCX_F_ACCESS,
						 IPCX_F_MAPPINGS, IPCX_F_CONTAINER };

/* How many of the fields name the object. */
#define ALL_OBJECT   3
#define TABLE_OBJECT 1

const struct shown users_all = COLUMN_LIST_INIT(users_fields);
const struct shown users_table = COLUMN_LIST_INIT(users_columns);
const struct shown users_all_below = { .list = users_fields + ALL_OBJECT,
				       .n = ARRAY_SIZE(users_fields) - ALL_OBJECT };
const struct shown users_table_below = { .list = users_columns + TABLE_OBJECT,
					 .n = ARRAY_SIZE(users_columns) - TABLE_OBJECT };

/* ---- what was not seen */

bool users_all_seen(uint64_t mechs, const struct ipcx_unseen *u)
{
	return !u->attaches && (unseen_counted(mechs, IPCX_F_NATTCH) == mechs ||
				(!u->processes && !u->others));
}

struct ipcx_unseen users_unseen_sum(const struct ipcx_unseen *a,
				    const struct ipcx_unseen *b)
{
	return (struct ipcx_unseen){ .size = sizeof(*a),
				     .attaches = a->attaches + b->attaches,
				     .processes = MAX(a->processes, b->processes),
				     .others = a->others || b->others };
}

/* Return the sum of the attaches that the kernel counts for the objects of a query, 0 if
 * that is unknown. */
static uint64_t attaches_of(struct app *app, const struct ipcx_query *q)
{
	struct ipcx_table *t;
	uint64_t sum = 0;

	if ((!q->mechs && !q->nrefs) || ipcx_scan(app->x, q, &t) < 0)
		return 0;
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		struct ipcx_value v;

		if (ipcx_row_get(t, i, IPCX_F_NATTCH, &v) == 0 &&
		    v.type == IPCX_TYPE_UINT)
			sum += v.as.u;
	}
	ipcx_table_free(t);
	return sum;
}

static uint64_t users_count_attaches(struct app *app, const struct selection *sel)
{
	struct ipcx_query q = { .size = sizeof(q),
				.fields = IPCX_FIELDSET(IPCX_F_NATTCH),
				.flags = IPCX_NUMERIC };
	auto_free struct ipcx_ref *refs = calloc(sel->nrefs + 1, sizeof(*refs));
	struct ipcx_query all = q;

	for (size_t i = 0; refs && i < sel->nrefs; i++)
		if (ipcx_mech_has(sel->refs[i].mech, IPCX_F_NATTCH))
			refs[q.nrefs++] = sel->refs[i];
	q.refs = refs;
	all.mechs = unseen_counted(sel->mechs, IPCX_F_NATTCH);
	return attaches_of(app, &q) + attaches_of(app, &all);
}

static void users_note_attaches(struct app *app, const struct selection *sel,
				const struct ipcx_unseen *u)
{
	uint64_t total = users_count_attaches(app, sel), unseen = u->attaches;
	const char *whose = u->processes && u->others
				    ? "to processes that may not be looked at or are "
				      "outside this PID namespace"
			    : u->processes ? "to processes that may not be looked at"
			    : u->others    ? "to processes outside this PID namespace"
					   : "to no process that was found";

	/* The objects may have changed meanwhile. */
	total = MAX(total, unseen);
	msg_note("%" PRIu64 " of %" PRIu64 " attach%s found: %" PRIu64 " belong%s %s",
		 total - unseen, total, total == 1 ? "" : "es", unseen,
		 unseen == 1 ? "s" : "", whose);
}

static void users_note_unseen(struct app *app, const struct selection *sel, int32_t pid,
			      const struct ipcx_unseen *u)
{
	if (pid) {
		if (u->processes)
			msg_note("process %" PRId32 " may not be looked at (%s)", pid,
				 unseen_who_may());
		return;
	}
	if (users_all_seen(select_touched(sel), u))
		return;
	if (u->attaches)
		users_note_attaches(app, sel, u);
	unseen_note_processes(u);
}

void users_put_unseen(struct app *app, struct output *s, const struct selection *sel,
		      int32_t pid, const struct ipcx_unseen *u)
{
	if (!unseen_facts(s, UNSEEN_ATTACHES, u))
		users_note_unseen(app, sel, pid, u);
}
