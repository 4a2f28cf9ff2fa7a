/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How numbers, sizes and durations are spelled. Parsed by hand: strtoull(3) skips blanks,
 * accepts signs and wraps negative numbers, and strtod(3) depends on the locale.
 */
#include "base/num.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/util.h"

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static char num_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/*
 * Read the digits at *p and advance past them. A number that is too large gives -ERANGE,
 * but only after all its digits are consumed, so that the caller can still reject
 * trailing junk: "99999999999999999999x" is not a number.
 */
static int take_digits(const char **p, int base, uint64_t *ret_n)
{
	const char *start = *p;
	bool over = false;
	uint64_t n = 0;
	int d;

	for (; (d = digit_of(**p)) < base; (*p)++)
		over |= __builtin_mul_overflow(n, (uint64_t)base, &n) ||
			__builtin_add_overflow(n, (uint64_t)d, &n);
	if (*p == start)
		return -EINVAL;
	if (over)
		return -ERANGE;
	*ret_n = n;
	return 0;
}

/* Read a number of at most max from a text that consists only of digits. */
static int whole(const char *text, int base, uint64_t max, uint64_t *ret_n)
{
	uint64_t n = 0;
	int r = take_digits(&text, base, &n);

	if (*text)
		return -EINVAL;
	if (r < 0)
		return r;
	if (n > max)
		return -ERANGE;
	*ret_n = n;
	return 0;
}

static bool is_hex(const char *text)
{
	return text[0] == '0' && num_lower(text[1]) == 'x';
}

int ix_parse_u64(const char *text, uint64_t max, uint64_t *ret_n)
{
	return is_hex(text) ? whole(text + 2, 16, max, ret_n)
			    : whole(text, 10, max, ret_n);
}

int ix_take_u64(const char **p, const char *end, uint64_t max, uint64_t *ret_n)
{
	const char *at = *p;
	bool over = false;
	uint64_t n = 0;

	for (; at < end && *at >= '0' && *at <= '9'; at++)
		over |= __builtin_mul_overflow(n, (uint64_t)10, &n) ||
			__builtin_add_overflow(n, (uint64_t)(*at - '0'), &n);
	if (at == *p || (**p == '0' && at - *p > 1))
		return -EINVAL;
	if (over || n > max)
		return -ERANGE;
	*p = at;
	*ret_n = n;
	return 0;
}

int ix_parse_s64(const char *text, int64_t min, int64_t max, int64_t *ret_n)
{
	bool negative = *text == '-';
	uint64_t n;
	int64_t value;
	int r = whole(text + negative, 10, (uint64_t)INT64_MAX + negative, &n);

	if (r < 0)
		return r;
	/* Negate in two steps, as the magnitude of INT64_MIN does not fit into int64_t.
	 */
	value = negative && n ? -(int64_t)(n - 1) - 1 : (int64_t)n;
	if (value < min || value > max)
		return -ERANGE;
	*ret_n = value;
	return 0;
}

int ix_parse_c(const char *text, uint64_t max, uint64_t *ret_n)
{
	if (is_hex(text))
		return whole(text + 2, 16, max, ret_n);
	return whole(text, *text == '0' ? 8 : 10, max, ret_n);
}

int ix_parse_key(const char *text, uint32_t *ret_key)
{
	uint64_t n;
	int64_t negative = 0;
	int r;

	if (*text == '-') {
		/* "-010" could be meant as octal: refuse it as ambiguous. */
		if (text[1] == '0' && text[2])
			return -EINVAL;
		r = ix_parse_s64(text, INT32_MIN, 0, &negative);
		n = (uint32_t)negative;
	} else {
		r = ix_parse_c(text, UINT32_MAX, &n);
	}
	if (r < 0)
		return r;
	*ret_key = (uint32_t)n;
	return 0;
}

int ix_parse_mode(const char *text, uint32_t *ret_mode)
{
	uint64_t n;
	int r = whole(text, 8, 0777, &n);

	if (r < 0)
		return r;
	*ret_mode = (uint32_t)n;
	return 0;
}

/* The number in front of a unit; its fraction is kept as text. */
struct quantity {
	int error; /* the result of reading the whole part: 0 or -ERANGE */
	uint64_t whole;
	const char *fraction;
	size_t digits;
};

/* Read "12" or "1.5" at *p. */
static int take_quantity(const char **p, struct quantity *q)
{
	q->digits = 0;
	q->whole = 0;
	q->error = take_digits(p, 10, &q->whole);
	if (q->error == -EINVAL)
		return -EINVAL;
	if (**p != '.')
		return 0;
	q->fraction = ++*p;
	while (digit_of(**p) < 10) {
		(*p)++;
		q->digits++;
	}
	return q->digits ? 0 : -EINVAL;
}

/*
 * Multiply a quantity by a unit and round down. The result is exact for any number of
 * digits: the fraction is evaluated from its last digit on, and rounding down at each
 * step gives the same result as rounding down once at the end. Units up to 2^60 cannot
 * overflow.
 */
static int num_times(const struct quantity *q, uint64_t unit, uint64_t *ret_n)
{
	uint64_t part = 0, n;

	for (size_t i = q->digits; i-- > 0;)
		part = ((uint64_t)(q->fraction[i] - '0') * unit + part) / 10;
	if (q->error < 0)
		return q->error;
	if (__builtin_mul_overflow(q->whole, unit, &n) ||
	    __builtin_add_overflow(n, part, &n))
		return -ERANGE;
	*ret_n = n;
	return 0;
}

/* The unit of a size suffix: "", B, K, KB, KiB, …; 0 if there is no such suffix. */
static uint64_t size_unit(const char *suffix)
{
	static const char letters[] = "kmgtpe";
	const char *letter;
	uint64_t step = 1024, unit = 1;
	char second, c = num_lower(suffix[0]);

	if (c == '\0' || (c == 'b' && suffix[1] == '\0'))
		return 1;
	letter = strchr(letters, c);
	if (!letter)
		return 0;
	second = num_lower(suffix[1]);
	if (second == 'b' && suffix[2] == '\0')
		step = 1000;
	else if (second &&
		 !(second == 'i' && num_lower(suffix[2]) == 'b' && suffix[3] == '\0'))
		return 0;
	for (const char *l = letters; l <= letter; l++)
		unit *= step;
	return unit;
}

int ix_parse_size(const char *text, uint64_t *ret_bytes)
{
	struct quantity q;
	uint64_t unit;

	if (is_hex(text))
		return whole(text + 2, 16, UINT64_MAX, ret_bytes);
	if (take_quantity(&text, &q) < 0)
		return -EINVAL;
	unit = size_unit(text);
	if (unit == 0 || (q.digits && *text == '\0'))
		return -EINVAL;
	return num_times(&q, unit, ret_bytes);
}

/* In this list, a name comes before every other name that is a prefix of it. */
static const struct {
	char name[IX_TEXT(4)];
	uint64_t ns;
} spans[] = {
	{ "min", UINT64_C(60000000000) },
	{ "ms", UINT64_C(1000000) },
	{ "us", UINT64_C(1000) },
	{ "ns", UINT64_C(1) },
	{ "s", UINT64_C(1000000000) },
	{ "m", UINT64_C(60000000000) },
	{ "h", UINT64_C(3600000000000) },
	{ "d", UINT64_C(86400000000000) },
	{ "w", UINT64_C(7) * 86400000000000 },
	{ "y", UINT64_C(31557600) * 1000000000 },
};

/* Read the unit at *p. Returns the length of the unit in nanoseconds, 0 if there is no
 * unit. */
static uint64_t take_span(const char **p)
{
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		size_t len = strlen(spans[i].name);

		if (strncmp(*p, spans[i].name, len) != 0)
			continue;
		*p += len;
		return spans[i].ns;
	}
	return 0;
}

int ix_parse_duration(const char *text, uint64_t *ret_ns)
{
	const char *start = text;
	uint64_t sum = 0, part = 0;
	bool over = false;

	do {
		struct quantity q;
		bool first = text == start;
		uint64_t unit;

		if (take_quantity(&text, &q) < 0)
			return -EINVAL;
		/*
		 * A number without a unit means seconds, but is refused after other
		 * parts: "1h30" is ambiguous.
		 */
		unit = first && *text == '\0' ? UINT64_C(1000000000) : take_span(&text);
		if (unit == 0)
			return -EINVAL;
		over |= num_times(&q, unit, &part) < 0 ||
			__builtin_add_overflow(sum, part, &sum);
	} while (*text);
	if (over)
		return -ERANGE;
	*ret_ns = sum;
	return 0;
}

/*
 * Write n at p in the given base, padded with zeros to at least the given number of
 * digits (which must not exceed IX_NUM_MAX).
 */
static char *num_put(char *p, uint64_t n, unsigned base, int digits)
{
	char reversed[IX_NUM_MAX];
	int len = 0;

	do {
		reversed[len++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (len < MIN(digits, IX_NUM_MAX))
		reversed[len++] = '0';
	while (len)
		*p++ = reversed[--len];
	return p;
}

/* Listings consist mostly of decimal numbers: write two digits per division. */
static const char pairs[] =
	"00010203040506070809101112131415161718192021222324252627282930313233"
	"34353637383940414243444546474849505152535455565758596061626364656667"
	"6869707172737475767778798081828384858687888990919293949596979899";

char *ix_put_text(char *p, const char *text)
{
	size_t n = strlen(text);

	memcpy(p, text, n);
	return p + n;
}

char *ix_put_u64(char *p, uint64_t n)
{
	char digits[IX_NUM_MAX], *end = digits + sizeof(digits), *at = end;

	while (n >= 100) {
		at -= 2;
		memcpy(at, pairs + n % 100 * 2, 2);
		n /= 100;
	}
	if (n >= 10) {
		at -= 2;
		memcpy(at, pairs + n * 2, 2);
	} else {
		*--at = (char)('0' + n);
	}
	memcpy(p, at, (size_t)(end - at));
	return p + (end - at);
}

char *ix_put_i64(char *p, int64_t n)
{
	if (n < 0)
		*p++ = '-';
	return ix_put_u64(p, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

char *ix_put_oct(char *p, uint64_t n, int digits)
{
	return num_put(p, n, 8, digits);
}

char *ix_put_hex(char *p, uint64_t n, int digits)
{
	return num_put(p, n, 16, digits);
}

char *ix_put_key(char *p, uint32_t key)
{
	*p++ = '0';
	*p++ = 'x';
	for (unsigned shift = 32; shift > 0;) {
		shift -= 4;
		*p++ = "0123456789abcdef"[key >> shift & 15];
	}
	return p;
}

char *ix_put_tenths(char *p, double d)
{
	uint64_t tenths;

	if (d < 0) {
		*p++ = '-';
		d = -d;
	}
	if (d > 1e17) /* a double has no decimals here, and d * 10 may overflow */
		return ix_put_u64(p,
				  d >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)d);
	tenths = (uint64_t)(d * 10 + 0.5);
	p = ix_put_u64(p, tenths / 10);
	if (tenths % 10) {
		*p++ = '.';
		*p++ = (char)('0' + tenths % 10);
	}
	return p;
}

char *ix_put_size(char *p, uint64_t n)
{
	static const char units[] = "BKMGTPE";
	unsigned unit = 0;
	uint64_t rest = 0;

	while (n >= 1024 && unit < sizeof(units) - 2) {
		rest = n % 1024;
		n /= 1024;
		unit++;
	}
	p = ix_put_u64(p, n);
	if (n < 10 && rest * 10 / 1024 > 0) {
		*p++ = '.';
		*p++ = (char)('0' + rest * 10 / 1024);
	}
	if (unit)
		*p++ = units[unit];
	return p;
}
