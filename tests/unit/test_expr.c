/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * core/expr.c, lex.c, check.c, literal.c, eval.c: whether a condition holds for a row,
 * and which texts are not conditions.
 */
#include "core/expr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "people.h"
#include "rows.h"
#include "unit.h"

#define NO  0
#define YES 1
#define UNK (-1)

struct row {
	const char *text;
	int known, unknown; /* results for row 0 and row 1 of rows.h */
};

/* clang-format off */
static const struct row rows[] = {
	/* numbers, signs and units */
	{ "size == 4M", YES, YES },
	{ "size == 4194304", YES, YES },
	{ "size == 0x400000", YES, YES },
	{ "size == '4M'", YES, YES },
	{ "size > 4M", NO, NO },
	{ "size >= 4M", YES, YES },
	{ "size < 4.1M", YES, YES },
	{ "size != 4MB", YES, YES },
	{ "4M <= size", YES, YES },
	{ "4M < size", NO, NO },
	{ "5M <= size", NO, NO },
	{ "5M > size", YES, YES },
	{ "4M >= size", YES, YES },
	{ "3M >= size", NO, NO },
	{ "size>1M", YES, YES },
	{ "SIZE > 1M", YES, YES },
	{ "size > -1", YES, YES },
	{ "swap == 18446744073709551615", YES, YES },
	{ "swap > 18446744073709551614", YES, YES },
	{ "swap > 15.9E", YES, YES },
	{ "swap == -1", NO, NO },
	{ "swap > -1", YES, YES },
	{ "limit < swap", YES, YES },
	{ "limit == 18446744073709551614", YES, YES },
	{ "nattch == 3", YES, YES },
	{ "nattch <= 3", YES, YES },
	{ "nattch <= 2", NO, NO },
	{ "nattch < 1K", YES, YES },
	{ "mtype == -7", YES, YES },
	{ "mtype < 0", YES, YES },
	{ "mtype < 18446744073709551615", YES, YES },
	{ "mtype < nattch", YES, YES },
	{ "mtype > swap", NO, NO },
	{ "uid != cuid", YES, YES },
	{ "cuid == 0", YES, YES },
	/* spans and percentages */
	{ "age > 1h", YES, YES },
	{ "age == 1h30m", YES, YES },
	{ "age == 5400", YES, YES },
	{ "age > 1.5h", NO, NO },
	{ "age > 5399.5s", YES, YES },
	{ "age < 5400.000000001s", YES, YES },
	{ "age < 20000000000", YES, YES },
	{ "age < 18446744073709551615", YES, YES },
	{ "p99 == 12345", YES, YES },
	{ "p99 == 12345ns", YES, YES },
	{ "p99 == 12.345us", YES, YES },
	{ "p99 < 50us", YES, YES },
	{ "p99 > 0.012ms", YES, YES },
	{ "p99 > 13us", NO, NO },
	{ "p99 < 1ms2us", YES, YES },
	{ "p99 > 1s", NO, NO },
	{ "p99 < 18446744073709551615", YES, YES },
	{ "p99 > nattch", YES, YES },
	{ "use_percent == 12.5%", YES, YES },
	{ "use_percent == 12.5", YES, YES },
	{ "use_percent > 12", YES, YES },
	{ "use_percent < 80%", YES, YES },
	{ "use_percent < nattch", NO, NO },
	/* keys and modes */
	{ "key == 0x4d2", YES, YES },
	{ "key == 1234", YES, YES },
	{ "key == 02322", YES, YES },
	{ "key < -1", YES, YES },
	{ "mode == 0600", YES, YES },
	{ "mode == 600", YES, YES },
	{ "mode < 644", YES, YES },
	/* times */
	{ "ctime == 2026-11-21T10:00:00Z", YES, YES },
	{ "ctime == 2026-11-21T12:00:00+02:00", YES, YES },
	{ "ctime == @1795255200", YES, YES },
	{ "ctime > 2026-11-21", YES, YES },
	{ "ctime == 2026-11-21 10:00", YES, YES },
	{ "ctime == 2026-11-21 10:00 && nattch == 3", YES, YES },
	{ "ctime == '2026-11-21 10:00'", YES, YES },
	{ "ctime > 2026-11-21T10:00:00.5Z", NO, NO },
	{ "ctime < 2026-11-21T10:00:00.5Z", YES, YES },
	{ "ctime > @-1", YES, YES },
	/* flags */
	{ "dest", YES, UNK },
	{ "!dest", NO, UNK },
	{ "not dest", NO, UNK },
	{ "locked", NO, NO },
	{ "!locked", YES, YES },
	{ "dest == true", YES, UNK },
	{ "dest == YES", YES, UNK },
	{ "dest != 0", YES, UNK },
	{ "locked == no", YES, YES },
	{ "1 == dest", YES, UNK },
	{ "dest != locked", YES, UNK },
	{ "dest && nattch == 0", NO, NO },
	/* grades: possible < likely < certain */
	{ "grade == likely", YES, UNK },
	{ "grade == 'likely'", YES, UNK },
	{ "grade == \"LIKELY\"", YES, UNK },
	{ "grade != likely", NO, UNK },
	{ "grade >= possible", YES, UNK },
	{ "grade > possible", YES, UNK },
	{ "grade >= likely", YES, UNK },
	{ "grade > likely", NO, UNK },
	{ "grade < certain", YES, UNK },
	{ "grade <= 'possible'", NO, UNK },
	{ "'certain' > grade", YES, UNK },
	{ "!(grade >= certain)", YES, UNK },
	{ "grade =~ ^like", YES, UNK },
	{ "grade =~ ^2$", NO, UNK },
	{ "grade != null", YES, UNK },
	{ "unknown(grade)", NO, YES },
	{ "held_grade == null", YES, YES },
	{ "held_grade < likely", UNK, UNK },
	{ "held_grade != certain", UNK, UNK },
	{ "held_grade == grade", UNK, UNK },
	{ "grade >= grade", YES, UNK },
	{ "unknown(held_grade)", NO, NO },
	/* texts */
	{ "owner == bob", YES, UNK },
	{ "owner == 'bob'", YES, UNK },
	{ "owner == \"bob\"", YES, UNK },
	{ "owner != root", YES, UNK },
	{ "owner == eve", NO, UNK },
	{ "owner != eve", YES, UNK },
	{ "owner == creator", NO, UNK },
	{ "owner != creator", YES, UNK },
	{ "creator == owner", NO, UNK },
	{ "owner < creator", YES, UNK },
	{ "owner == 1000", YES, UNK },
	{ "owner != 1000", NO, UNK },
	{ "owner == 01000", YES, UNK },
	{ "1001 != owner", YES, UNK },
	{ "owner == 666", NO, UNK },
	{ "owner == 42", NO, UNK }, /* the name of uid 4242 */
	{ "owner == name", NO, UNK },
	{ "owner != name", YES, UNK },
	{ "owner < c", YES, UNK },
	{ "owner >= c", NO, UNK },
	{ "owner == null", NO, UNK },
	{ "owner != null", YES, UNK },
	{ "group == root", UNK, UNK },
	{ "group != root", UNK, UNK },
	{ "!(group == root)", UNK, UNK },
	{ "owner == group", UNK, UNK },
	{ "'bob' == owner", YES, UNK },
	{ "creator == root", YES, YES },
	{ "creator == root && status == 'dest' && owner == bob", YES, UNK },
	{ "status == 'dest'", YES, YES },
	{ "status == \"\\x64\\x65\\x73\\x74\"", YES, YES },
	{ "name == '/tmp \xc3\xa4\"x\"'", YES, YES },
	{ "name == \"/tmp \xc3\xa4\\\"x\\\"\"", YES, YES },
	{ "name == '/tmp\\x20\\xc3\\xa4\"x\"'", YES, YES },
	{ "name == '/tmp\\\\x20'", NO, NO },
	{ "name == ''", NO, NO },
	{ "name == 'null'", NO, NO },
	{ "name == 'and'", NO, NO },
	/* patterns */
	{ "owner =~ o", YES, UNK },
	{ "owner =~ ^o", NO, UNK },
	{ "owner =~ '^(bob|eve)$'", YES, UNK },
	{ "name =~ ^/tmp", YES, YES },
	{ "name =~ '^/tmp '", YES, YES },
	{ "name =~ '\\\\.'", NO, NO },
	{ "status =~ dest", YES, YES },
	{ "size =~ ^41943", YES, YES },
	{ "mtype =~ ^-7$", YES, YES },
	{ "mode =~ ^0600$", YES, YES },
	{ "key =~ ^0x000004d2$", YES, YES },
	{ "locked =~ ^false$", YES, YES },
	{ "use_percent =~ ^12.5$", YES, YES },
	{ "ctime =~ ^2026-11-21T10:00:00Z$", YES, YES },
	{ "swap =~ ^18446744073709551615$", YES, YES },
	{ "rss =~ .", YES, UNK },
	/* unknown values */
	{ "rss > 0", YES, UNK },
	{ "!(rss > 0)", NO, UNK },
	{ "rss != 5", YES, UNK },
	{ "size > rss", YES, UNK },
	{ "rss < size", YES, UNK },
	/* null means that there is no value; a comparison with an unknown value is
	 * unknown */
	{ "rss == null", NO, UNK },
	{ "rss != null", YES, UNK },
	{ "null == rss", NO, UNK },
	{ "rss == NULL", NO, UNK },
	{ "!(rss == null)", YES, UNK },
	{ "!(rss != null)", NO, UNK },
	{ "lpid != null", NO, NO },
	{ "!(lpid == null)", NO, NO },
	{ "dest == null", NO, UNK },
	/* the result of unknown() is itself always known */
	{ "unknown(rss)", NO, YES },
	{ "!unknown(rss)", YES, NO },
	{ "not unknown(rss)", YES, NO },
	{ "UNKNOWN( RSS )", NO, YES },
	{ "unknown (rss)", NO, YES },
	{ "unknown(size)", NO, NO },
	{ "unknown(lpid)", NO, NO },
	{ "unknown(atime)", NO, NO },
	{ "unknown(nsems)", NO, NO },
	{ "!unknown(nsems)", YES, YES },
	{ "unknown(owner)", NO, YES },
	{ "unknown(group)", NO, NO },
	{ "unknown(rss) || rss > 0", YES, YES },
	{ "unknown(rss) || rss == null || rss != null", YES, YES },
	{ "unknown(rss) && size > 0", NO, YES },
	{ "!unknown(dest) && dest", YES, NO },
	{ "name == 'unknown'", NO, NO },
	{ "name == unknown", NO, NO },
	{ "lpid == null", YES, YES },
	{ "lpid == 0", UNK, UNK },
	{ "atime == null", YES, YES },
	{ "atime < 2026-01-01", UNK, UNK },
	{ "nsems == null", UNK, UNK },
	{ "nsems != null", UNK, UNK },
	{ "!(nsems == null)", UNK, UNK },
	{ "!(nsems != null)", UNK, UNK },
	{ "null == nsems || size > 0", YES, YES },
	{ "nsems == null && size < 0", NO, NO },
	{ "nsems > 0", UNK, UNK },
	{ "nsems > 0 && size > 0", UNK, UNK },
	{ "nsems > 0 && size < 0", NO, NO },
	{ "size < 0 && nsems > 0", NO, NO },
	{ "nsems > 0 || size > 0", YES, YES },
	{ "nsems > 0 || size < 0", UNK, UNK },
	{ "size < 0 || nsems > 0 || size > 0", YES, YES },
	{ "nsems > 0 || nsems <= 0", UNK, UNK },
	{ "!(nsems > 0 && size < 0)", YES, YES },
	{ "!!(nsems > 0)", UNK, UNK },
	{ "rss == null || rss > 0", YES, UNK },
	/* precedence: F && F || T, F || T && F, … */
	{ "size < 0 && size < 0 || size > 0", YES, YES },
	{ "size > 0 || size > 0 && size < 0", YES, YES },
	{ "(size > 0 || size > 0) && size < 0", NO, NO },
	{ "!locked && locked", NO, NO },
	{ "!(locked && locked)", YES, YES },
	{ "!size < 0", YES, YES },
	{ "not size < 0 and not locked", YES, YES },
	{ "NOT locked AND size > 0 OR locked", YES, YES },
	{ "locked or not locked and size > 0", YES, YES },
	{ " \t\n( ( size>0 ) )\r\n", YES, YES },
	{ "!!!!locked", NO, NO },
	{ "size>0&&size>0||locked", YES, YES },
};
/* clang-format on */

struct fixture {
	struct ipcx *x;
	struct ipcx_table *t;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.t = test_table();
	*state = &f;
	return !f.t || f.t->rows != 3 || ipcx_new(&f.x) < 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ipcx_table_free(f->t);
	ipcx_free(f->x);
	return 0;
}

static void test_conditions_on_known_and_unknown_values(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ipcx_expr *e = NULL;
		int r = ipcx_expr_parse(f->x, rows[i].text, &e, NULL);

		if (r < 0)
			fail_msg("\"%s\": %s", rows[i].text, ipcx_error(f->x));
		ROW_TRUE(rows[i].text, ipcx_expr_match(e, f->t, 0) == rows[i].known);
		ROW_TRUE(rows[i].text, ipcx_expr_match(e, f->t, 1) == rows[i].unknown);
		ROW_TRUE(rows[i].text, ipcx_expr_match(e, f->t, 3) == UNK);
		ipcx_expr_free(e);
	}
}

/* For a row that lacks the field, the result of the condition is unknown. */
static void test_absent_field_is_unknown(void **state)
{
	static const struct {
		const char *text;
		int says;
	} cases[] = {
		{ "size > 0", UNK },
		{ "!(size > 0)", UNK },
		{ "size == null", UNK },
		{ "size != null", UNK },
		{ "size == null || size != null", UNK },
		{ "unknown(size)", NO },
		{ "!unknown(size)", YES },
		{ "unknown(limit)", NO },
		{ "limit != null", YES },
		{ "limit > 0", YES },
		{ "limit > 0 || size > 0", YES },
		{ "limit > 0 && size > 0", UNK },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ipcx_expr *e = NULL;

		assert_int_equal(ipcx_expr_parse(f->x, cases[i].text, &e, NULL), 0);
		ROW_TRUE(cases[i].text, ipcx_expr_match(e, f->t, 2) == cases[i].says);
		ipcx_expr_free(e);
	}
}

static void test_fields_of_a_condition(void **state)
{
	const struct ipcx_fieldset want = IPCX_FIELDSET(IPCX_F_OWNER, IPCX_F_SIZE,
							IPCX_F_RSS, IPCX_F_SWAP,
							IPCX_F_DEST);
	struct ipcx_fieldset read;
	struct fixture *f = *state;
	struct ipcx_expr *e = NULL;

	assert_int_equal(
		ipcx_expr_parse(
			f->x,
			"rss < size && !(dest || owner =~ x) && swap != null && 1M > size",
			&e, NULL),
		0);
	read = ipcx_expr_fields(e);
	assert_memory_equal(&read, &want, sizeof(want));
	ipcx_expr_free(e);
	ipcx_expr_free(NULL);
}

/* Rows whose owner has no known name, or no uid in this user namespace. */
static void test_owners_of_another_user_namespace(void **state)
{
	static const struct {
		const char *text;
		int remote, unmapped, error; /* result if the lookup fails: 0 or -errno */
	} cases[] = {
		{ "owner =~ .", UNK, UNK, EIO },
		{ "!(owner =~ ^b)", UNK, UNK, EIO },
		{ "owner < x", UNK, UNK, EIO },
		{ "owner == name", UNK, UNK, EIO },
		{ "owner != name", UNK, UNK, EIO },
		{ "owner =~ . && size > 0", UNK, UNK, EIO },
		{ "owner =~ . && size < 0", NO, NO, 0 },
		{ "owner =~ . || size > 0", YES, YES, 0 },
		{ "size < 0 || !(owner =~ .)", UNK, UNK, EIO },
		{ "owner == bob", NO, UNK, 0 },
		{ "owner != bob", YES, UNK, 0 },
		{ "owner == 666", YES, UNK, 0 },
		{ "owner != creator", YES, UNK, 0 },
		{ "owner != null", YES, YES, 0 },
		{ "owner == null", NO, NO, 0 },
		{ "uid == 666", YES, YES, 0 },
		{ "nsems > 0 && owner =~ .", UNK, UNK, EIO },
		{ "nsems > 0", UNK, UNK, 0 },
	};
	struct fixture *f = *state;
	struct ipcx_table *t = test_table();
	struct test_row *row;

	assert_non_null(t);
	assert_int_equal(ix_table_section(t, &test_kind, 0), 0);
	assert_int_equal(ix_names_add(&t->users, AWAY_ID, IX_UNKNOWN_NAME), 0);
	t->users.error = -EIO;
	for (int i = 0; i < 2; i++) {
		row = ix_table_row(t);
		assert_non_null(row);
		row->size = 1;
		row->uid = AWAY_ID;
		row->name = ix_table_text(t, "x");
		row->head.unmapped = i ? 1 : 0;
		ix_table_keep(t);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ipcx_expr *e = NULL;

		assert_int_equal(ipcx_expr_parse(f->x, cases[i].text, &e, NULL), 0);
		ROW_TRUE(cases[i].text, ipcx_expr_match(e, t, 3) == cases[i].remote);
		ROW_TRUE(cases[i].text, errno == cases[i].error);
		ROW_TRUE(cases[i].text, ipcx_expr_match(e, t, 4) == cases[i].unmapped);
		ROW_TRUE(cases[i].text, errno == 0);
		ipcx_expr_free(e);
	}
	ipcx_table_free(t);
}

/* A user named in a condition is looked up only once, not again for each row. */
static void test_literal_is_looked_up_once(void **state)
{
	struct fixture *f = *state;
	struct ipcx_expr *e = NULL;

	people_asked = 0;
	assert_int_equal(ipcx_expr_parse(f->x, "owner == bob", &e, NULL), 0);
	assert_int_equal(people_asked, 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(ipcx_expr_match(e, f->t, 0), YES);
	assert_int_equal(people_asked, 1);
	ipcx_expr_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions_on_known_and_unknown_values),
		cmocka_unit_test(test_absent_field_is_unknown),
		cmocka_unit_test(test_fields_of_a_condition),
		cmocka_unit_test(test_owners_of_another_user_namespace),
		cmocka_unit_test(test_literal_is_looked_up_once),
	};

	return cmocka_run_group_tests_name("expr", tests, set_up, tear_down);
}
