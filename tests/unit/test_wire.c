/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/wire.c: a table is turned into bytes and back; invalid bytes leave the table of
 * the reader unchanged. */
#include "core/wire.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "core/box.h"
#include "rows.h"
#include "unit.h"

#define HOME 4026531839
#define AWAY 4026532999

static uint32_t offset_of(struct ipcx_table *t, const char *name)
{
	ix_text text = ix_table_text(t, name);

	assert_true(text != 0);
	return text;
}

/* The containers of a place. */
static const struct ix_box all[] = {
	{ .label = "docker:w\x1b"
		   "eb",
	  .runtime = "docker",
	  .name = "w\x1b"
		  "eb",
	  .uid = 1000,
	  .pid = 12,
	  .ns = AWAY },
	{ .label = "k8s:prod/db-0/app",
	  .runtime = "k8s",
	  .id = "0123456789ab",
	  .name = "app",
	  .pod = "db-0",
	  .pod_namespace = "prod",
	  .unit = "cri.scope",
	  .ipc_mode = "private",
	  .pid = 13 },
};

/* Return a table with everything that a table can hold. */
static struct ipcx_table *full_table(void)
{
	struct ipcx_table *t = test_table();
	struct ix_boxes *boxes;
	struct test_row *row;

	assert_non_null(t);
	for (uint32_t i = 0; i < 100; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "user%u", i);
		assert_int_equal(ix_names_add(&t->users, 100000 + i, offset_of(t, name)),
				 0);
	}
	assert_int_equal(ix_names_add(&t->users, 7, IX_NO_NAME), 0);
	assert_int_equal(ix_names_add(&t->users, 8, IX_UNKNOWN_NAME), 0);
	t->users.error = -EIO;
	assert_int_equal(ix_names_add(&t->groups, 0, offset_of(t, "root")), 0);
	assert_int_equal(ix_table_place(t, HOME, NULL, false), 0);
	assert_int_equal(ix_table_section(t, &test_kind, 1), 0);
	for (unsigned i = 0; i < 50; i++) {
		row = ix_table_row(t);
		assert_non_null(row);
		row->size = i;
		row->name = ix_table_text(t, i % 2 ? "odd" : "");
		ix_table_keep(t);
	}
	boxes = ix_boxes_new(all, ARRAY_SIZE(all));
	assert_non_null(boxes);
	assert_int_equal(ix_table_place(t, AWAY, boxes, false), 0);
	free(boxes);
	assert_int_equal(ix_table_section(t, &bare_kind, 2), 0);
	row = ix_table_row(t);
	assert_non_null(row);
	row->limit = UINT64_MAX;
	ix_table_keep(t);
	ix_table_note(t, IPCX_NOTE_FAILED, 1, -EACCES, "shm:5", "no %s", "rights");
	ix_table_note(t, IPCX_NOTE_FAILED, IPCX_NO_MECH, 0, NULL, "%s", "");
	t->resume = UINT64_C(1) << 63;
	t->now = NOW;
	t->id_bits = 15;
	t->numeric = true;
	return t;
}

static bool same_value(const struct ipcx_value *a, const struct ipcx_value *b)
{
	if (a->type != b->type)
		return false;
	return a->type == IPCX_TYPE_STRING
		       ? !strcmp(ipcx_value_string(a), ipcx_value_string(b))
		       : a->as.u == b->as.u;
}

static void same_rows(const struct ipcx_table *a, const struct ipcx_table *b)
{
	assert_int_equal(ipcx_table_rows(a), ipcx_table_rows(b));
	for (size_t i = 0; i < ipcx_table_rows(a); i++) {
		assert_int_equal(ipcx_row_mech(a, i), ipcx_row_mech(b, i));
		for (unsigned f = 0; f < ipcx_field_count(); f++) {
			struct ipcx_value v = { .as.u = 1 }, w = { .as.u = 1 };
			int r = ipcx_row_get(a, i, f, &v);

			assert_int_equal(r, ipcx_row_get(b, i, f, &w));
			if (r == 0 && !same_value(&v, &w))
				fail_msg("row %zu, field %u", i, f);
		}
	}
}

static void same_notes(const struct ipcx_table *a, const struct ipcx_table *b)
{
	const struct ipcx_note *n, *m;
	size_t i = 0;

	for (; (n = ipcx_table_note(a, i)); i++) {
		m = ipcx_table_note(b, i);
		assert_non_null(m);
		assert_true(n->kind == m->kind && n->mech == m->mech &&
			    n->error == m->error && n->hint == m->hint);
		assert_string_equal(n->subject, m->subject);
		assert_string_equal(n->text, m->text);
	}
	assert_null(ipcx_table_note(b, i));
}

static void same_names(const struct ix_names *a, const struct ix_names *b)
{
	assert_int_equal(a->used, b->used);
	assert_int_equal(a->error, b->error);
	for (size_t i = 0; i < a->cap; i++) {
		const struct ix_name *slot = &a->slots[i], *found;

		if (!slot->off)
			continue;
		found = ix_names_find(b, slot->id);
		assert_non_null(found);
		assert_int_equal(found->off, slot->off);
	}
	assert_null(ix_names_find(b, 123456));
}

/* The rows below, field by field. */
static void same_boxes(const struct ipcx_table *a, uint32_t list_a,
		       const struct ipcx_table *b, uint32_t list_b)
{
	const struct ipcx_table *rows_a, *rows_b;
	size_t first_a, first_b, n = 0, m = 0;
	struct ipcx_value va, vb;

	ix_rows_value(a, list_a, &va);
	ix_rows_value(b, list_b, &vb);
	assert_int_equal(ipcx_value_compare(&va, &vb), 0);
	rows_a = ipcx_value_rows(&va, &first_a, &n);
	rows_b = ipcx_value_rows(&vb, &first_b, &m);
	assert_true(!rows_a == !rows_b && n == m);
	for (size_t i = 0; i < n; i++)
		for (unsigned f = 0; f < ipcx_field_count(); f++) {
			int r = ipcx_row_get(rows_a, first_a + i, (enum ipcx_field)f,
					     &va);

			assert_int_equal(r, ipcx_row_get(rows_b, first_b + i,
							 (enum ipcx_field)f, &vb));
			if (r == 0)
				assert_int_equal(ipcx_value_compare(&va, &vb), 0);
		}
}

static void same(const struct ipcx_table *a, const struct ipcx_table *b)
{
	same_rows(a, b);
	same_notes(a, b);
	same_names(&a->users, &b->users);
	same_names(&a->groups, &b->groups);
	assert_int_equal(a->nplaces, b->nplaces);
	for (size_t i = 0; i < a->nplaces; i++) {
		assert_true(a->places[i].ns == b->places[i].ns);
		same_boxes(a, a->places[i].boxes, b, b->places[i].boxes);
	}
	assert_true(a->resume == b->resume && a->now == b->now);
	assert_true(a->id_bits == b->id_bits && a->numeric == b->numeric &&
		    a->starved == b->starved);
	assert_string_equal(ipcx_table_kind(a), ipcx_table_kind(b));
}

static void pack(const struct ipcx_table *t, struct ix_buf *b)
{
	*b = (struct ix_buf){ 0 };
	assert_int_equal(ix_table_pack(t, b), 0);
}

/* The bytes hold the complete table: the table read from them needs neither the original
 * nor the bytes any longer. */
static void test_round_trip(void **state)
{
	struct ipcx_table *t = full_table(), *wanted = full_table(), *got = NULL;
	struct ipcx_value boxes;
	struct ix_buf b;

	(void)state;
	pack(t, &b);
	ipcx_table_free(t);
	assert_int_equal(ix_table_new(&got), 0);
	got->numeric = false;
	assert_int_equal(ix_table_unpack(got, b.data, b.len), 0);
	memset(b.data, 0xa5, b.len);
	ix_buf_free(&b);
	same(wanted, got);
	assert_int_equal(ipcx_table_rows(got), 54);
	assert_int_equal(got->nplaces, 2);
	ix_rows_value(got, got->places[1].boxes, &boxes);
	assert_string_equal(ipcx_value_string(&boxes), "docker:w\x1b"
						       "eb,k8s:prod/db-0/app");
	ipcx_table_free(wanted);
	ipcx_table_free(got);
}

static void test_empty_table(void **state)
{
	struct ipcx_table *t = NULL, *got = full_table();
	struct ix_buf b;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	pack(t, &b);
	assert_int_equal(ix_table_unpack(got, b.data, b.len), 0);
	ix_buf_free(&b);
	same(t, got);
	assert_int_equal(ipcx_table_rows(got), 0);
	ipcx_table_free(t);
	ipcx_table_free(got);
}

/* A received table is like any other: rows can be appended. */
static void test_received_table_can_grow(void **state)
{
	struct ipcx_table *t = full_table(), *got = NULL;
	struct test_row *row;
	struct ipcx_value v;
	struct ix_buf b;

	(void)state;
	pack(t, &b);
	assert_int_equal(ix_table_new(&got), 0);
	assert_int_equal(ix_table_unpack(got, b.data, b.len), 0);
	ix_buf_free(&b);
	assert_int_equal(ix_table_section(got, &bare_kind, 2), 0);
	assert_int_equal(got->nsections, t->nsections);
	assert_int_equal(ix_table_section(got, &test_kind, 3), 0);
	row = ix_table_row(got);
	assert_non_null(row);
	row->name = ix_table_text(got, "new");
	ix_table_keep(got);
	ix_table_note(got, IPCX_NOTE_FAILED, 0, 0, "new", "%s", "newer");
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(ix_names_add(&got->users, i + 1000, 1), 0);
	assert_int_equal(ipcx_row_get(got, 54, IPCX_F_NAME, &v), 0);
	assert_string_equal(ipcx_value_string(&v), "new");
	assert_non_null(ipcx_table_note(got, 2));
	assert_string_equal(ipcx_table_note(got, 2)->text, "newer");
	assert_int_equal(ix_names_find(&got->users, 100099)->off,
			 ix_names_find(&t->users, 100099)->off);
	assert_int_equal(ix_names_find(&got->users, 1099)->off, 1);
	ipcx_table_free(t);
	ipcx_table_free(got);
}

/* Check that these bytes are refused and leave the table unchanged to its last byte; the
 * buffer has exactly their size. */
static void refused(struct ipcx_table *t, const char *data, size_t len)
{
	struct ipcx_table before = *t;
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, data, len);
	r = ix_table_unpack(t, copy, len);
	free(copy);
	if (r != -EPROTO)
		fail_msg("%zu bytes: %d", len, r);
	assert_memory_equal(t, &before, sizeof(before));
}

/* The bytes of a child that was killed while it was writing. */
static void test_truncated_bytes_are_refused(void **state)
{
	struct ipcx_table *t = full_table(), *keep = test_table(), *wanted = test_table();
	struct ix_buf b;

	(void)state;
	assert_non_null(keep);
	assert_non_null(wanted);
	keep->now = wanted->now = NOW;
	pack(t, &b);
	for (size_t len = 0; len < b.len; len++)
		refused(keep, b.data, len);
	same(wanted, keep);
	assert_int_equal(ix_table_unpack(keep, b.data, b.len), 0);
	same(t, keep);
	ix_buf_free(&b);
	ipcx_table_free(t);
	ipcx_table_free(keep);
	ipcx_table_free(wanted);
}

/* Lengths that exceed the length of all bytes. */
static void test_wrong_lengths_are_refused(void **state)
{
	static const size_t lengths[] = { SIZE_MAX, SIZE_MAX - sizeof(size_t),
					  SIZE_MAX / 2 };
	struct ipcx_table *t = full_table(), *keep = test_table();
	size_t at = 0, len, pieces = 0;
	struct ix_buf b;

	(void)state;
	assert_non_null(keep);
	pack(t, &b);
	for (; at < b.len; at += sizeof(len) + len, pieces++) {
		size_t more;

		memcpy(&len, b.data + at, sizeof(len));
		more = b.len - at - sizeof(len) + 1;
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			memcpy(b.data + at, &lengths[i], sizeof(len));
			refused(keep, b.data, b.len);
		}
		memcpy(b.data + at, &more, sizeof(len));
		refused(keep, b.data, b.len);
		memcpy(b.data + at, &len, sizeof(len));
	}
	assert_true(at == b.len && pieces == 10 + IX_BELOWS);
	ix_buf_free(&b);
	ipcx_table_free(t);
	ipcx_table_free(keep);
}

/* A header of a different size is refused, even if everything else is valid. */
static void test_other_header_size_is_refused(void **state)
{
	static const size_t heads[] = { 0, 8, sizeof(struct ipcx_table) - 8,
					sizeof(struct ipcx_table) + 8 };
	struct ipcx_table *t = full_table(), *keep = test_table();
	const size_t rest = sizeof(size_t) + sizeof(*t);
	struct ix_buf b;

	(void)state;
	assert_non_null(keep);
	pack(t, &b);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		auto_buf struct ix_buf other = { 0 };

		assert_int_equal(ix_buf_add(&other, &heads[i], sizeof(heads[i])), 0);
		assert_int_equal(ix_buf_add(&other, b.data + sizeof(size_t), heads[i]),
				 0);
		assert_int_equal(ix_buf_add(&other, b.data + rest, b.len - rest), 0);
		refused(keep, other.data, other.len);
	}
	ix_buf_free(&b);
	ipcx_table_free(t);
	ipcx_table_free(keep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty_table),
		cmocka_unit_test(test_received_table_can_grow),
		cmocka_unit_test(test_truncated_bytes_are_refused),
		cmocka_unit_test(test_wrong_lengths_are_refused),
		cmocka_unit_test(test_other_header_size_is_refused),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
