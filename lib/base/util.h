/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Helpers for every file: ownership that ends with the scope, array sizes, minimum and
 * maximum. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The size of an array that holds a short text inside a table. C lets a string fill its
 * array without the NUL: tests/policy/test_texts.py finds such strings by compiling the
 * tables with arrays that are one byte shorter. */
#define IX_TEXT(bytes) (bytes)

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)         ((a) < (b) ? (a) : (b))
#define MAX(a, b)         ((a) > (b) ? (a) : (b))
#define NOINLINE          __attribute__((noinline))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

static inline void auto_free_end(void *p)
{
	free(*(void **)p);
}

static inline void auto_fd_end(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void auto_file_end(FILE *const *f)
{
	if (*f)
		(void)fclose(*f);
}

static inline void auto_dir_end(DIR *const *d)
{
	if (*d)
		(void)closedir(*d);
}

/* Attributes of a variable: free or close what it holds when its scope ends. clang's
 * analyzer does not know that this uses the variable: the attribute "unused" prevents its
 * reports of dead stores. */
#define auto_free __attribute__((cleanup(auto_free_end), unused))
#define auto_fd   __attribute__((cleanup(auto_fd_end), unused))
#define auto_file __attribute__((cleanup(auto_file_end)))
#define auto_dir  __attribute__((cleanup(auto_dir_end)))

/* Transfer ownership of a pointer: the variable becomes NULL. */
#define TAKE(p)                            \
	__extension__({                    \
		__typeof__(p) take_ = (p); \
		(p) = NULL;                \
		take_;                     \
	})

static inline int take_fd(int *fd)
{
	int held = *fd;

	*fd = -1;
	return held;
}
