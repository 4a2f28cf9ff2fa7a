/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/rows.c, core/box.c: values that consist of rows, and the fields that describe the
 * first container. */
#include "core/box.h"

#include <string.h>

#include "base/util.h"
#include "core/columns.h"
#include "unit.h"

#define HOME 4026531839
#define AWAY 4026532999

struct row {
	struct ix_row head;
	uint64_t n;
	uint32_t boxes;
};

static const struct ix_kind placed = {
	.name = "objects",
	.row_size = sizeof(struct row),
	IX_COLUMNS(IX_COL(IPCX_F_OBJECTS, struct row, n), IX_PLACE_COLUMNS),
};
static const struct ix_kind own = {
	.name = "users",
	.row_size = sizeof(struct row),
	IX_COLUMNS(IX_COL(IPCX_F_OBJECTS, struct row, n),
		   IX_BOX_COLUMNS(struct row, boxes)),
};

static const struct ix_box web = { .label = "docker:web",
				   .runtime = "docker",
				   .name = "web",
				   .unit = "docker.service",
				   .uid = 0,
				   .pid = 12,
				   .ns = AWAY };
static const struct ix_box app = { .label = "1000/k8s:prod/db-0/app",
				   .runtime = "k8s",
				   .name = "app",
				   .id = "0123456789ab",
				   .pod = "db-0",
				   .pod_namespace = "prod",
				   .ipc_mode = "pod",
				   .uid = 1000 };

static const char *text(const struct ipcx_table *t, size_t row, enum ipcx_field f)
{
	static struct ipcx_value v;

	assert_int_equal(ipcx_row_get(t, row, f, &v), 0);
	return v.type == IPCX_TYPE_NONE ? NULL : ipcx_value_string(&v);
}

static struct row *add(struct ipcx_table *t, const struct ix_kind *kind)
{
	struct row *row;

	assert_int_equal(ix_table_section(t, kind, IPCX_NO_MECH), 0);
	row = ix_table_row(t);
	assert_non_null(row);
	return row;
}

static void place(struct ipcx_table *t, uint64_t ns, const struct ix_box *all, size_t n,
		  bool unnamed)
{
	struct ix_boxes *boxes = n ? ix_boxes_new(all, n) : NULL;

	assert_int_equal(ix_table_place(t, ns, boxes, unnamed), 0);
	free(boxes);
}

static void test_containers_of_a_place(void **state)
{
	const struct ix_box both[] = { app, web };
	struct ipcx_table *t;
	const struct ipcx_table *rows;
	struct ipcx_value v;
	size_t first = 9, n = 9;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	place(t, HOME, NULL, 0, false);
	(void)add(t, &placed);
	ix_table_keep(t);
	place(t, AWAY, both, 2, true);
	(void)add(t, &placed);
	ix_table_keep(t);

	assert_null(text(t, 0, IPCX_F_CONTAINER));
	assert_null(text(t, 0, IPCX_F_RUNTIME));
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_CONTAINERS, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_ROWS);
	assert_string_equal(ipcx_value_string(&v), "");
	assert_null(ipcx_value_rows(&v, &first, &n));

	assert_string_equal(text(t, 1, IPCX_F_CONTAINER), "1000/k8s:prod/db-0/app");
	assert_string_equal(text(t, 1, IPCX_F_RUNTIME), "k8s");
	assert_string_equal(text(t, 1, IPCX_F_POD), "db-0");
	assert_string_equal(text(t, 1, IPCX_F_POD_NS), "prod");
	assert_null(text(t, 1, IPCX_F_SYSTEMD_UNIT));
	assert_int_equal(ipcx_row_get(t, 1, IPCX_F_CONTAINER_UID, &v), 0);
	assert_int_equal(v.as.u, 1000);
	assert_string_equal(text(t, 1, IPCX_F_CONTAINERS),
			    "1000/k8s:prod/db-0/app,docker:web");
	assert_int_equal(ipcx_row_get(t, 1, IPCX_F_CONTAINERS, &v), 0);
	rows = ipcx_value_rows(&v, &first, &n);
	assert_non_null(rows);
	assert_int_equal(n, 2);
	assert_string_equal(text(rows, first, IPCX_F_POD_NAMESPACE), "prod");
	assert_string_equal(text(rows, first, IPCX_F_IPC_MODE), "pod");
	assert_string_equal(text(rows, first + 1, IPCX_F_NAME), "web");
	assert_string_equal(text(rows, first + 1, IPCX_F_SYSTEMD_UNIT), "docker.service");
	assert_null(text(rows, first + 1, IPCX_F_CONTAINER_ID));
	ipcx_table_free(t);
}

/* Whether there is a container may be unknown: then all that tells of one is. */
static void test_unknown_containers(void **state)
{
	struct ipcx_fieldset unknown;
	struct ipcx_table *t;
	struct ipcx_value v;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	place(t, AWAY, NULL, 0, true);
	(void)add(t, &placed);
	ix_table_keep(t);
	unknown = ipcx_row_unknown(t, 0);
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		const struct ipcx_fieldset boxes = ix_box_fields();

		assert_int_equal(ipcx_fieldset_has(&unknown, (enum ipcx_field)f),
				 ipcx_fieldset_has(&boxes, (enum ipcx_field)f));
	}
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_CONTAINERS, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_NONE);
	ipcx_table_free(t);
}

/* Rows of processes: each has its own container, and several may have the same. */
static void test_containers_of_rows(void **state)
{
	struct ipcx_table *t, *copy;
	uint32_t lists[2];

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	lists[0] = ix_box_list(t, &web, 1);
	lists[1] = ix_box_list(t, &app, 1);
	assert_int_equal(ix_box_list(t, NULL, 0), 0);
	for (unsigned i = 0; i < 4; i++) {
		add(t, &own)->boxes = i < 3 ? lists[i % 2] : 0;
		ix_table_keep(t);
	}
	assert_string_equal(text(t, 0, IPCX_F_CONTAINERS), "docker:web");
	assert_string_equal(text(t, 1, IPCX_F_CONTAINER), "1000/k8s:prod/db-0/app");
	assert_string_equal(text(t, 2, IPCX_F_SYSTEMD_UNIT), "docker.service");
	assert_null(text(t, 3, IPCX_F_CONTAINER));
	assert_string_equal(text(t, 3, IPCX_F_CONTAINERS), "");
	assert_int_equal(t->below[IX_BELOW_BOXES]->rows, 2);

	/* Another table gets copies, which outlive the first. */
	assert_int_equal(ix_table_new(&copy), 0);
	assert_int_equal(ix_table_same_place(copy, t,
					     &(struct ix_where){ .ns = AWAY,
								 .boxes = lists[1] }),
			 0);
	(void)add(copy, &placed);
	ix_table_keep(copy);
	ipcx_table_free(t);
	assert_string_equal(text(copy, 0, IPCX_F_CONTAINERS), "1000/k8s:prod/db-0/app");
	assert_string_equal(text(copy, 0, IPCX_F_POD), "db-0");
	ipcx_table_free(copy);
}

/* The text of a long list is cut, the rows are not. */
static void test_long_lists(void **state)
{
	struct ix_box many[1000];
	char labels[1000][16], *plus;
	struct ipcx_table *t;
	struct ipcx_value v;
	size_t first, n;

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(many); i++) {
		(void)snprintf(labels[i], sizeof(labels[i]), "docker:c%06u", i);
		many[i] = web;
		many[i].label = labels[i];
	}
	place(t, AWAY, many, ARRAY_SIZE(many), false);
	(void)add(t, &placed);
	ix_table_keep(t);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_CONTAINERS, &v), 0);
	plus = strrchr(ipcx_value_string(&v), '+');
	assert_non_null(plus);
	assert_true(plus - ipcx_value_string(&v) <= IX_ROWS_TEXT + 1000);
	assert_non_null(ipcx_value_rows(&v, &first, &n));
	assert_int_equal(n, 1000);
	n = strtoul(plus + 1, NULL, 10);
	for (const char *p = ipcx_value_string(&v); p < plus; p++)
		n += *p == ',';
	assert_int_equal(n, 1000);
	ix_table_reset(t);
	assert_int_equal(t->below[IX_BELOW_BOXES]->rows, 0);
	ipcx_table_free(t);
}

/* As text, rows are ordered and matched like a string. */
static void test_rows_as_text(void **state)
{
	struct ipcx_table *t;
	struct ipcx_value a, b;
	char buf[64];

	(void)state;
	assert_int_equal(ix_table_new(&t), 0);
	ix_rows_value(t, ix_box_list(t, &web, 1), &a);
	ix_rows_value(t, ix_box_list(t, &app, 1), &b);
	assert_true(ipcx_value_compare(&a, &b) > 0 && ipcx_value_compare(&a, &a) == 0);
	assert_int_equal(ipcx_value_format(&a, buf, sizeof(buf)), 10);
	assert_string_equal(buf, "docker:web");
	b = (struct ipcx_value){ .type = IPCX_TYPE_STRING, .as.private_s = "docker:web" };
	assert_int_equal(ipcx_value_compare(&a, &b), 0);
	assert_null(ipcx_value_rows(&b, &(size_t){ 0 }, &(size_t){ 0 }));
	assert_null(ipcx_value_rows(NULL, &(size_t){ 0 }, &(size_t){ 0 }));
	assert_null(ipcx_value_rows(&a, NULL, &(size_t){ 0 }));
	ipcx_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containers_of_a_place),
		cmocka_unit_test(test_unknown_containers),
		cmocka_unit_test(test_containers_of_rows),
		cmocka_unit_test(test_long_lists),
		cmocka_unit_test(test_rows_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
