/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read and write records. JSON is parsed here, in place and strictly, without json-c: a
 * line is sent only if it is completely valid, and a parser that runs out of memory must
 * not shorten a message. Only the message itself is allocated.
 */
#include "queue/record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/b64.h"
#include "base/esc.h"

/* Maximum nesting of unknown members. */
#define DEPTH_MAX 64

int record_put(struct ix_buf *b, const char *label, const struct ipcx_message *m)
{
	if (ix_buf_printf(b, "{\"ipcx\":%d,\"%s\":%" PRId64 ",\"size\":%zu,\"data\":\"",
			  RECORD_VERSION, label, m->rank, m->len) < 0 ||
	    ix_b64_put(b, m->data, m->len) < 0 || ix_buf_str(b, "\"}\n") < 0)
		return -ENOMEM;
	return 0;
}

/* ---- JSON */

struct scan {
	const char *p, *end;
};

/* The text between two quotes, with its escapes. */
struct text {
	const char *at;
	size_t len;
	bool escaped;
};

enum type { OTHER, INTEGER, TEXT };

struct member {
	bool there;
	enum type type;
	int64_t n;
	struct text text;
};

enum { IPCX, RANK, SIZE, DATA, N_MEMBERS };

struct members {
	const char *names[N_MEMBERS];
	struct member list[N_MEMBERS];
	bool twice; /* one of the members occurs more than once */
};

static bool record_take(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static void record_skip_blanks(struct scan *s)
{
	while (s->p < s->end && memchr(" \t\r\n", *s->p, 4))
		s->p++;
}

static int record_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Return the value of the four digits after \u, or -1. */
static int hex4(const char *p)
{
	int n = 0;

	for (int i = 0; i < 4; i++) {
		int digit = record_hex_digit(p[i]);

		if (digit < 0)
			return -1;
		n = n << 4 | digit;
	}
	return n;
}

static bool skip_escape(struct scan *s)
{
	size_t left = (size_t)(s->end - s->p);

	if (left >= 6 && s->p[1] == 'u' && hex4(s->p + 2) >= 0) {
		s->p += 6;
		return true;
	}
	if (left < 2 || !memchr("\"\\/bfnrt", s->p[1], 8))
		return false;
	s->p += 2;
	return true;
}

static bool record_read_text(struct scan *s, struct text *ret)
{
	if (!record_take(s, '"'))
		return false;
	*ret = (struct text){ .at = s->p };
	while (s->p < s->end && *s->p != '"') {
		uint32_t code;
		size_t n;

		if (*s->p == '\\') {
			ret->escaped = true;
			if (!skip_escape(s))
				return false;
			continue;
		}
		n = ix_utf8((const unsigned char *)s->p, (size_t)(s->end - s->p), &code);
		if (n == 0 || code < ' ')
			return false;
		s->p += n;
	}
	ret->len = (size_t)(s->p - ret->at);
	return record_take(s, '"');
}

/* Return the next byte of a text, and advance. For a non-ASCII character, return a byte
 * that occurs neither in keys nor in base64. */
static char next_byte(const char **p)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at = *p, *found;
	int code;

	if (*at != '\\') {
		*p = at + 1;
		return *at;
	}
	if (at[1] != 'u') {
		*p = at + 2;
		found = strchr(from, at[1]);
		return found ? to[found - from] : at[1];
	}
	*p = at + 6;
	code = hex4(at + 2);
	return code < 0x80 ? (char)code : '\xff';
}

static bool is_key(const struct text *t, const char *name)
{
	size_t len = strlen(name), n = 0;
	const char *p = t->at;

	while (p < t->at + t->len)
		if (n == len || next_byte(&p) != name[n++])
			return false;
	return n == len;
}

static size_t skip_digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (size_t)(s->p - from);
}

/* Read a number. INTEGER for an integer that fits an int64_t, otherwise OTHER. */
static bool record_read_number(struct scan *s, struct member *ret)
{
	bool minus = record_take(s, '-'), over = false;
	const char *from = s->p;
	size_t digits = skip_digits(s);
	int64_t n = 0;

	if (digits == 0 || (digits > 1 && *from == '0'))
		return false;
	for (size_t i = 0; i < digits; i++) {
		int64_t digit = from[i] - '0';

		over |= __builtin_mul_overflow(n, INT64_C(10), &n);
		over |= __builtin_add_overflow(n, minus ? -digit : digit, &n);
	}
	ret->type = over ? OTHER : INTEGER;
	ret->n = n;
	if (record_take(s, '.')) {
		ret->type = OTHER;
		if (skip_digits(s) == 0)
			return false;
	}
	if (record_take(s, 'e') || record_take(s, 'E')) {
		ret->type = OTHER;
		(void)(record_take(s, '+') || record_take(s, '-'));
		return skip_digits(s) > 0;
	}
	return true;
}

static bool skip_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return false;
	s->p += len;
	return true;
}

static bool record_read_value(struct scan *s, unsigned depth, struct member *ret);

/* Read the elements of an array or, with keys, the members of an object; known members
 * are stored in m. */
static bool read_list(struct scan *s, unsigned depth, bool keys, char end,
		      struct members *m)
{
	s->p++;
	record_skip_blanks(s);
	if (record_take(s, end))
		return true;
	do {
		struct member other, *to = &other;
		struct text key;

		record_skip_blanks(s);
		if (keys && !record_read_text(s, &key))
			return false;
		for (size_t i = 0; m && i < N_MEMBERS; i++)
			if (is_key(&key, m->names[i]))
				to = &m->list[i];
		record_skip_blanks(s);
		if (keys && !record_take(s, ':'))
			return false;
		if (to != &other) {
			m->twice |= to->there;
			to->there = true;
		}
		if (!record_read_value(s, depth, to))
			return false;
		record_skip_blanks(s);
	} while (record_take(s, ','));
	return record_take(s, end);
}

static bool record_read_value(struct scan *s, unsigned depth, struct member *ret)
{
	record_skip_blanks(s);
	ret->type = OTHER;
	if (s->p == s->end)
		return false;
	switch (*s->p) {
	case '"':
		ret->type = TEXT;
		return record_read_text(s, &ret->text);
	case '{':
		return depth > 0 && read_list(s, depth - 1, true, '}', NULL);
	case '[':
		return depth > 0 && read_list(s, depth - 1, false, ']', NULL);
	case 't':
		return skip_word(s, "true");
	case 'f':
		return skip_word(s, "false");
	case 'n':
		return skip_word(s, "null");
	default:
		return record_read_number(s, ret);
	}
}

/* Parse a line; false if it is not JSON. If the JSON is not an object, no members are
 * set. */
static bool record_read_line(const char *line, size_t len, struct members *m)
{
	struct scan s = { .p = line, .end = line + len };
	struct member other;
	bool good;

	record_skip_blanks(&s);
	good = s.p < s.end && *s.p == '{' ? read_list(&s, DEPTH_MAX, true, '}', m)
					  : record_read_value(&s, DEPTH_MAX, &other);
	record_skip_blanks(&s);
	return good && s.p == s.end;
}

/* ---- a record */

/* Append the bytes of a base64 text. Returns 0, -EINVAL, -ENOMEM. */
static int record_decode(struct ix_buf *data, const struct text *t)
{
	auto_buf struct ix_buf plain = { 0 };
	const char *p = t->at;

	if (!t->escaped)
		return ix_b64_get(data, t->at, t->len);
	if (!ix_buf_room(&plain, t->len))
		return -ENOMEM;
	while (p < t->at + t->len)
		plain.data[plain.len++] = next_byte(&p);
	return ix_b64_get(data, plain.data, plain.len);
}

static const char no_memory[] = "cannot be read: out of memory";

static const char *record_said(struct ix_buf *data, const char *what, const char *label)
{
	data->len = 0;
	return ix_buf_printf(data, "%s \"%s\"", what, label) < 0 ? no_memory : data->data;
}

static bool is_version(const struct members *m, int64_t version)
{
	return m->list[IPCX].n == version;
}

static const char *record_check(const struct members *m, struct ix_buf *data,
				struct ipcx_message *ret_m)
{
	const struct member *size = &m->list[SIZE];

	if (m->list[IPCX].type != INTEGER)
		return "is not a message record: it has no \"ipcx\"";
	if (!is_version(m, RECORD_VERSION) && !is_version(m, 0))
		return "is a record of a version other than 1";
	if (m->twice)
		return "has a member twice";
	if (m->list[RANK].type != INTEGER)
		return record_said(data, "has no", m->names[RANK]);
	if (m->list[DATA].type != TEXT)
		return "has no \"data\"";
	if (size->there && (size->type != INTEGER || size->n < 0))
		return "has an invalid \"size\"";
	data->len = 0;
	switch (-record_decode(data, &m->list[DATA].text)) {
	case 0:
		break;
	case ENOMEM:
		return no_memory;
	default:
		return "has \"data\" that is not base64";
	}
	/* Older records have no size. */
	if (size->there && (uint64_t)size->n != data->len)
		return "has \"data\" of a length other than its \"size\"";
	*ret_m = (struct ipcx_message){ .size = sizeof(*ret_m),
					.rank = m->list[RANK].n,
					.data = data->data,
					.len = data->len };
	return NULL;
}

const char *record_get(const char *line, size_t len, const char *label,
		       struct ix_buf *data, struct ipcx_message *ret_m, bool *ret_void)
{
	struct members m = {
		.names = { [IPCX] = "ipcx", [RANK] = label, [SIZE] = "size", [DATA] = "data" }
	};
	const char *fault;

	if (!record_read_line(line, len, &m))
		return "is not valid JSON";
	fault = record_check(&m, data, ret_m);
	if (!fault)
		*ret_void = is_version(&m, 0);
	return fault;
}
