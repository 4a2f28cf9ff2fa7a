/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stress/ring.c, ring_futex.c: threads send and receive through the two kinds of ring
 * that need no kernel object; nothing is lost, duplicated or reordered. */
#include "stress/channel/ring.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "unit.h"

#define LONGEST 100
#define SIDE    4
#define ROUNDS  20000

struct kind {
	const char *name;
	int (*send)(struct ix_ring *r, const struct ix_payload *p, size_t size);
	ssize_t (*receive)(struct ix_ring *r, struct ix_payload *ret, bool wait);
};

static const struct kind kinds[] = {
	{ "futex", ix_ring_send_futex, ix_ring_receive_futex },
	{ "psem", ix_ring_send_psem, ix_ring_receive_psem },
};

/* A ring, the threads that use it, and the result. */
struct test_case {
	const struct kind *kind;
	struct ix_ring ring;
	sem_t sems[IX_RING_SEMS];
	void *memory;
	size_t size;
	unsigned senders, receivers;
	unsigned rounds; /* of each sender */
	_Atomic uint64_t left;
	_Atomic unsigned flaws, errors;
};

struct worker {
	struct test_case *test_case;
	unsigned number;
	struct ix_payload_totals totals;
	pthread_t thread;
};

static void scene_begin(struct test_case *s, unsigned depth)
{
	s->size = ix_ring_size(depth, LONGEST);
	s->memory = ix_share(s->size);
	assert_non_null(s->memory);
	ix_ring_begin(&s->ring, s->memory, depth, LONGEST);
	s->ring.senders = s->senders > 1;
	s->ring.receivers = s->receivers > 1;
	for (int i = 0; i < IX_RING_SEMS; i++)
		s->ring.sems[i] = &s->sems[i];
	assert_int_equal(sem_init(&s->sems[IX_RING_ROOM], 1, depth), 0);
	assert_int_equal(sem_init(&s->sems[IX_RING_ITEMS], 1, 0), 0);
	assert_int_equal(sem_init(&s->sems[IX_RING_LOCK], 1, 1), 0);
}

static void scene_end(struct test_case *s)
{
	ix_unshare(s->memory, s->size);
	for (int i = 0; i < IX_RING_SEMS; i++)
		(void)sem_destroy(&s->sems[i]);
}

static void *be_sender(void *arg)
{
	struct worker *w = arg;
	struct test_case *test_case = w->test_case;
	struct ix_sender s = { .salt = 7, .number = w->number };
	auto_free struct ix_payload *p = ix_payload_new(LONGEST);

	for (unsigned i = 0; i < test_case->rounds; i++) {
		size_t size = 16 + (i * 7 + w->number) % (LONGEST - 15);
		unsigned rank = i % IX_RANKS;

		ix_payload_fill(&s, p, size, rank);
		if (test_case->kind->send(&test_case->ring, p, size) == 0)
			ix_payload_sent(&s, size, rank);
		else
			test_case->errors++;
	}
	w->totals = s.totals;
	return NULL;
}

/* A thread that receives messages until none is left for it. */
static void *be_receiver(void *arg)
{
	struct worker *w = arg;
	struct test_case *test_case = w->test_case;
	auto_free struct ix_receiver *r = calloc(1, sizeof(*r));
	auto_free struct ix_payload *p = ix_payload_new(LONGEST);

	*r = (struct ix_receiver){
		.salt = 7,
		.senders = test_case->senders,
		.alone = test_case->receivers == 1,
	};
	for (;;) {
		uint64_t left = test_case->left;
		ssize_t n;

		while (left &&
		       !atomic_compare_exchange_weak(&test_case->left, &left, left - 1))
			;
		if (!left)
			break;
		n = test_case->kind->receive(&test_case->ring, p, true);
		if (n < 0)
			test_case->errors++;
		else if (ix_payload_check(r, p, (size_t)n, (unsigned)(p->type - 1)))
			test_case->flaws++;
	}
	w->totals = r->totals;
	return NULL;
}

static void play(const struct kind *kind, unsigned senders, unsigned receivers,
		 unsigned depth)
{
	struct test_case test_case = {
		.kind = kind,
		.senders = senders,
		.receivers = receivers,
		.rounds = ROUNDS,
		.left = (uint64_t)senders * ROUNDS,
	};
	struct worker workers[2 * SIDE] = { 0 };
	struct ix_payload_totals sent = { 0 }, got = { 0 };

	scene_begin(&test_case, depth);
	for (unsigned i = 0; i < senders + receivers; i++) {
		struct worker *w = &workers[i];

		w->test_case = &test_case;
		w->number = i;
		assert_int_equal(pthread_create(&w->thread, NULL,
						i < senders ? be_sender : be_receiver, w),
				 0);
	}
	for (unsigned i = 0; i < senders + receivers; i++) {
		struct ix_payload_totals *totals = i < senders ? &sent : &got;

		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		totals->count += workers[i].totals.count;
		totals->mixed += workers[i].totals.mixed;
		totals->bytes += workers[i].totals.bytes;
	}
	scene_end(&test_case);
	ROW_TRUE(kind->name, test_case.errors == 0);
	ROW_TRUE(kind->name, test_case.flaws == 0);
	ROW_TRUE(kind->name, sent.count == (uint64_t)senders * ROUNDS);
	ROW_TRUE(kind->name, memcmp(&sent, &got, sizeof(sent)) == 0);
}

static void test_any_number_of_senders_and_receivers(void **state)
{
	static const unsigned crews[][2] = {
		{ 1, 1 }, { SIDE, 1 }, { 1, SIDE }, { 2, 3 }
	};
	static const unsigned depths[] = { 4, 64 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (size_t c = 0; c < ARRAY_SIZE(crews); c++)
			for (size_t d = 0; d < ARRAY_SIZE(depths); d++)
				play(&kinds[k], crews[c][0], crews[c][1], depths[d]);
}

/* Receiving from an empty ring returns at once; messages come in the order in which they
 * were sent. */
static void test_receive_without_waiting(void **state)
{
	auto_free struct ix_payload *p = ix_payload_new(LONGEST);

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct test_case s = { .kind = &kinds[k], .senders = 1, .receivers = 1 };

		scene_begin(&s, 4);
		for (unsigned round = 0; round < 10; round++) {
			for (unsigned char i = 0; i < 4; i++) {
				p->data[0] = i;
				p->type = i + 1;
				assert_int_equal(s.kind->send(&s.ring, p, i), 0);
			}
			for (unsigned char i = 0; i < 4; i++) {
				assert_int_equal(s.kind->receive(&s.ring, p, false), i);
				assert_int_equal(p->type, i + 1);
			}
			assert_int_equal(s.kind->receive(&s.ring, p, false), -EAGAIN);
		}
		scene_end(&s);
	}
}

/* If another process overwrites a size, no access is made outside of the shared
 * memory. */
static void test_overwritten_size_is_detected(void **state)
{
	auto_free struct ix_payload *p = ix_payload_new(LONGEST + 64);
	struct test_case s = { .kind = &kinds[0], .senders = 1, .receivers = 1 };
	ssize_t n;

	(void)state;
	scene_begin(&s, 4);
	assert_int_equal(s.kind->send(&s.ring, p, 8), 0);
	/* The first cell follows the fixed part of the ring. */
	memset((unsigned char *)s.memory + ix_ring_size(0, LONGEST) + 8, 0xff, 4);
	n = s.kind->receive(&s.ring, p, false);
	assert_true(n > 8 && n < LONGEST + 64);
	scene_end(&s);
}

static void nudged(int signo)
{
	(void)signo;
}

struct sleeper {
	struct test_case *test_case;
	bool sends;
	_Atomic int result, ready;
};

static void *sleep_on_it(void *arg)
{
	struct sleeper *s = arg;
	auto_free struct ix_payload *p = ix_payload_new(LONGEST);

	p->type = 1;
	s->ready = 1;
	s->result =
		s->sends ? s->test_case->kind->send(&s->test_case->ring, p, 8)
			 : (int)s->test_case->kind->receive(&s->test_case->ring, p, true);
	s->ready = 2;
	return NULL;
}

/* If a signal interrupts a process that sleeps, the process has transferred nothing. */
static void test_signal_interrupts_a_wait(void **state)
{
	static const struct timespec nap = { .tv_nsec = 1000000 };
	struct sigaction action = { .sa_handler = nudged };
	auto_free struct ix_payload *p = ix_payload_new(LONGEST);

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	for (size_t k = 0; k < 2 * ARRAY_SIZE(kinds); k++) {
		struct test_case s = { .kind = &kinds[k / 2],
				       .senders = 2,
				       .receivers = 2 };
		struct sleeper sleeper = { .test_case = &s, .sends = k % 2 };
		pthread_t thread;

		scene_begin(&s, 4);
		for (int i = 0; sleeper.sends && i < 4; i++)
			assert_int_equal(s.kind->send(&s.ring, p, 8), 0);
		assert_int_equal(pthread_create(&thread, NULL, sleep_on_it, &sleeper), 0);
		while (sleeper.ready != 2) {
			if (sleeper.ready)
				(void)pthread_kill(thread, SIGUSR1);
			(void)nanosleep(&nap, NULL);
		}
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(sleeper.result, -EINTR);
		for (int i = 0; sleeper.sends && i < 4; i++)
			assert_int_equal(s.kind->receive(&s.ring, p, false), 8);
		assert_int_equal(s.kind->receive(&s.ring, p, false), -EAGAIN);
		scene_end(&s);
	}
}

/* A ring has room for at least a few messages of any size; their number is a power of
 * two. */
static void test_depth_by_message_size(void **state)
{
	(void)state;
	for (size_t longest = 0; longest <= IX_PAYLOAD_MOST; longest = longest * 2 + 1) {
		unsigned depth = ix_ring_depth(longest);

		assert_true(depth >= 4 && depth <= 256 && (depth & (depth - 1)) == 0);
		assert_true(ix_ring_size(depth, longest) >= depth * longest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_number_of_senders_and_receivers),
		cmocka_unit_test(test_receive_without_waiting),
		cmocka_unit_test(test_overwritten_size_is_detected),
		cmocka_unit_test(test_signal_interrupts_a_wait),
		cmocka_unit_test(test_depth_by_message_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
