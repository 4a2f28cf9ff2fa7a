/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queries that by accident select too little or too much, and undoing the creation of
 * objects. */
#include "api.h"

static void make_one_of_each(struct ipcx *x, const char *name)
{
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if (ipcx_mech_info(m)->create)
			make_small(x, ipcx_mech_info(m)->name, name, NULL);
}

/* Check that all six objects still exist and are unchanged. */
static void untouched(struct ipcx *x)
{
	struct ipcx_table *t = scan(x, "all");

	assert_int_equal(ipcx_table_rows(t), 6);
	for (size_t row = 0; row < 6; row++)
		assert_int_equal(number(t, row, IPCX_F_MODE), 0600);
	ipcx_table_free(t);
}

static void refused(struct ipcx *x, const struct ipcx_query *q, const char *says)
{
	struct ipcx_attrs mode = { .size = sizeof(mode),
				   .set = IPCX_A_MODE,
				   .mode = 0644 };
	struct ipcx_table *t = UNTOUCHED;

	assert_fails(x, ipcx_remove(x, q, &t), -EINVAL, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), says));
	assert_fails(x, ipcx_change(x, q, &mode, &t), -EINVAL, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), says));
	untouched(x);
}

/* A query that listed everything, to which a program has added a reference. */
static void test_references_and_mechanisms_exclude_each_other(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ref ref;
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	struct ipcx_table *t = UNTOUCHED;

	make_one_of_each(x, "/t");
	t = scan(x, "shm");
	assert_int_equal(ipcx_row_ref(t, 0, &ref), 0);
	ipcx_table_free(t);
	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	refused(x, &q, "references");
	q.flags = IPCX_ALL | IPCX_DRY_RUN; /* makes no difference */
	refused(x, &q, "references");
	t = UNTOUCHED;
	assert_fails(x, ipcx_scan(x, &q, &t), -EINVAL, t, UNTOUCHED);
}

/* A query selects all objects of a mechanism only if the flag IPCX_ALL is set. */
static void test_no_condition_needs_an_explicit_flag(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_expr *where;
	struct ipcx_table *t;

	make_one_of_each(x, "/t");
	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	refused(x, &q, "IPCX_ALL");
	q.max_rows = 1;
	refused(x, &q, "IPCX_ALL");
	q.flags = IPCX_DRY_RUN;
	refused(x, &q, "IPCX_ALL");
	/* A query with a condition is accepted even if no object meets the condition. */
	q.flags = 0;
	assert_int_equal(ipcx_expr_parse(x, "mode == 0777", &where, NULL), 0);
	q.where = where;
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
	ipcx_expr_free(where);
	untouched(x);
	/* No mechanism and no reference: nothing is selected. */
	q = (struct ipcx_query){ .size = sizeof(q), .flags = IPCX_ALL };
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
	untouched(x);
	/* With the flag IPCX_ALL, everything is selected. */
	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	q.max_rows = 0;
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 6);
	ipcx_table_free(t);
}

static void test_snapshot_without_objects(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_table *wrong[2];

	make_one_of_each(x, "/t");
	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	assert_int_equal(ipcx_limits(x, NULL, &wrong[0]), 0);
	assert_int_equal(ipcx_totals(x, &wrong[1]), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		q.same = wrong[i];
		refused(x, &q, ipcx_table_kind(wrong[i]));
		ipcx_table_free(wrong[i]);
	}
}

/* A query restricted to the objects of an empty snapshot selects nothing. */
static void test_empty_snapshot(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_table *none = scan(x, "all"), *t;

	assert_int_equal(ipcx_table_rows(none), 0);
	make_one_of_each(x, "/t");
	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	q.same = none;
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
	ipcx_table_free(none);
	untouched(x);
}

/* ---- undoing a create */

static struct ipcx_table *roll_back(struct ipcx *x, const struct ipcx_table *made)
{
	struct ipcx_query q = { .size = sizeof(q), .same = made };
	struct ipcx_table *gone = NULL;

	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	if (ipcx_remove(x, &q, &gone) < 0)
		fail_msg("%s", ipcx_error(x));
	return gone;
}

static struct ipcx_table *make_six(struct ipcx *x, const char *name, uint64_t set)
{
	struct ipcx_attrs specs[6];
	struct ipcx_table *t = NULL;

	for (unsigned m = 0; m < 6; m++) {
		specs[m] = small(ipcx_mech_info(m)->name, name);
		specs[m].set |= set & ipcx_mech_info(m)->create;
		specs[m].key = 0x7ab + m;
		specs[m].count = 1;
	}
	if (ipcx_create(x, specs, 6, &t) < 0)
		fail_msg("%s", ipcx_error(x));
	return t;
}

static void test_undo(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *made, *gone;

	make_one_of_each(x, "/before");
	made = make_six(x, "/made", 0);
	make_one_of_each(x, "/after");
	assert_int_equal(count(x, "all"), 18);
	gone = roll_back(x, made);
	assert_int_equal(ipcx_table_rows(gone), 6);
	for (size_t row = 0; row < 6; row++)
		assert_string_equal(string(gone, row, IPCX_F_REF),
				    string(made, row, IPCX_F_REF));
	assert_int_equal(ipcx_table_failures(gone, NULL), 0);
	ipcx_table_free(gone);
	assert_int_equal(count(x, "all"), 12);
	/* Undoing the same creation again removes nothing. */
	gone = roll_back(x, made);
	assert_int_equal(ipcx_table_rows(gone), 0);
	ipcx_table_free(gone);
	assert_int_equal(count(x, "all"), 12);
	ipcx_table_free(made);
}

/* Undoing does not remove objects that existed before ipcx_create() was called. */
static void test_undo_leaves_existing_objects(void **state)
{
	struct ipcx *x = *state;
	const uint64_t how = IPCX_A_KEY | IPCX_A_IF_MISSING;
	struct ipcx_table *first = make_six(x, "/e", how), *second, *gone;
	struct ipcx_attrs more = small("pshm", "/more");

	second = make_six(x, "/e", how);
	for (size_t row = 0; row < 6; row++) {
		assert_int_equal(number(first, row, IPCX_F_EXISTED), 0);
		assert_int_equal(number(second, row, IPCX_F_EXISTED), 1);
	}
	gone = roll_back(x, second);
	assert_int_equal(ipcx_table_rows(gone), 0);
	assert_int_equal(ipcx_table_failures(gone, NULL), 0); /* no object is selected */
	ipcx_table_free(gone);
	ipcx_table_free(second);
	assert_int_equal(count(x, "all"), 6);
	make(x, &more, NULL);
	gone = roll_back(x, first);
	assert_int_equal(ipcx_table_rows(gone), 6);
	ipcx_table_free(gone);
	ipcx_table_free(first);
	assert_int_equal(count(x, "all"), 1);
}

/* The created objects were removed, and their names and keys now belong to other
 * objects. */
static void test_undo_leaves_foreign_objects(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *made = make_six(x, "/o", IPCX_A_KEY), *gone, *others;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	const struct ipcx_note *note;
	uint64_t left = 0;

	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	assert_int_equal(ipcx_remove(x, &q, &gone), 0);
	assert_int_equal(ipcx_table_rows(gone), 6);
	ipcx_table_free(gone);
	/* A file that is created after another was removed may get the same inode
	 * number. */
	make_small(x, "pshm", "/between", NULL);
	make_small(x, "psem", "/between", NULL);
	make_small(x, "mq", "/between", NULL);
	others = make_six(x, "/o", IPCX_A_KEY);
	gone = roll_back(x, made);
	assert_int_equal(ipcx_table_rows(gone), 0);
	for (size_t i = 0; (note = ipcx_table_note(gone, i)); i++) {
		assert_int_equal(note->kind, IPCX_NOTE_FAILED);
		left |= IPCX_MECH_BIT(note->mech);
	}
	/* A new object can have the old name, but not the old id. */
	for (unsigned m = 0; m < 6; m++)
		assert_true(!(left & IPCX_MECH_BIT(m)) || ipcx_mech_info(m)->named);
	ipcx_table_free(gone);
	assert_int_equal(count(x, "all"), 9);
	gone = roll_back(x, others);
	assert_int_equal(ipcx_table_rows(gone), 6);
	ipcx_table_free(gone);
	ipcx_table_free(others);
	ipcx_table_free(made);
	assert_int_equal(count(x, "all"), 3);
}

/* An object with the same id, but a different key. */
static void test_undo_leaves_an_object_with_a_reused_id(void **state)
{
	struct ipcx *x = *state;
	static const char *const mechs[] = { "shm", "msg", "sem" };

	for (size_t i = 0; i < ARRAY_SIZE(mechs); i++) {
		struct ipcx_attrs a = small(mechs[i], NULL);
		struct ipcx_ref ref;
		struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
		struct ipcx_table *made, *gone, *t = NULL;

		a.set |= IPCX_A_KEY;
		a.key = 0x111;
		assert_int_equal(ipcx_create(x, &a, 1, &made), 0);
		assert_int_equal(ipcx_row_ref(made, 0, &ref), 0);
		assert_int_equal(ipcx_remove(x, &q, &gone), 0);
		ipcx_table_free(gone);
		a.set |= IPCX_A_ID;
		a.id = ref.id;
		a.key = 0x222;
		if (ipcx_create(x, &a, 1, &t) < 0) {
			print_message("ids cannot be chosen here: %s\n", ipcx_error(x));
			ipcx_table_free(made);
			skip();
		}
		ipcx_table_free(t);
		gone = roll_back(x, made);
		assert_int_equal(ipcx_table_rows(gone), 0);
		assert_int_equal(ipcx_table_failures(gone, NULL), 1);
		ipcx_table_free(gone);
		ipcx_table_free(made);
		assert_int_equal(count(x, mechs[i]), 1);
	}
}

/* ---- unknown bits are reported */

static void test_unknown_attributes(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs a = small("shm", NULL);
	struct ipcx_ref ref;
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	struct ipcx_table *t = UNTOUCHED;

	make(x, &a, &ref);
	a.set |= UINT64_C(1) << 63;
	assert_fails(x, ipcx_create(x, &a, 1, &t), -EINVAL, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "63"));
	assert_non_null(strstr(ipcx_error(x), ipcx_version()));
	a.set = IPCX_A_MODE | UINT64_C(1) << 40 | UINT64_C(1) << 41;
	a.mode = 0644;
	assert_fails(x, ipcx_change(x, &q, &a, &t), -EINVAL, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "40"));
	assert_non_null(strstr(ipcx_error(x), "41"));
	t = scan(x, "shm");
	assert_int_equal(number(t, 0, IPCX_F_MODE), 0600);
	ipcx_table_free(t);
}

static void test_unknown_flags(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_ns *ns = NULL;

	assert_fails(x, ipcx_namespaces(x, 1U << 31, &t), -EINVAL, t, UNTOUCHED);
	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	assert_fails(x, ipcx_ns_enter(x, ns, 1U << 31), -EINVAL, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "flag"));
	assert_fails(x, ipcx_ns_unpin(x, "name", 1U << 31), -EINVAL, t, UNTOUCHED);
	ipcx_ns_free(ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_references_and_mechanisms_exclude_each_other),
		TEST(test_no_condition_needs_an_explicit_flag),
		TEST(test_snapshot_without_objects),
		TEST(test_empty_snapshot),
		TEST(test_undo),
		TEST(test_undo_leaves_existing_objects),
		TEST(test_undo_leaves_foreign_objects),
		TEST(test_undo_leaves_an_object_with_a_reused_id),
		TEST(test_unknown_attributes),
		TEST(test_unknown_flags),
	};

	return cmocka_run_group_tests_name("traps", tests, NULL, NULL);
}
