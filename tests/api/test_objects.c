/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slices, dry runs, the check that an object is still the one listed, and creating either
 * all objects or none. */
#include "api.h"

#include <sys/shm.h>
#include <unistd.h>

/* Append the reference of every row of t to list. */
static size_t append(const struct ipcx_table *t, char list[][64], size_t n, size_t most)
{
	for (size_t row = 0; row < ipcx_table_rows(t); row++, n++) {
		assert_true(n < most);
		(void)snprintf(list[n], sizeof(list[n]), "%s",
			       string(t, row, IPCX_F_REF));
	}
	return n;
}

#define MOST 64

static void slices(struct ipcx *x, uint64_t mechs, uint64_t max_rows,
		   const struct ipcx_expr *where)
{
	struct ipcx_query q = { .size = sizeof(q), .mechs = mechs, .where = where };
	char whole[MOST][64], parts[MOST][64];
	struct ipcx_table *t;
	size_t n, m = 0;

	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	n = append(t, whole, 0, MOST);
	ipcx_table_free(t);
	q.max_rows = max_rows;
	do {
		assert_int_equal(ipcx_scan(x, &q, &t), 0);
		m = append(t, parts, m, MOST);
		assert_true(ipcx_table_resume(t) == 0 || ipcx_table_resume(t) > q.resume);
		q.resume = ipcx_table_resume(t);
		ipcx_table_free(t);
	} while (q.resume);
	assert_int_equal(m, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(parts[i], whole[i]);
}

/* Consecutive slices together are the whole list: each row once, and in order. */
static void test_slices_make_up_the_whole(void **state)
{
	static const struct {
		const char *mech;
		uint64_t count;
	} made[] = { { "shm", 11 }, { "msg", 7 }, { "sem", 3 } };
	struct ipcx *x = *state;
	struct ipcx_expr *where = NULL;
	uint64_t all = 0;

	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		struct ipcx_attrs a = small(made[i].mech, NULL);

		a.set |= IPCX_A_COUNT;
		a.count = made[i].count;
		make(x, &a, NULL);
	}
	for (int i = 0; i < 9; i++) {
		char name[] = { '/', (char)('a' + i), '\0' };

		make_small(x, "pshm", name, NULL);
		make_small(x, "psem", name, NULL);
	}
	assert_int_equal(ipcx_expr_parse(x, "mech == shm || mech == psem", &where, NULL),
			 0);
	assert_int_equal(ipcx_mech_mask("all", &all), 0);
	for (uint64_t max = 1; max < 13; max++) {
		slices(x, all, max, NULL);
		slices(x, all, max, where);
		slices(x, IPCX_MECH_BIT(mech_of("msg")), max, NULL);
	}
	ipcx_expr_free(where);
}

static void test_dry_run(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_DRY_RUN | IPCX_ALL };
	struct ipcx_table *t;

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if (ipcx_mech_info(m)->create)
			make_small(x, ipcx_mech_info(m)->name, "/x", NULL);
	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	for (int again = 0; again < 2; again++) {
		assert_int_equal(ipcx_remove(x, &q, &t), 0);
		assert_int_equal(ipcx_table_rows(t), 6);
		ipcx_table_free(t);
	}
	assert_int_equal(count(x, "all"), 6);
	q.flags = IPCX_ALL;
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 6);
	assert_int_equal(number(t, 0, IPCX_F_SIZE), 4096); /* unchanged */
	ipcx_table_free(t);
	assert_int_equal(count(x, "all"), 0);
}

/* Remove the objects of a snapshot; return how many were removed, and store in *ret_left
 * how many were skipped. */
static size_t remove_same(struct ipcx *x, const struct ipcx_table *same, uint64_t mechs,
			  size_t *ret_left)
{
	struct ipcx_query q = { .size = sizeof(q), .mechs = mechs, .same = same };
	struct ipcx_table *t;
	const struct ipcx_note *note;
	size_t rows;

	*ret_left = 0;
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	for (size_t i = 0; (note = ipcx_table_note(t, i)); i++)
		*ret_left += note->kind == IPCX_NOTE_FAILED;
	rows = ipcx_table_rows(t);
	ipcx_table_free(t);
	return rows;
}

static void remove_one(struct ipcx *x, const struct ipcx_ref *ref)
{
	struct ipcx_query q = { .size = sizeof(q), .refs = ref, .nrefs = 1 };
	struct ipcx_table *t;

	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	ipcx_table_free(t);
}

/* An object that took over a listed name is skipped, and so is an object with a new
 * name. */
static void test_reused_name_is_skipped(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs a = small("pshm", "/a"), b = small("pshm", "/b"),
			  c = small("pshm", "/c");
	struct ipcx_table *before, *now;
	struct ipcx_ref ref;
	size_t left;

	make(x, &a, &ref);
	make(x, &b, NULL);
	before = scan(x, "pshm");
	remove_one(x, &ref);
	a.set |= IPCX_A_MODE;
	a.mode = 0640;
	make(x, &a, NULL);
	make(x, &c, NULL);
	assert_int_equal(remove_same(x, before, IPCX_MECH_BIT(a.mech), &left), 1);
	assert_int_equal(left, 1);
	now = scan(x, "pshm");
	assert_int_equal(ipcx_table_rows(now), 2); /* /a and /c */
	for (size_t i = 0; i < 2; i++)
		assert_string_not_equal(string(now, i, IPCX_F_NAME), "/b");
	ipcx_table_free(now);
	ipcx_table_free(before);
}

/* An object with the same id but a different key is a different object. */
static void test_reused_id_is_skipped(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs a = small("shm", NULL);
	struct ipcx_table *before, *t = NULL;
	struct ipcx_ref ref;
	size_t left;

	make(x, &a, &ref);
	before = scan(x, "shm");
	remove_one(x, &ref);
	a.set |= IPCX_A_ID | IPCX_A_KEY;
	a.id = ref.id;
	a.key = 0x4d2;
	if (ipcx_create(x, &a, 1, &t) < 0) {
		print_message("ids cannot be chosen here: %s\n", ipcx_error(x));
		ipcx_table_free(before);
		skip();
	}
	ipcx_table_free(t);
	assert_int_equal(remove_same(x, before, IPCX_MECH_BIT(a.mech), &left), 0);
	assert_int_equal(left, 1);
	ipcx_table_free(before);
	before = scan(x, "shm");
	assert_int_equal(ipcx_table_rows(before), 1);
	assert_int_equal(number(before, 0, IPCX_F_KEY), 0x4d2);
	assert_int_equal(remove_same(x, before, IPCX_MECH_BIT(a.mech), &left), 1);
	assert_int_equal(left, 0);
	ipcx_table_free(before);
}

/* An object in use is still the same, although attaching changes times and counters. */
static void test_object_in_use_is_removed(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *before;
	struct ipcx_ref ref;
	void *at;
	size_t left;

	make_small(x, "shm", NULL, &ref);
	before = scan(x, "shm");
	at = shmat(ref.id, NULL, 0);
	assert_true(at != (void *)-1);
	assert_int_equal(shmdt(at), 0);
	assert_int_equal(remove_same(x, before, IPCX_MECH_BIT(ref.mech), &left), 1);
	assert_int_equal(left, 0);
	ipcx_table_free(before);
}

/* Creating the third object fails: the first two are removed again, but objects that
 * existed before stay. */
static void test_create_all_or_nothing(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs taken = small("mq", "/taken");
	struct ipcx_attrs specs[] = { small("shm", NULL), small("pshm", "/a"),
				      small("sem", NULL), taken, small("psem", "/b") };
	struct ipcx_table *t = UNTOUCHED;

	make(x, &taken, NULL);
	specs[0].set |= IPCX_A_COUNT;
	specs[0].count = 5;
	assert_fails(x, ipcx_create(x, specs, ARRAY_SIZE(specs), &t), -EEXIST, t,
		     UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "mq:/taken"));
	assert_int_equal(count(x, "all"), 1);
	assert_int_equal(count(x, "mq"), 1);
	specs[3].set |= IPCX_A_IF_MISSING;
	assert_int_equal(ipcx_create(x, specs, ARRAY_SIZE(specs), &t), 0);
	assert_int_equal(ipcx_table_rows(t), 9);
	for (size_t row = 0; row < 9; row++)
		assert_int_equal(number(t, row, IPCX_F_EXISTED), row == 7);
	assert_string_equal(string(t, 7, IPCX_F_REF), "mq:/taken");
	ipcx_table_free(t);
	assert_int_equal(count(x, "all"), 9);
}

/* An object that existed before is not removed when another object cannot be created. */
static void test_existing_objects_survive_a_failed_create(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs old = small("pshm", "/old"), in_the_way = small("mq", "/old");
	struct ipcx_attrs specs[2] = { old, in_the_way };
	struct ipcx_table *t = UNTOUCHED;

	make(x, &old, NULL);
	make(x, &in_the_way, NULL);
	specs[0].set |= IPCX_A_IF_MISSING;
	assert_fails(x, ipcx_create(x, specs, 2, &t), -EEXIST, t, UNTOUCHED);
	assert_int_equal(count(x, "pshm"), 1);
}

static void test_change_returns_the_new_values(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs a = { .size = sizeof(a), .set = IPCX_A_MODE, .mode = 0640 };
	struct ipcx_ref refs[2];
	struct ipcx_query q = { .size = sizeof(q), .refs = refs, .nrefs = 2 };
	struct ipcx_table *t;
	const struct ipcx_note *note;

	make_small(x, "psem", "/a", &refs[0]);
	refs[1] = refs[0];
	refs[1].name[1] = 'z';
	assert_int_equal(ipcx_change(x, &q, &a, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(number(t, 0, IPCX_F_MODE), 0640);
	note = ipcx_table_note(t, 0);
	assert_non_null(note);
	assert_int_equal(note->kind, IPCX_NOTE_MISSING);
	assert_string_equal(note->subject, "psem:/z");
	assert_int_equal(note->error, -ENOENT);
	assert_null(ipcx_table_note(t, 1));
	ipcx_table_free(t);
}

/* Return the row of a mechanism among the totals. */
static size_t row_of(const struct ipcx_table *t, const char *mech)
{
	for (size_t row = 0; row < ipcx_table_rows(t); row++)
		if (ipcx_row_mech(t, row) == mech_of(mech))
			return row;
	fail_msg("no totals of %s", mech);
	return 0;
}

/* The kernel's totals match the created objects: the pages of segments and the semaphores
 * of arrays. */
static void test_totals_count_all(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs shm = small("shm", NULL), sem = small("sem", NULL);
	struct ipcx_value v;
	struct ipcx_ns *ns;
	struct ipcx_table *t;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	shm.bytes = page + 1;
	sem.nsems = 5;
	make(x, &shm, NULL);
	make(x, &sem, NULL);
	make_small(x, "sem", NULL, NULL);
	make_small(x, "msg", NULL, NULL);
	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	for (int there = 0; there < 2; there++) {
		ipcx_use(x, there ? ns : NULL);
		assert_int_equal(ipcx_totals(x, &t), 0);
		assert_int_equal(ipcx_table_rows(t), 3);
		assert_int_equal(number(t, row_of(t, "shm"), IPCX_F_OBJECTS), 1);
		assert_int_equal(number(t, row_of(t, "shm"), IPCX_F_ALLOCATED), 2 * page);
		assert_int_equal(number(t, row_of(t, "shm"), IPCX_F_RSS), 0);
		assert_int_equal(number(t, row_of(t, "msg"), IPCX_F_OBJECTS), 1);
		assert_int_equal(number(t, row_of(t, "msg"), IPCX_F_QNUM), 0);
		assert_int_equal(number(t, row_of(t, "sem"), IPCX_F_OBJECTS), 2);
		assert_int_equal(number(t, row_of(t, "sem"), IPCX_F_NSEMS), 7);
		assert_int_equal(ipcx_row_get(t, row_of(t, "sem"), IPCX_F_ALLOCATED, &v),
				 -ENODATA);
		ipcx_table_free(t);
	}
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);
}

static void test_values_of_limits_have_no_share(void **state)
{
	static const char *const names[] = { "shmmni", "semvmx", NULL };
	struct ipcx *x = *state;
	struct ipcx_value v;
	struct ipcx_table *t;

	make_small(x, "shm", NULL, NULL);
	assert_int_equal(ipcx_limit_values(x, names, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	assert_true(number(t, 0, IPCX_F_LIMIT) > 0);
	assert_int_equal(number(t, 1, IPCX_F_LIMIT), 32767);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_USED, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_NONE);
	ipcx_table_free(t);
	assert_int_equal(ipcx_limits(x, names, &t), 0);
	assert_int_equal(number(t, 0, IPCX_F_USED), 1);
	ipcx_table_free(t);
}

/* Return the age of the only segment; store its ctime in *ret_ctime. */
static uint64_t age_of(struct ipcx *x, int64_t *ret_ctime)
{
	struct ipcx_query q = { .size = sizeof(q),
				.mechs = IPCX_MECH_BIT(mech_of("shm")) };
	struct ipcx_value ctime, age;
	struct ipcx_table *t;

	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_CTIME, &ctime), 0);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_AGE, &age), 0);
	assert_int_equal(age.type, IPCX_TYPE_UINT);
	assert_true(ipcx_table_complete(t));
	ipcx_table_free(t);
	*ret_ctime = ctime.as.i;
	return age.as.u;
}

/* Ages are computed for the time that the program has set; an object created after that
 * time has age 0. */
static void test_ages_use_the_set_time(void **state)
{
	struct ipcx *x = *state;
	int64_t ctime = 0;
	uint64_t age;

	make_small(x, "shm", NULL, NULL);
	(void)age_of(x, &ctime);
	ipcx_clock(x, ctime + 123456);
	assert_int_equal(age_of(x, &ctime), 123456);
	ipcx_clock(x, ctime - 123456);
	assert_int_equal(age_of(x, &ctime), 0);
	ipcx_clock(x, 0);
	age = age_of(x, &ctime);
	assert_true(age < 1000);
	ipcx_clock(NULL, 5);
}

/* A condition that no object of the selected mechanisms can meet is detected in advance,
 * and nothing is removed. */
static void test_impossible_condition_removes_nothing(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_fieldset lacking;
	struct ipcx_expr *e = NULL;
	struct ipcx_table *t = NULL;

	make_small(x, "shm", NULL, NULL);
	make_small(x, "msg", NULL, NULL);
	assert_int_equal(ipcx_expr_parse(x, "nattch == 0", &e, NULL), 0);
	assert_int_equal(ipcx_expr_possible(e, mech_of("shm"), &lacking), 1);
	assert_true(ipcx_fieldset_empty(&lacking));
	assert_int_equal(ipcx_expr_possible(e, mech_of("msg"), &lacking), 0);
	assert_true(ipcx_fieldset_has(&lacking, IPCX_F_NATTCH));
	q.where = e;
	q.mechs = IPCX_MECH_BIT(mech_of("msg")) | IPCX_MECH_BIT(mech_of("sem"));
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
	q.mechs |= IPCX_MECH_BIT(mech_of("shm"));
	assert_int_equal(ipcx_remove(x, &q, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	ipcx_table_free(t);
	assert_int_equal(count(x, "all"), 1);
	ipcx_expr_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_slices_make_up_the_whole),
		TEST(test_dry_run),
		TEST(test_reused_name_is_skipped),
		TEST(test_reused_id_is_skipped),
		TEST(test_object_in_use_is_removed),
		TEST(test_create_all_or_nothing),
		TEST(test_existing_objects_survive_a_failed_create),
		TEST(test_change_returns_the_new_values),
		TEST(test_totals_count_all),
		TEST(test_values_of_limits_have_no_share),
		TEST(test_ages_use_the_set_time),
		TEST(test_impossible_condition_removes_nothing),
	};

	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
