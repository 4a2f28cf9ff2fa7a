/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys and ids: the key that ftok(3) returns for a file, which file has a given key, and
 * the parts of an id. */
#include "api.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory with two files, one of them in a subdirectory. */
struct place {
	struct ipcx *x;
	char top[32], file[48], below[48], deep[64];
};

static int begin_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	int fd;

	if (!p || ipcx_new(&p->x) < 0)
		return -1;
	*state = p;
	(void)snprintf(p->top, sizeof(p->top), "/tmp/ipcx-keys.XXXXXX");
	if (!mkdtemp(p->top))
		return -1;
	(void)snprintf(p->file, sizeof(p->file), "%s/file", p->top);
	(void)snprintf(p->below, sizeof(p->below), "%s/below", p->top);
	(void)snprintf(p->deep, sizeof(p->deep), "%s/deep", p->below);
	fd = creat(p->file, 0600);
	if (fd < 0 || close(fd) < 0 || mkdir(p->below, 0700) < 0)
		return -1;
	fd = creat(p->deep, 0600);
	return fd < 0 ? -1 : close(fd);
}

static int end_place(void **state)
{
	struct place *p = *state;

	(void)unlink(p->deep);
	(void)rmdir(p->below);
	(void)unlink(p->file);
	(void)rmdir(p->top);
	ipcx_free(p->x);
	free(p);
	return 0;
}

static void test_one_key(void **state)
{
	struct place *p = *state;
	uint32_t key = 0;

	assert_int_equal(ipcx_key(p->x, p->file, 0x141, &key), 0);
	assert_int_equal(key, (uint32_t)ftok(p->file, 0x141));
	assert_int_equal(key >> 24, 0x41); /* the low byte */
	key = 77;
	assert_fails(p->x, ipcx_key(p->x, "/nowhere/at/all", 1, &key), -ENOENT, key, 77);
	assert_non_null(strstr(ipcx_error(p->x), "/nowhere/at/all"));
}

static void test_many_keys(void **state)
{
	struct place *p = *state;
	const char *const paths[] = { p->file, "/nowhere/at/all", p->deep };
	const struct ipcx_note *note;
	struct ipcx_table *t;
	struct stat st;
	size_t missing;

	assert_int_equal(ipcx_keys(p->x, paths, 3, 7, &t), 0);
	assert_string_equal(ipcx_table_kind(t), "keys");
	assert_int_equal(ipcx_table_rows(t), 2);
	for (size_t row = 0; row < 2; row++) {
		const char *path = paths[2 * row];

		assert_string_equal(string(t, row, IPCX_F_PATH), path);
		assert_int_equal(number(t, row, IPCX_F_KEY), (uint32_t)ftok(path, 7));
		assert_int_equal(number(t, row, IPCX_F_PROJ), 7);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(number(t, row, IPCX_F_INODE), st.st_ino);
		assert_int_equal(number(t, row, IPCX_F_DEVICE), st.st_dev);
	}
	note = ipcx_table_note(t, 0);
	assert_non_null(note);
	assert_int_equal(note->kind, IPCX_NOTE_MISSING);
	assert_string_equal(note->subject, "/nowhere/at/all");
	assert_int_equal(ipcx_table_failures(t, &missing), 1);
	assert_int_equal(missing, 1);
	ipcx_table_free(t);
	assert_int_equal(ipcx_keys(p->x, NULL, 0, 7, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
}

static void test_files_of_a_key(void **state)
{
	struct place *p = *state;
	const char *const top[] = { p->top }, *const both[] = { p->file, p->deep };
	uint32_t key = (uint32_t)ftok(p->deep, 9);
	struct ipcx_table *t;

	assert_int_equal(ipcx_key_search(p->x, key, both, 2, false, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_string_equal(string(t, 0, IPCX_F_PATH), p->deep);
	assert_int_equal(number(t, 0, IPCX_F_PROJ), 9);
	ipcx_table_free(t);
	assert_int_equal(ipcx_key_search(p->x, key, top, 1, false, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
	assert_int_equal(ipcx_key_search(p->x, key, top, 1, true, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_string_equal(string(t, 0, IPCX_F_PATH), p->deep);
	ipcx_table_free(t);
	/* A key made from another inode number matches no file. */
	assert_int_equal(ipcx_key_search(p->x, key ^ 0x8000, both, 2, false, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
}

static void test_parts_of_an_id(void **state)
{
	struct place *p = *state;
	struct ipcx_ref refs[] = {
		{ .mech = mech_of("shm"), .by = IPCX_BY_ID, .id = 5 },
		{ .mech = mech_of("msg"), .by = IPCX_BY_KEY, .key = 0x4d2 },
		{ .mech = mech_of("sem"), .by = IPCX_BY_ID, .id = 0x7fffffff },
	};
	struct ipcx_table *t;
	uint64_t slots;

	assert_int_equal(ipcx_id_split(p->x, refs, 3, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 2);
	assert_string_equal(string(t, 0, IPCX_F_REF), "shm:5");
	assert_int_equal(number(t, 0, IPCX_F_ID_INDEX), 5);
	assert_int_equal(number(t, 0, IPCX_F_ID_SEQ), 0);
	/* an index has 15 bits, or 24 with ipcmni_extend */
	slots = number(t, 1, IPCX_F_ID_INDEX) + 1;
	assert_true(slots == 1 << 15 || slots == 1 << 24);
	assert_int_equal(number(t, 1, IPCX_F_ID_SEQ), 0x7fffffff / slots);
	assert_int_equal(ipcx_table_note(t, 0)->error, -EINVAL);
	assert_string_equal(ipcx_table_note(t, 0)->subject, "msg:0x000004d2");
	ipcx_table_free(t);
}

#define PLACE_TEST(f) cmocka_unit_test_setup_teardown(f, begin_place, end_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(test_one_key),
		PLACE_TEST(test_many_keys),
		PLACE_TEST(test_files_of_a_key),
		PLACE_TEST(test_parts_of_an_id),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
