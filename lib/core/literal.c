/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a value of each type and unit is written in an expression. All texts that the
 * machine formats print (type.c) are accepted, so that any listed value can be used in a
 * comparison.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/when.h"
#include "base/zone.h"
#include "core/type.h"

/* Return "is out of range" for -ERANGE, else the text why, which says what is wrong. */
static const char *literal_refused(int error, const char *why)
{
	return error == -ERANGE ? "is out of range" : why;
}

/* Read a count or a size: both take suffixes, so that "nattch > 1K" works like "size >
 * 1K". */
static const char *read_amount(const char *text, const char *why, struct ipcx_value *v)
{
	int r;

	if (*text == '-') {
		v->type = IPCX_TYPE_INT;
		r = ix_parse_s64(text, INT64_MIN, 0, &v->as.i);
	} else {
		v->type = IPCX_TYPE_UINT;
		r = ix_parse_size(text, &v->as.u);
	}
	return r == 0 ? NULL : literal_refused(r, why);
}

const char *ix_read_number(const char *text, struct ipcx_value *v)
{
	return read_amount(text, "is not a number (such as 10, 4K or 0x10)", v);
}

const char *ix_read_size(const char *text, struct ipcx_value *v)
{
	return read_amount(text, "is not a size (such as 4096, 64K, 1.5G or 0x1000)", v);
}

#define SECOND UINT64_C(1000000000) /* in nanoseconds */

const char *ix_read_span(const char *text, struct ipcx_value *v)
{
	uint64_t ns = 0;
	int r;

	v->type = IPCX_TYPE_UINT;
	/*
	 * A number without a unit means seconds and can use all 64 bits; a span with
	 * units is computed in nanoseconds and overflows after 584 years.
	 */
	if (ix_parse_u64(text, UINT64_MAX, &v->as.u) == 0)
		return NULL;
	r = ix_parse_duration(text, &ns);
	if (r < 0)
		return literal_refused(
			r, "is not a span of time (such as 90, 90s, 1h30m or 2d)");
	v->as.u = ns / SECOND;
	if (ns % SECOND == 0)
		return NULL;
	v->type = IPCX_TYPE_REAL;
	v->as.d = (double)ns / (double)SECOND;
	return NULL;
}

/* Measured durations are in nanoseconds, and so is a number without a unit. Such a number
 * must not have a fraction, which for other durations would mean a fraction of a second.
 */
const char *ix_read_nanos(const char *text, struct ipcx_value *v)
{
	size_t len = strlen(text);
	int r;

	v->type = IPCX_TYPE_UINT;
	if (ix_parse_u64(text, UINT64_MAX, &v->as.u) == 0)
		return NULL;
	r = len && text[len - 1] >= 'a' ? ix_parse_duration(text, &v->as.u) : -EINVAL;
	return r < 0 ? literal_refused(
			       r,
			       "is not a duration (such as 850, 850ns, 12.3us or 1.5ms)")
		     : NULL;
}

/* Read "80", "80%" or "12.5%". Decimals beyond the precision of a double are dropped. */
const char *ix_read_percent(const char *text, struct ipcx_value *v)
{
	static const char why[] = "is not a percentage (such as 80, 80% or 12.5%)";
	const char *start = text;
	uint64_t all = 0;
	double scale = 1;
	bool point = false;

	for (; *text && *text != '%'; text++) {
		if (*text == '.' && !point && text > start && text[1] >= '0' &&
		    text[1] <= '9') {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9')
			return why;
		if (all >= UINT64_C(1000000000000000)) {
			if (!point)
				return literal_refused(-ERANGE, why);
			continue;
		}
		all = all * 10 + (uint64_t)(*text - '0');
		scale *= point ? 10 : 1;
	}
	if (text == start || (*text == '%' && text[1]))
		return why;
	v->type = IPCX_TYPE_REAL;
	v->as.d = (double)all / scale;
	return NULL;
}

const char *ix_read_flag(const char *text, struct ipcx_value *v)
{
	static const char *const words[] = { "0", "1", "false", "true", "no", "yes" };

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i]) != 0)
			continue;
		v->type = IPCX_TYPE_BOOL;
		v->as.u = i % 2;
		return NULL;
	}
	return "is neither true nor false (yes, no, 1 and 0 are accepted, too)";
}

const char *ix_read_key(const char *text, struct ipcx_value *v)
{
	uint32_t key = 0;
	int r = ix_parse_key(text, &key);

	if (r < 0)
		return literal_refused(
			r, "is not a key (0x… hexadecimal, 0… octal, or decimal)");
	v->type = IPCX_TYPE_KEY;
	v->as.u = key;
	return NULL;
}

const char *ix_read_mode(const char *text, struct ipcx_value *v)
{
	uint32_t mode = 0;
	int r = ix_parse_mode(text, &mode);

	if (r < 0)
		return literal_refused(r, "is not a mode (octal, 0 to 0777)");
	v->type = IPCX_TYPE_MODE;
	v->as.u = mode;
	return NULL;
}

/* Convert local time to a time since the epoch. Returns NULL, or why that fails. */
static const char *from_local(int64_t *seconds, struct ipcx_value *v)
{
	int64_t moments[2];
	int n = ix_local_moments(*seconds, moments);
	char offsets[2][10];

	if (n < 0)
		return "is out of range";
	if (n == 0)
		return "was skipped here as clocks went forward: add an offset, such as +02:00";
	if (n == 1) {
		*seconds = moments[0];
		return NULL;
	}
	for (int i = 0; i < n; i++)
		*ix_put_offset(offsets[i], (int)(*seconds - moments[i])) = '\0';
	(void)snprintf(v->private_text, sizeof(v->private_text),
		       "is ambiguous: add %s or %s", offsets[0], offsets[1]);
	return v->private_text;
}

const char *ix_read_time(const char *text, struct ipcx_value *v)
{
	const char *why;
	uint64_t span;
	int64_t seconds;
	double part;
	bool zoned;

	if (ix_parse_clock(text, &seconds, &part, &zoned) == 0) {
		v->type = part > 0 ? IPCX_TYPE_REAL : IPCX_TYPE_TIME;
		why = zoned ? NULL : from_local(&seconds, v);
		if (why)
			return why;
		if (part > 0)
			v->as.d = (double)seconds + part;
		else
			v->as.i = seconds;
		return NULL;
	}
	if (ix_parse_duration(text, &span) == -EINVAL)
		return "is not a time (such as 2026-11-21, 2026-11-21T10:00:00Z or "
		       "@1795255200)";
	return "is a span, not a moment: compare age with it, or write @SECONDS since "
	       "the epoch";
}

const char *ix_read_string(const char *text, struct ipcx_value *v)
{
	v->type = IPCX_TYPE_STRING;
	v->as.private_s = text;
	return NULL;
}

const char *ix_read_nothing(const char *text, struct ipcx_value *v)
{
	(void)text;
	(void)v;
	return "cannot be compared with it";
}

static const char *const grades[] = {
	[IPCX_POSSIBLE] = "possible",
	[IPCX_LIKELY] = "likely",
	[IPCX_CERTAIN] = "certain",
};

const char *ix_grade_word(uint64_t grade)
{
	return grade < ARRAY_SIZE(grades) && grades[grade] ? grades[grade] : "?";
}

const char *ix_read_grade(const char *text, struct ipcx_value *v)
{
	for (unsigned i = IPCX_POSSIBLE; i < ARRAY_SIZE(grades); i++) {
		if (strcasecmp(text, grades[i]) != 0)
			continue;
		v->type = IPCX_TYPE_GRADE;
		v->as.u = i;
		return NULL;
	}
	return "is not a grade (possible, likely or certain)";
}
