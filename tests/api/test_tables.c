/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a table says about its rows, about missing data and about failures. */
#include "api.h"

#include "child.h"

#define NOBODY 65534

static void make_one_of_each(struct ipcx *x, const char *name)
{
	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if (ipcx_mech_info(m)->create)
			make_small(x, ipcx_mech_info(m)->name, name, NULL);
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

/* ---- references of rows */

static void rows_are_found_again(struct ipcx *x, const struct ipcx_table *t)
{
	assert_int_equal(ipcx_table_rows(t), 6);
	for (size_t row = 0; row < 6; row++) {
		struct ipcx_ref ref, parsed;
		struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
		struct ipcx_table *again;
		char text[IPCX_REF_MAX];

		memset(&ref, 0x5a, sizeof(ref));
		assert_int_equal(ipcx_row_ref(t, row, &ref), 0);
		assert_int_equal(ref.mech, ipcx_row_mech(t, row));
		assert_true(ipcx_ref_format(&ref, text, sizeof(text)) > 0);
		assert_string_equal(text, string(t, row, IPCX_F_REF));
		assert_int_equal(ipcx_ref_parse(x, text, IPCX_NO_MECH, &parsed), 0);
		assert_memory_equal(&ref, &parsed, sizeof(ref));
		assert_int_equal(ipcx_scan(x, &q, &again), 0);
		assert_int_equal(ipcx_table_rows(again), 1);
		assert_int_equal(ipcx_row_mech(again, 0), ref.mech);
		assert_string_equal(string(again, 0, IPCX_F_REF), text);
		ipcx_table_free(again);
	}
}

static void test_references_of_rows(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs specs[6];
	struct ipcx_table *t;

	make_one_of_each(x, "/a b\x80");
	t = scan(x, "all");
	rows_are_found_again(x, t);
	ipcx_table_free(t);
	remove_all(x);
	/* The references in the table of ipcx_create() also find their objects. */
	for (unsigned m = 0; m < 6; m++)
		specs[m] = small(ipcx_mech_info(m)->name, "/made \xff");
	assert_int_equal(ipcx_create(x, specs, 6, &t), 0);
	rows_are_found_again(x, t);
	ipcx_table_free(t);
}

static void test_rows_without_a_reference(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *tables[3];
	struct ipcx_ref ref, before;

	memset(&ref, 0x5a, sizeof(ref));
	before = ref;
	make_small(x, "sem", NULL, NULL);
	tables[0] = scan(x, "sem");
	assert_int_equal(ipcx_row_ref(tables[0], 1, &ref), -EINVAL);
	assert_int_equal(ipcx_row_ref(tables[0], SIZE_MAX, &ref), -EINVAL);
	assert_int_equal(ipcx_limits(x, NULL, &tables[1]), 0);
	assert_int_equal(ipcx_totals(x, &tables[2]), 0);
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(ipcx_row_ref(tables[i], 0, &ref), -ENODATA);
	for (size_t i = 0; i < 3; i++)
		ipcx_table_free(tables[i]);
	assert_memory_equal(&ref, &before, sizeof(ref));
}

/* ---- fields of rows */

static void test_fields_of_rows(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_fieldset has;
	struct ipcx_fieldset unknown;
	struct ipcx_value v;
	struct ipcx_table *t;

	make_one_of_each(x, "/f");
	t = scan(x, "all");
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		has = ipcx_row_fields(t, row);
		unknown = ipcx_row_unknown(t, row);
		for (unsigned f = 0; f < ipcx_field_count(); f++) {
			enum ipcx_field field = (enum ipcx_field)f;

			assert_int_equal(ipcx_fieldset_has(&has, field),
					 ipcx_mech_has(ipcx_row_mech(t, row), field));
			assert_int_equal(ipcx_fieldset_has(&has, field),
					 ipcx_row_get(t, row, field, &v) == 0);
			if (ipcx_fieldset_has(&unknown, field))
				assert_true(ipcx_fieldset_has(&has, field) &&
					    v.type == IPCX_TYPE_NONE);
		}
		/* expensive fields that were not requested also exist, but their values
		 * are unknown */
		assert_true(ipcx_fieldset_has(&has, IPCX_F_NS));
		assert_int_equal(ipcx_row_get(t, row, IPCX_F_NS, &v), 0);
		assert_int_equal(v.type, IPCX_TYPE_NONE);
	}
	has = ipcx_row_fields(t, ipcx_table_rows(t));
	assert_true(ipcx_fieldset_empty(&has));
	ipcx_table_free(t);
}

/* A program that copies fields reported as unchanged prints the same as a program that
 * reads every field. */
static void test_changed_fields(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs a = small("sem", NULL);
	struct ipcx_fieldset changed;
	struct ipcx_table *t;
	unsigned same = 0;

	for (a.nsems = 1; a.nsems <= 4; a.nsems++)
		make(x, &a, NULL);
	make_small(x, "msg", NULL, NULL);
	t = scan(x, "all");
	assert_int_equal(ipcx_table_rows(t), 5);
	for (size_t row = 0; row < 5; row++) {
		changed = ipcx_row_changed(t, row);
		for (unsigned f = 0; f < ipcx_field_count(); f++) {
			struct ipcx_value now, before;

			if (ipcx_fieldset_has(&changed, (enum ipcx_field)f))
				continue;
			assert_true(row > 0);
			if (ipcx_row_get(t, row, (enum ipcx_field)f, &now) < 0)
				continue;
			assert_int_equal(
				ipcx_row_get(t, row - 1, (enum ipcx_field)f, &before), 0);
			assert_int_equal(ipcx_value_compare(&now, &before), 0);
			same++;
		}
		if (row > 1)
			assert_true(ipcx_fieldset_has(&changed, IPCX_F_NSEMS));
	}
	assert_true(same > 0);
	ipcx_table_free(t);
}

/* ---- missing data */

static void nothing_failed(const struct ipcx_table *t)
{
	size_t missing = 77;

	assert_true(ipcx_table_complete(t));
	assert_int_equal(ipcx_table_failures(t, &missing), 0);
	assert_int_equal(missing, 0);
}

static void test_missing_objects(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs mode = { .size = sizeof(mode),
				   .set = IPCX_A_MODE,
				   .mode = 0640 };
	struct ipcx_ref refs[3];
	struct ipcx_query q = { .size = sizeof(q), .refs = refs, .nrefs = 3 };
	struct ipcx_table *t;
	size_t missing;

	make_small(x, "pshm", "/m", &refs[0]);
	assert_int_equal(ipcx_ref_parse(x, "shm:2147483647", IPCX_NO_MECH, &refs[1]), 0);
	assert_int_equal(ipcx_ref_parse(x, "mq:/none", IPCX_NO_MECH, &refs[2]), 0);
	for (int what = 0; what < 3; what++) {
		int r = what == 0   ? ipcx_scan(x, &q, &t)
			: what == 1 ? ipcx_change(x, &q, &mode, &t)
				    : ipcx_remove(x, &q, &t);

		assert_int_equal(r, 0);
		assert_int_equal(ipcx_table_rows(t), 1);
		assert_true(ipcx_table_complete(
			t)); /* failures do not make the table incomplete */
		missing = 0;
		assert_int_equal(ipcx_table_failures(t, &missing), 2);
		assert_int_equal(missing, 2);
		assert_int_equal(ipcx_table_failures(t, NULL), 2);
		ipcx_table_free(t);
	}
}

static void test_slices_are_incomplete(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .max_rows = 2 };
	struct ipcx_attrs a = small("sem", NULL);
	struct ipcx_table *t;

	a.set |= IPCX_A_COUNT;
	a.count = 3;
	make(x, &a, NULL);
	q.mechs = IPCX_MECH_BIT(a.mech);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_false(ipcx_table_complete(t));
	assert_int_equal(ipcx_table_failures(t, NULL), 0);
	q.resume = ipcx_table_resume(t);
	ipcx_table_free(t);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	nothing_failed(t);
	ipcx_table_free(t);
}

/* Objects of root are visible to an unprivileged user, but not writable. */
static int as_nobody(struct ipcx *x, void *arg)
{
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_attrs mode = { .size = sizeof(mode),
				   .set = IPCX_A_MODE,
				   .mode = 0666 };
	const struct ipcx_note *note;
	struct ipcx_table *t;
	unsigned mq = mech_of("mq");
	size_t missing = 77;

	(void)arg;
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return SKIPPED;
	MUST(ipcx_mech_mask("all", &q.mechs) == 0);
	for (int what = 0; what < 2; what++) {
		uint64_t failed = 0;

		if (what == 0)
			MUST_BE(x, ipcx_change(x, &q, &mode, &t), 0);
		else
			MUST_BE(x, ipcx_remove(x, &q, &t), 0);
		MUST(ipcx_table_rows(t) == 0);
		MUST(!ipcx_table_complete(t));
		MUST(ipcx_table_failures(t, &missing) == 6 && missing == 0);
		for (size_t i = 0; (note = ipcx_table_note(t, i)); i++) {
			MUST(note->text[0]);
			/* Only root can find out which IPC namespace /dev/mqueue
			 * shows. */
			if (note->kind == IPCX_NOTE_INFO ||
			    (note->mech == mq && note->kind == IPCX_NOTE_INCOMPLETE))
				continue;
			failed |= IPCX_MECH_BIT(note->mech);
			/* If no mqueue file system is mounted, only root can list
			 * queues. */
			if (note->mech == mq && note->kind == IPCX_NOTE_UNAVAILABLE)
				continue;
			MUST(note->kind == IPCX_NOTE_FAILED && note->subject[0]);
			MUST(note->error == -EPERM || note->error == -EACCES);
		}
		MUST(failed == q.mechs);
		ipcx_table_free(t);
	}
	return 0;
}

/* Notes about unreadable namespaces are repeated on each scan, with their reason. */
static int lacks_each_time(struct ipcx *x, void *arg)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("shm")) };
	struct ipcx_table *t;
	struct ipcx_ns *ns;

	(void)arg;
	if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0)
		return SKIPPED;
	MUST_BE(x, ipcx_ns_open(x, "all", &ns), 0);
	ipcx_use(x, ns);
	for (int i = 0; i < 3; i++) {
		MUST_BE(x, ipcx_scan(x, &q, &t), 0);
		MUST(!ipcx_table_complete(t) && ipcx_table_note(t, 0));
		ipcx_table_free(t);
	}
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
	q.fields = IPCX_FIELDSET(IPCX_F_CONTAINER);
	for (int i = 0; i < 3; i++) {
		MUST_BE(x, ipcx_scan(x, &q, &t), 0);
		MUST(!ipcx_table_complete(t) && ipcx_table_note(t, 0) &&
		     !ipcx_table_note(t, 1));
		ipcx_table_free(t);
	}
	return 0;
}

static void test_incompleteness_is_reported_each_time(void **state)
{
	int r = in_child(lacks_each_time, NULL);

	(void)state;
	if (r == SKIPPED) {
		print_message("no other user here\n");
		skip();
	}
	assert_int_equal(r, 0);
}

static void test_failures_without_permission(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t;
	int r;

	make_one_of_each(x, "/r");
	r = in_child(as_nobody, NULL);
	if (r == SKIPPED) {
		print_message("no other user here\n");
		skip();
	}
	assert_int_equal(r, 0);
	t = scan(x, "all");
	assert_int_equal(ipcx_table_rows(t), 6);
	for (size_t row = 0; row < 6; row++)
		assert_int_equal(number(t, row, IPCX_F_MODE), 0600);
	ipcx_table_free(t);
	remove_all(x);
}

/* Notes belong to their table and stay valid after the context was freed. */
static void test_notes_outlive_their_context(void **state)
{
	struct ipcx *x = NULL;
	struct ipcx_ref ref;
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	const struct ipcx_note *note;
	struct ipcx_table *t;

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	assert_int_equal(ipcx_ref_parse(x, "psem:/none", IPCX_NO_MECH, &ref), 0);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	ipcx_free(x);
	note = ipcx_table_note(t, 0);
	assert_string_equal(note->subject, "psem:/none");
	assert_ptr_equal(ipcx_table_note(t, 0), note);
	ipcx_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_references_of_rows),
		TEST(test_rows_without_a_reference),
		TEST(test_fields_of_rows),
		TEST(test_changed_fields),
		TEST(test_missing_objects),
		TEST(test_slices_are_incomplete),
		TEST(test_failures_without_permission),
		TEST(test_incompleteness_is_reported_each_time),
		TEST(test_notes_outlive_their_context),
	};

	return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
