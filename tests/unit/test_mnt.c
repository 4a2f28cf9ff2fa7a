/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/mnt.c: texts of mountinfo (proc(5)). Also linked with base/mnttable_own.c, which
 * stands for libmount. */
#include "base/mnt.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

#define ROOT  "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define SHM   "25 21 0:22 / /dev/shm rw,nosuid - tmpfs tmpfs rw,size=10k\n"
#define BLANK "26 21 0:23 / /a\\040-\\040nsfs\\040b rw - fuse.x x rw\n"
#define IPC2  "31 21 0:4 ipc:[4026532178] /run/b rw - nsfs nsfs rw\n"
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

#define MQ    "40 21 0:24 / /dev/mqueue rw - mqueue mqueue rw\n"
#define MQ2   "41 21 0:25 / /mnt/a\\040b rw shared:7 master:1 - mqueue none rw\n"
#define COVER "42 40 0:26 / /dev/mqueue rw - tmpfs none rw\n"
#define ABOVE "43 41 0:27 / /mnt/a\\040b rw - tmpfs none rw\n"
#define FALSE "45 21 0:29 / /no rw - tmpfs mqueue rw\n"

struct found {
	const char *text, *target; /* NULL: fails */
	int error;
};

/* clang-format off */
static const struct found found[] = {
	{ ROOT MQ SHM, "/dev/mqueue", 0 },
	{ ROOT MQ SHM MQ2, "/mnt/a b", 0 },
	{ ROOT MQ2 SHM MQ, "/dev/mqueue", 0 },
	{ ROOT MQ COVER, NULL, -ENOENT },
	{ ROOT MQ MQ2 ABOVE, "/dev/mqueue", 0 },
	{ ROOT MQ2 MQ ABOVE COVER, NULL, -ENOENT },
	{ ROOT MQ COVER MQ, "/dev/mqueue", 0 },
	{ ROOT COVER MQ, "/dev/mqueue", 0 },
	{ ROOT SHM BLANK FALSE, NULL, -ENOENT },
	{ "", NULL, -ENOENT },
	{ ROOT "50 21 0:30 / /a/long/way/below/the/root rw - mqueue none rw\n", NULL, -ENAMETOOLONG },
};
/* clang-format on */

static void test_mount_points(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		const struct found *row = &found[i];
		size_t len = strlen(row->text);
		char *copy = malloc(len ? len : 1), target[18] = "as it was";
		int r;

		assert_non_null(copy);
		memcpy(copy, row->text, len);
		r = ix_mnt_find_in(copy, len, "mqueue", target, sizeof(target));
		free(copy);
		if (r == -ENOPKG) {
			print_message("libmount is not installed\n");
			skip();
		}
		ROW_TRUE(row->text, r == row->error);
		ROW_TRUE(row->text,
			 !strcmp(target, row->target ? row->target : "as it was"));
	}
}

static void test_namespaces_mounted_as_nsfs(void **state)
{
	static char text[] = ROOT IPC SHM IPC2, none[] = ROOT SHM BLANK;
	struct ix_mnt_list l = { .n = 77 };
	int r = ix_mnt_nsfs_in(text, strlen(text), &l);

	(void)state;
	if (r == -ENOPKG) {
		print_message("libmount is not installed\n");
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.all[0].root, "ipc:[4026532177]");
	assert_string_equal(l.all[0].target, "/run/ns/a b");
	assert_string_equal(l.all[1].root, "ipc:[4026532178]");
	assert_string_equal(l.all[1].target, "/run/b");
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
		cmocka_unit_test(test_mount_points),
		cmocka_unit_test(test_namespaces_mounted_as_nsfs),
	};

	return cmocka_run_group_tests_name("mnt", tests, NULL, NULL);
}
