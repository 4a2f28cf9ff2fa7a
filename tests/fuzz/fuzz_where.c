/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions on rows of every mechanism, stored as the mechanism stores them, with
 * failing user lookups and unmapped ids. For any condition: the result is true, false
 * or unknown, and the same each time; its negation gives the opposite, or unknown as
 * well; combining a condition with itself does not change the result.
 */
#include <errno.h>

#include "base/esc.h"
#include "core/expr.h"
#include "core/mech.h"
#include "fuzz.h"
#include "people.h"

/* Rows of each kind, and of all eight. */
#define ROWS 6
#define ALL  ((size_t)ROWS * 8)

/* Return the stored value of this field in row i. */
static uint64_t pick(enum ipcx_field f, unsigned i, const ix_text texts[4])
{
	static const uint32_t ids[ROWS] = { 0, 1000, AWAY_ID, 65534, 77777, 1001 };
	static const uint64_t numbers[ROWS] = { 0,          1,    4096, UINT64_C(1) << 40,
						UINT64_MAX, 0x4d2 };
	static const uint64_t times[ROWS] = { 0,          1795255200,
					      1,          UINT64_MAX, /* -1 */
					      1795255199, INT64_MAX };

	for (size_t n = 0; n < IX_NAMED; n++)
		if (ix_name_fields[n].id == f)
			return ids[(i + n) % ROWS];
	if (f == IPCX_F_MODE)
		return i * 0111;
	switch (ipcx_field_info(f)->type) {
	case IPCX_TYPE_STRING:
		return texts[(i + (unsigned)f) % 4];
	case IPCX_TYPE_TIME:
		return times[(i + (unsigned)f) % ROWS];
	case IPCX_TYPE_BOOL:
		return i % 2;
	case IPCX_TYPE_REAL:
		return 0; /* 0.0 */
	case IPCX_TYPE_GRADE:
		return i % 4;
	case IPCX_TYPE_NONE:
	case IPCX_TYPE_INT:
	case IPCX_TYPE_UINT:
	case IPCX_TYPE_MODE:
	case IPCX_TYPE_KEY:
	case IPCX_TYPE_ROWS:
		break;
	}
	return numbers[(i + (unsigned)f) % ROWS];
}

static void put(void *row, const struct ix_column *c, uint64_t value)
{
	char *to = (char *)row + c->offset;

	/* Store the low bytes, wherever they are in a number of the column's size. */
	if (c->size == 1)
		*(uint8_t *)to = (uint8_t)value;
	else if (c->size == 2)
		memcpy(to, &(uint16_t){ (uint16_t)value }, 2);
	else if (c->size == 4)
		memcpy(to, &(uint32_t){ (uint32_t)value }, 4);
	else
		memcpy(to, &value, 8);
}

static void add_row(struct ipcx_table *t, const struct ix_kind *kind, unsigned i,
		    const ix_text texts[4])
{
	struct ix_row *row = ix_table_row(t);

	CHECK(row);
	for (unsigned k = 0; k < kind->ncolumns; k++) {
		const struct ix_column *c = &kind->columns[k];
		unsigned f = c->field;

		if (c->size && !c->derive)
			put(row, c, pick((enum ipcx_field)f, i, texts));
		else if (c->size && !ix_find_name_field((enum ipcx_field)f) &&
			 ipcx_field_info((enum ipcx_field)f)->type == IPCX_TYPE_STRING &&
			 c->size == sizeof(ix_text))
			put(row, c, 0); /* the source of a derived text: none */
		if (i == 4 && f % 3 == 0)
			ix_unknown(t, row, (enum ipcx_field)f);
	}
	for (size_t n = 0; i == 3 && n < IX_NAMED; n++)
		row->unmapped |= 1U << n;
	ix_table_keep(t);
}

static struct ipcx_table *real_rows(void)
{
	ix_text texts[4] = { 0 };
	struct ipcx_table *t;

	CHECK(ix_table_new(&t) == 0);
	t->now = 1795255200;
	t->id_bits = 15;
	texts[1] = ix_table_text(t, "/keep");
	texts[2] = ix_table_text(t, "bob");
	texts[3] = ix_table_text(t, "\x1b\xff a'b");
	CHECK(ix_names_add(&t->users, 0, ix_table_text(t, "root")) == 0 &&
	      ix_names_add(&t->users, 1000, ix_table_text(t, "bob")) == 0 &&
	      ix_names_add(&t->users, AWAY_ID, IX_UNKNOWN_NAME) == 0 &&
	      ix_names_add(&t->users, 77777, IX_NO_NAME) == 0 &&
	      ix_names_add(&t->groups, AWAY_ID, IX_UNKNOWN_NAME) == 0);
	t->users.error = t->groups.error = -EIO;
	for (unsigned m = 0; ix_mech(m); m++) {
		CHECK(ix_table_section(t, ix_mech(m)->kind, m) == 0);
		for (unsigned i = 0; i < ROWS; i++)
			add_row(t, ix_mech(m)->kind, i, texts);
	}
	CHECK(!t->starved && t->rows == ALL);
	return t;
}

/* Return the same rows for every input: nothing may change them. */
static const struct ipcx_table *rows(void)
{
	static struct ipcx_table *t;

	t = t ? t : real_rows();
	return t;
}

static int match(const struct ipcx_expr *e, size_t row)
{
	int r = ipcx_expr_match(e, rows(), row), error = errno;

	CHECK(r >= -1 && r <= 1);
	CHECK(error == 0 || (r == -1 && (error == EIO || error == ENOMEM)));
	return r;
}

/* A template into which a condition is inserted once or twice, and the expected result of
 * the whole if the condition is true, false or unknown. */
struct law {
	const char *before, *between, *after; /* between: NULL if it occurs once */
	int yes, no, unknown;
	bool of_mode; /* only for rows whose mode is known */
};

/* clang-format off */
static const struct law laws[] = {
	{ "!(",   NULL,       ")",              0, 1, -1, false },
	{ "!(!(", NULL,       "))",             1, 0, -1, false },
	{ "(",    ") && !(",  ")",              0, 0, -1, false },
	{ "(",    ") || !(",  ")",              1, 1, -1, false },
	{ "(",    ") && (",   ")",              1, 0, -1, false },
	{ "(",    ") || (",   ")",              1, 0, -1, false },
	{ "(",    NULL,       ") && mode < 0",  0, 0, 0,  true },
	{ "(",    NULL,       ") || mode >= 0", 1, 1, 1,  true },
};
/* clang-format on */

/* Return false if the text becomes too long or too deep. */
static bool put_into(struct ipcx *x, const struct law *law, const char *text,
		     struct ipcx_expr **ret_e)
{
	const char *again = law->between ? text : "";
	const char *between = law->between ? law->between : "";
	size_t len = 2 * strlen(text) + 40;
	auto_free char *other = malloc(len);

	CHECK(other);
	(void)snprintf(other, len, "%s%s%s%s%s", law->before, text, between, again,
		       law->after);
	return ipcx_expr_parse(x, other, ret_e, NULL) == 0;
}

static bool mode_known(size_t row)
{
	struct ipcx_value v;

	return ipcx_row_get(rows(), row, IPCX_F_MODE, &v) == 0 &&
	       v.type != IPCX_TYPE_NONE;
}

static void check_law(struct ipcx *x, const struct law *law, const char *text,
		      const int says[ALL])
{
	struct ipcx_expr *e = NULL;

	if (!put_into(x, law, text, &e))
		return;
	for (size_t i = 0; i < ALL; i++) {
		int want = says[i] > 0 ? law->yes : says[i] == 0 ? law->no : law->unknown;

		CHECK((law->of_mode && !mode_known(i)) || match(e, i) == want);
	}
	ipcx_expr_free(e);
}

/* Check that the fields that a condition reads are listed and exist. */
static void check_fields(const struct ipcx_expr *e)
{
	struct ipcx_fieldset read = ipcx_expr_fields(e);

	CHECK(!ipcx_fieldset_empty(&read));
	for (unsigned f = 0; f < IPCX_NO_FIELD; f++)
		CHECK(!ipcx_fieldset_has(&read, (enum ipcx_field)f) ||
		      ipcx_field_info((enum ipcx_field)f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);
	struct ipcx_expr *e = NULL;
	struct ipcx *x = NULL;
	size_t column = 0;
	int says[ALL], r;

	CHECK(ipcx_new(&x) == 0);
	r = ipcx_expr_parse(x, text, &e, &column);
	if (r == 0) {
		check_fields(e);
		CHECK(ipcx_expr_match(e, rows(), ALL) == -1);
		for (size_t i = 0; i < ALL; i++)
			says[i] = match(e, i);
		for (size_t i = 0; i < ALL; i++)
			CHECK(match(e, i) == says[i]);
		for (size_t l = 0; l < ARRAY_SIZE(laws); l++)
			check_law(x, &laws[l], text, says);
	} else {
		/* EIO: a user lookup failed. */
		CHECK(r == -EINVAL || r == -EIO || r == -ENOMEM);
		CHECK(r == -ENOMEM || (column >= 1 && column <= strlen(text) + 1));
		CHECK(!strpbrk(ipcx_error(x), "\n\x1b"));
	}
	ipcx_expr_free(e);
	ipcx_free(x);
	return 0;
}
