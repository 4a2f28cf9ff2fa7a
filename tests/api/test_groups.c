/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of rows: what defines them is checked before anything is made. */
#include "api.h"

static void test_fields_that_define_groups(void **state)
{
	const enum ipcx_field twice[] = { IPCX_F_ID, IPCX_F_ID },
			      rows = IPCX_F_CONTAINERS;
	struct ipcx_groups *const untouched = (struct ipcx_groups *)0x5a5a,
				  *g = untouched;
	const enum ipcx_field none = IPCX_NO_FIELD;
	struct ipcx *x = *state;

	assert_fails(x, ipcx_groups_new(x, twice, 2, &g), -EINVAL, g, untouched);
	assert_fails(x, ipcx_groups_new(x, &rows, 1, &g), -EINVAL, g, untouched);
	assert_fails(x, ipcx_groups_new(x, &none, 1, &g), -EINVAL, g, untouched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fields_that_define_groups),
	};

	return cmocka_run_group_tests_name("groups", tests, NULL, NULL);
}
