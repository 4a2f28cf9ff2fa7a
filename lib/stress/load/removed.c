/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The workload "remove-under-waiters": in each round worker 0, the remover, creates an
 * object and removes it while all other workers wait on it or use it. A worker that was
 * seen asleep in its call before the removal must get EIDRM; a worker that was not seen
 * asleep may have made that call too late.
 */
#include "stress/load/removed.h"

#include <string.h>

#include "base/errname.h"
#include "base/file.h"
#include "proc/stat.h"
#include "stress/engine/objectlog.h"
#include "stress/engine/workers.h"

/* How long to wait for other workers: WAITS_MAX waits of WAIT_NS ns. Waits are counted
 * instead of elapsed time, which also passes while the machine or the job is stopped. */
#define WAITS_MAX 400
#define WAIT_NS   10000000

/* How many times to check whether all other workers are asleep. */
#define LOOKS_MAX 2000

static const struct ix_test_case *case_of(const struct ix_worker *w)
{
	return w->task->job->on;
}

/* ---- workers wait for each other */

static void removed_set_word(_Atomic uint32_t *word, uint32_t value)
{
	atomic_store(word, value);
	(void)ix_futex_wake(word, INT32_MAX);
}

static void increment(_Atomic uint32_t *word)
{
	(void)atomic_fetch_add(word, 1);
	(void)ix_futex_wake(word, INT32_MAX);
}

/* Wait until a word is at least this value. Returns 0; EINTR when the run was stopped
 * first, unless to_the_end is set; ETIME when the value was not reached within WAITS_MAX
 * waits. */
static int removed_await(const struct ix_worker *w, _Atomic uint32_t *word,
			 uint32_t least, bool to_the_end)
{
	unsigned looks = 0;
	uint32_t now;

	while ((now = atomic_load(word)) < least) {
		if (ix_stopping(w) && !to_the_end)
			return EINTR;
		if (looks > WAITS_MAX)
			return ETIME;
		/* A wake-up by another worker, or a signal, does not count as a wait. */
		if (ix_futex_wait(word, now, WAIT_NS) < 0 && errno == ETIMEDOUT)
			looks++;
	}
	return 0;
}

/* ---- the remover */

/* Return a worker's state as in /proc/PID/stat: 'S' sleeping, 'R' running or runnable;
 * '?' if unknown. */
static char state_of(const struct ix_worker *w, unsigned index)
{
	char path[32], text[512];
	struct ix_proc_stat st;
	int proc = ix_procfd(w->task->x);

	if (proc < 0)
		return '?';
	(void)snprintf(path, sizeof(path), "%d/stat", (int)w->shared->slots[index].pid);
	if (ix_read_file(proc, path, text, sizeof(text)) < 0 ||
	    ix_proc_stat_parse(text, strlen(text), &st) < 0)
		return '?';
	return st.state;
}

/* Whether another worker is runnable: such a worker was woken and only waits for a CPU,
 * so a timeout is not a fault. */
static bool any_runs(const struct ix_worker *w)
{
	for (unsigned i = 1; i < w->task->workers; i++)
		if (state_of(w, i) == 'R')
			return true;
	return false;
}

static int await_others(const struct ix_worker *w, _Atomic uint32_t *word,
			bool to_the_end)
{
	int r;

	do
		r = removed_await(w, word, ix_others(w), to_the_end);
	while (r == ETIME && any_runs(w));
	return r;
}

/* Whether a worker was seen asleep in its current call. A worker announces each call in
 * calls[] first, so a worker that sleeps now is in the call whose number was read
 * there. */
static bool is_blocked(const struct ix_worker *w, unsigned index)
{
	struct ix_case_state *s = ix_case_state(w);
	uint32_t call = atomic_load(&s->calls[index]);

	if (atomic_load(&s->blocked[index]) != call && state_of(w, index) == 'S')
		atomic_store(&s->blocked[index], call);
	return atomic_load(&s->blocked[index]) == call;
}

static void await_blocked(const struct ix_worker *w)
{
	unsigned seen = 0;

	for (unsigned looks = 0; seen < ix_others(w) && looks < LOOKS_MAX; looks++) {
		seen = 0;
		for (unsigned i = 1; i < w->task->workers; i++)
			seen += is_blocked(w, i);
		if (ix_stopping(w))
			return;
		if (seen < ix_others(w))
			ix_pause(20000);
	}
}

static bool removed_remove_it(struct ix_worker *w, struct ix_object *own)
{
	const struct ix_driver *d = case_of(w)->driver;
	uint64_t began;
	int r;

	atomic_store(&ix_case_state(w)->at, ix_now());
	began = ix_begin(w, IX_REMOVE);
	r = ix_remove(w->task, d, own);
	if (r < 0) {
		ix_failed(w, IX_REMOVE, r);
		return false;
	}
	ix_done(w, IX_REMOVE, began);
	return true;
}

void ix_name_is_free(struct ix_worker *w, const struct ix_object *own)
{
	const struct ix_driver *d = case_of(w)->driver;
	struct ix_object next = { .slot = own->slot, .id = -1, .size = own->size };
	struct ix_seen seen;
	int r;

	if (d->is_there(&w->task->names, own))
		ix_fault(w, "its key or name still exists after the removal");
	r = ix_make(w->task, d, &next);
	if (r == -ENOSPC || r == -EMFILE)
		return; /* a removed object that is still in use counts against limits */
	if (r < 0) {
		ix_fault(w, "its key or name is not free after the removal: %s",
			 ix_errno_name(r));
		return;
	}
	if (d->keyed && next.id == own->id)
		ix_fault(w, "the next object got id %d of the removed one", own->id);
	if (d->stat(&w->task->names, &next, &seen) == 0 && seen.holds)
		ix_fault(w, "a new object under its key or name is not empty");
	r = ix_remove(w->task, d, &next);
	if (r < 0)
		ix_failed(w, IX_REMOVE, r);
	d->close(&next);
}

/* Run one round. Returns false if the job cannot go on. */
static bool run_round(struct ix_worker *w, struct ix_object *own, uint32_t round)
{
	const struct ix_test_case *test_case = case_of(w);
	struct ix_case_state *s = ix_case_state(w);
	int r;

	atomic_store(&s->arrived, 0);
	atomic_store(&s->left, 0);
	atomic_store(&s->at, 0);
	for (unsigned i = 1; i < w->task->workers; i++)
		atomic_store(&s->blocked[i], 0);
	removed_set_word(&s->round, round);
	r = await_others(w, &s->arrived, false);
	if (r == ETIME)
		ix_fault(w, "only %u of %u workers opened the object within seconds",
			 atomic_load(&s->arrived), ix_others(w));
	if (r == 0)
		atomic_store(&s->whole, round);
	if (r == 0 && test_case->blocks)
		await_blocked(w);
	if (!removed_remove_it(w, own))
		return false;
	if (r == 0)
		test_case->after(w, own, round);
	removed_set_word(&s->removed, round);
	if (r != 0)
		return false;
	if (await_others(w, &s->left, true) == ETIME) {
		ix_fault(w, "%u of %u workers were not woken within seconds",
			 ix_others(w) - atomic_load(&s->left), ix_others(w));
		return false;
	}
	test_case->last(w, own);
	return true;
}

static void be_remover(struct ix_worker *w)
{
	const struct ix_test_case *test_case = case_of(w);
	struct ix_object own = { .slot = ix_log_slot(w, 0), .id = -1 };
	bool more = true;

	ix_case_state(w)->slot = own.slot;
	for (uint32_t round = 1; more && ix_running(w); round++) {
		int r;

		own.size = test_case->size;
		own.id = -1;
		r = ix_make(w->task, test_case->driver, &own);
		if (r == 0) {
			r = test_case->set ? test_case->set(w, &own) : 0;
			if (r < 0)
				(void)ix_remove(w->task, test_case->driver, &own);
			else
				more = run_round(w, &own, round);
			test_case->driver->close(&own);
		}
		if (r < 0) {
			ix_failed(w, IX_REMOVE, r);
			break;
		}
	}
	removed_set_word(&ix_case_state(w)->round, IX_DONE);
}

/* ---- the other workers */

int ix_check_eidrm(struct ix_worker *w, int error)
{
	struct ix_case_state *s = ix_case_state(w);
	bool slept = atomic_load(&s->blocked[w->index]) ==
		     atomic_load(&s->calls[w->index]);
	bool removed = atomic_load(&s->at) != 0;

	if (error == EIDRM || (error == EINVAL && !slept && removed))
		return 0;
	if (error == EINTR)
		return EINTR;
	ix_fault(w, "a waiter got %s when the object was removed, not EIDRM",
		 error ? ix_errno_name(error) : "no error");
	return EIO;
}

bool ix_is_removed(struct ix_worker *w, uint32_t round)
{
	return removed_await(w, &ix_case_state(w)->removed, round, true) == 0 &&
	       atomic_load(&ix_case_state(w)->whole) == round;
}

/* Take part in one round. In every case this worker then counts as having arrived and
 * left, so that the remover does not wait for this worker. */
static void removed_take_part(struct ix_worker *w, uint32_t round)
{
	const struct ix_test_case *test_case = case_of(w);
	struct ix_case_state *s = ix_case_state(w);
	struct ix_object mine = { .slot = s->slot, .id = -1, .size = test_case->size };
	int r = test_case->driver->open(&w->task->names, &mine);

	if (r < 0) {
		/* After a stop the remover may have removed the object early. */
		if (!ix_stopping(w))
			ix_failed(w, IX_WAKE, r);
		increment(&s->arrived);
		increment(&s->left);
		return;
	}
	if (test_case->enter)
		test_case->enter(w, &mine, round);
	increment(&s->arrived);
	r = test_case->stay(w, &mine, round);
	if (r == 0)
		ix_done(w, IX_WAKE, atomic_load(&s->at));
	test_case->driver->close(&mine);
	increment(&s->left);
}

static void removed_join(struct ix_worker *w)
{
	struct ix_case_state *s = ix_case_state(w);
	uint32_t round = 0;

	w->rounds = UINT64_MAX; /* the remover decides how many rounds there are */
	while (ix_running(w)) {
		uint32_t now = atomic_load(&s->round);

		if (now == round) {
			(void)ix_futex_wait(&s->round, now, WAIT_NS);
			continue;
		}
		if (now == IX_DONE)
			break;
		round = now;
		removed_take_part(w, round);
	}
}

static void removed_work(struct ix_worker *w)
{
	if (w->index == 0)
		be_remover(w);
	else
		removed_join(w);
}

/* ---- the workload */

static int removed_prepare(struct ix_task *t)
{
	const struct ix_test_case *test_case = t->job->on;
	struct ix_case_state *s = ix_share(sizeof(*s));
	int r = 0;

	t->state = s;
	if (!s)
		return ix_cannot(t, -ENOMEM, "no memory");
	if (ix_room(t, test_case->driver, test_case->size, 1, &r) < 1)
		return ix_cannot(t, r, "cannot create an object: %s", ix_errno_text(r));
	return 0;
}

static void removed_finish(struct ix_task *t)
{
	ix_unshare(t->state, sizeof(struct ix_case_state));
	t->state = NULL;
}

static const struct ix_workload workload = {
	.name = "remove-under-waiters",
	.least = 3,
	.prepare = removed_prepare,
	.work = removed_work,
	.finish = removed_finish,
};

#define REMOVED(mech, then)                                                  \
	.subject = #mech, .workload = &workload, .on = &ix_test_case_##mech, \
	.ops = "remove " then

/* clang-format off */
const struct ix_job ix_jobs_removed[] = {
	{ REMOVED(shm, "use"),
	  .what = "removed while attached: usable until the last detach" },
	{ REMOVED(msg, "wake"),
	  .what = "removed under blocked senders and receivers: each gets EIDRM" },
	{ REMOVED(sem, "wake"),
	  .what = "removed under waiters: each gets EIDRM" },
	{ REMOVED(mq, "wake"),
	  .what = "unlinked under blocked receivers: messages still arrive, the name is free" },
	{ REMOVED(pshm, "use"),
	  .what = "unlinked while mapped: still usable, the name is free" },
	{ REMOVED(psem, "wake"),
	  .what = "unlinked under waiters: posts still wake them, the name is free" },
	{ 0 },
};
/* clang-format on */
