/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the tests of the public interface. Like any program, these tests see only
 * ipcx.h and the shared library; their objects are in fresh namespaces (run-in-ns.sh).
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
#include <stdlib.h>
#include <string.h>

#include <ipcx.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What sem_open(3) takes for the semaphore of this name: glibc puts "sem." in front of
 * the file's name, musl does not. */
#ifdef __GLIBC__
#define SEM_NAME(name) "/" name
#else
#define SEM_NAME(name) "/sem." name
#endif

/* Value that an output has before a call which must leave the output unchanged. */
#define UNTOUCHED ((struct ipcx_table *)0x5a5a)

/* Check that a call fails with this errno, sets an error text of one line, and leaves its
 * output unchanged. */
#define assert_fails(x, call, error, out, before)            \
	do {                                                 \
		assert_int_equal((call), (error));           \
		assert_true((out) == (before));              \
		assert_true(ipcx_error(x)[0] != '\0');       \
		assert_null(strpbrk(ipcx_error(x), "\n\r")); \
	} while (0)

static inline unsigned mech_of(const char *name)
{
	unsigned mech = IPCX_NO_MECH;

	assert_int_equal(ipcx_mech_by_name(name, (size_t)-1, &mech), 0);
	return mech;
}

/* Return the value of a numeric field of a row. */
static inline uint64_t number(const struct ipcx_table *t, size_t row,
			      enum ipcx_field field)
{
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };

	assert_int_equal(ipcx_row_get(t, row, field, &v), 0);
	assert_true(v.type != IPCX_TYPE_NONE && v.type != IPCX_TYPE_STRING);
	return v.as.u;
}

/* Return a copy of a string of a row. The copy stays valid for several more calls;
 * the string of a value is valid only as long as the value. */
static inline const char *string(const struct ipcx_table *t, size_t row,
				 enum ipcx_field field)
{
	static char texts[8][IPCX_REF_MAX];
	static unsigned next;
	struct ipcx_value v = { .type = IPCX_TYPE_NONE };

	assert_int_equal(ipcx_row_get(t, row, field, &v), 0);
	assert_int_equal(v.type, IPCX_TYPE_STRING);
	next = (next + 1) % ARRAY_SIZE(texts);
	(void)snprintf(texts[next], sizeof(texts[next]), "%s", ipcx_value_string(&v));
	return texts[next];
}

/* Return all objects of these mechanisms ("shm", "posix", "all"). */
static inline struct ipcx_table *scan(struct ipcx *x, const char *which)
{
	struct ipcx_query q = { .size = sizeof(q) };
	struct ipcx_table *t = NULL;

	assert_int_equal(ipcx_mech_mask(which, &q.mechs), 0);
	assert_int_equal(ipcx_scan(x, &q, &t), 0);
	assert_non_null(t);
	return t;
}

static inline size_t count(struct ipcx *x, const char *which)
{
	struct ipcx_table *t = scan(x, which);
	size_t rows = ipcx_table_rows(t);

	ipcx_table_free(t);
	return rows;
}

/* Return attributes of one small object of any mechanism; the name is used if objects of
 * this mechanism have names. */
static inline struct ipcx_attrs small(const char *mech, const char *name)
{
	const struct ipcx_mech_info *info = ipcx_mech_info(mech_of(mech));
	struct ipcx_attrs a = { .size = sizeof(a), .mech = mech_of(mech), .name = name };

	a.set = info->require | (info->create & IPCX_A_SIZE);
	a.bytes = 4096;
	a.nsems = 2;
	return a;
}

/* Create such an object; unless ref is NULL, *ref receives the reference of the first
 * object created. */
static inline void make(struct ipcx *x, const struct ipcx_attrs *a, struct ipcx_ref *ref)
{
	struct ipcx_table *t = NULL;

	if (ipcx_create(x, a, 1, &t) < 0)
		fail_msg("%s", ipcx_error(x));
	if (ref)
		assert_int_equal(ipcx_ref_parse(x, string(t, 0, IPCX_F_REF), IPCX_NO_MECH,
						ref),
				 0);
	ipcx_table_free(t);
}

static inline void make_small(struct ipcx *x, const char *mech, const char *name,
			      struct ipcx_ref *ref)
{
	struct ipcx_attrs a = small(mech, name);

	make(x, &a, ref);
}

/* Create a context for a test; the function that ends the test checks that no object is
 * left. */
static inline int begin(void **state)
{
	return ipcx_new((struct ipcx **)state);
}

static inline int end(void **state)
{
	struct ipcx *x = *state;
	struct ipcx_query q = { .size = sizeof(q), .flags = IPCX_ALL };
	struct ipcx_table *gone;

	if (ipcx_mech_mask("all", &q.mechs) < 0 || ipcx_remove(x, &q, &gone) < 0)
		return -1;
	ipcx_table_free(gone);
	ipcx_free(x);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
