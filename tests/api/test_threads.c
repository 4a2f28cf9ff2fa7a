/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many threads read the same table and the same condition while other threads each work
 * in their own context. If the compiler supports ThreadSanitizer, this test and the
 * library are also built with it.
 */
#include "api.h"

#include <pthread.h>

#define THREADS 6
#define ROUNDS  40

struct shared {
	const struct ipcx_table *t;
	const struct ipcx_expr *where;
	uint64_t digest; /* the digest computed by a single thread */
};

static uint64_t mix(uint64_t digest, uint64_t n)
{
	return (digest ^ n) * UINT64_C(0x100000001b3);
}

static uint64_t digest_value(uint64_t digest, const struct ipcx_value *v)
{
	digest = mix(digest, (uint64_t)v->type);
	if (v->type == IPCX_TYPE_STRING)
		for (const char *p = ipcx_value_string(v); *p; p++)
			digest = mix(digest, (unsigned char)*p);
	else if (v->type != IPCX_TYPE_NONE)
		digest = mix(digest, v->as.u);
	return digest;
}

/* Return a digest of everything that can be read from a table. */
static uint64_t digest_table(const struct ipcx_table *t, const struct ipcx_expr *where)
{
	uint64_t digest = mix(0, ipcx_table_rows(t));
	const struct ipcx_note *note;

	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		digest = mix(digest, ipcx_row_mech(t, row));
		digest = mix(digest, (uint64_t)ipcx_expr_match(where, t, row));
		for (unsigned f = 0; f < ipcx_field_count(); f++) {
			struct ipcx_value v;

			if (ipcx_row_get(t, row, (enum ipcx_field)f, &v) == 0)
				digest = digest_value(digest, &v);
		}
	}
	for (size_t i = 0; (note = ipcx_table_note(t, i)); i++)
		digest = mix(digest, strlen(note->text));
	return digest;
}

/* Return what was wrong as a pointer for pthread_join(3); NULL if nothing was wrong. */
static void *answer(const char *wrong)
{
	return (void *)(uintptr_t)wrong;
}

static void *read_shared(void *data)
{
	const struct shared *s = data;

	for (int i = 0; i < ROUNDS; i++)
		if (digest_table(s->t, s->where) != s->digest)
			return answer("a table was read differently");
	return NULL;
}

static const char *make_and_remove(struct ipcx *x)
{
	struct ipcx_attrs a = { .size = sizeof(a), .set = IPCX_A_SIZE, .bytes = 4096 };
	struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
	struct ipcx_table *t, *gone;
	struct ipcx_value v;
	struct ipcx_ref ref;
	const char *wrong = NULL;

	if (ipcx_mech_by_name("shm", (size_t)-1, &a.mech) < 0 ||
	    ipcx_create(x, &a, 1, &t) < 0)
		return "nothing could be made";
	q.refs = &ref;
	if (ipcx_row_get(t, 0, IPCX_F_REF, &v) < 0 ||
	    ipcx_ref_parse(x, ipcx_value_string(&v), IPCX_NO_MECH, &ref) < 0 ||
	    ipcx_remove(x, &q, &gone) < 0)
		wrong = "what was made could not be removed";
	else if (ipcx_table_rows(gone) != 1)
		wrong = "what was made was not there";
	if (!wrong)
		ipcx_table_free(gone);
	ipcx_table_free(t);
	return wrong;
}

static const char *look(struct ipcx *x)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_expr *e = NULL;
	struct ipcx_table *t = NULL;
	const char *wrong = NULL;

	if (ipcx_mech_mask("all", &q.mechs) < 0 ||
	    ipcx_expr_parse(x, "age < 1d && ref =~ 'shm*'", &e, NULL) < 0)
		return "a condition was not understood";
	q.where = e;
	if (ipcx_scan(x, &q, &t) < 0)
		wrong = "a scan failed";
	ipcx_table_free(t);
	t = NULL;
	if (ipcx_limits(x, NULL, &t) < 0)
		wrong = "limits could not be read";
	ipcx_table_free(t);
	ipcx_expr_free(e);
	return wrong;
}

/* The work of one thread in its own context: scans, limits, conditions, errors, creating
 * and removing. */
static void *work_alone(void *data)
{
	struct ipcx *x = NULL;
	struct ipcx_ref ref;
	const char *wrong = NULL;

	(void)data;
	if (ipcx_new(&x) < 0)
		return answer("no context");
	for (int i = 0; i < ROUNDS / 4 && !wrong; i++) {
		if (ipcx_ref_parse(x, "nope:1", IPCX_NO_MECH, &ref) != -EINVAL ||
		    !strstr(ipcx_error(x), "nope"))
			wrong = "the text of an error is another thread's";
		if (!wrong)
			wrong = look(x);
		if (!wrong)
			wrong = make_and_remove(x);
	}
	ipcx_free(x);
	return answer(wrong);
}

static void test_threads(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_expr *where = NULL;
	struct ipcx_table *t = NULL;
	pthread_t readers[THREADS], workers[THREADS];
	struct ipcx_attrs a = small("sem", NULL);
	struct shared s;

	a.set |= IPCX_A_COUNT;
	a.count = 20;
	make(x, &a, NULL);
	make_small(x, "pshm", "/a \x80", NULL);
	assert_int_equal(ipcx_mech_mask("all", &q.mechs), 0);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_int_equal(ipcx_expr_parse(x, "nsems == 2 || name =~ '/a*'", &where, NULL),
			 0);
	s = (struct shared){ .t = t, .where = where };
	s.digest = digest_table(t, where);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&readers[i], NULL, read_shared, &s), 0);
		assert_int_equal(pthread_create(&workers[i], NULL, work_alone, NULL), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *read = NULL, *worked = NULL;

		assert_int_equal(pthread_join(readers[i], &read), 0);
		assert_int_equal(pthread_join(workers[i], &worked), 0);
		if (read || worked)
			fail_msg("%s", (const char *)(read ? read : worked));
	}
	ipcx_expr_free(where);
	ipcx_table_free(t);
	assert_int_equal(count(x, "shm"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_threads) };

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
