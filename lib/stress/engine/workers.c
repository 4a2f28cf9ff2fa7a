/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A crew: the workers of one run, forked first and pinned then, begun together, watched
 * while they work, and ended whatever they hang in. The supervisor counts its own looks
 * instead of the clock where it decides that nothing moves: whoever stops the machine or
 * the job (SIGSTOP) stops both.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include "stress/engine/objectlog.h"
#include "stress/engine/workers.h"

/* Between two looks, and how many of them without any operation are a standstill. */
#define LOOK_NS    10000000
#define STANDSTILL 1000
/* How many an end may take. */
#define GRACE 1000
/* And as many more for each worker: they may all be on one CPU, which others use, too. */
#define PATIENCE(c, looks) ((looks) + 4 * (c)->task->workers)
/* One interruption in so many: each costs the worker time. */
#define NUDGE 4

/* ---- what is told */

static void PRINTF(4, 0)
	tell(struct ix_task *t, bool fault, int error, const char *fmt, va_list args)
{
	struct ix_shared *shared = t->shared;
	struct ix_event *event = &shared->events[shared->nevents];

	if (shared->nevents == IX_EVENTS)
		return;
	*event = (struct ix_event){ .job = (uint16_t)t->job_number,
				    .cpus = (uint8_t)t->cpus,
				    .fault = fault,
				    .error = error };
	(void)vsnprintf(event->text, sizeof(event->text), fmt, args);
	/* What cannot be done on one CPU cannot on two: that is no news. */
	if (shared->nevents > 0 && event[-1].job == event->job && !event[-1].fault &&
	    !fault && strcmp(event[-1].text, event->text) == 0)
		return;
	shared->nevents++;
}

void ix_wrong(struct ix_task *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(t, true, 0, fmt, args);
	va_end(args);
	t->wrong++;
}

/* A failure of the run that is no fault of what is tested. */
static void PRINTF(2, 3) disturbed(struct ix_task *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(t, true, -EINTR, fmt, args);
	va_end(args);
}

int ix_cannot(struct ix_task *t, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	tell(t, false, error, fmt, args);
	va_end(args);
	return error;
}

/* ---- in the supervisor */

/* The crew as the supervisor sees it. */
struct workers {
	struct ix_task *task;
	struct ix_shared *shared;
	pid_t pids[IX_WORKERS]; /* 0: it is gone */
	unsigned alive;
	uint64_t began, warm, ends;
	uint64_t counted;      /* operations at the last look */
	unsigned still;        /* looks without one more */
	unsigned waning;       /* looks since the end was wanted, or one more ended */
	unsigned waning_alive; /* workers then */
	bool killed;           /* by us, as they did not end */
	bool broken;           /* the end of one of them was none by itself */
};

static void crew_lost(struct workers *c, unsigned index, int status)
{
	c->broken = true;
	if (c->killed)
		return;
	if (WIFSIGNALED(status))
		ix_wrong(
			c->task,
			"worker %u was killed by signal %d: by somebody, or for want of memory",
			index, WTERMSIG(status));
	else
		disturbed(c->task, "not finished: worker %u ended with status %d", index,
			  WEXITSTATUS(status));
}

static void crew_reap(struct workers *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < c->task->workers; i++) {
			if (c->pids[i] != pid)
				continue;
			c->pids[i] = 0;
			c->alive--;
			if (!atomic_load(&c->shared->slots[i].ended))
				crew_lost(c, i, status);
		}
}

static void signal_all(const struct workers *c, int signo)
{
	for (unsigned i = 0; i < c->task->workers; i++)
		if (c->pids[i])
			(void)kill(c->pids[i], signo);
}

static uint64_t crew_count(const struct workers *c)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < c->task->workers; i++)
		for (unsigned op = 0; op < IX_OPS; op++)
			n += c->shared->slots[i].histogram[op].ops;
	return n;
}

static void set_phase(struct workers *c, enum ix_phase phase)
{
	atomic_store(&c->shared->phase, phase);
	(void)ix_futex_wake(&c->shared->phase, INT32_MAX);
}

/* Nothing happens any more: what they wait for will not come. */
static void give_up(struct workers *c, const char *why)
{
	if (!c->killed)
		ix_wrong(c->task, "%s: %u of %u workers hang", why, c->alive,
			 c->task->workers);
	c->killed = true;
	set_phase(c, IX_STOP);
	signal_all(c, SIGKILL);
}

/* Sleep until the next look. A signal that asks for the end is the same as being told. */
static void look_later(struct workers *c)
{
	static const struct timespec span = { .tv_nsec = LOOK_NS };
	struct pollfd line = { .fd = c->shared->line }; /* nobody is at its other end */
	sigset_t set;
	int signo;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	signo = sigtimedwait(&set, NULL, &span);
	if (signo == SIGTERM || poll(&line, 1, 0) > 0)
		atomic_store(&c->shared->quit, 1);
}

static void crew_watch(struct workers *c)
{
	uint64_t counted = crew_count(c);

	c->still = counted == c->counted ? c->still + 1 : 0;
	c->counted = counted;
	if (c->still > PATIENCE(c, STANDSTILL))
		give_up(c, "nothing moved for seconds");
}

/* The end is wanted: whoever blocks is interrupted until he has seen it. Many on one CPU
 * take their time: as long as one after another ends, there is no haste. */
static void drain(struct workers *c)
{
	if (c->alive < c->waning_alive)
		c->waning = 0;
	c->waning_alive = c->alive;
	if (c->waning % NUDGE == 0)
		signal_all(c, SIGUSR1);
	if (++c->waning > PATIENCE(c, GRACE))
		give_up(c, "there was no end");
}

static bool time_is_over(const struct workers *c, uint64_t now)
{
	return atomic_load(&c->shared->quit) || c->broken || (c->ends && now >= c->ends);
}

static void crew_step(struct workers *c)
{
	uint64_t now = ix_now();
	uint32_t phase = atomic_load(&c->shared->phase);

	if (phase != IX_STOP && time_is_over(c, now))
		set_phase(c, IX_STOP);
	else if (phase == IX_WARM && now >= c->warm)
		set_phase(c, IX_RUN);
	if (c->task->job->workload->poll)
		c->task->job->workload->poll(c->task);
	if (atomic_load(&c->shared->phase) == IX_STOP)
		drain(c);
	else
		crew_watch(c);
}

/* A twentieth of the time, but not more than it takes to be warm. */
static void set_times(struct workers *c)
{
	uint64_t span = c->task->duration;

	c->began = ix_now();
	c->warm = c->began + MIN(span / 20, IX_SECOND_NS / 10);
	c->ends = span ? c->began + span : 0;
	atomic_store(&c->shared->began, c->began);
	atomic_store(&c->shared->ends, c->ends);
}

static int crew_hire(struct workers *c)
{
	pid_t self = getpid();

	for (unsigned i = 0; i < c->task->workers; i++) {
		c->pids[i] = fork();
		if (c->pids[i] == 0)
			ix_be_worker(c->task, i, self);
		if (c->pids[i] < 0) {
			c->pids[i] = 0;
			c->killed = true;
			return ix_cannot(c->task, -errno, "cannot make a process: %s",
					 ix_errno_text(errno));
		}
		c->alive++;
	}
	return 0;
}

/* All at their place: whoever came first does not begin first. */
static void assemble(struct workers *c)
{
	for (unsigned looks = 0; !c->broken && looks < PATIENCE(c, GRACE); looks++) {
		if (atomic_load(&c->shared->ready) >= c->task->workers)
			return;
		look_later(c);
		crew_reap(c);
	}
}

static void crew_work(struct workers *c)
{
	if (crew_hire(c) < 0)
		signal_all(c, SIGKILL);
	else
		assemble(c);
	set_times(c);
	set_phase(c, c->task->ops || !c->task->duration ? IX_RUN : IX_WARM);
	for (crew_reap(c); c->alive > 0; crew_reap(c)) {
		crew_step(c);
		look_later(c);
	}
	set_phase(c, IX_STOP);
}

static void reset(struct ix_task *t)
{
	struct ix_shared *shared = t->shared;

	atomic_store(&shared->phase, IX_WAIT);
	atomic_store(&shared->ready, 0);
	for (unsigned i = 0; i < IX_SHARED_WORDS; i++)
		atomic_store(&shared->words[i], 0);
	memset(shared->slots, 0, t->workers * sizeof(shared->slots[0]));
	t->state = NULL;
	t->wrong = 0;
}

static void gather_faults(struct ix_task *t)
{
	for (unsigned i = 0; i < t->workers; i++) {
		const struct ix_worker_slot *d = &t->shared->slots[i];

		if (!d->faults)
			continue;
		ix_wrong(t, "worker %u: %s", i, d->fault);
		t->wrong += d->faults - 1;
	}
}

void ix_workers_run(struct ix_task *t)
{
	const struct ix_workload *wl = t->job->workload;
	struct workers c = { .task = t, .shared = t->shared };
	int r;

	reset(t);
	r = wl->prepare ? wl->prepare(t) : 0;
	if (r == 0) {
		atomic_store(&t->shared->running, 1);
		crew_work(&c);
		atomic_store(&t->shared->running, 0);
		gather_faults(t);
		if (wl->check && !c.broken && !c.killed)
			wl->check(t);
	}
	if (wl->finish)
		wl->finish(t);
	/* What a worker that was killed had; of others nothing may be left. */
	if (ix_log_count(t) > 0 && !c.broken && !c.killed && r == 0)
		ix_wrong(t, "%u objects were not removed", ix_log_count(t));
	if (ix_cleanup(t) > 0)
		ix_wrong(t, "%u objects cannot be removed", ix_log_count(t));
	if (r == 0 && !(c.killed && c.counted == 0))
		ix_results(t);
}
