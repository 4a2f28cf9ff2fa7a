/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc/lock.c: whose lock a futex belongs to. The words and arguments are those that
 * mutexes of glibc 2.36 have while one process holds them and another waits (a7 = TID
 * 167).
 */
#include <string.h>

#include "base/util.h"
#include "proc/blocked.h"
#include "proc/peek.h"
#include "unit.h"

enum { WAIT = 0, WAKE = 1, LOCK_PI = 6, BITSET = 9, REQUEUE_PI = 11, LOCK_PI2 = 13 };

#define NARROW true
#define WIDE   false

struct row {
	const char *name;
	unsigned op;
	uint64_t value;
	bool narrow;
	uint32_t words[IX_LOCK_WORDS];
	struct ix_lock lock;
};

#define NONE                                  \
	{                                     \
		IX_LOCK_NONE, 0, false, false \
	}
#define PLAIN(tid)                               \
	{                                        \
		IX_LOCK_PLAIN, tid, false, false \
	}
#define ROBUST(tid)                              \
	{                                        \
		IX_LOCK_ROBUST, tid, false, true \
	}
#define PI(tid)                               \
	{                                     \
		IX_LOCK_PI, tid, false, false \
	}

/* clang-format off */
static const struct row rows[] = {
	{ "default", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x80 }, PLAIN(167) },
	{ "normal", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x280 }, PLAIN(167) },
	{ "recursive", WAIT, 2, WIDE, { 2, 2, 0xa7, 1, 0x81 }, PLAIN(167) },
	{ "errorcheck", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x82 }, PLAIN(167) },
	{ "adaptive", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x83 }, PLAIN(167) },
	{ "timed", BITSET, 2, WIDE, { 2, 0, 0xa7, 1, 0x80 }, PLAIN(167) },
	{ "robust", WAIT, 0x800000a7, WIDE, { 0x800000a7, 1, 0xa7, 1, 0x90 }, ROBUST(167) },
	{ "robust recursive", WAIT, 0x800000a7, WIDE, { 0x800000a7, 2, 0xa7, 1, 0x91 }, ROBUST(167) },
	{ "robust timed", BITSET, 0x800000a7, WIDE, { 0x800000a7, 1, 0xa7, 1, 0x90 }, ROBUST(167) },
	{ "pi", LOCK_PI, 0, WIDE, { 0x800000a7, 1, 0xa7, 1, 0xa0 }, PI(167) },
	{ "pi 2", LOCK_PI2, 0, WIDE, { 0x800000a7, 1, 0xa7, 1, 0xa0 }, PI(167) },
	{ "robust pi", LOCK_PI, 0, WIDE, { 0x800000a7, 1, 0xa7, 1, 0xb0 }, PI(167) },
	{ "32 bit: default", WAIT, 2, NARROW, { 2, 0, 0xa7, 0x80, 1 }, PLAIN(167) },
	{ "32 bit: normal", WAIT, 2, NARROW, { 2, 0, 0xa7, 0x280, 1 }, PLAIN(167) },
	{ "32 bit: recursive", WAIT, 2, NARROW, { 2, 2, 0xa7, 0x81, 1 }, PLAIN(167) },
	{ "32 bit: timed", BITSET, 2, NARROW, { 2, 0, 0xa7, 0x80, 1 }, PLAIN(167) },
	{ "32 bit: robust", WAIT, 0x800000a7, NARROW, { 0x800000a7, 1, 0xa7, 0x90, 1, 0xf7f315ac }, ROBUST(167) },
	{ "32 bit: pi", LOCK_PI, 0, NARROW, { 0x800000a7, 1, 0xa7, 0xa0, 1 }, PI(167) },

	/* the word changes while we look */
	{ "being released", WAIT, 2, WIDE, { 0, 0, 0xa7, 1, 0x80 }, PLAIN(167) },
	{ "taken again", WAIT, 2, WIDE, { 1, 0, 0xa8, 1, 0x80 }, PLAIN(168) },
	{ "released", WAIT, 2, WIDE, { 0, 0, 0, 0, 0x80 }, NONE },
	{ "robust: another owner", WAIT, 0x800000a7, WIDE, { 0x800000a8, 1, 0xa8, 1, 0x90 }, ROBUST(168) },
	{ "robust: released", WAIT, 0x800000a7, WIDE, { 0, 0, 0, 0, 0x90 }, ROBUST(0) },
	{ "robust: died", WAIT, 0x800000a7, WIDE, { 0xc0000000, 1, 0xa7, 1, 0x90 }, { IX_LOCK_ROBUST, 0, true, true } },
	{ "robust: died, with its TID", WAIT, 0x800000a7, WIDE, { 0xc00000a7, 1, 0xa7, 1, 0x90 }, { IX_LOCK_ROBUST, 167, true, true } },
	{ "pi: died", LOCK_PI, 0, WIDE, { 0xc00000a8, 1, 0xa7, 1, 0xa0 }, { IX_LOCK_PI, 168, true, false } },
	{ "pi: no TID", LOCK_PI, 0, WIDE, { 0xbfffffff }, PI(0) },
	{ "pi: released", LOCK_PI, 0, WIDE, { 0 }, PI(0) },

	/* a robust word with the layout of another library */
	{ "robust elsewhere", WAIT, 0x800000a7, WIDE, { 0x800000a7, 1 }, { IX_LOCK_ROBUST, 167, false, false } },
	{ "largest TID", WAIT, 0x80400000, WIDE, { 0x80400000 }, { IX_LOCK_ROBUST, 4194304, false, false } },
	{ "no TID: too large", WAIT, 0x80400001, WIDE, { 0x80400001 }, NONE },
	{ "no TID: 0", WAIT, 0x80000000, WIDE, { 0x80000000 }, NONE },
	{ "no waiters bit", WAIT, 0xa7, WIDE, { 0xa7, 1, 0xa7, 1, 0x90 }, NONE },
	{ "not recoverable", WAIT, 0xffffffff, WIDE, { 0xffffffff }, NONE },
	{ "died before the wait", WAIT, 0xc00000a7, WIDE, { 0xc00000a7 }, NONE },
	{ "became something else", WAIT, 0x800000a7, WIDE, { 0x12345678 }, NONE },
	/* a normal mutex of musl: EBUSY in place of a TID, then the number of waiters */
	{ "musl", WAIT, 0x80000010, WIDE, { 0x80000010, 1 }, NONE },
	{ "musl: being taken", WAIT, 0x800000a7, WIDE, { 0x80000010, 1 }, NONE },
	{ "robust, TID 16", WAIT, 0x80000010, WIDE, { 0x80000010, 1, 16, 1, 0x90 }, ROBUST(16) },
	{ "robust recursive, TID 16", WAIT, 0x80000010, WIDE, { 0x80000010, 1, 16, 1, 0x91 }, ROBUST(16) },
	{ "32 bit: robust, TID 16", WAIT, 0x80000010, NARROW, { 0x80000010, 1, 16, 0x90, 1 }, ROBUST(16) },

	/* almost a plain mutex */
	{ "semaphore", BITSET, 0, WIDE, { 0, 0, 0, 1, 0x80 }, NONE },
	{ "other value", WAIT, 1, WIDE, { 1, 0, 0xa7, 1, 0x80 }, NONE },
	{ "other word", WAIT, 2, WIDE, { 3, 0, 0xa7, 1, 0x80 }, NONE },
	{ "not shared", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0 }, NONE },
	{ "priority ceiling", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0xc0 }, NONE },
	{ "robust, but no robust word", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x90 }, NONE },
	{ "pi, but another command", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0xa0 }, NONE },
	{ "elision", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x180 }, NONE },
	{ "unknown kind 4", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x84 }, NONE },
	{ "unknown kind 8", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x88 }, NONE },
	{ "unknown bit", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x10080 }, NONE },
	{ "no owner", WAIT, 2, WIDE, { 2, 0, 0, 1, 0x80 }, NONE },
	{ "owner not recoverable", WAIT, 2, WIDE, { 2, 0, 0x7fffffff, 1, 0x80 }, NONE },
	{ "negative owner", WAIT, 2, WIDE, { 2, 0, 0xfffffffe, 1, 0x80 }, NONE },
	{ "no users", WAIT, 2, WIDE, { 2, 0, 0xa7, 0, 0x80 }, NONE },
	{ "32 bit: no users", WAIT, 2, NARROW, { 2, 0, 0xa7, 0x80, 0 }, NONE },
	{ "depth without recursion", WAIT, 2, WIDE, { 2, 1, 0xa7, 1, 0x80 }, NONE },
	{ "recursion without depth", WAIT, 2, WIDE, { 2, 0, 0xa7, 1, 0x81 }, NONE },
	{ "layout of 32 bit", WAIT, 2, WIDE, { 2, 0, 0xa7, 0x80, 1 }, NONE },
	{ "layout of 64 bit", WAIT, 2, NARROW, { 2, 0, 0xa7, 1, 0x80 }, NONE },
	{ "other command", WAKE, 2, WIDE, { 2, 0, 0xa7, 1, 0x80 }, NONE },
	{ "condition variable", REQUEUE_PI, 0x800000a7, WIDE, { 0x800000a7 }, NONE },
};
/* clang-format on */

static struct ix_lock parse(const struct row *row, size_t n)
{
	struct ix_blocked b = {
		.kind = IX_WAIT_FUTEX,
		.op = row->op,
		.value = row->value,
		.narrow = row->narrow,
	};
	struct ix_lock lock = { .owner = 77, .died = true };
	auto_free uint32_t *words = malloc(n ? n * sizeof(*words) : 1);

	assert_non_null(words);
	memcpy(words, row->words, n * sizeof(*words));
	ix_lock_parse(&b, words, n, &lock);
	return lock;
}

static void locks_are_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ix_lock lock = parse(&rows[i], IX_LOCK_WORDS);

		ROW_TRUE(rows[i].name, lock.kind == rows[i].lock.kind);
		ROW_TRUE(rows[i].name, lock.owner == rows[i].lock.owner);
		ROW_TRUE(rows[i].name, lock.died == rows[i].lock.died);
		ROW_TRUE(rows[i].name, lock.fits == rows[i].lock.fits);
	}
}

/* The futex may be at the end of what is mapped. */
static void fewer_words_tell_less(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ix_lock one = parse(&rows[i], 1), five = parse(&rows[i], 5);
		struct ix_lock four = parse(&rows[i], 4);

		ROW_TRUE(rows[i].name, parse(&rows[i], 0).kind == IX_LOCK_NONE);
		ROW_TRUE(rows[i].name, one.kind == four.kind && one.owner == four.owner);
		ROW_TRUE(rows[i].name, one.kind != IX_LOCK_PLAIN);
		ROW_TRUE(rows[i].name, five.kind == rows[i].lock.kind);
		ROW_TRUE(rows[i].name,
			 one.kind == IX_LOCK_NONE || (one.kind == rows[i].lock.kind &&
						      one.owner == rows[i].lock.owner));
	}
}

static void other_waits_have_no_lock(void **state)
{
	struct ix_blocked b = { .kind = IX_WAIT_SEM, .op = LOCK_PI };
	struct ix_lock lock;

	(void)state;
	ix_lock_parse(&b, rows[0].words, IX_LOCK_WORDS, &lock);
	assert_int_equal(lock.kind, IX_LOCK_NONE);
	b = (struct ix_blocked){ .kind = IX_WAIT_FUTEX, .op = LOCK_PI, .data = 0x1000 };
	ix_lock_parse(&b, rows[0].words, IX_LOCK_WORDS, &lock);
	assert_int_equal(lock.kind, IX_LOCK_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locks_are_recognised),
		cmocka_unit_test(fewer_words_tell_less),
		cmocka_unit_test(other_waits_have_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
