/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names under which the C library has its functions. In a 32-bit program whose times
 * have 64 bits, the header renames those that take times or structures with times; what
 * is looked up by name has to be renamed here.
 */
#pragma once

#if defined(__i386__) && defined(__GLIBC__) && defined(_TIME_BITS) && _TIME_BITS == 64
#define TIMED(name)    "__" name "64"
#define TIMED_MQ(name) "__" name "_time64"
#else
#define TIMED(name)    name
#define TIMED_MQ(name) name
#endif
