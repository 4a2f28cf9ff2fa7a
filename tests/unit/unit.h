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

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Whether the kernel lacks a system call: it is old, or an emulator of user programs
 * (qemu-user 7.2 has neither openat2(2) nor process_vm_readv(2), and no robust lists).
 * NEEDS() skips a test then, LACKED() all tests of a program.
 */
static inline int unit_lacks(long call)
{
	return syscall(call, -1, NULL, NULL, NULL, NULL, NULL) < 0 && errno == ENOSYS;
}

#define NEEDS(call)                                                                 \
	do {                                                                        \
		if (unit_lacks(SYS_##call)) {                                       \
			print_message("this kernel or emulator lacks " #call "\n"); \
			skip();                                                     \
		}                                                                   \
	} while (0)

#define LACKED(call)               \
	(unit_lacks(SYS_##call) && \
	 printf("1..0 # SKIP this kernel or emulator lacks " #call "\n") > 0)

/* In a loop over a table: if a condition does not hold, fail and print the text of the
 * row. */
#define ROW_TRUE(row, condition)                                           \
	do {                                                               \
		if (!(condition))                                          \
			fail_msg("\"%s\": not so: %s", (row), #condition); \
	} while (0)
