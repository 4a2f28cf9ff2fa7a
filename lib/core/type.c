/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table of the types of values, and one table of the units of numbers. All that the
 * library knows of a type is here; cmd/ui/cell.c formats values for people.
 */
#include "core/type.h"

#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "base/when.h"
#include "core/rows.h"

/* Sign-extend a stored integer. */
static bool load_signed(const struct ipcx_table *t, unsigned size, uint64_t raw,
			struct ipcx_value *v)
{
	unsigned shift = 64 - 8 * size;

	(void)t;
	v->as.i = (int64_t)(raw << shift) >> shift;
	return true;
}

static bool load_real(const struct ipcx_table *t, unsigned size, uint64_t raw,
		      struct ipcx_value *v)
{
	(void)t;
	(void)size;
	memcpy(&v->as.d, &raw, sizeof(raw));
	return true;
}

static bool load_string(const struct ipcx_table *t, unsigned size, uint64_t raw,
			struct ipcx_value *v)
{
	(void)size;
	v->as.private_s = ix_table_string(t, (ix_text)raw);
	return v->as.private_s != NULL;
}

static bool load_rows(const struct ipcx_table *t, unsigned size, uint64_t raw,
		      struct ipcx_value *v)
{
	(void)size;
	ix_rows_value(t, (uint32_t)raw, v);
	return true;
}

static char *write_flag(char *p, const struct ipcx_value *v)
{
	return ix_put_text(p, v->as.u ? "true" : "false");
}

static char *write_signed(char *p, const struct ipcx_value *v)
{
	return ix_put_i64(p, v->as.i);
}

static char *write_unsigned(char *p, const struct ipcx_value *v)
{
	return ix_put_u64(p, v->as.u);
}

static char *write_real(char *p, const struct ipcx_value *v)
{
	return ix_put_tenths(p, v->as.d);
}

static char *write_time(char *p, const struct ipcx_value *v)
{
	return ix_put_time(p, v->as.i);
}

static char *write_mode(char *p, const struct ipcx_value *v)
{
	return ix_put_oct(p, v->as.u, 4);
}

static char *write_key(char *p, const struct ipcx_value *v)
{
	return ix_put_key(p, (uint32_t)v->as.u);
}

/* Return the word for a grade, "?" for other numbers. */
static char *write_grade(char *p, const struct ipcx_value *v)
{
	return ix_put_text(p, ix_grade_word(v->as.u));
}

/* Further JSON Schema keywords of a type. */
#define SCHEMA_UNSIGNED "\"minimum\":0,\"maximum\":18446744073709551615"
#define SCHEMA_TIME                                  \
	"\"pattern\":\"^[0-9]{4}-[0-9]{2}-[0-9]{2}T" \
	"[0-9]{2}:[0-9]{2}:[0-9]{2}Z$\""
#define SCHEMA_MODE  "\"pattern\":\"^0[0-7]{3}$\""
#define SCHEMA_GRADE "\"enum\":[\"possible\",\"likely\",\"certain\",null]"
#define SCHEMA_ROWS  "\"items\":{\"type\":\"object\"}"
#define SCHEMA_KEY   "\"pattern\":\"^0x[0-9a-f]{8}$\""

/* clang-format off */
const struct ix_type ix_types[IX_TYPES] = {
	/* number              name        in JSON    schema           number    noun             order              load         write           read */
	[IPCX_TYPE_NONE]   = {{"none",     "null",    NULL,            false}, "nothing",       IX_ORDER_NONE,     NULL,        NULL,           ix_read_nothing},
	[IPCX_TYPE_BOOL]   = {{"bool",     "boolean", NULL,            false}, "true or false", IX_ORDER_UNSIGNED, NULL,        write_flag,     ix_read_flag},
	[IPCX_TYPE_INT]    = {{"integer",  "integer", NULL,            true},  NULL,            IX_ORDER_SIGNED,   load_signed, write_signed,   NULL},
	[IPCX_TYPE_UINT]   = {{"unsigned", "integer", SCHEMA_UNSIGNED, true},  NULL,            IX_ORDER_UNSIGNED, NULL,        write_unsigned, NULL},
	[IPCX_TYPE_REAL]   = {{"real",     "number",  NULL,            true},  NULL,            IX_ORDER_REAL,     load_real,   write_real,     NULL},
	[IPCX_TYPE_STRING] = {{"string",   "string",  NULL,            false}, "text",          IX_ORDER_TEXT,     load_string, NULL,           ix_read_string},
	[IPCX_TYPE_TIME]   = {{"time",     "string",  SCHEMA_TIME,     false}, "a time",        IX_ORDER_SIGNED,   load_signed, write_time,     ix_read_time},
	[IPCX_TYPE_MODE]   = {{"mode",     "string",  SCHEMA_MODE,     false}, "a mode",        IX_ORDER_UNSIGNED, NULL,        write_mode,     ix_read_mode},
	[IPCX_TYPE_KEY]    = {{"key",      "string",  SCHEMA_KEY,      false}, "a key",         IX_ORDER_UNSIGNED, NULL,        write_key,      ix_read_key},
	[IPCX_TYPE_GRADE]  = {{"grade",    "string",  SCHEMA_GRADE,    false}, "a grade",       IX_ORDER_UNSIGNED, NULL,        write_grade,    ix_read_grade},
	[IPCX_TYPE_ROWS]   = {{"rows",     "array",   SCHEMA_ROWS,     false}, "a list",        IX_ORDER_TEXT,     load_rows,   NULL,           ix_read_string},
};

static const struct ix_unit units[] = {
	/* number                  name           noun                       read */
	[IPCX_UNIT_PLAIN]       = {NULL,          "a number",                ix_read_number},
	[IPCX_UNIT_BYTES]       = {"bytes",       "a number of bytes",       ix_read_size},
	[IPCX_UNIT_SECONDS]     = {"seconds",     "a span of time",          ix_read_span},
	[IPCX_UNIT_PERCENT]     = {"percent",     "a percentage",            ix_read_percent},
	[IPCX_UNIT_VARIES]      = {"varies",      "a number",                ix_read_number},
	[IPCX_UNIT_NANOSECONDS] = {"nanoseconds", "a number of nanoseconds", ix_read_nanos},
};
/* clang-format on */

const struct ix_unit *ix_unit(enum ipcx_unit unit)
{
	return &units[(unsigned)unit < ARRAY_SIZE(units) ? unit : IPCX_UNIT_PLAIN];
}

const char *ix_type_noun(const struct ipcx_field_info *info)
{
	const char *noun = ix_type(info->type)->noun;

	return noun ? noun : ix_unit(info->unit)->noun;
}

ix_reader *ix_type_reader(const struct ipcx_field_info *info)
{
	ix_reader *read = ix_type(info->type)->read;

	return read ? read : ix_unit(info->unit)->read;
}

const struct ipcx_type_info *ipcx_type_info(enum ipcx_type type)
{
	return (unsigned)type < IX_TYPES ? &ix_types[type].info : NULL;
}

const char *ipcx_unit_name(enum ipcx_unit unit)
{
	return ix_unit(unit)->name;
}
