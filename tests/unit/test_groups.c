/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query/groups.c, query/grouprow.c: rows summed up by the values of fields. */
#include "query/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/columns.h"
#include "unit.h"

struct use {
	struct ix_row head;
	uint64_t mapped, nattch;
	int64_t ctime, atime;
	double percent;
	uint32_t uid;
	ix_text command;
};

static void derive_idle(const struct ipcx_table *t, const struct ix_section *s,
			const void *row, struct ipcx_value *v)
{
	(void)t;
	(void)s;
	if (!((const struct use *)row)->ctime)
		return;
	v->type = IPCX_TYPE_UINT;
	v->as.u = 1;
}

static const struct ix_kind use_kind = {
	.name = "users",
	.row_size = sizeof(struct use),
	IX_COLUMNS(IX_COL(IPCX_F_MAPPED, struct use, mapped),
		   IX_COL(IPCX_F_NATTCH, struct use, nattch),
		   IX_COL_ZERO(IPCX_F_CTIME, struct use, ctime),
		   IX_COL_ZERO(IPCX_F_ATIME, struct use, atime),
		   IX_DERIVED(IPCX_F_IDLE, derive_idle),
		   IX_COL(IPCX_F_UID, struct use, uid),
		   IX_COL(IPCX_F_COMMAND, struct use, command)),
};

/* Rows that have only a few fields. */
static const struct ix_kind limit_kind = {
	.name = "limits",
	.row_size = sizeof(struct use),
	IX_COLUMNS(IX_COL(IPCX_F_UID, struct use, uid),
		   IX_COL(IPCX_F_PERCENT, struct use, percent)),
};

static struct ipcx_table *new_table(const struct ix_kind *kind)
{
	struct ipcx_table *t = NULL;

	assert_int_equal(ix_table_new(&t), 0);
	assert_int_equal(ix_table_section(t, kind, IPCX_NO_MECH), 0);
	return t;
}

static struct use *add(struct ipcx_table *t, uint32_t uid, const char *command,
		       uint64_t mapped)
{
	struct use *row = ix_table_row(t);

	assert_non_null(row);
	row->uid = uid;
	row->command = ix_table_text(t, command);
	row->mapped = mapped;
	row->ctime = 100;
	ix_table_keep(t);
	return row;
}

static struct ipcx_groups *new_groups(struct ipcx *x, enum ipcx_field a,
				      enum ipcx_field b)
{
	const enum ipcx_field by[] = { a, b };
	struct ipcx_groups *g = NULL;

	assert_int_equal(ipcx_groups_new(x, by, b == IPCX_NO_FIELD ? 1 : 2, &g), 0);
	return g;
}

static void add_all(struct ipcx_groups *g, struct ipcx_table *t)
{
	for (size_t i = 0; i < ipcx_table_rows(t); i++)
		assert_int_equal(ipcx_groups_add(g, t, i), 0);
	ipcx_table_free(t);
}

static struct ipcx_table *end(struct ipcx_groups *g)
{
	struct ipcx_table *t = NULL;

	assert_int_equal(ipcx_groups_table(g, &t), 0);
	ipcx_groups_free(g);
	assert_string_equal(ipcx_table_kind(t), "groups");
	return t;
}

static struct ipcx_value get(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v = { .type = IPCX_TYPE_MODE, .as.u = 77 };

	assert_int_equal(ipcx_row_get(t, row, f, &v), 0);
	return v;
}

static void expect(const struct ipcx_table *t, size_t row, enum ipcx_field f, uint64_t n)
{
	struct ipcx_value v = get(t, row, f);

	assert_true(v.type != IPCX_TYPE_NONE);
	assert_true(v.as.u == n);
}

static bool is_unknown(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_fieldset unknown = ipcx_row_unknown(t, row);
	bool is = ipcx_fieldset_has(&unknown, f);

	if (is)
		assert_true(get(t, row, f).type == IPCX_TYPE_NONE);
	return is;
}

static const char *note_of(const struct ipcx_table *t, size_t i)
{
	const struct ipcx_note *n = ipcx_table_note(t, i);

	return n ? n->text : NULL;
}

/* Groups do not depend on the table that a row was in, and tables can be freed. */
static void test_equal_values_are_one_group(void **state)
{
	static const char *const names[] = { "a", "b", "" };
	struct ipcx_groups *g = new_groups(*state, IPCX_F_COMMAND, IPCX_F_UID);
	struct ipcx_table *t;

	for (unsigned i = 0; i < 2; i++) {
		t = new_table(&use_kind);
		for (unsigned k = 0; k < 12; k++)
			add(t, k % 2, names[k % 3], 10 * (i + 1));
		add_all(g, t);
	}
	t = end(g);
	assert_int_equal(ipcx_table_rows(t), 6);
	for (unsigned i = 0; i < 6; i++) {
		struct ipcx_value v = get(t, i, IPCX_F_COMMAND);

		assert_string_equal(ipcx_value_string(&v), names[i % 3]);
		expect(t, i, IPCX_F_UID, i % 2);
		expect(t, i, IPCX_F_COUNT, 4);
		expect(t, i, IPCX_F_BYTES, 60);
		expect(t, i, IPCX_F_ATTACHED, 0);
	}
	ipcx_table_free(t);
}

/* "unknown" is neither a value nor the absence of one. */
static void test_unknown_is_a_group(void **state)
{
	struct ipcx_groups *g = new_groups(*state, IPCX_F_COMMAND, IPCX_NO_FIELD);
	struct ipcx_table *t = new_table(&use_kind);

	for (int i = 0; i < 2; i++) {
		add(t, 0, "x", 1);
		ix_unknown(t, add(t, 0, NULL, 1), IPCX_F_COMMAND);
		add(t, 0, NULL, 1);
	}
	add_all(g, t);
	t = new_table(&limit_kind); /* without this field: as without a value */
	add(t, 0, NULL, 1);
	add_all(g, t);
	t = end(g);
	assert_int_equal(ipcx_table_rows(t), 3);
	assert_false(is_unknown(t, 0, IPCX_F_COMMAND));
	assert_true(is_unknown(t, 1, IPCX_F_COMMAND));
	assert_false(is_unknown(t, 2, IPCX_F_COMMAND));
	assert_true(get(t, 2, IPCX_F_COMMAND).type == IPCX_TYPE_NONE);
	expect(t, 0, IPCX_F_COUNT, 2);
	expect(t, 1, IPCX_F_COUNT, 2);
	expect(t, 2, IPCX_F_COUNT, 3);
	assert_null(note_of(t, 0));
	ipcx_table_free(t);
}

/* A sum of which a part is unknown is unknown, and a note tells that. */
static void test_unknown_parts_make_sums_unknown(void **state)
{
	struct ipcx_groups *g = new_groups(*state, IPCX_F_UID, IPCX_NO_FIELD);
	struct ipcx_table *t = new_table(&use_kind);
	struct use *row;

	for (uint32_t i = 0; i < 4; i++)
		add(t, i, "x", 5);
	ix_unknown(t, add(t, 1, "x", 6), IPCX_F_MAPPED);
	row = add(t, 2, "x", 6);
	ix_unknown(t, row, IPCX_F_NATTCH);
	row = add(t, 3, "x", 6);
	row->ctime = 0; /* idle has no value */
	add(t, 1, "x", 7);
	add_all(g, t);
	t = end(g);
	assert_int_equal(ipcx_table_rows(t), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(is_unknown(t, i, IPCX_F_BYTES), i == 1);
		assert_int_equal(is_unknown(t, i, IPCX_F_ATTACHED), i == 2);
		assert_int_equal(is_unknown(t, i, IPCX_F_OLDEST), i == 3);
		assert_int_equal(is_unknown(t, i, IPCX_F_NEWEST), i == 3);
	}
	expect(t, 1, IPCX_F_COUNT, 3);
	expect(t, 2, IPCX_F_BYTES, 11);
	assert_non_null(strstr(note_of(t, 0), "size"));
	assert_non_null(strstr(note_of(t, 1), "attached"));
	assert_non_null(strstr(note_of(t, 2), "last used"));
	ipcx_table_free(t);
}

static void test_times_and_attaches(void **state)
{
	struct ipcx_groups *g = new_groups(*state, IPCX_F_UID, IPCX_NO_FIELD);
	struct ipcx_table *t = new_table(&use_kind);

	add(t, 0, "x", 0)->atime = 300; /* last used then, not at ctime */
	add(t, 0, "x", 0)->atime = 50;
	add(t, 0, "x", 0)->nattch = 7;
	add_all(g, t);
	t = end(g);
	assert_true(get(t, 0, IPCX_F_OLDEST).type == IPCX_TYPE_TIME);
	expect(t, 0, IPCX_F_OLDEST, 100);
	expect(t, 0, IPCX_F_NEWEST, 300);
	expect(t, 0, IPCX_F_ATTACHED, 1);
	ipcx_table_free(t);
}

/* Sums that apply to no row are no columns. */
static void test_columns_are_those_that_apply(void **state)
{
	struct ipcx_groups *g = new_groups(*state, IPCX_F_UID, IPCX_NO_FIELD);
	struct ipcx_table *t = new_table(&limit_kind);
	struct ipcx_value v;

	add(t, 0, NULL, 0)->percent = -3;
	add(t, 0, NULL, 0)->percent = -5;
	add(t, 1, NULL, 0)->percent = 90;
	add(t, 1, NULL, 0)->percent = 91.5;
	add_all(g, t);
	t = end(g);
	assert_true(get(t, 0, IPCX_F_PERCENT).as.d == -3);
	assert_true(get(t, 1, IPCX_F_PERCENT).as.d == 91.5);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_BYTES, &v), -ENODATA);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_OLDEST, &v), -ENODATA);
	ipcx_table_free(t);
	/* A field cannot be a column twice. */
	g = new_groups(*state, IPCX_F_PERCENT, IPCX_NO_FIELD);
	t = new_table(&limit_kind);
	add(t, 0, NULL, 0)->percent = 4;
	add(t, 0, NULL, 0)->percent = 4;
	add_all(g, t);
	t = end(g);
	assert_true(get(t, 0, IPCX_F_PERCENT).as.d == 4);
	expect(t, 0, IPCX_F_COUNT, 2);
	ipcx_table_free(t);
}

static void test_sums_do_not_overflow(void **state)
{
	struct ipcx_groups *g = new_groups(*state, IPCX_F_UID, IPCX_NO_FIELD);
	struct ipcx_table *t = new_table(&use_kind);

	for (int i = 0; i < 3; i++)
		add(t, 0, "x", UINT64_MAX / 2);
	add_all(g, t);
	t = end(g);
	expect(t, 0, IPCX_F_BYTES, UINT64_MAX);
	ipcx_table_free(t);
}

/* Texts of every length around a word, in keys of two fields. */
static void test_many_groups(void **state)
{
	struct ipcx_groups *g = new_groups(*state, IPCX_F_COMMAND, IPCX_F_UID);
	const unsigned n = 20000;
	struct ipcx_table *t;
	char text[40];

	for (unsigned pass = 0; pass < 2; pass++) {
		t = new_table(&use_kind);
		for (unsigned i = 0; i < n; i++) {
			(void)snprintf(text, sizeof(text), "%.*s%u", (int)(i % 19),
				       "xxxxxxxxxxxxxxxxxxx", i);
			add(t, i % 3, text, 1);
		}
		add_all(g, t);
	}
	t = end(g);
	assert_int_equal(ipcx_table_rows(t), n);
	for (unsigned i = 0; i < n; i++) {
		struct ipcx_value v = get(t, i, IPCX_F_COMMAND);

		(void)snprintf(text, sizeof(text), "%.*s%u", (int)(i % 19),
			       "xxxxxxxxxxxxxxxxxxx", i);
		assert_string_equal(ipcx_value_string(&v), text);
		expect(t, i, IPCX_F_UID, i % 3);
		expect(t, i, IPCX_F_COUNT, 2);
	}
	ipcx_table_free(t);
}

/* What is found once for a section, or taken from the row before, must not change what is
 * summed up: rows in any order, with unknown values, in sections of two kinds. */
static void test_all_rows_as_one_by_one(void **state)
{
	static const enum ipcx_field sums[] = { IPCX_F_OBJECTS,          IPCX_F_BYTES,
						IPCX_F_UNATTACHED_COUNT, IPCX_F_ATTACHES,
						IPCX_F_UNATTACHED_BYTES, IPCX_F_OLDEST,
						IPCX_F_PERCENT };
	static const char *const names[] = { "a", "a", "b", NULL };
	unsigned seed = 1;

	for (unsigned round = 0; round < 50; round++) {
		struct ipcx_groups *g[2] = {
			new_groups(*state, IPCX_F_COMMAND, IPCX_F_UID),
			new_groups(*state, IPCX_F_COMMAND, IPCX_F_UID)
		};
		struct ipcx_table *t = new_table(&use_kind), *ends[2];

		for (unsigned i = 0; i < 40; i++) {
			struct use *row;

			seed = seed * 1103515245 + 12345;
			if (i % 20 == 19)
				assert_int_equal(ix_table_section(t,
								  i == 19 ? &limit_kind
									  : &use_kind,
								  IPCX_NO_MECH),
						 0);
			row = add(t, seed >> 20 & 1, names[seed >> 16 & 3],
				  seed >> 10 & 7);
			row->nattch = seed >> 24 & 1;
			if ((seed >> 25 & 7) == 0)
				ix_unknown(t, row, IPCX_F_MAPPED);
			if ((seed >> 28 & 7) == 0)
				ix_unknown(t, row, IPCX_F_COMMAND);
		}
		for (size_t k = 0; k < 2; k++)
			assert_int_equal(ipcx_groups_sum(g[k], sums, ARRAY_SIZE(sums)),
					 0);
		assert_int_equal(ipcx_groups_add_all(g[0], t), 0);
		add_all(g[1], t); /* one by one; and frees it */
		for (size_t k = 0; k < 2; k++)
			ends[k] = end(g[k]);
		assert_int_equal(ipcx_table_rows(ends[0]), ipcx_table_rows(ends[1]));
		for (size_t i = 0; i < ipcx_table_rows(ends[0]); i++)
			for (size_t f = 0; f < ARRAY_SIZE(sums); f++) {
				struct ipcx_value a = get(ends[0], i, sums[f]),
						  b = get(ends[1], i, sums[f]);

				assert_int_equal(a.type, b.type);
				assert_true(a.type == IPCX_TYPE_NONE || a.as.u == b.as.u);
				assert_int_equal(is_unknown(ends[0], i, sums[f]),
						 is_unknown(ends[1], i, sums[f]));
			}
		ipcx_table_free(ends[0]);
		ipcx_table_free(ends[1]);
	}
}

static void test_sums_that_are_chosen(void **state)
{
	static const enum ipcx_field sums[] = { IPCX_F_UNATTACHED_BYTES, IPCX_F_ATTACHES,
						IPCX_F_UNATTACHED_COUNT };
	struct ipcx_groups *g = new_groups(*state, IPCX_F_UID, IPCX_NO_FIELD);
	struct ipcx_table *t = new_table(&use_kind);
	struct ipcx_value v;

	add(t, 0, NULL, 7)->nattch = 2;
	add(t, 0, NULL, 8);
	add(t, 1, NULL, 9)->nattch = 3;
	ix_unknown(t, add(t, 2, NULL, 9), IPCX_F_NATTCH);
	assert_int_equal(ipcx_groups_sum(g, sums, ARRAY_SIZE(sums)), 0);
	assert_int_equal(ipcx_groups_add_all(g, t), 0);
	ipcx_table_free(t);
	t = end(g);
	expect(t, 0, IPCX_F_ATTACHES, 2);
	expect(t, 0, IPCX_F_UNATTACHED_COUNT, 1);
	expect(t, 0, IPCX_F_UNATTACHED_BYTES, 8);
	expect(t, 1, IPCX_F_UNATTACHED_COUNT, 0);
	expect(t, 1, IPCX_F_UNATTACHED_BYTES, 0);
	for (size_t f = 0; f < ARRAY_SIZE(sums); f++)
		assert_true(is_unknown(t, 2, sums[f]));
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_COUNT, &v), -ENODATA);
	ipcx_table_free(t);
}

static int set_up(void **state)
{
	return ipcx_new((struct ipcx **)state);
}

static int tear_down(void **state)
{
	ipcx_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_values_are_one_group),
		cmocka_unit_test(test_unknown_is_a_group),
		cmocka_unit_test(test_unknown_parts_make_sums_unknown),
		cmocka_unit_test(test_times_and_attaches),
		cmocka_unit_test(test_columns_are_those_that_apply),
		cmocka_unit_test(test_sums_do_not_overflow),
		cmocka_unit_test(test_many_groups),
		cmocka_unit_test(test_all_rows_as_one_by_one),
		cmocka_unit_test(test_sums_that_are_chosen),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
