/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions: whatever can be parsed can be evaluated, and its negation gives the
 * opposite result.
 */
#include "core/expr.h"

#include <errno.h>

#include "base/esc.h"
#include "fuzz.h"
#include "people.h"
#include "rows.h"

/* Evaluate e for each row, and check that its fields are listed. */
static void evaluate(const struct ipcx_expr *e, const struct ipcx_table *t,
		     int answers[4])
{
	struct ipcx_fieldset read = ipcx_expr_fields(e);

	for (int i = 0; i < 4; i++) {
		answers[i] = ipcx_expr_match(e, t, (size_t)i);
		CHECK(answers[i] >= -1 && answers[i] <= 1);
	}
	CHECK(answers[3] == -1);
	CHECK(!ipcx_fieldset_empty(&read));
	for (unsigned f = 0; f < IPCX_NO_FIELD; f++)
		CHECK(!ipcx_fieldset_has(&read, (enum ipcx_field)f) ||
		      ipcx_field_info((enum ipcx_field)f));
}

static void check_negation(struct ipcx *x, const char *text, const struct ipcx_table *t,
			   const int answers[4])
{
	auto_free char *negated = malloc(strlen(text) + 4);
	struct ipcx_expr *e = NULL;
	int others[4];

	CHECK(negated);
	(void)sprintf(negated, "!(%s)", text);
	/* If an expression has the maximum length or depth, its negation is too long or
	 * too deep. */
	if (ipcx_expr_parse(x, negated, &e, NULL) < 0)
		return;
	evaluate(e, t, others);
	for (int i = 0; i < 4; i++)
		CHECK(others[i] == (answers[i] < 0 ? -1 : !answers[i]));
	ipcx_expr_free(e);
}

static void check_error(const struct ipcx *x, const char *text, size_t column)
{
	CHECK(column >= 1 && column <= strlen(text) + 1);
	CHECK(strncmp(ipcx_error(x), "column ", 7) == 0);
	CHECK(!strpbrk(ipcx_error(x), "\n\x1b"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);
	struct ipcx_table *t = test_table();
	struct ipcx_expr *e = NULL;
	struct ipcx *x = NULL;
	size_t column = 0;
	int answers[4], r;

	CHECK(t && t->rows == 3 && ipcx_new(&x) == 0);
	r = ipcx_expr_parse(x, text, &e, &column);
	if (r == 0) {
		evaluate(e, t, answers);
		check_negation(x, text, t, answers);
	} else if (r == -EINVAL) {
		check_error(x, text, column);
	} else {
		CHECK(r == -ENOMEM || r == -EIO);
	}
	ipcx_expr_free(e);
	ipcx_free(x);
	ipcx_table_free(t);
	return 0;
}
