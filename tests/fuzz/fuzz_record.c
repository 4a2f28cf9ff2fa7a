/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of messages: a record that was read is written again as the same message, and
 * json-c reads the same from it. A refusal has an error text.
 */
#include "queue/record.h"

#include <json-c/json.h>

#include "base/b64.h"
#include "base/util.h"
#include "fuzz.h"

static const char label[] = "type";

static bool is_int(struct json_object *o, const char *key, int64_t n)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) &&
	       json_object_is_type(v, json_type_int) && json_object_get_int64(v) == n;
}

/* Compare with json-c's reading of an accepted line. */
static void check_by_json_c(const char *line, size_t len, const struct ipcx_message *m,
			    bool is_void)
{
	auto_buf struct ix_buf data = { 0 };
	struct json_tokener *tokener = json_tokener_new_ex(80);
	struct json_object *o, *v;
	const char *text;

	CHECK(tokener && len < 1 << 20);
	o = json_tokener_parse_ex(tokener, line, (int)len);
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		o = json_tokener_parse_ex(tokener, "", 1);
	CHECK(json_tokener_get_error(tokener) == json_tokener_success);
	CHECK(is_int(o, "ipcx", is_void ? 0 : RECORD_VERSION));
	CHECK(is_int(o, label, m->rank));
	CHECK(json_object_object_get_ex(o, "data", &v));
	text = json_object_get_string(v);
	CHECK(ix_b64_get(&data, text, strlen(text)) == 0 && data.len == m->len);
	CHECK(m->len == 0 || !memcmp(data.data, m->data, m->len));
	if (json_object_object_get_ex(o, "size", &v))
		CHECK(is_int(o, "size", (int64_t)m->len));
	(void)json_object_put(o);
	json_tokener_free(tokener);
}

static void check_again(const struct ipcx_message *m)
{
	auto_buf struct ix_buf line = { 0 }, data = { 0 };
	struct ipcx_message again = { .size = 0 };
	bool is_void = true;

	CHECK(record_put(&line, label, m) == 0 && line.data[line.len - 1] == '\n');
	CHECK(!memchr(line.data, '\n', line.len - 1));
	CHECK(!record_get(line.data, line.len - 1, label, &data, &again, &is_void));
	CHECK(!is_void && again.rank == m->rank && again.len == m->len);
	CHECK(m->len == 0 || !memcmp(again.data, m->data, m->len));
	/* This byte alone makes a record void. */
	line.data[RECORD_VERSION_AT] = RECORD_VOID[0];
	CHECK(!record_get(line.data, line.len - 1, label, &data, &again, &is_void) &&
	      is_void);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf struct ix_buf bytes = { 0 };
	auto_free char *line = malloc(MAX(size, (size_t)1));
	struct ipcx_message m = { .size = 0 };
	bool is_void = false;
	const char *fault;

	CHECK(line);
	if (size)
		memcpy(line, data, size);
	fault = record_get(line, size, label, &bytes, &m, &is_void);
	if (fault) {
		CHECK(*fault && strlen(fault) < 100);
		return 0;
	}
	check_by_json_c(line, size, &m, is_void);
	check_again(&m);
	return 0;
}
