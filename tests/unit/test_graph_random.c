/* SPDX-License-Identifier: GPL-2.0-or-later */
/* who/graph.c: random graphs, also judged by the definitions in who/graph.h, taken
 * literally. */
#include "who/graph.h"

#include <string.h>

#include "base/util.h"
#include "judged.h"

/* -- The definitions -- */

#define N 10

struct small {
	struct ix_node nodes[N];
	uint32_t object[N];
	size_t n, nprocs;
	struct ix_graph_proc procs[N];
	int32_t pids[4][4]; /* arrays of wakers */
	bool stuck[N];
	bool leads[N][N]; /* to the wait of one who could end it, however far */
};

static bool same_thread(const struct ix_node *a, const struct ix_node *b)
{
	return a->pid == b->pid && a->tid == b->tid;
}

/* Whether j is a wait of one of those who could end i. */
static bool small_wakes(const struct ix_node *i, const struct ix_node *j)
{
	switch (i->by) {
	case IX_WAKERS_ALL:
		for (size_t k = 0; k < i->nwakers; k++)
			if (i->wakers[k] == j->pid)
				return true;
		return false;
	case IX_WAKERS_OWNER:
		return !i->owner_dead && i->owner == j->pid &&
		       (!i->owner_tid || i->owner_tid == j->tid);
	case IX_WAKERS_LAST:
		return i->owner == j->pid && i->pid != j->pid;
	case IX_WAKERS_UNKNOWN:
		return false;
	}
	return false;
}

/* tid 0: a thread of the process. */
static bool small_can_act(const struct small *s, int32_t pid, int32_t tid)
{
	uint32_t threads = 0, counted = 0;
	bool waits = false;

	for (size_t i = 0; i < s->n; i++) {
		bool first = true;

		if (s->nodes[i].pid != pid || (tid && s->nodes[i].tid != tid))
			continue;
		if (!s->stuck[i])
			return true;
		waits = true;
		for (size_t k = 0; k < i; k++)
			first &= !same_thread(&s->nodes[k], &s->nodes[i]);
		threads += first;
	}
	if (tid)
		return !waits;
	for (size_t i = 0; i < s->nprocs; i++)
		if (s->procs[i].pid == pid)
			counted = s->procs[i].threads;
	return !waits || counted != threads;
}

/* Whether the node has to leave the set. */
static bool small_leaves(const struct small *s, size_t i)
{
	const struct ix_node *node = &s->nodes[i];

	if (node->timed || node->moved)
		return true;
	for (size_t k = 0; k < s->n; k++)
		if (same_thread(&s->nodes[k], node) && !s->stuck[k])
			return true;
	if (node->by == IX_WAKERS_OWNER)
		return !node->owner_dead &&
		       small_can_act(s, node->owner, node->owner_tid);
	if (node->by != IX_WAKERS_ALL || !node->complete)
		return true;
	for (size_t k = 0; k < node->nwakers; k++)
		if (small_can_act(s, node->wakers[k], 0))
			return true;
	return false;
}

static void small_sets(struct small *s)
{
	bool again = true;

	for (size_t i = 0; i < s->n; i++)
		s->stuck[i] = true;
	while (again) {
		again = false;
		for (size_t i = 0; i < s->n; i++)
			if (s->stuck[i] && small_leaves(s, i)) {
				s->stuck[i] = false;
				again = true;
			}
	}
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->n; k++) {
			const struct ix_node *a = &s->nodes[i], *b = &s->nodes[k];

			s->leads[i][k] = !a->timed && !a->moved && !b->timed &&
					 !b->moved &&
					 (s->stuck[i] || a->by != IX_WAKERS_ALL) &&
					 small_wakes(a, b);
		}
	for (size_t via = 0; via < s->n; via++)
		for (size_t i = 0; i < s->n; i++)
			for (size_t k = 0; k < s->n; k++)
				s->leads[i][k] |= s->leads[i][via] && s->leads[via][k];
}

static enum ipcx_grade lower(enum ipcx_grade a, enum ipcx_grade b)
{
	return a < b ? a : b;
}

static bool small_together(const struct small *s, size_t i, size_t k)
{
	return s->leads[i][k] && s->leads[k][i];
}

static void small_stuck(const struct small *s, size_t i, struct ix_judgement *ret)
{
	const struct ix_node *node = &s->nodes[i];
	size_t members = 0;
	bool objects = false;

	ret->why = IX_WHY_NOBODY;
	ret->grade = IPCX_CERTAIN;
	for (size_t k = 0; k < s->n; k++) {
		bool needed = same_thread(&s->nodes[k], node);

		for (size_t m = 0; m < s->n; m++)
			needed |= same_thread(&s->nodes[m], node) && s->leads[m][k];
		if (needed && s->nodes[k].by == IX_WAKERS_OWNER)
			ret->grade = lower(ret->grade, s->nodes[k].held);
		members += small_together(s, i, k);
		objects |= small_together(s, i, k) && s->object[i] != s->object[k];
	}
	ret->guess_lock = ret->grade < IPCX_CERTAIN;
	if (node->by == IX_WAKERS_OWNER && node->owner_dead)
		ret->why = IX_WHY_OWNER_DEAD;
	else if (objects || (members == 1 && node->by == IX_WAKERS_OWNER))
		ret->why = ret->guess_lock ? IX_WHY_CYCLE : IX_WHY_DEADLOCK;
}

/* Whether all threads of the process, in all their waits, are on one cycle with i. */
static bool small_inside(const struct small *s, int32_t pid, size_t i)
{
	struct small only = *s;

	for (size_t k = 0; k < s->n; k++)
		only.stuck[k] = small_together(s, i, k);
	return !small_can_act(&only, pid, 0);
}

static void small_guess(const struct small *s, size_t i, struct ix_judgement *ret)
{
	enum ipcx_grade grade = IPCX_LIKELY;
	bool guessed = false, sem = false, lock = false;

	for (size_t k = 0; k < s->n; k++) {
		const struct ix_node *node = &s->nodes[k];

		if (!small_together(s, i, k))
			continue;
		grade = lower(grade, node->held);
		if (!small_inside(s, node->pid, i))
			grade = IPCX_POSSIBLE;
		if (node->by == IX_WAKERS_LAST)
			guessed = sem = true;
		else if (!node->owner_tid)
			guessed = lock = true;
		else
			lock |= node->held < IPCX_CERTAIN;
	}
	if (guessed)
		*ret = (struct ix_judgement){
			.why = IX_WHY_CYCLE,
			.grade = grade,
			.guess_sem = sem,
			.guess_lock = lock,
		};
}

static void small_judge(struct small *s, struct ix_judgement *ret)
{
	uint32_t cycles = 0;

	small_sets(s);
	for (size_t i = 0; i < s->n; i++) {
		struct ix_judgement *j = &ret[i];

		*j = (struct ix_judgement){ .why = IX_WHY_NONE };
		if (s->stuck[i])
			small_stuck(s, i, j);
		else
			small_guess(s, i, j);
		if (j->why != IX_WHY_CYCLE && j->why != IX_WHY_DEADLOCK)
			continue;
		for (size_t k = 0; k < i && !j->cycle; k++)
			if (small_together(s, i, k))
				j->cycle = ret[k].cycle;
		if (!j->cycle)
			j->cycle = ++cycles;
	}
}

/* -- Random graphs -- */

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static bool once_in(uint32_t n)
{
	return below(n) == 0;
}

/* Processes have the pids 10, 20 …, threads their pid and the next one. */
static void random_node(struct small *s, uint32_t procs, struct ix_node *node)
{
	int32_t other = 10 * (1 + (int32_t)below(procs));
	size_t set = below(ARRAY_SIZE(s->pids));

	*node = (struct ix_node){
		.pid = 10 * (1 + (int32_t)below(procs)),
		.timed = once_in(20),
		.moved = once_in(20),
		.by = once_in(20) ? IX_WAKERS_UNKNOWN
				  : (enum ix_wakers)(IX_WAKERS_ALL + below(3)),
		.complete = !once_in(20),
		.wakers = s->pids[set],
		.nwakers = below(4),
		.owner = once_in(20) ? 990 : other,
		.owner_dead = once_in(12),
		.held = (enum ipcx_grade)(IPCX_POSSIBLE + below(3)),
	};
	node->tid = node->pid + !!once_in(4);
	node->owner_tid = once_in(4) ? 0 : node->owner + !!once_in(4);
}

static void random_small(struct small *s)
{
	uint32_t procs = 1 + below(4);

	memset(s, 0, sizeof(*s));
	s->n = 1 + below(N);
	for (size_t i = 0; i < ARRAY_SIZE(s->pids); i++)
		for (size_t k = 0; k < ARRAY_SIZE(s->pids[i]); k++)
			s->pids[i][k] = 10 * (1 + (int32_t)below(procs + once_in(9)));
	for (size_t i = 0; i < s->n; i++) {
		random_node(s, procs, &s->nodes[i]);
		s->object[i] = below(3);
	}
	for (uint32_t p = 1; p <= procs; p++) {
		struct ix_graph_proc *counted = &s->procs[s->nprocs];
		bool main = false, second = false;

		if (once_in(20))
			continue;
		counted->pid = 10 * (int32_t)p;
		for (size_t i = 0; i < s->n; i++) {
			main |= s->nodes[i].tid == counted->pid;
			second |= s->nodes[i].tid == counted->pid + 1;
		}
		counted->threads = once_in(8) ? below(4) : (uint32_t)main + second;
		s->nprocs++;
	}
}

static void test_random_graphs_are_judged_by_the_definitions(void **state)
{
	size_t seen[IX_WHY_OWNER_DEAD + 1][IPCX_CERTAIN + 1] = { 0 };
	size_t sem_and_lock = 0, second = 0;

	(void)state;
	for (unsigned round = 0; round < 100000; round++) {
		struct ix_judgement wanted[N], got[N];
		struct small s;

		random_small(&s);
		small_judge(&s, wanted);
		assert_int_equal(ix_graph_judge(s.nodes, s.object, s.n, s.procs, s.nprocs,
						got),
				 0);
		for (size_t i = 0; i < s.n; i++) {
			if (!same_judgement(&got[i], &wanted[i]))
				fail_msg("graph %u, node %zu: why %d, grade %d, cycle %u "
					 "instead of %d, %d, %u",
					 round, i, got[i].why, got[i].grade, got[i].cycle,
					 wanted[i].why, wanted[i].grade, wanted[i].cycle);
			seen[got[i].why][got[i].grade]++;
			sem_and_lock += got[i].guess_sem && got[i].guess_lock;
			second += got[i].cycle > 1;
		}
	}
	/* Each verdict was among them, with each grade that it can have. */
	for (int grade = IPCX_POSSIBLE; grade <= IPCX_CERTAIN; grade++) {
		assert_true(seen[IX_WHY_NOBODY][grade] > 100);
		assert_true(seen[IX_WHY_OWNER_DEAD][grade] > 100);
		assert_true((seen[IX_WHY_CYCLE][grade] > 100) == (grade < IPCX_CERTAIN));
		assert_true((seen[IX_WHY_DEADLOCK][grade] > 100) ==
			    (grade == IPCX_CERTAIN));
	}
	assert_true(sem_and_lock > 100);
	assert_true(second > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_graphs_are_judged_by_the_definitions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
