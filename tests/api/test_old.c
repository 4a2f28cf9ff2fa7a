/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of release 0.1: compiled against that release's headers (tests/api/0.1) and
 * run with the current library, it works as before.
 */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ipcx-stress.h>
#include <ipcx.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static unsigned mech_of(const char *name)
{
	unsigned mech = IPCX_NO_MECH;

	assert_int_equal(ipcx_mech_by_name(name, (size_t)-1, &mech), 0);
	return mech;
}

static uint64_t number(const struct ipcx_table *t, size_t row, enum ipcx_field field)
{
	struct ipcx_value v;

	memset(&v, 0x5a, sizeof(v));
	assert_int_equal(ipcx_row_get(t, row, field, &v), 0);
	assert_int_equal(v.type, ipcx_field_info(field)->type);
	return v.as.u;
}

/* Create a number of arrays: the first has 1 semaphore, the second 2, and so on. */
static void make_arrays(struct ipcx *x, uint64_t count)
{
	struct ipcx_attrs a = { .size = sizeof(a), .set = IPCX_A_NSEMS };
	struct ipcx_table *t;

	a.mech = mech_of("sem");
	for (a.nsems = 1; a.nsems <= count; a.nsems++) {
		assert_int_equal(ipcx_create(x, &a, 1, &t), 0);
		assert_int_equal(ipcx_table_rows(t), 1);
		assert_int_equal(number(t, 0, IPCX_F_EXISTED), 0);
		ipcx_table_free(t);
	}
}

static void remove_all(struct ipcx *x)
{
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_table *t;

	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_failures(t, NULL), 0);
	ipcx_table_free(t);
}

static int begin(void **state)
{
	return ipcx_new((struct ipcx **)state);
}

static int end(void **state)
{
	remove_all(*state);
	ipcx_free(*state);
	return 0;
}

/* Constants that were compiled into the program: sizes of structs, and numbers of
 * fields. */
static void test_compiled_in_constants(void **state)
{
	static const struct {
		enum ipcx_field field;
		const char *name;
	} fields[] = {
		{ IPCX_F_MECH, "mech" },
		{ IPCX_F_SIZE, "size" },
		{ IPCX_F_NSEMS, "nsems" },
		{ IPCX_F_CTIME, "ctime" },
		{ IPCX_F_LIMIT, "limit" },
		{ IPCX_F_EXISTED, "existed" },
		{ IPCX_F_NS, "ns" },
		{ IPCX_F_FOLLOWS, "follows" },
		{ IPCX_F_WORKLOAD, "workload" },
		{ IPCX_F_RATIO, "ratio" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		assert_non_null(ipcx_field_info(fields[i].field));
		assert_string_equal(ipcx_field_info(fields[i].field)->name,
				    fields[i].name);
	}
	assert_int_equal(sizeof(struct ipcx_ref), 320);
	assert_int_equal(sizeof(struct ipcx_value), 64);
	assert_int_equal(IPCX_QUERY_SIZE_0_1, sizeof(struct ipcx_query));
	assert_int_equal(IPCX_ATTRS_SIZE_0_1, sizeof(struct ipcx_attrs));
	assert_true(IPCX_TAKE_SIZE_0_1 <= sizeof(struct ipcx_take));
	assert_int_equal(IPCX_VERSION_NUMBER(IPCX_VERSION_MAJOR, IPCX_VERSION_MINOR,
					     IPCX_VERSION_PATCH),
			 IPCX_VERSION_NUMBER(0, 1, 0));
	assert_true(ipcx_version_number() >= IPCX_VERSION_NUMBER(0, 1, 0));
}

static void test_scan_with_fields_and_condition(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_expr *where;
	struct ipcx_table *t;

	make_arrays(x, 4);
	assert_int_equal(ipcx_expr_parse(x, "nsems >= 3", &where, NULL), 0);
	q.mechs = IPCX_MECH_BIT(mech_of("sem"));
	q.fields = IPCX_FIELDSET(IPCX_F_ID, IPCX_F_NSEMS);
	ipcx_fieldset_add(&q.fields, IPCX_F_FOLLOWS); /* the last field in release 0.1 */
	q.where = where;
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	assert_int_equal(number(t, 0, IPCX_F_NSEMS), 3);
	assert_int_equal(number(t, 1, IPCX_F_NSEMS), 4);
	assert_true(ipcx_table_complete(t));
	ipcx_table_free(t);
	ipcx_expr_free(where);
}

static void test_remove_with_condition(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = IPCX_QUERY_SIZE_0_1 };
	struct ipcx_expr *where;
	struct ipcx_table *t;

	make_arrays(x, 3);
	assert_int_equal(ipcx_expr_parse(x, "nsems > 1", &where, NULL), 0);
	q.mechs = IPCX_MECH_BIT(mech_of("sem"));
	q.where = where;
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	ipcx_table_free(t);
	q.where = NULL;
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(number(t, 0, IPCX_F_NSEMS), 1);
	ipcx_table_free(t);
	ipcx_expr_free(where);
}

static void test_change(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_attrs a = { .size = IPCX_ATTRS_SIZE_0_1,
				.set = IPCX_A_MODE,
				.mode = 0640 };
	struct ipcx_table *t;

	make_arrays(x, 1);
	q.mechs = IPCX_MECH_BIT(mech_of("sem"));
	assert_int_equal(ipcx_change(x, &q, &a, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(number(t, 0, IPCX_F_MODE), 0640);
	ipcx_table_free(t);
}

/* The library returns lists with their count, so longer lists do no harm. */
static void test_lists_with_a_count(void **state)
{
	const struct ipcx_mech_info *m;
	unsigned named = 0;

	(void)state;
	for (unsigned mech = 0; (m = ipcx_mech_info(mech)); mech++) {
		assert_true(m->nshown > 0);
		for (size_t i = 0; i < m->nshown; i++) {
			assert_non_null(ipcx_field_info(m->shown[i]));
			assert_true(ipcx_mech_has(mech, m->shown[i]));
		}
	}
	for (unsigned f = 0; f < ipcx_field_count(); f++)
		named += ipcx_field_info((enum ipcx_field)f) != NULL;
	assert_true(named > IPCX_F_FOLLOWS);
	assert_null(ipcx_field_info((enum ipcx_field)ipcx_field_count()));
}

/* Rows of a newer library may have fields that the program does not know. */
static void test_every_field_of_a_row(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_fieldset has;
	struct ipcx_table *t;
	unsigned n = 0;

	make_arrays(x, 1);
	q.mechs = IPCX_MECH_BIT(mech_of("sem"));
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	has = ipcx_row_fields(t, 0);
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		const struct ipcx_field_info *info = ipcx_field_info((enum ipcx_field)f);
		struct ipcx_value v;
		char text[IPCX_REF_MAX];

		if (!ipcx_fieldset_has(&has, (enum ipcx_field)f))
			continue;
		assert_int_equal(ipcx_row_get(t, 0, (enum ipcx_field)f, &v), 0);
		assert_true(v.type == IPCX_TYPE_NONE || v.type == info->type);
		assert_true(ipcx_value_format(&v, text, sizeof(text)) >= 0);
		n++;
	}
	assert_true(n > 10);
	ipcx_table_free(t);
}

static void test_notes(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ref ref;
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	const struct ipcx_note *note;
	struct ipcx_table *t;
	size_t missing = 0;

	assert_int_equal(ipcx_ref_parse(x, "mq:/none", IPCX_NO_MECH, &ref), 0);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	note = ipcx_table_note(t, 0);
	assert_non_null(note);
	assert_int_equal(note->kind, IPCX_NOTE_MISSING);
	assert_int_equal(note->error, -ENOENT);
	assert_int_equal(note->mech, mech_of("mq"));
	assert_string_equal(note->subject, "mq:/none");
	assert_true(note->text[0] != '\0');
	assert_int_equal(note->hint, IPCX_HINT_NONE);
	assert_null(ipcx_table_note(t, 1));
	assert_int_equal(ipcx_table_failures(t, &missing), 1);
	assert_int_equal(missing, 1);
	ipcx_table_free(t);
}

static void test_limits(void **state)
{
	static const char *const names[] = { "shmmni", "semvmx", NULL };
	struct ipcx *x = *state;
	struct ipcx_table *t;

	assert_int_equal(ipcx_limits(x, names, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	assert_true(number(t, 0, IPCX_F_LIMIT) > 0);
	assert_int_equal(number(t, 1, IPCX_F_LIMIT), 32767);
	ipcx_table_free(t);
}

static void test_stress_list(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t;
	struct ipcx_value v;

	assert_int_equal(ipcx_stress_list(x, 0, &t), 0);
	assert_true(ipcx_table_rows(t) > 0);
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		assert_int_equal(ipcx_row_get(t, row, IPCX_F_WORKLOAD, &v), 0);
		assert_string_not_equal(ipcx_value_string(&v), "");
	}
	ipcx_table_free(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_compiled_in_constants),
		TEST(test_scan_with_fields_and_condition),
		TEST(test_remove_with_condition),
		TEST(test_change),
		TEST(test_lists_with_a_count),
		TEST(test_every_field_of_a_row),
		TEST(test_notes),
		TEST(test_limits),
		TEST(test_stress_list),
	};

	return cmocka_run_group_tests_name("old", tests, NULL, NULL);
}
