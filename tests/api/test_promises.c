/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the header promises about contexts, tables, values, texts and lists. */
#include "api.h"

#include <inttypes.h>
#include <pwd.h>
#include <unistd.h>

static void test_free_accepts_null(void **state)
{
	(void)state;
	ipcx_free(NULL);
	ipcx_table_free(NULL);
	ipcx_expr_free(NULL);
}

static void test_error_is_empty_at_first(void **state)
{
	struct ipcx *x = *state, *other = NULL;
	struct ipcx_ref ref;

	assert_string_equal(ipcx_error(x), "");
	assert_int_equal(ipcx_new(&other), 0);
	assert_int_equal(ipcx_ref_parse(x, "nope", IPCX_NO_MECH, &ref), -EINVAL);
	assert_non_null(strstr(ipcx_error(x), "nope"));
	assert_string_equal(ipcx_error(other), "");
	ipcx_free(other);
}

static void test_table_outlives_its_context(void **state)
{
	struct ipcx *x = *state, *other = NULL;
	struct ipcx_expr *e = NULL;
	struct ipcx_query q = { .size = sizeof(q) };
	const struct ipcx_fieldset want = IPCX_FIELDSET(IPCX_F_SIZE, IPCX_F_NAME);
	struct ipcx_fieldset read;
	struct ipcx_table *t = NULL;

	make_small(x, "pshm", "/a b", NULL);
	assert_int_equal(ipcx_new(&other), 0);
	assert_int_equal(
		ipcx_expr_parse(other, "size == 4096 && name =~ 'a b'", &e, NULL), 0);
	assert_int_equal(ipcx_mech_mask("pshm", &q.mechs), 0);
	assert_int_equal(ipcx_scan(other, &q, &t), 0);
	ipcx_free(other);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_string_equal(string(t, 0, IPCX_F_NAME), "/a b");
	assert_string_equal(string(t, 0, IPCX_F_REF), "pshm:/a%20b");
	assert_true(*string(t, 0, IPCX_F_OWNER) != '\0');
	assert_int_equal(ipcx_expr_match(e, t, 0), 1);
	read = ipcx_expr_fields(e);
	assert_memory_equal(&read, &want, sizeof(want));
	ipcx_expr_free(e);
	ipcx_table_free(t);
}

/* A snapshot does not change when its objects do. */
static void test_table_does_not_change(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_table *t, *gone;

	make_small(x, "sem", NULL, NULL);
	t = scan(x, "sem");
	q.mechs = IPCX_MECH_BIT(mech_of("sem"));
	assert_int_equal(ipcx_remove(x, &q, &gone), 0);
	ipcx_table_free(gone);
	assert_int_equal(ipcx_table_rows(t), 1);
	assert_int_equal(number(t, 0, IPCX_F_NSEMS), 2);
	assert_int_equal(count(x, "sem"), 0);
	ipcx_table_free(t);
}

/* With IPCX_NUMERIC, owners are shown as numbers. */
static void test_numeric(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_NUMERIC };
	const struct passwd *who = getpwuid(geteuid());
	const enum ipcx_field names[] = { IPCX_F_OWNER, IPCX_F_CREATOR };
	const enum ipcx_field ids[] = { IPCX_F_UID, IPCX_F_CUID };
	struct ipcx_table *t, *named;

	make_small(x, "msg", NULL, NULL);
	q.mechs = IPCX_MECH_BIT(mech_of("msg"));
	named = scan(x, "msg");
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char digits[24];

		(void)snprintf(digits, sizeof(digits), "%" PRIu64, number(t, 0, ids[i]));
		assert_string_equal(string(t, 0, names[i]), digits);
		assert_string_equal(string(named, 0, names[i]),
				    who ? who->pw_name : digits);
	}
	ipcx_table_free(named);
	ipcx_table_free(t);
}

/* The numbers of entries start at 0, each name is found again under its number, and each
 * entry has its texts. */
static void test_lists(void **state)
{
	const struct ipcx_mech_info *m;
	uint64_t all = 0, sysv = 0, posix = 0, process = 0;
	unsigned n = 0;

	(void)state;
	for (; (m = ipcx_mech_info(n)); n++) {
		assert_int_equal(mech_of(m->name), n);
		assert_true(*m->label && *m->object);
		assert_true(m->need || !m->create);
		assert_true(!strcmp(m->group, "sysv") || !strcmp(m->group, "posix") ||
			    (m->unlisted && !strcmp(m->group, "process")));
		/* An object that can be acted on does not last on its own account. */
		assert_true(!m->lasts == (m->create && m->change));
		assert_true((m->require & ~m->create) == 0);
		assert_true(ipcx_mech_has(n, m->named ? IPCX_F_NAME : IPCX_F_ID));
		for (size_t i = 0; i < m->nshown; i++)
			assert_true(ipcx_mech_has(n, m->shown[i]));
	}
	assert_true(n >= 6);
	assert_int_equal(ipcx_mech_mask("all", &all), 0);
	assert_int_equal(ipcx_mech_mask("sysv", &sysv), 0);
	assert_int_equal(ipcx_mech_mask("posix", &posix), 0);
	assert_int_equal(ipcx_mech_mask("process", &process), 0);
	assert_true((sysv | posix) == all && (sysv & posix) == 0);
	/* Named alone, a mechanism is always meant; "all" leaves some out. */
	assert_true((all | process) == IPCX_MECH_BIT(n) - 1 && (all & process) == 0);
	for (unsigned mech = 0; mech < n; mech++) {
		uint64_t one = 0;

		assert_int_equal(ipcx_mech_mask(ipcx_mech_info(mech)->name, &one), 0);
		assert_int_equal(one, IPCX_MECH_BIT(mech));
		assert_true(!(all & one) == ipcx_mech_info(mech)->unlisted);
	}
	for (unsigned f = 0; f < ipcx_field_count(); f++) {
		const struct ipcx_field_info *info = ipcx_field_info((enum ipcx_field)f);
		enum ipcx_field found;

		if (!info)
			continue;
		assert_true(*info->heading && *info->doc);
		assert_non_null(ipcx_type_info(info->type));
		assert_true(ipcx_type_info(info->type)->number ||
			    !ipcx_unit_name(info->unit));
		assert_non_null(ipcx_cost_name(info->cost));
		assert_int_equal(ipcx_field_by_name(info->name, (size_t)-1, &found), 0);
		assert_int_equal(found, f);
	}
	for (n = 0; ipcx_limit_name(n); n++)
		assert_true(*ipcx_limit_name(n));
	assert_true(n > 20);
	assert_int_equal(strspn(ipcx_version(), "0123456789."), strlen(ipcx_version()));
}

/* Types, units and costs have names; for numbers beyond the last, the functions return
 * NULL. */
static void test_names_of_types_units_and_costs(void **state)
{
	const struct ipcx_type_info *info;
	unsigned n = 0;

	(void)state;
	for (; (info = ipcx_type_info((enum ipcx_type)n)); n++) {
		assert_true(*info->name && *info->json);
		assert_true(!info->schema || *info->schema);
	}
	assert_true(n > IPCX_TYPE_KEY);
	assert_null(ipcx_type_info((enum ipcx_type) - 1));
	assert_string_equal(ipcx_type_info(IPCX_TYPE_UINT)->name, "unsigned");
	assert_string_equal(ipcx_type_info(IPCX_TYPE_UINT)->json, "integer");
	assert_null(ipcx_unit_name(IPCX_UNIT_PLAIN));
	assert_null(ipcx_unit_name((enum ipcx_unit)1000));
	assert_string_equal(ipcx_unit_name(IPCX_UNIT_NANOSECONDS), "nanoseconds");
	assert_null(ipcx_cost_name((enum ipcx_cost)1000));
	assert_string_equal(ipcx_cost_name(IPCX_COST_CHEAP), "cheap");
}

/* Texts that are too long are truncated, as by snprintf(3). */
static void test_texts_of_values(void **state)
{
	const struct ipcx_value key = { .type = IPCX_TYPE_KEY, .as.u = 0x4d2 };
	const struct ipcx_value none = { .type = IPCX_TYPE_NONE };
	const struct ipcx_value unheard_of = { .type = (enum ipcx_type)1000 };
	char text[IPCX_VALUE_MAX];

	(void)state;
	assert_int_equal(ipcx_value_format(&key, text, sizeof(text)), 10);
	assert_string_equal(text, "0x000004d2");
	assert_int_equal(ipcx_value_format(&key, text, 5), 10);
	assert_string_equal(text, "0x00");
	assert_int_equal(ipcx_value_format(&key, NULL, 0), 10);
	assert_int_equal(ipcx_value_format(&none, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(ipcx_value_format(&key, NULL, sizeof(text)), -EINVAL);
	assert_int_equal(ipcx_value_format(NULL, text, sizeof(text)), -EINVAL);
	assert_int_equal(ipcx_value_format(&unheard_of, text, sizeof(text)), -EINVAL);
	assert_true(ipcx_value_compare(&none, &key) < 0);
}

/* Every object of every mechanism has every field that is listed for the mechanism. */
static void test_rows_have_every_listed_field(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t;

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if (ipcx_mech_info(m)->create)
			make_small(x, ipcx_mech_info(m)->name, "/x", NULL);
	t = scan(x, "all");
	assert_string_equal(ipcx_table_kind(t), "objects");
	assert_int_equal(ipcx_table_resume(t), 0);
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		unsigned mech = ipcx_row_mech(t, row);

		assert_int_equal(mech, row); /* one of each mechanism, in their order */
		for (unsigned f = 0; f < ipcx_field_count(); f++) {
			const struct ipcx_field_info *info =
				ipcx_field_info((enum ipcx_field)f);
			struct ipcx_value v;
			int r = ipcx_row_get(t, row, (enum ipcx_field)f, &v);
			bool has = ipcx_mech_has(mech, (enum ipcx_field)f);

			assert_int_equal(r, has ? 0 : info ? -ENODATA : -EINVAL);
			assert_true(!has || v.type == IPCX_TYPE_NONE ||
				    v.type == info->type);
			/* A field that is read only on request may cost more than other
			 * fields, but never less. */
			assert_true(!info || ipcx_mech_cost(mech, (enum ipcx_field)f) >=
						     info->cost);
		}
	}
	ipcx_table_free(t);
}

/* For some mechanisms the listing includes this field; for others it takes extra calls,
 * which are made if the field is requested, alone or with the default fields. */
static void test_cost_differs_by_mechanism(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_value v;
	struct ipcx_table *t;
	unsigned shm = 0;

	assert_int_equal(ipcx_mech_by_name("shm", (size_t)-1, &shm), 0);
	make_small(x, "sem", NULL, NULL);
	assert_int_equal(ipcx_mech_mask("sem", &q.mechs), 0);
	assert_int_equal(ipcx_mech_cost(shm, IPCX_F_LPID), IPCX_COST_CHEAP);
	for (int named = 0; named < 3; named++) {
		q.fields = named ? IPCX_FIELDSET(IPCX_F_SEMNCNT)
				 : IPCX_FIELDSET(IPCX_F_ID);
		q.flags = named == 2 ? IPCX_USUAL : 0;
		assert_int_equal(ipcx_scan(x, &q, &t), 0);
		assert_int_equal(ipcx_mech_cost(ipcx_row_mech(t, 0), IPCX_F_LPID),
				 IPCX_COST_COSTLY);
		assert_int_equal(ipcx_row_get(t, 0, IPCX_F_SEMNCNT, &v), 0);
		assert_int_equal(v.type, named ? IPCX_TYPE_UINT : IPCX_TYPE_NONE);
		assert_int_equal(ipcx_row_get(t, 0, IPCX_F_LPID, &v), 0);
		assert_int_equal(v.type, IPCX_TYPE_NONE);
		ipcx_table_free(t);
	}
}

/* A reference from a scan can be parsed again and finds the same object. */
static void test_references_round_trip(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_table *t, *again;

	for (unsigned m = 0; ipcx_mech_info(m); m++)
		if (ipcx_mech_info(m)->create)
			make_small(x, ipcx_mech_info(m)->name, "/x*\x80 y", NULL);
	t = scan(x, "all");
	for (size_t row = 0; row < ipcx_table_rows(t); row++) {
		const char *ref = string(t, row, IPCX_F_REF);
		struct ipcx_query q = { .size = sizeof(q), .nrefs = 1 };
		struct ipcx_ref parsed;
		char text[IPCX_REF_MAX];

		q.refs = &parsed;
		assert_int_equal(ipcx_ref_parse(x, ref, IPCX_NO_MECH, &parsed), 0);
		assert_int_equal(ipcx_ref_format(&parsed, text, sizeof(text)),
				 strlen(ref));
		assert_string_equal(text, ref);
		/* truncated as by snprintf(3) */
		assert_int_equal(ipcx_ref_format(&parsed, text, 4), strlen(ref));
		assert_int_equal(strlen(text), 3);
		assert_int_equal(ipcx_scan(x, &q, &again), 0);
		assert_int_equal(ipcx_table_rows(again), 1);
		assert_string_equal(string(again, 0, IPCX_F_REF), ref);
		ipcx_table_free(again);
	}
	ipcx_table_free(t);
}

static void test_namespace_and_limits(void **state)
{
	struct ipcx *x = *state;
	char link[64] = "", name[64] = "", line[64] = "";
	struct ipcx_table *t;

	assert_true(readlink("/proc/self/ns/ipc", link, sizeof(link) - 1) > 0);
	ipcx_namespace(x, name, sizeof(name));
	assert_string_equal(name, link);
	ipcx_namespace(x, name, 4);
	assert_string_equal(name, "ipc");
	assert_int_equal(ipcx_limit_sysctl(x, "shmmni", 4096, line, sizeof(line)), 20);
	assert_string_equal(line, "kernel.shmmni = 4096");
	assert_int_equal(ipcx_limits(x, NULL, &t), 0);
	assert_string_equal(ipcx_table_kind(t), "limits");
	assert_true(ipcx_table_rows(t) > 20);
	ipcx_table_free(t);
	assert_int_equal(ipcx_fit(x, "shm:4K", &t), 1);
	ipcx_table_free(t);
	assert_int_equal(ipcx_fit(x, "sem:1x1000000000", &t), 0);
	ipcx_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_free_accepts_null),
		TEST(test_error_is_empty_at_first),
		TEST(test_table_outlives_its_context),
		TEST(test_table_does_not_change),
		TEST(test_numeric),
		TEST(test_lists),
		TEST(test_names_of_types_units_and_costs),
		TEST(test_texts_of_values),
		TEST(test_rows_have_every_listed_field),
		TEST(test_cost_differs_by_mechanism),
		TEST(test_references_round_trip),
		TEST(test_namespace_and_limits),
	};

	return cmocka_run_group_tests_name("promises", tests, NULL, NULL);
}
