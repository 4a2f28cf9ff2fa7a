/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The workload "transfer" of semaphores: tokens pass from one worker of a pair to the
 * other. Semaphores come in pairs called twins: one counts the room and the other the
 * tokens. Both workers draw the same pseudo-random numbers: how many tokens pass, and
 * through which twins. At the end, as many tokens must have been taken as given, and all
 * semaphores must have their initial values. In a System V array one call changes both
 * twins, so their sum must be constant at any time.
 */
#include "stress/load/tokens.h"

#include <errno.h>
#include <inttypes.h>
#include <semaphore.h>

#include "core/semun.h"
#include "mech/drivers.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/worker.h"
#include "stress/engine/workers.h"

/* ROOM: how many tokens twins can hold. TWINS: the most twins of a pair of workers. MOST:
 * the most tokens in one call. */
#define ROOM  64
#define TWINS 16
#define MOST  4

/* One of this many rounds checks the values. */
#define LOOK_EVERY 64

enum { OP_GIVE, OP_TAKE };

/* A worker's own words: the tokens that it has given or taken, first without, then with
 * the tokens of the call in progress. Shared word n is set when the giver of pair n has
 * finished. */
enum { OWN_TOKENS, OWN_BEGUN };

#define PAIRS (IX_WORKERS / 2)

struct pair {
	struct ix_object object[2]; /* System V: one array; POSIX: room and tokens */
};

struct tokens {
	const struct ix_token_kind *kind;
	unsigned twins, pairs, parts;
	struct pair pair[PAIRS];
};

/* The tokens of one call: n tokens of these twins. */
struct handful {
	unsigned twin;
	int n;
};

struct ix_token_kind {
	const struct ix_driver *driver;
	unsigned objects; /* of a pair */
	/* Set the room of new twins to ROOM. Returns 0 or -errno. */
	int (*fill)(struct tokens *k, struct pair *p);
	/* Give or take. Returns 0 or -errno; after -EINTR and -EAGAIN nothing changed. */
	int (*give)(const struct pair *p, struct handful h);
	int (*take)(const struct pair *p, struct handful h, bool wait);
	/* Check the values of all twins, during the run or, if still is true, at its end.
	 * Returns the tokens of all twins; -EILSEQ if the values are impossible;
	 * -errno. */
	int (*look)(const struct tokens *k, const struct pair *p, bool still);
	int most; /* tokens in one call */
};

/* ---- System V: semaphore 2n is the room of twins n, 2n + 1 their tokens */

static int tokens_move(const struct pair *p, unsigned from, unsigned to, int n, bool wait)
{
	struct sembuf ops[] = {
		{ .sem_num = (unsigned short)from,
		  .sem_op = (short)-n,
		  .sem_flg = wait ? 0 : IPC_NOWAIT },
		{ .sem_num = (unsigned short)to, .sem_op = (short)n },
	};

	return semop(p->object[0].id, ops, ARRAY_SIZE(ops)) < 0 ? -errno : 0;
}

static int sem_fill(struct tokens *k, struct pair *p)
{
	unsigned short values[2 * TWINS] = { 0 };
	int r;

	for (unsigned i = 0; i < k->twins; i++)
		values[2 * i] = ROOM;
	if (semctl(p->object[0].id, 0, SETALL, (union semun){ .array = values }) < 0)
		return -errno;
	/* Try both directions: kernel.sem may not allow two operations in one call. */
	r = tokens_move(p, 0, 1, 1, false);
	return r < 0 ? r : tokens_move(p, 1, 0, 1, false);
}

static int sem_give(const struct pair *p, struct handful h)
{
	return tokens_move(p, 2 * h.twin, 2 * h.twin + 1, h.n, true);
}

static int sem_take(const struct pair *p, struct handful h, bool wait)
{
	return tokens_move(p, 2 * h.twin + 1, 2 * h.twin, h.n, wait);
}

static int sem_look(const struct tokens *k, const struct pair *p, bool still)
{
	unsigned short values[2 * TWINS] = { 0 };
	int n = 0;

	(void)still; /* the sum is constant at any time */
	if (semctl(p->object[0].id, 0, GETALL, (union semun){ .array = values }) < 0)
		return -errno;
	for (unsigned i = 0; i < k->twins; i++) {
		if (values[2 * i] + values[2 * i + 1] != ROOM)
			return -EILSEQ;
		n += values[2 * i + 1];
	}
	return n;
}

const struct ix_token_kind ix_tokens_sem = {
	.driver = &ix_sem_driver,
	.objects = 1,
	.fill = sem_fill,
	.give = sem_give,
	.take = sem_take,
	.look = sem_look,
	.most = MOST,
};

/* ---- POSIX: the first object is the room, the second the tokens */

static int psem_fill(struct tokens *k, struct pair *p)
{
	(void)k;
	for (unsigned i = 0; i < ROOM; i++)
		if (sem_post(p->object[0].at) < 0)
			return -errno;
	return 0;
}

static int tokens_pass(sem_t *from, sem_t *to, bool wait)
{
	if ((wait ? sem_wait(from) : sem_trywait(from)) < 0)
		return -errno;
	return sem_post(to) < 0 ? -errno : 0;
}

static int psem_give(const struct pair *p, struct handful h)
{
	(void)h;
	return tokens_pass(p->object[0].at, p->object[1].at, true);
}

static int psem_take(const struct pair *p, struct handful h, bool wait)
{
	(void)h;
	return tokens_pass(p->object[1].at, p->object[0].at, wait);
}

/* A token is in neither semaphore between the two calls of a worker, and may move between
 * the two reads here, so the sum is only exact at the end. */
static int psem_look(const struct tokens *k, const struct pair *p, bool still)
{
	int room, value;

	(void)k;
	if (sem_getvalue(p->object[0].at, &room) < 0 ||
	    sem_getvalue(p->object[1].at, &value) < 0)
		return -errno;
	if (room < 0 || room > ROOM || value < 0 || value > ROOM)
		return -EILSEQ;
	return still && room + value != ROOM ? -EILSEQ : value;
}

const struct ix_token_kind ix_tokens_psem = {
	.driver = &ix_psem_driver,
	.objects = 2,
	.fill = psem_fill,
	.give = psem_give,
	.take = psem_take,
	.look = psem_look,
	.most = 1,
};

/* ---- in the supervisor */

static int tokens_open_pair(struct ix_task *t, struct tokens *k, struct pair *p,
			    uint32_t slot)
{
	const struct ix_driver *driver = k->kind->driver;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < k->kind->objects; i++) {
		p->object[i] = (struct ix_object){ .slot = slot + i,
						   .id = -1,
						   .size = 2 * (size_t)k->twins };
		r = ix_make(t, driver, &p->object[i]);
		if (r < 0)
			return r;
		k->parts++;
		r = driver->open(&t->names, &p->object[i]);
	}
	return r < 0 ? r : k->kind->fill(k, p);
}

static int tokens_cannot(struct ix_task *t, int error)
{
	if (error == -EINVAL || error == -E2BIG)
		return ix_cannot(t, error, "the limits are too low");
	return ix_cannot(t, error, "cannot create semaphores: %s", ix_errno_text(error));
}

static int tokens_prepare(struct ix_task *t)
{
	struct tokens *k = calloc(1, sizeof(*k));

	if (!k)
		return ix_cannot(t, -ENOMEM, "no memory");
	t->state = k;
	k->kind = t->job->on;
	k->twins = k->kind->most > 1 ? MAX(1, MIN(t->objects, TWINS)) : 1;
	for (unsigned i = 0; i < t->workers / 2; i++) {
		int r = tokens_open_pair(t, k, &k->pair[i], i * k->kind->objects);

		if (r < 0)
			return tokens_cannot(t, r);
		k->pairs++;
	}
	return 0;
}

static void tokens_finish(struct ix_task *t)
{
	struct tokens *k = t->state;

	for (unsigned i = 0; k && i < k->parts; i++) {
		struct ix_object *object =
			&k->pair[i / k->kind->objects].object[i % k->kind->objects];
		const struct ix_driver *driver = k->kind->driver;

		(void)ix_remove(t, driver, object);
		driver->close(object);
	}
	free(k);
	t->state = NULL;
}

static void tokens_check(struct ix_task *t)
{
	const struct tokens *k = t->state;

	for (unsigned i = 0; i < k->pairs; i++) {
		const struct ix_worker_slot *slot = &t->shared->slots[2 * i];
		uint64_t given = slot[0].own[OWN_TOKENS], taken = slot[1].own[OWN_TOKENS];
		int left = k->kind->look(k, &k->pair[i], true);

		if (given != taken)
			ix_wrong(t, "%" PRIu64 " tokens given, %" PRIu64 " taken", given,
				 taken);
		if (left > 0)
			ix_wrong(t, "%d tokens are left after all were taken", left);
		else if (left < 0)
			ix_wrong(t, "the semaphores' values at the end: %s",
				 left == -EILSEQ ? "they do not add up"
						 : ix_errno_text(left));
	}
}

/* ---- in a worker */

static struct handful next(struct ix_random *random, const struct tokens *k)
{
	uint64_t number = ix_random(random);

	return (struct handful){
		.twin = (unsigned)((number & 0xffff) % k->twins),
		.n = 1 + (int)((number >> 32) % (unsigned)k->kind->most),
	};
}

static void tokens_set(struct ix_worker *w, unsigned word, uint64_t value)
{
	__atomic_store_n(&w->slot->own[word], value, __ATOMIC_RELEASE);
}

/* Give or take. OWN_BEGUN lets the partner see a call that is still in progress. */
static int tokens_act(struct ix_worker *w, struct handful h, bool wait)
{
	const struct tokens *k = w->task->state;
	const struct pair *p = &k->pair[w->index / 2];
	uint64_t tokens = w->slot->own[OWN_TOKENS];
	int r;

	tokens_set(w, OWN_BEGUN, tokens + (unsigned)h.n);
	if (w->index % 2)
		r = k->kind->take(p, h, wait);
	else
		r = k->kind->give(p, h);
	tokens_set(w, r < 0 ? OWN_BEGUN : OWN_TOKENS,
		   tokens + (r < 0 ? 0 : (unsigned)h.n));
	return r;
}

static int64_t own_of(const struct ix_worker *w, unsigned worker, unsigned word)
{
	return (int64_t)__atomic_load_n(&w->shared->slots[worker].own[word],
					__ATOMIC_ACQUIRE);
}

/* Check the number of tokens against what was given and taken. At least: the number
 * given, as read before the check, less the number taken or being taken, as read after
 * it. At most: the number given or being given, as read after the check, less the number
 * taken, as read before it. */
static void tokens_look(struct ix_worker *w)
{
	const struct tokens *k = w->task->state;
	unsigned giver = w->index & ~1U, taker = giver + 1;
	int64_t given = own_of(w, giver, OWN_TOKENS);
	int64_t taken = own_of(w, taker, OWN_TOKENS);
	int n = k->kind->look(k, &k->pair[w->index / 2], false);
	int64_t least = given - own_of(w, taker, OWN_BEGUN);
	int64_t most = own_of(w, giver, OWN_BEGUN) - taken;

	if (n == -EILSEQ)
		ix_fault(w, "the semaphores' values do not add up");
	else if (n < 0)
		ix_fault(w, "the semaphores' values: %s", ix_errno_text(n));
	else if (n < least || n > most)
		ix_fault(w,
			 "%d tokens instead of %" PRId64 " to %" PRId64 ", after %" PRId64
			 " given and %" PRId64 " taken",
			 n, least, most, given, taken);
}

static void tokens_failed(struct ix_worker *w, unsigned op, int error)
{
	char name[IX_OP_MAX];

	ix_failed(w, op, -error);
	(void)ix_job_op(w->task->job, op, name);
	if (error != -ENOMEM)
		ix_fault(w, "cannot %s: %s", name, ix_errno_text(error));
}

/* Take the remaining tokens, until the giver has finished and none is left. */
static void tokens_drain(struct ix_worker *w, struct ix_random *random)
{
	static const struct timespec span = { .tv_nsec = 100000 };
	const struct tokens *k = w->task->state;
	struct handful h = next(random, k);

	for (unsigned polls = 0; polls < 10000;) {
		bool last = atomic_load(&w->shared->words[w->index / 2]);
		int r = tokens_act(w, h, false);

		if (r == 0) {
			ix_done(w, OP_TAKE, 0);
			h = next(random, k);
		} else if (r != -EAGAIN && r != -EINTR) {
			tokens_failed(w, OP_TAKE, r);
			return;
		} else if (r == -EAGAIN && last) {
			return;
		} else {
			(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
			polls += ix_stopping(w);
		}
	}
}

static void act_on(struct ix_worker *w, unsigned op, struct ix_random *random)
{
	const struct tokens *k = w->task->state;

	for (unsigned n = 0; ix_running(w); n++) {
		struct ix_random before = *random;
		struct handful h = next(random, k);
		uint64_t t = ix_begin(w, op);
		int r;

		do
			r = tokens_act(w, h, true);
		while (r == -EINTR && !ix_stopping(w));
		if (r < 0) {
			*random = before;
			if (r == -EINTR)
				return;
			tokens_failed(w, op, r);
			continue;
		}
		ix_done(w, op, t);
		if (n % LOOK_EVERY == 0)
			tokens_look(w);
	}
}

static void tokens_work(struct ix_worker *w)
{
	struct ix_random random = { .state = ix_mix(w->task->seed, w->index / 2) };

	act_on(w, w->index % 2 ? OP_TAKE : OP_GIVE, &random);
	if (w->index % 2)
		tokens_drain(w, &random);
	else
		atomic_store(&w->shared->words[w->index / 2], 1);
}

const struct ix_workload ix_tokens = {
	.name = "transfer",
	.least = 2,
	.even = true,
	.prepare = tokens_prepare,
	.work = tokens_work,
	.check = tokens_check,
	.finish = tokens_finish,
};
