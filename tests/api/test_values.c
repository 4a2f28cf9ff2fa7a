/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values (their texts, their order, copies of them), hints, and versions. */
#include "api.h"

#include <ipcx-stress.h>

/* ---- text and order */

static struct ipcx_value text_value(const char *text)
{
	struct ipcx_value v = { .type = IPCX_TYPE_STRING };

	(void)snprintf(v.private_text, sizeof(v.private_text), "%s", text);
	return v;
}

static void test_text_of_each_type(void **state)
{
	const struct {
		struct ipcx_value v;
		const char *text;
	} rows[] = {
		{ { .type = IPCX_TYPE_NONE, .as.u = 7 }, "" },
		{ { .type = IPCX_TYPE_BOOL, .as.u = 0 }, "false" },
		{ { .type = IPCX_TYPE_BOOL, .as.u = 1 }, "true" },
		{ { .type = IPCX_TYPE_INT, .as.i = INT64_MIN }, "-9223372036854775808" },
		{ { .type = IPCX_TYPE_UINT, .as.u = UINT64_MAX },
		  "18446744073709551615" },
		{ { .type = IPCX_TYPE_REAL, .as.d = 12.25 }, "12.3" },
		{ { .type = IPCX_TYPE_TIME, .as.i = 0 }, "1970-01-01T00:00:00Z" },
		{ { .type = IPCX_TYPE_TIME, .as.i = 1795255200 },
		  "2026-11-21T10:00:00Z" },
		{ { .type = IPCX_TYPE_MODE, .as.u = 0640 }, "0640" },
		{ { .type = IPCX_TYPE_MODE, .as.u = 0 }, "0000" },
		{ { .type = IPCX_TYPE_KEY, .as.u = 1234 }, "0x000004d2" },
		{ { .type = IPCX_TYPE_GRADE, .as.u = IPCX_POSSIBLE }, "possible" },
		{ { .type = IPCX_TYPE_GRADE, .as.u = IPCX_LIKELY }, "likely" },
		{ { .type = IPCX_TYPE_GRADE, .as.u = IPCX_CERTAIN }, "certain" },
		{ text_value("a\n\x80 b"), "a\n\x80 b" },
		{ text_value(""), "" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(text, 'x', sizeof(text));
		assert_int_equal(ipcx_value_format(&rows[i].v, text, sizeof(text)),
				 strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
	/* As with snprintf(3), a text is truncated, or only its length is returned. */
	assert_int_equal(ipcx_value_format(&rows[10].v, text, 4), 10);
	assert_string_equal(text, "0x0");
	assert_int_equal(ipcx_value_format(&rows[10].v, NULL, 0), 10);
}

static void test_invalid_value_has_no_text(void **state)
{
	const struct ipcx_value odd = { .type = (enum ipcx_type)99 };
	const struct ipcx_value one = { .type = IPCX_TYPE_UINT, .as.u = 1 };
	char text[16] = "as it was";

	(void)state;
	assert_int_equal(ipcx_value_format(NULL, text, sizeof(text)), -EINVAL);
	assert_int_equal(ipcx_value_format(&odd, text, sizeof(text)), -EINVAL);
	assert_int_equal(ipcx_value_format(&one, NULL, 5), -EINVAL);
	assert_string_equal(text, "as it was");
	assert_null(ipcx_value_string(&one));
}

/* Each value is less than the values after it and equal to itself. */
static void test_order(void **state)
{
	const struct ipcx_value rows[] = {
		{ .type = IPCX_TYPE_NONE },
		{ .type = IPCX_TYPE_INT, .as.i = INT64_MIN },
		{ .type = IPCX_TYPE_TIME, .as.i = -1 },
		{ .type = IPCX_TYPE_UINT, .as.u = 0 },
		{ .type = IPCX_TYPE_REAL, .as.d = 0.5 },
		{ .type = IPCX_TYPE_GRADE, .as.u = IPCX_POSSIBLE },
		{ .type = IPCX_TYPE_INT, .as.i = 2 },
		{ .type = IPCX_TYPE_GRADE, .as.u = IPCX_CERTAIN },
		{ .type = IPCX_TYPE_KEY, .as.u = 0xffffffff },
		{ .type = IPCX_TYPE_UINT, .as.u = (uint64_t)INT64_MAX + 5 },
		text_value(""),
		text_value("B"),
		text_value("a"),
		text_value("a\x80"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
			int r = ipcx_value_compare(&rows[i], &rows[k]);

			assert_int_equal((r > 0) - (r < 0), (i > k) - (i < k));
		}
}

/* ---- copies */

/* Return a struct ipcx_value by value, as a helper function of a program would do. */
static struct ipcx_value value_of(const struct ipcx_table *t, size_t row,
				  enum ipcx_field field)
{
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };

	assert_int_equal(ipcx_row_get(t, row, field, &v), 0);
	return v;
}

static void test_copies(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs two = small("shm", NULL);
	struct ipcx_ref refs[2];
	struct ipcx_value v[2];
	struct ipcx_table *t;
	char line[128], wanted[128];

	two.set |= IPCX_A_COUNT;
	two.count = 2;
	make(x, &two, NULL);
	t = scan(x, "shm");
	assert_int_equal(ipcx_table_rows(t), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(ipcx_row_ref(t, i, &refs[i]), 0);
	assert_true(refs[0].id != refs[1].id);
	(void)snprintf(wanted, sizeof(wanted), "shm:%d shm:%d", refs[0].id, refs[1].id);
	for (size_t i = 0; i < 2; i++)
		v[i] = value_of(t, i, IPCX_F_REF);
	(void)snprintf(line, sizeof(line), "%s %s", ipcx_value_string(&v[0]),
		       ipcx_value_string(&v[1]));
	assert_string_equal(line, wanted);
	v[0] = v[1];
	memset(&v[1], 0, sizeof(v[1]));
	(void)snprintf(wanted, sizeof(wanted), "shm:%d", refs[1].id);
	assert_string_equal(ipcx_value_string(&v[0]), wanted);
	ipcx_table_free(t);
}

/* Copies of strings that are stored in the table: these names have the maximum length. */
static void test_copies_of_long_strings(void **state)
{
	struct ipcx *x = *state;
	char names[2][257];
	struct ipcx_value v[2];
	struct ipcx_table *t;

	for (size_t i = 0; i < 2; i++) {
		memset(names[i], 'a' + (int)i, sizeof(names[i]));
		names[i][0] = '/';
		names[i][256] = '\0';
		make_small(x, "pshm", names[i], NULL);
	}
	t = scan(x, "pshm");
	assert_int_equal(ipcx_table_rows(t), 2);
	for (size_t i = 0; i < 2; i++)
		v[i] = value_of(t, i, IPCX_F_NAME);
	assert_string_not_equal(ipcx_value_string(&v[0]), ipcx_value_string(&v[1]));
	for (size_t i = 0; i < 2; i++) {
		const char *name = ipcx_value_string(&v[i]);

		assert_non_null(name);
		assert_string_equal(name, names[!strcmp(name, names[1])]);
	}
	ipcx_table_free(t);
}

/* ---- kinds of failures */

static void test_failures(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_ns *ns = NULL;
	struct ipcx_ref ref;
	uint32_t key;

	assert_int_equal(ipcx_failure(NULL), IPCX_FAILURE_OTHER);
	assert_int_equal(ipcx_failure(x), IPCX_FAILURE_OTHER);
	assert_int_equal(ipcx_ref_parse(x, "shm:y", IPCX_NO_MECH, &ref), -EINVAL);
	assert_int_equal(ipcx_failure(x), IPCX_FAILURE_REQUEST);
	assert_int_equal(ipcx_ref_parse(x, "sem:99", IPCX_NO_MECH, &ref), 0);
	assert_fails(x, ipcx_contents(x, &ref, &t), -ENOENT, t, UNTOUCHED);
	assert_int_equal(ipcx_failure(x), IPCX_FAILURE_MISSING);
	assert_int_equal(ipcx_ns_open(x, "/no/such/file", &ns), -ENOENT);
	assert_null(ns);
	assert_int_equal(ipcx_failure(x), IPCX_FAILURE_MISSING);
	assert_int_equal(ipcx_key(x, "/etc/passwd/below", 1, &key), -ENOTDIR);
	assert_int_equal(ipcx_failure(x), IPCX_FAILURE_OTHER);
	assert_int_equal(ipcx_key(x, "/no/such/file", 1, &key), -ENOENT);
	assert_int_equal(ipcx_failure(x), IPCX_FAILURE_MISSING);
}

/* ---- hints */

static void test_hints(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs a = small("mq", "/h");
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_ref ref;
	const struct ipcx_hint *hint = ipcx_error_hint(x);

	assert_non_null(hint);
	assert_int_equal(hint->kind, IPCX_HINT_NONE);
	assert_string_equal(hint->subject, "");
	make(x, &a, NULL);
	assert_fails(x, ipcx_create(x, &a, 1, &t), -EEXIST, t, UNTOUCHED);
	assert_int_equal(ipcx_error_hint(x)->kind, IPCX_HINT_TAKE_EXISTING);
	/* A program that does what the hint says succeeds. */
	a.set |= IPCX_A_IF_MISSING;
	assert_int_equal(ipcx_create(x, &a, 1, &t), 0);
	ipcx_table_free(t);
	/* An error for which there is no advice has no hint. */
	assert_int_equal(ipcx_ref_parse(x, "nope", IPCX_NO_MECH, &ref), -EINVAL);
	assert_int_equal(ipcx_error_hint(x)->kind, IPCX_HINT_NONE);
	assert_int_equal(ipcx_error_hint(NULL)->kind, IPCX_HINT_NONE);
}

/* ---- versions */

static void test_versions(void **state)
{
	char text[32];

	(void)state;
	assert_true(IPCX_VERSION_NUMBER(1, 0, 0) > IPCX_VERSION_NUMBER(0, 99, 99));
	assert_true(IPCX_VERSION_NUMBER(0, 2, 0) > IPCX_VERSION_NUMBER(0, 1, 255));
	assert_int_equal(ipcx_version_number(),
			 IPCX_VERSION_NUMBER(IPCX_VERSION_MAJOR, IPCX_VERSION_MINOR,
					     IPCX_VERSION_PATCH));
	(void)snprintf(text, sizeof(text), "%d.%d.%d", IPCX_VERSION_MAJOR,
		       IPCX_VERSION_MINOR, IPCX_VERSION_PATCH);
	assert_string_equal(ipcx_version(), text);
	assert_string_equal(ipcx_version(), PROJECT_VERSION);
	assert_string_equal(ipcx_error(NULL), "");
}

/* ---- abilities of mechanisms */

static void test_abilities(void **state)
{
	static const struct {
		const char *mech;
		uint64_t can;
	} rows[] = {
		{ "shm", IPCX_CAN_ATTACH | IPCX_CAN_MEMORY | IPCX_CAN_TOTALS },
		{ "msg",
		  IPCX_CAN_QUEUE | IPCX_CAN_PICK | IPCX_CAN_PEEK | IPCX_CAN_TOTALS },
		{ "sem", IPCX_CAN_SEM_OP | IPCX_CAN_SEM_SET | IPCX_CAN_TOTALS },
		{ "mq", IPCX_CAN_ATTACH | IPCX_CAN_QUEUE | IPCX_CAN_NOTIFY },
		{ "pshm", IPCX_CAN_ATTACH | IPCX_CAN_MEMORY | IPCX_CAN_REACH },
		{ "psem", IPCX_CAN_ATTACH | IPCX_CAN_SEM_OP | IPCX_CAN_SEM_TAKE |
				  IPCX_CAN_REACH },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(ipcx_mech_can(mech_of(rows[i].mech)),
				 rows[i].can | IPCX_CAN_STRESS);
	assert_int_equal(ipcx_mech_can(IPCX_NO_MECH), 0);
	assert_int_equal(ipcx_mech_can(63), 0);
}

/* ---- sets of fields */

static void test_sets(void **state)
{
	struct ipcx_fieldset set = IPCX_FIELDSET(IPCX_F_MECH, IPCX_F_FOLLOWS), more;

	(void)state;
	assert_true(ipcx_fieldset_has(&set, IPCX_F_MECH));
	assert_true(ipcx_fieldset_has(&set, IPCX_F_FOLLOWS));
	assert_false(ipcx_fieldset_has(&set, IPCX_F_REF));
	assert_false(ipcx_fieldset_has(&set, IPCX_NO_FIELD));
	assert_false(ipcx_fieldset_has(&set, (enum ipcx_field)1000));
	more = IPCX_FIELDSET(IPCX_F_RATIO, (enum ipcx_field)254, IPCX_NO_FIELD);
	ipcx_fieldset_merge(&set, &more);
	assert_true(ipcx_fieldset_has(&set, IPCX_F_RATIO));
	assert_true(ipcx_fieldset_has(&set, (enum ipcx_field)254));
	assert_int_equal(set.bits[3] >> 63, 0);
	ipcx_fieldset_remove(&set, IPCX_F_MECH);
	ipcx_fieldset_remove(&set, IPCX_NO_FIELD);
	assert_false(ipcx_fieldset_has(&set, IPCX_F_MECH));
	assert_false(ipcx_fieldset_empty(&set));
	set = IPCX_FIELDSET(IPCX_NO_FIELD);
	assert_true(ipcx_fieldset_empty(&set));
}

/* A value of another type has no rows, and tells so without setting anything. */
static void test_rows_of_other_values(void **state)
{
	const struct ipcx_value values[] = { { .type = IPCX_TYPE_NONE },
					     { .type = IPCX_TYPE_UINT, .as.u = 7 } };
	size_t first = 77, n = 78;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_null(ipcx_value_rows(&values[i], &first, &n));
	assert_true(first == 77 && n == 78);
	assert_string_equal(ipcx_type_info(IPCX_TYPE_ROWS)->json, "array");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_text_of_each_type),
		TEST(test_invalid_value_has_no_text),
		TEST(test_order),
		TEST(test_copies),
		TEST(test_copies_of_long_strings),
		TEST(test_failures),
		TEST(test_hints),
		TEST(test_versions),
		TEST(test_abilities),
		TEST(test_sets),
		TEST(test_rows_of_other_values),
	};

	return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
