/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mech/sysvscan.c and sysv.c. The functions here stand in for kernels that refuse calls,
 * omit objects or count wrongly. There is no text to read: the file name
 * used here does not exist in /proc/sysvipc. */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "core/ctx.h"
#include "mech/sysv.h"
#include "unit.h"

/* An object, and the result of each call for it: -errno, or 0 if the call succeeds. */
struct object {
	int id, any, own, stat;
};

static struct {
	const struct object *all;
	int n, count; /* count: the reported number of objects; -1: the true one */
	int asked;    /* number of calls */
} world;

static const struct ix_kind kind = {
	.name = "objects",
	.row_size = sizeof(struct ix_sysv_row),
	IX_COLUMNS(IX_COL(IPCX_F_ID, struct ix_sysv_row, id)),
};

static int highest(void)
{
	return world.n ? world.n - 1 : 0;
}

static int used(void)
{
	int n = 0;

	for (int i = 0; i < world.n; i++)
		n += world.all[i].id >= 0;
	return world.count == -1 ? n : world.count;
}

static int answer(int index, int error, void *row)
{
	world.asked++;
	if (error)
		return error;
	((struct ix_sysv_row *)row)->id = world.all[index].id;
	return world.all[index].id < 0 ? -EINVAL : world.all[index].id;
}

static int any(int index, void *row)
{
	return index < world.n ? answer(index, world.all[index].any, row) : -EINVAL;
}

static int own(int index, void *row)
{
	return index < world.n ? answer(index, world.all[index].own, row) : -EINVAL;
}

static int by_id(int id, void *row)
{
	for (int i = 0; i < world.n; i++)
		if (world.all[i].id == id)
			return answer(i, world.all[i].stat, row);
	return -EINVAL;
}

static int get(uint32_t key, const struct ipcx_attrs *a, int flags)
{
	(void)key;
	(void)a;
	(void)flags;
	return -ENOENT;
}

static const struct ix_sysv cheap = {
	.name = "no such text",
	.kind = &kind,
	.highest = highest,
	.used = used,
	.stat_slot = any,
	.stat_slot_own = own,
	.stat_id = by_id,
	.get = get,
};

static int keep(struct ix_scan *s)
{
	ix_table_keep(s->t);
	return 1;
}

/* Result of a listing: the ids as text, and the notes. */
static struct look {
	char ids[4096];
	struct ipcx_table *t;
} look;

static void list(const struct ix_sysv *v, uint64_t max_rows)
{
	struct ix_scan s = { .keep = keep, .max_rows = max_rows };
	const struct ipcx_note *n;

	assert_int_equal(ipcx_new(&s.x), 0);
	ipcx_table_free(look.t);
	assert_int_equal(ix_table_new(&look.t), 0);
	s.t = look.t;
	assert_int_equal(ix_table_section(s.t, &kind, 0), 0);
	do {
		s.resume = s.t->resume;
		s.t->resume = 0;
		assert_int_equal(ix_sysv_scan(&s, v), 0);
	} while (s.t->resume);
	look.ids[0] = '\0';
	for (size_t i = 0; i < s.t->rows; i++) {
		const struct ix_section *section;
		const struct ix_sysv_row *row = ix_table_at(s.t, i, &section);
		size_t len = strlen(look.ids);

		(void)snprintf(look.ids + len, sizeof(look.ids) - len, "%s%d",
			       i ? " " : "", row->id);
	}
	for (size_t i = 0; (n = ipcx_table_note(look.t, i)); i++) {
		size_t len = strlen(look.ids);

		(void)snprintf(look.ids + len, sizeof(look.ids) - len, " [%s]", n->text);
	}
	ipcx_free(s.x);
}

static void play(const struct object *all, int n, int count)
{
	world.all = all;
	world.n = n;
	world.count = count;
	world.asked = 0;
}

#define PLAY(count, ...)                                                              \
	play((const struct object[]){ __VA_ARGS__ },                                  \
	     (int)(sizeof((struct object[]){ __VA_ARGS__ }) / sizeof(struct object)), \
	     (count))
#define OLD(id)                     \
	{                           \
		(id), -EINVAL, 0, 0 \
	}
#define OBJECT(id)            \
	{                     \
		(id), 0, 0, 0 \
	}
#define HOLE OBJECT(-1)

static struct ix_sysv costly(void)
{
	struct ix_sysv v = cheap;

	v.used_is_costly = true;
	return v;
}

/* Check both ways of counting, in whole listings and in slices. */
static void both(const char *ids)
{
	struct ix_sysv v = costly();

	list(&cheap, 0);
	assert_string_equal(look.ids, ids);
	list(&v, 0);
	assert_string_equal(look.ids, ids);
}

static void test_all_objects_are_listed(void **state)
{
	(void)state;
	PLAY(-1, HOLE, OBJECT(1), HOLE, OBJECT(32771), OBJECT(4));
	both("1 32771 4");
	assert_true(ipcx_table_complete(look.t));
	list(&cheap, 1);
	assert_string_equal(look.ids, "1 32771 4");
	PLAY(-1, HOLE);
	both("");
}

static void test_refused_calls(void **state)
{
	char failed[80];

	(void)state;
	/* The newer call is refused, but the older call may be permitted. */
	PLAY(-1, OBJECT(0), { 1, -EACCES, 0, 0 }, OBJECT(2));
	both("0 1 2");
	assert_true(ipcx_table_complete(look.t));
	/* All sources refuse. */
	PLAY(-1, OBJECT(0), { 1, -EACCES, -EACCES, 0 }, { 2, -EPERM, -EPERM, 0 },
	     OBJECT(3));
	both("0 3 [2 objects may not be looked at]");
	assert_false(ipcx_table_complete(look.t));
	assert_int_equal(ipcx_table_failures(look.t, NULL), 1);
	PLAY(-1, OBJECT(0), { 1, -EIO, -EIO, 0 });
	(void)snprintf(failed, sizeof(failed), "0 [1 objects cannot be read: %s]",
		       strerror(EIO));
	both(failed);
	PLAY(-1, { 0, -EACCES, -EACCES, 0 });
	both(" [1 objects may not be looked at]");
}

/* A kernel before 4.17, or a program that emulates one. */
static void test_without_stat_any(void **state)
{
	(void)state;
	PLAY(-1, OLD(0), OLD(1), HOLE, OLD(3));
	both("0 1 3");
	assert_true(ipcx_table_complete(look.t));
	PLAY(-1, OLD(0), { 1, -EINVAL, -EACCES, 0 }, OLD(2));
	both("0 2 [1 objects may not be looked at]");
	PLAY(-1, { 0, -EINVAL, -EACCES, 0 });
	both(" [1 objects may not be looked at]");
	/* The kernel has neither call, but objects can be counted. */
	PLAY(2, { 0, -EINVAL, -EINVAL, 0 }, { 1, -EINVAL, -EINVAL, 0 });
	both(" [2 of the objects that the kernel counts could not be found]");
	assert_false(ipcx_table_complete(look.t));
	/* Counting fails, too. */
	PLAY(-EINVAL, { 0, -EINVAL, -EINVAL, 0 });
	both(" [whether there are any is unknown: Invalid argument]");
}

/* An object that STAT_ANY omits is found, since the first unused ids are also tried with
 * the older call. */
static void test_omitted_object_is_found(void **state)
{
	struct object many[64];

	(void)state;
	PLAY(-1, OBJECT(0), OLD(1), OBJECT(2));
	both("0 1 2");
	/* If there are many unused ids, only the count of objects reveals that one was
	 * omitted. */
	for (int i = 0; i < 64; i++)
		many[i] = (struct object)OBJECT(i % 2 ? i : -1);
	many[50] = (struct object)OLD(50);
	play(many, 64, -1);
	list(&cheap, 0);
	assert_non_null(strstr(look.ids, " 63 50"));
	assert_null(strchr(look.ids, '['));
	many[50] = (struct object){ 50, -EINVAL, -EINVAL, 0 };
	list(&cheap, 0);
	assert_non_null(
		strstr(look.ids,
		       "[1 of the objects that the kernel counts could not be found]"));
	list(&cheap, 10);
	assert_non_null(
		strstr(look.ids,
		       "[1 of the objects that the kernel counts could not be found]"));
}

/* If ids are dense, a listing makes one call per object; if they are sparse, only a few
 * more. It never tries all ids. */
static void test_number_of_calls(void **state)
{
	static struct object many[1000];

	(void)state;
	for (int i = 0; i < 1000; i++)
		many[i] = (struct object)OBJECT(i);
	play(many, 1000, -1);
	list(&cheap, 0);
	assert_int_equal(world.asked, 1000);
	for (int i = 0; i < 1000; i++)
		many[i].id = i % 10 ? -1 : i;
	play(many, 1000, -1);
	list(&cheap, 0);
	assert_in_range(world.asked, 1000, 1020);
}

/* If IPC_STAT is refused for an id, another object may be in the slot of this id. */
static void test_slot_holds_another_object(void **state)
{
	struct ix_sysv_row row;

	(void)state;
	/* This id is in slot 1 if the index has 15 bits; with 24 bits, its slot does not
	 * exist here. */
	PLAY(-1, OBJECT(0), OBJECT(1), { 32769, 0, 0, -EACCES });
	assert_int_equal(ix_sysv_stat(&cheap, 32769, &row), -EACCES);
	PLAY(-1, OBJECT(0), { 32769, 0, 0, -EACCES });
	assert_int_equal(ix_sysv_stat(&cheap, 32769, &row), 0);
	assert_int_equal(row.id, 32769);
	PLAY(-1, OBJECT(0), { 32769, 0, 0, -EPERM });
	assert_int_equal(ix_sysv_stat(&cheap, 32769, &row), 0);
	assert_int_equal(ix_sysv_stat(&cheap, 5, &row), -EINVAL);
}

/* Arguments and results of the calls, in 64-bit and 32-bit types. */
static void test_widths_of_types(void **state)
{
	(void)state;
	for (size_t i = 1; i <= 4; i *= 2) {
		assert_false(ix_too_wide((UINT64_C(1) << 8 * i) - 1, i));
		assert_true(ix_too_wide(UINT64_C(1) << 8 * i, i));
		assert_false(ix_too_wide_signed((INT64_C(1) << (8 * i - 1)) - 1, i));
		assert_true(ix_too_wide_signed(INT64_C(1) << (8 * i - 1), i));
		assert_false(ix_too_wide_signed(-(INT64_C(1) << (8 * i - 1)), i));
		assert_true(ix_too_wide_signed(-(INT64_C(1) << (8 * i - 1)) - 1, i));
	}
	assert_true(ix_too_wide(UINT64_C(5) << 30, 4));
	assert_false(ix_too_wide(UINT64_C(5) << 30, 8));
	assert_false(ix_too_wide(UINT64_MAX, 8));
	assert_false(ix_too_wide_signed(INT64_MIN, 8));
	assert_false(ix_too_wide_signed(INT64_MAX, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_objects_are_listed),
		cmocka_unit_test(test_refused_calls),
		cmocka_unit_test(test_without_stat_any),
		cmocka_unit_test(test_omitted_object_is_found),
		cmocka_unit_test(test_number_of_calls),
		cmocka_unit_test(test_widths_of_types),
		cmocka_unit_test(test_slot_holds_another_object),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	ipcx_table_free(look.t);
	return r;
}
