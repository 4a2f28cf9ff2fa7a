/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/timeout.c with a simulated clock: a wait ends at its deadline and not later,
 * however often it is interrupted. */
#include "base/timeout.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "base/util.h"
#include "unit.h"

#define MS INT64_C(1000000)

static int64_t clock_now, slept, longest;
static unsigned naps, interrupts;

int __wrap_clock_gettime(clockid_t id, struct timespec *ret_time);
int __wrap_clock_nanosleep(clockid_t id, int flags, const struct timespec *time,
			   struct timespec *rest);

int __wrap_clock_gettime(clockid_t id, struct timespec *ret_time)
{
	assert_int_equal(id, CLOCK_MONOTONIC);
	*ret_time = (struct timespec){ .tv_sec = clock_now / (1000 * MS),
				       .tv_nsec = clock_now % (1000 * MS) };
	return 0;
}

/* Interrupt every second sleep after half of its time, as many times as the test has
 * requested. */
int __wrap_clock_nanosleep(clockid_t id, int flags, const struct timespec *time,
			   struct timespec *rest)
{
	int64_t span = time->tv_sec * 1000 * MS + time->tv_nsec;
	bool broken = interrupts && ++naps % 2 == 0;

	(void)rest;
	assert_int_equal(id, CLOCK_MONOTONIC);
	assert_int_equal(flags, 0);
	assert_in_range(time->tv_nsec, 0, 1000 * MS - 1);
	span /= broken ? 2 : 1;
	interrupts -= broken;
	slept += span;
	clock_now += span;
	longest = longest > span ? longest : span;
	return broken ? EINTR : 0;
}

/* The names of these calls where long has 32 bits and time 64. */
int __wrap___clock_gettime64(clockid_t id, struct timespec *ret_time);
int __wrap___clock_nanosleep_time64(clockid_t id, int flags, const struct timespec *time,
				    struct timespec *rest);

int __wrap___clock_gettime64(clockid_t id, struct timespec *ret_time)
{
	return __wrap_clock_gettime(id, ret_time);
}

int __wrap___clock_nanosleep_time64(clockid_t id, int flags, const struct timespec *time,
				    struct timespec *rest)
{
	return __wrap_clock_nanosleep(id, flags, time, rest);
}

/* Return how long a wait of this span took. */
static int64_t wait_for(int64_t span, unsigned interrupted)
{
	struct ix_timeout p = { .span = span };
	int64_t began = clock_now;
	int r;

	slept = longest = 0;
	naps = 0;
	interrupts = interrupted;
	do {
		r = ix_timeout_sleep(&p);
		assert_true(r == 0 || r == -EINTR || r == -ETIMEDOUT);
		assert_true(clock_now - began <= span);
	} while (r != -ETIMEDOUT);
	assert_true(ix_timeout_left(&p) == 0);
	assert_true(slept == clock_now - began);
	return slept;
}

static void test_wait_ends_at_its_deadline(void **state)
{
	static const int64_t spans[] = { 1,         MS / 2,        MS, 3 * MS, 25 * MS,
					 1999 * MS, 61001 * MS + 1 };

	(void)state;
	clock_now = 5000 * MS;
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		for (unsigned n = 0; n < 4; n++)
			assert_true(wait_for(spans[i], n) == spans[i]);
}

/* Single sleeps are short, so that the condition is checked often. */
static void test_condition_is_polled_often(void **state)
{
	(void)state;
	(void)wait_for(1000 * MS, 0);
	assert_true(longest <= 10 * MS);
}

/* The first call sets the deadline; time that passes between two calls counts. */
static void test_time_between_calls_counts(void **state)
{
	struct ix_timeout p = { .span = 20 * MS };

	(void)state;
	assert_true(ix_timeout_left(&p) == 20 * MS);
	clock_now += 15 * MS;
	assert_true(ix_timeout_left(&p) == 5 * MS);
	slept = 0;
	while (ix_timeout_sleep(&p) == 0)
		;
	assert_true(slept == 5 * MS);
	clock_now += 100 * MS;
	assert_true(ix_timeout_left(&p) == 0 && ix_timeout_sleep(&p) == -ETIMEDOUT);
}

static void test_zero_and_infinite_timeouts(void **state)
{
	struct ix_timeout none = { .span = 0 }, ever = { .span = -1 },
			  most = { .span = INT64_MAX };

	(void)state;
	assert_int_equal(ix_timeout_sleep(&none), -ETIMEDOUT);
	assert_true(ix_timeout_left(&ever) == INT64_MAX);
	assert_true(ix_timeout_left(&most) > INT64_MAX / 2);
	clock_now += 1000000 * MS;
	assert_true(ix_timeout_sleep(&ever) == 0 && ix_timeout_sleep(&most) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait_ends_at_its_deadline),
		cmocka_unit_test(test_condition_is_polled_often),
		cmocka_unit_test(test_time_between_calls_counts),
		cmocka_unit_test(test_zero_and_infinite_timeouts),
	};

	return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
