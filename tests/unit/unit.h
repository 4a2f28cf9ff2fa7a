/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test includes: cmocka with what its header forgets to ask for, and a
 * failure that names its row.
 */
#pragma once

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

/* In a loop over a table: stop with the row's text when a condition does not hold. */
#define ROW_TRUE(row, condition)                                           \
	do {                                                               \
		if (!(condition))                                          \
			fail_msg("\"%s\": not so: %s", (row), #condition); \
	} while (0)
