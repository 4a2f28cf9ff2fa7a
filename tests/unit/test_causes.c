/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of causes: texts that end, checks that exist, calls with causes. */
#include "core/cause.h"

#include <errno.h>
#include <string.h>

#include "core/mech.h"
#include "limits/limits.h"
#include "unit.h"
#include "why/why.h"

/* Call a function with each cause and its mechanism. */
static void causes_each(void (*f)(unsigned m, const struct ix_cause *c))
{
	for (unsigned m = 0; ix_mech(m); m++)
		for (const struct ix_cause *c = ix_mech(m)->causes; c && c->text[0]; c++)
			f(m, c);
}

static void text_ends(unsigned m, const struct ix_cause *c)
{
	(void)m;
	assert_non_null(memchr(c->text, '\0', sizeof(c->text)));
	assert_non_null(memchr(c->subject, '\0', sizeof(c->subject)));
}

static void texts_end(void **state)
{
	(void)state;
	causes_each(text_ends);
}

static void has_a_use(unsigned m, const struct ix_cause *c)
{
	(void)m;
	ROW_TRUE(c->text, ix_why_error_name(c->error)[0]);
	ROW_TRUE(c->text, c->call < IX_CALLS);
	ROW_TRUE(c->text, c->call != IX_CALL_NONE || c->own);
	ROW_TRUE(c->text, c->check < IX_CHECK_MOST);
	ROW_TRUE(c->text, c->check != IX_CHECK_LIMIT || ix_limit_by_name(c->subject));
}

static void each_cause_has_a_failure_and_a_use(void **state)
{
	(void)state;
	causes_each(has_a_use);
}

/* The mechanism of each call's causes, plus 1. */
static unsigned mech_of_call[IX_CALLS];

static void is_of_one_mechanism(unsigned m, const struct ix_cause *c)
{
	ROW_TRUE(c->text, c->call == IX_CALL_NONE || !mech_of_call[c->call] ||
				  mech_of_call[c->call] == m + 1);
	mech_of_call[c->call] = m + 1;
}

static void each_call_has_causes_in_one_mechanism(void **state)
{
	(void)state;
	causes_each(is_of_one_mechanism);
	for (unsigned call = IX_CALL_NONE + 1; call < IX_CALLS; call++)
		ROW_TRUE(ix_call_name((enum ix_call)call), mech_of_call[call]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_end),
		cmocka_unit_test(each_cause_has_a_failure_and_a_use),
		cmocka_unit_test(each_call_has_causes_in_one_mechanism),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
