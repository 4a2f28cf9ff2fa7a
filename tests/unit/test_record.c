/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd/queue/record.c: the format of a line, and the error text for a malformed line. */
#include "queue/record.h"

#include <string.h>

#include "unit.h"

static void test_lines(void **state)
{
	static const struct {
		const char *line, *fault; /* "": a message; "void" */
	} rows[] = {
		{ "{\"ipcx\":1,\"type\":7,\"size\":5,\"data\":\"aGVsbG8=\"}", "" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"aGVsbG8=\"}", "" },
		{ "\t{ \"data\":\"aGVsbG8=\", \"type\":7, \"ipcx\":1 } \r", "" },
		{ "{\"ipcx\":1,\"x\":[{\"data\":1}],\"type\":7,\"data\":\"aGVsbG8=\"}",
		  "" },
		{ "{\"\\u0069pcx\":1,\"type\":7,\"data\":\"aGVsb\\u00478=\"}", "" },
		{ "{\"ipcx\":0,\"type\":7,\"size\":5,\"data\":\"aGVsbG8=\"}", "void" },
		{ "", "is not valid JSON" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"aGVsbG8=\"", "is not valid JSON" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"aGVsbG8=\"},", "is not valid JSON" },
		{ "{\"ipcx\":01,\"type\":7,\"data\":\"\"}", "is not valid JSON" },
		{ "{\"ipcx\":1,\"type\":+7,\"data\":\"\"}", "is not valid JSON" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"\",}", "is not valid JSON" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"\\x\"}", "is not valid JSON" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"\t\"}", "is not valid JSON" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"\xff\"}", "is not valid JSON" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"\\u00e\"}", "is not valid JSON" },
		{ "{}", "is not a message record: it has no \"ipcx\"" },
		{ "7", "is not a message record: it has no \"ipcx\"" },
		{ "{\"ipcx\":\"1\"}", "is not a message record: it has no \"ipcx\"" },
		{ "{\"ipcx\":2}", "is a record of a version other than 1" },
		{ "{\"ipcx\":1,\"data\":\"\"}", "has no \"type\"" },
		{ "{\"ipcx\":1,\"type\":7.0,\"data\":\"\"}", "has no \"type\"" },
		{ "{\"ipcx\":1,\"type\":9223372036854775808,\"data\":\"\"}",
		  "has no \"type\"" },
		{ "{\"ipcx\":1,\"type\":7}", "has no \"data\"" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":null}", "has no \"data\"" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"A\"}",
		  "has \"data\" that is not base64" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"\\u0100AAA\"}",
		  "has \"data\" that is not base64" },
		{ "{\"ipcx\":1,\"type\":7,\"size\":4,\"data\":\"aGVsbG8=\"}",
		  "has \"data\" of a length other than its \"size\"" },
		{ "{\"ipcx\":1,\"type\":7,\"size\":-1,\"data\":\"\"}",
		  "has an invalid \"size\"" },
		{ "{\"ipcx\":1,\"type\":7,\"size\":\"0\",\"data\":\"\"}",
		  "has an invalid \"size\"" },
		{ "{\"ipcx\":1,\"type\":7,\"data\":\"\",\"type\":7}",
		  "has a member twice" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		auto_buf struct ix_buf data = { 0 };
		struct ipcx_message m;
		bool is_void;
		const char *line = rows[i].line,
			   *fault = record_get(line, strlen(line), "type", &data, &m,
					       &is_void);

		if (fault) {
			ROW_TRUE(line, !strcmp(fault, rows[i].fault));
			continue;
		}
		ROW_TRUE(line, !strcmp(is_void ? "void" : "", rows[i].fault));
		ROW_TRUE(line, m.rank == 7 && m.len == 5 && !memcmp(m.data, "hello", 5));
	}
}

/* Deep nesting is refused before it can exhaust the stack. */
static void test_deep_nesting_is_refused(void **state)
{
	char line[4096];

	(void)state;
	for (size_t n = 1; n < 1000; n += 9) {
		auto_buf struct ix_buf text = { 0 }, data = { 0 };
		struct ipcx_message m;
		const char *fault;
		bool is_void;

		memset(line, '[', n);
		memset(line + n, ']', n);
		line[2 * n] = '\0';
		assert_int_equal(ix_buf_printf(&text,
					       "{\"x\":%s,\"ipcx\":1,"
					       "\"type\":1,\"data\":\"\"}",
					       line),
				 0);
		fault = record_get(text.data, text.len, "type", &data, &m, &is_void);
		ROW_TRUE(line, (fault == NULL) == (n <= 64));
	}
}

/* Every record that is written can be read back. */
static void test_round_trip(void **state)
{
	char bytes[300];

	(void)state;
	for (size_t n = 0; n < sizeof(bytes); n++) {
		auto_buf struct ix_buf line = { 0 }, data = { 0 };
		struct ipcx_message m = { .rank = (int64_t)n - 5,
					  .data = bytes,
					  .len = n };
		bool is_void = true;

		bytes[n] = (char)(n * 7);
		assert_int_equal(record_put(&line, "priority", &m), 0);
		assert_null(record_get(line.data, line.len - 1, "priority", &data, &m,
				       &is_void));
		assert_false(is_void);
		assert_int_equal(m.rank, (int64_t)n - 5);
		assert_int_equal(m.len, n);
		assert_memory_equal(m.data, bytes, n);
		line.data[RECORD_VERSION_AT] = RECORD_VOID[0];
		assert_null(record_get(line.data, line.len - 1, "priority", &data, &m,
				       &is_void));
		assert_true(is_void);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_deep_nesting_is_refused),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
