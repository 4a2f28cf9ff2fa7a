/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows summed up by the values of fields. Memory is needed for groups only, not for rows:
 * a listing can be added slice by slice. */
#include "query/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "core/columns.h"
#include "core/copyin.h"
#include "core/mech.h"

static uint64_t groups_seed(void)
{
	const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
	uint64_t seed = UINT64_C(0xcbf29ce484222325);

	if (random)
		memcpy(&seed, random, sizeof(seed));
	return seed;
}

static int groups_check(struct ipcx *x, const enum ipcx_field *by, size_t n)
{
	if (n == 0 || n > IX_GROUPS_BY)
		return ix_fail_plain(x, -EINVAL, "rows are grouped by 1 to %d fields",
				     IX_GROUPS_BY);
	for (size_t i = 0; i < n; i++) {
		const struct ipcx_field_info *info = ipcx_field_info(by[i]);

		if (!info)
			return ix_fail_plain(x, -EINVAL, "there is no field %u",
					     (unsigned)by[i]);
		if (info->type == IPCX_TYPE_ROWS)
			return ix_fail_plain(x, -EINVAL,
					     "'%s' consists of rows: these cannot be "
					     "grouped by it",
					     info->name);
		for (size_t k = 0; k < i; k++)
			if (by[k] == by[i])
				return ix_fail_plain(x, -EINVAL, "'%s' is named twice",
						     info->name);
	}
	return 0;
}

int ipcx_groups_new(struct ipcx *x, const enum ipcx_field *by, size_t n,
		    struct ipcx_groups **ret_groups)
{
	IX_REQUIRE(x, by, ret_groups);
	struct ipcx_groups *g;
	int r = groups_check(x, by, n);

	if (r < 0)
		return r;
	g = calloc(1, sizeof(*g));
	if (!g)
		return ix_fail_plain(x, -ENOMEM, "out of memory");
	g->x = x;
	g->nby = n;
	memcpy(g->by, by, n * sizeof(*by));
	g->seed = groups_seed();
	*ret_groups = g;
	return 0;
}

void ipcx_groups_free(struct ipcx_groups *g)
{
	if (!g)
		return;
	ix_buf_free(&g->keys);
	ix_buf_free(&g->all);
	ix_buf_free(&g->key);
	free(g->slots);
	free(g);
}

/* ---- keys */

static uint32_t groups_hash(const struct ipcx_groups *g)
{
	uint64_t hash = g->seed ^ g->key.len;

	/* Parts of a key are padded to words. */
	for (size_t i = 0; i < g->key.len; i += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, g->key.data + i, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return (uint32_t)(hash ^ hash >> 32);
}

static int groups_add_text(struct ipcx_groups *g, const char *text, size_t len)
{
	static const char padding[sizeof(uint64_t)];
	int r = ix_buf_add(&g->key, text, len);

	/* At least one NUL: the text can be used where it is. */
	return r ? r : ix_buf_add(&g->key, padding, sizeof(padding) - len % 8);
}

/* Write the key of a row. */
static int groups_key(struct ipcx_groups *g, const struct ipcx_table *t,
		      const struct ix_section *s, const void *row)
{
	int r = 0;

	g->key.len = 0;
	for (size_t i = 0; r == 0 && i < g->nby; i++) {
		struct ipcx_value v = { .type = IPCX_TYPE_NONE };
		struct ix_group_key part = { .type = IPCX_TYPE_NONE };
		const char *text;

		if (ix_row_value(t, s, row, g->by[i], &v) == 0)
			part.unknown = ix_is_unknown(t, row, g->by[i]);
		part.type = (uint8_t)v.type;
		text = ipcx_value_string(&v);
		if (text)
			part.value = strlen(text);
		else if (v.type != IPCX_TYPE_NONE)
			part.value = v.as.u;
		r = ix_buf_add(&g->key, &part, sizeof(part));
		if (r == 0 && text)
			r = groups_add_text(g, text, part.value);
	}
	return r;
}

/* ---- finding a group */

static struct ix_group *group_at(const struct ipcx_groups *g, size_t i)
{
	return (struct ix_group *)(void *)g->all.data + i;
}

static size_t groups_count(const struct ipcx_groups *g)
{
	return g->all.len / sizeof(struct ix_group);
}

static size_t key_len(const struct ipcx_groups *g, size_t i)
{
	size_t end = i + 1 < groups_count(g) ? group_at(g, i + 1)->key : g->keys.len;

	return end - group_at(g, i)->key;
}

static bool groups_same_key(const struct ipcx_groups *g, size_t i, uint32_t hash)
{
	const struct ix_group *group = group_at(g, i);

	return group->hash == hash && key_len(g, i) == g->key.len &&
	       !memcmp(g->keys.data + group->key, g->key.data, g->key.len);
}

static int groups_grow(struct ipcx_groups *g)
{
	size_t n = groups_count(g), nslots = g->nslots ? 2 * g->nslots : 64;
	uint32_t *slots;

	if (2 * (n + 1) <= g->nslots)
		return 0;
	slots = n < UINT32_MAX / 2 ? calloc(nslots, sizeof(*slots)) : NULL;
	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		size_t at = group_at(g, i)->hash & (nslots - 1);

		while (slots[at])
			at = (at + 1) & (nslots - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(g->slots);
	g->slots = slots;
	g->nslots = nslots;
	return 0;
}

/* Find the group with the key, or add it. NULL if out of memory. */
static struct ix_group *groups_find(struct ipcx_groups *g)
{
	struct ix_group new = { .hash = groups_hash(g), .key = g->keys.len };
	size_t n = groups_count(g), at;

	if (groups_grow(g) < 0)
		return NULL;
	for (at = new.hash &(g->nslots - 1); g->slots[at];
	     at = (at + 1) & (g->nslots - 1)) {
		if (!groups_same_key(g, g->slots[at] - 1, new.hash))
			continue;
		return group_at(g, g->slots[at] - 1);
	}
	if (!ix_buf_room(&g->keys, g->key.len) || ix_buf_add(&g->all, &new, sizeof(new)))
		return NULL;
	(void)ix_buf_add(&g->keys, g->key.data, g->key.len);
	g->slots[at] = (uint32_t)n + 1;
	return group_at(g, n);
}

/* ---- sums */

/* Read a field of a row. Returns whether there is a value; else whether the rows have the
 * field, and it is unknown, becomes part of the group. */
static bool sum_reads(struct ipcx_groups *g, struct ix_group *group, enum ix_sum sum,
		      const struct ipcx_table *t, const struct ix_section *s,
		      const void *row, enum ipcx_field f, struct ipcx_value *v)
{
	if (ix_row_value(t, s, row, f, v) < 0)
		return false;
	g->applies |= (uint8_t)(1U << sum);
	if (v->type != IPCX_TYPE_NONE)
		return true;
	if (ix_is_unknown(t, row, f))
		group->unknown |= (uint8_t)(1U << sum);
	return false;
}

static enum ipcx_field weight_of(const struct ix_section *s)
{
	const struct ix_mech *m = s->mech == IPCX_NO_MECH ? NULL : ix_mech(s->mech);

	return m && m->weight && s->kind == m->kind ? m->weight : IPCX_F_MAPPED;
}

static void sum_last_use(struct ipcx_groups *g, struct ix_group *group, int64_t last)
{
	if (!(group->has & 1U << IX_SUM_OLDEST) || last < group->sums[IX_SUM_OLDEST].i)
		group->sums[IX_SUM_OLDEST].i = last;
	if (!(group->has & 1U << IX_SUM_NEWEST) || last > group->sums[IX_SUM_NEWEST].i)
		group->sums[IX_SUM_NEWEST].i = last;
	group->has |= 1U << IX_SUM_OLDEST | 1U << IX_SUM_NEWEST;
	(void)g;
}

/* The latest time that is recorded for an object is that of its last use, unless its idle
 * time is unknown because uses leave no times. */
static void sum_times(struct ipcx_groups *g, struct ix_group *group,
		      const struct ipcx_table *t, const struct ix_section *s,
		      const void *row)
{
	static const enum ipcx_field times[] = { IPCX_F_CTIME, IPCX_F_ATIME, IPCX_F_DTIME,
						 IPCX_F_MTIME, IPCX_F_STIME, IPCX_F_RTIME,
						 IPCX_F_OTIME };
	const uint8_t both = 1U << IX_SUM_OLDEST | 1U << IX_SUM_NEWEST;
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };
	int64_t last = 0;

	if (ix_row_value(t, s, row, IPCX_F_IDLE, &v) < 0)
		return;
	g->applies |= both;
	if (v.type == IPCX_TYPE_NONE) {
		group->unknown |= both;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		if (ix_row_value(t, s, row, times[i], &v) == 0 &&
		    v.type == IPCX_TYPE_TIME)
			last = MAX(last, v.as.i);
	if (last)
		sum_last_use(g, group, last);
}

static void groups_sum(struct ipcx_groups *g, struct ix_group *group,
		       const struct ipcx_table *t, const struct ix_section *s,
		       const void *row)
{
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };
	uint64_t *bytes = &group->sums[IX_SUM_BYTES].u;
	double *percent = &group->sums[IX_SUM_PERCENT].d;

	group->count++;
	if (sum_reads(g, group, IX_SUM_BYTES, t, s, row, weight_of(s), &v)) {
		/* A sum of sizes that the kernel allows may exceed 64 bits. */
		if (__builtin_add_overflow(*bytes, v.as.u, bytes))
			*bytes = UINT64_MAX;
		group->has |= 1U << IX_SUM_BYTES;
	}
	if (sum_reads(g, group, IX_SUM_ATTACHED, t, s, row, IPCX_F_NATTCH, &v)) {
		group->sums[IX_SUM_ATTACHED].u += v.as.u > 0;
		group->has |= 1U << IX_SUM_ATTACHED;
	}
	if (sum_reads(g, group, IX_SUM_PERCENT, t, s, row, IPCX_F_PERCENT, &v)) {
		*percent = group->has & 1U << IX_SUM_PERCENT ? MAX(*percent, v.as.d)
							     : v.as.d;
		group->has |= 1U << IX_SUM_PERCENT;
	}
	sum_times(g, group, t, s, row);
}

int ipcx_groups_add(struct ipcx_groups *g, const struct ipcx_table *t, size_t row)
{
	if (!g)
		return -EINVAL;
	const struct ix_section *s;
	const void *data = ix_table_at(t, row, &s);
	struct ix_group *group;
	int r;

	if (!data)
		return ix_fail_plain(g->x, -EINVAL, "there is no such row");
	r = groups_key(g, t, s, data);
	group = r < 0 ? NULL : groups_find(g);
	if (!group)
		return ix_fail_plain(g->x, -ENOMEM, "out of memory");
	groups_sum(g, group, t, s, data);
	return 0;
}

int ipcx_groups_table(struct ipcx_groups *g, struct ipcx_table **ret_table)
{
	struct ipcx_table *t;
	int r;

	if (!g || !ret_table)
		return g ? ix_fail_plain(g->x, -EINVAL, "no place for the result (NULL)")
			 : -EINVAL;
	r = ix_table_new(&t);
	if (r == 0)
		r = ix_groups_rows(g, t);
	if (r < 0)
		return ix_fail_plain(g->x, r, "out of memory");
	return ix_table_hand(g->x, t, r, ret_table);
}
