/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query/same.c: whether an object is still the one that was listed. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "mech/posix.h"
#include "mech/sysv.h"
#include "query/query.h"
#include "unit.h"

static unsigned mech_of(const char *name)
{
	unsigned mech = IPCX_NO_MECH;

	assert_int_equal(ipcx_mech_by_name(name, (size_t)-1, &mech), 0);
	return mech;
}

static struct ipcx_table *table(const char *mech)
{
	struct ipcx_table *t = NULL;

	assert_int_equal(ix_table_new(&t), 0);
	assert_int_equal(ix_table_section(t, ix_mech(mech_of(mech))->kind, mech_of(mech)),
			 0);
	return t;
}

static struct ix_sysv_row *add_id(struct ipcx_table *t, int32_t id)
{
	struct ix_sysv_row *row = ix_table_row(t);

	assert_non_null(row);
	row->id = id;
	row->key = 0x4d2;
	row->cuid = 1000;
	row->ctime = 1795255200;
	ix_table_keep(t);
	return row;
}

static struct ix_posix_row *add_name(struct ipcx_table *t, const char *name)
{
	const struct ix_section *last = &t->sections[t->nsections - 1];
	const struct ix_column *links = ix_section_column(last, IPCX_F_LINKS);
	struct ix_posix_row *row = ix_table_row(t);
	const uint64_t one = 1;

	assert_non_null(row);
	/* A file without links has no name. */
	if (links->size)
		memcpy((char *)row + links->offset, &one, sizeof(one));
	row->name = row->ref = ix_table_text(t, name);
	row->uid = 1000;
	row->mode = 0600;
	row->dev = 3;
	row->ino = 5;
	ix_table_keep(t);
	return row;
}

/* Return whether the object in the last row of now is in the table before, by the
 * function that a scan uses; *ret_notes is the number of notes that this adds. */
static bool same(struct ipcx_table *before, struct ipcx_table *now, size_t *ret_notes)
{
	struct ix_section *last = &now->sections[now->nsections - 1];
	struct ix_scan s = { .t = now, .mech = last->mech, .same = before };
	const struct ipcx_note *note;
	bool is;

	assert_int_equal(ipcx_new(&s.x), 0);
	assert_int_equal(ix_same_index(&s), 0);
	is = ix_same_object(&s,
			    now->shared.data + now->shared.len - last->kind->row_size);
	free(s.same_index);
	ipcx_free(s.x);
	for (*ret_notes = 0; (note = ipcx_table_note(now, *ret_notes)); ++*ret_notes) {
		assert_int_equal(note->kind, IPCX_NOTE_FAILED);
		assert_non_null(strstr(note->text, "left alone"));
	}
	return is;
}

static void test_same_id(void **state)
{
	struct ipcx_table *before = table("sem"), *now;
	size_t notes;

	(void)state;
	for (int32_t id = 0; id < 300; id++)
		(void)add_id(before, id * 32769 % 1000003);
	for (int change = 0; change < 5; change++) {
		struct ix_sysv_row *row;

		now = table("sem");
		row = add_id(now, 7 * 32769 % 1000003);
		row->uid = 5; /* after chown the object is still the same */
		row->mode = 0777;
		row->key += change == 1;
		row->cuid += change == 2;
		row->ctime += change == 3;
		row->id += change == 4; /* an object that was not listed gets no note */
		assert_int_equal(same(before, now, &notes), change == 0);
		assert_int_equal(notes, change > 0 && change < 4);
		ipcx_table_free(now);
	}
	ipcx_table_free(before);
}

/* A named object is the same if its file is the same, whatever the owner or the contents
 * are now. */
static void test_same_name(void **state)
{
	struct ipcx_table *before = table("pshm"), *now;
	size_t notes;

	(void)state;
	(void)add_name(before, "/a");
	(void)add_name(before, "/b");
	for (int change = 0; change < 4; change++) {
		struct ix_posix_row *row;

		now = table("pshm");
		row = add_name(now, change == 3 ? "/c" : "/b");
		row->ctime = row->mtime = 77;
		row->uid = 5;
		row->mode = 0777;
		row->ino += change == 1;
		row->dev += change == 2;
		assert_int_equal(same(before, now, &notes), change == 0);
		assert_int_equal(notes, change == 1 || change == 2);
		ipcx_table_free(now);
	}
	ipcx_table_free(before);
}

/* An object of another mechanism is a different one, even with the same id or name. */
static void test_other_mechanisms(void **state)
{
	struct ipcx_table *before = table("shm"), *now = table("msg");
	size_t notes;

	(void)state;
	(void)add_id(before, 5);
	(void)add_id(now, 5);
	assert_false(same(before, now, &notes));
	assert_int_equal(notes, 0);
	ipcx_table_free(now);
	ipcx_table_free(before);
	before = table("pshm");
	now = table("psem");
	(void)add_name(before, "/a");
	(void)add_name(now, "/a");
	assert_false(same(before, now, &notes));
	ipcx_table_free(now);
	ipcx_table_free(before);
}

static void test_empty_list(void **state)
{
	struct ipcx_table *before = NULL, *now = table("shm");
	size_t notes;

	(void)state;
	assert_int_equal(ix_table_new(&before), 0);
	(void)add_id(now, 5);
	assert_false(same(before, now, &notes));
	assert_int_equal(notes, 0);
	ipcx_table_free(now);
	ipcx_table_free(before);
}

/* An id belongs to one namespace; an object of our own namespace is the same whether the
 * namespace was named in the query or not. A named object is the same file from any
 * namespace. */
static void test_namespaces_of_ids(void **state)
{
	struct ipcx_table *before, *now;
	size_t notes;

	(void)state;
	for (int place = 0; place < 3; place++) {
		struct stat own;

		assert_int_equal(stat("/proc/self/ns/ipc", &own), 0);
		before = table("shm");
		assert_int_equal(ix_table_new(&now), 0);
		if (place)
			assert_int_equal(ix_table_place(now, own.st_ino + (place == 2),
							NULL, false),
					 0);
		assert_int_equal(ix_table_section(now, ix_mech(mech_of("shm"))->kind,
						  mech_of("shm")),
				 0);
		(void)add_id(before, 5);
		(void)add_id(now, 5);
		assert_int_equal(same(before, now, &notes), place != 2);
		assert_int_equal(notes, 0);
		ipcx_table_free(now);
		ipcx_table_free(before);
	}
	before = table("pshm");
	assert_int_equal(ix_table_new(&now), 0);
	assert_int_equal(ix_table_place(now, 1, NULL, false), 0);
	assert_int_equal(ix_table_section(now, ix_mech(mech_of("pshm"))->kind,
					  mech_of("pshm")),
			 0);
	(void)add_name(before, "/a");
	(void)add_name(now, "/a");
	assert_true(same(before, now, &notes));
	ipcx_table_free(now);
	ipcx_table_free(before);
}

/* If a mark of identity was unknown when the object was listed or is unknown now, the
 * object does not count as the same. */
static void test_unknown_marks_do_not_match(void **state)
{
	struct ipcx_table *before = table("shm"), *now = table("shm");
	size_t notes;

	(void)state;
	ix_unknown(before, add_id(before, 5), IPCX_F_KEY);
	(void)add_id(now, 5);
	assert_false(same(before, now, &notes));
	assert_int_equal(notes, 1);
	ipcx_table_free(now);
	now = table("shm");
	ix_unknown(now, add_id(now, 5), IPCX_F_KEY);
	assert_false(same(before, now, &notes));
	assert_int_equal(notes, 1);
	ipcx_table_free(now);
	ipcx_table_free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_id),
		cmocka_unit_test(test_same_name),
		cmocka_unit_test(test_other_mechanisms),
		cmocka_unit_test(test_empty_list),
		cmocka_unit_test(test_namespaces_of_ids),
		cmocka_unit_test(test_unknown_marks_do_not_match),
	};

	return cmocka_run_group_tests_name("same", tests, NULL, NULL);
}
