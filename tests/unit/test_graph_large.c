/* SPDX-License-Identifier: GPL-2.0-or-later */
/* who/graph.c: graphs as large as a machine may have, and memory that runs out. The
 * linker redirects calloc() to the test. */
#include "who/graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "judged.h"

#define MANY 100000

/* The call of calloc() that fails, from 0; negative: none. */
static int allocations = -1;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	if (allocations >= 0 && allocations-- == 0)
		return NULL;
	return __real_calloc(n, size);
}

struct large {
	struct ix_node *nodes;
	uint32_t *object;
	struct ix_graph_proc *procs;
	struct ix_judgement *got;
	int32_t *pids;
};

static int large_make(void **state)
{
	static struct large l;

	l.nodes = calloc(MANY, sizeof(*l.nodes));
	l.object = calloc(MANY, sizeof(*l.object));
	l.procs = calloc(MANY, sizeof(*l.procs));
	l.got = calloc(MANY, sizeof(*l.got));
	l.pids = calloc(MANY, sizeof(*l.pids));
	for (uint32_t i = 0; l.procs && l.pids && i < MANY; i++) {
		l.procs[i] = (struct ix_graph_proc){ (int32_t)i + 1, 1 };
		l.pids[i] = (int32_t)i + 1;
	}
	*state = &l;
	return l.nodes && l.object && l.procs && l.got && l.pids ? 0 : -1;
}

static int large_free(void **state)
{
	struct large *l = *state;

	free(l->nodes);
	free(l->object);
	free(l->procs);
	free(l->got);
	free(l->pids);
	return 0;
}

/* Each process waits for an object of its own, which the next process could release. */
static void large_chain(struct large *l, enum ix_wakers by)
{
	for (uint32_t i = 0; i < MANY; i++) {
		int32_t pid = (int32_t)i + 1;

		l->object[i] = i;
		l->nodes[i] = (struct ix_node){
			.pid = pid,
			.tid = pid,
			.by = by,
			.complete = true,
			.wakers = &l->pids[(i + 1) % MANY],
			.nwakers = 1,
			.owner = l->pids[(i + 1) % MANY],
			.owner_tid = by == IX_WAKERS_LAST ? 0 : l->pids[(i + 1) % MANY],
			.held = by == IX_WAKERS_LAST ? IPCX_LIKELY : IPCX_CERTAIN,
		};
	}
}

static void large_judge(struct large *l, size_t n)
{
	assert_int_equal(ix_graph_judge(l->nodes, l->object, n, l->procs, MANY, l->got),
			 0);
}

static void large_expect(const struct large *l, size_t n, struct ix_judgement wanted)
{
	for (size_t i = 0; i < n; i++)
		if (!same_judgement(&l->got[i], &wanted))
			fail_msg("node %zu: why %d, grade %d, cycle %u", i, l->got[i].why,
				 l->got[i].grade, l->got[i].cycle);
}

static const struct ix_judgement NOTHING = { .why = IX_WHY_NONE };
static const struct ix_judgement NOBODY = { IX_WHY_NOBODY, IPCX_CERTAIN, 0, false,
					    false };
static const struct ix_judgement DEADLOCK = { IX_WHY_DEADLOCK, IPCX_CERTAIN, 1, false,
					      false };

static void test_long_chains(void **state)
{
	struct large *l = *state;

	for (int by = IX_WAKERS_ALL; by <= IX_WAKERS_OWNER; by++) {
		large_chain(l, (enum ix_wakers)by);
		large_judge(l, MANY);
		large_expect(l, MANY, DEADLOCK);
		l->nodes[MANY - 1].timed = true;
		large_judge(l, MANY);
		large_expect(l, MANY, NOTHING);
		l->nodes[MANY - 1].timed = false;
		l->nodes[MANY - 1].by = IX_WAKERS_OWNER;
		l->nodes[MANY - 1].owner_dead = true;
		large_judge(l, MANY);
		large_expect(l, MANY - 1, NOBODY);
		assert_int_equal(l->got[MANY - 1].why, IX_WHY_OWNER_DEAD);
	}
	large_chain(l, IX_WAKERS_LAST);
	large_judge(l, MANY);
	large_expect(l, MANY,
		     (struct ix_judgement){ IX_WHY_CYCLE, IPCX_LIKELY, 1, true, false });
	l->nodes[MANY - 1].moved = true;
	large_judge(l, MANY);
	large_expect(l, MANY, NOTHING);
}

/* With an arc for each pair of processes, this would take gigabytes. */
static void test_one_object_with_as_many_wakers_as_waiters(void **state)
{
	struct large *l = *state;

	large_chain(l, IX_WAKERS_ALL);
	for (uint32_t i = 0; i < MANY; i++) {
		l->object[i] = 7;
		l->nodes[i].wakers = l->pids;
		l->nodes[i].nwakers = MANY;
	}
	large_judge(l, MANY);
	large_expect(l, MANY, NOBODY);
	l->nodes[MANY / 2].timed = true;
	large_judge(l, MANY);
	large_expect(l, MANY, NOTHING);
	l->nodes[MANY / 2].timed = false;
	l->object[MANY / 2] = 8;
	large_judge(l, MANY);
	large_expect(l, MANY, DEADLOCK);
	/* One of the wakers does not wait. */
	large_judge(l, MANY - 1);
	large_expect(l, MANY - 1, NOTHING);
}

/* All threads of one process wait for what the other operated on last, and the reverse. */
static void test_two_processes_with_thousands_of_threads(void **state)
{
	struct large *l = *state;
	const struct ix_graph_proc procs[] = { { 1, MANY / 2 }, { 2, MANY / 2 } };

	large_chain(l, IX_WAKERS_LAST);
	for (uint32_t i = 0; i < MANY; i++) {
		l->nodes[i].pid = 1 + (int32_t)(i % 2);
		l->nodes[i].tid = (int32_t)i + 1;
		l->nodes[i].owner = 2 - (int32_t)(i % 2);
	}
	assert_int_equal(ix_graph_judge(l->nodes, l->object, MANY, procs, 2, l->got), 0);
	large_expect(l, MANY,
		     (struct ix_judgement){ IX_WHY_CYCLE, IPCX_LIKELY, 1, true, false });
}

static void test_memory_runs_out(void **state)
{
	struct large *l = *state;
	int r = -ENOMEM, calls = 0;

	large_chain(l, IX_WAKERS_ALL);
	memset(l->got, 0x55, 100 * sizeof(*l->got));
	for (; r == -ENOMEM; calls++) {
		for (size_t i = 0; calls && i < 100 * sizeof(*l->got); i++)
			assert_int_equal(((const unsigned char *)l->got)[i], 0x55);
		allocations = calls;
		r = ix_graph_judge(l->nodes, l->object, 100, l->procs, 100, l->got);
		allocations = -1;
	}
	assert_int_equal(r, 0);
	assert_in_range(calls, 10, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_chains),
		cmocka_unit_test(test_one_object_with_as_many_wakers_as_waiters),
		cmocka_unit_test(test_two_processes_with_thousands_of_threads),
		cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, large_make, large_free);
}
