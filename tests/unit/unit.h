/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test includes: cmocka with the headers that cmocka.h forgets, and an
 * assertion for loops that names the row of the table.
 */
#pragma once

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

/* In a loop over a table: if a condition does not hold, fail and print the text of the
 * row. */
#define ROW_TRUE(row, condition)                                           \
	do {                                                               \
		if (!(condition))                                          \
			fail_msg("\"%s\": not so: %s", (row), #condition); \
	} while (0)
