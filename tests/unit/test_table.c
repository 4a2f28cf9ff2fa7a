/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/table.c, core/columns.c: rows, sections, strings, notes, and the getter. */
#include "core/table.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "core/columns.h"
#include "core/ctx.h"
#include "rows.h"
#include "unit.h"

static struct ipcx_value get(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	struct ipcx_value v = { .type = IPCX_TYPE_NONE, .as.u = 77 };

	assert_int_equal(ipcx_row_get(t, row, f, &v), 0);
	return v;
}

static void test_values(void **state)
{
	struct ipcx_table *t = test_table();

	(void)state;
	assert_non_null(t);
	assert_int_equal(ipcx_table_rows(t), 3);
	assert_true(get(t, 0, IPCX_F_SIZE).type == IPCX_TYPE_UINT);
	assert_true(get(t, 0, IPCX_F_SIZE).as.u == UINT64_C(4) << 20);
	assert_true(get(t, 0, IPCX_F_SWAP).as.u == UINT64_MAX);
	assert_true(get(t, 0, IPCX_F_MTYPE).as.i == -7);
	assert_true(get(t, 0, IPCX_F_USE_PERCENT).as.d == 12.5);
	assert_true(get(t, 0, IPCX_F_MODE).type == IPCX_TYPE_MODE);
	assert_true(get(t, 0, IPCX_F_MODE).as.u == 0600);
	assert_true(get(t, 0, IPCX_F_KEY).type == IPCX_TYPE_KEY);
	assert_true(get(t, 0, IPCX_F_DEST).type == IPCX_TYPE_BOOL);
	assert_true(get(t, 0, IPCX_F_CTIME).type == IPCX_TYPE_TIME);
	assert_true(get(t, 0, IPCX_F_AGE).as.u == 5400);
	assert_string_equal(get(t, 0, IPCX_F_STATUS).as.private_s, "dest");
	ipcx_table_free(t);
}

/* There are four different results: unknown, "zero means none", no such field, and no
 * such row. */
static void test_four_kinds_of_no_value(void **state)
{
	struct ipcx_table *t = test_table();
	struct ipcx_value v = { .type = IPCX_TYPE_MODE, .as.u = 77 };

	(void)state;
	assert_true(get(t, 1, IPCX_F_RSS).type == IPCX_TYPE_NONE);
	assert_true(get(t, 1, IPCX_F_OWNER).type == IPCX_TYPE_NONE);
	assert_true(get(t, 1, IPCX_F_SIZE).type == IPCX_TYPE_UINT);
	assert_true(get(t, 0, IPCX_F_ATIME).type == IPCX_TYPE_NONE);
	assert_true(get(t, 0, IPCX_F_LPID).type == IPCX_TYPE_NONE);
	assert_true(get(t, 0, IPCX_F_CUID).type == IPCX_TYPE_UINT); /* 0 is a valid uid */
	assert_int_equal(ipcx_row_get(t, 2, IPCX_F_SIZE, &v), -ENODATA);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_NSEMS, &v), -ENODATA);
	assert_int_equal(ipcx_row_get(t, 3, IPCX_F_SIZE, &v), -EINVAL);
	assert_int_equal(ipcx_row_get(t, SIZE_MAX, IPCX_F_SIZE, &v), -EINVAL);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_NO_FIELD, &v), -EINVAL);
	assert_true(v.type == IPCX_TYPE_MODE && v.as.u == 77);
	ipcx_table_free(t);
}

struct widths {
	struct ix_row head;
	int64_t i8;
	int32_t i4;
	int16_t i2;
	int8_t i1;
};

static const struct ix_kind widths_kind = {
	.name = "widths",
	.row_size = sizeof(struct widths),
	IX_COLUMNS(IX_COL(IPCX_F_MTYPE, struct widths, i8),
		   IX_COL(IPCX_F_CPID, struct widths, i4),
		   IX_COL(IPCX_F_LPID, struct widths, i2),
		   IX_COL(IPCX_F_LSPID, struct widths, i1)),
};

/* Values are read from members of every size, signed and unsigned. */
static void test_widths_of_members(void **state)
{
	static const enum ipcx_field fields[] = { IPCX_F_MTYPE, IPCX_F_CPID, IPCX_F_LPID,
						  IPCX_F_LSPID };
	struct ipcx_table *t = NULL;
	struct widths *row;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	assert_int_equal(ix_table_section(t, &widths_kind, IPCX_NO_MECH), 0);
	for (int n = -1; n <= 1; n++) {
		row = ix_table_row(t);
		assert_non_null(row);
		*row = (struct widths){
			.i8 = n, .i4 = n, .i2 = (int16_t)n, .i1 = (int8_t)n
		};
		ix_table_keep(t);
	}
	for (size_t i = 0; i < 3; i++)
		for (size_t f = 0; f < ARRAY_SIZE(fields); f++)
			assert_true(get(t, i, fields[f]).as.i == (int64_t)i - 1);
	assert_string_equal(ipcx_table_kind(t), "widths");
	ipcx_table_free(t);
}

/* A row that is not kept is dropped, and the next row begins with all bytes zero. */
static void test_rows_are_dropped(void **state)
{
	struct ipcx_table *t = NULL;
	struct test_row *row;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	assert_string_equal(ipcx_table_kind(t), "objects");
	assert_int_equal(ix_table_section(t, &test_kind, 0), 0);
	for (int i = 0; i < 5000; i++) {
		row = ix_table_row(t);
		assert_non_null(row);
		assert_true(row->size == 0 && row->head.unknown == 0);
		row->size = (uint64_t)i;
		row->head.unmapped = i % 2 ? UINT32_MAX : 0;
		if (i % 2 == 0)
			ix_table_keep(t);
	}
	assert_int_equal(ipcx_table_rows(t), 2500);
	for (size_t i = 0; i < 2500; i++)
		assert_true(get(t, i, IPCX_F_SIZE).as.u == 2 * i);
	ipcx_table_free(t);
}

/* Sections of several kinds and mechanisms, some of them empty. */
static void test_sections(void **state)
{
	struct ipcx_table *t = NULL;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	for (unsigned i = 0; i < 30; i++) {
		bool bare = i % 3 == 0;

		assert_int_equal(
			ix_table_section(t, bare ? &bare_kind : &test_kind, i / 5), 0);
		if (i % 4 == 0)
			continue;
		((struct test_row *)ix_table_row(t))->limit = i;
		ix_table_keep(t);
	}
	assert_int_equal(ipcx_table_rows(t), 22);
	for (size_t i = 0, row = 0; i < 30; i++) {
		if (i % 4 == 0)
			continue;
		assert_true(get(t, row, IPCX_F_LIMIT).as.u == i);
		assert_int_equal(ipcx_row_mech(t, row), i / 5);
		row++;
	}
	assert_int_equal(ipcx_row_mech(t, 22), IPCX_NO_MECH);
	ipcx_table_free(t);
}

static void test_strings(void **state)
{
	struct ipcx_table *t = NULL;
	ix_text first, empty;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	first = ix_table_text(t, "first");
	empty = ix_table_text(t, "");
	assert_true(first != 0 && empty != 0 && first != empty);
	assert_int_equal(ix_table_text(t, NULL), 0);
	assert_null(ix_table_string(t, 0));
	for (int i = 0; i < 1000; i++)
		assert_true(ix_table_text(t, "a text that moves the others") != 0);
	assert_string_equal(ix_table_string(t, first), "first");
	assert_string_equal(ix_table_string(t, empty), "");
	ipcx_table_free(t);
}

static void test_notes(void **state)
{
	struct ipcx_table *t = NULL;
	const struct ipcx_note *n;
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(ix_table_new(&t), 0);
	assert_null(ipcx_table_note(t, 0));
	ix_table_note(t, IPCX_NOTE_FAILED, 2, -EPERM, "shm:5", "cannot %s", "remove");
	ix_table_note(t, IPCX_NOTE_INFO, IPCX_NO_MECH, 0, NULL, "%s", text);
	n = ipcx_table_note(t, 0);
	assert_non_null(n);
	assert_true(n->kind == IPCX_NOTE_FAILED && n->mech == 2 && n->error == -EPERM);
	assert_string_equal(n->subject, "shm:5");
	assert_string_equal(n->text, "cannot remove");
	n = ipcx_table_note(t, 1);
	assert_non_null(n);
	assert_true(n->kind == IPCX_NOTE_INFO && n->mech == IPCX_NO_MECH &&
		    n->error == 0);
	assert_string_equal(n->subject, "");
	assert_int_equal(strspn(n->text, "x"), 1023); /* truncated; 1024 with the NUL */
	assert_null(ipcx_table_note(t, 2));
	ipcx_table_free(t);
}

/* A field whose value differs from that of the row before is always reported as changed;
 * a constant field is never reported. */
static void test_changed_fields_are_reported(void **state)
{
	struct ipcx_table *t = NULL;
	struct test_row *row;
	struct ipcx_fieldset set;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ix_table_section(t, i < 4 ? &test_kind : &bare_kind, 0),
				 0);
		row = ix_table_row(t);
		assert_non_null(row);
		row->size = i >= 1;
		row->mode = i >= 2 ? 0644 : 0600;
		if (i >= 3)
			ix_unknown(t, row, IPCX_F_RSS);
		ix_table_keep(t);
	}
	for (size_t first = 0; first < 6; first += first ? 1 : 4) {
		set = ipcx_row_changed(t, first);
		for (size_t i = 0; i < 4; i++)
			assert_true(set.bits[i] == UINT64_MAX);
	}
	set = ipcx_row_changed(t, 1);
	assert_true(ipcx_fieldset_has(&set, IPCX_F_SIZE));
	assert_false(ipcx_fieldset_has(&set, IPCX_F_SWAP) ||
		     ipcx_fieldset_has(&set, IPCX_F_MODE));
	set = ipcx_row_changed(t, 2);
	assert_true(ipcx_fieldset_has(&set, IPCX_F_MODE));
	assert_false(ipcx_fieldset_has(&set, IPCX_F_SIZE) ||
		     ipcx_fieldset_has(&set, IPCX_F_CTIME));
	set = ipcx_row_changed(t, 3);
	assert_true(ipcx_fieldset_has(&set, IPCX_F_RSS));
	ipcx_table_free(t);
}

static const struct ix_kind ages_kind = {
	.name = "objects",
	.row_size = sizeof(struct test_row),
	IX_COLUMNS(IX_COL_ZERO(IPCX_F_CTIME, struct test_row, ctime),
		   IX_DERIVED(IPCX_F_AGE, ix_derive_age)),
};

static void test_ages_are_never_negative(void **state)
{
	static const struct {
		int64_t ctime;
		enum ipcx_type type;
		uint64_t age;
	} rows[] = { { NOW, IPCX_TYPE_UINT, 0 },       { NOW - 90, IPCX_TYPE_UINT, 90 },
		     { NOW + 90, IPCX_TYPE_UINT, 0 },  { -90, IPCX_TYPE_UINT, NOW + 90 },
		     { INT64_MAX, IPCX_TYPE_UINT, 0 }, { 0, IPCX_TYPE_NONE, 0 } };
	struct ipcx_table *t = NULL;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	assert_true(t->now > NOW - INT64_C(200000000));
	t->now = NOW;
	assert_int_equal(ix_table_section(t, &ages_kind, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ipcx_value v;

		((struct test_row *)ix_table_row(t))->ctime = rows[i].ctime;
		ix_table_keep(t);
		v = get(t, i, IPCX_F_AGE);
		assert_int_equal(v.type, rows[i].type);
		assert_true(v.type == IPCX_TYPE_NONE || v.as.u == rows[i].age);
	}
	ipcx_table_free(t);
}

/* A table that could not be built completely is never returned; the error says why. */
static void test_incomplete_table_is_not_returned(void **state)
{
	struct ipcx_table *got = NULL, *t = NULL;
	struct ipcx *x = NULL;

	(void)state;
	assert_int_equal(ipcx_new(&x), 0);
	assert_int_equal(ix_table_new(&t), 0);
	assert_int_equal(ix_table_hand(x, t, 1, &got), 1);
	assert_ptr_equal(got, t);
	got = NULL;
	t->starved = true;
	assert_int_equal(ix_table_hand(x, t, 0, &got), -ENOMEM);
	assert_null(got);
	assert_string_equal(ipcx_error(x), "out of memory");
	assert_int_equal(ix_table_new(&t), 0);
	t->starved = true;
	assert_int_equal(ix_fail_plain(x, -EPERM, "first"), -EPERM);
	assert_int_equal(ix_table_hand(x, t, -EPERM, &got), -EPERM);
	assert_null(got);
	assert_string_equal(ipcx_error(x), "first");
	ipcx_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_four_kinds_of_no_value),
		cmocka_unit_test(test_widths_of_members),
		cmocka_unit_test(test_rows_are_dropped),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_changed_fields_are_reported),
		cmocka_unit_test(test_ages_are_never_negative),
		cmocka_unit_test(test_incomplete_table_is_not_returned),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
