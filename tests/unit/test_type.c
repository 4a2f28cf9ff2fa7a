/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/type.c, literal.c: values of every type are loaded, written, read and named as the
 * table of types says. */
#include "core/type.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

/* Members of every size, one after another. */
struct members {
	struct ix_row head;
	uint64_t eight;
	uint32_t four;
	uint16_t two;
	uint8_t one;
};

/* clang-format off */
#define MEMBER(field) IX_COL(IPCX_F_##field, struct members, SIZED)
static const struct ix_column ones[] = {
#define SIZED one
	MEMBER(LOCKED), MEMBER(LPID), MEMBER(UID), MEMBER(CTIME), MEMBER(MODE), MEMBER(KEY), MEMBER(GRADE),
#undef SIZED
};
static const struct ix_column twos[] = {
#define SIZED two
	MEMBER(LOCKED), MEMBER(LPID), MEMBER(UID), MEMBER(CTIME), MEMBER(MODE), MEMBER(KEY), MEMBER(GRADE),
#undef SIZED
};
static const struct ix_column fours[] = {
#define SIZED four
	MEMBER(LOCKED), MEMBER(LPID), MEMBER(UID), MEMBER(CTIME), MEMBER(MODE), MEMBER(KEY), MEMBER(GRADE), MEMBER(NAME),
#undef SIZED
};
static const struct ix_column eights[] = {
#define SIZED eight
	MEMBER(LOCKED), MEMBER(LPID), MEMBER(UID), MEMBER(CTIME), MEMBER(MODE), MEMBER(KEY), MEMBER(GRADE), MEMBER(USE_PERCENT),
#undef SIZED
};

#define KIND(columns) { "objects", sizeof(struct members), columns, ARRAY_SIZE(columns) }
static const struct ix_kind kinds[] = { KIND(ones), KIND(twos), KIND(fours), KIND(eights) };

/* A stored number, and the value that each field has for it. */
static const struct {
	uint64_t stored;
	enum ipcx_field field;
	enum ipcx_type type;
	int64_t of[4]; /* value of a member of 1, 2, 4 and 8 bytes */
} loads[] = {
	{ 1,                            IPCX_F_LOCKED, IPCX_TYPE_BOOL, { 1, 1, 1, 1 } },
	{ UINT64_C(0xffffffffffffff80), IPCX_F_LPID,   IPCX_TYPE_INT,  { -128, -128, -128, -128 } },
	{ UINT64_C(0x7fffffff7fff7f7f), IPCX_F_LPID,   IPCX_TYPE_INT,  { 0x7f, 0x7f7f, 0x7fff7f7f, INT64_C(0x7fffffff7fff7f7f) } },
	{ UINT64_MAX,                   IPCX_F_LPID,   IPCX_TYPE_INT,  { -1, -1, -1, -1 } },
	{ UINT64_MAX,                   IPCX_F_UID,    IPCX_TYPE_UINT, { UINT8_MAX, UINT16_MAX, UINT32_MAX, -1 } },
	{ UINT64_C(0x8000000080008080), IPCX_F_UID,    IPCX_TYPE_UINT, { 0x80, 0x8080, 0x80008080, INT64_MIN + 0x80008080 } },
	{ UINT64_MAX,                   IPCX_F_CTIME,  IPCX_TYPE_TIME, { -1, -1, -1, -1 } },
	{ 0x7b,                         IPCX_F_CTIME,  IPCX_TYPE_TIME, { 123, 123, 123, 123 } },
	{ 0640,                         IPCX_F_MODE,   IPCX_TYPE_MODE, { 0240, 0640, 0640, 0640 } },
	{ 0xffeeddcc,                   IPCX_F_KEY,    IPCX_TYPE_KEY,  { 0xcc, 0xddcc, 0xffeeddcc, 0xffeeddcc } },
	{ 0,                            IPCX_F_KEY,    IPCX_TYPE_KEY,  { 0, 0, 0, 0 } },
	{ IPCX_CERTAIN,                 IPCX_F_GRADE,  IPCX_TYPE_GRADE, { 3, 3, 3, 3 } },
};

#define BOOL(n)   { .type = IPCX_TYPE_BOOL, .as.u = (n) }
#define INT(n)    { .type = IPCX_TYPE_INT, .as.i = (n) }
#define UINT(n)   { .type = IPCX_TYPE_UINT, .as.u = (n) }
#define REAL(n)   { .type = IPCX_TYPE_REAL, .as.d = (n) }
#define STRING(t) { .type = IPCX_TYPE_STRING, .as.private_s = (t) }
#define TIME(n)   { .type = IPCX_TYPE_TIME, .as.i = (n) }
#define MODE(n)   { .type = IPCX_TYPE_MODE, .as.u = (n) }
#define KEY(n)    { .type = IPCX_TYPE_KEY, .as.u = (n) }
#define GRADE(n)  { .type = IPCX_TYPE_GRADE, .as.u = (n) }

/* A value and its raw text; read as a literal for the field, the text yields the value
 * again. */
static const struct {
	struct ipcx_value value;
	const char *text;
	enum ipcx_field field;
} texts[] = {
	{ BOOL(0),                  "false",                            IPCX_F_LOCKED },
	{ BOOL(1),                  "true",                             IPCX_F_LOCKED },
	{ INT(-7),                  "-7",                               IPCX_F_MTYPE },
	{ INT(INT64_MIN),           "-9223372036854775808",             IPCX_F_MTYPE },
	{ INT(INT64_MAX),           "9223372036854775807",              IPCX_F_MTYPE },
	{ UINT(0),                  "0",                                IPCX_F_NATTCH },
	{ UINT(4096),               "4096",                             IPCX_F_SIZE },
	{ UINT(UINT64_MAX),         "18446744073709551615",             IPCX_F_LIMIT },
	{ UINT(UINT64_MAX),         "18446744073709551615",             IPCX_F_AGE },
	{ UINT(UINT64_MAX),         "18446744073709551615",             IPCX_F_SIZE },
	{ REAL(12.5),               "12.5",                             IPCX_F_USE_PERCENT },
	{ REAL(100),                "100",                              IPCX_F_PERCENT },
	{ STRING(""),               "",                                 IPCX_F_NAME },
	{ STRING("/\xff \x1b"),     "/\xff \x1b",                       IPCX_F_NAME },
	{ TIME(0),                  "1970-01-01T00:00:00Z",             IPCX_F_CTIME },
	{ TIME(-1),                 "1969-12-31T23:59:59Z",             IPCX_F_CTIME },
	{ TIME(1795255200),         "2026-11-21T10:00:00Z",             IPCX_F_CTIME },
	{ MODE(0),                  "0000",                             IPCX_F_MODE },
	{ MODE(0640),               "0640",                             IPCX_F_MODE },
	{ KEY(0),                   "0x00000000",                       IPCX_F_KEY },
	{ KEY(UINT32_MAX),          "0xffffffff",                       IPCX_F_KEY },
	{ GRADE(IPCX_POSSIBLE),     "possible",                         IPCX_F_GRADE },
	{ GRADE(IPCX_LIKELY),       "likely",                           IPCX_F_GRADE },
	{ GRADE(IPCX_CERTAIN),      "certain",                          IPCX_F_HELD_GRADE },
};

/* The names of a type: in the dump, in JSON, in the schema, in messages. */
static const struct {
	const char *name, *json, *schema;
	bool number;
	const char *noun;
} words[] = {
	[IPCX_TYPE_NONE] =   { "none",     "null",    NULL, false, "nothing" },
	[IPCX_TYPE_BOOL] =   { "bool",     "boolean", NULL, false, "true or false" },
	[IPCX_TYPE_INT] =    { "integer",  "integer", NULL, true,  "a number" },
	[IPCX_TYPE_UINT] =   { "unsigned", "integer", "\"minimum\":0,\"maximum\":18446744073709551615", true, "a number" },
	[IPCX_TYPE_REAL] =   { "real",     "number",  NULL, true,  "a number" },
	[IPCX_TYPE_STRING] = { "string",   "string",  NULL, false, "text" },
	[IPCX_TYPE_TIME] =   { "time",     "string",  "\"pattern\":\"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$\"", false, "a time" },
	[IPCX_TYPE_MODE] =   { "mode",     "string",  "\"pattern\":\"^0[0-7]{3}$\"", false, "a mode" },
	[IPCX_TYPE_KEY] =    { "key",      "string",  "\"pattern\":\"^0x[0-9a-f]{8}$\"", false, "a key" },
	[IPCX_TYPE_GRADE] =  { "grade",    "string",  "\"enum\":[\"possible\",\"likely\",\"certain\",null]", false, "a grade" },
	[IPCX_TYPE_ROWS] =   { "rows",     "array",   "\"items\":{\"type\":\"object\"}", false, "a list" },
};

/* Fields with a unit: the name of the unit in messages, and a literal. */
static const struct {
	enum ipcx_field field;
	const char *unit, *noun, *literal;
	struct ipcx_value value;
} units[] = {
	{ IPCX_F_NATTCH,      NULL,          "a number",                "2K",    UINT(2048) },
	{ IPCX_F_SIZE,        "bytes",       "a number of bytes",       "1.5K",  UINT(1536) },
	{ IPCX_F_AGE,         "seconds",     "a span of time",          "1h30m", UINT(5400) },
	{ IPCX_F_AGE,         "seconds",     "a span of time",          "1.5s",  REAL(1.5) },
	{ IPCX_F_USE_PERCENT, "percent",     "a percentage",            "80%",   REAL(80) },
	{ IPCX_F_LIMIT,       "varies",      "a number",                "4K",    UINT(4096) },
	{ (enum ipcx_field)0, NULL,          "text",                    "4K",    STRING("4K") },
};
/* clang-format on */

/* Return a table with one row; all members of the row are made from the same number. */
static struct ipcx_table *table_of(const struct ix_kind *kind, uint64_t stored)
{
	struct ipcx_table *t = NULL;
	struct members *row;

	assert_int_equal(ix_table_new(&t), 0);
	assert_int_equal(ix_table_section(t, kind, IPCX_NO_MECH), 0);
	row = ix_table_row(t);
	assert_non_null(row);
	row->eight = stored;
	row->four = (uint32_t)stored;
	row->two = (uint16_t)stored;
	row->one = (uint8_t)stored;
	ix_table_keep(t);
	return t;
}

static void test_stored_members(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			struct ipcx_table *t = table_of(&kinds[k], loads[i].stored);
			struct ipcx_value v;

			assert_int_equal(ipcx_row_get(t, 0, loads[i].field, &v), 0);
			if (v.type != loads[i].type || v.as.i != loads[i].of[k])
				fail_msg("%zu in %d bytes: type %d, %" PRId64, i, 1 << k,
					 v.type, v.as.i);
			ipcx_table_free(t);
		}
}

static void test_stored_reals_and_strings(void **state)
{
	const double d = -12.5;
	struct ipcx_table *t;
	struct members *row;
	struct ipcx_value v;
	uint64_t bits;

	(void)state;
	memcpy(&bits, &d, sizeof(bits));
	t = table_of(&kinds[3], bits);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_USE_PERCENT, &v), 0);
	assert_true(v.type == IPCX_TYPE_REAL && v.as.d == d);
	ipcx_table_free(t);

	t = table_of(&kinds[2], 0); /* empty string */
	row = ix_table_row(t);
	assert_non_null(row);
	row->four = ix_table_text(t, "/a");
	ix_table_keep(t);
	assert_int_equal(ipcx_row_get(t, 0, IPCX_F_NAME, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_NONE);
	assert_int_equal(ipcx_row_get(t, 1, IPCX_F_NAME, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_STRING);
	assert_string_equal(ipcx_value_string(&v), "/a");
	ipcx_table_free(t);
}

static void test_raw_texts_are_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char buf[IPCX_VALUE_MAX], small[4];
		const struct ipcx_value *v = &texts[i].value;
		const char *raw = ix_value_raw(v, buf);
		size_t len = strlen(texts[i].text);
		struct ipcx_value again = { .type = IPCX_TYPE_NONE };

		if (strcmp(raw, texts[i].text))
			fail_msg("%zu: \"%s\"", i, raw);
		assert_int_equal(ipcx_value_format(v, buf, sizeof(buf)), len);
		assert_string_equal(buf, texts[i].text);
		assert_int_equal(ipcx_value_format(v, small, sizeof(small)), len);
		assert_memory_equal(small, texts[i].text, strlen(small));

		ROW_TRUE(texts[i].text, !ix_type_reader(ipcx_field_info(
						texts[i].field))(texts[i].text, &again));
		ROW_TRUE(texts[i].text, ipcx_value_compare(v, &again) == 0);
		/* Plain whole numbers are read as unsigned, whatever type the field
		 * has. */
		ROW_TRUE(texts[i].text,
			 again.type == v->type ||
				 (again.type == IPCX_TYPE_UINT && v->as.i >= 0));
	}
}

/* A newer library may store further grades: they have a text, too. */
static void test_numbers_that_are_no_grade(void **state)
{
	static const uint64_t none[] = { 0, IPCX_CERTAIN + 1, UINT64_MAX };
	char buf[IPCX_VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		const struct ipcx_value v = GRADE(none[i]);

		assert_string_equal(ix_value_raw(&v, buf), "?");
	}
}

static void test_value_of_no_type(void **state)
{
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };
	const struct ipcx_field_info none = { .type = IPCX_TYPE_NONE };
	char buf[IPCX_VALUE_MAX] = "x";

	(void)state;
	assert_null(ix_value_raw(&v, buf));
	assert_int_equal(ipcx_value_format(&v, buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_string_equal(ix_type_reader(&none)("5", &v), "cannot be compared with it");
}

static void test_names_of_types(void **state)
{
	(void)state;
	assert_int_equal(ARRAY_SIZE(words), IX_TYPES);
	for (unsigned n = 0; n < IX_TYPES; n++) {
		const struct ipcx_type_info *info = ipcx_type_info((enum ipcx_type)n);
		const struct ipcx_field_info field = { .type = (enum ipcx_type)n };

		assert_non_null(info);
		assert_string_equal(info->name, words[n].name);
		assert_string_equal(info->json, words[n].json);
		assert_true(!info->schema == !words[n].schema);
		if (info->schema)
			assert_string_equal(info->schema, words[n].schema);
		assert_int_equal(info->number, words[n].number);
		assert_string_equal(ix_type_noun(&field), words[n].noun);
		assert_ptr_equal(ix_type((enum ipcx_type)n), &ix_types[n]);
	}
	assert_null(ipcx_type_info((enum ipcx_type)IX_TYPES));
	assert_ptr_equal(ix_type((enum ipcx_type)IX_TYPES), ix_type(IPCX_TYPE_NONE));
}

static void test_names_of_units(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const struct ipcx_field_info *info = ipcx_field_info(units[i].field);
		const char *name = ipcx_unit_name(info->unit);
		struct ipcx_value v;

		assert_true(!name == !units[i].unit);
		if (name)
			assert_string_equal(name, units[i].unit);
		assert_string_equal(ix_type_noun(info), units[i].noun);
		assert_null(ix_type_reader(info)(units[i].literal, &v));
		ROW_TRUE(units[i].literal, v.type == units[i].value.type);
		ROW_TRUE(units[i].literal, ipcx_value_compare(&v, &units[i].value) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stored_members),
		cmocka_unit_test(test_stored_reals_and_strings),
		cmocka_unit_test(test_raw_texts_are_read_back),
		cmocka_unit_test(test_numbers_that_are_no_grade),
		cmocka_unit_test(test_value_of_no_type),
		cmocka_unit_test(test_names_of_types),
		cmocka_unit_test(test_names_of_units),
	};

	return cmocka_run_group_tests_name("type", tests, NULL, NULL);
}
