/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why/as.c: what a user or process may, by the kernel's rules; and why/fix.c: words
 * quoted for a shell. */
#include "why/as.h"

#include <linux/capability.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"
#include "why/fix.h"

static uint32_t groups[] = { 50, 60 };

/* A user with the uid 1000 and the groups 100, 50 and 60. */
static struct ix_as as_plain(void)
{
	return (struct ix_as){
		.ids_known = true,
		.uid = 1000,
		.gid = 100,
		.groups_known = true,
		.groups = groups,
		.ngroups = ARRAY_SIZE(groups),
		.caps_known = true,
	};
}

struct may_row {
	const char *what;
	uint32_t uid, gid, cuid, cgid, mode, want;
	enum ix_so ipc, file;
};

/* clang-format off */
static const struct may_row may_rows[] = {
	{ "the owner's bits count for him",       1000, 1, 2, 2, 0400, 0400, IX_SO, IX_SO },
	{ "also if others have more",             1000, 100, 2, 2, 0077, 0400, IX_SO_NOT, IX_SO_NOT },
	{ "all that is asked must be granted",    1000, 1, 2, 2, 0400, 0600, IX_SO_NOT, IX_SO_NOT },
	{ "a creator is like an owner",           1, 1, 1000, 2, 0600, 0600, IX_SO, IX_SO_NOT },
	{ "the primary group",                    1, 100, 2, 2, 0040, 0400, IX_SO, IX_SO },
	{ "a supplementary group",                1, 60, 2, 2, 0020, 0200, IX_SO, IX_SO },
	{ "the creator's group",                  1, 1, 2, 50, 0040, 0400, IX_SO, IX_SO_NOT },
	{ "a group's member has no others' bits", 1, 60, 2, 2, 0006, 0400, IX_SO_NOT, IX_SO_NOT },
	{ "others",                               1, 1, 2, 2, 0004, 0400, IX_SO, IX_SO },
	{ "others without bits",                  1, 1, 2, 2, 0660, 0400, IX_SO_NOT, IX_SO_NOT },
};
/* clang-format on */

static void the_first_class_that_fits_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(may_rows); i++) {
		const struct may_row *r = &may_rows[i];
		struct ix_as as = as_plain();

		ROW_TRUE(r->what, ix_as_may_ipc(&as, r->uid, r->gid, r->cuid, r->cgid,
						r->mode, r->want) == r->ipc);
		ROW_TRUE(r->what, ix_as_may_file(&as, r->uid, r->gid, r->mode, r->want) ==
					  r->file);
	}
}

static void capabilities_override(void **state)
{
	struct ix_as as = as_plain();

	(void)state;
	as.caps = 1ULL << CAP_IPC_OWNER;
	assert_int_equal(ix_as_may_ipc(&as, 1, 1, 2, 2, 0, 0600), IX_SO);
	assert_int_equal(ix_as_may_file(&as, 1, 1, 0, 0400), IX_SO_NOT);
	/* Over files those of its own user namespace count, if that maps their ids. */
	as.maps = IX_MAPS_ALL;
	as.own_caps = 1ULL << CAP_DAC_READ_SEARCH;
	assert_int_equal(ix_as_may_file(&as, 1, 1, 0, 0400), IX_SO);
	assert_int_equal(ix_as_may_file(&as, 1, 1, 0, 0600), IX_SO_NOT);
	as.own_caps = 1ULL << CAP_DAC_OVERRIDE;
	assert_int_equal(ix_as_may_file(&as, 1, 1, 0, 0600), IX_SO);
	as.caps = 0;
	assert_int_equal(ix_as_may_ipc(&as, 1, 1, 2, 2, 0, 0400), IX_SO_NOT);
	as.maps = IX_MAPS_UNKNOWN;
	assert_int_equal(ix_as_may_file(&as, 1, 1, 0, 0600), IX_SO_UNKNOWN);
}

static void unknown_is_never_no(void **state)
{
	struct ix_as as = as_plain();

	(void)state;
	as.caps_known = false;
	assert_int_equal(ix_as_may_ipc(&as, 1, 1, 2, 2, 0, 0400), IX_SO_UNKNOWN);
	assert_int_equal(ix_as_may_ipc(&as, 1000, 1, 2, 2, 0400, 0400), IX_SO);
	assert_int_equal(ix_as_capable(&as, CAP_SYS_ADMIN), IX_SO_UNKNOWN);
	as = as_plain();
	as.groups_known = false;
	/* It matters whether they are in the group. */
	assert_int_equal(ix_as_may_ipc(&as, 1, 60, 2, 2, 0040, 0400), IX_SO_UNKNOWN);
	assert_int_equal(ix_as_may_file(&as, 1, 60, 0004, 0400), IX_SO_UNKNOWN);
	/* It does not. */
	assert_int_equal(ix_as_may_file(&as, 1, 60, 0044, 0400), IX_SO);
	assert_int_equal(ix_as_may_file(&as, 1, 60, 0000, 0400), IX_SO_NOT);
	as = as_plain();
	as.ids_known = false;
	assert_int_equal(ix_as_may_ipc(&as, 1000, 1, 2, 2, 0777, 0400), IX_SO_UNKNOWN);
}

struct quote_row {
	const char *word, *quoted;
};

/* clang-format off */
static const struct quote_row quote_rows[] = {
	{ "shm:5", "shm:5" },
	{ "mq:/a%20b", "mq:/a%20b" },
	{ "", "''" },
	{ "a b", "'a b'" },
	{ "nattch == 0", "'nattch == 0'" },
	{ "it's", "'it'\\''s'" },
	{ "$(id)", "'$(id)'" },
	{ "ipc:[4026531839]", "'ipc:[4026531839]'" },
	{ "a\nb", "$'a\\x0ab'" },
	{ "\033[31m'x", "$'\\x1b[31m\\'x'" },
};
/* clang-format on */

static void words_survive_a_shell(void **state)
{
	char buf[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quote_rows); i++)
		assert_string_equal(ix_fix_quoted(buf, sizeof(buf), quote_rows[i].word),
				    quote_rows[i].quoted);
}

static void a_command_says_where(void **state)
{
	char buf[80];

	(void)state;
	ix_fix_command(buf, sizeof(buf), NULL, "rm %s", "shm:5");
	assert_string_equal(buf, "ipcx rm shm:5");
	ix_fix_command(buf, sizeof(buf), "my pod", "rm %s", "shm:5");
	assert_string_equal(buf, "ipcx rm shm:5 --ns 'my pod'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_class_that_fits_decides),
		cmocka_unit_test(capabilities_override),
		cmocka_unit_test(unknown_is_never_no),
		cmocka_unit_test(words_survive_a_shell),
		cmocka_unit_test(a_command_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
