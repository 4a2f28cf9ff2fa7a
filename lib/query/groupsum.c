/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be summed up of the rows of a group, and how: the table of sums. */
#include <errno.h>
#include <unistd.h>

#include "base/util.h"
#include "core/columns.h"
#include "core/copyin.h"
#include "core/limit.h"
#include "core/mech.h"
#include "core/totals.h"
#include "query/groups.h"

/* clang-format off */
static const struct ix_sum sums[] = {
	{ IPCX_F_COUNT,            IPCX_NO_FIELD,      IX_SUM_ROWS },
	{ IPCX_F_BYTES,            IPCX_NO_FIELD,      IX_SUM_WEIGHT },
	{ IPCX_F_ATTACHED,         IPCX_F_NATTCH,      IX_SUM_ABOVE_0 },
	{ IPCX_F_PERCENT,          IPCX_F_PERCENT,     IX_SUM_HIGHEST },
	{ IPCX_F_OLDEST,           IPCX_F_IDLE,        IX_SUM_FIRST_USE },
	{ IPCX_F_NEWEST,           IPCX_F_IDLE,        IX_SUM_LAST_USE },
	/* Those above are the usual ones. */
	{ IPCX_F_OBJECTS,          IPCX_NO_FIELD,      IX_SUM_ROWS },
	{ IPCX_F_ALLOCATED,        IPCX_F_ALLOCATED,   IX_SUM_ALLOCATED },
	{ IPCX_F_MESSAGE_COUNT,         IPCX_F_QNUM,        IX_SUM_ADD },
	{ IPCX_F_MESSAGE_COUNT,         IPCX_F_CURMSGS,     IX_SUM_ADD },
	{ IPCX_F_SEMAPHORE_COUNT,       IPCX_F_NSEMS,       IX_SUM_ADD },
	{ IPCX_F_ATTACHES,         IPCX_F_NATTCH,      IX_SUM_ADD },
	{ IPCX_F_UNATTACHED_COUNT,       IPCX_F_NATTCH,      IX_SUM_AT_0 },
	{ IPCX_F_UNATTACHED_BYTES, IPCX_F_NATTCH,      IX_SUM_WEIGHT_AT_0 },
	{ IPCX_F_FULLEST,          IPCX_F_USE_PERCENT, IX_SUM_HIGHEST },
	{ IPCX_F_RESIDENT,         IPCX_F_RSS,         IX_SUM_ADD },
	{ IPCX_F_SWAP,             IPCX_F_SWAP,        IX_SUM_ADD },
	{ IPCX_F_USER_COUNT,       IPCX_F_USER_COUNT,  IX_SUM_ADD },
	{ IPCX_F_UNUSED_COUNT,           IPCX_F_IN_USE,      IX_SUM_AT_0 },
	{ IPCX_F_UNUSED_BYTES,     IPCX_F_IN_USE,      IX_SUM_WEIGHT_AT_0 },
};
/* clang-format on */

#define USUAL 6

static const enum ipcx_field times[] = { IPCX_F_CTIME, IPCX_F_ATIME, IPCX_F_DTIME,
					 IPCX_F_MTIME, IPCX_F_STIME, IPCX_F_RTIME,
					 IPCX_F_OTIME };

_Static_assert(ARRAY_SIZE(times) < ARRAY_SIZE(((struct ix_sum_plan *)0)->times),
	       "with a NULL at the end");

/* ---- which sums */

void ix_groups_usual(struct ipcx_groups *g)
{
	for (size_t i = 0; i < USUAL; i++)
		g->sums[i] = &sums[i];
	g->nsums = USUAL;
}

static const struct ix_sum *groupsum_find(enum ipcx_field f)
{
	for (size_t i = 0; i < ARRAY_SIZE(sums); i++)
		if (sums[i].field == f)
			return &sums[i];
	return NULL;
}

static int groupsum_choose(struct ipcx_groups *g, enum ipcx_field f)
{
	const struct ipcx_field_info *info = ipcx_field_info(f);
	const struct ix_sum *sum = groupsum_find(f);

	if (!sum)
		return ix_fail_plain(g->x, -EINVAL, "'%s' is not a sum of groups",
				     info ? info->name : "?");
	for (size_t i = 0; i < g->nsums; i++)
		if (g->sums[i] == sum)
			return ix_fail_plain(g->x, -EINVAL, "'%s' is named twice",
					     info->name);
	if (g->nby + g->nsums == IX_GROUPS_SLOTS)
		return ix_fail_plain(g->x, -EINVAL, "groups have at most %d fields",
				     IX_GROUPS_SLOTS);
	g->sums[g->nsums++] = sum;
	return 0;
}

int ipcx_groups_sum(struct ipcx_groups *g, const enum ipcx_field *fields, size_t n)
{
	int r = 0;

	if (!g || !fields)
		return g ? ix_fail_plain(g->x, -EINVAL, "no fields (NULL)") : -EINVAL;
	if (g->all.len)
		return ix_fail_plain(g->x, -EINVAL, "rows have been added already");
	g->nsums = 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = groupsum_choose(g, fields[i]);
	if (r < 0)
		ix_groups_usual(g);
	return r;
}

struct ipcx_fieldset ipcx_groups_fields(const struct ipcx_groups *g)
{
	struct ipcx_fieldset fields = { { 0 } };

	for (size_t i = 0; g && i < g->nby; i++)
		ipcx_fieldset_add(&fields, g->by[i]);
	/* A sum may be made of one field or another. The idle time is not named: that it
	 * is not recorded for some objects would be reported as missing. */
	for (size_t i = 0; g && i < g->nsums; i++)
		for (size_t k = 0; k < ARRAY_SIZE(sums); k++)
			if (sums[k].field == g->sums[i]->field &&
			    sums[k].from != IPCX_F_IDLE)
				ipcx_fieldset_add(&fields, (enum ipcx_field)sums[k].from);
	return fields;
}

/* ---- how they are made of the rows of a section */

static bool plan_has(const struct ix_section *s, enum ipcx_field f,
		     const struct ix_column **ret_column)
{
	*ret_column = ix_section_column(s, f);
	return (*ret_column)->size || (*ret_column)->derive;
}

/* Which field of the section's rows has their bytes. */
static enum ipcx_field weight_of(const struct ix_section *s)
{
	const struct ix_mech *m = s->mech == IPCX_NO_MECH ? NULL : ix_mech(s->mech);

	return m && m->weight && s->kind == m->kind ? m->weight : IPCX_F_MAPPED;
}

/* Of what has no such field, whole pages are counted if the mechanism's total counts
 * them. */
static bool plan_allocated(const struct ix_section *s, struct ix_sum_step *step)
{
	const struct ix_mech *m = s->mech == IPCX_NO_MECH ? NULL : ix_mech(s->mech);

	if (plan_has(s, (enum ipcx_field)step->from_field, &step->from))
		return true;
	step->rounded = m && m->totals && ix_kind_has(m->totals->kind, IPCX_F_ALLOCATED);
	step->from_field = (uint16_t)weight_of(s);
	return step->rounded && plan_has(s, weight_of(s), &step->from);
}

/* Return whether a sum applies to the rows of the section. */
static bool plan_step(const struct ix_section *s, const struct ix_sum *sum,
		      struct ix_sum_step *step)
{
	const enum ipcx_field weight = weight_of(s);
	bool weighs = plan_has(s, weight, &step->weight);

	step->how = sum->how;
	step->from_field = sum->from;
	step->weight_field = (uint16_t)weight;
	switch ((enum ix_sum_how)sum->how) {
	case IX_SUM_ROWS:
		return true;
	case IX_SUM_WEIGHT:
		return weighs;
	case IX_SUM_ALLOCATED:
		return plan_allocated(s, step);
	case IX_SUM_WEIGHT_AT_0:
		return weighs && plan_has(s, (enum ipcx_field)sum->from, &step->from);
	case IX_SUM_ADD:
	case IX_SUM_ABOVE_0:
	case IX_SUM_AT_0:
	case IX_SUM_HIGHEST:
	case IX_SUM_FIRST_USE:
	case IX_SUM_LAST_USE:
		break;
	}
	return plan_has(s, (enum ipcx_field)sum->from, &step->from);
}

/* Add the steps of one sum: it may be made of one field or of another. */
static void plan_sum(struct ipcx_groups *g, struct ix_sum_plan *plan, size_t at)
{
	for (const struct ix_sum *sum = g->sums[at];
	     sum < sums + ARRAY_SIZE(sums) && sum->field == g->sums[at]->field; sum++) {
		struct ix_sum_step step = { .at = (uint8_t)at };

		if (!plan_step(plan->s, sum, &step))
			continue;
		g->applies |= 1U << at;
		plan->steps[plan->n++] = step;
		return;
	}
}

/* The words of a row on which its group depends; 0 if it may depend on more. */
static uint32_t plan_words(const struct ipcx_groups *g, const struct ix_section *s)
{
	uint32_t words = 1; /* the set of unknown fields */

	for (size_t i = 0; i < g->nby; i++) {
		const struct ix_column *c;

		if (!plan_has(s, g->by[i], &c))
			continue;
		if (ipcx_fieldset_has(&s->always, g->by[i]))
			return 0;
		for (unsigned w = 1; w < s->kind->row_size / 8; w++)
			if (ipcx_fieldset_has(&s->by_word[w], g->by[i]))
				words |= 1U << w;
	}
	return words;
}

void ix_groups_plan(struct ipcx_groups *g, const struct ipcx_table *t,
		    const struct ix_section *s, struct ix_sum_plan *ret_plan)
{
	size_t n = 0;

	*ret_plan = (struct ix_sum_plan){ .t = t,
					  .s = s,
					  .page = (uint64_t)sysconf(_SC_PAGESIZE) };
	for (size_t i = 0; i < g->nsums; i++)
		plan_sum(g, ret_plan, i);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		const struct ix_column *c = ix_section_column(s, times[i]);

		if (c->size == sizeof(int64_t))
			ret_plan->times[n++] = c;
	}
	if (ix_section_column(s, IPCX_F_IDLE)->derive == ix_derive_idle &&
	    ix_section_column(s, IPCX_F_NATTCH)->size)
		ret_plan->attached = ix_section_column(s, IPCX_F_NATTCH);
	ret_plan->words = plan_words(g, s);
}

/* ---- the sums of a row */

/* Read a number of a row. Returns false if there is none; if it is unknown, it becomes
 * part of the group. */
static inline bool step_read(const struct ix_sum_plan *plan,
			     const struct ix_sum_step *step, struct ix_group *group,
			     const void *row, enum ipcx_field f,
			     const struct ix_column *c, union ix_sum_value *ret)
{
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };

	if (ix_is_unknown(plan->t, row, f)) {
		group->unknown |= 1U << step->at;
		return false;
	}
	if (c->derive) {
		c->derive(plan->t, plan->s, row, &v);
		ret->u = v.as.u;
		return v.type != IPCX_TYPE_NONE;
	}
	ret->u = ix_column_raw(c, row);
	return ret->u || !c->zero;
}

static void step_add(const struct ix_sum_step *step, struct ix_group *group, uint64_t n)
{
	uint64_t *sum = &group->sums[step->at].u;

	/* A sum of sizes that the kernel allows may exceed 64 bits. */
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = UINT64_MAX;
	group->has |= 1U << step->at;
}

static uint64_t step_pages(uint64_t bytes, uint64_t page)
{
	return ix_mul_sat(bytes / page + (bytes % page != 0), page);
}

/* The latest time that is recorded for an object is that of its last use, unless its idle
 * time is unknown because uses leave no times. */
static void step_use(const struct ix_sum_plan *plan, const struct ix_sum_step *step,
		     struct ix_group *group, const void *row)
{
	union ix_sum_value *sum = &group->sums[step->at], idle;
	bool first = step->how == IX_SUM_FIRST_USE;
	int64_t last = 0;

	/* Usually idle is made of the same times, and not needed. */
	if (step->from->derive == ix_derive_idle
		    ? ix_is_unknown(plan->t, row, IPCX_F_IDLE)
		    : !step_read(plan, step, group, row, IPCX_F_IDLE, step->from,
				 &idle)) {
		group->unknown |= 1U << step->at;
		return;
	}
	/* What is attached is in use now: its idle time is 0. */
	if (plan->attached && ix_column_raw(plan->attached, row))
		last = plan->t->now;
	for (const struct ix_column *const *c = plan->times; *c; c++)
		if (!ix_is_unknown(plan->t, row, (enum ipcx_field)(*c)->field))
			last = MAX(last, (int64_t)ix_column_raw(*c, row));
	if (!last) {
		group->unknown |= 1U << step->at;
		return;
	}
	if (!(group->has & 1U << step->at) || (first ? last < sum->i : last > sum->i))
		sum->i = last;
	group->has |= 1U << step->at;
}

static void step_highest(const struct ix_sum_step *step, struct ix_group *group, double d)
{
	double *sum = &group->sums[step->at].d;

	*sum = group->has & 1U << step->at ? MAX(*sum, d) : d;
	group->has |= 1U << step->at;
}

static void step_row(const struct ix_sum_plan *plan, const struct ix_sum_step *step,
		     struct ix_group *group, const void *row)
{
	const enum ipcx_field from = (enum ipcx_field)step->from_field,
			      weight = (enum ipcx_field)step->weight_field;
	union ix_sum_value n;

	switch ((enum ix_sum_how)step->how) {
	case IX_SUM_ROWS:
		step_add(step, group, 1);
		return;
	case IX_SUM_WEIGHT:
		if (step_read(plan, step, group, row, weight, step->weight, &n))
			step_add(step, group, n.u);
		return;
	case IX_SUM_FIRST_USE:
	case IX_SUM_LAST_USE:
		step_use(plan, step, group, row);
		return;
	case IX_SUM_ALLOCATED:
	case IX_SUM_ADD:
	case IX_SUM_ABOVE_0:
	case IX_SUM_AT_0:
	case IX_SUM_WEIGHT_AT_0:
	case IX_SUM_HIGHEST:
		break;
	}
	if (!step_read(plan, step, group, row, from, step->from, &n))
		return;
	if (step->how == IX_SUM_HIGHEST)
		step_highest(step, group, n.d);
	else if (step->how == IX_SUM_ABOVE_0 || step->how == IX_SUM_AT_0)
		step_add(step, group, (n.u > 0) == (step->how == IX_SUM_ABOVE_0));
	else if (step->how != IX_SUM_WEIGHT_AT_0)
		step_add(step, group, step->rounded ? step_pages(n.u, plan->page) : n.u);
	else if (n.u)
		step_add(step, group, 0);
	else if (step_read(plan, step, group, row, weight, step->weight, &n))
		step_add(step, group, n.u);
}

void ix_groups_sum(const struct ix_sum_plan *plan, struct ix_group *group,
		   const void *row)
{
	for (size_t i = 0; i < plan->n; i++)
		step_row(plan, &plan->steps[i], group, row);
}

/* ---- why sums are unknown */

static void note_sum(struct ipcx_table *t, const struct ix_sum *sum)
{
	switch ((enum ix_sum_how)sum->how) {
	case IX_SUM_FIRST_USE:
	case IX_SUM_LAST_USE:
		ix_table_reason(t, "when some objects were last used is not recorded");
		return;
	case IX_SUM_WEIGHT:
	case IX_SUM_ALLOCATED:
		ix_table_tell(t, "the size of some objects is unknown, and so is the sum "
				 "of their groups");
		return;
	case IX_SUM_ROWS:
	case IX_SUM_ADD:
	case IX_SUM_ABOVE_0:
	case IX_SUM_AT_0:
	case IX_SUM_WEIGHT_AT_0:
	case IX_SUM_HIGHEST:
		break;
	}
	if (sum->from == IPCX_F_NATTCH)
		ix_table_tell(t, "whether some objects are attached is unknown");
	else if (sum->from == IPCX_F_PERCENT)
		ix_table_tell(t, "how much of some limits is used is unknown, and so is "
				 "the highest percentage of their groups");
	else if (sum->from == IPCX_F_IN_USE)
		ix_table_tell(t, "whether some objects are in use is unknown");
	else
		ix_table_tell(t, "values of some objects are unknown, and so are the "
				 "sums of their groups");
}

void ix_groups_notes(const struct ipcx_groups *g, struct ipcx_table *t, uint32_t unknown)
{
	for (size_t i = 0; i < g->nsums; i++)
		if (unknown & 1U << i)
			note_sum(t, g->sums[i]);
}
