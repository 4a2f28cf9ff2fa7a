/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/eval.c: whether it is possible that an object of a mechanism meets a condition. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/expr.h"
#include "ipcx-stress.h"
#include "people.h"
#include "unit.h"

static int set_up(void **state)
{
	return ipcx_new((struct ipcx **)state) < 0;
}

static int tear_down(void **state)
{
	ipcx_free(*state);
	return 0;
}

/* Whether an object could meet the condition follows from the fields that the mechanism
 * has. */
static void test_condition_impossible_for_a_mechanism(void **state)
{
	static const struct {
		const char *text, *mech;
		int says;
		enum ipcx_field lacks; /* IPCX_NO_FIELD: none */
	} cases[] = {
		{ "nattch > 0", "shm", 1, IPCX_NO_FIELD },
		{ "nattch > 0", "msg", 0, IPCX_F_NATTCH },
		{ "!(nattch > 0)", "msg", 0, IPCX_F_NATTCH },
		{ "nattch =~ 5", "msg", 0, IPCX_F_NATTCH },
		{ "nattch == null", "msg", 0, IPCX_F_NATTCH },
		{ "!(nattch != null)", "msg", 0, IPCX_F_NATTCH },
		{ "unknown(nattch)", "msg", 0, IPCX_F_NATTCH },
		{ "!unknown(nattch)", "msg", 1, IPCX_NO_FIELD },
		{ "!!unknown(nattch)", "msg", 0, IPCX_F_NATTCH },
		{ "nattch > 0 || uid == 0", "msg", 1, IPCX_NO_FIELD },
		{ "nattch > 0 && uid == 0", "msg", 0, IPCX_F_NATTCH },
		{ "!(nattch > 0 && uid == 0)", "msg", 1, IPCX_NO_FIELD },
		{ "!(nattch > 0 || uid == 0)", "msg", 0, IPCX_F_NATTCH },
		{ "nattch < qnum", "msg", 0, IPCX_F_NATTCH },
		{ "mech == msg || nattch > 0", "msg", 1, IPCX_NO_FIELD },
		{ "mech == msg || nattch > 0", "sem", 0, IPCX_F_NATTCH },
		{ "mech == shm && nattch > 0", "msg", 0, IPCX_NO_FIELD },
		{ "mech != shm || nattch > 0", "msg", 1, IPCX_NO_FIELD },
		{ "!(mech == msg) && nattch > 0", "msg", 0, IPCX_NO_FIELD },
		{ "mech == shm", "msg", 0, IPCX_NO_FIELD },
		{ "mech =~ m && nattch > 0", "msg", 0, IPCX_F_NATTCH },
		{ "owner == root && group != bob", "psem", 1, IPCX_NO_FIELD },
	};
	struct ipcx *x = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ipcx_fieldset lacking = IPCX_FIELDSET(IPCX_F_P99);
		struct ipcx_expr *e = NULL;
		unsigned mech = 0;

		assert_int_equal(ipcx_mech_by_name(cases[i].mech, (size_t)-1, &mech), 0);
		if (ipcx_expr_parse(x, cases[i].text, &e, NULL) < 0)
			fail_msg("\"%s\": %s", cases[i].text, ipcx_error(x));
		ROW_TRUE(cases[i].text,
			 ipcx_expr_possible(e, mech, &lacking) == cases[i].says);
		ROW_TRUE(cases[i].text, ipcx_fieldset_has(&lacking, cases[i].lacks) ||
						(cases[i].lacks == IPCX_NO_FIELD &&
						 ipcx_fieldset_empty(&lacking)));
		assert_int_equal(ipcx_expr_possible(e, IPCX_NO_MECH, NULL), 0);
		ipcx_expr_free(e);
	}
	assert_int_equal(ipcx_expr_possible(NULL, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_condition_impossible_for_a_mechanism),
	};

	return cmocka_run_group_tests_name("expr_possible", tests, set_up, tear_down);
}
