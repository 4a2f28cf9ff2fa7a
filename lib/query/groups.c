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
	ix_groups_usual(g);
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

/* ---- adding rows */

/* Whether a row's group is that of the row before it in its section. */
static bool groups_same(const struct ix_sum_plan *plan, size_t row, const void *data)
{
	const struct ix_section *s = plan->s;
	const uint64_t *now = data;
	const uint64_t *before = now - s->kind->row_size / sizeof(*now);

	if (!plan->words || row == s->first)
		return false;
	for (uint32_t words = plan->words; words; words &= words - 1)
		if (now[__builtin_ctz(words)] != before[__builtin_ctz(words)])
			return false;
	return true;
}

static struct ix_group *groups_find_row(struct ipcx_groups *g,
					const struct ix_sum_plan *plan, const void *data)
{
	return groups_key(g, plan->t, plan->s, data) < 0 ? NULL : groups_find(g);
}

/* Remember whether all rows were there to be added. */
static void groups_heed(struct ipcx_groups *g, const struct ipcx_table *t)
{
	const struct ipcx_note *n;

	g->more = t->resume != 0;
	g->partial |= t->partial;
	for (size_t i = 0; !g->partial && (n = ipcx_table_note(t, i)); i++)
		g->partial = n->kind == IPCX_NOTE_FAILED ||
			     n->kind == IPCX_NOTE_UNAVAILABLE ||
			     n->kind == IPCX_NOTE_INCOMPLETE;
}

int ipcx_groups_add(struct ipcx_groups *g, const struct ipcx_table *t, size_t row)
{
	if (!g)
		return -EINVAL;
	const struct ix_section *s;
	const void *data = ix_table_at(t, row, &s);
	struct ix_sum_plan plan;
	struct ix_group *group;

	if (!data)
		return ix_fail_plain(g->x, -EINVAL, "there is no such row");
	groups_heed(g, t);
	ix_groups_plan(g, t, s, &plan);
	group = groups_find_row(g, &plan, data);
	if (!group)
		return ix_fail_plain(g->x, -ENOMEM, "out of memory");
	ix_groups_sum(&plan, group, data);
	return 0;
}

int ipcx_groups_add_all(struct ipcx_groups *g, const struct ipcx_table *t)
{
	struct ix_sum_plan plan = { .s = NULL };
	struct ix_group *group = NULL;

	if (!g || !t)
		return g ? ix_fail_plain(g->x, -EINVAL, "no table (NULL)") : -EINVAL;
	groups_heed(g, t);
	for (size_t i = 0; i < ipcx_table_rows(t); i++) {
		const struct ix_section *s;
		const void *data = ix_table_at(t, i, &s);

		if (s != plan.s)
			ix_groups_plan(g, t, s, &plan);
		if (!group || !groups_same(&plan, i, data))
			group = groups_find_row(g, &plan, data);
		if (!group)
			return ix_fail_plain(g->x, -ENOMEM, "out of memory");
		ix_groups_sum(&plan, group, data);
	}
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
	if (r == 0)
		t->partial = g->partial || g->more;
	if (r < 0)
		return ix_fail_plain(g->x, r, "out of memory");
	return ix_table_hand(g->x, t, r, ret_table);
}
