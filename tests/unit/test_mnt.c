/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/mnt.c: texts of mountinfo (proc(5)). */
#include "base/mnt.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

#define ROOT  "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define SHM   "25 21 0:22 / /dev/shm rw,nosuid - tmpfs tmpfs rw,size=10k\n"
#define BLANK "26 21 0:23 / /a\\040-\\040nsfs\\040b rw - fuse.x x rw\n"
#define IPC   "30 21 0:4 ipc:[4026532177] /run/ns/a\\040b rw - nsfs nsfs rw\n"

struct row {
	const char *text;
	uint64_t id;
	const char *type; /* NULL: fails */
	int error;
};

/* clang-format off */
static const struct row rows[] = {
	{ ROOT SHM BLANK, 21, "ext4", 0 },
	{ ROOT SHM BLANK, 25, "tmpfs", 0 },
	{ ROOT SHM BLANK, 26, "fuse.x", 0 },
	{ ROOT SHM BLANK, 2, NULL, -ENOENT },
	{ ROOT SHM BLANK, 1, NULL, -ENOENT },
	{ "", 1, NULL, -ENOENT },
	{ "\n\n", 1, NULL, -ENOENT },
	{ "1 - x\n", 1, "x", 0 },
	{ "1 2 3\n", 1, NULL, -EPROTO },
	{ "1 \n", 1, NULL, -EPROTO },
	{ "1 2 - abcdefghijklmnop x\n", 1, NULL, -ENAMETOOLONG },
	{ "21 1 8:1 / / rw - ext", 21, NULL, -EPROTO }, /* truncated: could be ext4 */
};
/* clang-format on */

static void test_file_system_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		size_t len = strlen(row->text);
		char *copy = malloc(len ? len : 1), type[16] = "as it was";
		int r;

		assert_non_null(copy);
		memcpy(copy, row->text, len);
		r = ix_mnt_type_in(copy, len, row->id, type, sizeof(type));
		free(copy);
		ROW_TRUE(row->text, r == row->error);
		ROW_TRUE(row->text, !strcmp(type, row->type ? row->type : "as it was"));
	}
}

static void test_namespaces_mounted_as_nsfs(void **state)
{
	static char text[] = ROOT IPC SHM, none[] = ROOT SHM BLANK;
	struct ix_mnt_list l = { .n = 77 };
	int r = ix_mnt_nsfs_in(text, strlen(text), &l);

	(void)state;
	if (r == -ENOPKG) {
		print_message("libmount is not installed\n");
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.all[0].root, "ipc:[4026532177]");
	assert_string_equal(l.all[0].target, "/run/ns/a b");
	ix_mnt_list_free(&l);
	assert_int_equal(ix_mnt_nsfs_in(none, strlen(none), &l), 0);
	assert_int_equal(l.n, 0);
	assert_int_equal(ix_mnt_nsfs_in(none, 0, &l), 0);
	assert_int_equal(l.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_system_types),
		cmocka_unit_test(test_namespaces_mounted_as_nsfs),
	};

	return cmocka_run_group_tests_name("mnt", tests, NULL, NULL);
}
