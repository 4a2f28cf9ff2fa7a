/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc/rlimits.c: /proc/PID/limits as the kernel writes it, and malformed. */
#include "proc/rlimits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/util.h"
#include "unit.h"

static char text[8192];
static size_t length;

static int rlimits_setup(void **state)
{
	int fd = open("/proc/self/limits", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	(void)state;
	if (fd >= 0)
		(void)close(fd);
	length = n < 0 ? 0 : (size_t)n;
	return n <= 0;
}

static void all_limits_are_those_of_getrlimit(void **state)
{
	struct ix_rlimit all[IX_RLIMITS];

	(void)state;
	assert_int_equal(ix_rlimits_parse(text, length, all), 0);
	for (int i = 0; i < IX_RLIMITS; i++) {
		struct rlimit l;

		assert_int_equal(getrlimit(i, &l), 0);
		assert_true(all[i].soft == l.rlim_cur);
		assert_true(all[i].hard == l.rlim_max);
	}
}

/* Each prefix of the text lacks a line or a part of one. */
static void a_part_of_it_is_refused(void **state)
{
	struct ix_rlimit all[IX_RLIMITS] = { { 1, 2 } };

	(void)state;
	for (size_t n = 0; n < length; n++) {
		char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, text, n);
		assert_int_equal(ix_rlimits_parse(copy, n, all), -EPROTO);
		free(copy);
	}
	assert_int_equal(all[0].soft, 1);
}

static void other_names_and_words_are_refused(void **state)
{
	static const char *const changes[][2] = {
		{ "Max cpu time ", "Max cpu tide " },
		{ "unlimited ", "unlimitex " },
		{ "Max msgqueue size ", "Max nice priority " },
	};
	struct ix_rlimit all[IX_RLIMITS];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		char *copy = strdup(text), *at;

		assert_non_null(copy);
		at = strstr(copy, changes[i][0]);
		assert_non_null(at);
		memcpy(at, changes[i][1], strlen(changes[i][1]));
		assert_int_equal(ix_rlimits_parse(copy, length, all), -EPROTO);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_limits_are_those_of_getrlimit),
		cmocka_unit_test(a_part_of_it_is_refused),
		cmocka_unit_test(other_names_and_words_are_refused),
	};

	return cmocka_run_group_tests(tests, rlimits_setup, NULL);
}
