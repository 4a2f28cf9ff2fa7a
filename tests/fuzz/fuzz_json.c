/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings in JSON: json-c, in strict mode, reads back exactly the input. Invalid UTF-8
 * bytes are read back as the four characters \xNN. Standard output is replaced by a
 * buffer of this file.
 */
#include "ui/json.h"

#include <json-c/json.h>
#include <stdarg.h>

#include "base/buf.h"
#include "base/esc.h"
#include "base/util.h"
#include "fuzz.h"
#include "ui/out.h"

/* ---- the part of out.c that json.c uses */

static struct ix_buf written;
static char room[OUT_ROOM];

char *out_room(void)
{
	return room;
}

void out_done(const char *end)
{
	out_bytes(room, (size_t)(end - room));
}

void out_bytes(const char *p, size_t n)
{
	CHECK(n <= OUT_ROOM);
	CHECK(ix_buf_add(&written, p, n) == 0);
}

void out_text(const char *text)
{
	out_bytes(text, strlen(text));
}

void out_format(const char *fmt, ...)
{
	va_list args;
	char text[256];
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	CHECK(n >= 0 && (size_t)n < sizeof(text));
	out_bytes(text, (size_t)n);
}

size_t out_columns(void)
{
	return 0;
}

int out_flush(void)
{
	return 0;
}

/* ---- expected result */

/* Compute what reading back these bytes must return. */
static void expect(const char *text, size_t len, struct ix_buf *ret)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t code;

		n = ix_utf8((const unsigned char *)text + i, len - i, &code);
		if (n)
			CHECK(ix_buf_add(ret, text + i, n) == 0);
		else
			CHECK(ix_buf_printf(ret, "\\x%02x", (unsigned char)text[i]) == 0);
		n = MAX(n, (size_t)1);
	}
}

static void check(const char *json, size_t len, const struct ix_buf *expected)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o;

	CHECK(tokener && len <= 1 << 20);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tokener, json, (int)len);
	CHECK(json_tokener_get_error(tokener) == json_tokener_success);
	CHECK(json_tokener_get_parse_end(tokener) == len);
	CHECK(json_object_is_type(o, json_type_string));
	CHECK((size_t)json_object_get_string_len(o) == expected->len);
	CHECK(expected->len == 0 ||
	      memcmp(json_object_get_string(o), expected->data, expected->len) == 0);
	json_object_put(o);
	json_tokener_free(tokener);
}

/* Check that no byte is left that a terminal would act on. */
static void check_harmless(const char *json, size_t len)
{
	for (size_t i = 0; i < len; i++)
		CHECK((unsigned char)json[i] >= 0x20 && json[i] != 0x7f);
}

/* Write into memory of exactly the size promised to be enough. */
static void whole(const char *text, size_t len)
{
	auto_buf struct ix_buf expected = { 0 };
	auto_free char *json = malloc(6 * len + 2);
	size_t n;

	CHECK(json);
	n = (size_t)(json_put_string(json, text, len) - json);
	CHECK(n >= 2 && n <= 6 * len + 2);
	expect(text, len, &expected);
	check_harmless(json, n);
	check(json, n, &expected);
}

/* Write in pieces, with the text repeated until it is longer than any piece. */
static void pieces(const char *text)
{
	auto_buf struct ix_buf expected = { 0 }, many = { 0 };
	size_t len = strlen(text);

	for (size_t i = 0; len && i <= OUT_ROOM / 8; i += len)
		CHECK(ix_buf_add(&many, text, len) == 0);
	CHECK(ix_buf_add(&many, "", 1) == 0);
	expect(many.data, many.len - 1, &expected);
	json_string(many.data);
	check(written.data, written.len, &expected);
	ix_buf_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *text = fuzz_text(data, size);

	whole((const char *)data, size);
	/* Long texts are slow, so only a part of the inputs is repeated; that is
	 * enough, since lengths vary. */
	if (size % 8 == 1)
		pieces(text);
	return 0;
}
