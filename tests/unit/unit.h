/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test includes: cmocka with the headers that cmocka.h forgets, and an
 * assertion that names its row.
 */
#pragma once

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

/* In a loop over a table: fail with the row's text if a condition does not hold. */
#define ROW_TRUE(row, condition)                                           \
	do {                                                               \
		if (!(condition))                                          \
			fail_msg("\"%s\": not so: %s", (row), #condition); \
	} while (0)
