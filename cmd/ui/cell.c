/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of numbers, sizes, times, keys and modes. Independent of the locale; local
 * times follow TZ. */
#include "ui/cell.h"

#include <string.h>
#include <time.h>

#include "base/esc.h"
#include "base/num.h"
#include "base/util.h"
#include "base/zone.h"

/* A limit that means "unlimited" is near a power of two; written in full, it would take
 * 20 columns. */
#define LONG_NUMBER UINT64_C(10000000000)

static char *put_span(char *p, uint64_t s)
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = { { 31557600, 'y' }, { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (s >= units[i].seconds) {
			p = ix_put_u64(p, s / units[i].seconds);
			*p++ = units[i].unit;
			return p;
		}
	p = ix_put_u64(p, s);
	*p++ = 's';
	return p;
}

/* Write "1d2h3m4s", the form that conditions accept. Conditions use 64-bit nanoseconds,
 * so a span that does not fit is written as a plain number of seconds. */
static char *put_all_of_span(char *p, uint64_t s)
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	char *start = p;

	if (s > UINT64_MAX / 1000000000)
		return ix_put_u64(p, s);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (s < units[i].seconds && (p > start || units[i].seconds > 1))
			continue;
		p = ix_put_u64(p, s / units[i].seconds);
		*p++ = units[i].unit;
		s %= units[i].seconds;
	}
	return p;
}

/* Write 12345 as "12.3us": at most three digits, rounded down. */
static char *put_nanos(char *p, uint64_t n)
{
	static const struct {
		uint64_t nanos;
		const char *name;
	} units[] = {
		{ 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" }
	};
	size_t i = 0;
	uint64_t whole, part;

	if (n >= 1000 * units[0].nanos)
		return put_span(p, n / units[0].nanos);
	while (n < units[i].nanos && i < ARRAY_SIZE(units) - 1)
		i++;
	whole = n / units[i].nanos;
	part = n % units[i].nanos * 100 / units[i].nanos;
	p = ix_put_u64(p, whole);
	if (whole >= 10)
		part -= part % 10;
	if (part && whole < 100) {
		*p++ = '.';
		*p++ = (char)('0' + part / 10);
		if (part % 10)
			*p++ = (char)('0' + part % 10);
	}
	return ix_put_text(p, units[i].name);
}

static char *cell_put_two(char *p, int n)
{
	*p++ = (char)('0' + n / 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

static char *put_minute(char *p, const struct tm *tm)
{
	int64_t year = (int64_t)tm->tm_year + 1900;

	for (int64_t limit = 1000; limit > 1 && year < limit && year >= 0; limit /= 10)
		*p++ = '0';
	p = ix_put_i64(p, year);
	*p++ = '-';
	p = cell_put_two(p, tm->tm_mon + 1);
	*p++ = '-';
	p = cell_put_two(p, tm->tm_mday);
	*p++ = ' ';
	p = cell_put_two(p, tm->tm_hour);
	*p++ = ':';
	return cell_put_two(p, tm->tm_min);
}

static bool is_year(const struct tm *tm)
{
	return tm->tm_year >= -1900 && tm->tm_year <= 9999 - 1900;
}

static char *put_local(char *p, int64_t when, const struct cell_style *style)
{
	static bool zone_read;
	struct tm tm, utc;
	int offset;

	if (!zone_read)
		ix_zone_read(); /* read /etc/localtime once, not for every time */
	zone_read = true;
	if (!ix_local_time(when, &tm) || !ix_zone_offset(when, &offset))
		return ix_put_i64(p, when);
	/* Near the years -1 and 10000 the year may be valid only in UTC. */
	if (!is_year(&tm) && gmtime_r(&(time_t){ when }, &utc) && is_year(&utc)) {
		tm = utc;
		offset = 0;
	}
	p = put_minute(p, &tm);
	if (style->full || style->bytes) {
		*p++ = ':';
		p = cell_put_two(p, tm.tm_sec);
		p = ix_put_offset(p, offset);
	}
	return p;
}

static char *put_number(char *p, const struct ipcx_field_info *info, uint64_t n,
			const struct cell_style *style)
{
	if (info->unit == IPCX_UNIT_PLAIN || info->unit == IPCX_UNIT_PERCENT)
		return ix_put_u64(p, n);
	if (info->unit == IPCX_UNIT_VARIES && !style->sizes &&
	    (style->bytes || n < LONG_NUMBER))
		return ix_put_u64(p, n);
	if (info->unit == IPCX_UNIT_SECONDS)
		return style->bytes ? put_all_of_span(p, n) : put_span(p, n);
	if (info->unit == IPCX_UNIT_NANOSECONDS && !style->bytes)
		return put_nanos(p, n);
	if (info->unit == IPCX_UNIT_NANOSECONDS)
		return ix_put_text(ix_put_u64(p, n), "ns");
	if (style->bytes)
		return ix_put_u64(p, n);
	p = ix_put_size(p, n);
	if (style->full && n >= 1024) {
		p = ix_put_text(p, " (");
		p = ix_put_u64(p, n);
		p = ix_put_text(p, " bytes)");
	}
	return p;
}

/* Write a value at p, like cell_put(). */
typedef char *writer(char *p, const struct ipcx_field_info *info,
		     const struct ipcx_value *v, const struct cell_style *style);

static char *put_flag(char *p, const struct ipcx_field_info *info,
		      const struct ipcx_value *v, const struct cell_style *style)
{
	(void)info;
	(void)style;
	return ix_put_text(p, v->as.u ? "yes" : "no");
}

static char *put_count(char *p, const struct ipcx_field_info *info,
		       const struct ipcx_value *v, const struct cell_style *style)
{
	return put_number(p, info, v->as.u, style);
}

static char *put_signed(char *p, const struct ipcx_field_info *info,
			const struct ipcx_value *v, const struct cell_style *style)
{
	(void)info;
	(void)style;
	return ix_put_i64(p, v->as.i);
}

static char *put_unsigned(char *p, const struct ipcx_field_info *info,
			  const struct ipcx_value *v, const struct cell_style *style)
{
	(void)info;
	(void)style;
	return ix_put_u64(p, v->as.u);
}

/* Write the library's text, the same for people and for programs. */
static char *put_exact(char *p, const struct ipcx_field_info *info,
		       const struct ipcx_value *v, const struct cell_style *style)
{
	int n = ipcx_value_format(v, p, IPCX_VALUE_MAX);

	(void)info;
	(void)style;
	return n > 0 && n < IPCX_VALUE_MAX ? p + n : p;
}

static char *put_real(char *p, const struct ipcx_field_info *info,
		      const struct ipcx_value *v, const struct cell_style *style)
{
	p = put_exact(p, info, v, style);
	if (info->unit == IPCX_UNIT_PERCENT)
		*p++ = '%';
	return p;
}

static char *put_moment(char *p, const struct ipcx_field_info *info,
			const struct ipcx_value *v, const struct cell_style *style)
{
	(void)info;
	return put_local(p, v->as.i, style);
}

/* 2026-11-21T10:00:00Z. The text is cached, because the same second repeats in a
 * listing. */
static char *put_same_moment(char *p, const struct ipcx_field_info *info,
			     const struct ipcx_value *v, const struct cell_style *style)
{
	static struct {
		int64_t when;
		size_t len;
		char text[IPCX_VALUE_MAX];
	} last;

	if (last.len == 0 || last.when != v->as.i) {
		last.when = v->as.i;
		last.len = (size_t)(put_exact(last.text, info, v, style) - last.text);
	}
	memcpy(p, last.text, sizeof(last.text));
	return p + last.len;
}

/*
 * The types that are not written with the library's function. Whole numbers are here only
 * for speed: most cells that differ from row to row are numbers. A type without an entry,
 * including one that a newer library adds, is written the same for people and for
 * programs.
 */
static const struct {
	writer *people, *programs;
} writers[] = {
	[IPCX_TYPE_BOOL] = { .people = put_flag },
	[IPCX_TYPE_INT] = { .people = put_signed, .programs = put_signed },
	[IPCX_TYPE_UINT] = { .people = put_count, .programs = put_unsigned },
	[IPCX_TYPE_REAL] = { .people = put_real },
	[IPCX_TYPE_TIME] = { .people = put_moment, .programs = put_same_moment },
};

char *cell_put(char *p, const struct ipcx_field_info *info, const struct ipcx_value *v,
	       const struct cell_style *style)
{
	writer *write = NULL;

	if ((unsigned)v->type < ARRAY_SIZE(writers))
		write = style->raw ? writers[v->type].programs : writers[v->type].people;
	return write ? write(p, info, v, style) : put_exact(p, info, v, style);
}

char *cell_text(char *p, const struct ipcx_field_info *info, const struct ipcx_value *v,
		const struct cell_style *style)
{
	if (v->type == IPCX_TYPE_NONE) {
		*p++ = cell_unknown(v) ? '?' : '-';
		return p;
	}
	if (v->type != IPCX_TYPE_STRING && v->type != IPCX_TYPE_ROWS)
		return cell_put(p, info, v, style);
	if (v->type == IPCX_TYPE_ROWS && !*ipcx_value_string(v)) {
		*p++ = '-';
		return p;
	}
	/* A reference is already escaped, in a way that every command can parse. */
	if (info == ipcx_field_info(IPCX_F_REF))
		return ix_put_text(p, ipcx_value_string(v));
	return ix_put_escaped(p, CELL_MAX, ipcx_value_string(v), IX_ESC_TEXT);
}
