/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrong use of a function fails with -EINVAL and an error text, and nothing has been
 * done. */
#include "api.h"

#include <sys/stat.h>

static void test_query_struct(void **state)
{
	struct ipcx *x = *state;
	const struct ipcx_ref ref = { .mech = mech_of("shm"), .by = IPCX_BY_ID };
	uint64_t all;
	const struct ipcx_query wrong[] = {
		{ .size = 0, .mechs = 0 },
		{ .size = sizeof(size_t) },
		{ .size = sizeof(struct ipcx_query) - 1 },
		{ .size = sizeof(struct ipcx_query), .mechs = UINT64_C(1) << 63 },
		{ .size = sizeof(struct ipcx_query),
		  .fields = { { 0, 0, UINT64_C(1) << 63, 0 } } },
		{ .size = sizeof(struct ipcx_query),
		  .fields = { { 0, 0, 0, UINT64_C(1) << 63 } } },
		{ .size = sizeof(struct ipcx_query), .flags = 1U << 31 },
		{ .size = sizeof(struct ipcx_query), .nrefs = 1 },
		{ .size = sizeof(struct ipcx_query),
		  .mechs = 1,
		  .refs = &ref,
		  .nrefs = 1 },
	};
	struct ipcx_attrs a = { .size = sizeof(a), .set = IPCX_A_MODE, .mode = 0600 };
	struct ipcx_table *t = UNTOUCHED;

	assert_int_equal(ipcx_mech_mask("all", &all), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_fails(x, ipcx_scan(x, &wrong[i], &t), -EINVAL, t, UNTOUCHED);
		assert_fails(x, ipcx_remove(x, &wrong[i], &t), -EINVAL, t, UNTOUCHED);
		assert_fails(x, ipcx_change(x, &wrong[i], &a, &t), -EINVAL, t, UNTOUCHED);
	}
}

static void test_references(void **state)
{
	struct ipcx *x = *state;
	unsigned shm = mech_of("shm"), pshm = mech_of("pshm");
	struct ipcx_ref wrong[] = {
		{ .mech = IPCX_NO_MECH, .by = IPCX_BY_ID },
		{ .mech = 63, .by = IPCX_BY_ID },
		{ .mech = shm, .by = IPCX_BY_ID, .id = -1 },
		{ .mech = shm, .by = IPCX_BY_KEY, .key = 0 },
		{ .mech = shm, .by = IPCX_BY_NAME, .name = "/x" },
		{ .mech = pshm, .by = IPCX_BY_ID, .id = 1 },
		{ .mech = pshm, .by = IPCX_BY_NAME, .name = "x" },
		{ .mech = pshm, .by = IPCX_BY_NAME, .name = "/../etc/passwd" },
		{ .mech = pshm, .by = IPCX_BY_NAME, .name = "/" },
		{ .mech = pshm, .by = IPCX_BY_NAME, .name = "" },
		{ .mech = pshm, .by = IPCX_BY_INODE, .device = 26 },
		{ .mech = pshm, .by = IPCX_BY_INODE, .inode = 7 },
		{ .mech = shm, .by = IPCX_BY_INODE, .device = 26, .inode = 7 },
		{ .mech = pshm, .by = IPCX_BY_NAME },
	};
	struct ipcx_table *t = UNTOUCHED;
	char text[IPCX_REF_MAX] = "as it was";

	memset(wrong[ARRAY_SIZE(wrong) - 1].name, 'a',
	       sizeof(wrong->name)); /* not NUL-terminated */
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct ipcx_query q = { .size = sizeof(q),
					.refs = &wrong[i],
					.nrefs = 1 };

		assert_fails(x, ipcx_scan(x, &q, &t), -EINVAL, t, UNTOUCHED);
		assert_fails(x, ipcx_remove(x, &q, &t), -EINVAL, t, UNTOUCHED);
		assert_fails(x, ipcx_contents(x, &wrong[i], &t), -EINVAL, t, UNTOUCHED);
		assert_fails(x, ipcx_id_split(x, &wrong[i], 1, &t), -EINVAL, t,
			     UNTOUCHED);
		assert_int_equal(ipcx_ref_format(&wrong[i], text, sizeof(text)), -EINVAL);
		assert_string_equal(text, "as it was");
	}
}

/* If a newer program sets a member of a reference that the library does not know, the
 * member is never ignored. */
static void test_newer_references(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ref ref;
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	char *const places[] = { ref.reserved, &ref.reserved[sizeof(ref.reserved) - 1],
				 ref.more, &ref.more[sizeof(ref.more) - 1] };
	struct ipcx_table *t = UNTOUCHED;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		make_small(x, "psem", "/r", &ref);
		*places[i] = 1;
		assert_fails(x, ipcx_scan(x, &q, &t), -E2BIG, t, UNTOUCHED);
		assert_fails(x, ipcx_remove(x, &q, &t), -E2BIG, t, UNTOUCHED);
		assert_fails(x, ipcx_contents(x, &ref, &t), -E2BIG, t, UNTOUCHED);
		*places[i] = 0;
		assert_int_equal(ipcx_remove(x, &q, &t), 0);
		assert_int_equal(ipcx_table_rows(t), 1);
		ipcx_table_free(t);
		t = UNTOUCHED;
	}
}

/* An earlier snapshot only restricts a query; a query with nothing but a snapshot does
 * not select the objects of the snapshot. */
static void test_snapshot_alone_is_refused(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_table *before, *t = UNTOUCHED;

	make_small(x, "shm", NULL, NULL);
	before = scan(x, "shm");
	q.same = before;
	assert_fails(x, ipcx_remove(x, &q, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_scan(x, &q, &t), -EINVAL, t, UNTOUCHED);
	assert_int_equal(count(x, "shm"), 1);
	ipcx_table_free(before);
}

/* The first reference is valid and the second is not: nothing is removed or changed. */
static void test_invalid_reference_changes_nothing(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ref refs[2] = { { .mech = 0 }, { .mech = IPCX_NO_MECH } };
	struct ipcx_query q = { .size = sizeof(q), .refs = refs, .nrefs = 2 };
	struct ipcx_attrs a = { .size = sizeof(a), .set = IPCX_A_MODE, .mode = 0644 };
	struct ipcx_table *t = UNTOUCHED;

	make_small(x, "shm", NULL, &refs[0]);
	assert_fails(x, ipcx_remove(x, &q, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_change(x, &q, &a, &t), -EINVAL, t, UNTOUCHED);
	t = scan(x, "shm");
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(number(t, 0, IPCX_F_MODE), 0600);
	ipcx_table_free(t);
}

struct spec {
	const char *mech;
	struct ipcx_attrs a; /* .set is added to what the mechanism requires */
};

static void test_specifications(void **state)
{
	static const uint32_t values[] = { 1, 2, 3 };
	struct ipcx *x = *state;
	/* clang-format off */
	const struct spec rows[] = {
		{ "shm",  { .set = UINT64_C(1) << 63 } },
		{ "shm",  { .set = IPCX_A_NSEMS } },
		{ "shm",  { .set = IPCX_A_NAME, .name = "/x" } },
		{ "shm",  { .set = IPCX_A_MODE, .mode = 01000 } },
		{ "shm",  { .set = IPCX_A_UID, .uid = (uid_t)-1 } },
		{ "shm",  { .set = IPCX_A_GID, .gid = (gid_t)-1 } },
		{ "shm",  { .set = IPCX_A_COUNT | IPCX_A_KEY, .count = 2, .key = 7 } },
		{ "shm",  { .set = IPCX_A_COUNT | IPCX_A_ID, .count = 2, .id = 7 } },
		{ "shm",  { .set = IPCX_A_KEY | IPCX_A_IF_MISSING, .key = 0 } },
		{ "shm",  { .set = IPCX_A_HUGE, .huge = 3 << 20 } },
		{ "sem",  { .set = IPCX_A_INIT } },
		{ "sem",  { .set = IPCX_A_INIT, .ninit = 2 } },
		{ "sem",  { .set = IPCX_A_INIT, .init = values } },
		{ "sem",  { .set = IPCX_A_INIT, .init = values, .ninit = 3 } },
		{ "psem", { .set = IPCX_A_INIT, .name = "/x", .ninit = 1 } },
		{ "psem", { .set = IPCX_A_INIT, .name = "/x", .init = values, .ninit = 2 } },
		{ "mq",   { .name = NULL } },
		{ "mq",   { .name = "" } },
		{ "mq",   { .name = "/" } },
		{ "mq",   { .name = "/." } },
		{ "pshm", { .name = "/.." } },
		{ "pshm", { .name = "a/b" } },
		{ "pshm", { .name = "//a" } },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ipcx_attrs a[2] = { small("msg", NULL), rows[i].a };
		const struct ipcx_attrs least = small(rows[i].mech, rows[i].a.name);
		struct ipcx_table *t = UNTOUCHED;

		a[1].size = sizeof(a[1]);
		a[1].mech = least.mech;
		a[1].set |= least.set;
		a[1].bytes = least.bytes;
		a[1].nsems = least.nsems;
		assert_fails(x, ipcx_create(x, a, 2, &t), -EINVAL, t, UNTOUCHED);
		assert_int_equal(count(x, "all"), 0);
	}
}

static void test_attributes_struct(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs a = small("shm", NULL);
	struct ipcx_ref ref;
	struct ipcx_query q = { .size = sizeof(q), .refs = &ref, .nrefs = 1 };
	struct ipcx_table *t = UNTOUCHED;

	make(x, &a, &ref);
	a.size--;
	assert_fails(x, ipcx_create(x, &a, 1, &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_change(x, &q, &a, &t), -EINVAL, t, UNTOUCHED);
	a.size = sizeof(a);
	a.mech = 63;
	assert_fails(x, ipcx_create(x, &a, 1, &t), -EINVAL, t, UNTOUCHED);
	a = (struct ipcx_attrs){ .size = sizeof(a), .mech = mech_of("shm") };
	assert_fails(x, ipcx_create(x, &a, 1, &t), -EINVAL, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "size"));
	a.set = IPCX_A_QBYTES;
	assert_fails(x, ipcx_change(x, &q, &a, &t), -EINVAL, t, UNTOUCHED);
	assert_non_null(strstr(ipcx_error(x), "qbytes"));
	q = (struct ipcx_query){ .size = sizeof(q), .mechs = IPCX_MECH_BIT(a.mech) };
	assert_fails(x, ipcx_change(x, &q, &a, &t), -EINVAL, t, UNTOUCHED);
	/* A request for no objects succeeds and creates nothing. */
	assert_int_equal(ipcx_create(x, NULL, 0, &t), 0);
	assert_int_equal(ipcx_table_rows(t), 0);
	ipcx_table_free(t);
}

static void test_rows_and_fields(void **state)
{
	struct ipcx *x = *state;
	const struct ipcx_value before = { .type = IPCX_TYPE_KEY, .as.u = 77 };
	struct ipcx_value v = before;
	struct ipcx_table *t, *shares = UNTOUCHED;

	make_small(x, "shm", NULL, NULL);
	t = scan(x, "shm");
	assert_int_equal(ipcx_row_get(t, 1, IPCX_F_ID, &v), -EINVAL);
	assert_int_equal(ipcx_row_get(t, SIZE_MAX, IPCX_F_ID, &v), -EINVAL);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_NO_FIELD, &v), -EINVAL);
	assert_int_equal(ipcx_row_get(t, 0, (enum ipcx_field)1000, &v), -EINVAL);
	assert_int_equal(ipcx_row_get(t, 0, (enum ipcx_field) - 1, &v), -EINVAL);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_NSEMS, &v), -ENODATA);
	assert_true(v.type == before.type && v.as.u == before.as.u);
	assert_int_equal(ipcx_row_mech(t, 1), IPCX_NO_MECH);
	assert_null(ipcx_table_note(t, 0));
	assert_null(ipcx_table_note(t, SIZE_MAX));
	assert_fails(x, ipcx_shares(x, t, 1, &shares), -EINVAL, shares, UNTOUCHED);
	ipcx_table_free(t);
}

static void test_lookups(void **state)
{
	enum ipcx_field field = IPCX_F_LINKS;
	unsigned mech = 77;
	uint64_t mask = 77;

	(void)state;
	assert_int_equal(ipcx_field_by_name("sizes", (size_t)-1, &field), -ENOENT);
	assert_int_equal(ipcx_field_by_name("", (size_t)-1, &field), -ENOENT);
	assert_int_equal(ipcx_field_by_name("size", 3, &field), -ENOENT);
	assert_int_equal(field, IPCX_F_LINKS);
	assert_int_equal(ipcx_field_by_name("sizes", 4, &field), 0);
	assert_int_equal(field, IPCX_F_SIZE);
	assert_int_equal(ipcx_field_by_name("SiZe", (size_t)-1, &field), 0);
	assert_int_equal(ipcx_mech_by_name("shmm", (size_t)-1, &mech), -ENOENT);
	assert_int_equal(ipcx_mech_by_name("", (size_t)-1, &mech), -ENOENT);
	assert_int_equal(ipcx_mech_by_name("sh", (size_t)-1, &mech), -ENOENT);
	assert_int_equal(mech, 77);
	assert_int_equal(ipcx_mech_mask("", &mask), -ENOENT);
	assert_int_equal(ipcx_mech_mask("shm,msg", &mask), -ENOENT);
	assert_int_equal(mask, 77);
	assert_null(ipcx_field_info(IPCX_NO_FIELD));
	assert_null(ipcx_field_info((enum ipcx_field) - 1));
	assert_null(ipcx_mech_info(IPCX_NO_MECH));
	assert_null(ipcx_limit_name(~0U));
	assert_null(ipcx_why_call(SIZE_MAX));
	assert_null(ipcx_why_error("open", 0));
	assert_null(ipcx_why_error("shmget", SIZE_MAX));
	assert_null(ipcx_why_error(NULL, 0));
	assert_null(ipcx_why_argument("", 0));
	assert_null(ipcx_why_argument(NULL, 0));
	assert_false(ipcx_mech_has(IPCX_NO_MECH, IPCX_F_ID));
	assert_false(ipcx_mech_has(0, IPCX_NO_FIELD));
}

static void test_texts(void **state)
{
	static const char *const wishes[] = {
		"", "shm", "shm:", ":1", "nope:1", "shm:0", "shm:-1", "shm:1x2x3", "sem:x"
	};
	static const char *const names[] = { "shmmni", "nope", NULL };
	struct ipcx *x = *state;
	struct ipcx_ref ref, before;
	struct ipcx_expr *e = (struct ipcx_expr *)0x5a5a;
	struct ipcx_table *t = UNTOUCHED;
	size_t column = 0;
	uint32_t key = 77;
	char buf[16] = "as it was";

	memset(&before, 0x5a, sizeof(before));
	ref = before;
	assert_int_equal(ipcx_ref_parse(x, "nope:1", IPCX_NO_MECH, &ref), -EINVAL);
	assert_int_equal(ipcx_ref_parse(x, "shm:4294967296", IPCX_NO_MECH, &ref),
			 -EINVAL);
	assert_int_equal(ipcx_ref_parse(x, "5", 63, &ref), -EINVAL);
	assert_memory_equal(&ref, &before, sizeof(ref));
	assert_fails(x, ipcx_expr_parse(x, "size >", &e, &column), -EINVAL, e,
		     (struct ipcx_expr *)0x5a5a);
	assert_int_equal(column, 7);
	assert_fails(x, ipcx_expr_parse(x, "size >", &e, NULL), -EINVAL, e,
		     (struct ipcx_expr *)0x5a5a);
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++)
		assert_fails(x, ipcx_fit(x, wishes[i], &t), -EINVAL, t, UNTOUCHED);
	assert_fails(x, ipcx_limits(x, names, &t), -ENOENT, t, UNTOUCHED);
	assert_fails(x, ipcx_limit_set(x, "nope", 1), -ENOENT, t, UNTOUCHED);
	assert_fails(x, ipcx_limit_sysctl(x, "nope", 1, buf, sizeof(buf)), -ENOENT, t,
		     UNTOUCHED);
	assert_string_equal(buf, "as it was");
	assert_fails(x, ipcx_key(x, "/nowhere/at/all", 1, &key), -ENOENT, key, 77);
}

static void test_missing_objects(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_ref sem = { .mech = mech_of("sem"), .by = IPCX_BY_ID, .id = 5 };
	struct ipcx_ref shm = { .mech = mech_of("shm"), .by = IPCX_BY_ID };
	struct ipcx_table *t = UNTOUCHED;

	assert_fails(x, ipcx_contents(x, &sem, &t), -ENOENT, t, UNTOUCHED);
	make_small(x, "shm", NULL, &shm);
	assert_fails(x, ipcx_contents(x, &shm, &t), -ENODATA, t, UNTOUCHED);
}

static void test_memory(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_attrs a = { .size = sizeof(a),
				.set = IPCX_A_SIZE | IPCX_A_NAME,
				.mech = mech_of("pshm"),
				.name = "/m",
				.bytes = 100 };
	struct ipcx_ref ref, wrong = { .mech = IPCX_NO_MECH }, queue, segment;
	struct ipcx_mem *const untouched = (struct ipcx_mem *)0x5a5a;
	struct ipcx_mem *m = untouched;
	struct ipcx_ns *ns = NULL;
	struct ipcx_table *t;
	char buf[101] = "as it was";

	assert_int_equal(ipcx_create(x, &a, 1, &t), 0);
	ipcx_table_free(t);
	assert_int_equal(ipcx_ref_parse(x, "pshm:/m", IPCX_NO_MECH, &ref), 0);
	assert_int_equal(ipcx_ref_parse(x, "msg:0", IPCX_NO_MECH, &queue), 0);
	assert_fails(x, ipcx_mem_open(x, &wrong, 0, &m), -EINVAL, m, untouched);
	assert_fails(x, ipcx_mem_open(x, &queue, 0, &m), -EINVAL, m, untouched);
	assert_fails(x, ipcx_mem_open(x, &ref, 2, &m), -EINVAL, m, untouched);
	assert_int_equal(ipcx_ns_open(x, "self", &ns), 0);
	ipcx_use(x, ns);
	assert_int_equal(ipcx_ref_parse(x, "shm:0", IPCX_NO_MECH, &segment), 0);
	assert_fails(x, ipcx_mem_open(x, &segment, 0, &m), -EINVAL, m, untouched);
	assert_int_equal(ipcx_mem_open(x, &ref, IPCX_MEM_WRITE, &m), 0);
	assert_int_equal(ipcx_mem_write(m, 0, "there", 5), 0);
	ipcx_mem_close(m);
	m = untouched;
	assert_int_equal(ipcx_ns_may_act(x, ns), 0);
	ipcx_use(x, NULL);
	ipcx_ns_free(ns);

	assert_int_equal(ipcx_mem_open(x, &ref, 0, &m), 0);
	assert_int_equal(ipcx_mem_size(m), 100);
	assert_int_equal(ipcx_mem_read(m, 0, buf, 101), -ERANGE);
	assert_int_equal(ipcx_mem_read(m, UINT64_MAX, buf, 1), -ERANGE);
	assert_int_equal(ipcx_mem_write(m, 0, "x", 1), -EBADF);
	assert_string_equal(buf, "as it was");
	assert_int_equal(ipcx_mem_read(m, 100, NULL, 0), 0);
	ipcx_mem_close(m);
	assert_int_equal(ipcx_mem_open(x, &ref, IPCX_MEM_WRITE, &m), 0);
	assert_int_equal(ipcx_mem_write(m, 1, buf, 100), -ERANGE);
	assert_int_equal(ipcx_mem_write(m, 99, "x", 1), 0);
	assert_int_equal(ipcx_mem_read(m, 0, buf, 1), -EBADF);
	ipcx_mem_close(m);
	ipcx_mem_close(NULL);
}

/* Nothing was done: the process is where it was, and could otherwise not fail again. */
static void test_maps_of_ids(void **state)
{
	struct ipcx *x = *state;
	const struct ipcx_id_range good = { .size = sizeof(good), .count = 1 };
	const struct ipcx_id_range ranges[] = {
		{ .size = sizeof(good) },
		{ .size = sizeof(good) - 5, .count = 1 },
		{ .size = sizeof(good), .inner = UINT32_MAX, .count = 1 },
		{ .size = sizeof(good), .outer = 2, .count = UINT32_MAX },
		{ .size = sizeof(good), .count = 1, .reserved = 1 },
		{ .size = sizeof(good), .inner = 5, .outer = 999999, .count = 1 },
	};
	const struct ipcx_id_range twice[] = { good, good };
	const struct ipcx_ns_map wrong[] = {
		{ .size = 0 },
		{ .size = sizeof(struct ipcx_ns_map) - 1 },
		{ .size = sizeof(struct ipcx_ns_map), .flags = 4 },
		{ .size = sizeof(struct ipcx_ns_map), .nusers = 1 },
		{ .size = sizeof(struct ipcx_ns_map), .groups = &good, .ngroups = 341 },
		{ .size = sizeof(struct ipcx_ns_map), .users = twice, .nusers = 2 },
		{ .size = sizeof(struct ipcx_ns_map),
		  .users = &good,
		  .nusers = 1,
		  .flags = IPCX_MAP_AUTO_USERS },
	};
	struct ipcx_ns_map map = { .size = sizeof(map), .nusers = 1 };
	struct stat before, after;

	assert_int_equal(stat("/proc/self/ns/user", &before), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(ipcx_ns_new_mapped(x, &wrong[i]), -EINVAL);
		assert_true(*ipcx_error(x));
	}
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		map.users = &ranges[i];
		assert_int_equal(ipcx_ns_new_mapped(x, &map), -EINVAL);
		assert_true(*ipcx_error(x));
	}
	assert_int_equal(stat("/proc/self/ns/user", &after), 0);
	assert_true(before.st_ino == after.st_ino);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_query_struct),
		TEST(test_references),
		TEST(test_newer_references),
		TEST(test_snapshot_alone_is_refused),
		TEST(test_invalid_reference_changes_nothing),
		TEST(test_specifications),
		TEST(test_attributes_struct),
		TEST(test_rows_and_fields),
		TEST(test_lookups),
		TEST(test_texts),
		TEST(test_missing_objects),
		TEST(test_memory),
		TEST(test_maps_of_ids),
	};

	return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
