/* SPDX-License-Identifier: GPL-2.0-or-later */
/* core/limit.c, core/attr.c: reading amounts, requests and attributes. */
#include "core/limit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/util.h"
#include "core/attr.h"
#include "unit.h"

#define ALL UINT64_MAX

/* ---- amounts, requests, attributes ---- */

static void test_amounts(void **state)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct ipcx_attrs a = { .size = sizeof(a), .set = IPCX_A_SIZE | IPCX_A_COUNT };

	(void)state;
	assert_true(ix_mul_sat(0, ALL) == 0);
	assert_true(ix_mul_sat(ALL, 1) == ALL);
	assert_true(ix_mul_sat(ALL, 2) == ALL);
	assert_true(ix_mul_sat((uint64_t)1 << 32, (uint64_t)1 << 32) == ALL);
	assert_true(ix_mul_sat(((uint64_t)1 << 32) - 1, ((uint64_t)1 << 32) + 1) == ALL);
	assert_true(ix_mul_sat((uint64_t)1 << 32, ((uint64_t)1 << 32) - 1) ==
		    ALL - 0xffffffff);

	a.bytes = 0;
	assert_true(ix_amount_pages(&a) == 0);
	a.bytes = 1;
	assert_true(ix_amount_pages(&a) == 1);
	a.bytes = page;
	assert_true(ix_amount_pages(&a) == 1);
	a.bytes = page + 1;
	assert_true(ix_amount_pages(&a) == 2);
	a.bytes = ALL;
	assert_true(ix_amount_pages(&a) == ALL / page + 1);
	assert_true(ix_amount_size(&a) == ALL);
	assert_true(ix_amount_one(&a) == 1);
	a.set = 0;
	assert_true(ix_amount_size(&a) == 0);
	assert_true(ix_amount_pages(&a) == 0);
}

static const uint64_t shm_words[] = { IPCX_A_COUNT, IPCX_A_SIZE };
static const uint64_t sem_words[] = { IPCX_A_COUNT, IPCX_A_NSEMS };
static const uint64_t mq_words[] = { IPCX_A_COUNT, IPCX_A_MAXMSG, IPCX_A_MSGSIZE };
static const uint64_t psem_words[] = { IPCX_A_COUNT };
static const uint64_t size_word[] = { IPCX_A_SIZE };

#define WORDS(w) w, ARRAY_SIZE(w)

static void test_requests(void **state)
{
	static const struct {
		const uint64_t *words;
		size_t n;
		const char *text;
		uint64_t count, second, third;
	} rows[] = {
		{ WORDS(shm_words), "40G", 1, (uint64_t)40 << 30, 0 },
		{ WORDS(shm_words), "4x10G", 4, (uint64_t)10 << 30, 0 },
		{ WORDS(shm_words), "1", 1, 1, 0 },
		{ WORDS(shm_words), "18446744073709551615", 1, ALL, 0 },
		{ WORDS(shm_words), "18446744073709551615x1", ALL, 1, 0 },
		{ WORDS(sem_words), "10x250", 10, 250, 0 },
		{ WORDS(sem_words), "250", 1, 250, 0 },
		{ WORDS(mq_words), "100x8K", 1, 100, 8192 },
		{ WORDS(mq_words), "5x100x8K", 5, 100, 8192 },
		{ WORDS(psem_words), "7", 7, 0, 0 },
		{ WORDS(psem_words), "", 1, 0, 0 },
		{ WORDS(size_word), "2K", 1, 2048, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text = rows[i].text;
		struct ipcx_attrs a;
		uint64_t second, third;

		ROW_TRUE(text, ix_request_read(text, rows[i].words, rows[i].n, &a) == 0);
		second = a.set & IPCX_A_SIZE     ? a.bytes
			 : a.set & IPCX_A_NSEMS  ? a.nsems
			 : a.set & IPCX_A_MAXMSG ? a.maxmsg
						 : 0;
		third = a.set & IPCX_A_MSGSIZE ? a.msgsize : 0;
		ROW_TRUE(text, a.size == sizeof(a) && (a.set & IPCX_A_COUNT));
		ROW_TRUE(text, a.count == rows[i].count);
		ROW_TRUE(text, second == rows[i].second && third == rows[i].third);
	}
}

static void test_invalid_requests(void **state)
{
	static const struct {
		const uint64_t *words;
		size_t n;
		const char *text;
	} rows[] = {
		{ WORDS(shm_words), "" },
		{ WORDS(shm_words), "0" },
		{ WORDS(shm_words), "0x1000" },
		{ WORDS(shm_words), "0x10G" },
		{ WORDS(shm_words), "4x0" },
		{ WORDS(shm_words), "x" },
		{ WORDS(shm_words), "x40G" },
		{ WORDS(shm_words), "40Gx" },
		{ WORDS(shm_words), "1x2x3" },
		{ WORDS(shm_words), "1xx2" },
		{ WORDS(shm_words), "-1" },
		{ WORDS(shm_words), "+1" },
		{ WORDS(shm_words), " 1" },
		{ WORDS(shm_words), "1 " },
		{ WORDS(shm_words), "1X2" },
		{ WORDS(shm_words), "2Kx1" },
		{ WORDS(shm_words), "1G2" },
		{ WORDS(shm_words), "16E" },
		{ WORDS(shm_words), "18446744073709551616" },
		{ WORDS(shm_words), "18446744073709551616x1" },
		{ WORDS(shm_words), "999999999999999999999999999999" },
		{ WORDS(sem_words), "10x250K" },
		{ WORDS(sem_words), "1.5" },
		{ WORDS(mq_words), "8K" },
		{ WORDS(mq_words), "8Kx100" },
		{ WORDS(mq_words), "1x2x3x4" },
		{ WORDS(psem_words), "1x1" },
		{ WORDS(psem_words), "0" },
		{ WORDS(size_word), "" },
		{ WORDS(size_word), "2x2K" },
		{ WORDS(shm_words),
		  "1111111111111111111111111111111111111111111111111111111111111111"
		  "1111111111111111111111111111111111111111111111111111111111111111" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ipcx_attrs a = { .size = 42 };

		ROW_TRUE(rows[i].text, ix_request_read(rows[i].text, rows[i].words,
						       rows[i].n, &a) == -EINVAL);
		ROW_TRUE(rows[i].text, a.size == 42);
	}
}

static void test_attributes(void **state)
{
	const struct ix_attr *attr;
	uint64_t seen = 0;
	char names[512];

	(void)state;
	for (unsigned i = 0; (attr = ix_attr(i)) != NULL; i++) {
		struct ipcx_attrs a = { .size = sizeof(a) };

		ROW_TRUE(attr->name, !(seen & attr->bit));
		seen |= attr->bit;
		ix_attr_set(attr, &a, 7);
		ROW_TRUE(attr->name, a.set == attr->bit && a.size == sizeof(a));
		ROW_TRUE(attr->name, ix_attr_value(attr, &a) == (attr->size ? 7 : 0));
		ROW_TRUE(attr->name, !attr->fits || attr->size == sizeof(uint64_t));
		ROW_TRUE(attr->name, !attr->fits || attr->field != IPCX_NO_FIELD);
		ix_attr_names(attr->bit, names, sizeof(names));
		ROW_TRUE(attr->name, !strcmp(names, attr->name));
	}
	/* Every bit up to the last that the header defines is named exactly once. */
	assert_true(seen == (IPCX_A_ALLOCATE << 1) - 1);
	ix_attr_names(IPCX_A_SIZE | IPCX_A_MODE | IPCX_A_IF_MISSING, names,
		      sizeof(names));
	assert_string_equal(names, "mode, size, if-missing");
	ix_attr_names(ALL, names, 12);
	assert_int_equal(strlen(names), 11);
	ix_attr_names(0, names, sizeof(names));
	assert_string_equal(names, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_invalid_requests),
		cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests_name("wish", tests, NULL, NULL);
}
