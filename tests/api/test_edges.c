/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits at their edges: the last byte of an object, the longest name, and the
 * descriptors and attachments of open objects. */
#include "api.h"

#include <dirent.h>
#include <sys/shm.h>

static const char *const posix[] = { "mq", "pshm", "psem" };

static void remove_it(struct ipcx *x, const struct ipcx_ref *ref)
{
	const struct ipcx_query q = { .size = sizeof(q), .refs = ref, .nrefs = 1 };
	struct ipcx_table *gone;

	assert_int_equal(ipcx_remove(x, &q, &gone), 0);
	assert_int_equal(ipcx_table_rows(gone), 1);
	ipcx_table_free(gone);
}

/* ---- the last byte, and the one after it */

static int range(struct ipcx_mem *m, bool write, uint64_t at, size_t n)
{
	static char buf[4096];

	return write ? ipcx_mem_write(m, at, buf, n) : ipcx_mem_read(m, at, buf, n);
}

static void bytes_of(struct ipcx *x, const char *mech, const char *name)
{
	static const struct {
		uint64_t at;
		size_t n;
		bool fits;
	} cases[] = {
		{ 0, 4096, true },
		{ 4095, 1, true },
		{ 4096, 0, true },
		{ 4096, 1, false },
		{ 4095, 2, false },
		{ 1, 4096, false },
		{ 4097, 0, false },
		{ 4097, 1, false },
		{ UINT64_MAX, 1, false },
		{ UINT64_MAX - 1, 2, false },
		{ UINT64_MAX, 0, false },
		{ UINT64_C(1) << 63, 1, false },
		{ UINT64_MAX - 4094, 4096, false },
	};
	struct ipcx_ref ref;
	struct ipcx_mem *m[2];

	make_small(x, mech, name, &ref);
	assert_int_equal(ipcx_mem_open(x, &ref, 0, &m[0]), 0);
	assert_int_equal(ipcx_mem_open(x, &ref, IPCX_MEM_WRITE, &m[1]), 0);
	assert_true(ipcx_mem_size(m[0]) == 4096 && ipcx_mem_size(m[1]) == 4096);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		bool fits = cases[i / 2].fits;
		int r = range(m[i % 2], i % 2, cases[i / 2].at, cases[i / 2].n);

		print_message("# %s %zu\n", mech, i);
		assert_int_equal(r, fits ? 0 : -ERANGE);
		if (!fits)
			assert_non_null(strstr(ipcx_error(x), "beyond its 4096"));
	}
	ipcx_mem_close(m[0]);
	ipcx_mem_close(m[1]);
}

static void test_no_access_beyond_the_last_byte(void **state)
{
	bytes_of(*state, "shm", NULL);
	bytes_of(*state, "pshm", "/a");
}

/* ---- names */

static void named(char *name, size_t len)
{
	memset(name, 'n', len + 1);
	name[0] = '/';
	name[len + 1] = '\0';
}

/* A name one byte too long is refused, and no object is created under a truncated
 * name. */
static void test_long_names_are_not_truncated(void **state)
{
	static const size_t most[] = { 255, 255, 251 };
	struct ipcx *x = *state;
	char name[300], text[320];
	struct ipcx_table *t = UNTOUCHED;
	struct ipcx_ref ref;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(posix); i++)
		for (size_t len = most[i]; len < most[i] + 8; len++) {
			struct ipcx_attrs a = small(posix[i], name);

			named(name, len);
			(void)snprintf(text, sizeof(text), "%s:%s", posix[i], name);
			print_message("# %s %zu\n", posix[i], len);
			if (len == most[i]) {
				make(x, &a, &ref);
				assert_int_equal(count(x, posix[i]), 1);
				remove_it(x, &ref);
				continue;
			}
			r = ipcx_create(x, &a, 1, &t);
			assert_true(r == -ENAMETOOLONG || r == -EINVAL);
			assert_true(t == UNTOUCHED);
			assert_true(ipcx_error(x)[0] != 0);
			assert_int_equal(count(x, posix[i]), 0);
			if (len > 255)
				assert_int_equal(ipcx_ref_parse(x, text, IPCX_NO_MECH,
								&ref),
						 -EINVAL);
		}
}

/* ---- resources */

static size_t descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

/* However often objects are opened and closed, no descriptor stays open and no segment
 * attached. */
static void test_close_releases_everything(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ref refs[2];
	struct shmid_ds ds;
	size_t before = 0;

	make_small(x, "shm", NULL, &refs[0]);
	make_small(x, "pshm", "/a", &refs[1]);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < 4; i++) {
			struct ipcx_mem *m;

			assert_int_equal(ipcx_mem_open(x, &refs[i / 2],
						       i % 2 ? IPCX_MEM_WRITE : 0, &m),
					 0);
			assert_int_equal(range(m, i % 2, 0, 1), 0);
			ipcx_mem_close(m);
		}
		if (round == 0)
			before = descriptors();
	}
	assert_int_equal(descriptors(), before);
	assert_int_equal(shmctl(refs[0].id, IPC_STAT, &ds), 0);
	assert_int_equal(ds.shm_nattch, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_access_beyond_the_last_byte),
		TEST(test_long_names_are_not_truncated),
		TEST(test_close_releases_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
