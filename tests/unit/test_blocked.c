/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc/blocked.c: the text of /proc/PID/syscall. What the calls mean is in test_abi.c. */
#include "proc/blocked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

struct text {
	const char *text;
	int result;
	struct ix_syscall call;
};

/* clang-format off */
static const struct text texts[] = {
	{ "running\n", 0, { .nr = -1 } },
	{ "-1 0x7ffd8f1b5e48 0x7f2a217e712b\n", 0, { .nr = -1, .sp = 0x7ffd8f1b5e48, .pc = 0x7f2a217e712b } },
	{ "-1 0x0 0x0\n", 0, { .nr = -1 } },
	{ "-516 0x1 0x2\n", 0, { .nr = -1, .sp = 1, .pc = 2 } },
	{ "202 0x7f2a2194e000 0x0 0x2 0x0 0x80 0x0 0x7fff5ec16388 0x7f2a217e712b\n", 1,
	  { 202, { 0x7f2a2194e000, 0, 2, 0, 0x80, 0 }, 0x7fff5ec16388, 0x7f2a217e712b } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0xffffffffffffffff 0x7 0x8\n", 1, { 0, { 1, 2, 3, 4, 5, UINT64_MAX }, 7, 8 } },
	{ "2147483647 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n", 1, { INT32_MAX, { 1, 2, 3, 4, 5, 6 }, 7, 8 } },
	{ "", -EPROTO, { 0 } },
	{ "\n", -EPROTO, { 0 } },
	{ "running", -EPROTO, { 0 } },
	{ "running\n\n", -EPROTO, { 0 } },
	{ "runnin\n", -EPROTO, { 0 } },
	{ "-", -EPROTO, { 0 } },
	{ "-1\n", -EPROTO, { 0 } },
	{ "-1 0x1\n", -EPROTO, { 0 } },
	{ "-0 0x1 0x2\n", -EPROTO, { 0 } },
	{ "--1 0x1 0x2\n", -EPROTO, { 0 } },
	{ "-1 0x1 0x2 0x3\n", -EPROTO, { 0 } },
	{ "-1 0x1 0x2", -EPROTO, { 0 } },
	{ "0\n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7\n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9\n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 \n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\nx", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x\n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x08\n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0xA\n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0X8\n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 8\n", -EPROTO, { 0 } },
	{ "0  0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n", -EPROTO, { 0 } },
	{ " 0 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n", -EPROTO, { 0 } },
	{ "00 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n", -EPROTO, { 0 } },
	{ "+1 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n", -EPROTO, { 0 } },
	{ "0 0x1 0x2 0x3 0x4 0x5 0x10000000000000000 0x7 0x8\n", -EPROTO, { 0 } },
	{ "2147483648 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n", -EPROTO, { 0 } },
	{ "18446744073709551616 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n", -EPROTO, { 0 } },
};
/* clang-format on */

/* Parse a copy that is not NUL-terminated. */
static int parse(const char *text, size_t len, struct ix_syscall *ret_call)
{
	auto_free char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return ix_syscall_parse(copy, len, ret_call);
}

static void texts_are_parsed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const struct text *t = &texts[i];
		struct ix_syscall c = { .nr = 77, .sp = 78 };

		ROW_TRUE(t->text, parse(t->text, strlen(t->text), &c) == t->result);
		if (t->result < 0) {
			ROW_TRUE(t->text, c.nr == 77 && c.sp == 78);
			continue;
		}
		ROW_TRUE(t->text,
			 c.nr == t->call.nr && c.sp == t->call.sp && c.pc == t->call.pc);
		ROW_TRUE(t->text, !memcmp(c.args, t->call.args, sizeof(c.args)));
	}
}

/* Every beginning of a text that is accepted is refused. */
static void cut_texts_are_refused(void **state)
{
	struct ix_syscall c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		for (size_t n = strlen(texts[i].text); n > 0 && texts[i].result >= 0; n--)
			ROW_TRUE(texts[i].text, parse(texts[i].text, n - 1, &c) < 0);
}

static void stacks_below_4_gib_may_be_narrow(void **state)
{
	struct ix_syscall c = { .sp = UINT32_MAX };

	(void)state;
	assert_true(ix_abi_may_be_narrow(&c));
	c.sp++;
	assert_false(ix_abi_may_be_narrow(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_parsed),
		cmocka_unit_test(cut_texts_are_refused),
		cmocka_unit_test(stacks_below_4_gib_may_be_narrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
