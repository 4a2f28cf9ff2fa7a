/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/patience.c, by a clock of our own: a wait ends when its time is over, not later,
 * whatever interrupts it. */
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

/* Each second one is interrupted half way, while there are interrupts. */
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

/* How long a wait of so long took. */
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

static void ends_in_time(void **state)
{
	static const int64_t spans[] = { 1,         MS / 2,        MS, 3 * MS, 25 * MS,
					 1999 * MS, 61001 * MS + 1 };

	(void)state;
	clock_now = 5000 * MS;
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		for (unsigned n = 0; n < 4; n++)
			assert_true(wait_for(spans[i], n) == spans[i]);
}

/* Never long asleep: what is waited for is looked for again. */
static void looks_often(void **state)
{
	(void)state;
	(void)wait_for(1000 * MS, 0);
	assert_true(longest <= 10 * MS);
}

/* The first question sets the end, and what passes in between is counted. */
static void time_that_passes_counts(void **state)
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

static void no_time_and_all_the_time(void **state)
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
		cmocka_unit_test(ends_in_time),
		cmocka_unit_test(looks_often),
		cmocka_unit_test(time_that_passes_counts),
		cmocka_unit_test(no_time_and_all_the_time),
	};

	return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
