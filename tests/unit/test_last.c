/* SPDX-License-Identifier: GPL-2.0-or-later */
/* who/last.c: the process that acted last, as error texts call it. */
#include "who/last.h"

#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "unit.h"

static char *put(struct ipcx *x, int64_t from, int64_t to)
{
	static char text[400];

	ix_last_put(x, getpid(), from, to, text, sizeof(text));
	return text;
}

static void expect(struct ipcx *x, int64_t from, int64_t to, const char *what)
{
	char want[400];

	(void)snprintf(want, sizeof(want), "%d%s", getpid(), what);
	assert_string_equal(put(x, from, to), want);
}

static void test_names(void **state)
{
	struct ipcx *x = NULL;
	int64_t now = time(NULL) + 86400, old = 1;
	char text[64];

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	if (ix_procfd(x) < 0) {
		ipcx_free(x);
		skip(); /* no /proc */
	}
	/* clang-format off */
	static const struct { const char *comm, *alive, *perhaps; } names[] = {
		{ "sleep", " (sleep)", " (sleep?)" },
		{ "two words", " (two words)", " (two words?)" },
		{ "\033[31m", " (\\x1b[31m)", " (\\x1b[31m?)" },
		{ "gone", " (\"gone\")", " (\"gone\"?)" },
		{ "", " (\"\")", " (\"\"?)" },
		{ "what?", " (\"what?\")", " (\"what?\"?)" },
		{ "x): is 1", " (\"x): is 1\")", " (\"x): is 1\"?)" },
		{ "\") (\"", " (\"\\x22) (\\x22\")", " (\"\\x22) (\\x22\"?)" },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(prctl(PR_SET_NAME, names[i].comm), 0);
		expect(x, now, now, names[i].alive);
		expect(x, old, now, names[i].perhaps);
		expect(x, 0, now, names[i].perhaps);
	}
	/* Nobody has this pid. */
	ix_last_put(x, INT32_MAX, now, now, text, sizeof(text));
	assert_string_equal(text, "2147483647 (gone)");
	ipcx_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("last", tests, NULL, NULL);
}
