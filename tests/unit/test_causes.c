/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of causes: texts that end, checks that exist, calls with causes. */
#include "core/cause.h"

#include <errno.h>
#include <string.h>

#include "core/mech.h"
#include "limits/limits.h"
#include "unit.h"
#include "why/why.h"

#define EACH_CAUSE(m, c)                      \
	for (unsigned m = 0; ix_mech(m); m++) \
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0]; c++)

static void texts_end(void **state)
{
	(void)state;
	EACH_CAUSE(m, c)
	{
		assert_non_null(memchr(c->text, '\0', sizeof(c->text)));
		assert_non_null(memchr(c->subject, '\0', sizeof(c->subject)));
	}
}

static void each_cause_has_a_failure_and_a_use(void **state)
{
	(void)state;
	EACH_CAUSE(m, c)
	{
		ROW_TRUE(c->text, ix_why_error_name(c->error)[0]);
		ROW_TRUE(c->text, c->call < IX_CALLS);
		ROW_TRUE(c->text, c->call != IX_CALL_NONE || c->own);
		ROW_TRUE(c->text, c->check < IX_CHECK_MOST);
		ROW_TRUE(c->text, c->check != IX_CHECK_LIMIT || c->subject[0]);
	}
}

static void each_call_has_causes_in_one_mechanism(void **state)
{
	unsigned found[IX_CALLS] = { 0 }, of[IX_CALLS] = { 0 };

	(void)state;
	EACH_CAUSE(m, c)
	{
		assert_true(!found[c->call] || c->call == IX_CALL_NONE ||
			    of[c->call] == m);
		found[c->call]++;
		of[c->call] = m;
	}
	for (unsigned call = IX_CALL_NONE + 1; call < IX_CALLS; call++)
		ROW_TRUE(ix_call_name((enum ix_call)call), found[call]);
}

/* A check that does not know its number would leave the answer open without a reason. */
static void limits_of_causes_exist(void **state)
{
	(void)state;
	EACH_CAUSE(m, c)
	if (c->check == IX_CHECK_LIMIT)
		ROW_TRUE(c->subject, ix_limit_by_name(c->subject));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_end),
		cmocka_unit_test(each_cause_has_a_failure_and_a_use),
		cmocka_unit_test(each_call_has_causes_in_one_mechanism),
		cmocka_unit_test(limits_of_causes_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
