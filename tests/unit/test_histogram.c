/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stress/histogram.c, stress/random.c: percentiles are within their error bound, one
 * operation in N is timed, and the same seed yields the same random numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "stress/engine/histogram.h"
#include "stress/engine/random.h"
#include "unit.h"

static struct ix_histogram *fresh(void)
{
	struct ix_histogram *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	return a;
}

/* Check that a percentile is within 1/32 of the true value, whatever its size. */
static void near(uint64_t got, uint64_t want)
{
	uint64_t off = got > want ? got - want : want - got;

	if (off > want / 32)
		fail_msg("%llu instead of %llu", (unsigned long long)got,
			 (unsigned long long)want);
}

static void test_sizes_within_error_bound(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns < UINT64_C(1) << 39; ns = ns * 3 / 2 + 1) {
		struct ix_histogram *a = fresh();

		ix_histogram_sample(a, ns, 0);
		near(ix_histogram_permille(a, 500), ns);
		assert_true(ix_histogram_permille(a, 500) <= a->max && a->max == ns);
		free(a);
	}
}

static void test_value_beyond_the_last_bucket(void **state)
{
	struct ix_histogram *a = fresh();

	(void)state;
	ix_histogram_sample(a, UINT64_MAX / 2, 0);
	ix_histogram_sample(a, 0, 0);
	assert_true(a->max == UINT64_MAX / 2);
	assert_true(ix_histogram_permille(a, 500) == 0);
	assert_true(ix_histogram_permille(a, 1000) > UINT64_C(1) << 39);
	free(a);
}

static void test_empty_histogram(void **state)
{
	struct ix_histogram *a = fresh();

	(void)state;
	assert_true(ix_histogram_permille(a, 500) == 0);
	assert_true(ix_histogram_permille(a, 999) == 0);
	free(a);
}

/* The values 1 to 10,000 us, each of them once. */
static void test_percentiles(void **state)
{
	struct ix_histogram *a = fresh(), *b = fresh(), *sum = fresh();

	(void)state;
	for (uint64_t i = 1; i <= 10000; i++)
		ix_histogram_sample(i % 2 ? a : b, i * 1000, 0);
	ix_histogram_add(sum, a);
	ix_histogram_add(sum, b);
	assert_true(sum->samples == 10000 && sum->max == 10000000);
	assert_true(sum->nanos == UINT64_C(50005000) * 1000);
	near(ix_histogram_permille(sum, 500), 5000000);
	near(ix_histogram_permille(sum, 900), 9000000);
	near(ix_histogram_permille(sum, 990), 9900000);
	near(ix_histogram_permille(sum, 999), 9990000);
	free(a);
	free(b);
	free(sum);
}

/* A percentile is the value at the nearest rank, rounded up: of ten values, permille 999
 * is the tenth value; of two values, the median is the first. */
static void test_nearest_rank_rounds_up(void **state)
{
	static const struct {
		unsigned samples, permille, want;
	} cases[] = { { 1, 1, 1 },     { 1, 500, 1 },    { 1, 1000, 1 }, { 2, 500, 1 },
		      { 2, 501, 2 },   { 3, 500, 2 },    { 10, 100, 1 }, { 10, 101, 2 },
		      { 10, 500, 5 },  { 10, 501, 6 },   { 10, 900, 9 }, { 10, 990, 10 },
		      { 10, 999, 10 }, { 10, 1000, 10 }, { 10, 1, 1 },   { 8, 990, 8 },
		      { 20, 950, 19 }, { 20, 951, 20 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ix_histogram *a = fresh();

		print_message("# %zu\n", i);
		for (unsigned ns = 1; ns <= cases[i].samples; ns++)
			ix_histogram_sample(a, ns, 0);
		assert_int_equal(ix_histogram_permille(a, cases[i].permille),
				 cases[i].want);
		free(a);
	}
}

/* Of short operations only some are timed, so that reading the clock costs one percent;
 * long operations are always timed. */
static void test_short_operations_are_sampled(void **state)
{
	static const struct {
		uint64_t ns, least, most; /* how many of 100,000 are timed */
	} cases[] = { { 100, 1750, 2750 },
		      { 1000, 15000, 25000 },
		      { 10000, 99000, 100000 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ix_histogram *a = fresh();

		for (int n = 0; n < 100000; n++)
			if (a->left)
				a->left--;
			else
				ix_histogram_sample(a, cases[i].ns, 25);
		if (a->samples < cases[i].least || a->samples > cases[i].most)
			fail_msg("%llu of 100,000 of %llu ns are timed",
				 (unsigned long long)a->samples,
				 (unsigned long long)cases[i].ns);
		free(a);
	}
}

static void test_errors_add_up(void **state)
{
	struct ix_histogram *a = fresh(), *b = fresh();

	(void)state;
	a->errors[28] = 2;
	b->errors[28] = 3;
	b->errors[IX_ERRNOS - 1] = 1;
	b->ops = 7;
	ix_histogram_add(a, b);
	assert_int_equal(a->errors[28], 5);
	assert_int_equal(a->errors[IX_ERRNOS - 1], 1);
	assert_true(a->ops == 7);
	free(a);
	free(b);
}

static void test_same_seed_gives_same_numbers(void **state)
{
	struct ix_random a = { 42 }, b = { 42 }, c = { 43 };
	unsigned seen[10] = { 0 }, other = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t n = ix_random(&a);

		assert_true(n == ix_random(&b));
		other += n != ix_random(&c);
		seen[ix_random_below(&c, 10)]++;
	}
	assert_true(other == 10000);
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		assert_in_range(seen[i], 850, 1150);
	assert_true(ix_random_below(&a, 0) == 0 && ix_random_below(&a, 1) == 0);
	assert_true(ix_mix(1, 2) == ix_mix(1, 2) && ix_mix(1, 2) != ix_mix(2, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_within_error_bound),
		cmocka_unit_test(test_value_beyond_the_last_bucket),
		cmocka_unit_test(test_empty_histogram),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_nearest_rank_rounds_up),
		cmocka_unit_test(test_short_operations_are_sampled),
		cmocka_unit_test(test_errors_add_up),
		cmocka_unit_test(test_same_seed_gives_same_numbers),
	};

	return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}
