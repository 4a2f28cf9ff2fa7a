/* SPDX-License-Identifier: GPL-2.0-or-later */
/* who/graph.c: which waits can never end, and why: scenes. */
#include "who/graph.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "unit.h"

#define ROWS 8

struct row {
	struct ix_node node;
	uint32_t object;
	const char *verdict;
};

struct scene {
	const char *name;
	struct row rows[ROWS];
	struct {
		int32_t pid;
		int threads; /* -1: the process is not in the list */
	} threads[4];        /* processes with another number of threads than one */
};

#define N_PIDS(...) (sizeof((const int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t))

#define WAIT(on, pid_, tid_, text, ...)                                     \
	{                                                                   \
		{ .pid = (pid_), .tid = (tid_), __VA_ARGS__ }, (on), (text) \
	}
#define SOME(...)                                                        \
	.by = IX_WAKERS_ALL, .wakers = (const int32_t[]){ __VA_ARGS__ }, \
	.nwakers = N_PIDS(__VA_ARGS__)
#define ALL(...)           SOME(__VA_ARGS__), .complete = true
#define NO_WAKERS          .by = IX_WAKERS_ALL, .complete = true
#define LOCK(pid_, tid_)   .by = IX_WAKERS_OWNER, .owner = (pid_), .owner_tid = (tid_)
#define ROBUST(pid_, tid_) LOCK(pid_, tid_), .held = IPCX_CERTAIN
#define PLAIN(pid_, tid_)  LOCK(pid_, tid_), .held = IPCX_LIKELY
#define DEAD               .owner_dead = true
#define LAST(pid_)         .by = IX_WAKERS_LAST, .owner = (pid_)
#define SEM(pid_)          LAST(pid_), .held = IPCX_POSSIBLE
#define UNDO(pid_)         LAST(pid_), .held = IPCX_LIKELY

enum { A = 1, B, C, D };

/* clang-format off */
static const struct scene scenes[] = {
	/* Who could end it are processes. */
	{ .name = "two waiters alone map a psem",
	  .rows = {
	    WAIT(A, 10, 10, "nobody certain", ALL(10, 20)),
	    WAIT(A, 20, 20, "nobody certain", ALL(10, 20)) } },
	{ .name = "another process maps it, too",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10, 20, 30)),
	    WAIT(A, 20, 20, "-", ALL(10, 20, 30)) } },
	{ .name = "one of the waits has a timeout",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10, 20)),
	    WAIT(A, 20, 20, "-", ALL(10, 20), .timed = true) } },
	{ .name = "one of the waits moved",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10, 20)),
	    WAIT(A, 20, 20, "-", ALL(10, 20), .moved = true) } },
	{ .name = "a process has another thread",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10, 20)),
	    WAIT(A, 20, 20, "-", ALL(10, 20)) }, { { 20, 2 } } },
	{ .name = "it is unknown how many threads a process has",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10, 20)),
	    WAIT(A, 20, 20, "-", ALL(10, 20)) }, { { 20, 0 } } },
	{ .name = "a process is not in the list",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10, 20)),
	    WAIT(A, 20, 20, "-", ALL(10, 20)) }, { { 20, -1 } } },
	{ .name = "more threads wait than were counted",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10)), WAIT(A, 10, 11, "-", ALL(10)) } },
	{ .name = "all threads of a process wait",
	  .rows = {
	    WAIT(A, 10, 10, "nobody certain", ALL(10)),
	    WAIT(A, 10, 11, "nobody certain", ALL(10)) }, { { 10, 2 } } },
	{ .name = "one thread of a process waits elsewhere",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10)),
	    WAIT(B, 10, 11, "-", .by = IX_WAKERS_UNKNOWN) }, { { 10, 2 } } },
	{ .name = "other wakers may exist",
	  .rows = {
	    WAIT(A, 10, 10, "-", SOME(10, 20)), WAIT(A, 20, 20, "-", SOME(10, 20)) } },
	{ .name = "a waiter knows fewer wakers than another",
	  .rows = {
	    WAIT(A, 10, 10, "nobody certain", ALL(10)),
	    WAIT(B, 20, 20, "-", SOME(10)) } },
	{ .name = "a pipe's reader alone has its write end",
	  .rows = {
	    WAIT(A, 10, 10, "nobody certain", ALL(10)) } },
	{ .name = "no process could end it", .rows = { WAIT(A, 10, 10, "nobody certain", NO_WAKERS) } },
	{ .name = "nothing is known", .rows = { WAIT(A, 10, 10, "-", .by = IX_WAKERS_UNKNOWN) } },
	{ .name = "two full pipes, crossed",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ALL(20)),
	    WAIT(B, 20, 20, "deadlock certain 1", ALL(10)) } },
	{ .name = "crossed pipes, but a third process has an end of one",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(20, 30)), WAIT(B, 20, 20, "-", ALL(10)) } },
	{ .name = "crossed pipes, and a third process that waits for one of the two",
	  .rows = {
	    WAIT(C, 5, 5, "nobody certain", ALL(10)),
	    WAIT(A, 10, 10, "deadlock certain 1", ALL(20)),
	    WAIT(B, 20, 20, "deadlock certain 1", ALL(10)) } },
	{ .name = "two deadlocks, numbered in the order of their first waits",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ALL(40)),
	    WAIT(B, 20, 20, "deadlock certain 2", ALL(30)),
	    WAIT(C, 30, 30, "deadlock certain 2", ALL(20)),
	    WAIT(D, 40, 40, "deadlock certain 1", ALL(10)) } },
	{ .name = "two psems that both processes map",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ALL(10, 20)),
	    WAIT(B, 20, 20, "deadlock certain 1", ALL(10, 20)) } },

	/* Who could end it is the owner of a lock. */
	{ .name = "two robust mutexes, crossed",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ROBUST(20, 20)),
	    WAIT(B, 20, 20, "deadlock certain 1", ROBUST(10, 10)) } },
	{ .name = "crossed by threads of processes whose other threads are idle",
	  .rows = {
	    WAIT(A, 10, 11, "deadlock certain 1", ROBUST(20, 21)),
	    WAIT(B, 20, 21, "deadlock certain 1", ROBUST(10, 11)) },
	  { { 10, 7 }, { 20, 0 } } },
	{ .name = "another thread of the process owns it",
	  .rows = {
	    WAIT(A, 10, 10, "-", ROBUST(20, 21)),
	    WAIT(B, 20, 20, "-", ROBUST(10, 10)) }, { { 20, 2 } } },
	{ .name = "two threads of one process",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ROBUST(10, 11)),
	    WAIT(B, 10, 11, "deadlock certain 1", ROBUST(10, 10)) }, { { 10, 2 } } },
	{ .name = "two mutexes of glibc, crossed",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 lock", PLAIN(20, 20)),
	    WAIT(B, 20, 20, "cycle likely 1 lock", PLAIN(10, 10)) } },
	{ .name = "a robust mutex and one of glibc, crossed",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 lock", ROBUST(20, 20)),
	    WAIT(B, 20, 20, "cycle likely 1 lock", PLAIN(10, 10)) } },
	{ .name = "a lock of which little is known",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 lock", ROBUST(20, 20)),
	    WAIT(B, 20, 20, "cycle possible 1 lock", LOCK(10, 10)) } },
	{ .name = "the owner works", .rows = { WAIT(A, 10, 10, "-", ROBUST(20, 20)) } },
	{ .name = "the owner waits with a timeout",
	  .rows = {
	    WAIT(A, 10, 10, "-", ROBUST(20, 20)),
	    WAIT(B, 20, 20, "-", ROBUST(10, 10), .timed = true) } },
	{ .name = "the owner moved",
	  .rows = {
	    WAIT(A, 10, 10, "-", ROBUST(20, 20)),
	    WAIT(B, 20, 20, "-", ROBUST(10, 10), .moved = true) } },
	{ .name = "a thread locks what it owns",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ROBUST(10, 10)) } },
	{ .name = "a process with one thread locks what it owns",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ROBUST(10, 0)) } },
	{ .name = "a process with two threads locks what one of them owns",
	  .rows = {
	    WAIT(A, 10, 10, "nobody certain", ROBUST(10, 0)),
	    WAIT(A, 10, 11, "nobody certain", ROBUST(10, 0)) }, { { 10, 2 } } },
	{ .name = "the same with an idle thread",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 lock", ROBUST(10, 0)) }, { { 10, 2 } } },
	{ .name = "a thread locks what it owns, by the layout of glibc, and another waits",
	  .rows = {
	    WAIT(A, 20, 20, "nobody likely lock", PLAIN(10, 10)),
	    WAIT(A, 10, 10, "cycle likely 1 lock", PLAIN(10, 10)) } },
	{ .name = "processes own locks, which of their threads is unknown",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 lock", ROBUST(20, 0)),
	    WAIT(B, 20, 20, "cycle possible 1 lock", ROBUST(10, 0)) }, { { 20, 2 } } },
	{ .name = "the owner is unknown", .rows = { WAIT(A, 10, 10, "-", ROBUST(0, 0)) } },
	{ .name = "a dead owner", .rows = { WAIT(A, 10, 10, "dead certain", ROBUST(99, 99), DEAD) } },
	{ .name = "a dead owner, but the wait has a timeout",
	  .rows = {
	    WAIT(A, 10, 10, "-", ROBUST(99, 99), DEAD, .timed = true) } },
	{ .name = "a dead owner of a mutex of glibc",
	  .rows = {
	    WAIT(A, 10, 10, "dead likely lock", PLAIN(99, 99), DEAD) } },
	{ .name = "a dead owner whose number another thread has",
	  .rows = {
	    WAIT(A, 10, 10, "dead certain", ROBUST(20, 20), DEAD),
	    WAIT(B, 20, 20, "-", .by = IX_WAKERS_UNKNOWN) } },
	{ .name = "a chain ends at a dead owner",
	  .rows = {
	    WAIT(A, 10, 10, "nobody certain", ALL(20)),
	    WAIT(B, 20, 20, "nobody certain", ROBUST(30, 30)),
	    WAIT(C, 30, 30, "dead certain", ROBUST(99, 99), DEAD) } },
	{ .name = "the chain has a mutex of glibc in the middle",
	  .rows = {
	    WAIT(A, 10, 10, "nobody likely lock", ALL(20)),
	    WAIT(B, 20, 20, "nobody likely lock", PLAIN(30, 30)),
	    WAIT(C, 30, 30, "dead certain", ROBUST(99, 99), DEAD) } },
	{ .name = "the chain has a timeout in the middle",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(20)),
	    WAIT(B, 20, 20, "-", ROBUST(30, 30), .timed = true),
	    WAIT(C, 30, 30, "dead certain", ROBUST(99, 99), DEAD) } },
	{ .name = "crossed pipes, one of which another could drain if glibc's mutex were free",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 lock", ALL(20, 30)),
	    WAIT(B, 20, 20, "cycle likely 1 lock", ALL(10)),
	    WAIT(C, 30, 30, "dead likely lock", PLAIN(99, 99), DEAD) } },
	{ .name = "a pipe and a lock, crossed",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ALL(20)),
	    WAIT(B, 20, 20, "deadlock certain 1", ROBUST(10, 10)) } },

	/* Who could end it is a guess. */
	{ .name = "two semaphores, crossed",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 sem", SEM(20)),
	    WAIT(B, 20, 20, "cycle possible 1 sem", SEM(10)) } },
	{ .name = "two semaphores, crossed, with SEM_UNDO",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle likely 1 sem", UNDO(10)) } },
	{ .name = "two semaphores, crossed, one with SEM_UNDO",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle possible 1 sem", SEM(10)) } },
	{ .name = "a guess is never certain",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 sem", LAST(20), .held = IPCX_CERTAIN),
	    WAIT(B, 20, 20, "cycle likely 1 sem", LAST(10), .held = IPCX_CERTAIN) } },
	{ .name = "a guess without a grade",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle possible 1 sem", LAST(10)) } },
	{ .name = "three semaphores in a ring",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle likely 1 sem", UNDO(30)),
	    WAIT(C, 30, 30, "cycle likely 1 sem", UNDO(10)) } },
	{ .name = "a process waits for a member of the cycle",
	  .rows = {
	    WAIT(A, 5, 5, "-", UNDO(10)),
	    WAIT(A, 10, 10, "cycle likely 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle likely 1 sem", UNDO(10)) } },
	{ .name = "the waiter operated last itself", .rows = { WAIT(A, 10, 10, "-", UNDO(10)) } },
	{ .name = "two threads, one of which operated last",
	  .rows = {
	    WAIT(A, 10, 10, "-", UNDO(10)),
	    WAIT(B, 10, 11, "-", UNDO(10)) }, { { 10, 2 } } },
	{ .name = "the last process works", .rows = { WAIT(A, 10, 10, "-", UNDO(20)) } },
	{ .name = "crossed semaphores, one wait with a timeout",
	  .rows = {
	    WAIT(A, 10, 10, "-", UNDO(20)),
	    WAIT(B, 20, 20, "-", UNDO(10), .timed = true) } },
	{ .name = "crossed semaphores, one wait moved",
	  .rows = {
	    WAIT(A, 10, 10, "-", UNDO(20)),
	    WAIT(B, 20, 20, "-", UNDO(10), .moved = true) } },
	{ .name = "crossed semaphores, one process with an idle thread",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle possible 1 sem", UNDO(10)) }, { { 20, 2 } } },
	{ .name = "crossed semaphores, threads unknown",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle possible 1 sem", UNDO(10)) }, { { 10, 0 } } },
	{ .name = "crossed semaphores, another thread waits elsewhere",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle possible 1 sem", UNDO(10)),
	    WAIT(C, 20, 21, "-", .by = IX_WAKERS_UNKNOWN) }, { { 20, 2 } } },
	{ .name = "crossed semaphores, both threads of a process in it",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle likely 1 sem", UNDO(10)),
	    WAIT(B, 20, 21, "cycle likely 1 sem", UNDO(10)) }, { { 20, 2 } } },
	{ .name = "a semaphore and a robust mutex, crossed",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle likely 1 sem", ROBUST(10, 10)) } },
	{ .name = "a semaphore and a mutex of glibc, crossed",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 sem lock", SEM(20)),
	    WAIT(B, 20, 20, "cycle possible 1 sem lock", PLAIN(10, 10)) } },
	{ .name = "a semaphore and a pipe, crossed: anybody may operate on a semaphore",
	  .rows = {
	    WAIT(A, 10, 10, "-", UNDO(20)), WAIT(B, 20, 20, "-", ALL(10)) } },
	{ .name = "a semaphore last operated on by a process that is stuck",
	  .rows = {
	    WAIT(A, 10, 10, "-", UNDO(20)),
	    WAIT(B, 20, 20, "dead certain", ROBUST(99, 99), DEAD) } },
	{ .name = "a certain deadlock after a guessed one",
	  .rows = {
	    WAIT(A, 10, 10, "cycle likely 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle likely 1 sem", UNDO(10)),
	    WAIT(C, 30, 30, "deadlock certain 2", ROBUST(40, 40)),
	    WAIT(D, 40, 40, "deadlock certain 2", ROBUST(30, 30)) } },

	/* futex_waitv(2) */
	{ .name = "a thread waits for two, one of which can be posted",
	  .rows = {
	    WAIT(A, 10, 10, "-", ALL(10)), WAIT(B, 10, 10, "-", ALL(10, 30)) } },
	{ .name = "the same, and another waits for that thread",
	  .rows = {
	    WAIT(A, 10, 10, "-", ROBUST(20, 20)), WAIT(B, 10, 10, "-", ALL(30)),
	    WAIT(C, 20, 20, "-", ROBUST(10, 10)) } },
	{ .name = "a thread waits for two, and none can be posted",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ALL(10)),
	    WAIT(B, 10, 10, "deadlock certain 1", ALL(10)) } },
	{ .name = "a thread waits for two mutexes, one with a dead owner",
	  .rows = {
	    WAIT(A, 10, 10, "deadlock certain 1", ROBUST(20, 20)),
	    WAIT(B, 10, 10, "dead certain", ROBUST(99, 99), DEAD),
	    WAIT(C, 20, 20, "deadlock certain 1", ROBUST(10, 10)) } },
	{ .name = "a thread waits for two, and that one never ends is likely only",
	  .rows = {
	    WAIT(A, 10, 10, "nobody likely lock", NO_WAKERS),
	    WAIT(B, 10, 10, "dead likely lock", PLAIN(99, 99), DEAD) } },
	{ .name = "a thread on a guessed cycle waits for something else, too",
	  .rows = {
	    WAIT(A, 10, 10, "cycle possible 1 sem", UNDO(20)),
	    WAIT(B, 20, 20, "cycle possible 1 sem", ROBUST(10, 10)),
	    WAIT(C, 20, 20, "-", ALL(30)) } },
};
/* clang-format on */

static const char *verdict_text(const struct ix_judgement *j, bool number, char *buf,
				size_t size)
{
	static const char *const why[] = {
		[IX_WHY_NONE] = "-",
		[IX_WHY_NOBODY] = "nobody",
		[IX_WHY_DEADLOCK] = "deadlock",
		[IX_WHY_CYCLE] = "cycle",
		[IX_WHY_OWNER_DEAD] = "dead",
	};
	static const char *const grade[] = { "", " possible", " likely", " certain" };
	char cycle[16] = "";

	if (number && j->cycle)
		(void)snprintf(cycle, sizeof(cycle), " %u", j->cycle);
	(void)snprintf(buf, size, "%s%s%s%s%s", why[j->why], grade[j->grade], cycle,
		       j->guess_sem ? " sem" : "", j->guess_lock ? " lock" : "");
	return buf;
}

/* Processes with one thread each, except where the scene says otherwise. */
static size_t scene_procs(const struct scene *s, size_t n, struct ix_graph_proc *procs)
{
	size_t nprocs = 0;

	for (int32_t pid = 1; pid < 100; pid++) {
		int threads = -1;

		for (size_t i = 0; i < n; i++)
			if (s->rows[i].node.pid == pid)
				threads = 1;
		for (size_t i = 0; i < ARRAY_SIZE(s->threads); i++)
			if (s->threads[i].pid == pid)
				threads = s->threads[i].threads;
		if (threads >= 0)
			procs[nprocs++] =
				(struct ix_graph_proc){ pid, (uint32_t)threads };
	}
	return nprocs;
}

/* Judge the scene, with its rows in the given order or in the reverse one: only the
 * numbers of cycles may differ. */
static void scene_judge(const struct scene *s, bool reverse)
{
	struct ix_judgement got[ROWS];
	struct ix_graph_proc procs[ROWS];
	struct ix_node nodes[ROWS];
	uint32_t object[ROWS];
	size_t n = 0;

	while (n < ROWS && s->rows[n].node.pid)
		n++;
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &s->rows[reverse ? n - 1 - i : i];

		nodes[i] = row->node;
		object[i] = row->object;
	}
	memset(got, 0xff, sizeof(got));
	assert_int_equal(ix_graph_judge(nodes, object, n, procs, scene_procs(s, n, procs),
					got),
			 0);
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &s->rows[reverse ? n - 1 - i : i];
		char is[64], wanted[64], *digit;

		verdict_text(&got[i], !reverse, is, sizeof(is));
		(void)snprintf(wanted, sizeof(wanted), "%s", row->verdict);
		digit = strpbrk(wanted, "0123456789");
		if (reverse && digit)
			memmove(digit - 1, digit + 1, strlen(digit + 1) + 1);
		if (strcmp(is, wanted) != 0)
			fail_msg("\"%s\": %d/%d: \"%s\" instead of \"%s\"", s->name,
				 row->node.pid, row->node.tid, is, wanted);
	}
}

static void test_scenes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		scene_judge(&scenes[i], false);
		scene_judge(&scenes[i], true);
	}
}

static void test_nothing_waits(void **state)
{
	(void)state;
	assert_int_equal(ix_graph_judge(NULL, NULL, 0, NULL, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenes),
		cmocka_unit_test(test_nothing_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
